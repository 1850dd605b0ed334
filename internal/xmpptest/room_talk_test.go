package xmpptest_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/xmppkit/xmppkit/internal/xmpptest"
	"github.com/xmppkit/xmppkit/stanza"
)

func messages(list []stanza.Stanza) []*stanza.Message {
	var got []*stanza.Message
	for _, st := range list {
		if m, ok := st.(*stanza.Message); ok {
			got = append(got, m)
		}
	}
	return got
}

// XEP-0045 §7.4, XEP-0359, XEP-0421.
func TestReflection(t *testing.T) {
	s, owner, guest := met(t, xmpptest.Config{})
	guest.Send(&stanza.Message{ID: "m1", To: lobby, Type: stanza.GroupChat, Body: "hi", Extensions: []stanza.Element{
		stanza.StanzaID{ID: "forged", By: lobby}.Element(),
		stanza.NewElement(stanza.NSOccupantID, "occupant-id").WithAttr("id", "forged"),
		stanza.OriginIDElement("o1"),
	}})
	var ids []string
	for _, c := range []*xmpptest.Client{owner, guest} {
		m := messages(c.Received())[0]
		if m.ID != "m1" || m.From != lobby+"/ben" || m.To != c.JID() || m.Body != "hi" || m.OriginID() != "o1" {
			t.Errorf("%s got %+v", c.JID(), m)
		}
		if m.OccupantID() != s.Occupants(lobby)[1].ID {
			t.Errorf("occupant-id %q", m.OccupantID())
		}
		ids = append(ids, m.StanzaIDBy(lobby))
	}
	if ids[0] == "" || ids[0] != ids[1] || ids[0] == "forged" {
		t.Errorf("stanza-ids %q", ids)
	}
}

func TestMessageRefused(t *testing.T) {
	s, _, guest := met(t, xmpptest.Config{Room: xmpptest.RoomConfig{Moderated: true}})
	stranger := client(t, s, "c@example.org/z")
	subject := "s"
	for _, c := range []struct {
		name string
		who  *xmpptest.Client
		m    stanza.Message
		want stanza.Condition
	}{
		{"stranger", stranger, stanza.Message{To: lobby, Type: stanza.GroupChat, Body: "x"}, stanza.NotAcceptable},
		{"stranger whispers", stranger, stanza.Message{To: lobby + "/ann", Type: stanza.Chat, Body: "x"}, stanza.NotAcceptable},
		{"visitor", guest, stanza.Message{To: lobby, Type: stanza.GroupChat, Body: "x"}, stanza.Forbidden},
		{"visitor's subject", guest, stanza.Message{To: lobby, Type: stanza.GroupChat, Subject: &subject}, stanza.Forbidden},
		{"whisper to nobody", guest, stanza.Message{To: lobby + "/nil", Type: stanza.Chat, Body: "x"}, stanza.ItemNotFound},
		{"groupchat to one", guest, stanza.Message{To: lobby + "/ann", Type: stanza.GroupChat, Body: "x"}, stanza.BadRequest},
		{"no such room", guest, stanza.Message{To: "nil@rooms.example.org", Type: stanza.GroupChat, Body: "x"}, stanza.ItemNotFound},
		{"no such domain", guest, stanza.Message{To: "a@nil.example", Type: stanza.Chat, Body: "x"}, stanza.RemoteServerNotFound},
		{"no such account", guest, stanza.Message{To: "nil@example.org", Type: stanza.Chat, Body: "x"}, stanza.ServiceUnavailable},
	} {
		c.who.Received()
		c.who.Send(&c.m)
		got := messages(c.who.Received())
		if len(got) != 1 || got[0].Error == nil || got[0].Error.Condition != c.want {
			t.Errorf("%s: got %+v, want %s", c.name, got, c.want)
		}
	}
}

// XEP-0045 §7.2.14, §8.1, XEP-0203.
func TestHistoryAndSubject(t *testing.T) {
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	s, owner, _ := met(t, xmpptest.Config{Now: func() time.Time { return now }})
	for i := range 30 {
		now = now.Add(time.Minute)
		owner.Say(lobby, fmt.Sprint(i))
	}
	subject := "today"
	owner.Send(&stanza.Message{To: lobby, Type: stanza.GroupChat, Subject: &subject})
	for i, c := range []struct {
		ask   *stanza.MUCHistory
		n     int
		first string
	}{
		{nil, 20, "10"},
		{&stanza.MUCHistory{}, 0, ""},
		{&stanza.MUCHistory{Stanzas: 3}, 3, "27"},
		{&stanza.MUCHistory{Within: 90 * time.Second}, 2, "28"},
		{&stanza.MUCHistory{Since: now.Add(-4 * time.Minute)}, 5, "25"},
	} {
		late := client(t, s, stanza.JID(fmt.Sprintf("c%d@example.org/z", i)))
		late.Send(&stanza.Presence{To: lobby + stanza.JID(fmt.Sprintf("/cat%d", i)), Extensions: []stanza.Element{stanza.MUCJoin{History: c.ask}.Element()}})
		got := late.Received()
		said := messages(got)
		if len(said) != c.n+1 {
			t.Fatalf("%+v: %d messages, want %d", c.ask, len(said)-1, c.n)
		}
		if m := said[c.n]; m.Subject == nil || *m.Subject != subject || m.From != lobby+"/ann" {
			t.Errorf("the last is %+v", m)
		}
		if c.n == 0 {
			continue
		}
		d, ok := said[0].Delay()
		if !ok || said[0].Body != c.first || d.From != lobby || said[0].StanzaIDBy(lobby) == "" {
			t.Errorf("%+v: the first is %+v", c.ask, said[0])
		}
		late.Close()
	}
}

