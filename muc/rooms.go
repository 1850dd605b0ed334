package muc

import (
	"context"
	"crypto/rand"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/xmppkit/xmppkit/internal/sched"
	"github.com/xmppkit/xmppkit/stanza"
)

// Rooms keeps one address in any number of rooms. It is a [stanza.Service]: give it
// to whatever runs the sessions. All methods may be called from any goroutine and
// from OnEvent.
type Rooms struct {
	cfg    Config
	prefix string // of the ids of all that we send

	mu      sync.Mutex // guards everything below, and every room
	rooms   map[stanza.JID]*room
	session stanza.Session  // nil before the first
	ctx     context.Context // of session
	told    context.Context // ctx for OnEvent
	loop    *sched.Loop     // of session
	stats   Stats
	unheard time.Time // of the first self-ping since anything has arrived
	events  []Event   // to be told
	telling bool

	handling handling
}

// New makes a Rooms that wishes to be in no room yet.
func New(cfg Config) *Rooms {
	return &Rooms{cfg: cfg.withDefaults(), prefix: strings.ToLower(rand.Text()[:8]), rooms: map[stanza.JID]*room{}}
}

// Features is what a client that can be invited speaks.
func (r *Rooms) Features() []string { return []string{stanza.NSMUC, stanza.NSConference} }

// Begin joins all wished rooms over a new session.
func (r *Rooms) Begin(ctx context.Context, s stanza.Session) {
	t := r.lock()
	defer r.unlock(&t)
	r.session, r.ctx, r.loop = s, ctx, sched.Of(ctx, s)
	r.told = context.WithValue(ctx, handlerKey{}, &r.handling)
	r.unheard = time.Time{}
	t.session, t.ctx = s, ctx
	if r.cfg.Joins > 0 {
		r.loop.Joins.SetPlaces(r.cfg.Joins)
	}
	for _, rm := range slices.Collect(maps.Values(r.rooms)) {
		rm.joins = nil // whoever waited knows that the session is lost
		if rm.phase == leaving {
			r.left(&t, rm)
			continue
		}
		rm.lost(stanza.ErrLost)
		rm.pingOff, rm.suspect, rm.failures = false, false, 0
		r.enter(&t, rm)
	}
}

// Handle takes in what the rooms say. Once the session has ended it does not: what
// they then say is that we are gone, and the next session begins anew.
func (r *Rooms) Handle(_ context.Context, _ stanza.Session, st stanza.Stanza) {
	t := r.lock()
	defer r.unlock(&t)
	if _, err := r.online(); err != nil {
		return
	}
	r.unheard = time.Time{}
	switch st := st.(type) {
	case *stanza.Presence:
		r.presence(&t, st)
	case *stanza.Message:
		r.message(&t, st)
	case *stanza.IQ:
		r.pingAnswer(&t, st)
	}
}

// turn is one step on the loop: what it has to send goes out once the state is
// settled and the lock is free.
type turn struct {
	session stanza.Session
	ctx     context.Context
	now     time.Time
	out     []stanza.Stanza
}

// lock begins a turn. Only the loop has turns.
func (r *Rooms) lock() turn {
	r.mu.Lock()
	return turn{session: r.session, ctx: r.ctx, now: time.Now()}
}

// unlock ends a turn: sends, then tells.
func (r *Rooms) unlock(t *turn) {
	news := len(r.events) > 0
	r.mu.Unlock()
	for _, st := range t.out {
		if err := t.session.Send(t.ctx, st); err != nil {
			// The session is over or about to be, and the next one begins anew.
			r.cfg.Logger.Debug("muc: not sent", "to", st.Header().To, "err", err)
		}
	}
	if news {
		r.tell()
	}
}

// post runs f in a turn of its own, unless the session has ended by then. It is
// called under the lock.
func (r *Rooms) post(f func(t *turn)) {
	loop := r.loop
	if loop == nil {
		return
	}
	loop.Post(func() {
		t := r.lock()
		defer r.unlock(&t)
		if r.loop == loop {
			f(&t)
		}
	})
}

