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
		case '&', '%', '\\', '=':
			t[c] |= maybeEscape | maybeDrawn | maybeLetter
		case '@', '$', '!', '+':
			t[c] |= maybeSign | maybeLetter
		case '|':
			t[c] |= maybeSign | maybeDrawn | maybeLetter
		case '*', '#': // or of a character reference
			t[c] |= maybeMask | maybeLetter
		case '(', ')', '[', ']', '{', '}', '<', '>', '/':
			t[c] |= maybeDrawn | maybeLetter
		}
		if c < ' ' && asciiInfo[c].kind == kindIgnorable || c == 0x7F {
			t[c] = notPlain
		}
	}
	return t
}()

// plainClass is the class alone.
var plainClass = func() (t [256]byte) {
	for c := range t {
		t[c] = byte(plainTable[c])
	}
	return t
}()

const (
	notPlain    = 1 << 8
	maybeEscape = 1 << 9
	maybeSign   = 1 << 10
	maybeLetter = 1 << 11 // before letters: look twice
	maybeDrawn  = 1 << 12
	maybeMask   = 1 << 13
)

// plain reads a text that is ASCII without escapes or signs inside words into
// classes, and nothing more. It returns false for any other text.
func (rd *reading) plain(text string) bool {
	n := len(text)
	if cap(rd.classes) < n+keyLength {
		rd.classes = make([]byte, n+keyLength, n+n/2+keyLength)
	}
	classes := rd.classes[:n+keyLength]
	var all, last uint16
	k := 0
	for i := 0; i < len(text); i++ {
		t := plainTable[text[i]]
		all |= t
		if c := t & 0xFF; c != 0 && c != last {
			classes[k] = byte(c)
			k++
			last = c
		}
	}
	if all&notPlain != 0 || all&(maybeEscape|maybeSign|maybeDrawn|maybeMask) != 0 && oddities(text) {
		return false
	}
	clear(classes[k : k+keyLength])
	rd.classes = classes[:k+keyLength]
	return true
}

// oddities tells whether an ASCII text has an escape, or a sign that might be a letter.
func oddities(text string) bool {
	for i := 0; i < len(text); i++ {
		switch t := plainTable[text[i]]; {
		case t&notPlain != 0:
			return true
		case t&maybeMask != 0 && isWord(text, i-1) && hides(text[i:]):
			return true
		case t&maybeDrawn != 0:
			if _, n := unescape(text[i:]); n > 0 {
				return true
			}
			if _, n, _ := drawnAt(text, i); n > 0 {
				return true
			}
		}
		if plainTable[text[i]]&maybeSign != 0 &&
			(text[i] == '@' || text[i] == '$' || isWord(text, i-1) && isWord(text, i+1)) {
			return true
		}
	}
	return false
}

func isWord(text string, i int) bool {
	return i >= 0 && i < len(text) && alphanumeric(text[i])
}

// suspect tells whether a text may hold a phrase that can be a part of a word.
func (f *Filter) suspect(rd *reading, text string) bool {
	if !rd.plain(text) {
		return true
	}
	for at := range len(rd.classes) - keyLength {
		if f.parts.mayBegin(binary.LittleEndian.Uint64(rd.classes[at:]), f.parts.plain) {
			return true
		}
	}
	return false
}
