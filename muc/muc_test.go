package muc_test

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/xmppkit/xmppkit/internal/xmpptest"
	"github.com/xmppkit/xmppkit/muc"
	"github.com/xmppkit/xmppkit/stanza"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(servers.Around(m)) }

const (
	me    = stanza.JID("warden@example.org/bot")
	lobby = stanza.JID("lobby@rooms.example.org")
)

// world is a Rooms, its session, and what the two have to say. The test plays the
// rooms.
type world struct {
	*testing.T
	*muc.Rooms
	s *xmpptest.Session

	mu     sync.Mutex // guards events
	events []muc.Event
}

// play runs f in a bubble with virtual time, over a session that has begun.
func play(t *testing.T, cfg muc.Config, f func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{T: t}
		then := cfg.OnEvent
		cfg.OnEvent = func(ctx context.Context, e muc.Event) {
			w.mu.Lock()
			w.events = append(w.events, e)
			w.mu.Unlock()
			if then != nil {
				then(ctx, e)
			}
		}
		if cfg.Nick == "" {
			cfg.Nick = "warden"
		}
		cfg.Logger = slog.New(slog.DiscardHandler)
		w.Rooms = muc.New(cfg)
		w.begin()
		f(w)
		w.s.Close()
		synctest.Wait()
	})
}

// begin lets a session begin.
func (w *world) begin() {
	w.s = xmpptest.NewSession(w.Context(), me, w.Rooms)
	synctest.Wait()
}

// reconnect loses the session and lets the next begin.
func (w *world) reconnect() {
	w.s.Close()
	synctest.Wait()
	w.begin()
}

// pass lets time go by, and everything settle.
func (w *world) pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// receive lets stanzas arrive, and everything settle.
func (w *world) receive(list ...stanza.Stanza) {
	w.s.Receive(list...)
	synctest.Wait()
}

// told takes the events since the last call.
func (w *world) told() []muc.Event {
	w.mu.Lock()
	defer w.mu.Unlock()
	list := w.events
	w.events = nil
	return list
}

// sent takes what has been sent since the last call, of one kind.
func sent[T stanza.Stanza](w *world) []T {
	w.Helper()
	var list []T
	for _, st := range w.s.Sent() {
		if x, ok := st.(T); ok {
			list = append(list, x)
		}
	}
	return list
}

// one is the only element of a list.
func one[T any](w *world, list []T) T {
	w.Helper()
	if len(list) != 1 {
		w.Fatalf("got %d of %T, want one: %v", len(list), *new(T), list)
	}
	return list[0]
}

// in takes the room's presence of an occupant.
func in(nick string, codes ...stanza.Status) *stanza.Presence {
	return is(nick, stanza.MUCItem{Affiliation: stanza.AffiliationNone, Role: stanza.Participant}, codes...)
}

// is is the room's presence of an occupant of this standing.
func is(nick string, item stanza.MUCItem, codes ...stanza.Status) *stanza.Presence {
	u := stanza.MUCUser{Items: []stanza.MUCItem{item}, Statuses: codes}
	return &stanza.Presence{From: lobby + "/" + stanza.JID(nick), To: me, Extensions: []stanza.Element{u.Element()}}
}

// gone is the room's presence of an occupant who is no longer there.
func gone(nick string, codes ...stanza.Status) *stanza.Presence {
	p := is(nick, stanza.MUCItem{Role: stanza.RoleNone}, codes...)
	p.Type = stanza.Unavailable
	return p
}

// subject is what ends a room's history.
func subject(text string) *stanza.Message {
	return &stanza.Message{From: lobby, To: me, Type: stanza.GroupChat, Subject: &text}
}

// refusal is an error to a presence.
func refusal(p *stanza.Presence, c stanza.Condition) *stanza.Presence {
	return &stanza.Presence{ID: p.ID, From: p.To, To: me, Type: stanza.PresenceError, Error: &stanza.Error{Condition: c}}
}

// enter gets the lobby joined, with these occupants, and takes what that said.
func (w *world) enter(nicks ...string) {
	w.Helper()
	w.Add(muc.Room{JID: lobby})
	synctest.Wait()
	w.admit(nicks...)
	if _, ok := one(w, w.told()).(muc.Joined); !ok {
		w.Fatal("not joined")
	}
}

// admit answers the one join that has been sent.
func (w *world) admit(nicks ...string) {
	w.Helper()
	join := one(w, sent[*stanza.Presence](w))
	if _, ok := join.MUCJoin(); !ok {
		w.Fatalf("%+v asks for nothing", join)
	}
	for _, nick := range nicks {
		w.s.Receive(in(nick))
	}
	w.receive(in(join.To.Resource(), stanza.StatusSelfPresence), subject("hello"))
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = slices.DeleteFunc(w.events, func(e muc.Event) bool { _, ok := e.(muc.SubjectChanged); return ok })
}

// nicks of occupants.
func nicks(list []muc.Occupant) []string {
	var names []string
	for _, o := range list {
		names = append(names, o.Nick)
	}
	return names
}

// is303 is the room's presence of an occupant who goes by another nick now.
func is303(old, nick string, codes ...stanza.Status) *stanza.Presence {
	p := is(old, stanza.MUCItem{Role: stanza.Participant, Affiliation: stanza.AffiliationNone, Nick: nick}, append(codes, stanza.StatusNickChanged)...)
	p.Type = stanza.Unavailable
	return p
}
