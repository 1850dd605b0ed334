package moderation

import "unicode/utf8"

// canBe tells whether some view reads x as this letter.
func (p *letter) canBe(x *letter) bool {
	switch {
	case p.base == x.base:
		return true
	case p.flags&isDigit != 0 || p.class != x.class || p.look == 0:
		return false
	case x.script == noScript || x.flags&isImitation != 0 || x.script != p.script:
		return true
	}
	if p.script == cyrillic {
		return kin(p.base, x.base)
	}
	upper := x.flags&isUpper != 0
	return x.base == 'l' && p.base == 'i' && !upper || x.base == 'i' && p.base == 'l' && upper
}

// kin tells whether two Cyrillic letters are near enough to be written for each other.
func kin(a, b rune) bool {
	switch [2]rune{min(a, b), max(a, b)} {
	case [2]rune{'и', 'й'}, [2]rune{'ъ', 'ь'}, [2]rune{'е', 'э'}, [2]rune{'ш', 'щ'}:
		return true
	}
	return false
}

// pair compares one letter of the phrase with one of the text, and counts what it
// takes to see the one in the other.
func (a *aligner) pair(q int, x *letter, at int) bool {
	p := &a.p.letters[q]
	if !p.canBe(x) {
		return false
	}
	a.decoded = a.decoded || x.flags&isDecoded != 0
	if weight(x) > 0 && x.class != a.class || a.units == 0 {
		a.units++
	}
	a.class = x.class
	if x.flags&(isGuess|isSecond) == isGuess {
		a.leet++
		a.leetInner++
	}
	if p.base == x.base {
		return a.same(p, x)
	}
	if x.flags&isStroked != 0 {
		a.stroked = true
	} else if x.marks != 0 {
		a.marked++
	}
	switch {
	case x.script == noScript:
		a.piece.leet++
		a.leet++
		inner := at+1 < len(a.rd.letters) && a.rd.letters[at+1].gap == 0 && a.rd.letters[at+1].script != noScript
		switch {
		case x.flags&isDigit == 0:
			a.leetSigns++
			if x.base >= utf8.RuneSelf {
				a.piece.imitation++
				a.piece.letters++ // ₳ is hardly anything else inside a word
			}
		case inner:
			a.leetInner++
		case x.base == '0' && p.script == cyrillic:
			a.leetInner++ // nobody counts things in Cyrillic from none
		case x.base == '5':
			a.leetTail++
		}
		return true
	case x.flags&isImitation != 0:
		a.piece.imitation++
	case x.script == p.script && p.script == cyrillic:
		a.kin++
		if x.class == 'u' && (q+1 == len(a.p.letters) || a.p.gapBefore(q+1) != "") {
			a.kinLast++ // сценарий, сценарии
		}
		a.piece.own++
	case x.script == p.script:
		if x.marks != 0 {
			a.piece.imitation++ // ł for i
		} else if x.base == 'l' {
			a.piece.lowerL++
			if a.p.besideI(q) {
				a.doubtfulL = true
			}
		} else {
			a.piece.upperI++
		}
	default:
		a.piece.look++
		a.piece.scripts |= 1 << x.script
		if p.look != x.look && classOf(p.look) != 'i' {
			a.leet++ // з for e: looks like a digit that looks like the letter
			a.leetInner++
		}
	}
	a.piece.letters++
	a.caseOf(x)
	return true
}

// besideI tells whether the letter before or after letter q looks like it, which
// makes failing and falling the words that they are.
func (p *phrase) besideI(q int) bool {
	return q > 0 && p.letters[q-1].class == 'i' || q+1 < len(p.letters) && p.letters[q+1].class == 'i'
}

// same compares two letters with the same base.
func (a *aligner) same(p, x *letter) bool {
	if x.flags&isSecond != 0 {
		return a.second(x)
	}
	switch {
	case x.flags&isStroked != 0:
		a.stroked = true
	case x.marks == p.marks:
		if x.flags&isFolded != p.flags&isFolded || x.flags&isUpper != p.flags&isUpper {
			a.folded = true
		}
	case p.marks == 0:
		a.marked++
	default:
		a.missing++
	}
	if p.marks == 0 && x.marks > 0x0400 && x.script == cyrillic {
		a.missing++ // қ for к: another letter, where people have it
	}
	switch {
	case x.flags&isImitation != 0 && p.flags&isImitation == 0:
		a.piece.imitation++
		a.piece.letters++
	case x.script != noScript:
		a.piece.letters++
		if x.script == p.script {
			a.piece.own++
		}
	case x.flags&isDigit != 0:
		a.piece.letters++ // the phrase's own digit
	}
	a.caseOf(x)
	return true
}

// second takes x for a letter of another script that it might stand for.
func (a *aligner) second(x *letter) bool {
	if x.flags&isStroked != 0 {
		a.stroked = true
	} else if x.marks != 0 {
		a.marked++
	}
	if x.flags&isGuess != 0 {
		a.leet++
		a.leetInner++
	}
	if x.script == noScript {
		a.piece.leet++
		return true
	}
	a.piece.look++
	a.piece.scripts |= 1 << x.script
	a.piece.letters++
	a.caseOf(x)
	return true
}

func (a *aligner) caseOf(x *letter) {
	switch {
	case x.flags&isUpper != 0:
		a.piece.upper++
	case x.base != 'l' && x.script != noScript:
		a.piece.lower++
	}
}

// oddRun tells whether no language writes a run of n for letters i to j: it has the
// letter doubled nowhere, or not after another consonant, or the run ends a long word
// that ends in a vowel.
func (p *phrase) oddRun(i, j, n int) bool {
	r := p.letters[i].base
	begins := i == 0 || p.gapBefore(i) != ""
	return !doubles(r) || !begins && !vowel(r) && !vowel(p.letters[i-1].base) && p.letters[i].script <= cyrillic ||
		n > 2 && j == len(p.letters) && p.weight > minLeet && vowel(r)
}

// doubles tells the letters that languages double, so that a long run may be a
// drawn-out ordinary word: gooood is good, not god.
func doubles(r rune) bool {
	switch r {
	case 'a', 'i', 'u', 'h', 'j', 'k', 'q', 'v', 'w', 'x', 'y', 'а', 'б', 'в', 'г', 'у', 'х', 'ц', 'ч', 'ш', 'щ', 'ы', 'э', 'ю', 'я':
		return false
	}
	return true
}
