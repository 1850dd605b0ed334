package moderation

import (
	"strings"
	"unicode/utf8"
)

// drawnAt reads what ASCII signs at text[i] may stand for besides themselves: a
// letter drawn from them (\/ for v), with the flag isSign; an escape that is too
// rare to be one everywhere, with isDecoded; or markup, which is 0 if it shows
// nothing, a space or a bracket if it parts words. It returns the length in bytes,
// 0 if there is nothing.
func drawnAt(text string, i int) (r rune, n int, fl flags) {
	s := text[i:]
	before, after := touches(text, i-1), touches(text, i+1)
	switch s[0] {
	case '<', '[':
		if r, n := markup(s); n > 0 {
			return r, n, 0
		}
	case ']':
		if n := linkTarget(s); n > 0 {
			return ')', n, 0
		}
	case '=':
		if strings.HasPrefix(s, "=\n") && before {
			return 0, 2, 0
		}
		r, n := unescapeBytes(s, '=')
		return r, n, isDecoded | isGuess
	case '\\':
		if r, n := number(s[1:], 8, 3); n == 3 && r > ' ' && r < utf8.RuneSelf {
			return r, 4, isDecoded | isGuess
		}
		if before && after && strings.IndexByte("nrt", s[1]) >= 0 {
			return ' ', 2, isDecoded
		}
	}
	for _, d := range drawings[s[0]&0x7F] {
		if !strings.HasPrefix(s, d.signs) {
			continue
		}
		after := touches(text, i+len(d.signs))
		if before && after || d.ends && (before || after) {
			return rune(d.letter), len(d.signs), isSign
		}
	}
	if s[0] == '|' && after && (i == 0 || text[i-1] == ' ') {
		return 'l', 1, isSign
	}
	return 0, 0, 0
}

// touches tells whether there is a letter, a digit or what may be one at text[i].
func touches(text string, i int) bool {
	return i >= 0 && i < len(text) && (text[i] >= utf8.RuneSelf || alphanumeric(text[i]))
}

type drawing struct {
	signs  string
	letter byte
	ends   bool // may begin or end a word
}

// drawings by their first sign, the longest first.
var drawings = func() (t [utf8.RuneSelf][]drawing) {
	for _, d := range []drawing{
		{`/\/\`, 'm', true}, {`|\/|`, 'm', true}, {`\/\/`, 'w', true}, {`|\|`, 'n', true}, {`/\/`, 'n', true}, {`\|/`, 'w', true},
		{`/-\`, 'a', true}, {`/\`, 'a', true}, {`\/`, 'v', true}, {`|-|`, 'h', true}, {`|/|`, 'u', true}, {`}|{`, 'x', true}, {`}{`, 'x', false}, {`|_|`, 'u', true}, {`(_)`, 'u', false},
		{`|3`, 'b', true}, {`|=`, 'f', true}, {`|<`, 'k', true}, {`|)`, 'd', true}, {`|>`, 'p', true}, {`|2`, 'r', true}, {`|_`, 'l', true},
		{`()`, 'o', false}, {`[]`, 'o', false}, {`{}`, 'o', false}, {`<>`, 'o', false}, {`><`, 'x', true},
		{`(`, 'c', false}, {`<`, 'c', false}, {`[`, 'c', false}, {`{`, 'c', false},
	} {
		t[d.signs[0]] = append(t[d.signs[0]], d)
	}
	return t
}()

// drawnInfo describes a drawn letter.
var drawnInfo = func() (infos [utf8.RuneSelf]runeInfo) {
	for c := byte('a'); c <= 'z'; c++ {
		infos[c] = runeInfo{kind: kindLetter, base: '|', class: classOf(c), look: c, script: noScript, flags: isSign}
	}
	return infos
}()

// maxMarkup is how long a tag or the target of a link may be.
const maxMarkup = 120

// markup reads a tag of HTML or BBCode, or a comment.
func markup(s string) (r rune, n int) {
	if strings.HasPrefix(s, "<!--") {
		if end := strings.Index(s[:min(len(s), maxMarkup)], "-->"); end > 0 {
			return 0, end + 3
		}
		return 0, 0
	}
	i := 1
	if i < len(s) && s[i] == '/' {
		i++
	}
	from := i
	for i < len(s) && i-from < 10 && alphanumeric(s[i]) {
		i++
	}
	name := s[from:i]
	for i < len(s) && i < maxMarkup && s[i] != '<' && s[i] != '[' && s[i] != s[0]+2 {
		i++
	}
	if i == len(s) || s[i] != s[0]+2 { // > is < + 2, and ] is [ + 2
		return 0, 0
	}
	switch strings.ToLower(name) {
	case "b", "i", "u", "s", "a", "em", "strong", "span", "font", "wbr", "sub", "sup", "small", "big", "code", "tt", "mark",
		"del", "ins", "strike", "img", "url", "color", "size":
		return 0, i + 1
	case "br", "p", "div", "li", "hr", "center", "quote":
		return ' ', i + 1
	}
	return 0, 0
}

// linkTarget reads what follows the text of a Markdown link.
func linkTarget(s string) int {
	if !strings.HasPrefix(s, "](") {
		return 0
	}
	return strings.IndexByte(s[:min(len(s), maxMarkup)], ')') + 1
}

// drawn takes in what stands at byte i if it is drawn, and returns its length.
func (rd *reading) drawn(i int, mode readMode) int {
	r, n, fl := drawnAt(rd.text, i)
	if n == 0 {
		return 0
	}
	rd.hints |= readDrawn
	switch {
	case mode&readDrawn == 0:
		return 0
	case fl == isSign:
		in := &drawnInfo[r]
		rd.letter(in, in.base, i, i+n, 0)
	case r == 0:
		rd.gap |= gapIgnorable
	default:
		rd.char(lookUp(r), r, i, i+n, mode, fl)
	}
	return n
}
