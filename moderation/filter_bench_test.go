package moderation

import (
	"fmt"
	"strings"
	"testing"
)

// The phrases and lines of the benchmarks. Package benchcompare has the same and
// runs them through other matchers, in one run with these.
func benchPhrases(n int) []string {
	type language struct{ first, second, third []string }
	languages := []language{{
		strings.Fields("free cheap best buy hot instant secret easy fast new online private live big daily"),
		strings.Fields("bitcoin casino viagra loans followers escort pills crypto forex dating replica diploma jackpot poker slots"),
		strings.Fields("now today here bonus offer deal click promo winner cash signup invite channel group doctor prices shop"),
	}, {
		strings.Fields("вип быстрый лучший дешёвый новый купить срочно выгодный честный проверенный онлайн"),
		strings.Fields("заработок кредит выигрыш займ товар казино диплом досуг прогноз обмен"),
		strings.Fields("ставки канал ссылка группа акция скидка сегодня тут звони пиши бонус"),
	}}
	var out []string
	for i := 0; len(out) < n; i++ {
		l, k := languages[i%2], i/2
		p := l.first[k%len(l.first)] + " " + l.second[k/len(l.first)%len(l.second)]
		if k /= len(l.first) * len(l.second); k > 0 {
			p += " " + l.third[(k-1)%len(l.third)]
		}
		if k /= len(l.third); k > 0 {
			p += fmt.Sprint(" ", k)
		}
		out = append(out, p)
	}
	return out
}

func benchFilter(b *testing.B, n int) *Filter {
	b.Helper()
	rules := make([]TextRule, n)
	for i, p := range benchPhrases(n) {
		rules[i] = TextRule{Name: p, Phrases: []string{p}}
	}
	f, err := Compile(rules)
	if err != nil {
		b.Fatal(err)
	}
	return f
}

var benchLines = []struct{ name, text string }{
	{"ascii", fill("I looked at the new release last night and it is fast, but the best part is that the private keys stay on your own machine; has anyone of you tried to build it on a big endian box, say, an old router? ", 200)},
	{"cyrillic", fill("Вчера посмотрел новый выпуск, собирается быстро, но лучше всего то, что ключи остаются у тебя; кто-нибудь пробовал? ", 200)},
	{"obfuscated", fill("fr33 b!tс0!n5 c​l​i​c​k h е r е f.r.e.e m0n3y 𝐟𝐫𝐞𝐞 ｃａｓｈ c@$1n0 ḃöñüš v i a g r e pi11s ", 200)},
	{"64KiB", fill("fre bitcoi free bit coi f r e e b i t c o i free. bitcoin ffrreeee bbiittccooii сasin сasіn 1234 @$ ", 64<<10)},
}

// fill repeats a text to about so many bytes, and ends at a character.
func fill(s string, n int) string {
	s = strings.Repeat(s, n/len(s)+1)
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}

func BenchmarkFilterMatch(b *testing.B) {
	for _, n := range []int{10, 1000, 10000} {
		f := benchFilter(b, n)
		for _, line := range benchLines {
			b.Run(fmt.Sprintf("phrases=%d/line=%s", n, line.name), func(b *testing.B) {
				b.SetBytes(int64(len(line.text)))
				b.ReportAllocs()
				if m := f.Match(line.text); len(m) > 0 {
					b.Fatalf("the line matches: %+v", m)
				}
				for b.Loop() {
					f.Match(line.text)
				}
			})
		}
	}
}

func BenchmarkFilterCompile(b *testing.B) {
	for _, n := range []int{10, 1000, 10000} {
		b.Run(fmt.Sprintf("phrases=%d", n), func(b *testing.B) {
			for b.Loop() {
				benchFilter(b, n)
			}
		})
	}
}
