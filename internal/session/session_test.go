package session_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/xmppkit/xmppkit/internal/xmpptest"
	"github.com/xmppkit/xmppkit/stanza"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const me = stanza.JID("me@example.org/here")

// service hands what it sees to handle.
type service struct {
	handle func(context.Context, stanza.Session, stanza.Stanza)
}

func (s service) Begin(context.Context, stanza.Session) {}
func (s service) Handle(ctx context.Context, ss stanza.Session, st stanza.Stanza) {
	s.handle(ctx, ss, st)
}

func ping(to stanza.JID) *stanza.IQ {
	return &stanza.IQ{Type: stanza.Get, To: to, Extensions: []stanza.Element{stanza.NewElement(stanza.NSPing, "ping")}}
}

// RFC 6120 §8.1.2.1, §8.2.3: an answer has the request's id and comes from where it
// went.
func TestRequestMatchesIDAndSender(t *testing.T) {
	for name, c := range map[string]struct {
		to, from stanza.JID
		match    bool
	}{
		"same":                    {"room@x/nick", "room@x/nick", true},
		"another occupant":        {"room@x/nick", "room@x/other", false},
		"stranger":                {"room@x/nick", "evil@example.net/x", false},
		"own account, no from":    {"", "", true},
		"own account, bare":       {"", "me@example.org", true},
		"own account, full":       {"", me, true},
		"own account, by server":  {"", "example.org", true},
		"own account, stranger":   {"", "example.net", false},
		"bare, without from":      {"me@example.org", "", true},
		"server, without from":    {"example.org", "", true},
		"server, by account":      {"example.org", "me@example.org", false},
		"other server, no sender": {"example.net", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				s := xmpptest.NewSession(ctx, me)
				s.Respond(func(st stanza.Stanza) []stanza.Stanza {
					return []stanza.Stanza{&stanza.IQ{Type: stanza.Result, ID: st.Header().ID, From: c.from}}
				})
				if _, err := s.Request(ctx, ping(c.to)); (err == nil) != c.match {
					t.Errorf("matched %v, want %v", err == nil, c.match)
				}
			})
		})
	}
}

func TestRequestErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := xmpptest.NewSession(t.Context(), me)
		s.Respond(func(st stanza.Stanza) []stanza.Stanza {
			iq := *st.(*stanza.IQ)
			iq.To, iq.From = "room@x/nick", ""
			return []stanza.Stanza{iq.Refuse(&stanza.Error{Condition: stanza.NotAcceptable})}
		})
		if _, err := s.Request(t.Context(), ping("room@x/nick")); !errors.Is(err, stanza.NotAcceptable) {
			t.Errorf("got %v, want not-acceptable", err)
		}
		s.Respond(nil)
		time.AfterFunc(time.Second, s.Close)
		if _, err := s.Request(t.Context(), ping("room@x/nick")); !errors.Is(err, stanza.ErrLost) {
			t.Errorf("got %v, want ErrLost", err)
		}
		if _, err := s.Request(t.Context(), ping("room@x/nick")); !errors.Is(err, stanza.ErrOffline) {
			t.Errorf("got %v, want ErrOffline", err)
		}
		if n := s.Waiting(); n != 0 {
			t.Errorf("%d requests still wait", n)
		}
	})
}

func TestHandlerThatRequestsDoesNotDeadlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const stanzas = 10
		answered := 0
		s := xmpptest.NewSession(t.Context(), me, service{func(ctx context.Context, s stanza.Session, st stanza.Stanza) {
			if _, err := s.Request(ctx, ping(st.Header().From)); err == nil {
				answered++
			}
		}})
		s.Respond(func(st stanza.Stanza) []stanza.Stanza { // the answer stands behind the next message
			iq := st.(*stanza.IQ)
			answer := []stanza.Stanza{iq.Result()}
			if answered < stanzas-1 {
				answer = append([]stanza.Stanza{&stanza.Message{From: "a@b/c"}}, answer...)
			}
			return answer
		})
		s.Receive(&stanza.Message{From: "a@b/c"})
		synctest.Wait()
		s.Close()
		if answered != stanzas {
			t.Errorf("%d of %d requests were answered", answered, stanzas)
		}
	})
}

// RFC 6120 §8.4: what nobody answers is refused.
func TestRequestOfNobodysIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		blocked := service{func(ctx context.Context, _ stanza.Session, _ stanza.Stanza) { <-ctx.Done() }}
		s := xmpptest.NewSession(t.Context(), me, blocked)
		defer s.Close()
		s.Receive(&stanza.Message{From: "a@b/c"}, &stanza.IQ{Type: stanza.Get, ID: "1", From: "a@b/c", To: me})
		synctest.Wait()
		sent := s.Sent()
		if len(sent) != 1 {
			t.Fatalf("sent %v", sent)
		}
		iq := sent[0].(*stanza.IQ)
		if iq.ID != "1" || iq.To != "a@b/c" || !errors.Is(iq.Error, stanza.ServiceUnavailable) {
			t.Errorf("sent %+v", iq)
		}
	})
}
