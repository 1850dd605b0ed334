package moderation

import "math/bits"

// opening is a set of how plain texts may begin that hold a phrase at their
// beginning, told by their first four characters: by the first three, and by those
// from the second to the fourth. It is small enough to stay at hand.
type opening struct{ first, second triples }

func (o *opening) add(classes string) {
	o.first.add(classes, 0, 0, 0)
	o.second.add(classes, 1, 0, 0)
}

// triples is a set of three characters each, as the lower five bits of their
// classes; zero is a separator.
type triples [1 << 15 / 64]uint64

func (o *triples) has(a, b, c byte) bool {
	at := uint(a&31) | uint(b&31)<<5 | uint(c&31)<<10
	return o[at>>6]&(1<<(at&63)) != 0
}

// add adds what may stand where seen of the classes have been, with n characters,
// in at, before: the last class again, the next one, a separator; or anything after
// the last.
func (o *triples) add(classes string, seen, n int, at uint) {
	if n == 3 {
		o[at>>6] |= 1 << (at & 63)
		return
	}
	next := func(class byte, seen int) {
		if class < 0x80 {
			o.add(classes, seen, n+1, at|uint(class&31)<<(5*n))
		}
	}
	if seen > 0 {
		next(0, seen)
		next(classes[seen-1], seen)
	}
	if seen < len(classes) {
		next(classes[seen], seen+1)
		return
	}
	for class := byte(1); class < 32; class++ {
		next(class, seen)
	}
}

// Eight bytes at a time.
const (
	ones  = 0x0101010101010101
	highs = 0x80 * ones
)

// glance tells whether a text may hold a phrase that stands as words. Of a plain
// text, ASCII without escapes or signs inside words, it looks at the beginnings of
// the words, and does so without taking anything down: that is nearly all of what
// is said in most rooms, and nearly none of it begins like a phrase.
func (f *Filter) glance(text string) bool {
	var word uint64 // the high bit of each byte in a word; before that, of the byte before
	odd := false
	for at := 0; at < len(text); at += 8 {
		var x uint64
		if rest := text[at:]; len(rest) >= 8 {
			x = uint64(rest[0]) | uint64(rest[1])<<8 | uint64(rest[2])<<16 | uint64(rest[3])<<24 |
				uint64(rest[4])<<32 | uint64(rest[5])<<40 | uint64(rest[6])<<48 | uint64(rest[7])<<56
		} else {
			for i := 7; i >= 0; i-- {
				c := byte(' ')
				if i < len(rest) {
					c = rest[i]
				}
				x = x<<8 | uint64(c)
			}
		}
		if x&highs != 0 {
			return true
		}
		lower := x | 0x20*ones
		alpha := (lower + (0x80-'a')*ones) &^ (lower + (0x80-'z'-1)*ones)
		digit := (x + (0x80-'0')*ones) &^ (x + (0x80-'9'-1)*ones)
		before := word >> 56
		word = (alpha | digit) & highs
		sign, money := x^'@'*ones, x^'$'*ones
		if ((x-' '*ones)&^x|(sign-ones)&^sign|(money-ones)&^money)&highs != 0 {
			odd = true
		}
		for starts := word &^ (word<<8 | before); starts != 0; starts &= starts - 1 {
			i := at + bits.TrailingZeros64(starts)>>3
			if i > 0 && plainTable[text[i-1]]&maybeLetter != 0 {
				odd = true
			}
			if rest := text[i:]; len(rest) >= 4 {
				a, b, c, d := plainClass[rest[0]], plainClass[rest[1]], plainClass[rest[2]], plainClass[rest[3]]
				if !f.words.opening.first.has(a, b, c) || !f.words.opening.second.has(b, c, d) {
					continue
				}
			}
			if f.opens(text[i:]) {
				return true
			}
		}
	}
	return odd && oddities(text)
}

// maxGlance is how far glance looks for eight letters that differ. What has not as
// many is looked at more closely, so that a hostile text is not read over and over.
const maxGlance = 64

// opens tells whether a phrase may begin where the text does.
func (f *Filter) opens(text string) bool {
	if len(text) > maxGlance {
		text = text[:maxGlance]
	}
	var key uint64
	var last byte
	n := 0
	for i := 0; i < len(text) && n < 8*keyLength; i++ {
		if c := plainClass[text[i]]; c != 0 && c != last {
			key |= uint64(c) << n
			n += 8
			last = c
		}
	}
	return n < 8*keyLength && len(text) == maxGlance || f.words.mayBegin(key, f.words.plain)
}
