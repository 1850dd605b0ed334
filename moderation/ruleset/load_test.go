package ruleset_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/xmppkit/xmppkit/moderation"
	"github.com/xmppkit/xmppkit/moderation/ruleset"
	"github.com/xmppkit/xmppkit/stanza"
)

func TestErrorsSayWhereAndWhatWasExpected(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"syntax", "\n[[rule]\n", "f.toml:2: "},
		{"wrong key", "[[rule]]\nname = \"x\"\nphrases = [\"y\"]\n", "f.toml:3: unknown key rule.phrases; expected one of action, "},
		{"wrong table", "[[rules]]\nname = \"x\"\n", "f.toml:1: unknown key rules; expected one of [moderation], "},
		{"wrong key inside", "[[rule]]\nflood = { many = 3 }\n", "f.toml:2: unknown key rule.flood.many; expected one of messages, within"},
		{"string for a list of numbers", "[[rule]]\nphrase = 3\n", "f.toml:2: rule.phrase: expected a string or a list of strings"},
		{"number in a list", "[[rule]]\nphrase = [\"a\", 3]\n", "f.toml:2: rule.phrase: expected a string or a list of strings"},
		{"bad flag", "[[rule]]\ndry_run = \"yes\"\n", "f.toml:2: rule.dry_run: expected true or false"},
		{"bad duration", "[[rule]]\nflood = { within = \"soon\" }\n", `f.toml:2: rule.flood.within: "soon": expected a duration such as`},
		{"number for a duration", "[[rule]]\ndelay = 5\n", "f.toml:2: rule.delay: expected a duration"},
		{"bad action", "[[rule]]\naction = [\"ban\",\n\"bann\"]\n", `f.toml:3: rule.action: "bann": expected one or several of log, warn,`},
		{"lift is none", "[[rule]]\naction = \"lift\"\n", `f.toml:2: rule.action: "lift": expected one or several`},
		{"bad room", "[[room]]\njid = \"@x\"\n", "f.toml:2: room.jid: \"@x\": expected a bare JID"},
		{"room with resource", "[[room]]\njid = \"a@b/c\"\n", "f.toml:2: room.jid: \"a@b/c\": expected a bare JID"},
		{"room without address", "[[room]]\ndry_run = true\n", "f.toml:1: room: expected the bare JID of a room"},
		{"bad archive", "[[room]]\njid = \"a@b\"\narchive = \"yes\"\n", `f.toml:3: room.archive: "yes": expected off, log or act`},
		{"bad expression", "[[rule]]\nname = \"n\"\nregexp = [\n\"ok\",\n\"(\",\n]\n", `f.toml:5: "n": "(": error parsing regexp`},
		{"bad nick expression", "[[rule]]\nname = \"n\"\nnick_regexp = \"(\"\n", `f.toml:3: "n": "(": error parsing regexp`},
		{"bad address", "[[rule]]\nname = \"n\"\njid = [\"a@b/c\"]\n", `f.toml:3: "n": "a@b/c": `},
		{"bad allowed address", "\n[[allow]]\njid = [\"a@b\",\n\"a@\"]\n", `f.toml:4: allow: "a@": `},
		{"bad affiliation", "[[allow]]\naffiliation = \"friend\"\n", `f.toml:2: allow: "friend": expected an affiliation`},
		{"bad template", "[[rule]]\nname = \"n\"\nreason = \"{{.Nick\"\n", `f.toml:3: "n": "{{.Nick": `},
		{"template with a loop", "[[rule]]\nname = \"n\"\nwords = [\"{{range 9}}x{{end}}\"]\n", `f.toml:3: "n": "{{range 9}}x{{end}}": a template cannot hold range`},
		{"too much", "[[rule]]\nname = \"n\"\nflood = { messages = 1000 }\n", `f.toml:1: "n": "flood": expected a number from 1 to 64`},
		{"no service", "[[rtbl]]\nname = \"l\"\n", `f.toml:1: "l": expected the bare JID of a pubsub service`},
		{"twice", "[moderation]\ndry_run = true\ndry_run = true\n", "f.toml:3: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			rules, err := ruleset.Parse("f.toml", []byte(c.in), nil)
			if err == nil {
				t.Fatal("no error")
			}
			if got := err.Error(); !strings.HasPrefix(got, c.want) || strings.Contains(got, "\n") {
				t.Errorf("error %q, want %q", got, c.want)
			}
			if rules.Rules != nil || rules.Rooms != nil {
				t.Errorf("an error and rules: %+v", rules)
			}
		})
	}
}

// everything is a file with every key.
const everything = `
[account]
jid = "warden@example.org/bot"

[moderation]
dry_run = true
reason = "{{.Rule}}"

[[room]]
jid = "Lobby@Rooms.example.org"
nick = "warden"
password = ""
dry_run = true
reason = ""
archive = "act"

[[rule]]
name = "all"
phrase = ["free bitcoin"]
regexp = 'fo+'
except = "class"
substring = true
whispers = true
nick = ["spam*", "admin"]
nick_regexp = "^x"
jid = "a@b.example"
jid_regexp = ["^bot"]
domain = ["*.spam.example"]
domain_regexp = "\\.zip$"
software = { name = "Spammer", version = ["1.*"], os = "*", unanswered = true }
shouting = { percent = 70, letters = 10 }
flood = { messages = 5, within = "5s" }
repeats = { times = 2, within = "2m" }
joins = { count = 10, within = "1m30s" }
links.within = "1h"
rooms = ["lobby@rooms.example.org"]
action = ["tempban", "retract"]
reason = ""
words = ["bye", "{{.Nick}}, so long"]
delay = "3s"
duration = "2d"
retract = 5
dry_run = true

[rule.mentions]
count = 4

[[rule]]
name = "second"
flood = {}

[[allow]]
jid = ["friend@example.org"]
domain = "friends.example"
affiliation = "member"
rooms = []

[[rtbl]]
name = "list"
service = "xmppbl.org"
node = "muc_bans_sha256"
rooms = "*@rooms.example.org"
action = "kick"
reason = "listed"
words = []
delay = "1s"
duration = "1h"
dry_run = true
`

