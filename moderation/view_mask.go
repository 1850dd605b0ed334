package moderation

import (
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maskClass is the class of what hides a letter; no phrase has it.
const maskClass = 0x7F

var maskInfo = runeInfo{kind: kindLetter, class: maskClass, script: noScript, flags: isSign | isMask}

// maxMasks is how many letters may be hidden beside each other.
const maxMasks = 4

// masks tells whether a character is one that people hide letters with.
func masks(r rune) bool {
	switch r {
	case '*', '#', '@', '•', '⁎', '※':
		return true
	}
	return r >= utf8.RuneSelf && unicode.In(r, unicode.So, unicode.Sm)
}

// hides tells whether s begins with signs that may hide letters of a word that goes
// on after them.
func hides(s string) bool {
	for range maxMasks {
		r, n := utf8.DecodeRuneInString(s)
		if !masks(r) {
			return false
		}
		s = strings.TrimPrefix(s[n:], "\ufe0f")
		if touches(s, 0) {
			next, _ := utf8.DecodeRuneInString(s)
			if next < utf8.RuneSelf || unicode.IsLetter(next) {
				return true
			}
		}
	}
	return false
}

// mask tells whether the character that ends there may hide a letter.
func (rd *reading) mask(start int) bool {
	return rd.gap&^gapIgnorable == 0 && len(rd.letters) > 0 && hides(rd.text[start:])
}

// searchMasked tries the phrases that begin as the words with masks do.
func (f *Filter) searchMasked(rd *reading, found []hit) []hit {
	ls := rd.letters
	tries := maxMaskedTries + len(rd.text)
	for m := 1; m < len(ls); m++ {
		if ls[m].flags&isMask == 0 || ls[m-1].flags&isMask != 0 {
			continue
		}
		words := 0
		for i := m - 1; i >= 0 && words < maxMaskedWords && m-i < maxMaskedBefore && ls[i].flags&isMask == 0; i-- {
			if !boundaryBefore(ls, i) {
				continue
			}
			words++
			lo, hi := f.words.beginning(rd.classes[ls[i].canon:ls[m].canon])
			for ; lo < hi && tries > 0; lo++ {
				tries--
				found = f.try(rd, f.words.ids[lo], i, false, found)
			}
		}
	}
	return found
}

// What a text may cost in which letters are hidden.
const (
	maxMaskedTries  = 4096 // and one more for each byte
	maxMaskedWords  = 4    // of a phrase up to its first mask
	maxMaskedBefore = 40   // letters of them
)

// beginning returns which of the ids have phrases that begin with these classes.
func (ix *index) beginning(classes []byte) (lo, hi int) {
	prefix := string(classes)
	lo = sort.SearchStrings(ix.keys, prefix)
	hi = lo + sort.Search(len(ix.keys)-lo, func(i int) bool { return !strings.HasPrefix(ix.keys[lo+i], prefix) })
	return lo, hi
}

// masked lets a mask stand for letter i of the phrase. Signs other than the usual
// ones stand for vowels only.
func (a *aligner) masked(i, t, at int) bool {
	p, x := &a.p.letters[i], &a.rd.letters[t]
	if t == at || p.flags&isDigit != 0 || x.base != '*' && !vowel(p.base) || i > 0 && a.p.gapBefore(i) != "" {
		return false
	}
	a.masks++
	a.units++
	a.class = maskClass
	return true
}

func vowel(r rune) bool {
	return strings.ContainsRune("aeiouyаеиоуыэюяіїє", r)
}
