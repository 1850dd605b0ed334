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
