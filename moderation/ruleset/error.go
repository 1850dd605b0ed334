package ruleset

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"github.com/xmppkit/xmppkit/moderation"
)

// Error says where a file of rules is wrong, and what was expected there.
type Error struct {
	File    string
	Line    int    // 0: unknown
	Key     string // such as rule.action, or the name of the rule; may be empty
	Message string // one line
	Err     error  // the cause, if there is one
}

// Error is file, line, key and message in one line.
func (e *Error) Error() string {
	s := moderation.Position{File: e.File, Line: e.Line}.String()
	if e.Key != "" {
		s += ": " + e.Key
	}
	return s + ": " + e.Message
}

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }

// noTOML is for a document that is not even TOML.
func noTOML(file string, err error) error {
	e := &Error{File: file, Message: oneLine(strings.TrimPrefix(err.Error(), "toml: ")), Err: err}
	var bad *toml.DecodeError
	if errors.As(err, &bad) {
		e.Line, _ = bad.Position()
		e.Key = oneLine(strings.Join(bad.Key(), "."))
	}
	return e
}

// unusable is for a rule that says what cannot be done.
func unusable(file string, s *survey, err error) error {
	var fault *moderation.RuleError
	if !errors.As(err, &fault) {
		return &Error{File: file, Message: oneLine(err.Error()), Err: err}
	}
	name := oneLine(fmt.Sprintf("%.100q", fault.Rule))
	if fault.Rule == "" || fault.Rule == "allow" || fault.Rule == "room" {
		name = fault.Rule
	}
	message := oneLine(fault.Err.Error())
	if fault.Pattern != "" {
		message = oneLine(fmt.Sprintf("%.100q: ", fault.Pattern)) + message
	}
	return &Error{File: file, Line: s.find(fault.Pos.Line, fault.Pattern), Key: name, Message: message, Err: err}
}

// oneLine keeps a message on one line and readable.
func oneLine(s string) string {
	const most = 400
	if len(s) > most {
		s = s[:most] + "…"
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7F && r < 0xA0 || r == 0x2028 || r == 0x2029 {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}
