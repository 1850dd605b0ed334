package moderation

import (
	"regexp"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// expression is a regular expression of a rule.
type expression struct {
	re          *regexp.Regexp
	rule, order int32
}

// matchExprs tries the expressions, first on the text as it is, then on what is
// left of it without what cannot be seen.
func (f *Filter) matchExprs(text string, found []hit) []hit {
	var clean cleaned
	ready := false
	rd := readings.Get().(*reading)
	defer rd.release()
	read := false
	for _, e := range f.exprs {
		excused := func(start, end int) bool {
			if len(f.rules[e.rule].except) == 0 {
				return false
			}
			if !read {
				rd.read(text, readPlain)
				read = true
			}
			return f.excused(rd, e.rule, start, end)
		}
		if at := e.first(text, excused); at != nil {
			found = append(found, hit{e.rule, e.order, e.re.String(), Literal, at[0], at[1]})
			continue
		}
		if !ready {
			clean, ready = clean.from(text), true
		}
		if clean.text == text {
			continue
		}
		back := func(start, end int) bool { return excused(clean.back(start, end)) }
		if at := e.first(clean.text, back); at != nil {
			start, end := clean.back(at[0], at[1])
			found = append(found, hit{e.rule, e.order, e.re.String(), Stripped, start, end})
		}
	}
	return found
}

// maxExcused is how many places an expression may match inside exceptions.
const maxExcused = 100

// first returns the first match that is not empty and not excused.
func (e *expression) first(text string, excused func(start, end int) bool) []int {
	at := e.re.FindStringIndex(text)
	if at == nil || at[0] < at[1] && !excused(at[0], at[1]) {
		return at
	}
	for _, at := range e.re.FindAllStringIndex(text, maxExcused) {
		if at[0] < at[1] && !excused(at[0], at[1]) {
			return at
		}
	}
	return nil
}

// cleaned is a text without what is not seen, and in compatibility form.
type cleaned struct {
	text    string
	offsets []uint32 // for each byte, where its character began; one more at the end
	ends    []uint32 // for each byte, where its character ended
}

func (cleaned) from(text string) cleaned {
	plain := true
	for i := 0; plain && i < len(text); i++ {
		plain = plainTable[text[i]]&(notPlain|maybeEscape) == 0
	}
	if plain {
		return cleaned{text: text}
	}
	var c cleaned
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		if d, m := unescape(text[i:]); m > 0 {
			r, n = d, m
		}
		from := len(out)
		switch {
		case ignorable(r) || r == 0x200B || r == 0x2800:
			if unicode.IsSpace(r) {
				out = utf8.AppendRune(out, r)
			}
		case r < utf8.RuneSelf:
			out = append(out, byte(r))
		default:
			out = norm.NFKC.AppendString(out, string(r))
		}
		for range len(out) - from {
			c.offsets = append(c.offsets, uint32(i))
			c.ends = append(c.ends, uint32(i+n))
		}
		i += n
	}
	c.text = string(out)
	return c
}

// back translates a part of the cleaned text into a part of the original.
func (c *cleaned) back(start, end int) (int, int) {
	return int(c.offsets[start]), int(c.ends[end-1])
}
