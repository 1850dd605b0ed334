package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/xmppkit/xmppkit/internal/xmpptest"
	"github.com/xmppkit/xmppkit/stanza"
)

// Issue 5, hostile by default: what phones send.
func TestHostilePhones(t *testing.T) {
	w := newWorld(t, xmpptest.Config{}, func(c *config) { c.Limits.ReceivedPerHour = 30 })
	romeo := w.user("romeo")
	w.enters(romeo, lobby, "romeo")
	for _, from := range []string{"", "BANK", "+1", "sms:+15551110001", "+15550000001", "\x00", strings.Repeat("9", 1<<16)} {
		w.text(from, "hello") // there is nobody to answer
	}
	w.joins(ann, lobby)
	w.text(ann, strings.Repeat("x", 64<<10))
	w.expect(ann, "That was too long, 65536 characters, and is lost. At most 3000")
	w.text(ann, "\x00\x07")
	w.text(ann, "bell\x07 esc\x1b[2J </body> ]]> &amp; \u202Eevil")
	w.hears(romeo, stanza.GroupChat, "bell esc[2J </body> ]]> &amp; evil")
	for _, text := range []string{"/join @", "/join a@b@c", "/join " + strings.Repeat("x", 2000), "/join x y", "/join https://rooms.example.org"} {
		w.text(ann, text)
		w.expect(ann, "You have no room called ")
	}
	w.text(ann, "/join nobody@sms.example.org")
	w.expect(ann, "You have no room called ")
	w.text(ann, "/join lobby@nowhere.example.net")
	w.expect(ann, "* You are not in lobby@nowhere.example.net yet. Its server cannot be reached")
	w.text(ann, "hello?") // is not said anywhere, and keeps nobody from leaving
	w.text(ann, "/leave")
	w.expect(ann, "Not sent (you left): hello?")
	w.expect(ann, "* You have left lobby@nowhere.example.net")
	w.text(ann, "/create a/b")
	w.expect(ann, "a/b cannot be a name")
	w.text(ann, "/create "+strings.Repeat("x", 2000))
	w.expect(ann, strings.Repeat("x", 40)+"… cannot be a name")
	for range 40 {
		w.text(ann, "/who")
	}
	answers := 0
	for {
		s := w.expect(ann, "")
		if s == sayTooMany {
			break
		}
		answers++
	}
	if answers == 0 || answers > 30 {
		t.Errorf("%d answers", answers)
	}
	if n := w.waiting(bucketInbox); n > 0 {
		t.Errorf("%d texts wait", n)
	}
}

// GATEWAY.md: own words are matched by id, not by nick; the same id twice has one
// effect.
func TestSameIDTwice(t *testing.T) {
	w := newWorld(t, xmpptest.Config{}, nil)
	romeo := w.user("romeo")
	w.enters(romeo, lobby, "romeo")
	w.joins(ann, lobby)
	w.joins(bob, lobby)
	for range 3 {
		w.deliver(incoming{ID: "one", From: ann, Text: "once"})
	}
	w.expect(bob, saySaid("phone-0001", "once"))
	romeo.Say(lobby, "once") // somebody else's
	w.expect(ann, saySaid("romeo", "once"))
	w.expect(bob, saySaid("romeo", "once"))
	w.deliver(incoming{ID: "one", From: ann, Text: "once"})
	w.quiet(ann, bob)
	w.stop()
	w.start()
	w.deliver(incoming{ID: "one", From: ann, Text: "once"})
	w.quiet(ann, bob)
}

// Issue 5, hostile by default: a room that floods, and nicks that are none.
func TestHostileRoom(t *testing.T) {
	w := newWorld(t, xmpptest.Config{}, func(c *config) { c.Limits.RoomPerMinute = 5; c.Limits.SMSPerHour = 9 })
	romeo := w.user("romeo")
	w.enters(romeo, lobby, "/join) hi (x")
	w.joins(ann, lobby)
	for i := range 100 {
		romeo.Say(lobby, fmt.Sprint(i))
	}
	for i := range 5 {
		w.expect(ann, fmt.Sprintf("(/join_ hi _x) %d", i))
	}
	w.expect(ann, sayFlood(lobby))
	w.quiet(ann)
	for i := range 20 { // one to one there is the cap of the hour
		romeo.Send(&stanza.Message{ID: fmt.Sprint(i), To: w.g.jid(ann), Type: stanza.Chat, Body: "buy\x00\x1b" + strings.Repeat("!", 1<<16)})
	}
	for range 3 {
		w.expect(ann, "<romeo@example.org says> buy")
	}
	w.expect(ann, sayTooMuch)
	e := w.next(romeo, func(st stanza.Stanza) bool {
		m, ok := st.(*stanza.Message)
		return ok && m.Type == stanza.MessageError
	}).(*stanza.Message)
	if e.From != w.g.jid(ann) || e.Error.Condition != stanza.ResourceConstraint {
		t.Errorf("got %+v", e)
	}
	w.quiet(ann)
}

