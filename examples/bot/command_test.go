package main

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/xmppkit/xmppkit/internal/xmpptest"
	"github.com/xmppkit/xmppkit/muc"
	"github.com/xmppkit/xmppkit/stanza"
)

const commandConfig = `
[bot]
masters = ["boss@example.org"]
audit = "audit.jsonl"
state = "state"
[[room]]
jid = "lobby@rooms.example.org"
nick = "warden"
[[room]]
jid = "other@rooms.example.org"
nick = "warden"
[[rule]]
name = "spam"
phrase = ["free bitcoin"]
action = "ban"
reason = "spam"
`

const other = stanza.JID("other@rooms.example.org")

// court is a bot in two rooms of an in-process server, with a master and a stranger.
type court struct {
	*testing.T
	ctx            context.Context
	srv            *xmpptest.Server
	bot            *running
	boss, stranger *xmpptest.Client
}

func hold(t *testing.T) *court {
	t.Helper()
	c := &court{T: t, ctx: withLimit(t, 30*time.Second), srv: xmpptest.New(t, xmpptest.Config{})}
	for _, room := range []stanza.JID{lobby, other} {
		c.srv.CreateRoom(room, xmpptest.RoomConfig{})
		c.srv.Affiliate(room, "warden@example.org", stanza.Admin)
	}
	c.boss, c.stranger = c.enter("boss@example.org/desk", "boss"), c.enter("stranger@example.org/x", "stranger")
	c.bot = runOn(t, c.srv, commandConfig)
	c.bot.events.wait(c.ctx, t, "both rooms", 0, func(list []muc.Event) bool { return len(only[muc.Joined](list)) == 2 })
	return c
}

// enter brings somebody into both rooms.
func (c *court) enter(jid, nick string) *xmpptest.Client {
	c.Helper()
	x, err := c.srv.Connect(stanza.JID(jid))
	if err != nil {
		c.Fatal(err)
	}
	for _, room := range []stanza.JID{lobby, other} {
		x.Join(room, nick)
		if err := c.srv.WaitOccupant(c.ctx, room, nick); err != nil {
			c.Fatal(err)
		}
	}
	return x
}

// tell sends words to the bot in one of three ways.
func (c *court) tell(from *xmpptest.Client, way, words string) {
	switch way {
	case "room":
		from.Say(lobby, words)
	case "whisper":
		from.Send(&stanza.Message{To: lobby + "/warden", Type: stanza.Chat, Body: words, Extensions: []stanza.Element{stanza.MUCUser{}.Element()}})
	case "direct":
		from.Send(&stanza.Message{To: "warden@example.org/bot", Type: stanza.Chat, Body: words})
	}
}

// answer is the next thing that the bot says in that way.
func (c *court) answer(to *xmpptest.Client, way string) string {
	c.Helper()
	st, err := to.Wait(c.ctx, func(st stanza.Stanza) bool {
		m, ok := st.(*stanza.Message)
		return ok && m.Body != "" && wayOf(m) == way
	})
	if err != nil {
		c.Fatalf("no answer through %s: %v", way, err)
	}
	return st.(*stanza.Message).Body
}

// next is the next thing that the bot says, and the way.
func (c *court) next(to *xmpptest.Client) (way, words string) {
	c.Helper()
	st, err := to.Wait(c.ctx, func(st stanza.Stanza) bool {
		m, ok := st.(*stanza.Message)
		return ok && m.Body != "" && wayOf(m) != ""
	})
	if err != nil {
		c.Fatalf("%s is told nothing: %v", to.JID(), err)
	}
	m := st.(*stanza.Message)
	return wayOf(m), m.Body
}

// wayOf is how the bot has said something, "" if it was not the bot.
func wayOf(m *stanza.Message) string {
	switch {
	case m.From == lobby+"/warden" && m.Type == stanza.GroupChat:
		return "room"
	case m.From == lobby+"/warden":
		return "whisper"
	case m.From.Bare() == "warden@example.org":
		return "direct"
	}
	return ""
}

