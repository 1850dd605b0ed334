package xmpptest_test

import (
	"slices"
	"testing"

	"github.com/xmppkit/xmppkit/internal/xmpptest"
	"github.com/xmppkit/xmppkit/stanza"
)

// met is a room with an owner and somebody without affiliation.
func met(t testing.TB, cfg xmpptest.Config) (s *xmpptest.Server, owner, guest *xmpptest.Client) {
	t.Helper()
	s = xmpptest.New(t, cfg)
	owner, guest = client(t, s, "a@example.org/x"), client(t, s, "b@example.org/y")
	owner.Join(lobby, "ann")
	guest.Join(lobby, "ben")
	owner.Received()
	guest.Received()
	return s, owner, guest
}

func admin(items ...stanza.MUCItem) *stanza.IQ {
	q := stanza.NewElement(stanza.NSMUCAdmin, "query")
	for _, it := range items {
		q.Children = append(q.Children, it.Element(stanza.NSMUCAdmin))
	}
	return &stanza.IQ{To: lobby, Type: stanza.Set, Extensions: []stanza.Element{q}}
}

// XEP-0045 §8, §9.
func TestAdminister(t *testing.T) {
	for _, c := range []struct {
		name         string
		room         xmpptest.RoomConfig
		item         stanza.MUCItem
		guest, owner says // of the guest; the reason is always the item's
	}{
		{
			"kick", xmpptest.RoomConfig{}, stanza.MUCItem{Nick: "ben", Role: stanza.RoleNone, Reason: "r"},
			says{"ben", "unavailable", "none", "none", "b@example.org/y", codes{110, 307}},
			says{"ben", "unavailable", "none", "none", "b@example.org/y", codes{307}},
		},
		{
			"ban", xmpptest.RoomConfig{}, stanza.MUCItem{JID: "b@example.org", Affiliation: stanza.Outcast, Reason: "r"},
			says{"ben", "unavailable", "none", "outcast", "b@example.org/y", codes{110, 301}},
			says{"ben", "unavailable", "none", "outcast", "b@example.org/y", codes{301}},
		},
		{
			"devoice", xmpptest.RoomConfig{}, stanza.MUCItem{Nick: "ben", Role: stanza.Visitor, Reason: "r"},
			says{"ben", "", "visitor", "none", "b@example.org/y", codes{110}},
			says{"ben", "", "visitor", "none", "b@example.org/y", nil},
		},
		{
			"voice", xmpptest.RoomConfig{Moderated: true}, stanza.MUCItem{Nick: "ben", Role: stanza.Participant, Reason: "r"},
			says{"ben", "", "participant", "none", "b@example.org/y", codes{110}},
			says{"ben", "", "participant", "none", "b@example.org/y", nil},
		},
		{
			"make admin", xmpptest.RoomConfig{}, stanza.MUCItem{JID: "b@example.org", Affiliation: stanza.Admin, Reason: "r"},
			says{"ben", "", "moderator", "admin", "b@example.org/y", codes{110}},
			says{"ben", "", "moderator", "admin", "b@example.org/y", nil},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, owner, guest := met(t, xmpptest.Config{Room: c.room})
			ask := admin(c.item)
			ask.ID = "i"
			owner.Send(ask)
			got := owner.Received()
			expect(t, "the owner", got, c.owner)
			if iq, ok := got[len(got)-1].(*stanza.IQ); !ok || iq.Type != stanza.Result {
				t.Errorf("the request is answered %+v", got[len(got)-1])
			}
			got = guest.Received()
			expect(t, "the guest", got, c.guest)
			u, _ := got[0].(*stanza.Presence).MUCUser()
			if it := u.Item(); it.Reason != "r" || it.Actor.Nick != "ann" {
				t.Errorf("reason and actor: %+v", it)
			}
			if a := c.item.Affiliation; a != "" {
				if is, why := s.Affiliation(lobby, "b@example.org"); is != a || why != "r" {
					t.Errorf("affiliation %s (%s)", is, why)
				}
			}
		})
	}
}

