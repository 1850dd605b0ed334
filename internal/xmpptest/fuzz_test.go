package xmpptest_test

import (
	"encoding/xml"
	"strings"
	"testing"

	"github.com/xmppkit/xmppkit/internal/xmpptest"
	"github.com/xmppkit/xmppkit/stanza"
)

// FuzzServer lets the owner of a room send anything. Whatever it is, the server goes
// on, and what it sends can be read.
func FuzzServer(f *testing.F) {
	for _, seed := range []string{
		"<presence to='lobby@rooms.example.org/x'><x xmlns='http://jabber.org/protocol/muc'><history maxstanzas='1'/></x></presence>",
		"<presence to='lobby@rooms.example.org/y'/>",
		"<presence type='unavailable' to='lobby@rooms.example.org/y'/>",
		"<message to='lobby@rooms.example.org' type='groupchat'><body>x</body></message>",
		"<message to='lobby@rooms.example.org'><x xmlns='http://jabber.org/protocol/muc#user'><invite to='b@example.org'/></x></message>",
		"<message to='lobby@rooms.example.org'><x xmlns='http://jabber.org/protocol/muc#user'><decline to='b@example.org'/></x></message>",
		"<iq type='set' id='1' to='lobby@rooms.example.org'><query xmlns='http://jabber.org/protocol/muc#admin'><item nick='ann' role='none'/><item jid='b' affiliation='owner'/></query></iq>",
		"<iq type='set' id='1' to='lobby@rooms.example.org'><query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'><field var='muc#roomconfig_maxusers'><value>-1</value></field></x></query></iq>",
		"<iq type='set' id='1' to='lobby@rooms.example.org'><query xmlns='http://jabber.org/protocol/muc#owner'><destroy jid='x'/></query></iq>",
		"<iq type='set' id='1' to='lobby@rooms.example.org'><query xmlns='urn:xmpp:mam:2'><set xmlns='http://jabber.org/protocol/rsm'><max>-1</max><before/></set></query></iq>",
		"<iq type='set' id='1' to='lobby@rooms.example.org'><moderate xmlns='urn:xmpp:message-moderate:1' id='1'><retract xmlns='urn:xmpp:message-retract:1'/></moderate></iq>",
		"<iq type='get' id='1' to='lobby@rooms.example.org/ann'><ping xmlns='urn:xmpp:ping'/></iq>",
		"<iq type='get' id='1' to='pubsub.example.org'><pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='n'/></pubsub></iq>",
		"<iq type='get' id='1'><query xmlns='jabber:iq:roster'/></iq>",
		"<presence/>",
		"<presence type='subscribe' to='b@example.org'/>",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		s, err := xmpptest.Start(xmpptest.Config{Domain: "example.org", Keep: 16, Page: 3})
		must(t, err)
		defer s.Close()
		s.Publish("n", "1")
		a, b := client(t, s, "a@example.org/x"), client(t, s, "b@example.org/y")
		b.Send(&stanza.Presence{})
		a.Join(lobby, "ann")
		b.Join(lobby, "ben")
		a.Say(lobby, "hello")
		x := xml.NewDecoder(strings.NewReader("<s xmlns='jabber:client'>" + in))
		if _, err := x.Token(); err != nil {
			t.Skip()
		}
		d := stanza.NewDecoder(x)
		for {
			st, err := d.Decode()
			if err != nil {
				break
			}
			a.Send(st)
		}
		a.Send(ping("example.org"))
		found := false
		for _, st := range a.Received() {
			found = found || st.Header().ID == "p"
		}
		if !found {
			t.Error("the server does not answer any more")
		}
		b.Received()
	})
}
