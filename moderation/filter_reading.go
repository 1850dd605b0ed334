package moderation

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A reading is a text as letters. It is scratch memory: Match takes one from a pool.
type reading struct {
	text       string
	letters    []letter
	classes    []byte   // the letters' classes, runs squeezed into one; zeros follow
	runs       []uint32 // for each of the classes, its first letter; one more ends it
	hints      readMode // the modes in which there is more to see
	override   bool     // it has a character that turns the direction round
	upsideDown int      // letters that are turned
	seen       map[int32]bool
	told       map[uint64]bool
	excuse     excuse // the last one found
	aligner    aligner

	gap     gap
	second  runeInfo // what secondLook saw last
	script  script   // of the last letter
	pending bool     // a clause ends if white space follows
	marks   int      // diacritics on the last letter
}

// readMode is how a text is to be read.
type readMode uint8

const (
	readPhrase   readMode = 1 << iota // from a rule: escapes are not decoded
	readSigns                         // signs inside words are letters
	readDrawn                         // so is what is drawn from several; markup is not there
	readMasks                         // signs inside words hide letters
	readFaux                          // letters look like Latin ones at second sight: И for N
	readSound                         // letters stand for Latin ones that sound like them
	readCyrillic                      // letters and digits stand for Cyrillic ones

	readPlain readMode = 0
	readMixed          = readFaux | readSound | readCyrillic
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
	rd.excuse = excuse{}
	rd.hints, rd.override, rd.upsideDown = 0, false, 0
	rd.gap, rd.script, rd.pending, rd.marks = 0, noScript, false, 0
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			in := &asciiInfo[c]
			switch {
			case in.kind == kindLetter:
				if mode&readCyrillic != 0 {
					in = rd.secondLook(in, mode)
				}
				rd.letter(in, in.base, i, i+1, 0)
				i++
				continue
			case plainTable[c]&(maybeEscape|maybeDrawn) != 0 && mode != readPhrase:
				if r, n := unescape(text[i:]); n > 0 {
					rd.char(lookUp(r), r, i, i+n, mode, isDecoded)
					i += n
					continue
				}
				if n := rd.drawn(i, mode); n > 0 {
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

// release gives a reading back to the pool, with nothing of the text or the phrases.
func (rd *reading) release() {
	rd.text, rd.aligner = "", aligner{}
	if cap(rd.letters) <= maxKeptLetters {
		readings.Put(rd)
	}
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
			rd.hints |= readSigns
			if mode&readSigns != 0 {
				in = &sharpS
			}
		}
		if in.flags&isJoined != 0 && rd.foreignMark(r) {
			rd.mark(&strokeMark, end)
			return
		}
		if mode&readMixed != 0 {
			in = rd.secondLook(in, mode)
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
		if mode&readMasks != 0 && r == '@' && rd.mask(start) {
			rd.letter(&maskInfo, r, start, end, fl)
			return
		}
		if !rd.inWord(r, end) {
			rd.gap |= gapPunct
			return
		}
		rd.hints |= readSigns
		if r == '@' && rd.mask(start) {
			rd.hints |= readMasks
		}
		if mode&readSigns != 0 {
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
		if r == '\n' && rd.hyphenated(start) {
			rd.gap &^= gapSpace
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
		if in.flags&isMask != 0 && rd.mask(start) {
			rd.hints |= readMasks
			if mode&readMasks != 0 {
				rd.letter(&maskInfo, r, start, end, fl)
				return
			}
		}
		rd.gap |= gapPunct
	}
}

// hyphenated tells whether a line ends within a word, after a hyphen.
func (rd *reading) hyphenated(end int) bool {
	before := strings.TrimSuffix(rd.text[:end], "\r")
	return rd.gap == gapPunct|gapSpace && (strings.HasSuffix(before, "-") || strings.HasSuffix(before, "\u2010")) ||
		rd.gap == gapIgnorable|gapSpace && strings.HasSuffix(before, "\u00ad")
}

// foreignMark tells whether a mark that some scripts spell with stands on a letter
// of one that does not.
func (rd *reading) foreignMark(r rune) bool {
	return len(rd.letters) > 0 && rd.gap&gapParts == 0 && unicode.Is(unicode.M, r) &&
		(rd.script == latin || rd.script == cyrillic || rd.script == greek)
}

var strokeMark = runeInfo{kind: kindStroke}

// inWord tells whether a sign is where a letter might be: between letters, or, if
// it is one of those that are seldom anything else, anywhere.
func (rd *reading) inWord(r rune, end int) bool {
	switch {
	case r == '®' || r == '©':
		return touches(rd.text, end) // not where a name ends
	case r == '@' || r == '$' || r >= utf8.RuneSelf:
		return true
	}
	if r == '|' && rd.barred(end) {
		return false
	}
	return rd.gap == 0 && len(rd.letters) > 0 &&
		end < len(rd.text) && (alphanumeric(rd.text[end]) || rd.text[end] >= utf8.RuneSelf)
}

// barred tells whether the bar before end is one of several that part letters.
func (rd *reading) barred(end int) bool {
	before, after := strings.TrimRightFunc(rd.text[:end-1], ignorable), strings.TrimLeftFunc(rd.text[end:], ignorable)
	_, n := utf8.DecodeLastRuneInString(before)
	_, m := utf8.DecodeRuneInString(after)
	before, after = strings.TrimRightFunc(before[:len(before)-n], ignorable), strings.TrimLeftFunc(after[m:], ignorable)
	return strings.HasSuffix(before, "|") || strings.HasPrefix(after, "|")
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
	if in.script != rd.script {
		if rd.gap == 0 && n > 0 && mixes(in.script, rd.script) {
			rd.hints |= readMixed
		}
		rd.script = in.script
	}
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
		if upsideDown && l.base == 'ʍ' {
			l.look, l.class = 'w', classOf('w')
		}
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
