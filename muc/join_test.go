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

// XEP-0045 §7.2.2: occupants first, ourselves last.
func TestJoin(t *testing.T) {
	play(t, muc.Config{}, func(w *world) {
		w.Add(muc.Room{JID: lobby, Password: "secret", History: &stanza.MUCHistory{}})
		synctest.Wait()
		join := one(w, sent[*stanza.Presence](w))
		x, ok := join.MUCJoin()
		if join.To != lobby+"/warden" || !ok || x.Password != "secret" || x.History == nil || join.ID == "" {
			t.Fatalf("asked %+v", join)
		}
		if len(w.Rooms.Rooms()) != 0 {
			t.Error("joined before the room said so")
		}
		w.receive(is("ann", stanza.MUCItem{Affiliation: stanza.Owner, Role: stanza.Moderator, JID: "ann@example.org/x"}),
			in("bob"), in("warden", stanza.StatusSelfPresence, stanza.StatusNonAnonymous))
		e, ok := one(w, w.told()).(muc.Joined)
		if !ok || e.Nick != "warden" || e.Rejoined || !e.Statuses.Has(stanza.StatusNonAnonymous) ||
			!slices.Equal(nicks(e.Occupants), []string{"ann", "bob", "warden"}) {
			t.Errorf("told %+v", e)
		}
		if o, _ := w.Occupant(lobby, "ann"); o.JID != "ann@example.org/x" || o.Role != stanza.Moderator {
			t.Errorf("knows %+v", o)
		}
		if !slices.Equal(w.Rooms.Rooms(), []stanza.JID{lobby}) {
			t.Errorf("in %v", w.Rooms.Rooms())
		}
	})
}

func TestJoinBlocksUntilItsOutcome(t *testing.T) {
	play(t, muc.Config{}, func(w *world) {
		time.AfterFunc(time.Second, func() { w.s.Receive(in("ann"), in("warden", stanza.StatusSelfPresence)) })
		j, err := w.Join(w.Context(), muc.Room{JID: lobby})
		if err != nil || j.Nick != "warden" || len(j.Occupants) != 2 {
			t.Errorf("got %+v, %v", j, err)
		}
		w.Add(muc.Room{JID: "other@rooms.example.org"})
		synctest.Wait()
		w.s.Respond(func(st stanza.Stanza) []stanza.Stanza {
			return []stanza.Stanza{refusal(st.(*stanza.Presence), stanza.Forbidden)}
		})
		_, err = w.Join(w.Context(), muc.Room{JID: "banned@rooms.example.org"})
		var je *muc.JoinError
		if !errors.Is(err, stanza.Forbidden) || !errors.As(err, &je) || !je.Stopped || je.Room != "banned@rooms.example.org" {
			t.Errorf("got %v", err)
		}
	})
}

// XEP-0045 §7.4, §9.1.
func TestSayAndBan(t *testing.T) {
	play(t, muc.Config{}, func(w *world) {
		w.enter("ann")
		id, err := w.Say(w.Context(), lobby, "hello")
		if m := one(w, sent[*stanza.Message](w)); err != nil || m.ID != id || m.To != lobby || m.Type != stanza.GroupChat {
			t.Errorf("said %+v, %v", m, err)
		}
		w.s.Respond(func(st stanza.Stanza) []stanza.Stanza {
			iq := *st.(*stanza.IQ)
			return []stanza.Stanza{iq.Result()}
		})
		if err := w.Ban(w.Context(), lobby, "spam@example.net/x", "spam"); err != nil {
			t.Error(err)
		}
		item := stanza.MUCItemOf(one(w, sent[*stanza.IQ](w)).Payload().Children[0])
		if item != (stanza.MUCItem{JID: "spam@example.net", Affiliation: stanza.Outcast, Reason: "spam"}) {
			t.Errorf("banned %+v", item)
		}
	})
}

// XEP-0045 §7.2.2: a service that omits 110 sends the presence from the address that
// was asked for.
func TestJoinWithout110(t *testing.T) {
	play(t, muc.Config{}, func(w *world) {
		w.Add(muc.Room{JID: lobby})
		synctest.Wait()
		w.receive(in("ann"), in("warden"))
		if e, ok := one(w, w.told()).(muc.Joined); !ok || len(e.Occupants) != 2 {
			t.Errorf("told %+v", e)
		}
	})
}

// XEP-0045 §7.2.3: 210 means that the service has chosen the nick. It stays.
func TestJoinWithAssignedNick(t *testing.T) {
	for _, codes := range [][]stanza.Status{{110, 210}, {210}} {
		play(t, muc.Config{}, func(w *world) {
			w.Add(muc.Room{JID: lobby})
			synctest.Wait()
			w.s.Sent()
			w.receive(in("ann"), in("Warden99", codes...))
			if e, ok := one(w, w.told()).(muc.Joined); !ok || e.Nick != "Warden99" {
				t.Errorf("told %+v", e)
			}
			if list := sent[*stanza.Presence](w); len(list) != 0 {
				t.Errorf("sent %v", list)
			}
		})
	}
}

