// Package session is the part of a [stanza.Session] that is the same over every
// stream: it matches answers to requests, has requests answered, and shows the
// services what arrives, in order. What reads and writes the stream stays outside.
package session

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/xmppkit/xmppkit/internal/sched"
	"github.com/xmppkit/xmppkit/stanza"
)

// Config says what a Session stands on.
type Config struct {
	JID      stanza.JID
	Services []stanza.Service
	Loop     *sched.Loop // on which the services run; shared by the sessions of a stream

	// Write writes one stanza, as [stanza.Session.Send] promises.
	Write func(ctx context.Context, s stanza.Stanza) error
	// Answer sends the answer to a request without blocking.
	Answer func(answer *stanza.IQ)
	// End gives the stream up.
	End func(cause error)

	// Own, where set, is asked for an answer after the services.
	Own stanza.Answerer

	// Handled, where set, is called with the size that Receive was given once the
	// services have seen a stanza.
	Handled func(size int64)
	// Waits, where set, is called with 1 when a Request begins to wait for its
	// answer and with -1 when it ends.
	Waits func(n int)

	// KeepAlive and LastReceived, where set, are what the methods of that name do.
	KeepAlive    func(ctx context.Context) error
	LastReceived func() time.Time
}

// Session is a [stanza.Session].
type Session struct {
	cfg    Config
	ctx    context.Context
	cancel context.CancelCauseFunc

	mu      sync.Mutex // guards pending
	pending map[string]*pending
}

type pending struct {
	iq     *stanza.IQ
	answer chan *stanza.IQ // of one
}

// New makes a session, which ends with ctx, and with Close.
func New(ctx context.Context, cfg Config) *Session {
	s := &Session{cfg: cfg}
	s.ctx, s.cancel = context.WithCancelCause(ctx)
	return s
}

// Begin begins the session: before anything that arrives, every service is told.
func (s *Session) Begin() {
	s.cfg.Loop.Post(func() {
		if s.ctx.Err() != nil {
			return
		}
		for _, svc := range s.cfg.Services {
			svc.Begin(s.ctx, s)
		}
	})
}

// JID is the session's address.
func (s *Session) JID() stanza.JID { return s.cfg.JID }

// Loop is what the services of the session run on; see [sched.Of].
func (s *Session) Loop() *sched.Loop { return s.cfg.Loop }

// End gives the stream up.
func (s *Session) End(cause error) { s.cfg.End(cause) }

// Close ends the session; what waits for an answer is told that it is lost.
func (s *Session) Close(cause error) { s.cancel(cause) }

// Context ends with the session.
func (s *Session) Context() context.Context { return s.ctx }

// Send writes a stanza.
func (s *Session) Send(ctx context.Context, st stanza.Stanza) error {
	if s.ctx.Err() != nil {
		return stanza.ErrOffline
	}
	err := s.cfg.Write(ctx, st)
	if err != nil && s.ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return stanza.ErrOffline // a handler's ctx, which ended with the session
	}
	return err
}

// errOwnID is a caller's mistake: two requests of one id cannot be told apart.
var errOwnID = errors.New("xmpp: a request of this id is under way")

// Request sends iq and waits for its answer.
func (s *Session) Request(ctx context.Context, iq *stanza.IQ) (*stanza.IQ, error) {
	if !iq.IsRequest() {
		return nil, fmt.Errorf("xmpp: an IQ of type %q is no request", iq.Type)
	}
	if iq.ID == "" {
		c := *iq
		c.ID = stanza.NewID()
		iq = &c
	}
	p := &pending{iq: iq, answer: make(chan *stanza.IQ, 1)}
	if err := s.await(p); err != nil {
		return nil, err
	}
	defer s.forget(p)
	if err := s.Send(ctx, iq); err != nil {
		return nil, err
	}
	select {
	case answer := <-p.answer:
		return result(answer)
	case <-ctx.Done():
	case <-s.ctx.Done():
	}
	select { // several may have come true at once, as a handler's ctx ends with its session
	case answer := <-p.answer:
		return result(answer)
	default:
	}
	if s.ctx.Err() != nil {
		return nil, stanza.ErrLost
	}
	return nil, ctx.Err()
}

func result(answer *stanza.IQ) (*stanza.IQ, error) {
	if answer.Type != stanza.IQError {
		return answer, nil
	}
	if answer.Error == nil {
		return nil, &stanza.Error{Condition: stanza.UndefinedCondition}
	}
	return nil, answer.Error
}

// KeepAlive sends something that is no stanza and asks for no answer.
func (s *Session) KeepAlive(ctx context.Context) error {
	if s.cfg.KeepAlive == nil {
		return nil
	}
	return s.cfg.KeepAlive(ctx)
}

// LastReceived is when the last stanza arrived, as far as is known.
func (s *Session) LastReceived() time.Time {
	if s.cfg.LastReceived == nil {
		return time.Time{}
	}
	return s.cfg.LastReceived()
}

// Waiting is how many requests wait for their answer.
func (s *Session) Waiting() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.pending)
}

func (s *Session) await(p *pending) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.pending[p.iq.ID]; taken {
		return errOwnID
	}
	if s.pending == nil {
		s.pending = map[string]*pending{}
	}
	s.pending[p.iq.ID] = p
	if s.cfg.Waits != nil {
		s.cfg.Waits(1)
	}
	return nil
}

func (s *Session) forget(p *pending) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pending[p.iq.ID] == p {
		delete(s.pending, p.iq.ID)
	}
	if s.cfg.Waits != nil {
		s.cfg.Waits(-1)
	}
}

// Receive takes in what was read, in the order it was read, and does not block.
// size is what Handled will be told.
func (s *Session) Receive(st stanza.Stanza, size int64) {
	if iq, ok := st.(*stanza.IQ); ok && (s.answered(iq) || s.resolve(iq)) {
		s.handled(size)
		return
	}
	s.cfg.Loop.Post(func() {
		if s.ctx.Err() == nil {
			for _, svc := range s.cfg.Services {
				svc.Handle(s.ctx, s, st)
			}
		}
		s.handled(size)
	})
}

func (s *Session) handled(size int64) {
	if s.cfg.Handled != nil {
		s.cfg.Handled(size)
	}
}

// answered has a request answered.
func (s *Session) answered(iq *stanza.IQ) bool {
	if !iq.IsRequest() {
		return false
	}
	for _, svc := range s.cfg.Services {
		if a, ok := svc.(stanza.Answerer); ok {
			if answer := a.Answer(iq); answer != nil {
				s.cfg.Answer(answer)
				return true
			}
		}
	}
	if s.cfg.Own != nil {
		if answer := s.cfg.Own.Answer(iq); answer != nil {
			s.cfg.Answer(answer)
			return true
		}
	}
	s.cfg.Answer(iq.Refuse(&stanza.Error{Condition: stanza.ServiceUnavailable}))
	return true
}

// resolve hands an answer to the request that waits for it.
func (s *Session) resolve(iq *stanza.IQ) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.pending[iq.ID]
	if !ok || !iq.Answers(p.iq, s.cfg.JID) {
		return false
	}
	delete(s.pending, iq.ID)
	p.answer <- iq
	return true
}
