package moderation

import "strings"

// Lengths that the guards ask of a phrase, in letters.
const (
	minSkeleton   = 3  // letters of other scripts
	minMarked     = 4  // diacritics that languages have: bị is not bi
	minLeet       = 4  // h4x
	minMasked     = 4  // f*ck
	minRun        = 3  // s p e l l e d
	minLong       = 6  // what guesses, unless more is known
	minMerged     = 7  // words that run together: win now is not winnow
	minManyWords  = 8  // white space inside a word of a phrase of several
	minOneWord    = 10 // white space inside a phrase of one word
	minLowerL     = 8  // l for i among small letters: flat is not fiat
	minTail       = 10 // a digit at the end: server5
	minKin        = 8  // letters much alike: война is not воина
	minUnisolated = 8  // spelled inside of something longer that is spelled
	minDoubled    = 10 // one letter doubled
)

// judge decides through which view a phrase was seen, and whether it was at all:
// each view has its own guard against innocent texts that happen to look like it.
func (p *phrase) judge(s *sight, rd *reading, at, end int) (View, bool) {
	v := Literal
	see := func(w View) { v = max(v, w) }
	if s.folded {
		see(Folded)
	}
	if s.decoded {
		see(Decoded)
	}
	if s.ignorable {
		see(Stripped)
	}
	if s.stroked {
		see(Demarked)
	}
	if p.parted {
		see(Skeleton)
	}
	if s.far {
		return 0, false
	}
	n := p.weight
	spelled := s.inWord >= 2 && s.rough == 0 && n >= minRun
	joined := s.inWord > 0 || s.merged > 0

	if s.marked > 0 {
		if n < minMarked && (n < minRun || s.marked < n) {
			return 0, false
		}
		see(Demarked)
	}
	if s.missing > 0 {
		if n < minLong {
			return 0, false
		}
		see(Demarked)
	}
	if s.whole.imitation > 0 {
		if n < minMarked && (n < minSkeleton || s.whole.imitation+s.whole.look < 2) {
			return 0, false
		}
		see(Skeleton)
	}
	if s.whole.look > 0 {
		// A word of look-alikes alone counts beside another that does mix.
		if n < minSkeleton || s.badScript > 0 && s.mixedScript == 0 && !(joined && s.whole.mixed()) && !p.alien(s, rd, at, end) {
			return 0, false
		}
		see(Skeleton)
	}
	if s.whole.lowerL+s.whole.upperI > 0 {
		if n < minMarked {
			return 0, false
		}
		see(Skeleton)
		if s.badCase > 0 && !(joined && s.whole.cased()) {
			if n < minLowerL || s.doubtfulL || s.whole.upperI > 0 {
				return 0, false
			}
			see(Leet)
		}
	}
	loose := 0
	if s.leet > 0 {
		if !p.judgeLeet(s, spelled) {
			return 0, false
		}
		see(Leet)
		loose++
	}
	if s.kin > 0 {
		if n < minKin || s.kinLast > 0 {
			return 0, false
		}
		see(Leet)
		loose++
	}
	if s.masks > 0 {
		if n < minMasked || 2*s.masks > n || joined {
			return 0, false
		}
		see(Leet)
		loose++
	}
	if s.repeated+s.doubled > 0 {
		if !p.judgeSqueezed(s) {
			return 0, false
		}
		see(Squeezed)
		loose++
	}
	if joined || s.otherSign > 0 {
		if !p.judgeJoined(s, rd, at, end, spelled) {
			return 0, false
		}
		see(Joined)
		loose++
	}
	if s.separated {
		see(Joined)
	}
	if s.sentence && (!spelled || s.singles < s.pieces) {
		return 0, false
	}
	if loose > 1 && n < minLong && !(spelled && n >= minLeet) {
		return 0, false
	}
	return v, true
}

