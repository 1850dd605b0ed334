package muc_test

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xmppkit/xmppkit/muc"
	"github.com/xmppkit/xmppkit/stanza"
)

// XEP-0045 §7.14.
func TestLeave(t *testing.T) {
	play(t, muc.Config{}, func(w *world) {
		w.enter("ann")
		done := make(chan error, 1)
		go func() { done <- w.Leave(w.Context(), lobby, "so long") }()
		synctest.Wait()
		p := one(w, sent[*stanza.Presence](w))
		if p.Type != stanza.Unavailable || p.To != lobby+"/warden" || p.Status != "so long" {
			t.Errorf("sent %+v", p)
		}
		select {
		case err := <-done:
			t.Fatalf("returned %v before the room answered", err)
		default:
		}
		w.receive(gone("ann"), gone("warden", 110))
		if err := <-done; err != nil {
			t.Error(err)
		}
		if e, ok := one(w, w.told()).(muc.Left); !ok || e.Cause != muc.LeftByUs || e.Rejoin {
			t.Errorf("told %+v", e)
		}
		if err := w.Leave(w.Context(), lobby, ""); !errors.Is(err, muc.ErrNoRoom) {
			t.Errorf("left again: %v", err)
		}
		w.reconnect()
		w.pass(time.Hour)
		if list := w.s.Sent(); len(list) != 0 {
			t.Errorf("sent %v", list)
		}
	})
}

func TestLeaveWithoutAnswer(t *testing.T) {
	play(t, muc.Config{}, func(w *world) {
		w.enter()
		start := time.Now()
		if err := w.Leave(w.Context(), lobby, ""); err != nil || time.Since(start) != 15*time.Second {
			t.Errorf("left %v after %v", err, time.Since(start))
		}
		if _, ok := w.Room(lobby); ok {
			t.Error("still wished for")
		}
	})
}

func TestLeaveWhileJoiningAndComeBack(t *testing.T) {
	play(t, muc.Config{}, func(w *world) {
		w.Add(muc.Room{JID: lobby})
		synctest.Wait()
		joining := make(chan error, 1)
		go func() { _, err := w.Join(w.Context(), muc.Room{JID: lobby}); joining <- err }()
		synctest.Wait()
		w.s.Sent()
		leaving := make(chan error, 1)
		go func() { leaving <- w.Leave(w.Context(), lobby, "") }()
		synctest.Wait()
		var je *muc.JoinError
		if err := <-joining; !errors.As(err, &je) || !errors.Is(err, muc.ErrNotJoined) {
			t.Errorf("join: %v", err)
		}
		if p := one(w, sent[*stanza.Presence](w)); p.Type != stanza.Unavailable {
			t.Errorf("sent %+v", p)
		}
		w.Add(muc.Room{JID: lobby, Nick: "other"})
		w.receive(in("warden", 110), gone("warden", 110))
		if err := <-leaving; err != nil {
			t.Error(err)
		}
		if p := one(w, sent[*stanza.Presence](w)); p.Type != stanza.Available || p.To != lobby+"/other" {
			t.Errorf("sent %+v", p)
		}
	})
}

// PROTOCOL, leaving: by the codes of our own unavailable presence.
func TestLeavingPolicy(t *testing.T) {
	outcast := gone("warden", 110)
	outcast.Extensions = []stanza.Element{stanza.MUCUser{Items: []stanza.MUCItem{{Affiliation: stanza.Outcast,
		Actor: stanza.MUCActor{Nick: "ann"}, Reason: "enough"}}}.Element()}
	destroyed := gone("warden", 110)
	destroyed.Extensions = []stanza.Element{stanza.MUCUser{Items: []stanza.MUCItem{{}},
		Destroy: &stanza.MUCDestroy{JID: "new@rooms.example.org", Reason: "moved"}}.Element()}
	for name, c := range map[string]struct {
		p         *stanza.Presence
		cause     muc.Cause
		stops     bool
		low, high time.Duration
	}{
		"banned":                 {p: gone("warden", 110, 301), cause: muc.Banned, stops: true},
		"outcast":                {p: outcast, cause: muc.Banned, stops: true},
		"no longer a member":     {p: gone("warden", 110, 321), cause: muc.AffiliationLost, stops: true},
		"members only":           {p: gone("warden", 110, 322), cause: muc.MembersOnly, stops: true},
		"destroyed":              {p: destroyed, cause: muc.Destroyed, stops: true},
		"shutdown":               {p: gone("warden", 332, 110), cause: muc.ServiceShutdown, low: 5 * time.Second, high: 6 * time.Second},
		"shutdown and more":      {p: gone("warden", 307, 332, 333), cause: muc.ServiceShutdown, low: 5 * time.Second, high: 6 * time.Second},
		"technical":              {p: gone("warden", 333), cause: muc.Removed},
		"technical and kicked":   {p: gone("warden", 307, 333, 110), cause: muc.Removed},
		"kicked":                 {p: gone("warden", 307, 110), cause: muc.Kicked, low: time.Minute, high: time.Minute},
		"lost":                   {p: gone("warden", 110), cause: muc.Lost},
		"lost, said without 110": {p: gone("warden"), cause: muc.Lost},
		"303 without a nick":     {p: gone("warden", 303, 110), cause: muc.Lost},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, muc.Config{}, func(w *world) {
				w.enter("ann")
				w.pass(2 * time.Minute)
				w.receive(c.p)
				e, ok := one(w, w.told()).(muc.Left)
				if !ok || e.Cause != c.cause || e.Rejoin == c.stops || e.After < c.low || e.After > c.high {
					t.Fatalf("told %+v", e)
				}
				if name == "destroyed" && (e.Alternate != "new@rooms.example.org" || e.Reason != "moved") {
					t.Errorf("told %+v", e)
				}
				if name == "outcast" && (e.Actor.Nick != "ann" || e.Reason != "enough") {
					t.Errorf("told %+v", e)
				}
				if len(w.Rooms.Rooms()) != 0 {
					t.Error("still in")
				}
				if c.stops {
					w.pass(24 * time.Hour)
					w.reconnect()
					if list := sent[*stanza.Presence](w); len(list) != 0 {
						t.Errorf("sent %v", list)
					}
					return
				}
				if e.After > 0 {
					w.pass(e.After - 1)
					if list := sent[*stanza.Presence](w); len(list) != 0 {
						t.Error("too early")
					}
					w.pass(1)
				}
				w.admit("ann")
				if j, ok := one(w, w.told()).(muc.Joined); !ok || !j.Rejoined || len(j.Came)+len(j.Gone) != 0 {
					t.Errorf("told %+v", j)
				}
			})
		})
	}
}

