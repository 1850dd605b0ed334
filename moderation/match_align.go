package moderation

import (
	"unicode"
	"unicode/utf8"
)

// sight is what one has to overlook to see a phrase at some place of a text.
type sight struct {
	folded, decoded, ignorable, stroked bool

	marked, missing int // letters with diacritics that the phrase has not, and the reverse
	whole           tally
	badScript       int  // words that mix no scripts, yet need another
	badLetters      int  // their letters
	badShort        int  // those of them that are short
	mixedScript     int  // words that do mix them
	badCase         int  // words where l and I differ for no visible reason
	doubtfulL       bool // an l for an i that makes another word of many a word
	badLeet         int  // words without a letter

	leet, leetSigns, leetInner, leetTail int
	masks                                int // letters that are hidden
	kin, kinLast                         int // Cyrillic letters that are much alike, and those и of them that end a word
	repeated, doubled                    int // runs of three or more, of two
	oddRepeats                           int // of letters that no language doubles

	inWord    int // separators inside words of the phrase
	rough     int // those of them that do not stand between two single letters
	merged    int // missing separators
	otherSign int // other punctuation than the phrase's own
	separated bool
	sentence  bool // a clause ends between two words
	far       bool // too much lies between two letters
	gaps      gap  // inside words: what kinds
	lone      bool // an apostrophe alone parts two pieces
	pieces    int
	singles   int
	first     string // the first and the last separator
	last      string
	firstOne  bool // the first and the last piece are single letters
	lastOne   bool
}

// tally counts the letters of a word, or of the whole match.
type tally struct {
	letters, own, look, imitation, leet int
	scripts                             uint32 // of those that only look like the phrase's
	upper, lower                        int
	upperI, lowerL                      int // I for l, l for I
}

func (t *tally) add(o *tally) {
	t.letters += o.letters
	t.own += o.own
	t.look += o.look
	t.imitation += o.imitation
	t.leet += o.leet
	t.scripts |= o.scripts
	t.upper += o.upper
	t.lower += o.lower
	t.upperI += o.upperI
	t.lowerL += o.lowerL
}

// mixed tells whether the look-alikes stand among letters of another script.
func (t *tally) mixed() bool {
	return t.look == 0 || t.own+t.imitation > 0 || t.scripts&(t.scripts-1) != 0
}

// cased tells whether the case of the neighbours explains why l was taken for I.
func (t *tally) cased() bool {
	return (t.lowerL == 0 || t.lower == 0 && t.upper >= 2) && (t.upperI == 0 || t.lower >= 2)
}

// aligner walks along a phrase and a text.
type aligner struct {
	sight
	p      *phrase
	rd     *reading
	piece  tally
	units  int // letters of this piece that are not all the same
	before int // units of the piece before
	inside bool
	class  byte
}

// align compares the phrase with the letters from at on. It returns what that takes,
// which the next call replaces, and the letter after the last.
func (p *phrase) align(rd *reading, at int) (s *sight, end int, ok bool) {
	a := &rd.aligner
	*a = aligner{p: p, rd: rd}
	t := at
	for i := 0; i < len(p.letters); {
		j := i + 1
		for j < len(p.letters) && p.letters[j].class == p.letters[i].class {
			j++
		}
		if t < len(rd.letters) && rd.letters[t].flags&isMask != 0 {
			if !a.masked(i, t, at) {
				return nil, 0, false
			}
			i, t = i+1, t+1
			continue
		}
		if t >= len(rd.letters) || rd.letters[t].class != p.letters[i].class {
			return nil, 0, false
		}
		run := int(rd.runs[rd.letters[t].canon+1]) - t
		have := j - i
		if run < have {
			if t+run == len(rd.letters) || rd.letters[t+run].flags&isMask == 0 {
				return nil, 0, false
			}
			j, have = i+run, run // the mask hides the rest of them
		}
		if j == len(p.letters) {
			// The next word may begin with the same letter: stop where a word ends.
			for have < run && !boundaryBefore(rd.letters, t+have) && !p.substring {
				have++
			}
		} else {
			have = run
		}
		if i == 0 && have > j-i && t > 0 && rd.letters[t-1].canon == rd.letters[t].canon {
			return nil, 0, false // the run begins with the word before
		}
		if !a.run(i, j, t, have, at) {
			return nil, 0, false
		}
		t += have
		i = j
	}
	a.closePiece()
	a.lastOne = a.units <= 1
	return &a.sight, t, true
}

