package xmpptest_test

import (
	"slices"
	"testing"

	"github.com/xmppkit/xmppkit/internal/xmpptest"
	"github.com/xmppkit/xmppkit/stanza"
)

const lobby = stanza.JID("lobby@rooms.example.org")

func client(t testing.TB, s *xmpptest.Server, jid stanza.JID) *xmpptest.Client {
	t.Helper()
	c, err := s.Connect(jid)
	must(t, err)
	return c
}

// says is what a room says with a presence.
type says struct {
	nick  string
	typ   stanza.PresenceType
	role  stanza.Role
	aff   stanza.Affiliation
	jid   stanza.JID
	codes []stanza.Status
}

func presences(t testing.TB, list []stanza.Stanza) []says {
	t.Helper()
	var got []says
	for _, st := range list {
		p, ok := st.(*stanza.Presence)
		if !ok {
			continue
		}
		u, _ := p.MUCUser()
		it := u.Item()
		slices.Sort(u.Statuses)
		got = append(got, says{p.From.Resource(), p.Type, it.Role, it.Affiliation, it.JID, u.Statuses})
	}
	return got
}

func expect(t testing.TB, who string, list []stanza.Stanza, want ...says) {
	t.Helper()
	got := presences(t, list)
	if !slices.EqualFunc(got, want, func(a, b says) bool {
		return slices.Equal(a.codes, b.codes) && a.nick == b.nick && a.typ == b.typ && a.role == b.role && a.aff == b.aff && a.jid == b.jid
	}) {
		t.Errorf("%s got\n%+v, want\n%+v", who, got, want)
	}
}

// refused is the condition of the presence error that a client was sent.
func refused(list []stanza.Stanza) stanza.Condition {
	for _, st := range list {
		if p, ok := st.(*stanza.Presence); ok && p.Error != nil {
			return p.Error.Condition
		}
	}
	return ""
}

type codes = []stanza.Status

// XEP-0045 §7.2, §10.1.
func TestJoin(t *testing.T) {
	s := xmpptest.New(t, xmpptest.Config{})
	a, b := client(t, s, "a@example.org/x"), client(t, s, "b@example.org/y")
	a.Join(lobby, "ann")
	got := a.Received()
	expect(t, "the first", got, says{"ann", "", "moderator", "owner", a.JID(), codes{110, 201}})
	if m, ok := got[len(got)-1].(*stanza.Message); !ok || m.Subject == nil || *m.Subject != "" {
		t.Errorf("the last is %+v, not the subject", got[len(got)-1])
	}
	b.Join(lobby, "ben")
	expect(t, "the second", b.Received(),
		says{"ann", "", "moderator", "owner", "", nil},
		says{"ben", "", "participant", "none", b.JID(), codes{110}})
	expect(t, "the first", a.Received(), says{"ben", "", "participant", "none", b.JID(), nil})
	b.Send(&stanza.Presence{To: lobby + "/ben", Type: stanza.Unavailable, Status: "bye"})
	expect(t, "the second", b.Received(), says{"ben", "unavailable", "none", "none", b.JID(), codes{110}})
	expect(t, "the first", a.Received(), says{"ben", "unavailable", "none", "none", b.JID(), nil})
}