// judgeLeet asks for letters among the digits, and in short phrases for few digits
// that stand inside: p0rn, but not l10n, rule5 or 101.
func (p *phrase) judgeLeet(s *sight, spelled bool) bool {
	n := p.weight
	letters := s.whole.letters
	switch {
	case n < minLeet, !spelled && (s.badLeet > 0 || s.leetTail == s.leet && (n < minTail || p.words < 2)):
		return false
	case n < minLong:
		return letters > s.leet && (spelled || s.leetInner+s.leetSigns > 0) || letters == s.leet && s.leetSigns == s.leet
	}
	return 3*letters >= n
}

// judgeSqueezed asks for runs that no language has, or for several, or for a
// phrase that nothing else resembles.
func (p *phrase) judgeSqueezed(s *sight) bool {
	n := p.weight
	switch {
	case n < minLeet:
		return false
	case n < minLong:
		return s.oddRepeats > 0 && s.repeated > 0
	}
	return s.repeated > 0 || s.oddRepeats > 0 || s.doubled > 1 || n >= minDoubled || s.whole.look+s.whole.imitation > 0
}

// judgeJoined asks for runs of single letters, or for long phrases: the longer,
// the more ordinary the separators are.
func (p *phrase) judgeJoined(s *sight, rd *reading, at, end int, spelled bool) bool {
	n := p.weight
	if (s.merged > 0 && n < minMerged || s.otherSign > 0 && n < minLong) && !spelled {
		return false
	}
	if s.inWord == 0 {
		return true
	}
	if spelled {
		if n < minLong && strings.TrimSpace(s.first) != strings.TrimSpace(s.last) {
			return false // e, x.typ after s: code
		}
		return n >= minUnisolated || p.isolated(s, rd, at, end)
	}
	switch {
	case s.lone, s.sentence, n < minLong:
		return false
	case s.gaps&gapSpace == 0:
		return true // only signs and spaces that nobody types
	case s.rough > 0 && p.words > 1:
		return n >= minManyWords
	}
	return n >= minOneWord || n <= 2*s.pieces || s.pieces >= 4 && 2*n <= 5*s.pieces
}

// alien tells whether words that are all of another script are strangers where they
// stand: in the midst of a phrase, or of a line, that is not.
func (p *phrase) alien(s *sight, rd *reading, at, end int) bool {
	if s.whole.own > 0 {
		return s.badShort == 0 || 4*s.badLetters <= s.whole.letters
	}
	ls := rd.letters
	home := p.letters[0].script
	before, after := at > 0 && ls[at-1].script == home, end < len(ls) && ls[end].script == home
	return p.weight >= minLong && (before || after) && (before || at == 0) && (after || end == len(ls))
}

// isolated tells whether what is spelled begins and ends there: "s c o p e" does
// not spell cop.
func (p *phrase) isolated(s *sight, rd *reading, at, end int) bool {
	ls := rd.letters
	if s.firstOne && at > 0 && between(rd, at) == s.first && boundaryBefore(ls, at-1) &&
		!(p.weight >= minLong && oneLetterWord(rd, at-1, at-1)) {
		return false
	}
	return !s.lastOne || end == len(ls) || between(rd, end) != s.last || !boundaryBefore(ls, end+1) ||
		p.weight >= minLong && oneLetterWord(rd, end, end+1)
}

// oneLetterWord tells whether letter i is a word, as far as one sees from the other
// side of the gap before letter far: nothing is spelled on there.
func oneLetterWord(rd *reading, i, far int) bool {
	switch rd.letters[i].base {
	case 'a', 'i', 'o', 'e', 'y', 'u', 'а', 'в', 'и', 'к', 'о', 'с', 'у', 'я', 'і', 'з':
	default:
		return false
	}
	ls := rd.letters
	if far == i { // before the match
		return i == 0 || !boundaryBefore(ls, i-1) || between(rd, i) != between(rd, i+1)
	}
	return far == len(ls) || !boundaryBefore(ls, far+1) || between(rd, far) != between(rd, i)
}

// between is the text between a letter and the one before it.
func between(rd *reading, at int) string {
	a, b := &rd.letters[at-1], &rd.letters[at]
	if a.start > b.start { // read backwards
		a, b = b, a
	}
	return rd.text[min(a.end, b.start):b.start]
}
