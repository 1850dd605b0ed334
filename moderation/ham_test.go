package moderation

import (
	"bufio"
	"bytes"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// spamRules are a thousand phrases that spam is made of, and many short words
// that no rule ought to have: what they do to ordinary text shows in the views.
func spamRules(t testing.TB) []TextRule {
	t.Helper()
	var rules []TextRule
	known := make(map[string]bool)
	add := func(p string) {
		if !known[p] {
			known[p] = true
			rules = append(rules, TextRule{Name: p, Phrases: []string{p}})
		}
	}
	for _, w := range strings.Fields(readFile(t, "testdata/spam-words.txt")) {
		add(w)
	}
	for _, line := range strings.Split(strings.TrimSpace(readFile(t, "testdata/spam-pairs.txt")), "\n") {
		first, second, _ := strings.Cut(line, "|")
		for _, a := range strings.Fields(first) {
			for _, b := range strings.Fields(second) {
				add(a + " " + b)
			}
		}
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	for len(rules) < 1000 {
		add(rules[rnd.IntN(400)].Name + " " + rules[rnd.IntN(400)].Name)
	}
	return rules
}

func readFile(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// meant is where the ordinary lines do say what the rules are about, disguised.
var meant = map[string]bool{
	"p0rn": true, "w4r3z": true, "вирyс": true /* with a Latin y */, "póker": true, "Häcker": true, "Western Union": true, "Bot-Net": true,
}

// checkHam counts what is seen in lines that nobody obfuscated. What is Literal or
// Folded does stand there; everything else is a false positive.
func checkHam(t *testing.T, f *Filter, lines []string) {
	t.Helper()
	var seen [len(viewNames)]int
	loose := 0
	for _, l := range lines {
		bad := false
		for _, m := range f.Match(l) {
			if meant[l[m.Start:m.End]] {
				continue
			}
			seen[m.View]++
			if m.View > Folded && (seen[m.View] < 20 || !m.View.Loose()) {
				t.Logf("%v: %q is seen in %q, in %q", m.View, m.Phrase, l[m.Start:m.End], l)
			}
			bad = bad || m.View.Loose()
			if m.View > Folded && !m.View.Loose() {
				t.Errorf("a strict view, %v, sees %q in %q", m.View, m.Phrase, l)
			}
		}
		if bad {
			loose++
		}
	}
	for v, n := range seen {
		t.Logf("%-9v %6d in %d lines", View(v), n, len(lines))
	}
	if loose*10000 > len(lines) {
		t.Errorf("loose views see something in %d of %d lines, more than 1 in 10,000", loose, len(lines))
	}
}

// Quotations, jokes and poems in a dozen languages, from the fortunes packages of
// Debian (scripts/packages-for-moderation.txt).
func TestHamFortunes(t *testing.T) {
	const dir = "/usr/share/games/fortunes"
	var lines []string
	english, russian := 0, 0
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || strings.HasSuffix(path, ".dat") {
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil || !utf8.Valid(b) {
			return err
		}
		step := 4
		if testing.Short() || raceEnabled {
			step = 40
		}
		n := 0
		for s := bufio.NewScanner(bytes.NewReader(b)); s.Scan(); {
			if l := strings.TrimSpace(s.Text()); len(l) > 1 {
				if n++; n%step != 0 {
					continue
				}
				lines = append(lines, l)
				switch {
				case strings.Contains(path, "/ru/"):
					russian++
				case filepath.Dir(path) == dir:
					english++
				}
			}
		}
		return nil
	})
	if english < 1000 || russian < 1000 {
		t.Skipf("only %d English and %d Russian lines in %s: install the packages of scripts/packages-for-moderation.txt", english, russian, dir)
	}
	t.Logf("%d lines, %d of them English or in no folder of their own, %d Russian", len(lines), english, russian)
	checkHam(t, mustCompile(t, spamRules(t)...), lines)
}

// Sentences made of the commonest words, in whatever order: what stands beside what
// is more varied than in any real text.
func TestHamGenerated(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	var lines []string
	for _, language := range strings.Split(strings.TrimSpace(readFile(t, "testdata/ham-words.txt")), "\n") {
		words := strings.Fields(language)
		n := 10000
		if raceEnabled {
			n = 2000
		}
		for range n {
			var b strings.Builder
			for i := range 4 + rnd.IntN(12) {
				if i > 0 {
					b.WriteString([...]string{" ", " ", " ", " ", " ", " ", ", ", ". ", "! ", "\n"}[rnd.IntN(10)])
				}
				w := words[rnd.IntN(len(words))]
				switch rnd.IntN(20) {
				case 0:
					w = strings.ToUpper(w)
				case 1, 2:
					w = capitalised(w)
				case 3:
					w = [...]string{"2", "10", "404", "1337", "12:30", "5.0", "(", "\"", ":)", "-", "@alex", "#1", "&", "100%", "C++", "e.g.", "x86", "🙂"}[rnd.IntN(18)]
				}
				b.WriteString(w)
			}
			lines = append(lines, b.String())
		}
	}
	checkHam(t, mustCompile(t, spamRules(t)...), lines)
}
