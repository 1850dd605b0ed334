package benchcompare

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	bobu "github.com/BobuSumisu/aho-corasick"
	cloudflare "github.com/cloudflare/ahocorasick"
	petar "github.com/petar-dambovaliev/aho-corasick"

	"github.com/xmppkit/xmppkit/moderation"
	"github.com/xmppkit/xmppkit/moderation/internal/benchdata"
)

// A way takes phrases and returns what looks for them in a text.
type way struct {
	name  string
	limit int // more phrases take too long to wait for
	build func(phrases []string) func(text string) int
}

var ways = []way{
	{"filter", 10000, buildFilter},
	{"regexp-per-rule", 1000, buildRegexps},
	{"alternation", 1000, buildAlternation},
	{"petar-dambovaliev", 10000, buildPetar},
	{"cloudflare", 10000, buildCloudflare},
	{"BobuSumisu", 10000, buildBobu},
}

// buildFilter is the whole pipeline: all views and their guards.
func buildFilter(phrases []string) func(string) int {
	rules := make([]moderation.TextRule, len(phrases))
	for i, p := range phrases {
		rules[i] = moderation.TextRule{Name: p, Phrases: []string{p}}
	}
	f, err := moderation.Compile(rules)
	if err != nil {
		panic(err)
	}
	return func(text string) int { return len(f.Match(text)) }
}

// buildRegexps compiles a regular expression for each rule and message.
func buildRegexps(phrases []string) func(string) int {
	return func(text string) int {
		n := 0
		for _, p := range phrases {
			if regexp.MustCompile(`(?i)` + regexp.QuoteMeta(p)).MatchString(text) {
				n++
			}
		}
		return n
	}
}

// buildAlternation makes one large expression of all.
func buildAlternation(phrases []string) func(string) int {
	quoted := make([]string, len(phrases))
	for i, p := range phrases {
		quoted[i] = regexp.QuoteMeta(p)
	}
	re := regexp.MustCompile(`(?i)\b(?:` + strings.Join(quoted, "|") + `)\b`)
	return func(text string) int { return len(re.FindAllString(text, -1)) }
}

// The libraries do bare matching, of bytes, without folding or views. The last of
// them reports each phrase that ends at a place; all are asked for all matches.

func buildPetar(phrases []string) func(string) int {
	b := petar.NewAhoCorasickBuilder(petar.Opts{MatchKind: petar.LeftMostLongestMatch, DFA: true})
	ac := b.Build(phrases)
	return func(text string) int { return len(ac.FindAll(text)) }
}

func buildCloudflare(phrases []string) func(string) int {
	m := cloudflare.NewStringMatcher(phrases)
	return func(text string) int { return len(m.MatchThreadSafe([]byte(text))) }
}

func buildBobu(phrases []string) func(string) int {
	t := bobu.NewTrieBuilder().AddStrings(phrases).Build()
	return func(text string) int { return len(t.MatchString(text)) }
}

// What is found is not what is measured, but a matcher that finds nothing where a
// phrase stands would be measured in vain.
func TestWaysFind(t *testing.T) {
	phrases := benchdata.Phrases(100)
	for _, w := range ways {
		if find := w.build(phrases); find("oh "+phrases[42]+" oh") == 0 {
			t.Errorf("%s does not find %q", w.name, phrases[42])
		}
	}
}

func BenchmarkMatch(b *testing.B) {
	for _, n := range []int{10, 1000, 10000} {
		phrases := benchdata.Phrases(n)
		for _, w := range ways {
			if n > w.limit {
				continue
			}
			find := w.build(phrases)
			for _, line := range benchdata.Lines {
				if w.limit < 10000 && n > 10 && len(line.Text) > 1000 {
					continue // minutes
				}
				b.Run(fmt.Sprintf("phrases=%d/line=%s/%s", n, line.Name, w.name), func(b *testing.B) {
					b.SetBytes(int64(len(line.Text)))
					b.ReportAllocs()
					for b.Loop() {
						find(line.Text)
					}
				})
			}
		}
	}
}