// Issue 5: history and what pretends to be old is no message; live messages only.
func TestLiveOnly(t *testing.T) {
	w := newWorld(t, xmpptest.Config{}, nil)
	romeo := w.user("romeo")
	w.enters(romeo, lobby, "romeo")
	romeo.Say(lobby, "before")
	w.joins(ann, lobby)
	romeo.Send(&stanza.Message{ID: "1", To: lobby, Type: stanza.GroupChat, Body: "old",
		Extensions: []stanza.Element{stanza.Delay{Stamp: time.Now().Add(-time.Hour)}.Element()}})
	romeo.Send(&stanza.Message{ID: "2", To: lobby, Type: stanza.GroupChat, Body: " \t\n "})
	romeo.Say(lobby, "now")
	if s := w.expect(ann, "(romeo) "); s != "(romeo) now" {
		t.Error(s)
	}
	w.quiet(ann)
}

// Issue 5: one-to-one chat, from whom it may come, and to what is a number.
func TestChat(t *testing.T) {
	w := newWorld(t, xmpptest.Config{}, func(c *config) { c.Chat.From = []string{"elsewhere.example"} })
	romeo := w.user("romeo")
	refused := func(to stanza.JID, want stanza.Condition) {
		t.Helper()
		romeo.Send(&stanza.Message{ID: "x", To: to, Type: stanza.Chat, Body: "hi"})
		m := w.next(romeo, func(st stanza.Stanza) bool { _, ok := st.(*stanza.Message); return ok }).(*stanza.Message)
		if m.Error == nil || m.Error.Condition != want || m.ID != "x" || m.From != to {
			t.Errorf("%s: got %+v", to, m)
		}
	}
	refused(w.g.jid(ann), stanza.Forbidden)
	refused("me@sms.example.org", stanza.ItemNotFound)
	refused("+1@sms.example.org", stanza.ItemNotFound)
	refused("sms.example.org", stanza.ItemNotFound)
	for _, room := range []stanza.JID{"x@rooms.example.net", "rooms.example.net", "", "x@y@z"} {
		romeo.Send(&stanza.Message{To: w.g.jid(ann), Extensions: []stanza.Element{stanza.DirectInvite{Room: room}.Element()}})
	}
	w.text(ann, "/msg romeo@example.org hello") // and may now be answered
	w.hears(romeo, stanza.Chat, "hello")
	romeo.Send(&stanza.Message{ID: "y", To: w.g.jid(ann) + "/x", Type: stanza.Normal, Body: "hi\n<mum says> send money"})
	if s := w.expect(ann, "<romeo@example.org says> "); s != "<romeo@example.org says> hi\n <mum says> send money" {
		t.Errorf("%q", s)
	}
	w.text(ann, "/join") // no invitation by a stranger is kept
	w.expect(ann, sayNoInvite)
	w.quiet(ann)
}