// Kicked: three times an hour at most.
func TestKickedOverAndOver(t *testing.T) {
	play(t, muc.Config{}, func(w *world) {
		w.enter()
		var returns []time.Time
		for range 12 {
			w.receive(gone("warden", 307, 110))
			e := one(w, w.told()).(muc.Left)
			w.pass(e.After)
			w.admit()
			w.told()
			returns = append(returns, time.Now())
		}
		for i := range returns[3:] {
			if d := returns[i+3].Sub(returns[i]); d < time.Hour {
				t.Errorf("four returns within %v", d)
			}
		}
	})
}

// A room that lets us in only to drop us is not joined in a loop.
func TestLostOverAndOver(t *testing.T) {
	play(t, muc.Config{}, func(w *world) {
		w.enter()
		var last time.Duration
		for i := range 6 {
			w.receive(gone("warden", 110))
			e := one(w, w.told()).(muc.Left)
			if i > 0 && e.After <= last {
				t.Errorf("after %v, then %v", last, e.After)
			}
			last = e.After
			w.pass(e.After)
			w.admit()
			w.told()
		}
		w.pass(time.Hour)
		w.s.Sent()
		w.receive(gone("warden", 110))
		if e := one(w, w.told()).(muc.Left); e.After != 0 {
			t.Errorf("after a long visit: %v", e.After)
		}
	})
}

// A rejoin is silent; only the difference is news, and one that fails keeps the list.
func TestRejoinIsSilent(t *testing.T) {
	play(t, muc.Config{}, func(w *world) {
		w.enter("ann", "bob", "cid")
		for range 3 { // sessions that break off halfway
			w.reconnect()
			one(w, sent[*stanza.Presence](w))
			w.receive(in("ann"), in("eve"))
			if got := nicks(w.Occupants(lobby)); !slices.Equal(got, []string{"ann", "bob", "cid", "warden"}) {
				t.Fatalf("list is %v", got)
			}
			if s, _ := w.Room(lobby); s.Joined {
				t.Error("joined")
			}
		}
		w.receive(refusal(&stanza.Presence{To: lobby + "/warden"}, stanza.ServiceUnavailable))
		fail, ok := one(w, w.told()).(muc.JoinFailed)
		if !ok {
			t.Fatalf("told %+v", fail)
		}
		w.pass(fail.Retry)
		if got := nicks(w.Occupants(lobby)); !slices.Equal(got, []string{"ann", "bob", "cid", "warden"}) {
			t.Fatalf("list is %v", got)
		}
		one(w, sent[*stanza.Presence](w))
		w.receive(in("ann"), is("cid", stanza.MUCItem{Role: stanza.Moderator}), in("dan"), in("warden", 110), in("eve"))
		list := w.told()
		if len(list) != 3 {
			t.Fatalf("told %+v", list)
		}
		j := list[0].(muc.Joined)
		if !j.Rejoined || !slices.Equal(nicks(j.Came), []string{"dan"}) || !slices.Equal(nicks(j.Gone), []string{"bob"}) {
			t.Errorf("came %v, gone %v", nicks(j.Came), nicks(j.Gone))
		}
		if e := list[1].(muc.OccupantChanged); e.Before.Nick != "cid" || e.After.Role != stanza.Moderator {
			t.Errorf("told %+v", e)
		}
		if e := list[2].(muc.OccupantJoined); e.Occupant.Nick != "eve" {
			t.Errorf("told %+v", e)
		}
	})
}

