package moderation

// letter is one letter or digit of a text as the views see it. Rather than write
// out one string for each view, a text is read once into letters that know what
// each view would make of them; see phrase.align for how they are compared.
type letter struct {
	base       rune   // folded, without marks
	marks      uint32 // the natural diacritics, hashed; 0 is none
	start, end uint32 // bytes in the text, marks included
	canon      uint32 // place in the squeezed stream of classes
	class      byte   // what it may look like, very roughly; see classOf
	look       byte   // the ASCII character it looks like; 0 is none
	script     script
	gap        gap // what lies between the letter before and this one
	flags      flags
}

// flags are what else a view wants to know of a letter.
type flags uint16

const (
	isUpper     flags = 1 << iota // upper or title case before folding
	isFolded                      // not written as its base
	isDecoded                     // came out of an escape
	isStroked                     // carries marks that no language has
	isSign                        // punctuation read as a letter
	isDigit                       // an ASCII digit
	isImitation                   // of an alphabet that is only used to imitate
	isContinua                    // of a script written without spaces
	isJoined                      // belongs to the letter before: no boundary between
	isBinding                     // the letter after it belongs to it
	isInner                       // not the first letter of its character
	isWide                        // a syllable or word by itself: weighs two letters
	isSecond                      // read as a letter of another script that it might stand for
	isGuess                       // read so only for want of anything better
	isMask                        // hides a letter
)

// gap is what lies between two letters.
type gap uint16

const (
	gapIgnorable  gap = 1 << iota // something invisible
	gapZero                       // a zero-width space, which may part words
	gapSpace                      // white space
	gapOddSpace                   // white space no keyboard types
	gapPunct                      // punctuation, signs, emoji
	gapSentence                   // punctuation that ends a clause, then white space
	gapApostrophe                 // an apostrophe

	gapParts = gapZero | gapSpace | gapOddSpace | gapPunct // there is a boundary
	gapSplit = gapSpace | gapOddSpace | gapPunct           // there is a separator
)

// script is the alphabet of a letter, as far as the skeleton has to know it.
type script uint8

const (
	otherScript script = iota
	latin
	greek
	cyrillic
	armenian
	hebrew
	arabic
	han
	hiragana
	katakana
	hangul
	southeast // Thai, Lao, Khmer, Myanmar
	noScript  // digits and signs
)

// boundaryBefore tells whether a word may begin at letter i.
func boundaryBefore(ls []letter, i int) bool {
	if i <= 0 || i >= len(ls) {
		return true
	}
	b := &ls[i]
	if b.flags&(isInner|isJoined) != 0 && b.gap&gapSplit == 0 {
		return false
	}
	if b.gap&gapParts != 0 {
		return true
	}
	a := &ls[i-1]
	if (a.flags|b.flags)&isContinua == 0 || a.flags&isBinding != 0 {
		return false
	}
	return a.script != katakana || b.script != katakana
}

// weight counts letters for the guards: marks that are letters in their own right
// do not count, syllables and ideographs count twice.
func weight(l *letter) int {
	switch {
	case l.flags&(isInner|isJoined) != 0:
		return 0
	case l.flags&isWide != 0:
		return 2
	}
	return 1
}

// classOf maps an ASCII letter, digit or sign to the class it shares with all that
// may stand for it, and 0 for anything else. Classes only nominate: a coarse class
// costs a comparison, and never makes a match.
func classOf(c byte) byte {
	switch c {
	case 'l', '1', '!', '|':
		return 'i'
	case '0':
		return 'o'
	case '2':
		return 'z'
	case '3':
		return 'e'
	case '4', '@':
		return 'a'
	case '5', '$':
		return 's'
	case '7', '+':
		return 't'
	case 'g', '6', '8', '9':
		return 'b'
	case 'w':
		return 'v'
	}
	if 'a' <= c && c <= 'z' {
		return c
	}
	return 0
}

// classOfRune is the class of a letter that looks like no ASCII character: a byte
// from the upper half, which two letters may share.
func classOfRune(r rune) byte { return 0x80 | byte(uint32(r)*2654435761>>25) }