func TestEveryKey(t *testing.T) {
	foreign := func(key []string) bool {
		k := strings.Join(key, ".")
		return key[0] == "account" || k == "room.nick" || k == "room.password"
	}
	got, err := ruleset.Parse("f.toml", []byte(everything), foreign)
	if err != nil {
		t.Fatal(err)
	}
	at := func(line int) moderation.Position { return moderation.Position{File: "f.toml", Line: line} }
	want := moderation.Rules{
		DryRun: true, Reason: "{{.Rule}}",
		Rooms: []moderation.RoomPolicy{{JID: "lobby@rooms.example.org", DryRun: true, NoReason: true, Archive: moderation.ArchiveAct, Pos: at(9)}},
		Rules: []moderation.Rule{{
			Name: "all", Pos: at(17), Phrases: []string{"free bitcoin"}, Regexps: []string{"fo+"}, Except: []string{"class"},
			Substring: true, Whispers: true,
			Nick:     moderation.Names{Globs: []string{"spam*", "admin"}, Regexps: []string{"^x"}},
			JID:      moderation.Names{Globs: []string{"a@b.example"}, Regexps: []string{"^bot"}},
			Domain:   moderation.Names{Globs: []string{"*.spam.example"}, Regexps: []string{`\.zip$`}},
			Software: &moderation.Software{Name: []string{"Spammer"}, Version: []string{"1.*"}, OS: []string{"*"}, Unanswered: true},
			Shouting: &moderation.Shouting{Percent: 70, Letters: 10},
			Flood:    &moderation.Flood{Messages: 5, Within: 5 * time.Second},
			Repeats:  &moderation.Repeats{Times: 2, Within: 2 * time.Minute},
			Joins:    &moderation.Joins{Count: 10, Within: 90 * time.Second},
			Mentions: &moderation.Mentions{Count: 4},
			Links:    &moderation.Links{Within: time.Hour},
			Rooms:    []string{"lobby@rooms.example.org"},
			Consequence: moderation.Consequence{Actions: []moderation.Action{moderation.TempBan, moderation.Retract}, NoReason: true,
				Words: []string{"bye", "{{.Nick}}, so long"}, Delay: 3 * time.Second, Duration: 48 * time.Hour, Retract: 5, DryRun: true},
		}, {Name: "second", Pos: at(48), Flood: &moderation.Flood{}}},
		Allow: []moderation.Allow{{JID: []string{"friend@example.org"}, Domain: []string{"friends.example"},
			Affiliations: []stanza.Affiliation{stanza.Member}, Rooms: []string{}, Pos: at(52)}},
		Lists: []moderation.BlockList{{Name: "list", Service: "xmppbl.org", Node: "muc_bans_sha256", Rooms: []string{"*@rooms.example.org"}, Pos: at(58),
			Consequence: moderation.Consequence{Actions: []moderation.Action{moderation.Kick}, Reason: "listed", Words: []string{},
				Delay: time.Second, Duration: time.Hour, DryRun: true}}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v, want\n%+v", got, want)
	}
	if _, err := ruleset.Parse("f.toml", []byte(everything), nil); err == nil || !strings.HasPrefix(err.Error(), "f.toml:2: unknown key account") {
		t.Errorf("what is foreign to nobody gives %v", err)
	}
}

// The counterpart: whoever reads the other keys knows which are ours.
func TestKnown(t *testing.T) {
	for key, want := range map[string]bool{"rule": true, "moderation.dry_run": true, "room.archive": true, "room.nick": false,
		"account": false, "rule.flood.within": true, "rule.flood.x": false, "": false} {
		if got := ruleset.Known(strings.Split(key, ".")); got != want {
			t.Errorf("Known(%s) = %v", key, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(everything))
	f.Add([]byte("rule = [{name='x'}, {phrase=['y']}]\n[rule.x]\n"))
	f.Add([]byte("[[rule]]\n[[rule.flood]]\n[moderation.reason]\n"))
	f.Add([]byte("[[rule]]\nreason = \"{{range .}}{{end}}\"\nregexp = '(a{1000}){1000}'\n"))
	f.Add([]byte("a.b.c = {d = [{e = 1}]}\n'' = 1\n[x.'y\\n']\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		rules, err := ruleset.Parse("f.toml", data, func(key []string) bool { return len(key) > 0 && key[0] == "account" })
		var e *ruleset.Error
		switch {
		case err == nil:
			if _, err := moderation.NewRuleset(rules); err != nil {
				t.Errorf("what was read cannot be used: %v", err)
			}
		case !errors.As(err, &e):
			t.Errorf("a %T", err)
		case strings.ContainsAny(err.Error(), "\n\r") || !utf8.ValidString(err.Error()):
			t.Errorf("not one line: %q", err)
		}
	})
}