// Every command, in the room, whispered and directly.
func TestCommands(t *testing.T) {
	c := hold(t)
	for _, x := range []struct{ words, want string }{
		{"!help", `!tempban JID DURATION`},
		{"!version", `^xmppkit bot \S+, go1`},
		{"!status", `^Online for \d+s, session 1\. In 2 of 2 rooms with 6 occupants`},
		{"!check hello", `^No rule says anything to that\.$`},
		{"!check get fr33 b1tc01n", `^Rule "spam": "free bitcoin" in the text, through the view leet, at 4 to 16$`},
		{"!CHECK\tfree\nbitcoin", `^Rule "spam": .* through the view folded, at 0 to 12$`},
		{"!why nobody@example.org", `^Nothing has been decided about nobody@example.org of late\.$`},
		{"!why", `^Failed: "" is no address: expected one such as`},
		{"!ban", `^Failed: "" is no address: expected one such as`},
		{"!ban nobody", `^Failed: "nobody" is no address: expected one such as`},
		{"!ban boss@example.org", `^Failed: that is a master$`},
		{"!ban Warden@Example.org/x", `^Failed: that is me$`},
		{"!tempban eve@example.org", `^Failed: .*expected a duration such as`},
		{"!tempban eve@example.org soon spam", `^Failed: "soon": expected a duration such as`},
		{"!tempban eve@example.org 0s", `^Failed: expected a duration such as "2h"$`},
		{"!tempban eve@example.org -2h", `^Failed: .*expected a duration such as`},
		{"!unban eve@example.org", `^Unbanned eve@example.org in 0 of \d rooms\.$`},
		{"!rehash", `^Read again\.$`},
	} {
		for _, way := range []string{"room", "whisper", "direct"} {
			c.tell(c.boss, way, x.words)
			if got := c.answer(c.boss, way); !regexp.MustCompile(x.want).MatchString(got) {
				t.Errorf("%q through %s is answered with %q, want %s", x.words, way, got, x.want)
			}
		}
	}
}

// Bans: through a room in that room, directly in all; by address or nick.
func TestBanCommands(t *testing.T) {
	c := hold(t)
	for _, x := range []struct {
		way, words, want string
		whom             stanza.JID
		lobby, other     stanza.Affiliation
		reason           string
	}{
		{"room", "!ban eve@example.org bad <words> & more", "^Banned eve@example.org in 1 of 1 rooms", "eve@example.org", stanza.Outcast, stanza.AffiliationNone, "bad <words> & more"},
		{"direct", "!ban eve@example.org", "^Banned eve@example.org in 2 of 2 rooms", "eve@example.org", stanza.Outcast, stanza.Outcast, ""},
		{"whisper", "!unban eve@example.org", "^Unbanned eve@example.org in 1 of 1 rooms", "eve@example.org", stanza.AffiliationNone, stanza.Outcast, ""},
		{"direct", "!unban eve@example.org", "^Unbanned eve@example.org in 1 of 2 rooms", "eve@example.org", stanza.AffiliationNone, stanza.AffiliationNone, ""},
		{"whisper", "!tempban mallory@example.org/x 2h spam", "^Banned mallory@example.org for 2h0m0s in 1 of 1 rooms", "mallory@example.org", stanza.Outcast, stanza.AffiliationNone, "spam"},
		{"room", "!unban member@example.org", "^Unbanned member@example.org in 0 of 1 rooms", "member@example.org", stanza.Member, stanza.AffiliationNone, ""},
		{"room", "!ban stranger", "^Banned stranger@example.org in 1 of 1 rooms", "stranger@example.org", stanza.Outcast, stanza.AffiliationNone, ""},
		{"room", "!ban spam.example", "^Banned spam.example in 1 of 1 rooms", "spam.example", stanza.Outcast, stanza.AffiliationNone, ""},
	} {
		if x.whom == "member@example.org" {
			c.srv.Affiliate(lobby, x.whom, stanza.Member)
		}
		c.tell(c.boss, x.way, x.words)
		if got := c.answer(c.boss, x.way); !regexp.MustCompile(x.want).MatchString(got) {
			t.Errorf("%q is answered with %q, want %s", x.words, got, x.want)
		}
		for room, want := range map[stanza.JID]stanza.Affiliation{lobby: x.lobby, other: x.other} {
			got, reason := c.srv.Affiliation(room, x.whom)
			if got != want || room == lobby && want == stanza.Outcast && reason != x.reason {
				t.Errorf("after %q in %s: %s, %q", x.words, room, got, reason)
			}
		}
	}
	c.tell(c.boss, "whisper", "!why mallory@example.org")
	if got := c.answer(c.boss, "whisper"); !strings.Contains(got, "lobby@rooms.example.org: mallory@example.org: tempban (ordered)") {
		t.Errorf("why: %q", got)
	}
	audit, err := os.ReadFile(filepath.Join(filepath.Dir(c.bot.cfg.Load().file), "audit.jsonl"))
	if err != nil || strings.Count(string(audit), "\n") != 8 {
		t.Errorf("the audit, %v:\n%s", err, audit)
	}
}

