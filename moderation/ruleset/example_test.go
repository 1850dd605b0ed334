package ruleset_test

import (
	"fmt"

	"github.com/xmppkit/xmppkit/moderation"
	"github.com/xmppkit/xmppkit/moderation/ruleset"
)

func ExampleParse() {
	file := `
[[rule]]
name = "spam"
phrase = ["free bitcoin"]
action = ["ban", "retract"]

[[rule]]
name = "flood"
flood = { messages = 5, within = "10s" }
action = "tempban"
duration = "1 day"
`
	_, err := ruleset.Parse("rules.toml", []byte(file), nil)
	fmt.Println(err)

	file = file[:len(file)-len("duration = '1 day'\n")]
	rules, err := ruleset.Parse("rules.toml", []byte(file), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	set, err := moderation.NewRuleset(rules)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range set.Check("lobby@rooms.example.org", "mallory", "", "get fr33 b1tc01n now") {
		fmt.Printf("%s: %s, through the view %v\n", f.Rule, f.Phrase, f.View)
	}
	// Output:
	// rules.toml:11: rule.duration: "1 day": expected a duration such as "90s", "2h" or "7d"
	// spam: free bitcoin, through the view leet
}
