package moderation

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/xmppkit/xmppkit/stanza"
)

// patterns is globs and regular expressions that are to match a whole name. The zero
// value matches nothing.
type patterns struct {
	literal map[string]string // folded, to what the rules say
	globs   []glob
	regexps []*regexp.Regexp
}

type glob struct {
	source string
	parts  []globPart
}

// globPart is a character, or one of the two signs.
type globPart struct {
	char rune
	sign rune // '*', '?' or 0
}

// maxName bounds a pattern: no name is longer.
const maxName = 4096

var errPattern = errors.New("pattern is too long")

// fold makes names that differ in case or in compatibility forms only the same.
func fold(s string) string {
	s = strings.ToLower(s)
	if ascii(s) {
		return s
	}
	if norm.NFKC.IsNormalString(s) {
		return s
	}
	return strings.ToLower(norm.NFKC.String(s))
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// compilePatterns makes them ready. normal checks and normalises what is no glob.
// The error is for the first one that cannot be used, which pattern then is.
func compilePatterns(n Names, normal func(string) (string, error)) (p patterns, pattern string, err error) {
	for _, s := range n.Globs {
		if len(s) > maxName {
			return p, s, errPattern
		}
		if strings.TrimSpace(s) == "" {
			continue
		}
		if g := compileGlob(s); g.isGlob() {
			p.globs = append(p.globs, g)
			continue
		}
		lit, err := normal(unescapeGlob(s))
		if err != nil {
			return p, s, err
		}
		if p.literal == nil {
			p.literal = map[string]string{}
		}
		p.literal[fold(lit)] = s
	}
	for _, s := range n.Regexps {
		if strings.TrimSpace(s) == "" {
			continue
		}
		re, err := regexp.Compile(s)
		if err != nil {
			return p, s, err
		}
		p.regexps = append(p.regexps, re)
	}
	return p, "", nil
}

// match gives the pattern that the name matches.
func (p *patterns) match(name string) (pattern string, ok bool) {
	if name == "" || p.empty() {
		return "", false
	}
	folded := fold(name)
	if s, ok := p.literal[folded]; ok {
		return s, true
	}
	for i := range p.globs {
		if p.globs[i].match(folded) {
			return p.globs[i].source, true
		}
	}
	for _, re := range p.regexps {
		if at := re.FindStringIndex(name); at != nil {
			return re.String(), true
		}
	}
	return "", false
}

func (p *patterns) empty() bool {
	return len(p.literal) == 0 && len(p.globs) == 0 && len(p.regexps) == 0
}

// isGlob reports whether a pattern has a sign that stands for something else.
func isGlob(s string) bool {
	g := compileGlob(s)
	return g.isGlob()
}

func (g *glob) isGlob() bool {
	for _, p := range g.parts {
		if p.sign != 0 {
			return true
		}
	}
	return false
}

func compileGlob(s string) glob {
	g := glob{source: s}
	escaped := false
	for _, r := range fold(s) {
		switch {
		case !escaped && r == '\\':
			escaped = true
			continue
		case !escaped && r == '*' && len(g.parts) > 0 && g.parts[len(g.parts)-1].sign == '*':
			continue
		case !escaped && (r == '*' || r == '?'):
			g.parts = append(g.parts, globPart{sign: r})
		default:
			g.parts = append(g.parts, globPart{char: r})
		}
		escaped = false
	}
	return g
}

// unescapeGlob is what a glob without signs stands for.
func unescapeGlob(s string) string {
	var b strings.Builder
	escaped := false
	for _, r := range s {
		if r == '\\' && !escaped {
			escaped = true
			continue
		}
		escaped = false
		b.WriteRune(r)
	}
	return b.String()
}

// match takes at most the product of both lengths: only the last * is ever tried
// again.
func (g *glob) match(s string) bool {
	i, star, mark := 0, -1, 0
	for at := 0; at < len(s); {
		r, n := utf8.DecodeRuneInString(s[at:])
		switch {
		case i < len(g.parts) && g.parts[i].sign == '*':
			star, mark = i, at
			i++
		case i < len(g.parts) && (g.parts[i].sign == '?' || g.parts[i].sign == 0 && g.parts[i].char == r):
			i++
			at += n
		case star >= 0:
			_, n = utf8.DecodeRuneInString(s[mark:])
			mark += n
			at, i = mark, star+1
		default:
			return false
		}
	}
	for i < len(g.parts) && g.parts[i].sign == '*' {
		i++
	}
	return i == len(g.parts)
}

// bareJID is a bare JID in its normal form.
func bareJID(s string) (string, error) {
	j, err := stanza.ParseJID(s)
	if err == nil && !j.IsBare() {
		err = fmt.Errorf("%q has a resource; expected a bare JID", s)
	}
	return string(j), err
}

func domain(s string) (string, error) {
	j, err := stanza.ParseJID(s)
	if err == nil && string(j) != j.Domain() {
		err = fmt.Errorf("%q is no domain", s)
	}
	return string(j), err
}

func anything(s string) (string, error) { return s, nil }
