package muc_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xmppkit/xmppkit/internal/xmpptest"
	"github.com/xmppkit/xmppkit/muc"
	"github.com/xmppkit/xmppkit/stanza"
)

// hospitable is a service whose rooms let everybody in and do as they are told.
func hospitable(st stanza.Stanza) []stanza.Stanza {
	switch st := st.(type) {
	case *stanza.Presence:
		p := in("warden", 110)
		p.From, p.Type = st.To, st.Type
		return []stanza.Stanza{p}
	case *stanza.IQ:
		iq := *st
		return []stanza.Stanza{iq.Result()}
	}
	return nil
}

// DESIGN: a handler may call anything in the library without deadlock.
func TestHandlerMayCallAnything(t *testing.T) {
	var w *world
	var once sync.Once
	calls := make(chan string, 100)
	cfg := muc.Config{OnEvent: func(ctx context.Context, e muc.Event) {
		if e.Where() != lobby {
			return
		}
		once.Do(func() {
			want := func(name string, err, want error) {
				calls <- name
				if !errors.Is(err, want) {
					t.Errorf("%s: %v, want %v", name, err, want)
				}
			}
			w.Add(muc.Room{JID: "second@rooms.example.org"})
			_, err := w.Join(ctx, muc.Room{JID: "third@rooms.example.org"})
			want("Join", err, muc.ErrPending)
			_, err = w.Join(ctx, muc.Room{JID: lobby})
			want("Join where one is", err, nil)
			want("Kick", w.Kick(ctx, lobby, "x", ""), nil)
			want("Ban", w.Ban(ctx, lobby, "x@y", ""), nil)
			_, err = w.Affiliations(ctx, lobby, stanza.Member)
			want("Affiliations", err, nil)
			_, err = w.Info(ctx, lobby)
			want("Info", err, nil)
			want("Configure", w.Configure(ctx, lobby, nil), nil)
			want("Destroy", w.Destroy(ctx, lobby, "", ""), nil)
			_, err = w.Say(ctx, lobby, "hi")
			want("Say", err, nil)
			want("SetNick", w.SetNick(ctx, lobby, "guard"), muc.ErrPending)
			want("Leave", w.Leave(ctx, lobby, ""), muc.ErrPending)
			w.Occupants(lobby)
			w.Stats()
			w.Rooms.Rooms()
		})
	}}
	play(t, cfg, func(world *world) {
		w = world
		w.s.Respond(hospitable)
		w.Add(muc.Room{JID: lobby})
		synctest.Wait()
		if len(calls) != 11 {
			t.Fatalf("%d calls returned", len(calls))
		}
		rooms := w.Rooms.Rooms()
		if len(rooms) != 2 || rooms[0] != "second@rooms.example.org" || rooms[1] != "third@rooms.example.org" {
			t.Errorf("in %v", rooms)
		}
	})
}

// A goroutine that outlives its handler has that handler's context, and may wait.
func TestContextOfAHandlerThatHasReturned(t *testing.T) {
	contexts := make(chan context.Context, 1)
	cfg := muc.Config{OnEvent: func(ctx context.Context, e muc.Event) {
		select {
		case contexts <- ctx:
		default:
		}
	}}
	play(t, cfg, func(w *world) {
		w.s.Respond(hospitable)
		w.Add(muc.Room{JID: lobby})
		synctest.Wait()
		if _, err := w.Join(<-contexts, muc.Room{JID: "second@rooms.example.org"}); err != nil {
			t.Error(err)
		}
	})
}

// stubborn is a service of somebody else's whose handler calls with a context of its
// own.
type stubborn struct{ call func() }

func (s stubborn) Begin(context.Context, stanza.Session)                        {}
func (s stubborn) Handle(_ context.Context, _ stanza.Session, st stanza.Stanza) { s.call() }

func TestCallFromAHandlerThatCannotBeTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rooms := muc.New(muc.Config{Nick: "warden"})
		done := make(chan error, 1)
		var once sync.Once
		s := xmpptest.NewSession(t.Context(), me, rooms, stubborn{func() {
			once.Do(func() {
				_, err := rooms.Join(context.Background(), muc.Room{JID: lobby})
				done <- err
			})
		}})
		defer s.Close()
		s.Respond(hospitable)
		s.Receive(&stanza.Message{From: "a@b/c"})
		if err := <-done; !errors.Is(err, muc.ErrPending) {
			t.Errorf("got %v", err)
		}
		synctest.Wait()
		if len(rooms.Rooms()) != 1 {
			t.Error("not joined after all")
		}
	})
}

func TestCallsOffline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rooms := muc.New(muc.Config{})
		ctx := t.Context()
		check := func() {
			t.Helper()
			_, join := rooms.Join(ctx, muc.Room{JID: lobby})
			_, say := rooms.Say(ctx, lobby, "hi")
			_, info := rooms.Info(ctx, lobby)
			for name, err := range map[string]error{"Join": join, "Say": say, "Info": info,
				"Kick": rooms.Kick(ctx, lobby, "x", ""), "Ban": rooms.Ban(ctx, lobby, "x@y", ""),
				"Invite": rooms.Invite(ctx, lobby, "x@y", ""), "SetPresence": rooms.SetPresence(ctx, lobby, "", "")} {
				if !errors.Is(err, stanza.ErrOffline) {
					t.Errorf("%s: %v", name, err)
				}
			}
			if len(rooms.Rooms()) != 0 {
				t.Error("in a room")
			}
		}
		check()
		s := xmpptest.NewSession(ctx, me, rooms)
		s.Respond(hospitable)
		synctest.Wait()
		if rooms.Rooms() != nil {
			synctest.Wait()
		}
		s.Close()
		check()
		if err := rooms.Leave(ctx, lobby, ""); err != nil {
			t.Error(err)
		}
		if _, ok := rooms.Room(lobby); ok {
			t.Error("still wished for")
		}
	})
}

func TestCallsEndWithTheSessionAndTheirContext(t *testing.T) {
	play(t, muc.Config{}, func(w *world) {
		ctx, cancel := context.WithTimeout(w.Context(), time.Second)
		defer cancel()
		if _, err := w.Join(ctx, muc.Room{JID: lobby}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		time.AfterFunc(time.Second, w.s.Close)
		if _, err := w.Join(w.Context(), muc.Room{JID: lobby}); !errors.Is(err, stanza.ErrLost) {
			t.Errorf("got %v", err)
		}
		w.begin()
		one(w, sent[*stanza.Presence](w)) // the wish has outlived both
	})
}
