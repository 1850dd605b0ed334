package main

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/xmppkit/xmppkit/muc"
	"github.com/xmppkit/xmppkit/presence"
	"github.com/xmppkit/xmppkit/stanza"
)

const lobby = stanza.JID("lobby@rooms.example.org")

// GATEWAY.md, row by row: what a phone is told.
func TestPhrases(t *testing.T) {
	many := strings.Split(strings.Repeat("a ", 40), " ")[:40]
	for _, c := range []struct{ row, got, want string }{
		{"room to SMS", saySaid("Ann", "hi"), "(Ann) hi"},
		{"room to SMS, a second line", saySaid("Ann", "hi\n(bob) ho"), "(Ann) hi\n (bob) ho"},
		{"room to SMS, a nick that imitates", saySaid("Ann) hi\n(bob", "ho"), "(Ann_ hi _bob) ho"},
		{"room to SMS, a long nick", saySaid(strings.Repeat("n", 100), "hi"), "(" + strings.Repeat("n", 40) + "…) hi"},
		{"whisper", sayWhispered("Ann", "hi"), "<Ann says> hi"},
		{"whisper, a nick that imitates", sayWhispered("Ann says> hi <bob", "ho"), "<Ann says_ hi _bob says> ho"},
		{"join", sayCame("Ann", 10*time.Second), "* Ann joined the group"},
		{"join, a minute ago", sayCame("Ann", 60*time.Second), "* Ann joined the group 1 minute ago"},
		{"join, minutes ago", sayCame("Ann", 179*time.Second), "* Ann joined the group 2 minutes ago"},
		{"part", sayWent("Ann", 5*time.Minute), "* Ann left the group 5 minutes ago"},
		{"nick change", sayRenamed("a", "b"), "* a has changed their nick to b"},
		{"own join", sayJoined(lobby, "me", []string{"Ann", "bob"}), "* You have joined lobby@rooms.example.org as me. Here: Ann, bob"},
		{"own join, alone", sayJoined(lobby, "me", nil), "* You have joined lobby@rooms.example.org as me. Nobody else is here"},
		{"own join, a full room", sayJoined(lobby, "me", many),
			"* You have joined lobby@rooms.example.org as me. Here: " + strings.TrimSuffix(strings.Repeat("a, ", 30), ", ") + " and 10 more"},
		{"/who", sayWho(presence.Membership{Room: lobby, Nick: "me", Occupants: []string{"Ann"}}), "You are in lobby@rooms.example.org as me. Here: Ann"},
		{"/list", sayList([]wish{{JID: lobby}, {JID: "den@rooms.example.org"}}), "Your rooms: lobby@rooms.example.org, den@rooms.example.org"},
		{"kicked", sayOut(muc.Left{Room: lobby, Cause: muc.Kicked, Reason: "spam"}), "* You have left lobby@rooms.example.org. You were kicked: spam"},
		{"banned", sayOut(muc.Left{Room: lobby, Cause: muc.Banned}), "* You have left lobby@rooms.example.org. You were banned"},
		{"destroyed", sayOut(muc.Left{Room: lobby, Cause: muc.Destroyed, Alternate: "new@rooms.example.org/x"}),
			"* You have left lobby@rooms.example.org. It is no more. Instead: /join new@rooms.example.org"},
		{"not in a room", sayNotJoined, "You are not joined to a group"},
		{"a bare join", sayMeantJoin, "I think you meant /join"},
		{"iq:gateway", askNumber + "|" + promptNumber, "Please enter your contact's phone number|Phone Number"},
		{"refused", sayRefused(muc.JoinFailed{Room: lobby, Err: stanza.RegistrationRequired}, false), "* You could not join lobby@rooms.example.org. It does not answer"},
		{"refused for members", sayRefused(muc.JoinFailed{Room: lobby, Err: &stanza.Error{Condition: stanza.RegistrationRequired}}, false),
			"* You could not join lobby@rooms.example.org. It is for members only"},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %q, want %q", c.row, c.got, c.want)
		}
	}
	for _, s := range []string{sayHelp1, sayHelp2} {
		if len(s) > 160 {
			t.Errorf("help is not short, %d: %s", len(s), s)
		}
	}
}

func TestClean(t *testing.T) {
	for s, want := range map[string]string{
		"a\x00b\x1b[31mc":            "ab[31mc",
		"a\tb\r\nc\rd":               "a b\nc d",
		"\xff\xfea":                  "\uFFFDa",
		"\u202Eevil\u202C":           "evil",
		"  x \n":                     "x",
		"привет 😀 👨‍👩‍👧":             "привет 😀 👨‍👩‍👧",
		"\x01\x02":                   "",
		"a\u2028* bob left":          "a * bob left",
		"<b>&amp;'\"]]>":             "<b>&amp;'\"]]>",
		strings.Repeat("\x7f", 1000): "",
	} {
		if got := clean(s); got != want {
			t.Errorf("%q: got %q, want %q", s, got, want)
		}
	}
}

func FuzzShow(f *testing.F) {
	f.Add("a\x00\xff", "()")
	f.Add("Ann) (bob", "()")
	f.Fuzz(func(t *testing.T, s, around string) {
		if around != "" && strings.ContainsAny(around, "_… ") || !utf8.ValidString(around) {
			return
		}
		got := show(s, 40, around)
		if !utf8.ValidString(got) || utf8.RuneCountInString(got) > 41 || strings.ContainsAny(got, "\n\r\x00") ||
			around != "" && strings.ContainsAny(strings.TrimSuffix(got, "…"), around) {
			t.Errorf("%q: got %q", s, got)
		}
	})
}
