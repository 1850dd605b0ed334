package moderation

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// Whatever the rules and the text are, nothing panics, what is found lies within
// the text on character boundaries, and the glance at plain lines misses nothing.
func FuzzMatch(f *testing.F) {
	for _, e := range freeBitcoin {
		f.Add("free bitcoin", e.text, false)
	}
	for _, c := range evasions {
		for _, e := range c.table {
			f.Add(c.phrase, e.text, true)
		}
	}
	for _, c := range innocents {
		f.Add(c.phrase, c.text, true)
	}
	f.Fuzz(func(t *testing.T, phrase, text string, substring bool) {
		flt, err := Compile([]TextRule{
			{Name: "r", Phrases: []string{phrase, "sex", "1xbet"}, Substring: substring},
			{Name: "e", Phrases: []string{phrase}, Except: []string{text}},
			{Name: "x", Regexps: []string{`(?i)b[i1]t\s*coin`, `\p{Cyrillic}{5}`}},
		})
		if err != nil {
			return
		}
		if !utf8.ValidString(text) {
			flt.Match(text)
			return
		}
		found := flt.Match(text)
		for _, m := range found {
			if m.Start < 0 || m.Start >= m.End || m.End > len(text) || !utf8.ValidString(text[m.Start:m.End]) ||
				!utf8.RuneStart(text[m.Start]) {
				t.Fatalf("%+v in %q", m, text)
			}
			if m.View == Literal && m.Rule != "x" && utf8.ValidString(m.Phrase) && !strings.Contains(m.Phrase, text[m.Start:m.End]) {
				t.Fatalf("%+v is no literal: %q", m, text[m.Start:m.End])
			}
		}
		var rd reading
		if seen := flt.matchViews(&rd, text, nil); len(flt.signs) == 0 && len(seen) > 0 && len(flt.matchPhrases(text)) == 0 {
			t.Fatalf("%q misses %+v", text, seen)
		}
	})
}

// A phrase is found in itself, if there is anything in it to find.
func FuzzCompile(f *testing.F) {
	for _, c := range evasions {
		f.Add(c.phrase)
	}
	for _, c := range innocents {
		f.Add(c.phrase)
	}
	f.Fuzz(func(t *testing.T, phrase string) {
		flt, err := Compile([]TextRule{{Phrases: []string{phrase}, Regexps: []string{phrase}}})
		if err != nil || !utf8.ValidString(phrase) {
			return
		}
		for _, p := range flt.phrases {
			if len(p.letters) > MaxPhrase {
				t.Fatalf("%d letters", len(p.letters))
			}
		}
	})
}

// The time that hostile texts take grows with their length, not faster.
func TestMatchIsLinear(t *testing.T) {
	if raceEnabled {
		t.Skip("not with the race detector")
	}
	phrase := strings.Repeat("ab", 60) + "c"
	f := mustCompile(t,
		TextRule{Phrases: []string{phrase, strings.Repeat("a b ", 40) + "c", "free bitcoin", "aab", "1li1", "lil", "xyz", "казино"}},
		TextRule{Phrases: []string{"abab", "aab", "free"}, Substring: true, Except: []string{strings.Repeat("ab", 8), "free"}},
	)
	var worst time.Duration
	var by string
	for _, piece := range []string{
		"a", "a ", "ab", "ab ", "a b ", "aab", "f r e e ", "free", "free ", "free. ", "fre", "1l", "1l ", "!l", "a\u0301", "a\u0336", "\u200b", "a\u200b", "&", "&#", "&#1",
		"&amp;", "&amp;#9", "&zwj", "%", "%4", "%41", "\\u", "\\u{", "@", "a@", "@a", " ", "\n", ".", "к", "каз", "к ", "казинo", "ß", "ﷺ", "가", "각", "\u1100\u1161\u11a8", "กี", "比", "💰", "\u202e", "ǝ", "x y", "\xff",
		"a*b ", "f**k", "*a", "|a|", "<b>", "<b", "[b]", "](", "=41", "\\/", "()", "a()", "a<b", "&#38;", "%25", "❤️a", "a❤️", "б1f*", "<b>б*f@1",
	} {
		short := slowest(f, strings.Repeat(piece, 1+4<<10/len(piece)))
		long := slowest(f, strings.Repeat(piece, 1+64<<10/len(piece)))
		if long > worst {
			worst, by = long, piece
		}
		// Sixteen times the text; quadratic would be 256 times the time.
		if long > 100*short && long > 20*time.Millisecond {
			t.Errorf("%q: %v for 4 KiB, %v for 64 KiB", piece, short, long)
		}
	}
	t.Logf("64 KiB take %v at most, of %q", worst, by)
}

// slowest is the best of three, since the machine does other things too.
func slowest(f *Filter, text string) time.Duration {
	best := time.Hour
	for range 3 {
		start := time.Now()
		f.Match(text)
		best = min(best, time.Since(start))
	}
	return best
}
