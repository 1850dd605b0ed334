package moderation

import (
	"encoding/binary"
	"unicode/utf8"
)

// What an ASCII character is to plain: its class in the low byte, zero for what
// separates, and whether it needs a closer look.
var plainTable = func() (t [256]uint16) {
	for c := range t {
		switch {
		case c >= utf8.RuneSelf:
			t[c] = notPlain
			continue
		case asciiInfo[c].kind == kindLetter:
			t[c] = uint16(asciiInfo[c].class)
		}
		switch c {
		case '&', '%', '\\':
			t[c] |= maybeEscape
		case '@', '$', '!', '|', '+':
			t[c] |= maybeSign
		}
		if c < ' ' && asciiInfo[c].kind == kindIgnorable || c == 0x7F {
			t[c] = notPlain
		}
	}
	return t
}()

const (
	notPlain    = 1 << 8
	maybeEscape = 1 << 9
	maybeSign   = 1 << 10
)

// plain reads a text that is ASCII without escapes or signs inside words into
// classes and the places where words begin (in runs), and nothing more. It returns
// false for any other text.
func (rd *reading) plain(text string) bool {
	n := len(text)
	if cap(rd.classes) < n+keyLength {
		rd.classes = make([]byte, n+keyLength, n+n/2+keyLength)
	}
	if cap(rd.runs) < n+1 {
		rd.runs = make([]uint32, n+1, n+n/2+1)
	}
	classes, starts := rd.classes[:n+keyLength], rd.runs[:n+1]
	var all, last, before uint16 // last is the last class, before that of the character before
	k, words := 0, 0
	for i := 0; i < len(text); i++ {
		t := plainTable[text[i]]
		all |= t
		c := t & 0xFF
		if c != 0 {
			if before == 0 {
				at := k
				if c == last {
					at = k - 1
				}
				starts[words] = uint32(at)
				words++
			}
			classes[k] = byte(c)
			if c != last {
				k++
			}
			last = c
		}
		before = c
	}
	if all&notPlain != 0 || all&(maybeEscape|maybeSign) != 0 && odd(text) {
		return false
	}
	clear(classes[k : k+keyLength])
	rd.classes, rd.runs = classes[:k+keyLength], starts[:words]
	return true
}

// odd tells whether an ASCII text has an escape, or a sign that might be a letter.
func odd(text string) bool {
	for i := 0; i < len(text); i++ {
		switch t := plainTable[text[i]]; {
		case t&maybeEscape != 0:
			if _, n := unescape(text[i:]); n > 0 {
				return true
			}
		case t&maybeSign != 0:
			before := i > 0 && alphanumeric(text[i-1])
			after := i+1 < len(text) && alphanumeric(text[i+1])
			if before && after || (before || after) && (text[i] == '@' || text[i] == '$') {
				return true
			}
		}
	}
	return false
}

// suspect tells whether anything in a plain text begins like a phrase.
func (f *Filter) suspect(rd *reading) bool {
	if len(f.words.ids) > 0 {
		for _, at := range rd.runs {
			if f.words.mayBegin(binary.LittleEndian.Uint64(rd.classes[at:])) {
				return true
			}
		}
	}
	if len(f.parts.ids) > 0 {
		for at := range len(rd.classes) - keyLength {
			if f.parts.mayBegin(binary.LittleEndian.Uint64(rd.classes[at:])) {
				return true
			}
		}
	}
	return false
}