// run compares one run of a class: letters i to j of the phrase, n letters of the
// text from t on.
func (a *aligner) run(i, j, t, n, at int) bool {
	extra := n - (j - i)
	if n == 2 && j-i == 1 && a.p.letters[i].base == 'w' && a.doubleV(t) {
		if t > at {
			own := ""
			if i > 0 {
				own = a.p.gapBefore(i)
			}
			a.cross(&a.rd.letters[t], t, own, i > 0)
		}
		a.piece.imitation++
		a.piece.letters++
		a.units++
		return true
	}
	q := i
	for k := 0; k < n; k++ {
		x := &a.rd.letters[t+k]
		fresh := k == 0
		if k > 0 && q+1 < j {
			next := &a.p.letters[q+1]
			if extra == 0 || n-k == j-1-q || next.base == a.p.letters[q].base || !a.p.letters[q].canBe(x) || next.base == x.base {
				q, fresh = q+1, true
			}
		}
		if t+k > at {
			own := ""
			if fresh && q > 0 {
				own = a.p.gapBefore(q)
			}
			a.cross(x, t+k, own, fresh && q > 0)
		}
		if !a.pair(q, x, t+k) {
			return false
		}
	}
	if q != j-1 {
		return false
	}
	if extra > 0 {
		if a.p.letters[i].flags&isDigit != 0 {
			return false
		}
		if n < 3 {
			a.doubled++
		} else {
			a.repeated++
		}
		if a.p.oddRun(i, j, n) {
			a.oddRepeats++
		}
	}
	return true
}

// doubleV tells whether two letters v are there, which together look like w.
func (a *aligner) doubleV(t int) bool {
	v, w := &a.rd.letters[t], &a.rd.letters[t+1]
	return v.base == 'v' && w.base == 'v' && w.gap == 0
}

// cross takes account of what lies before letter x of the text, where the phrase
// has own between two letters, if it is between two of its letters at all.
func (a *aligner) cross(x *letter, at int, own string, fresh bool) {
	wanted := gap(0)
	if fresh && own != "" {
		wanted = gapIgnorable
		for i := 0; i < len(own); i++ {
			switch {
			case own[i] == ' ' || own[i] == '\t' || own[i] == '\n':
				wanted |= gapSpace
			case own[i] > ' ':
				wanted |= gapPunct
			}
		}
		if wanted&gapPunct != 0 && wanted&gapSpace == 0 && isInvisible(own) {
			wanted = 0
		}
	}
	if x.gap&(gapIgnorable|gapZero) != 0 && wanted == 0 {
		a.ignorable = true
	}
	split := x.gap&gapSplit != 0
	switch {
	case wanted == 0 && !split:
		return
	case wanted == 0:
	case !split && x.gap&gapZero != 0 && wanted&gapPunct == 0:
		a.ignorable = true
	case !split:
		a.merged++
		if x.gap&gapIgnorable != 0 {
			a.ignorable = true
		}
		return
	}
	between := between(a.rd, at)
	if a.pieces == 0 {
		a.firstOne = a.units <= 1
		a.first = between
	}
	a.last = between
	a.closePiece()
	a.before, a.units, a.class = a.units, 0, 0
	a.inside = wanted == 0 && x.flags&isInner == 0
	if a.inside {
		a.inWord++
		a.gaps |= x.gap
		if x.gap&gapApostrophe != 0 && x.gap&(gapSpace|gapOddSpace) == 0 {
			a.lone = true
		}
		a.sentence = a.sentence || x.gap&gapSentence != 0
		a.far = a.far || x.gap&gapPunct != 0 && isFar(between)
		return
	}
	if wanted&gapPunct != 0 {
		if own != between {
			a.otherSign++
		}
		return
	}
	if x.gap&gapPunct != 0 {
		a.separated = true
		a.sentence = a.sentence || x.gap&gapSentence != 0
		a.far = a.far || isFar(between)
		return
	}
	if between != own {
		a.folded = true
		if x.gap&(gapIgnorable|gapZero) != 0 {
			a.ignorable = true
		}
	}
}

// maxSeparator is how much punctuation may part two letters of a phrase, as seen; and
// how many bytes, which bounds the work.
const (
	maxSeparator      = 32
	maxSeparatorBytes = 256
)

// isFar tells whether what parts two letters is too much.
func isFar(s string) bool {
	if len(s) <= maxSeparator || len(s) > maxSeparatorBytes {
		return len(s) > maxSeparator
	}
	seen := 0
	for i := 0; i < len(s); {
		r, n := unescape(s[i:])
		if n == 0 {
			r, n = utf8.DecodeRuneInString(s[i:])
		}
		if !ignorable(r) && !unicode.Is(unicode.M, r) {
			seen++
		}
		i += n
	}
	return seen > maxSeparator
}

func isInvisible(s string) bool {
	for _, r := range s {
		if !ignorable(r) {
			return false
		}
	}
	return true
}

// closePiece ends what stands between two separators.
func (a *aligner) closePiece() {
	a.pieces++
	if a.units <= 1 {
		a.singles++
	}
	if a.inside && (a.before > 1 || a.units > 1) {
		a.rough++
	}
	if !a.piece.mixed() {
		a.badScript++
		a.badLetters += a.piece.letters
		if a.piece.letters < minMarked {
			a.badShort++
		}
	} else if a.piece.look > 0 {
		a.mixedScript++
	}
	if !a.piece.cased() {
		a.badCase++
	}
	if a.piece.leet > 0 && a.piece.letters == 0 {
		a.badLeet++
	}
	a.whole.add(&a.piece)
	a.piece = tally{}
}
