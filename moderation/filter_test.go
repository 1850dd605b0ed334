package moderation

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/xmppkit/xmppkit/moderation/internal/benchdata"
)

func TestMatchTellsWhere(t *testing.T) {
	f := mustCompile(t,
		TextRule{Name: "first", Phrases: []string{"nothing", "Free Bitcoin"}},
		TextRule{Name: "second", Regexps: []string{`(?i)\bwin\s+\d+`}},
	)
	text := "ой, fr\u200bee\tbitсоin — win 100"
	want := []Match{
		{Rule: "first", Index: 0, Phrase: "Free Bitcoin", View: Skeleton, Start: 6, End: 23},
		{Rule: "second", Index: 1, Phrase: `(?i)\bwin\s+\d+`, View: Literal, Start: 28, End: 35},
	}
	if got := f.Match(text); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if got := text[want[0].Start:want[0].End]; got != "fr\u200bee\tbitсоin" {
		t.Errorf("the first is %q", got)
	}
}

func TestMatchOncePerPhrase(t *testing.T) {
	f := mustCompile(t,
		TextRule{Name: "a", Phrases: []string{"spam", "ham", "spam"}},
		TextRule{Name: "b", Phrases: []string{"SPAM"}},
	)
	got := f.Match("ham, sp4m, spam, spam")
	want := []string{"a spam leet 5", "a ham literal 0", "a spam leet 5", "b SPAM leet 5"}
	var said []string
	for _, m := range got {
		said = append(said, fmt.Sprintf("%s %s %v %d", m.Rule, m.Phrase, m.View, m.Start))
	}
	if !reflect.DeepEqual(said, want) {
		t.Errorf("got %q, want %q", said, want)
	}
}

func TestMatchNothing(t *testing.T) {
	for name, f := range map[string]*Filter{
		"nil filter":   nil,
		"zero filter":  {},
		"no rules":     mustCompile(t),
		"empty rule":   mustCompile(t, TextRule{}),
		"empty lists":  mustCompile(t, TextRule{Phrases: []string{}, Regexps: []string{}, Substring: true}),
		"empty phrase": mustCompile(t, TextRule{Phrases: []string{"", " ", "\u200b", "\ufe0f\u00ad"}, Regexps: []string{"", " "}, Substring: true}),
		"empty match":  mustCompile(t, TextRule{Regexps: []string{`x*`, `^`, `\b`, `()`}}),
		"only excepts": mustCompile(t, TextRule{Except: []string{"anything"}}),
	} {
		for _, text := range []string{"", " ", "anything", "что угодно", "\u200b", "\xff\xfe", strings.Repeat("a ", 1000)} {
			if got := f.Match(text); got != nil {
				t.Errorf("%s matches %q: %+v", name, text, got)
			}
		}
	}
}

func TestSubstring(t *testing.T) {
	f := mustCompile(t, TextRule{Phrases: []string{"bitcoin", "порно", "비트", "ass"}, Substring: true})
	for text, want := range map[string]string{
		"bitcoin":          "bitcoin",
		"getbitcoinsnow":   "bitcoin",
		"my BITCOINS":      "BITCOIN",
		"bit\u200bcoinage": "bit\u200bcoin",
		"bitсоiner":        "bitсоin",
		"b i t c o i n":    "b i t c o i n",
		"порносайт":        "порно",
		"비트코인":             "비트",
		"classes":          "ass",
	} {
		got := f.Match(text)
		if len(got) != 1 || text[got[0].Start:got[0].End] != want {
			t.Errorf("%q: %+v", text, got)
		}
	}
	// Loose views stay whole words, and a syllable stays whole.
	for _, text := range []string{"xb1tc01ns", "orbit coins", "bias such", "pick a salt", "빛"} {
		if got := f.Match(text); got != nil {
			t.Errorf("%q: %+v", text, got)
		}
	}
}

func TestExcept(t *testing.T) {
	f := mustCompile(t,
		TextRule{Name: "inside", Phrases: []string{"ass"}, Substring: true, Except: []string{"class", "assist", "as such"}},
		TextRule{Name: "words", Phrases: []string{"coin"}, Except: []string{"coin collector", "two-coin"}},
		TextRule{Name: "expression", Regexps: []string{`\d{4}`}, Except: []string{"year 2024"}},
		TextRule{Name: "signs", Phrases: []string{"$$"}, Except: []string{"$$$$"}},
	)
	for text, want := range map[string]string{
		"a class assisted":            "",
		"CLASSES":                     "",
		"cl\u00adassic":               "",
		"class ass":                   "inside",
		"an ass in class":             "inside",
		"a coin collector":            "",
		"a Coin Collector":            "",
		"a coin collectors":           "words",
		"coin collector, coin":        "words",
		"a two-coin slot":             "",
		"in the year 2024":            "",
		"the year 2024 and year 1999": "expression",
		"$$":                          "signs",
		"$$$$":                        "",
	} {
		got := ""
		if found := f.Match(text); len(found) > 0 {
			got = found[0].Rule
		}
		if got != want {
			t.Errorf("%q: matched by %q, want %q", text, got, want)
		}
	}
}