// Our own ghost still has our nick: it is no news that it was there, nor that it goes.
func TestRejoinBesideOurGhost(t *testing.T) {
	play(t, muc.Config{}, func(w *world) {
		w.enter("ann")
		w.reconnect()
		w.receive(refusal(one(w, sent[*stanza.Presence](w)), stanza.Conflict))
		one(w, sent[*stanza.Presence](w))
		w.receive(in("ann"), in("warden"), in("warden_2", 110), gone("warden"))
		list := w.told()
		j := list[0].(muc.Joined)
		if !j.Rejoined || len(j.Came)+len(j.Gone) != 0 || j.Nick != "warden_2" {
			t.Errorf("told %+v", j)
		}
		if p := one(w, sent[*stanza.Presence](w)); p.To != lobby+"/warden" {
			t.Errorf("sent %+v", p)
		}
	})
}

// That we go by another nick now does not mean that somebody is gone.
func TestRejoinUnderAnotherNick(t *testing.T) {
	play(t, muc.Config{}, func(w *world) {
		w.enter("ann")
		w.reconnect()
		w.s.Sent()
		w.receive(in("ann"), in("guest7", 110, 210))
		if j := one(w, w.told()).(muc.Joined); !j.Rejoined || len(j.Came)+len(j.Gone) != 0 {
			t.Errorf("came %v, gone %v", nicks(j.Came), nicks(j.Gone))
		}
	})
}

// The ghost goes while we enter under the same nick: that does not concern us.
func TestGhostLeavesWhileWeJoin(t *testing.T) {
	play(t, muc.Config{}, func(w *world) {
		w.enter("ann")
		w.reconnect()
		w.s.Sent()
		w.receive(gone("warden", 307), in("ann"), in("warden", 110))
		if j, ok := one(w, w.told()).(muc.Joined); !ok || !j.Rejoined {
			t.Errorf("told %+v", j)
		}
	})
}

func TestShutdownWhileWeJoin(t *testing.T) {
	play(t, muc.Config{}, func(w *world) {
		w.Add(muc.Room{JID: lobby})
		synctest.Wait()
		w.s.Sent()
		w.receive(gone("warden", 332, 110))
		if e, ok := one(w, w.told()).(muc.Left); !ok || e.Cause != muc.ServiceShutdown || !e.Rejoin {
			t.Errorf("told %+v", e)
		}
		w.pass(6 * time.Second)
		w.admit()
	})
}

// After a restart everybody comes back, some later than we do: a test of what is news.
func TestReturnAfterUs(t *testing.T) {
	play(t, muc.Config{}, func(w *world) {
		w.enter("ann", "bob", "cid")
		w.receive(gone("ann", 332), gone("bob", 332), gone("cid", 332), gone("warden", 332, 110))
		if e, ok := one(w, w.told()).(muc.Left); !ok || e.Cause != muc.ServiceShutdown {
			t.Fatalf("told %+v", e)
		}
		w.pass(6 * time.Second)
		w.admit("ann")
		if j := one(w, w.told()).(muc.Joined); !slices.Equal(nicks(j.Gone), []string{"bob", "cid"}) {
			t.Errorf("gone %v", nicks(j.Gone))
		}
		w.receive(in("bob"), in("dan"))
		w.pass(2 * time.Minute)
		w.receive(gone("bob"), in("bob"), in("cid"))
		var returned []string
		for _, e := range w.told() {
			if j, ok := e.(muc.OccupantJoined); ok && j.Returned {
				returned = append(returned, j.Occupant.Nick)
			}
		}
		if !slices.Equal(returned, []string{"bob"}) {
			t.Errorf("returned: %v", returned)
		}
	})
}

// A service that shuts others down, and not us: the list is read again.
func TestShutdownOfOthersOnly(t *testing.T) {
	play(t, muc.Config{}, func(w *world) {
		w.enter("ann", "bob")
		w.receive(gone("ann", 332))
		w.pass(5 * time.Second)
		w.receive(pong(one(w, sent[*stanza.IQ](w)), ""))
		w.told()
		w.admit("bob")
		if j := one(w, w.told()).(muc.Joined); !slices.Equal(nicks(j.Gone), []string{"ann"}) {
			t.Errorf("gone %v", nicks(j.Gone))
		}
		w.pass(time.Hour)
		if n := len(sent[*stanza.Presence](w)); n != 0 {
			t.Errorf("joined %d times more", n)
		}
	})
}

// What the rooms say while we go offline is that we go: nothing comes of it.
func TestGoodbye(t *testing.T) {
	play(t, muc.Config{}, func(w *world) {
		w.enter("ann")
		w.s.Session.Close(errors.New("bye"))
		w.receive(gone("warden", 110))
		if len(w.told())+len(w.s.Sent()) != 0 {
			t.Error("something came of it")
		}
	})
}
