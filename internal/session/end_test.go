package session_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xmppkit/xmppkit/internal/sched"
	"github.com/xmppkit/xmppkit/internal/session"
	"github.com/xmppkit/xmppkit/internal/xmpptest"
	"github.com/xmppkit/xmppkit/stanza"
)

// A handler's context ends with its session: what it is told then is that the
// session is over, not that its context is, whichever it sees first.
func TestEndOfSessionIsToldAsSuch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for range 64 {
			s := xmpptest.NewSession(t.Context(), me)
			ctx, cancel := context.WithCancel(s.Context())
			time.AfterFunc(time.Second, s.Close)
			if _, err := s.Request(ctx, ping("room@x/nick")); !errors.Is(err, stanza.ErrLost) {
				t.Fatalf("Request: %v", err)
			}
			cancel()

			var loop sched.Loop
			stuck := session.New(t.Context(), session.Config{JID: me, Loop: &loop, Write: func(ctx context.Context, _ stanza.Stanza) error {
				<-ctx.Done() // waits its turn
				return ctx.Err()
			}})
			time.AfterFunc(time.Second, func() { stuck.Close(errors.New("gone")) })
			if err := stuck.Send(stuck.Context(), &stanza.Message{}); !errors.Is(err, stanza.ErrOffline) {
				t.Fatalf("Send: %v", err)
			}
		}
	})
}

// An answer that came in time is not lost, whatever ended meanwhile.
func TestAnswerGoesBeforeTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for range 64 {
			ctx, cancel := context.WithCancel(t.Context())
			s := xmpptest.NewSession(t.Context(), me)
			s.Respond(func(st stanza.Stanza) []stanza.Stanza {
				s.Session.Receive(st.(*stanza.IQ).Result().WithFrom("room@x/nick"), 0)
				cancel()
				s.Close()
				return nil
			})
			if _, err := s.Request(ctx, ping("room@x/nick")); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// What has ended sees nothing any more, even of what came before.
func TestEndedSessionSeesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var loop sched.Loop
		defer loop.Close()
		seen, handled := 0, int64(0)
		release := make(chan struct{})
		loop.Post(func() { <-release })
		s := session.New(t.Context(), session.Config{
			JID: me, Loop: &loop, Services: []stanza.Service{service{func(context.Context, stanza.Session, stanza.Stanza) { seen++ }}},
			Handled: func(n int64) { handled += n },
		})
		s.Begin()
		s.Receive(&stanza.Message{From: "a@b/c"}, 10)
		s.Close(errors.New("removed"))
		s.Receive(&stanza.Message{From: "a@b/c"}, 10)
		close(release)
		synctest.Wait()
		if seen != 0 || handled != 20 {
			t.Errorf("the service saw %d stanzas, %d bytes were accounted for", seen, handled)
		}
	})
}
