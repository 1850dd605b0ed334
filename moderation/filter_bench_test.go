package moderation

import (
	"fmt"
	"testing"

	"github.com/xmppkit/xmppkit/moderation/internal/benchdata"
)

func benchFilter(b *testing.B, n int) *Filter {
	b.Helper()
	rules := make([]TextRule, n)
	for i, p := range benchdata.Phrases(n) {
		rules[i] = TextRule{Name: p, Phrases: []string{p}}
	}
	f, err := Compile(rules)
	if err != nil {
		b.Fatal(err)
	}
	return f
}

func BenchmarkFilterMatch(b *testing.B) {
	for _, n := range []int{10, 1000, 10000} {
		f := benchFilter(b, n)
		for _, line := range benchdata.Lines {
			b.Run(fmt.Sprintf("phrases=%d/line=%s", n, line.Name), func(b *testing.B) {
				b.SetBytes(int64(len(line.Text)))
				b.ReportAllocs()
				if m := f.Match(line.Text); len(m) > 0 {
					b.Fatalf("the line matches: %+v", m)
				}
				for b.Loop() {
					f.Match(line.Text)
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