// A nick that looks like somebody's address does not draw a ban on itself.
func TestNickThatIsAnAddress(t *testing.T) {
	c := hold(t)
	c.enter("poser@example.org/x", "friend@example.org")
	c.tell(c.boss, "room", "!ban friend@example.org")
	if got := c.answer(c.boss, "room"); !strings.HasPrefix(got, "Banned friend@example.org in") {
		t.Errorf("answered %q", got)
	}
	if a, _ := c.srv.Affiliation(lobby, "poser@example.org"); a == stanza.Outcast {
		t.Error("the wrong one is banned")
	}
}

// What a rule has decided can be asked for.
func TestWhy(t *testing.T) {
	c := hold(t)
	eve := c.enter("eve@example.org/x", "eve")
	eve.Say(lobby, "FREE bitcoin")
	if err := c.srv.WaitAffiliation(c.ctx, lobby, "eve@example.org", stanza.Outcast); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct{ way, asked string }{
		{"direct", "!why eve@example.org"}, {"direct", "!why eve@example.org/any"}, {"whisper", "!why eve@example.org"},
	} {
		asked := x.asked
		c.tell(c.boss, x.way, asked)
		got := c.answer(c.boss, x.way)
		if !strings.Contains(got, `lobby@rooms.example.org: eve (eve@example.org): rule "spam" found "free bitcoin" in the text (view: folded), so [ban]`) {
			t.Errorf("%s: %q", asked, got)
		}
	}
}

// A stranger gets no answer, whatever they pretend to be.
func TestStrangers(t *testing.T) {
	c := hold(t)
	poser := c.enter("b0ss@example.org/desk", "boss (real)")
	commands := []string{"!help", "!version", "!status", "!ban boss@example.org", "!unban x@y", "!rehash", "!why x@y", "!check hello", "!nonsense", "!"}
	for _, words := range commands {
		for _, way := range []string{"room", "whisper", "direct"} {
			c.tell(c.stranger, way, words)
			c.tell(poser, way, words)
		}
	}
	// The master's own words, but not said now, or no command: what is answered is
	// the next one.
	const nothing = "No rule says anything to that."
	old := stanza.Delay{Stamp: time.Now().Add(-time.Hour)}.Element()
	for _, m := range []*stanza.Message{
		{To: "warden@example.org/bot", Type: stanza.Chat, Body: "!version", Extensions: []stanza.Element{old}},
		{To: "warden@example.org/bot", Type: stanza.Headline, Body: "!version"},
		{To: "warden@example.org/bot", Type: stanza.MessageError, Body: "!version"},
		{To: "warden@example.org/bot", Type: stanza.Chat, Body: "! version"},
		{To: "warden@example.org/bot", Type: stanza.Chat, Body: "so !version"},
		{To: lobby, Type: stanza.GroupChat, Body: "!version", Extensions: []stanza.Element{old}},
		{To: lobby + "/warden", Type: stanza.Chat, Body: "!nonsense"},
	} {
		c.boss.Send(m)
		c.tell(c.boss, "direct", "!check")
		if way, words := c.next(c.boss); way != "direct" || words != nothing {
			t.Errorf("%s is answered %s with %q", stanza.Marshal(m), way, words)
		}
	}
	// With the master gone, the nick is free for all.
	c.boss.Send(&stanza.Presence{To: lobby + "/boss", Type: stanza.Unavailable})
	thief := c.stranger
	thief.Send(&stanza.Presence{To: lobby + "/boss"})
	if err := c.srv.WaitOccupant(c.ctx, lobby, "boss"); err != nil {
		t.Fatal(err)
	}
	c.tell(thief, "room", "!version")
	c.tell(thief, "whisper", "!version")

	c.boss.Join(lobby, "boss (back)")
	c.tell(c.boss, "room", "!check the end")
	for _, x := range []*xmpptest.Client{c.stranger, poser} {
		if way, words := c.next(x); way != "room" || words != nothing {
			t.Errorf("%s is told %s %q", x.JID(), way, words)
		}
	}
}
