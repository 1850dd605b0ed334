package moderation

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// phrase is a literal of some rules, read the way texts are.
type phrase struct {
	source    string   // from where the letters or signs begin to where they end
	text      string   // the same, or the other case of it: what the letters are of
	letters   []letter // their offsets are in text
	classes   string   // squeezed: what an index holds
	lead      string   // signs that have to stand before the letters
	trail     string   // and after them
	weight    int      // letters, as the guards count
	words     int
	substring bool
	parted    bool // with rn for m
	refs      []phraseRef
}

// phraseRef tells where a phrase comes from.
type phraseRef struct {
	rule, phrase int32
	text         string
}

// Punctuation around a phrase that does not have to be in the text.
const (
	looseLead  = " \t\r\n\"'`“”„«»‘’(¿¡[{<"
	looseTrail = " \t\r\n\"'`“”„«»‘’.,;:!?…)]}>"
)

// parsePhrase returns the ways to look for a literal: one for nearly all, more in
// alphabets whose cases look like different things, none if there is nothing to
// look for.
func parsePhrase(s string, substring bool) ([]phrase, error) {
	s = strings.ToValidUTF8(s, " ") // half a character would match half of one
	p, err := readLiteral(s, substring)
	if err != nil || p == nil {
		return nil, err
	}
	out := []phrase{*p}
	lower := strings.ToLower(s)
	for _, variant := range [...]string{lower, strings.ToUpper(s), capitalised(lower)} {
		if variant == s || p.classes == "" {
			continue
		}
		v, err := readLiteral(variant, substring)
		if err != nil || v == nil {
			continue // some letters grow when upper-cased; then the first one has to do
		}
		known := false
		for i := range out {
			known = known || out[i].classes == v.classes
		}
		if !known {
			v.source = p.source
			out = append(out, *v)
		}
	}
	for _, variant := range parted(s) {
		if v, err := readLiteral(variant, substring); err == nil && v != nil {
			v.source, v.parted = p.source, true
			out = append(out, *v)
		}
	}
	return out, nil
}

// parted returns a phrase with rn for its m, for one and for all of them, wherever
// that is no other word: modern is not modem, but no word begins with rn, and none
// of length is made of the other by so little.
func parted(s string) []string {
	if !strings.ContainsAny(s, "mM") || utf8.RuneCountInString(s) < minLong {
		return nil
	}
	var at []int
	for i := 0; i < len(s); i++ {
		if s[i]|0x20 != 'm' {
			continue
		}
		from := strings.LastIndexFunc(s[:i], notLetter) + 1
		end := len(s)
		if n := strings.IndexFunc(s[i:], notLetter); n >= 0 {
			end = i + n
		}
		if from == i || utf8.RuneCountInString(s[from:end]) >= minMerged {
			at = append(at, i)
		}
	}
	var out []string
	all := s
	for n := len(at) - 1; n >= 0; n-- {
		i := at[n]
		all = all[:i] + "rn" + all[i+1:]
		if len(at) > 1 && n < maxParted {
			out = append(out, s[:i]+"rn"+s[i+1:])
		}
	}
	if len(at) == 0 {
		return nil
	}
	return append(out, all)
}

// maxParted bounds what a phrase of many words with m is worth.
const maxParted = 4

func notLetter(r rune) bool { return !unicode.IsLetter(r) }

func capitalised(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}

func readLiteral(s string, substring bool) (*phrase, error) {
	s = strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || ignorable(r) })
	if s == "" {
		return nil, nil
	}
	var rd reading
	rd.read(s, readPhrase)
	p := &phrase{text: s, letters: rd.letters, words: 1, substring: substring}
	if len(rd.letters) > MaxPhrase || len(s) > 16*MaxPhrase {
		return nil, ErrPhraseTooLong
	}
	if len(rd.letters) == 0 {
		p.lead = strings.Map(func(r rune) rune {
			if ignorable(r) {
				return -1
			}
			return r
		}, s)
		if strings.TrimSpace(p.lead) == "" {
			return nil, nil
		}
		return p, nil
	}
	p.classes = string(rd.classes[:len(rd.classes)-keyLength])
	for i := range rd.letters {
		l := &rd.letters[i]
		p.weight += weight(l)
		if i > 0 && l.gap&(gapSpace|gapOddSpace) != 0 {
			p.words++
		}
	}
	first, last := int(rd.letters[0].start), int(rd.letters[len(rd.letters)-1].end)
	p.lead = strings.TrimLeft(s[:first], looseLead)
	p.trail = strings.TrimRight(s[last:], looseTrail)
	p.source = s[first-len(p.lead) : last+len(p.trail)]
	return p, nil
}

// gapBefore is what the phrase itself has before its letter i.
func (p *phrase) gapBefore(i int) string {
	if p.letters[i].flags&isInner != 0 {
		return ""
	}
	return p.text[p.letters[i-1].end:p.letters[i].start]
}

// phraseSet gathers the phrases of all rules, each once.
type phraseSet struct {
	phrases []phrase
	known   map[phraseKey][]int32
}

type phraseKey struct {
	text      string
	substring bool
}

func (b *phraseSet) add(s string, substring bool, ref phraseRef) error {
	key := phraseKey{s, substring}
	ids, ok := b.known[key]
	if !ok {
		variants, err := parsePhrase(s, substring)
		if err != nil {
			return err
		}
		for _, p := range variants {
			ids = append(ids, int32(len(b.phrases)))
			b.phrases = append(b.phrases, p)
		}
		if b.known == nil {
			b.known = make(map[phraseKey][]int32)
		}
		b.known[key] = ids
	}
	for _, id := range ids {
		b.phrases[id].refs = append(b.phrases[id].refs, ref)
	}
	return nil
}

// indexes sorts the phrases into the three ways to find them.
func (b *phraseSet) indexes() (words, parts index, signs map[rune][]int32) {
	var inWords, inParts []int32
	for i := range b.phrases {
		p := &b.phrases[i]
		switch {
		case p.classes == "":
			if signs == nil {
				signs = make(map[rune][]int32)
			}
			first, _ := utf8.DecodeRuneInString(p.lead)
			signs[first] = append(signs[first], int32(i))
		case p.substring:
			inParts = append(inParts, int32(i))
		default:
			inWords = append(inWords, int32(i))
		}
	}
	return newIndex(b.phrases, inWords), newIndex(b.phrases, inParts), signs
}