// XEP-0045 §7.2.8: the next nick, and the first one back when it is free.
func TestJoinConflictTakesTheNextNickAndTheFirstOneBack(t *testing.T) {
	for _, c := range []stanza.Condition{stanza.Conflict, stanza.NotAcceptable} {
		play(t, muc.Config{}, func(w *world) {
			w.Add(muc.Room{JID: lobby})
			synctest.Wait()
			first := one(w, sent[*stanza.Presence](w))
			w.receive(refusal(first, c))
			second := one(w, sent[*stanza.Presence](w))
			late := refusal(first, c) // once more, and from the room itself
			late.From = lobby
			w.receive(late)
			if _, ok := second.MUCJoin(); !ok || second.To != lobby+"/warden_2" {
				t.Fatalf("asked for %s", second.To)
			}
			w.receive(refusal(second, c))
			third := one(w, sent[*stanza.Presence](w))
			w.receive(in("warden"), in(third.To.Resource(), 110))
			if e, ok := one(w, w.told()).(muc.Joined); !ok || e.Nick != "warden_3" || len(e.Occupants) != 2 {
				t.Fatalf("told %+v", e)
			}
			if list := sent[*stanza.Presence](w); len(list) != 0 {
				t.Fatalf("sent %v while the nick is taken", list[0])
			}
			w.receive(gone("warden"))
			if back := one(w, sent[*stanza.Presence](w)); back.To != lobby+"/warden" {
				t.Fatalf("asked for %s", back.To)
			}
			w.receive(is303("warden_3", "warden", 110), in("warden", 110))
			if s, _ := w.Room(lobby); s.Nick != "warden" || s.Occupants != 1 {
				t.Errorf("state %+v", s)
			}
		})
	}
}

// A reserved nick, which nobody in the room has, is asked for now and then.
func TestJoinConflictWithNobodyInTheRoom(t *testing.T) {
	play(t, muc.Config{}, func(w *world) {
		w.Add(muc.Room{JID: lobby})
		synctest.Wait()
		w.receive(refusal(one(w, sent[*stanza.Presence](w)), stanza.Conflict))
		w.s.Sent()
		w.receive(in("warden_2", 110))
		back := one(w, sent[*stanza.Presence](w))
		for range 3 {
			if back.To != lobby+"/warden" {
				t.Fatalf("asked for %s", back.To)
			}
			w.receive(refusal(back, stanza.Conflict))
			if s, _ := w.Room(lobby); !s.Joined || s.Nick != "warden_2" {
				t.Fatalf("state %+v", s)
			}
			back = await[*stanza.Presence](w)
		}
	})
}

func TestJoinGivesUp(t *testing.T) {
	for _, c := range []stanza.Condition{stanza.NotAuthorized, stanza.Forbidden, stanza.RegistrationRequired, stanza.JIDMalformed, stanza.Gone} {
		t.Run(string(c), func(t *testing.T) {
			play(t, muc.Config{}, func(w *world) {
				w.Add(muc.Room{JID: lobby})
				synctest.Wait()
				p := refusal(one(w, sent[*stanza.Presence](w)), c)
				p.Error.Type, p.Error.URI = stanza.Wait, "xmpp:new@rooms.example.org?join"
				w.receive(p)
				e, ok := one(w, w.told()).(muc.JoinFailed)
				if !ok || !e.Stopped || !errors.Is(e.Err, c) || e.Alternate != "new@rooms.example.org" {
					t.Errorf("told %+v", e)
				}
				w.reconnect()
				w.pass(24 * time.Hour)
				if list := sent[*stanza.Presence](w); len(list) != 0 {
					t.Errorf("asked again: %v", list)
				}
			})
		})
	}
}

func TestJoinTriesAgain(t *testing.T) {
	for _, c := range []stanza.Condition{stanza.ServiceUnavailable, stanza.ResourceConstraint, stanza.InternalServerError,
		stanza.RemoteServerNotFound, stanza.RemoteServerTimeout, stanza.RecipientUnavailable, stanza.NotAllowed, stanza.ItemNotFound} {
		t.Run(string(c), func(t *testing.T) {
			play(t, muc.Config{}, func(w *world) {
				w.Add(muc.Room{JID: lobby})
				synctest.Wait()
				var last time.Duration
				for range 6 {
					p := refusal(one(w, sent[*stanza.Presence](w)), c)
					p.Error.Type = stanza.Cancel
					w.receive(p)
					e, ok := one(w, w.told()).(muc.JoinFailed)
					if !ok || e.Stopped || e.Retry <= last || !errors.Is(e.Err, c) {
						t.Fatalf("told %+v after %v", e, last)
					}
					last = e.Retry
					w.pass(last - time.Millisecond)
					if list := sent[*stanza.Presence](w); len(list) != 0 {
						t.Fatal("too early")
					}
					w.pass(time.Millisecond)
				}
				w.admit()
			})
		})
	}
}

