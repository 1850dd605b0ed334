package muc_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xmppkit/xmppkit/muc"
	"github.com/xmppkit/xmppkit/stanza"
)

// XEP-0421: who comes back is told by the id, unless we have another one ourselves:
// then the room is a new one of the old name, and its ids say nothing of the old ones.
func TestOccupantIDs(t *testing.T) {
	with := func(id string, p *stanza.Presence) *stanza.Presence {
		p.Extensions = append(p.Extensions, stanza.NewElement(stanza.NSOccupantID, "occupant-id").WithAttr("id", id))
		return p
	}
	real := func(jid stanza.JID) *stanza.Presence {
		return is("ann", stanza.MUCItem{Role: stanza.Participant, JID: jid})
	}
	hidden := func() *stanza.Presence { return real("") }
	for name, c := range map[string]struct {
		before, after *stanza.Presence
		own           string // id after; w1 before
		same          bool
	}{
		"the same id":               {with("a1", hidden()), with("a1", hidden()), "w1", true},
		"another id":                {with("a1", hidden()), with("a2", hidden()), "w1", false},
		"a new room":                {with("a1", hidden()), with("a2", hidden()), "w2", true},
		"no ids any more":           {with("a1", hidden()), hidden(), "", true},
		"a new room, one address":   {with("a1", real("ann@x.example/1")), with("a2", real("ann@x.example/2")), "w2", true},
		"a new room, two addresses": {with("a1", real("ann@x.example/1")), with("a2", real("eve@x.example/1")), "w2", false},
		"one address, two ids":      {with("a1", real("ann@x.example/1")), with("a2", real("ann@x.example/1")), "w1", true},
	} {
		for _, late := range []bool{false, true} { // ann comes back before us, or after
			play(t, muc.Config{}, func(w *world) {
				w.Add(muc.Room{JID: lobby})
				synctest.Wait()
				w.receive(c.before, with("w1", in("warden", 110)))
				w.told()
				w.reconnect()
				self := with(c.own, in("warden", 110))
				if late {
					w.receive(self, c.after)
				} else {
					w.receive(c.after, self)
				}
				news := w.told()
				e := news[0].(muc.Joined)
				if !late && (len(e.Came) == 0) != c.same {
					t.Errorf("%s: %+v", name, e)
				}
				if late && news[1].(muc.OccupantJoined).Returned != c.same {
					t.Errorf("%s, late: %+v", name, news)
				}
			})
		}
	}
}

