package moderation

import "math/bits"

// opening is a set of what the squeezed classes of phrases begin with: three
// classes of ASCII characters, five bits each. It is small enough to stay at hand.
type opening [1 << 15 / 64]uint64

func (o *opening) add(classes string) {
	if len(classes) >= 3 {
		if a, b, c := classes[0], classes[1], classes[2]; (a|b|c)&0x80 == 0 {
			o.set(uint(a&31) | uint(b&31)<<5 | uint(c&31)<<10)
		}
		return
	}
	for a := range 32 {
		for b := range 32 {
			for c := range 32 {
				if fits(classes, 0, a) && fits(classes, 1, b) && fits(classes, 2, c) {
					o.set(uint(a | b<<5 | c<<10))
				}
			}
		}
	}
}

func (o *opening) set(at uint)      { o[at>>6&(1<<9-1)] |= 1 << (at & 63) }
func (o *opening) has(at uint) bool { return o[at>>6&(1<<9-1)]&(1<<(at&63)) != 0 }

// fits tells whether the class with these five bits may be at place i.
func fits(classes string, i, class int) bool {
	return i >= len(classes) || classes[i] < 0x80 && int(classes[i]&31) == class
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
			if rest := text[i:]; len(rest) >= 3 {
				a, b, c := plainClass[rest[0]], plainClass[rest[1]], plainClass[rest[2]]
				if b != 0 && c != 0 && a != b && b != c && !f.words.opening.has(uint(a&31)|uint(b&31)<<5|uint(c&31)<<10) {
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
	n, i := 0, 0
	for ; i < len(text) && n < 24; i++ {
		if c := plainClass[text[i]]; c != 0 && c != last {
			key |= uint64(c) << n
			n += 8
			last = c
		}
	}
	if !f.words.opening.has(uint(key&31 | key>>8&31<<5 | key>>16&31<<10)) {
		return n < 24 && len(text) == maxGlance
	}
	for ; i < len(text) && n < 8*keyLength; i++ {
		if c := plainClass[text[i]]; c != 0 && c != last {
			key |= uint64(c) << n
			n += 8
			last = c
		}
	}
	return n < 8*keyLength && len(text) == maxGlance || f.words.mayBegin(key)
}