// XEP-0045 §5.1.1, §5.2.1, §9.1.
func TestAdministerRefused(t *testing.T) {
	for _, c := range []struct {
		name    string
		byGuest bool
		item    stanza.MUCItem
		want    stanza.Condition
	}{
		{"guest kicks", true, stanza.MUCItem{Nick: "ann", Role: stanza.RoleNone}, stanza.Forbidden},
		{"guest bans", true, stanza.MUCItem{JID: "c@example.org", Affiliation: stanza.Outcast}, stanza.Forbidden},
		{"nobody there", false, stanza.MUCItem{Nick: "nil", Role: stanza.RoleNone}, stanza.ItemNotFound},
		{"bad address", false, stanza.MUCItem{JID: "@", Affiliation: stanza.Outcast}, stanza.JIDMalformed},
		{"last owner", false, stanza.MUCItem{JID: "a@example.org", Affiliation: stanza.Member}, stanza.Conflict},
		{"bans itself", false, stanza.MUCItem{JID: "a@example.org", Affiliation: stanza.Outcast}, stanza.Conflict},
		{"no such role", false, stanza.MUCItem{Nick: "ben", Role: "king"}, stanza.BadRequest},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, owner, guest := met(t, xmpptest.Config{})
			who := owner
			if c.byGuest {
				who = guest
			}
			_, err := who.Request(within(t), admin(c.item))
			if got := stanza.ConditionOf(err); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// XEP-0045 §9.2: the ban list.
func TestLists(t *testing.T) {
	_, owner, guest := met(t, xmpptest.Config{})
	_, err := owner.Request(within(t), admin(stanza.MUCItem{JID: "c@example.org/z", Affiliation: stanza.Outcast, Reason: "spam"}))
	must(t, err)
	ask := admin(stanza.MUCItem{Affiliation: stanza.Outcast})
	ask.Type = stanza.Get
	iq, err := owner.Request(within(t), ask)
	must(t, err)
	list := iq.Payload().Elements()
	if len(list) != 1 || stanza.MUCItemOf(list[0]) != (stanza.MUCItem{Affiliation: stanza.Outcast, JID: "c@example.org", Reason: "spam"}) {
		t.Errorf("got %s", stanza.MarshalElement(*iq.Payload()))
	}
	if _, err := guest.Request(within(t), ask); stanza.ConditionOf(err) != stanza.Forbidden {
		t.Errorf("a guest got %v", err)
	}
}

// XEP-0045 §10.2, §9.3, §10.9.
func TestOwner(t *testing.T) {
	s, owner, guest := met(t, xmpptest.Config{Tombstones: true})
	submit := func(kv ...string) *stanza.IQ {
		x := stanza.NewElement(stanza.NSData, "x").WithAttr("type", "submit")
		for i := 0; i < len(kv); i += 2 {
			x.Children = append(x.Children, stanza.NewElement(stanza.NSData, "field",
				stanza.NewText(stanza.NSData, "value", kv[i+1])).WithAttr("var", kv[i]))
		}
		return &stanza.IQ{To: lobby, Type: stanza.Set, Extensions: []stanza.Element{stanza.NewElement(stanza.NSMUCOwner, "query", x)}}
	}
	if _, err := guest.Request(within(t), submit()); stanza.ConditionOf(err) != stanza.Forbidden {
		t.Errorf("a guest got %v", err)
	}
	announced := func(list []stanza.Stanza) stanza.Statuses {
		for _, st := range list {
			if m, ok := st.(*stanza.Message); ok {
				u, _ := m.MUCUser()
				return u.Statuses
			}
		}
		return nil
	}
	for _, c := range []struct {
		key, value string
		want       stanza.Status
	}{
		{"muc#roomconfig_roomname", "Lobby", 104},
		{"muc#roomconfig_whois", "anyone", 172},
		{"muc#roomconfig_whois", "moderators", 173},
		{"muc#roomconfig_enablelogging", "1", 170},
	} {
		owner.Send(submit(c.key, c.value))
		if got := announced(guest.Received()); !got.Has(c.want) {
			t.Errorf("%s: announced %v, want %d", c.key, got, c.want)
		}
	}
	owner.Received()
	owner.Send(submit("muc#roomconfig_membersonly", "1", "muc#roomconfig_persistentroom", "0"))
	expect(t, "a non-member", guest.Received(), says{"ben", "unavailable", "none", "none", guest.JID(), codes{110, 322}})
	if cfg, _ := s.RoomConfig(lobby); !cfg.MembersOnly || !cfg.Temporary || !cfg.Logged || cfg.Name != "Lobby" {
		t.Errorf("configured %+v", cfg)
	}
	owner.Received()
	d := stanza.NewElement(stanza.NSMUCOwner, "destroy", stanza.NewText(stanza.NSMUCOwner, "reason", "moved")).WithAttr("jid", "hall@rooms.example.org")
	owner.Send(&stanza.IQ{ID: "d", To: lobby, Type: stanza.Set, Extensions: []stanza.Element{stanza.NewElement(stanza.NSMUCOwner, "query", d)}})
	u, _ := owner.Received()[0].(*stanza.Presence).MUCUser()
	if u.Destroy == nil || u.Destroy.JID != "hall@rooms.example.org" || u.Destroy.Reason != "moved" {
		t.Errorf("told %+v", u)
	}
	guest.Join(lobby, "ben")
	got := guest.Received()
	if p := got[0].(*stanza.Presence); p.Error == nil || p.Error.Condition != stanza.Gone || p.Error.Address() != "hall@rooms.example.org" {
		t.Errorf("a destroyed room answers %+v", p.Error)
	}
}

// XEP-0045 §9.4: membership taken away in a members-only room.
func TestMemberRemoved(t *testing.T) {
	s := xmpptest.New(t, xmpptest.Config{})
	s.CreateRoom(lobby, xmpptest.RoomConfig{MembersOnly: true})
	s.Affiliate(lobby, "b@example.org", stanza.Member)
	b := client(t, s, "b@example.org/y")
	b.Join(lobby, "ben")
	b.Received()
	s.Affiliate(lobby, "b@example.org", stanza.AffiliationNone)
	expect(t, "the member", b.Received(), says{"ben", "unavailable", "none", "none", b.JID(), codes{110, 321}})
}

// XEP-0045 §7.6.
func TestNickChange(t *testing.T) {
	_, owner, guest := met(t, xmpptest.Config{})
	guest.Send(&stanza.Presence{To: lobby + "/bob"})
	got := owner.Received()
	expect(t, "the other", got,
		says{"ben", "unavailable", "participant", "none", guest.JID(), codes{303}},
		says{"bob", "", "participant", "none", guest.JID(), nil})
	if u, _ := got[0].(*stanza.Presence).MUCUser(); u.Item().Nick != "bob" {
		t.Errorf("the new nick is %q", u.Item().Nick)
	}
	expect(t, "oneself", guest.Received(),
		says{"ben", "unavailable", "participant", "none", guest.JID(), codes{110, 303}},
		says{"bob", "", "participant", "none", guest.JID(), codes{110}})
	guest.Send(&stanza.Presence{To: lobby + "/ann"})
	if got := refused(guest.Received()); got != stanza.Conflict {
		t.Errorf("a taken nick: %q", got)
	}
}

func TestSharedNick(t *testing.T) {
	for _, ghost := range []bool{false, true} {
		s, _, guest := met(t, xmpptest.Config{GhostConflict: ghost})
		second := client(t, s, "b@example.org/z")
		second.Join(lobby, "ben")
		if got := refused(second.Received()); (got == stanza.Conflict) != ghost {
			t.Errorf("GhostConflict %v: %q", ghost, got)
		}
		second.Close()
		if !s.InRoom(lobby, "ben") || s.RoomsOf(guest.JID()) != 1 {
			t.Error("the first client left with the second")
		}
	}
}

func TestServiceChoosesNick(t *testing.T) {
	s := xmpptest.New(t, xmpptest.Config{Nick: func(_ stanza.JID, asked string) string { return asked + "_" }})
	a := client(t, s, "a@example.org/x")
	a.Join(lobby, "ann")
	expect(t, "one", a.Received(), says{"ann_", "", "moderator", "owner", a.JID(), codes{110, 201, 210}})
}

func TestRemoveWithAnyCodes(t *testing.T) {
	for _, c := range []codes{nil, {307}, {333}, {307, 333}, {332}} {
		s, _, guest := met(t, xmpptest.Config{})
		must(t, s.Remove(lobby, "ben", stanza.MUCUser{Statuses: c}))
		want := append(slices.Clone(c), 110)
		slices.Sort(want)
		expect(t, "one", guest.Received(), says{"ben", "unavailable", "none", "none", guest.JID(), want})
		if s.InRoom(lobby, "ben") {
			t.Error("still in")
		}
	}
}