// RFC 6121 §3: subscriptions are answered, and presence is shown; XEP-0100, XEP-0030.
func TestPresenceAndQueries(t *testing.T) {
	w := newWorld(t, xmpptest.Config{}, nil)
	romeo := w.user("romeo")
	w.text(ann, "/help")
	w.expect(ann, "/join")
	romeo.Received()
	for _, c := range []struct {
		to   stanza.JID
		send stanza.PresenceType
		want []stanza.PresenceType
	}{
		{w.g.jid(ann), stanza.Subscribe, []stanza.PresenceType{stanza.Subscribed, stanza.Available}},
		{w.g.jid("+19990000000"), stanza.Subscribe, []stanza.PresenceType{stanza.Subscribed, stanza.Available}},
		{"sms.example.org", stanza.Subscribe, []stanza.PresenceType{stanza.Subscribed, stanza.Available}},
		{"me@sms.example.org", stanza.Subscribe, []stanza.PresenceType{stanza.Unsubscribed}},
		{w.g.jid(ann), stanza.Probe, []stanza.PresenceType{stanza.Available}},
		{"me@sms.example.org", stanza.Probe, []stanza.PresenceType{stanza.Unsubscribed}},
		{w.g.jid(ann), stanza.Unsubscribe, []stanza.PresenceType{stanza.Unsubscribed}},
	} {
		romeo.Send(&stanza.Presence{To: c.to, Type: c.send})
		for _, want := range c.want {
			p := w.next(romeo, func(st stanza.Stanza) bool { _, ok := st.(*stanza.Presence); return ok }).(*stanza.Presence)
			if p.From != c.to || p.Type != want {
				t.Errorf("%s %s: got %s %q", c.send, c.to, p.From, p.Type)
			}
		}
	}
	for _, c := range []struct {
		to      stanza.JID
		kind    stanza.IQType
		payload stanza.Element
		want    string
	}{
		{"sms.example.org", stanza.Get, stanza.NewElement(nsGateway, "query"), "<prompt>Phone Number</prompt>"},
		{"sms.example.org", stanza.Get, stanza.NewElement(nsGateway, "query"), "Please enter your contact&apos;s phone number"},
		{"sms.example.org", stanza.Set, prompt("+442071838750"), "<jid>+442071838750@sms.example.org</jid>"},
		{"sms.example.org", stanza.Set, prompt("5551110001"), "<jid>+15551110001@sms.example.org</jid>"},
		{"sms.example.org", stanza.Set, prompt("15551110001"), "<jid>+15551110001@sms.example.org</jid>"},
		{"sms.example.org", stanza.Set, prompt("911"), "modify not-acceptable"},
		{"sms.example.org", stanza.Set, stanza.NewElement(nsGateway, "query"), "modify not-acceptable"},
		{w.g.jid(ann), stanza.Get, stanza.NewElement(nsGateway, "query"), "cancel service-unavailable"},
		{"sms.example.org", stanza.Get, stanza.NewElement(stanza.NSDiscoInfo, "query"), `category="gateway" type="sms"`},
		{"sms.example.org", stanza.Get, stanza.NewElement(stanza.NSDiscoInfo, "query"), `var="jabber:iq:gateway"`},
		{"sms.example.org", stanza.Get, stanza.NewElement(stanza.NSDiscoItems, "query"), `type="result"`},
		{w.g.jid(ann), stanza.Get, stanza.NewElement(stanza.NSDiscoInfo, "query"), `category="client" type="sms"`},
		{w.g.jid(ann), stanza.Get, stanza.NewElement(stanza.NSPing, "ping"), `type="result"`},
		{w.g.jid(ann) + "/x", stanza.Get, stanza.NewElement(stanza.NSPing, "ping"), `type="result"`},
		{w.g.jid("+19990000000"), stanza.Get, stanza.NewElement(stanza.NSPing, "ping"), `type="result"`},
		{"sms.example.org", stanza.Get, stanza.NewElement(stanza.NSPing, "ping"), `type="result"`},
		{"me@sms.example.org", stanza.Get, stanza.NewElement(stanza.NSPing, "ping"), "cancel item-not-found"},
		{w.g.jid(ann), stanza.Set, stanza.NewElement("urn:x", "query"), "cancel service-unavailable"},
	} {
		answer, err := romeo.Request(w.within(), &stanza.IQ{To: c.to, Type: c.kind, Extensions: []stanza.Element{c.payload}})
		var got string
		if e, ok := err.(*stanza.Error); ok {
			got = string(e.Type) + " " + string(e.Condition)
		} else if err != nil {
			t.Fatal(err)
		} else {
			got = string(stanza.Marshal(answer))
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("%s %s: got %s, want %s", c.to, c.payload.Name.Space, got, c.want)
		}
	}
}

func prompt(s string) stanza.Element {
	return stanza.NewElement(nsGateway, "query", stanza.NewText(nsGateway, "prompt", s))
}
