package reconnect

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/xmppkit/xmppkit/internal/xmpptest"
	"github.com/xmppkit/xmppkit/stanza"
)

// busy calls everything there is from everywhere it may.
type busy struct {
	client interface {
		stanza.Session
		Stats() Stats
	}
	mu   sync.Mutex // held while a method runs: never two at once
	t    *testing.T
	once chan struct{} // closed when all has been called in a session
	done sync.Once
}

func (b *busy) enter() (leave func()) {
	if !b.mu.TryLock() {
		b.t.Error("two calls of a service at once")
		return func() {}
	}
	return b.mu.Unlock
}

func (b *busy) all(ctx context.Context, s stanza.Session) {
	_ = b.client.Stats()
	_ = b.client.JID()
	for _, s := range []stanza.Session{s, b.client} {
		if err := s.Send(ctx, &stanza.Message{To: s.JID(), Type: stanza.Chat, Body: "x"}); err != nil && !errors.Is(err, stanza.ErrOffline) && !errors.Is(err, stanza.ErrLost) {
			b.t.Errorf("Send: %v", err)
		}
		if _, err := s.Request(ctx, ping("example.org")); err != nil && !errors.Is(err, stanza.ErrOffline) && !errors.Is(err, stanza.ErrLost) {
			b.t.Errorf("Request: %v", err)
		}
	}
}

func (b *busy) Begin(ctx context.Context, s stanza.Session) {
	defer b.enter()()
	b.all(ctx, s)
}

func (b *busy) Handle(ctx context.Context, s stanza.Session, st stanza.Stanza) {
	defer b.enter()()
	b.all(ctx, s)
	b.done.Do(func() { close(b.once) })
	s.End(errors.New("enough"))
	b.all(ctx, s)
}

func (b *busy) Answer(*stanza.IQ) *stanza.IQ {
	_ = b.client.Stats()
	_ = b.client.JID()
	return nil
}

// Whatever a handler calls, and wherever it ends the session, nothing deadlocks and
// nothing is called twice at once.
func TestHandlersMayCallAnything(t *testing.T) {
	ctx := withLimit(t)
	srv := xmpptest.New(t, xmpptest.Config{Iterations: 16, Components: map[string]string{string(gateway): "s&cret"}})
	clientBusy := &busy{t: t, once: make(chan struct{})}
	client := New(quick(options(srv), clientBusy))
	clientBusy.client = client
	componentBusy := &busy{t: t, once: make(chan struct{})}
	comp := NewComponent(component(srv, componentBusy))
	componentBusy.client = comp
	run(t, client)
	run(t, comp)
	for _, once := range []chan struct{}{clientBusy.once, componentBusy.once} {
		select {
		case <-once:
		case <-ctx.Done():
			t.Fatal("deadlock")
		}
	}
}

// Addresses come and go while streams do.
func TestAddressesComeAndGo(t *testing.T) {
	ctx := withLimit(t)
	srv := componentServer(t)
	seen := make(begins, 1000)
	c := NewComponent(component(srv, seen))
	stop := run(t, c)
	var all sync.WaitGroup
	for i := range 4 {
		jid := stanza.JID(string(rune('a'+i))) + "@" + gateway
		all.Go(func() {
			for range 100 {
				began := make(chan struct{}, 100)
				a, err := c.As(jid, beginner(func(ctx context.Context, s stanza.Session) {
					began <- struct{}{}
					_ = s.Send(ctx, &stanza.Message{To: "romeo@example.org", Body: "x"})
				}))
				if err != nil {
					t.Error(err)
					return
				}
				select {
				case <-began:
				case <-ctx.Done():
					t.Error("an address never began")
				}
				a.Remove()
				a.Remove()
			}
		})
	}
	done := make(chan struct{})
	go func() { all.Wait(); close(done) }()
	for open := true; open; {
		select {
		case <-done:
			open = false
		case <-time.After(time.Millisecond):
			srv.Kill(gateway)
		}
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	if n := len(c.addresses); n != 0 {
		t.Errorf("%d addresses are left", n)
	}
}

type beginner func(context.Context, stanza.Session)

func (b beginner) Begin(ctx context.Context, s stanza.Session)         { b(ctx, s) }
func (beginner) Handle(context.Context, stanza.Session, stanza.Stanza) {}

// never looks nothing up until it is told to stop.
type never struct{}

func (never) LookupSRV(ctx context.Context, _, _, _ string) (string, []*net.SRV, error) {
	<-ctx.Done()
	return "", nil, ctx.Err()
}

// Run ends with ctx whatever it is doing.
func TestRunEndsInEveryPhase(t *testing.T) {
	srv := xmpptest.New(t, xmpptest.Config{Iterations: 16})
	srv.StallNext(3)
	usual := New(quick(options(srv), make(begins, 1000)))
	cfg := quick(options(srv))
	cfg.Options.Host, cfg.Resolver = "", never{}
	lost := New(cfg)
	for i := range 60 {
		c := usual
		if i%10 == 0 {
			c = lost
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rand.IntN(int(20*time.Millisecond))))
		ended := make(chan error, 1)
		go func() { ended <- c.Run(ctx) }()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("Run: %v", err)
			}
		case <-time.After(limit):
			t.Fatal("Run does not end")
		}
		cancel()
	}
}

// A handshake that was given up, and succeeds after all, takes the place of the
// session that came instead: that is no reason to stay away.
func TestOwnLateHandshakeIsNoConflict(t *testing.T) {
	ctx := withLimit(t)
	srv := xmpptest.New(t, xmpptest.Config{})
	b := make(begins, 10)
	c := New(quick(options(srv), b))
	run(t, c)
	me := b.next(t, ctx).JID()
	c.count.handshakes.Add(1) // it is still on its way
	srv.EndStream(me, stanza.StreamError{Condition: "conflict"})
	b.next(t, ctx)
	c.count.late.Add(1) // it has just come back
	c.count.handshakes.Add(-1)
	srv.EndStream(me, stanza.StreamError{Condition: "conflict"})
	b.next(t, ctx)
}