// XEP-0045 §7.2.5 to §7.2.9.
func TestJoinRefused(t *testing.T) {
	for _, c := range []struct {
		name    string
		cfg     xmpptest.RoomConfig
		prepare func(*xmpptest.Server)
		join    stanza.MUCJoin
		nick    string
		want    stanza.Condition
	}{
		{name: "open", nick: "n"},
		{name: "password", cfg: xmpptest.RoomConfig{Password: "p"}, nick: "n", want: stanza.NotAuthorized},
		{name: "right password", cfg: xmpptest.RoomConfig{Password: "p"}, join: stanza.MUCJoin{Password: "p"}, nick: "n"},
		{name: "members only", cfg: xmpptest.RoomConfig{MembersOnly: true}, nick: "n", want: stanza.RegistrationRequired},
		{name: "member", cfg: xmpptest.RoomConfig{MembersOnly: true}, nick: "n", prepare: func(s *xmpptest.Server) {
			s.Affiliate(lobby, "a@example.org", stanza.Member)
		}},
		{name: "outcast", nick: "n", want: stanza.Forbidden, prepare: func(s *xmpptest.Server) {
			s.Affiliate(lobby, "a@example.org", stanza.Outcast)
		}},
		{name: "taken", nick: "ann", want: stanza.Conflict},
		{name: "reserved", nick: "n", want: stanza.Conflict, prepare: func(s *xmpptest.Server) {
			s.Reserve(lobby, "b@example.org", "n")
		}},
		{name: "full", cfg: xmpptest.RoomConfig{Occupants: 1}, nick: "n", want: stanza.ServiceUnavailable},
		{name: "no nick", nick: "", want: stanza.JIDMalformed},
		{name: "asked to", nick: "n", want: stanza.ResourceConstraint, prepare: func(s *xmpptest.Server) {
			s.FailJoins(lobby, stanza.ResourceConstraint, 1)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := xmpptest.New(t, xmpptest.Config{})
			s.CreateRoom(lobby, c.cfg)
			first := client(t, s, "z@example.org/x")
			s.Affiliate(lobby, "z@example.org", stanza.Owner)
			first.Join(lobby, "ann")
			if c.prepare != nil {
				c.prepare(s)
			}
			a := client(t, s, "a@example.org/x")
			to := lobby
			if c.nick != "" {
				to += stanza.JID("/" + c.nick)
			}
			a.Send(&stanza.Presence{To: to, Extensions: []stanza.Element{c.join.Element()}})
			if got := refused(a.Received()); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if in := s.RoomsOf(a.JID()) == 1; in != (c.want == "") {
				t.Errorf("in the room: %v", in)
			}
		})
	}
}

// XEP-0045 §7.2.3, §7.1.14: what a newcomer is told about the room.
func TestJoinCodes(t *testing.T) {
	for _, c := range []struct {
		name string
		cfg  xmpptest.Config
		seen stanza.JID // what a newcomer sees of the occupant before it
		want codes
	}{
		{"semi-anonymous", xmpptest.Config{}, "", codes{110}},
		{"non-anonymous", xmpptest.Config{Room: xmpptest.RoomConfig{NonAnonymous: true}}, "a@example.org/x", codes{100, 110}},
		{"logged", xmpptest.Config{Room: xmpptest.RoomConfig{Logged: true}}, "", codes{110, 170}},
		{"no 110", xmpptest.Config{OmitSelfStatus: true}, "", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := xmpptest.New(t, c.cfg)
			a, b := client(t, s, "a@example.org/x"), client(t, s, "b@example.org/y")
			a.Join(lobby, "ann")
			b.Join(lobby, "ben")
			expect(t, "the newcomer", b.Received(),
				says{"ann", "", "moderator", "owner", c.seen, nil},
				says{"ben", "", "participant", "none", b.JID(), c.want})
		})
	}
}

// XEP-0045 §7.2.1: presence without the element is refused to who is not in.
func TestPresenceIsNoJoin(t *testing.T) {
	s := xmpptest.New(t, xmpptest.Config{})
	a := client(t, s, "a@example.org/x")
	a.Send(&stanza.Presence{To: lobby + "/ann"})
	if got := refused(a.Received()); got != stanza.NotAcceptable {
		t.Errorf("got %q", got)
	}
}

func TestCreationRestricted(t *testing.T) {
	s := xmpptest.New(t, xmpptest.Config{NoCreate: true})
	a := client(t, s, "a@example.org/x")
	a.Join(lobby, "ann")
	if got := refused(a.Received()); got != stanza.ItemNotFound {
		t.Errorf("got %q", got)
	}
}

// XEP-0045 §7.7: who is in and joins again is sent everything again.
func TestJoinAgain(t *testing.T) {
	s, owner, guest := met(t, xmpptest.Config{})
	guest.Join(lobby, "ben")
	expect(t, "who joins again", guest.Received(),
		says{"ann", "", "moderator", "owner", "", nil},
		says{"ben", "", "participant", "none", guest.JID(), codes{110}})
	expect(t, "the other", owner.Received())
	guest.Send(&stanza.Presence{To: lobby + "/ben", Status: "here"})
	p := owner.Received()[0].(*stanza.Presence)
	if p.Status != "here" || s.Occupants(lobby)[1].Presence.Status != "here" {
		t.Errorf("got %+v", p)
	}
}

// RFC 6121 §4.5.2: the last presence is the last in every room, too.
func TestGoneIsGoneEverywhere(t *testing.T) {
	s, owner, guest := met(t, xmpptest.Config{})
	guest.Send(&stanza.Presence{Type: stanza.Unavailable})
	expect(t, "the other", owner.Received(), says{"ben", "unavailable", "none", "none", guest.JID(), nil})
	if s.RoomsOf(guest.JID()) != 0 {
		t.Error("still in a room")
	}
}
