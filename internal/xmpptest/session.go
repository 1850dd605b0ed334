package xmpptest

import (
	"context"
	"errors"
	"sync"

	"github.com/xmppkit/xmppkit/internal/sched"
	"github.com/xmppkit/xmppkit/internal/session"
	"github.com/xmppkit/xmppkit/stanza"
)

// Session is a [stanza.Session] in memory: what is sent through it is kept for the
// test to look at, or answered by Respond, and what the test lets it Receive
// reaches the services as it does on a real stream. In a testing/synctest bubble,
// synctest.Wait lets everything settle.
type Session struct {
	*session.Session

	// Ended gets the cause when a service gives the session up.
	Ended chan error

	loop    *sched.Loop
	mu      sync.Mutex // guards sent, respond
	sent    []stanza.Stanza
	respond func(stanza.Stanza) []stanza.Stanza
}

// NewSession begins a session of jid for services.
func NewSession(ctx context.Context, jid stanza.JID, services ...stanza.Service) *Session {
	s := &Session{Ended: make(chan error, 1), loop: &sched.Loop{}}
	s.Session = session.New(ctx, session.Config{
		JID: jid, Services: services, Loop: s.loop,
		Write:  s.write,
		Answer: func(iq *stanza.IQ) { _ = s.write(context.Background(), iq) },
		End: func(cause error) {
			select {
			case s.Ended <- cause:
			default:
			}
			s.Close()
		},
	})
	context.AfterFunc(ctx, s.Close)
	s.Begin()
	return s
}

// Respond has every stanza sent from now on answered by what f returns.
func (s *Session) Respond(f func(sent stanza.Stanza) []stanza.Stanza) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.respond = f
}

// Receive lets stanzas arrive.
func (s *Session) Receive(list ...stanza.Stanza) {
	for _, st := range list {
		s.Session.Receive(st, 0)
	}
}

// Sent takes what has been sent since the last call.
func (s *Session) Sent() []stanza.Stanza {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.sent
	s.sent = nil
	return list
}

// Close ends the session as the loss of its stream would.
func (s *Session) Close() {
	s.Session.Close(errors.New("xmpptest: closed"))
	s.loop.Close()
}

func (s *Session) write(_ context.Context, st stanza.Stanza) error {
	s.mu.Lock()
	respond := s.respond
	s.sent = append(s.sent, st)
	s.mu.Unlock()
	if respond != nil {
		s.Receive(respond(st)...)
	}
	return nil
}
