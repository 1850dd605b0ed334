package ping

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/xmppkit/xmppkit/stanza"
)

const (
	defaultInterval = time.Minute
	defaultTimeout  = 20 * time.Second

	// patience is how many intervals a server that refuses pings may be silent
	// before it is pinged all the same: a refusal is a sign of life, white space
	// brings none back.
	patience = 5
)

// ErrTimeout is why a Keepalive ended a session: nothing came from the server
// within the timeout of a ping.
var ErrTimeout = errors.New("ping: no answer in time")

// Keepalive is a [stanza.Service] that watches over one session after another and
// answers pings. The zero value is ready; its fields are not to be changed once a
// session has begun.
//
// Anything that arrives is life. After Interval without it the server is pinged; an
// answer, be it an error, is life as well. When nothing at all has come within
// Timeout the session is ended with [ErrTimeout]. A server that says that it does
// not ping (service-unavailable, feature-not-implemented) is sent white space
// instead, where the session can do that, and pinged again only after five
// intervals of silence.
//
// It goes on while a handler blocks: neither its timer nor its answers wait for
// handlers. Two methods make it exact where a session has them: LastReceived()
// time.Time, when anything was last read, else what reaches Handle counts; and
// KeepAlive(context.Context) error, which writes white space.
type Keepalive struct {
	Interval time.Duration // how long a silence may be; 60 s
	Timeout  time.Duration // how long an answer may take; 20 s

	// Spread makes each interval shorter by a random part of it, so that sessions
	// which began together do not ping together. A quarter of Interval; none if
	// negative.
	Spread time.Duration

	// To is who is pinged: the session's own domain. A component may name the
	// server it is connected to.
	To stanza.JID

	mu    sync.Mutex // guards watch, stats
	watch *watch     // over the latest session
	stats Stats
}

// Stats is what a Keepalive has seen, in all its sessions.
type Stats struct {
	Sent       int           // pings
	Answered   int           // of these, with an error or without
	WhiteSpace int           // keepalives sent in their place
	Timeouts   int           // sessions ended
	LastRTT    time.Duration // of the latest answer
	LastAnswer time.Time
}

// Stats is what has been seen until now.
func (k *Keepalive) Stats() Stats {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.stats
}

// Begin starts to watch over the session.
func (k *Keepalive) Begin(ctx context.Context, s stanza.Session) {
	w := &watch{k: k, ctx: ctx, session: s, seen: time.Now()}
	k.mu.Lock()
	k.watch = w
	k.mu.Unlock()
	w.rest()
	context.AfterFunc(ctx, w.stop)
}

// Handle notes that something has arrived.
func (k *Keepalive) Handle(context.Context, stanza.Session, stanza.Stanza) {
	k.mu.Lock()
	w := k.watch
	k.mu.Unlock()
	if w != nil {
		w.alive()
	}
}

// Answer answers pings; see [Answer].
func (k *Keepalive) Answer(iq *stanza.IQ) *stanza.IQ { return Answer(iq) }

// Features says that we answer pings.
func (k *Keepalive) Features() []string { return []string{stanza.NSPing} }

func (k *Keepalive) count(f func(*Stats)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	f(&k.stats)
}

func (k *Keepalive) interval() time.Duration { return orDefault(k.Interval, defaultInterval) }

func orDefault(d, fallback time.Duration) time.Duration {
	if d <= 0 {
		return fallback
	}
	return d
}

// silence is how long the next one may be.
func (k *Keepalive) silence() time.Duration {
	d := k.interval()
	spread := k.Spread
	if spread == 0 {
		spread = d / 4
	}
	if spread = min(spread, d-1); spread > 0 {
		d -= rand.N(spread)
	}
	return d
}

// watch is a Keepalive's over one session.
type watch struct {
	k       *Keepalive
	ctx     context.Context // ends with the session
	session stanza.Session

	// For whoever runs in the timer only, which is one at a time.
	allowed time.Duration // the silence being waited for
	refused bool          // the server does not ping

	mu    sync.Mutex // guards timer, seen
	timer *time.Timer
	seen  time.Time // when there was life
}

// rest waits for the next silence.
func (w *watch) rest() {
	w.allowed = w.k.silence()
	w.arm(w.allowed)
}

func (w *watch) arm(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.timer == nil {
		w.timer = time.AfterFunc(d, w.expire)
	} else {
		w.timer.Reset(d)
	}
}

func (w *watch) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer.Stop() // one that is armed again at this moment finds the session gone
}

func (w *watch) alive() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen = time.Now()
}

// lastLife is when something last came from the server.
func (w *watch) lastLife() time.Time {
	w.mu.Lock()
	seen := w.seen
	w.mu.Unlock()
	if s, ok := w.session.(interface{ LastReceived() time.Time }); ok {
		if t := s.LastReceived(); t.After(seen) {
			return t
		}
	}
	return seen
}

// expire runs when the allowed silence may be over.
func (w *watch) expire() {
	if w.ctx.Err() != nil {
		return
	}
	silent := time.Since(w.lastLife())
	if silent < w.allowed {
		w.arm(w.allowed - silent)
		return
	}
	err := w.nudge(silent)
	if w.ctx.Err() != nil {
		return
	}
	if err != nil {
		w.session.End(err)
		return
	}
	w.rest()
}

// nudge makes the server, or whatever stands between, see that we are there. An
// error means that the session is dead.
func (w *watch) nudge(silent time.Duration) error {
	ctx, cancel := context.WithTimeout(w.ctx, orDefault(w.k.Timeout, defaultTimeout))
	defer cancel()
	if s, ok := w.session.(interface{ KeepAlive(context.Context) error }); ok && w.refused && silent < patience*w.k.interval() {
		w.k.count(func(s *Stats) { s.WhiteSpace++ })
		if err := s.KeepAlive(ctx); err != nil {
			return fmt.Errorf("ping: white space: %w", err)
		}
		return nil
	}
	return w.ping(ctx)
}

func (w *watch) ping(ctx context.Context) error {
	to := w.k.To
	if to == "" {
		to = stanza.JID(w.session.JID().Domain())
	}
	w.k.count(func(s *Stats) { s.Sent++ })
	start := time.Now()
	rtt, err := Ping(ctx, w.session, to)
	switch {
	case err == nil || answered(err):
		w.alive()
		w.refused = errors.Is(err, stanza.ServiceUnavailable) || errors.Is(err, stanza.FeatureNotImplemented)
		w.k.count(func(s *Stats) {
			s.Answered++
			s.LastRTT, s.LastAnswer = rtt, time.Now()
		})
		return nil
	case ctx.Err() == nil:
		return err
	case w.lastLife().After(start):
		return nil // busy with other things, but there
	case w.ctx.Err() != nil:
		return nil
	}
	w.k.count(func(s *Stats) { s.Timeouts++ })
	return fmt.Errorf("%w: %s said nothing for %v", ErrTimeout, to, time.Since(start).Round(time.Millisecond))
}
