package moderation

import (
	"errors"
	"fmt"
	"strings"
	"text/template"
	"text/template/parse"
	"time"
	"unicode/utf8"

	"github.com/xmppkit/xmppkit/stanza"
)

// Reason is what a template of a reason, or of words, can speak of:
//
//	autoban at {{.Time.Format "2006-01-02 15:04:05"}}: {{.Rule}}
//
// Such a template is one of package text/template without loops and without
// templates in it. A text of more than [MaxReason] bytes is cut off.
type Reason struct {
	Rule   string
	Phrase string // what the rule looked for: a phrase, a pattern
	Room   stanza.JID
	Nick   string
	Time   ReasonTime
}

// MaxReason is how many bytes a reason has at most.
const MaxReason = 1024

// maxTemplate bounds the text of a template.
const maxTemplate = 4096

// ReasonTime is a time in a template. Its methods are those of [time.Time], but no
// template can make it spend all memory.
type ReasonTime struct{ t time.Time }

// Format is [time.Time.Format], of layouts of at most [MaxReason] bytes.
func (t ReasonTime) Format(layout string) (string, error) {
	if len(layout) > MaxReason {
		return "", errReasonLong
	}
	return t.t.Format(layout), nil
}

// UTC is the same time in UTC.
func (t ReasonTime) UTC() ReasonTime { return ReasonTime{t.t.UTC()} }

// Local is the same time in the zone of this machine.
func (t ReasonTime) Local() ReasonTime { return ReasonTime{t.t.Local()} }

// Unix is the seconds since 1970.
func (t ReasonTime) Unix() int64 { return t.t.Unix() }

// String is the time as in "2006-01-02 15:04:05".
func (t ReasonTime) String() string { return t.t.Format(time.DateTime) }

// reason is a parsed template; nil is the empty one.
type reason struct{ t *template.Template }

var (
	errReasonLong = errors.New("text too long")
	errLoop       = errors.New("a template cannot hold range, template, define or block")
)

// parseReason checks a template.
func parseReason(s string) (*reason, error) {
	if s == "" {
		return nil, nil
	}
	if len(s) > maxTemplate {
		return nil, fmt.Errorf("template of more than %d bytes", maxTemplate)
	}
	t, err := template.New("reason").Funcs(boundedFuncs).Parse(s)
	if err != nil {
		return nil, errors.New(strings.TrimPrefix(err.Error(), "template: reason:"))
	}
	if len(t.Templates()) > 1 || t.Tree != nil && loops(t.Root) {
		return nil, errLoop
	}
	return &reason{t}, nil
}

// loops reports whether a template holds what could make it run for long.
func loops(n parse.Node) bool {
	switch n := n.(type) {
	case *parse.ListNode:
		if n != nil {
			for _, c := range n.Nodes {
				if loops(c) {
					return true
				}
			}
		}
	case *parse.IfNode:
		return loops(n.List) || loops(n.ElseList)
	case *parse.WithNode:
		return loops(n.List) || loops(n.ElseList)
	case *parse.RangeNode, *parse.TemplateNode, *parse.BreakNode, *parse.ContinueNode:
		return true
	}
	return false
}

// boundedFuncs take the place of those of text/template whose result may be longer
// than what they are given: in a row they could double it again and again.
var boundedFuncs = template.FuncMap{
	"print":    func(args ...any) (string, error) { return bounded(fmt.Sprint(args...)) },
	"println":  func(args ...any) (string, error) { return bounded(fmt.Sprintln(args...)) },
	"html":     func(args ...any) (string, error) { return bounded(template.HTMLEscaper(args...)) },
	"js":       func(args ...any) (string, error) { return bounded(template.JSEscaper(args...)) },
	"urlquery": func(args ...any) (string, error) { return bounded(template.URLQueryEscaper(args...)) },
	"printf": func(format string, args ...any) (string, error) {
		if wide(format) {
			return "", errReasonLong
		}
		return bounded(fmt.Sprintf(format, args...))
	},
}

func bounded(s string) (string, error) {
	if len(s) > maxTemplate {
		return "", errReasonLong
	}
	return s, nil
}

// wide reports whether a format asks for a width that nobody needs.
func wide(format string) bool {
	digits := 0
	for _, c := range []byte(format) {
		switch {
		case c == '*':
			return true
		case c >= '0' && c <= '9':
			digits++
		default:
			digits = 0
		}
		if digits > 2 {
			return true
		}
	}
	return len(format) > MaxReason
}

// text is the reason in this case. With an error it is the plain one: the rule's name.
func (r *reason) text(about Reason) (string, error) {
	if r == nil {
		return "", nil
	}
	w := &reasonWriter{}
	if err := r.t.Execute(w, about); err != nil && !w.full {
		return cut(about.Rule, MaxReason), err
	}
	return cut(strings.ToValidUTF8(w.b.String(), "\uFFFD"), MaxReason), nil
}

// reasonWriter takes what a reason can be long, and then ends the template.
type reasonWriter struct {
	b    strings.Builder
	full bool
}

func (w *reasonWriter) Write(p []byte) (int, error) {
	if free := MaxReason - w.b.Len(); len(p) > free {
		w.b.Write(p[:free])
		w.full = true
		return free, errReasonLong
	}
	return w.b.Write(p)
}

// cut is the first n bytes of s at most, without a torn character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