func TestRegexpViews(t *testing.T) {
	f := mustCompile(t, TextRule{Name: "r", Regexps: []string{`(?i)free\s+b[i1]tcoin`}})
	for _, c := range []struct {
		text, at string
		view     View
	}{
		{"now FREE  b1tcoin", "FREE  b1tcoin", Literal},
		{"ой fr\u200bee bit\u00adcoin", "fr\u200bee bit\u00adcoin", Stripped},
		{"ой ｆｒｅｅ ｂｉｔｃｏｉｎ!", "ｆｒｅｅ ｂｉｔｃｏｉｎ", Stripped},
		{"free bit&#99;oin", "free bit&#99;oin", Stripped},
	} {
		got := f.Match(c.text)
		if len(got) != 1 || got[0].View != c.view || c.text[got[0].Start:got[0].End] != c.at {
			t.Errorf("%q: %+v", c.text, got)
		}
	}
}

func TestCompileErrors(t *testing.T) {
	long := strings.Repeat("phrase ", MaxPhrase)
	f, err := Compile([]TextRule{
		{Name: "good", Phrases: []string{"fine"}},
		{Name: "bad", Regexps: []string{`ok`, `(unclosed`}, Pos: Position{File: "rules.toml", Line: 17}},
		{Name: "long", Phrases: []string{long}, Pos: Position{File: "rules.toml", Line: 30}},
		{Name: "look-ahead", Regexps: []string{`a(?=b)`}, Pos: Position{File: "rules.toml"}},
		{Name: "except", Except: []string{long}},
	})
	if f != nil || err == nil {
		t.Fatalf("got %v, %v", f, err)
	}
	for _, want := range []string{
		`rules.toml:17: rule "bad": "(unclosed": error parsing regexp: missing closing ): ` + "`(unclosed`",
		`rules.toml:30: rule "long": `, `rules.toml: rule "look-ahead": "a(?=b)": `, `rule "except": `,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v\ndoes not say %s", err, want)
		}
	}
	var fault *RuleError
	if !errors.As(err, &fault) || fault.Rule != "bad" || fault.Pos.Line != 17 || fault.Pattern != "(unclosed" {
		t.Errorf("the first fault is %+v", fault)
	}
	if !errors.Is(err, ErrPhraseTooLong) {
		t.Error("no ErrPhraseTooLong")
	}
}

// A filter is replaced while others use it.
func TestFilterSwap(t *testing.T) {
	var current atomic.Pointer[Filter]
	current.Store(mustCompile(t, TextRule{Name: "a", Phrases: []string{"free bitcoin"}}))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range 500 {
				text := freeBitcoin[i%len(freeBitcoin)].text
				if got := current.Load().Match(text); len(got) != 1 || text[got[0].Start:got[0].End] != text {
					t.Errorf("%q: %+v", text, got)
				}
			}
		})
	}
	for range 20 {
		current.Store(mustCompile(t, TextRule{Name: "b", Phrases: []string{"other", "free bitcoin"}}))
	}
	wg.Wait()
}

func TestMatchDoesNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("not with the race detector")
	}
	var rules []TextRule
	for _, p := range benchdata.Phrases(1000) {
		rules = append(rules, TextRule{Phrases: []string{p}})
	}
	f := mustCompile(t, rules...)
	for _, text := range []string{
		"nothing to see in this line, which is of a usual length",
		"обычная строка, в которой нет ничего такого, и хватит",
		"nöthing to șee h.e.r.e, n0th1ng @ all… 𝐧𝐨𝐭𝐡𝐢𝐧𝐠",
	} {
		if got := f.Match(text); got != nil {
			t.Fatalf("%q: %+v", text, got)
		}
		if n := testing.AllocsPerRun(200, func() { f.Match(text) }); n >= 1 {
			t.Errorf("%q: %v allocations", text, n)
		}
	}
}

func TestView(t *testing.T) {
	for v := Literal; v <= Reversed; v++ {
		if b, err := v.MarshalText(); err != nil || string(b) != v.String() || strings.Contains(v.String(), "View") {
			t.Errorf("%d is %q, %q, %v", v, v, b, err)
		}
	}
	if s := View(200).String(); s != "View(200)" {
		t.Error(s)
	}
	if Skeleton.Loose() || !Leet.Loose() || !Joined.Loose() {
		t.Error("leet is the first loose view")
	}
}

func TestPosition(t *testing.T) {
	for _, c := range []struct {
		pos  Position
		want string
	}{{Position{}, ""}, {Position{"f", 0}, "f"}, {Position{"", 3}, "line 3"}, {Position{"f", 3}, "f:3"}} {
		if got := c.pos.String(); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