// XEP-0045 §7.2, §7.6, §7.14, §8, §9: what others do.
func TestOccupantEvents(t *testing.T) {
	member := stanza.MUCItem{Affiliation: stanza.Member, Role: stanza.Participant}
	muted := stanza.MUCItem{Affiliation: stanza.Member, Role: stanza.Visitor, Actor: stanza.MUCActor{Nick: "ann"}, Reason: "hush"}
	known := func(nick string, i stanza.MUCItem) muc.Occupant {
		return muc.Occupant{Nick: nick, Affiliation: i.Affiliation, Role: i.Role, JID: i.JID}
	}
	parting := gone("bob")
	parting.Status = "bye"
	thrown := gone("bob", 307)
	thrown.Extensions = []stanza.Element{stanza.MUCUser{Statuses: stanza.Statuses{307},
		Items: []stanza.MUCItem{{Actor: stanza.MUCActor{Nick: "ann"}, Reason: "spam"}}}.Element()}
	replaced := func(jid stanza.JID) stanza.MUCItem { i := member; i.JID = jid; return i }
	left := func(c muc.Cause, codes ...stanza.Status) muc.Event {
		return muc.OccupantLeft{Room: lobby, Occupant: known("bob", member), Cause: c, Statuses: codes}
	}
	for name, c := range map[string]struct {
		before stanza.MUCItem // of bob
		p      *stanza.Presence
		want   []muc.Event
	}{
		"joins":           {p: is("dan", member), want: []muc.Event{muc.OccupantJoined{Room: lobby, Occupant: known("dan", member)}}},
		"says it again":   {p: is("bob", member)},
		"is muted":        {p: is("bob", muted), want: []muc.Event{muc.OccupantChanged{Room: lobby, Before: known("bob", member), After: known("bob", muted), Actor: muted.Actor, Reason: "hush"}}},
		"leaves":          {p: parting, want: []muc.Event{muc.OccupantLeft{Room: lobby, Occupant: known("bob", member), Status: "bye"}}},
		"is kicked":       {p: thrown, want: []muc.Event{muc.OccupantLeft{Room: lobby, Occupant: known("bob", member), Cause: muc.Kicked, Statuses: stanza.Statuses{307}, Actor: stanza.MUCActor{Nick: "ann"}, Reason: "spam"}}},
		"is banned":       {p: gone("bob", 301), want: []muc.Event{left(muc.Banned, 301)}},
		"loses standing":  {p: gone("bob", 321), want: []muc.Event{left(muc.AffiliationLost, 321)}},
		"is no member":    {p: gone("bob", 322), want: []muc.Event{left(muc.MembersOnly, 322)}},
		"is shut down":    {p: gone("bob", 332)}, // as we shall be
		"breaks off":      {p: gone("bob", 307, 333), want: []muc.Event{left(muc.Removed, 307, 333)}},
		"unknown leaves":  {p: gone("dan")},
		"changes nick":    {p: is303("bob", "rob"), want: []muc.Event{muc.NickChanged{Room: lobby, Occupant: known("rob", member), Old: "bob"}}},
		"takes ann's":     {p: is303("bob", "ann"), want: []muc.Event{muc.OccupantLeft{Room: lobby, Occupant: known("ann", stanza.MUCItem{Affiliation: "none", Role: "participant"})}, muc.NickChanged{Room: lobby, Occupant: known("ann", member), Old: "bob"}}},
		"takes ours":      {p: is303("bob", "warden"), want: []muc.Event{left(muc.LeftByThemselves, 303)}},
		"takes their own": {p: is303("bob", "bob")},
		"takes no nick":   {p: is303("bob", ""), want: []muc.Event{left(muc.LeftByThemselves, 303)}},
		"another device":  {before: replaced("bob@x.example/1"), p: is("bob", replaced("bob@x.example/2"))},
		"another person":  {before: replaced("bob@x.example/1"), p: is("bob", replaced("eve@x.example/1")), want: []muc.Event{muc.OccupantLeft{Room: lobby, Occupant: known("bob", replaced("bob@x.example/1"))}, muc.OccupantJoined{Room: lobby, Occupant: known("bob", replaced("eve@x.example/1"))}}},
		"strange values":  {p: is("bob", stanza.MUCItem{Affiliation: "god", Role: "king"}), want: []muc.Event{muc.OccupantChanged{Room: lobby, Before: known("bob", member), After: known("bob", stanza.MUCItem{Affiliation: "none", Role: "none"})}}},
		"the room itself": {p: &stanza.Presence{From: lobby}},
		"no muc#user":     {p: &stanza.Presence{From: lobby + "/dan"}},
		"endless nick":    {p: &stanza.Presence{From: lobby + "/" + stanza.JID(strings.Repeat("x", 1024)), Extensions: in("x").Extensions}},
		"subscription":    {p: &stanza.Presence{From: lobby + "/dan", Type: stanza.Subscribe, Extensions: in("x").Extensions}},
		"another room":    {p: &stanza.Presence{From: "else@rooms.example.org/dan", Extensions: in("x").Extensions}},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, muc.Config{}, func(w *world) {
				w.enter("ann")
				if c.before == (stanza.MUCItem{}) {
					c.before = member
				}
				w.receive(is("bob", c.before))
				w.told()
				before := map[string]muc.Occupant{}
				for _, o := range w.Occupants(lobby) {
					before[o.Nick] = o
				}
				w.receive(c.p)
				got := w.told()
				if !reflect.DeepEqual(got, c.want) {
					t.Errorf("told %+v\nwant %+v", got, c.want)
				}
				follow(t, before, got)
				if list := w.Occupants(lobby); name != "another device" && !sameOccupants(before, list) {
					t.Errorf("the events lead to %v, the list is %v", before, list)
				}
			})
		})
	}
}