// XEP-0045 §7.5.
func TestWhisper(t *testing.T) {
	_, owner, guest := met(t, xmpptest.Config{})
	guest.Send(&stanza.Message{To: lobby + "/ann", Type: stanza.Chat, Body: "psst"})
	m := messages(owner.Received())[0]
	if _, ok := m.MUCUser(); !ok || m.From != lobby+"/ben" || m.Type != stanza.Chat || m.Body != "psst" {
		t.Errorf("got %+v", m)
	}
}

// XEP-0045 §7.8.2.
func TestInvitation(t *testing.T) {
	s, owner, guest := met(t, xmpptest.Config{Room: xmpptest.RoomConfig{MembersOnly: true, Password: "p"}})
	_ = guest // it may not come in
	c := client(t, s, "c@example.org/z")
	c.Send(&stanza.Presence{})
	c.Received()
	invite := stanza.MUCUser{Invites: []stanza.MUCInvite{{To: "c@example.org", Reason: "come"}}}
	owner.Send(&stanza.Message{To: lobby, Extensions: []stanza.Element{invite.Element()}})
	m := messages(c.Received())[0]
	u, _ := m.MUCUser()
	if m.From != lobby || len(u.Invites) != 1 || u.Invites[0].From != "a@example.org" || u.Invites[0].Reason != "come" || u.Password != "p" {
		t.Errorf("invited by %+v", m)
	}
	if a, _ := s.Affiliation(lobby, "c@example.org"); a != stanza.Member {
		t.Errorf("the invitee is %s", a)
	}
	owner.Send(&stanza.Presence{})
	owner.Received()
	decline := stanza.MUCUser{Decline: &stanza.MUCDecline{To: "a@example.org", Reason: "busy"}}
	c.Send(&stanza.Message{To: lobby, Extensions: []stanza.Element{decline.Element()}})
	u, _ = messages(owner.Received())[0].MUCUser()
	if u.Decline == nil || u.Decline.From != "c@example.org" || u.Decline.Reason != "busy" {
		t.Errorf("declined %+v", u)
	}
}

func ping(to stanza.JID) *stanza.IQ {
	return &stanza.IQ{ID: "p", To: to, Type: stanza.Get, Extensions: []stanza.Element{stanza.NewElement(stanza.NSPing, "ping")}}
}

// XEP-0410 §3.
func TestSelfPing(t *testing.T) {
	_, _, guest := met(t, xmpptest.Config{})
	_, err := guest.Request(within(t), ping(lobby+"/ben"))
	must(t, err)
	for to, want := range map[stanza.JID]stanza.Condition{
		lobby + "/nil":              stanza.ItemNotFound,
		"nil@rooms.example.org/ben": stanza.ItemNotFound,
	} {
		if _, err := guest.Request(within(t), ping(to)); stanza.ConditionOf(err) != want {
			t.Errorf("%s: got %v, want %s", to, err, want)
		}
	}
}

func TestSelfPingOfNoOccupant(t *testing.T) {
	s, _, guest := met(t, xmpptest.Config{})
	must(t, s.Forget(lobby, "ben"))
	if got := guest.Received(); len(got) != 0 {
		t.Errorf("told %+v", got)
	}
	guest.Send(ping(lobby + "/ben"))
	if iq := guest.Received()[0].(*stanza.IQ); stanza.ConditionOf(iq.Error) != stanza.NotAcceptable {
		t.Errorf("got %+v", iq.Error)
	}
}

// XEP-0410 §3.2: without the optimization one of the occupant's own clients answers.
func TestSelfPingRouted(t *testing.T) {
	_, _, guest := met(t, xmpptest.Config{SelfPing: xmpptest.SelfPingRouted})
	guest.Send(ping(lobby + "/ben"))
	iq := guest.Received()[0].(*stanza.IQ)
	if iq.Type != stanza.Get || iq.From != lobby+"/ben" || iq.To != guest.JID() || iq.ID == "p" {
		t.Fatalf("routed as %+v", iq)
	}
	guest.Send(iq.Result())
	back := guest.Received()[0].(*stanza.IQ)
	if back.Type != stanza.Result || back.ID != "p" || back.From != lobby+"/ben" {
		t.Errorf("answered %+v", back)
	}
}

// XEP-0045 §6.4.
func TestRoomFeatures(t *testing.T) {
	for mode, want := range map[xmpptest.SelfPingMode]bool{
		xmpptest.SelfPingOptimized: true, xmpptest.SelfPingUnannounced: false, xmpptest.SelfPingRouted: false,
	} {
		_, owner, _ := met(t, xmpptest.Config{SelfPing: mode, Room: xmpptest.RoomConfig{MembersOnly: true}})
		iq, err := owner.Request(within(t), &stanza.IQ{To: lobby, Type: stanza.Get, Extensions: []stanza.Element{stanza.NewElement(stanza.NSDiscoInfo, "query")}})
		must(t, err)
		var features []string
		for _, e := range iq.Payload().Elements() {
			features = append(features, e.Attr("var"))
		}
		if got := slices.Contains(features, "http://jabber.org/protocol/muc#self-ping-optimization"); got != want {
			t.Errorf("mode %d: announced %v", mode, got)
		}
		if !slices.Contains(features, "muc_membersonly") {
			t.Errorf("features %q", features)
		}
	}
}
