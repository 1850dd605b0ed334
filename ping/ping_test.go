package ping_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xmppkit/xmppkit/internal/xmpptest"
	"github.com/xmppkit/xmppkit/ping"
	"github.com/xmppkit/xmppkit/stanza"
)

func TestPing(t *testing.T) {
	const far = stanza.JID("room@rooms.example.org/me")
	const delay = 70 * time.Millisecond
	for name, c := range map[string]struct {
		answer func(*stanza.IQ) *stanza.IQ // nil: none
		rtt    time.Duration
		err    error
	}{
		"result":                  {answers, delay, nil},
		"feature-not-implemented": {refuses(stanza.FeatureNotImplemented), delay, stanza.FeatureNotImplemented},
		"service-unavailable":     {refuses(stanza.ServiceUnavailable), delay, stanza.ServiceUnavailable},
		"not-acceptable":          {refuses(stanza.NotAcceptable), delay, stanza.NotAcceptable},
		"nothing":                 {silence, 0, context.DeadlineExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := xmpptest.NewSession(t.Context(), me)
				defer s.Close()
				s.Respond(func(st stanza.Stanza) []stanza.Stanza {
					iq := st.(*stanza.IQ)
					if a := c.answer(iq); a != nil {
						a.From = iq.To
						time.AfterFunc(delay, func() { s.Receive(a) })
					}
					return nil
				})
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				rtt, err := ping.Ping(ctx, s, far)
				if rtt != c.rtt || !errors.Is(err, c.err) {
					t.Errorf("got %v, %v", rtt, err)
				}
			})
		})
	}
}

func TestPingOffline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := xmpptest.NewSession(t.Context(), me)
		time.AfterFunc(time.Second, s.Close)
		if rtt, err := ping.Ping(t.Context(), s, "a@b"); rtt != 0 || !errors.Is(err, stanza.ErrLost) {
			t.Errorf("lost: got %v, %v", rtt, err)
		}
		if rtt, err := ping.Ping(t.Context(), s, "a@b"); rtt != 0 || !errors.Is(err, stanza.ErrOffline) {
			t.Errorf("offline: got %v, %v", rtt, err)
		}
	})
}

// XEP-0199 §4: who asks is told. XEP-0410 §3.1: the answer to a ping that came
// through a room goes back to the occupant it came from.
func TestAnswer(t *testing.T) {
	element := stanza.NewElement(stanza.NSPing, "ping")
	for name, c := range map[string]struct {
		iq     stanza.IQ
		answer bool
	}{
		"server":              {stanza.IQ{Type: stanza.Get, ID: "1", To: me, Extensions: []stanza.Element{element}}, true},
		"stranger":            {stanza.IQ{Type: stanza.Get, ID: `"/>`, From: "evil@example.net/x", To: me, Extensions: []stanza.Element{element}}, true},
		"through a room":      {stanza.IQ{Type: stanza.Get, ID: "3", From: "room@rooms.example.org/me", To: me, Extensions: []stanza.Element{element}}, true},
		"set":                 {stanza.IQ{Type: stanza.Set, ID: "4", To: me, Extensions: []stanza.Element{element}}, false},
		"another namespace":   {stanza.IQ{Type: stanza.Get, ID: "5", To: me, Extensions: []stanza.Element{stanza.NewElement("urn:x", "ping")}}, false},
		"nothing in it":       {stanza.IQ{Type: stanza.Get, ID: "6", To: me}, false},
		"an answer to a ping": {stanza.IQ{Type: stanza.Result, ID: "7", To: me, Extensions: []stanza.Element{element}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			a := (&ping.Keepalive{}).Answer(&c.iq)
			if (a != nil) != c.answer {
				t.Fatalf("answered %+v", a)
			}
			if a != nil && (a.Type != stanza.Result || a.ID != c.iq.ID || a.To != c.iq.From || a.From != c.iq.To || a.Payload() != nil) {
				t.Errorf("answered %+v", a)
			}
		})
	}
}

func TestAnswerWhileAHandlerBlocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := xmpptest.NewSession(t.Context(), me, blocked{}, &ping.Keepalive{})
		defer s.Close()
		s.Receive(&stanza.Message{From: "a@b"})
		s.Receive(&stanza.IQ{Type: stanza.Get, ID: "1", From: "room@x/me", To: me, Extensions: []stanza.Element{stanza.NewElement(stanza.NSPing, "ping")}})
		synctest.Wait()
		sent := s.Sent()
		if len(sent) != 1 || sent[0].Header().To != "room@x/me" || sent[0].Header().Type != "result" {
			t.Errorf("sent %v", sent)
		}
	})
}

func TestFeatures(t *testing.T) {
	var f stanza.Featurer = &ping.Keepalive{}
	if got := f.Features(); len(got) != 1 || got[0] != stanza.NSPing {
		t.Errorf("got %v", got)
	}
}

// Whoever owns a session gives it its services; a bot measures the way to others.
func ExamplePing() {
	keepalive := &ping.Keepalive{Interval: 2 * time.Minute}
	session := xmpptest.NewSession(context.Background(), "me@example.org/here", keepalive) // or one of reconnect's
	defer session.Close()
	session.Respond(func(sent stanza.Stanza) []stanza.Stanza {
		return []stanza.Stanza{sent.(*stanza.IQ).Refuse(&stanza.Error{Condition: stanza.ServiceUnavailable}).WithFrom("example.com")}
	})

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	rtt, err := ping.Ping(ctx, session, "example.com")
	switch {
	case err == nil:
		fmt.Println("there and back", rtt > 0)
	case rtt > 0:
		fmt.Println("there, but says", stanza.ConditionOf(err))
	default:
		fmt.Println("no answer:", err)
	}
	// Output: there, but says service-unavailable
}