func (t *turn) send(st stanza.Stanza) { t.out = append(t.out, st) }

// emit queues an event. It is called under the lock, so that events have the order
// of the states they tell of.
func (r *Rooms) emit(e Event) { r.events = append(r.events, e) }

// tell hands the queued events over, one at a time, whoever else is at it.
func (r *Rooms) tell() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.telling {
		return
	}
	r.telling = true
	for len(r.events) > 0 {
		list, ctx := r.events, r.told
		r.events = nil
		r.mu.Unlock()
		r.handling.running.Store(true)
		for _, e := range list {
			r.log(ctx, e)
			if r.cfg.OnEvent != nil {
				r.cfg.OnEvent(ctx, e)
			}
		}
		r.handling.running.Store(false)
		r.mu.Lock()
	}
	r.telling = false
}

// log notes what happens to us in a room; what others do there is not for the log.
func (r *Rooms) log(ctx context.Context, e Event) {
	l := r.cfg.Logger
	switch e := e.(type) {
	case Joined:
		l.DebugContext(ctx, "muc: joined", "room", e.Room, "nick", e.Nick, "occupants", len(e.Occupants), "again", e.Rejoined)
	case JoinFailed:
		l.WarnContext(ctx, "muc: not let in", "room", e.Room, "err", e.Err, "stopped", e.Stopped, "retry", e.Retry)
	case Left:
		l.InfoContext(ctx, "muc: out of the room", "room", e.Room, "cause", e.Cause, "rejoin", e.Rejoin, "after", e.After)
	case SelfPingDisabled:
		l.WarnContext(ctx, "muc: self-pings mean nothing here", "room", e.Room, "err", e.Err)
	}
}

// handling tells, through the context that OnEvent is given, that a call comes from
// there.
type handling struct{ running atomic.Bool }

type handlerKey struct{}

func inHandler(ctx context.Context) bool {
	h, ok := ctx.Value(handlerKey{}).(*handling)
	return ok && h.running.Load()
}

// id is a stanza id that nobody can guess and that we know again as ours.
func (r *Rooms) id() string { return r.prefix + rand.Text() }

// sentByUs reports whether an id is one of id.
func (r *Rooms) sentByUs(id string) bool { return strings.HasPrefix(id, r.prefix) }

// online is the session, or ErrOffline. It is called under the lock.
func (r *Rooms) online() (stanza.Session, error) {
	if r.session == nil || r.ctx.Err() != nil {
		return nil, stanza.ErrOffline
	}
	return r.session, nil
}

// current is online for whoever does not hold the lock.
func (r *Rooms) current() (stanza.Session, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.online()
}

// stuck is how long a loop may do something else before whoever waits for it is
// let go: it may be waiting for them.
const stuck = 15 * time.Second

// call begins something on the loop and waits for what comes of it. f runs in a
// turn, if the room is still there.
func call[T any](ctx context.Context, r *Rooms, c caller, outcome <-chan result[T], f func(t *turn)) (T, error) {
	var zero T
	begun := make(chan struct{})
	c.loop.Post(func() {
		t := r.lock()
		defer r.unlock(&t)
		close(begun)
		if r.loop == c.loop {
			f(&t)
		}
	})
	if inHandler(ctx) {
		return zero, ErrPending
	}
	patience := time.NewTimer(stuck)
	defer patience.Stop()
	for {
		select {
		case o := <-outcome:
			return o.value, o.err
		case <-begun:
			begun = nil
			patience.Stop()
		case <-patience.C:
			if begun != nil {
				return zero, ErrPending
			}
		case <-c.session.Done():
			select {
			case o := <-outcome:
				return o.value, o.err
			default:
				return zero, stanza.ErrLost
			}
		case <-ctx.Done():
			return zero, ctx.Err()
		}
	}
}

// caller is what a call needs of the session that it was made in.
type caller struct {
	loop    *sched.Loop
	session context.Context
}

// result is what a call waits for.
type result[T any] struct {
	value T
	err   error
}
