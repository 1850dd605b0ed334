package muc_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xmppkit/xmppkit/muc"
	"github.com/xmppkit/xmppkit/stanza"
)

// setNick asks for a nick and takes what is sent for it.
func (w *world) setNick(nick string) (*stanza.Presence, <-chan error) {
	w.Helper()
	done := make(chan error, 1)
	go func() { done <- w.SetNick(w.Context(), lobby, nick) }()
	synctest.Wait()
	return one(w, sent[*stanza.Presence](w)), done
}

// XEP-0045 §7.6.
func TestSetNick(t *testing.T) {
	play(t, muc.Config{}, func(w *world) {
		w.enter("ann")
		p, done := w.setNick("guard")
		if p.To != lobby+"/guard" || p.Type != stanza.Available {
			t.Errorf("sent %+v", p)
		}
		w.receive(is303("warden", "guard", 110), in("guard", 110))
		if err := <-done; err != nil {
			t.Error(err)
		}
		if e, ok := one(w, w.told()).(muc.NickChanged); !ok || !e.Own || e.Old != "warden" || e.Occupant.Nick != "guard" {
			t.Errorf("told %+v", e)
		}
		if s, _ := w.Room(lobby); s.Nick != "guard" || s.Occupants != 2 {
			t.Errorf("state %+v", s)
		}
		w.reconnect()
		if p := one(w, sent[*stanza.Presence](w)); p.To != lobby+"/guard" {
			t.Errorf("rejoins as %s", p.To)
		}
	})
}

// PROTOCOL.md, things servers do: Prosody 0.12 loses a temporary room whose only
// occupant takes another nick, without a word. So we ask, and return.
func TestNickChangeAlone(t *testing.T) {
	for name, others := range map[string][]string{"alone": nil, "in company": {"ann"}} {
		t.Run(name, func(t *testing.T) {
			play(t, muc.Config{}, func(w *world) {
				w.enter(others...)
				_, done := w.setNick("guard")
				w.receive(is303("warden", "guard", 110), in("guard", 110))
				if err := <-done; err != nil {
					t.Error(err)
				}
				w.told()
				pings := sent[*stanza.IQ](w)
				if len(others) > 0 {
					if len(pings) > 0 {
						t.Errorf("asked needlessly: %+v", pings)
					}
					return
				}
				for range 2 {
					p := one(w, pings)
					if p.To != lobby+"/guard" {
						t.Fatalf("asked %s", p.To)
					}
					w.receive(p.Refuse(&stanza.Error{Condition: stanza.ItemNotFound}).WithFrom(p.To))
					pings = sent[*stanza.IQ](w)
				}
				if e, ok := one(w, w.told()).(muc.Left); !ok || e.Cause != muc.SelfPingFailed || !e.Rejoin {
					t.Errorf("told %+v", e)
				}
			})
		})
	}
}

func TestSetNickFails(t *testing.T) {
	play(t, muc.Config{}, func(w *world) {
		w.enter("ann")
		p, done := w.setNick("ann")
		w.receive(refusal(p, stanza.Conflict))
		if err := <-done; !errors.Is(err, stanza.Conflict) {
			t.Errorf("got %v", err)
		}
		_, done = w.setNick("guard")
		w.pass(15 * time.Second)
		if err := <-done; !errors.Is(err, muc.ErrNoAnswer) {
			t.Errorf("got %v", err)
		}
		if ping := one(w, sent[*stanza.IQ](w)); ping.To != lobby+"/warden" {
			t.Errorf("checked %s", ping.To)
		}
		_, first := w.setNick("one")
		_, second := w.setNick("two")
		if err := <-first; !errors.Is(err, muc.ErrSuperseded) {
			t.Errorf("got %v", err)
		}
		w.receive(is303("warden", "one", 110), in("one", 110), is303("one", "two", 110), in("two", 110))
		if err := <-second; err != nil {
			t.Error(err)
		}
		if err := w.SetNick(w.Context(), "none@rooms.example.org", "x"); !errors.Is(err, muc.ErrNoRoom) {
			t.Errorf("got %v", err)
		}
		if err := w.SetNick(w.Context(), lobby, "\x00"); !errors.Is(err, stanza.ErrJID) {
			t.Errorf("got %v", err)
		}
		_, lost := w.setNick("three")
		w.s.Close()
		if err := <-lost; !errors.Is(err, stanza.ErrLost) {
			t.Errorf("got %v", err)
		}
		w.begin()
		if p := one(w, sent[*stanza.Presence](w)); p.To != lobby+"/two" {
			t.Errorf("rejoins as %s", p.To)
		}
	})
}

// A service that renames us, without being asked and without 303.
func TestForcedNick(t *testing.T) {
	play(t, muc.Config{}, func(w *world) {
		w.enter("ann")
		w.receive(in("Guest1", 110, 210))
		if e, ok := one(w, w.told()).(muc.NickChanged); !ok || !e.Own || e.Occupant.Nick != "Guest1" || e.Old != "warden" {
			t.Errorf("told %+v", e)
		}
		w.receive(is303("warden", "Guest1", 110)) // late
		if s, _ := w.Room(lobby); !s.Joined || s.Nick != "Guest1" || s.Occupants != 2 {
			t.Errorf("state %+v", s)
		}
		if ping := w.silent(); ping.To != lobby+"/Guest1" {
			t.Errorf("pings %s", ping.To)
		}
	})
}

// What is said of another presence of ours says nothing of the nick.
func TestNickChangeAndAnotherError(t *testing.T) {
	play(t, muc.Config{}, func(w *world) {
		w.enter("ann")
		if err := w.SetPresence(w.Context(), lobby, stanza.Away, ""); err != nil {
			t.Fatal(err)
		}
		away := one(w, sent[*stanza.Presence](w))
		_, done := w.setNick("guard")
		w.receive(refusal(away, stanza.BadRequest))
		w.receive(is303("warden", "guard", 110), in("guard", 110))
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestAddWithAnotherNick(t *testing.T) {
	play(t, muc.Config{}, func(w *world) {
		w.enter("ann")
		w.Add(muc.Room{JID: lobby, Nick: "ann"})
		synctest.Wait()
		w.receive(refusal(one(w, sent[*stanza.Presence](w)), stanza.Conflict))
		w.receive(gone("ann"))
		if p := one(w, sent[*stanza.Presence](w)); p.To != lobby+"/ann" {
			t.Errorf("asked for %s", p.To)
		}
	})
}