// follow does to occupants what events tell.
func follow(t *testing.T, occupants map[string]muc.Occupant, events []muc.Event) {
	for _, e := range events {
		switch e := e.(type) {
		case muc.Joined:
			for _, o := range e.Gone {
				delete(occupants, o.Nick)
			}
			if !e.Rejoined {
				clear(occupants)
			}
			for _, o := range e.Occupants {
				occupants[o.Nick] = o
			}
			for nick := range occupants { // our own former nick is in neither list
				if !slices.ContainsFunc(e.Occupants, func(o muc.Occupant) bool { return o.Nick == nick }) {
					delete(occupants, nick)
				}
			}
		case muc.OccupantJoined:
			if o, ok := occupants[e.Occupant.Nick]; ok {
				t.Errorf("%v joined, and was there", o)
			}
			occupants[e.Occupant.Nick] = e.Occupant
		case muc.OccupantLeft:
			if _, ok := occupants[e.Occupant.Nick]; !ok {
				t.Errorf("%v left, and was not there", e.Occupant)
			}
			delete(occupants, e.Occupant.Nick)
		case muc.OccupantChanged:
			if _, ok := occupants[e.Before.Nick]; !ok || e.Before.Nick != e.After.Nick {
				t.Errorf("%v became %v", e.Before, e.After)
			}
			occupants[e.After.Nick] = e.After
		case muc.NickChanged:
			if _, ok := occupants[e.Occupant.Nick]; ok {
				t.Errorf("%s took the nick of %s", e.Old, e.Occupant.Nick)
			}
			delete(occupants, e.Old)
			occupants[e.Occupant.Nick] = e.Occupant
		case muc.JoinFailed:
			if e.Stopped {
				clear(occupants)
			}
		case muc.Left:
			if !e.Rejoin {
				clear(occupants)
			}
		}
	}
}

// sameOccupants compares all but what no event tells: the resource of a real
// address and the occupant-id.
func sameOccupants(m map[string]muc.Occupant, list []muc.Occupant) bool {
	if len(m) != len(list) {
		return false
	}
	for _, o := range list {
		k, ok := m[o.Nick]
		if !ok || k.Role != o.Role || k.Affiliation != o.Affiliation {
			return false
		}
	}
	return true
}

// XEP-0045 §9.9: our own role.
func TestOwnRoleChanges(t *testing.T) {
	play(t, muc.Config{}, func(w *world) {
		w.enter()
		w.receive(is("warden", stanza.MUCItem{Affiliation: stanza.Admin, Role: stanza.Moderator}, 110))
		e, ok := one(w, w.told()).(muc.OccupantChanged)
		if !ok || e.After.Role != stanza.Moderator || e.Before.Role != stanza.Participant {
			t.Errorf("told %+v", e)
		}
	})
}

func TestOccupantsAreBounded(t *testing.T) {
	play(t, muc.Config{MaxOccupants: 3}, func(w *world) {
		w.enter("a", "b", "c", "d", "e")
		w.receive(in("f"), in("a"))
		if n, s := len(w.Occupants(lobby)), w.Stats(); n != 4 || s.Dropped != 3 {
			t.Errorf("%d occupants, %d dropped", n, s.Dropped)
		}
		if list := w.told(); len(list) != 0 {
			t.Errorf("told %v", list)
		}
	})
}

func TestStraysAreCountedAndForgotten(t *testing.T) {
	play(t, muc.Config{}, func(w *world) {
		w.enter()
		for range 1000 {
			p := in("warden", 110)
			p.From = stanza.JID(stanza.NewID()) + "@rooms.example.net/warden"
			w.s.Receive(p)
		}
		w.receive(&stanza.Message{From: "x@rooms.example.net/y", Type: stanza.GroupChat, Body: "z"})
		if s := w.Stats(); s.Strays != 1001 || s.Wished != 1 || s.Occupants != 1 {
			t.Errorf("stats %+v", s)
		}
		if len(w.told())+len(w.s.Sent()) != 0 {
			t.Error("something came of it")
		}
	})
}

// A presence of ours that is refused while we think that we are in.
func TestPresenceErrorChecksAtOnce(t *testing.T) {
	play(t, muc.Config{}, func(w *world) {
		w.enter()
		if err := w.SetPresence(w.Context(), lobby, stanza.Away, "at lunch"); err != nil {
			t.Error(err)
		}
		p := one(w, sent[*stanza.Presence](w))
		if p.Show != stanza.Away || p.Status != "at lunch" || p.To != lobby+"/warden" {
			t.Errorf("sent %+v", p)
		}
		w.receive(refusal(p, stanza.NotAcceptable))
		w.receive(pong(one(w, sent[*stanza.IQ](w)), stanza.NotAcceptable))
		if p := one(w, sent[*stanza.Presence](w)); p.Show != stanza.Away || p.Status != "at lunch" {
			t.Errorf("rejoins with %+v", p)
		}
		w.pass(time.Second)
	})
}
