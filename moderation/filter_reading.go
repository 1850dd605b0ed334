package moderation

import (
	"unicode/utf8"
)

// A reading is a text as letters. It is scratch memory: Match takes one from a pool.
type reading struct {
	text       string
	letters    []letter
	classes    []byte   // the letters' classes, runs squeezed into one; zeros follow
	runs       []uint32 // for each of the classes, its first letter; one more ends it
	signs      bool     // a sign stood where it might be read as a letter
	override   bool     // it has a character that turns the direction round
	upsideDown int      // letters that are turned
	seen       map[int32]bool
	told       map[uint64]bool

	gap     gap
	pending bool // a clause ends if white space follows
	marks   int  // diacritics on the last letter
}

// How a text is to be read.
type readMode uint8

const (
	readPlain  readMode = iota
	readSigns           // signs inside words are letters
	readPhrase          // from a rule: escapes are not decoded
)

// maxKeptLetters bounds the memory that a reading takes back into the pool.
const maxKeptLetters = 1 << 17

var asciiInfo = func() (infos [utf8.RuneSelf]runeInfo) {
	for c := range infos {
		infos[c] = describeASCII(byte(c))
	}
	return infos
}()

// read replaces what was read before.
func (rd *reading) read(text string, mode readMode) {
	rd.text = text
	rd.letters, rd.classes, rd.runs = rd.letters[:0], rd.classes[:0], rd.runs[:0]
	rd.signs, rd.override, rd.upsideDown = false, false, 0
	rd.gap, rd.pending, rd.marks = 0, false, 0
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			in := &asciiInfo[c]
			switch {
			case in.kind == kindLetter:
				rd.letter(in, in.base, i, i+1, 0)
				i++
				continue
			case (c == '&' || c == '%' || c == '\\') && mode != readPhrase:
				if r, n := unescape(text[i:]); n > 0 {
					rd.char(lookUp(r), r, i, i+n, mode, isDecoded)
					i += n
					continue
				}
			}
			rd.char(in, rune(c), i, i+1, mode, 0)
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(text[i:])
		if r == utf8.RuneError && n == 1 {
			rd.gap |= gapPunct
			i++
			continue
		}
		rd.char(lookUp(r), r, i, i+n, mode, 0)
		i += n
	}
	rd.finish()
}

func (rd *reading) finish() {
	rd.runs = append(rd.runs, uint32(len(rd.letters)))
	rd.classes = append(rd.classes, make([]byte, keyLength)...)
}

// char takes one character in.
func (rd *reading) char(in *runeInfo, r rune, start, end int, mode readMode, fl flags) {
	switch in.kind {
	case kindLetter:
		if r == 'ß' {
			rd.signs = true
			if mode == readSigns {
				in = &sharpS
			}
		}
		base := in.base
		if base == 0 {
			base = r
		}
		rd.letter(in, base, start, end, fl)
		if in.more != nil {
			for i := range *in.more {
				m := &(*in.more)[i]
				rd.letter(m, m.base, start, end, fl)
			}
		}
		if turnedLetters[r] {
			rd.upsideDown++
		}
	case kindSign:
		if !rd.inWord(r, end) {
			rd.gap |= gapPunct
			return
		}
		rd.signs = true
		if mode == readSigns {
			rd.letter(in, in.base, start, end, fl)
		} else {
			rd.gap |= gapPunct
		}
	case kindIgnorable:
		rd.gap |= gapIgnorable
		if r == 0x202E || r == 0x202B || r == 0x2067 {
			rd.override = true
		}
	case kindZero:
		rd.gap |= gapZero
	case kindSpace, kindOddSpace:
		if in.kind == kindSpace {
			rd.gap |= gapSpace
		} else {
			rd.gap |= gapOddSpace
		}
		if rd.pending {
			rd.gap |= gapSentence
		}
	case kindSentence:
		// " ... " and " , " end nothing: they stand apart from the word before.
		if (r != '.' && r != ',') || rd.gap&(gapSpace|gapOddSpace) == 0 {
			rd.pending = true
		}
		rd.gap |= gapPunct
	case kindDash:
		rd.pending = rd.pending || rd.gap&(gapSpace|gapOddSpace) != 0
		rd.gap |= gapPunct
	case kindApostrophe:
		rd.gap |= gapPunct | gapApostrophe
	case kindMark, kindStroke, kindOptionalMark:
		rd.mark(in, end)
	default:
		rd.gap |= gapPunct
	}
}

// inWord tells whether a sign is where a letter might be: between letters, or, if
// it is one of those that are seldom anything else, anywhere.
func (rd *reading) inWord(r rune, end int) bool {
	if r == '@' || r == '$' || r >= utf8.RuneSelf {
		return true
	}
	return rd.gap == 0 && len(rd.letters) > 0 &&
		end < len(rd.text) && (alphanumeric(rd.text[end]) || rd.text[end] >= utf8.RuneSelf)
}

func (rd *reading) letter(in *runeInfo, base rune, start, end int, fl flags) {
	k := len(rd.classes)
	if k == 0 || rd.classes[k-1] != in.class {
		rd.classes = append(rd.classes, in.class)
		rd.runs = append(rd.runs, uint32(len(rd.letters)))
		k++
	}
	n := len(rd.letters)
	if n == cap(rd.letters) {
		rd.letters = append(rd.letters, letter{})
	}
	rd.letters = rd.letters[:n+1]
	l := &rd.letters[n]
	l.base, l.marks, l.start, l.end, l.canon = base, in.marks, uint32(start), uint32(end), uint32(k-1)
	l.class, l.look, l.script, l.gap, l.flags = in.class, in.look, in.script, rd.gap, in.flags|fl
	rd.gap, rd.pending, rd.marks = 0, false, 0
}

// mark puts a combining mark on the letter before it.
func (rd *reading) mark(in *runeInfo, end int) {
	if len(rd.letters) == 0 || rd.gap&gapParts != 0 {
		return
	}
	l := &rd.letters[len(rd.letters)-1]
	l.end = uint32(end)
	rd.gap = 0
	if rd.marks++; rd.marks > 2 || l.script > cyrillic {
		l.flags |= isStroked
		return
	}
	if in.kind == kindOptionalMark {
		l.flags |= isFolded
		return
	}
	addMark(&l.base, &l.marks, &l.flags, in)
}

// reverse turns the letters round, for what is written backwards, or upside down.
func (rd *reading) reverse() {
	upsideDown := rd.upsideDown > 1
	ls := rd.letters
	for i, j := 0, len(ls)-1; i < j; i, j = i+1, j-1 {
		ls[i], ls[j] = ls[j], ls[i]
	}
	rd.classes, rd.runs = rd.classes[:0], rd.runs[:0]
	var carry gap
	for i := range ls {
		l := &ls[i]
		l.gap, carry = carry, l.gap
		if upsideDown && l.base < utf8.RuneSelf {
			if c := turnedASCII[l.base]; c != 0 {
				l.base, l.look, l.class = rune(c), c, classOf(c)
			}
		}
		if k := len(rd.classes); k == 0 || rd.classes[k-1] != l.class {
			rd.classes = append(rd.classes, l.class)
			rd.runs = append(rd.runs, uint32(i))
		}
		l.canon = uint32(len(rd.classes) - 1)
	}
	rd.finish()
}