// No answer is no error of the stream, and each presence prolongs the deadline.
func TestJoinWithoutAnswer(t *testing.T) {
	play(t, muc.Config{}, func(w *world) {
		w.Add(muc.Room{JID: lobby})
		synctest.Wait()
		w.s.Sent()
		for _, nick := range []string{"a", "b", "c", "d"} {
			w.pass(29 * time.Second)
			w.receive(in(nick))
		}
		if list := w.told(); len(list) != 0 {
			t.Fatalf("told %v", list)
		}
		w.pass(30 * time.Second)
		e, ok := one(w, w.told()).(muc.JoinFailed)
		if !ok || e.Stopped || !errors.Is(e.Err, muc.ErrNoAnswer) {
			t.Fatalf("told %+v", e)
		}
		w.pass(e.Retry)
		w.s.Sent()
		w.pass(time.Minute - time.Millisecond) // a second attempt is given more time
		if list := w.told(); len(list) != 0 {
			t.Fatalf("told %v", list)
		}
		w.pass(time.Millisecond)
		w.pass(one(w, w.told()).(muc.JoinFailed).Retry)
		w.admit("a")
		if e, ok := one(w, w.told()).(muc.Joined); !ok || e.Rejoined || len(e.Occupants) != 2 {
			t.Errorf("told %+v", e)
		}
		select {
		case err := <-w.s.Ended:
			t.Errorf("gave the stream up: %v", err)
		default:
		}
	})
}

// Rooms that do not answer hold up nobody, and no more than so many are asked at once.
func TestJoinsAreBoundedAndIndependent(t *testing.T) {
	play(t, muc.Config{Joins: 4}, func(w *world) {
		for i := range 40 {
			w.Add(muc.Room{JID: stanza.JID("dead" + string(rune('a'+i%26)) + string(rune('a'+i/26)) + "@rooms.example.org")})
		}
		w.Add(muc.Room{JID: lobby})
		synctest.Wait()
		if n := len(w.s.Sent()); n != 4 {
			t.Errorf("%d at once", n)
		}
		w.pass(21 * time.Second)
		asked := false
		for _, p := range sent[*stanza.Presence](w) {
			asked = asked || p.To.Bare() == lobby
		}
		if !asked {
			t.Error("dead rooms hold up another")
		}
		w.receive(in("warden", 110))
		if len(w.Rooms.Rooms()) != 1 {
			t.Error("not joined")
		}
	})
}

func TestRoomAddressIsNormalised(t *testing.T) {
	play(t, muc.Config{}, func(w *world) {
		w.Add(muc.Room{JID: "LOBBY@Rooms.Example.ORG"})
		synctest.Wait()
		w.admit("ann")
		if _, ok := w.Room("Lobby@rooms.example.org"); !ok || len(w.Occupants("lobby@ROOMS.example.org")) != 2 {
			t.Error("not found")
		}
		w.Add(muc.Room{JID: "a@b@c"})
		synctest.Wait()
		list := w.told()
		if e, ok := list[len(list)-1].(muc.JoinFailed); !ok || !e.Stopped || !errors.Is(e.Err, stanza.JIDMalformed) {
			t.Errorf("told %+v", list)
		}
	})
}

// XEP-0045 §7.2.14, §7.2.15: what is repeated is not said.
func TestHistoryIsNotLive(t *testing.T) {
	play(t, muc.Config{}, func(w *world) {
		w.Add(muc.Room{JID: lobby})
		synctest.Wait()
		say := func(nick, body string, more ...stanza.Element) *stanza.Message {
			return &stanza.Message{From: lobby + "/" + stanza.JID(nick), Type: stanza.GroupChat, Body: body, Extensions: more}
		}
		delay := stanza.Delay{Stamp: time.Now().Add(-time.Hour)}.Element()
		legacy := stanza.NewElement(stanza.NSLegacyDelay, "x").WithAttr("stamp", "20020910T23:41:07")
		w.receive(is("ann", stanza.MUCItem{JID: "ann@example.org/x"}), in("warden", 110),
			say("ann", "one", delay), say("warden", "two", legacy), subject("hi"),
			say("ann", "three"), say("ann", "four", delay), say("warden", "five"))
		var got []muc.Message
		for _, e := range w.told() {
			if m, ok := e.(muc.Message); ok {
				got = append(got, m)
			}
		}
		for i, want := range []struct {
			body               string
			live, history, own bool
			jid                stanza.JID
		}{
			{"one", false, true, false, ""},
			{"two", false, true, true, ""},
			{"three", true, false, false, "ann@example.org/x"},
			{"four", false, false, false, ""}, // an occupant who calls it old
			{"five", true, false, true, ""},
		} {
			m := got[i]
			if m.Body != want.body || m.Live != want.live || m.History != want.history || m.Own != want.own || m.Occupant.JID != want.jid {
				t.Errorf("message %d: %+v, want %+v", i, m, want)
			}
		}
	})
}
