package moderation_test

import (
	"fmt"

	"github.com/xmppkit/xmppkit/moderation"
)

func ExampleCompile() {
	filter, err := moderation.Compile([]moderation.TextRule{
		{Name: "coins", Phrases: []string{"free bitcoin"}},
		{Name: "words", Phrases: []string{"ass"}, Substring: true, Except: []string{"class"}},
		{Name: "links", Regexps: []string{`(?i)t\.me/\+\w+`}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, text := range []string{
		"Get fr33 b1tc01n here",
		"get f r e e  b i t c o i n",
		"bitсоin is frее", // the words of the phrase, but not the phrase
		"a world-class join: t.me/+AbCd",
	} {
		for _, m := range filter.Match(text) {
			fmt.Printf("%s (%v): %s\n", m.Rule, m.View, text[m.Start:m.End])
		}
	}
	// Output:
	// coins (leet): fr33 b1tc01n
	// coins (joined): f r e e  b i t c o i n
	// links (literal): t.me/+AbCd
}
