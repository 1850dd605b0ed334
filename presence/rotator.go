package presence

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/xmppkit/xmppkit/internal/sched"
	"github.com/xmppkit/xmppkit/stanza"
)

const (
	defaultEvery = 24 * time.Hour
	defaultPace  = 10

	// settle is how long the account's status waits after a session has begun: the
	// session's owner sends a presence of its own then, which must not be the last.
	settle = time.Second
)

// RotatorConfig says what a [Rotator] shows and where.
type RotatorConfig struct {
	// Set shows us in a room; SetPresence of a muc.Rooms fits. nil: no rooms.
	Set func(ctx context.Context, room stanza.JID, show stanza.Show, status string) error

	// Account shows the account itself, to its contacts, as Send of a
	// stanza.Presence without an address does. nil: the account is left alone.
	Account func(ctx context.Context, show stanza.Show, status string) error

	// Statuses are shown one after another, from the first in each room. With
	// Shuffle each round is in an order of its own, and no status follows itself.
	Statuses []string
	Shuffle  bool

	// Next, where set, is asked for each status instead. room is empty for the
	// account; previous is empty at first. It must not block.
	Next func(room stanza.JID, previous string) string

	// Every is how long a status stays at least; 24 h. Splay is how much longer it
	// may, at random, so that rooms do not change together; nothing.
	Every, Splay time.Duration

	// Show goes with every status, until SetShow changes it.
	Show stanza.Show

	// Pace is how many presences go out in a second at most, rooms and account
	// together, whatever happens at once; 10.
	Pace int

	// Logger is told what could not be shown. Default [slog.Default].
	Logger *slog.Logger
}

// Rotator is a [stanza.Service] that changes the status which rooms, and the
// contacts of the account, see of us from time to time. Each room has its own clock
// and its own place among the statuses. It is told which rooms we are in:
//
//	rotator := presence.NewRotator(presence.RotatorConfig{Set: rooms.SetPresence, Statuses: statuses})
//	…
//	case muc.Joined: // rejoins too
//		rotator.Joined(e.Room)
//	case muc.Left:
//		if !e.Rejoin {
//			rotator.Left(e.Room)
//		}
//
// All methods may be called from any goroutine and any handler, and return at once.
// A Rotator runs in its session's queue, where Set and Account may block; it has one
// timer, whatever the number of rooms, and stops when its session does.
type Rotator struct {
	cfg RotatorConfig
	gap time.Duration // between two presences

	mu     sync.Mutex // guards what follows
	run    *rotation  // of the latest session
	places map[stanza.JID]*place
	queue  places
	show   stanza.Show
	last   time.Time // when a presence last went out
	stats  RotatorStats
}

// RotatorStats counts what a Rotator has done and has.
type RotatorStats struct {
	Rooms  int    // that it has been told of
	Due    int    // presences that wait for their turn
	Sent   uint64 // presences
	Failed uint64 // presences that could not be sent
}

// rotation is a Rotator's run over one session.
type rotation struct {
	ctx   context.Context
	loop  *sched.Loop
	timer *sched.Timer
	at    time.Time // when timer fires; zero when it is not set
}

// NewRotator returns a Rotator that begins with its first session.
func NewRotator(cfg RotatorConfig) *Rotator {
	cfg.Every = orDefault(cfg.Every, defaultEvery)
	cfg.Logger = cmp.Or(cfg.Logger, slog.Default())
	if cfg.Next == nil {
		cfg.Statuses = distinct(cfg.Statuses, cfg.Shuffle)
	}
	r := &Rotator{
		cfg: cfg, show: cfg.Show, places: map[stanza.JID]*place{},
		gap: time.Second / time.Duration(orDefault(cfg.Pace, defaultPace)),
	}
	if cfg.Account != nil && r.any() {
		r.places[""] = r.newPlace("")
	}
	return r
}

func orDefault[T cmp.Ordered](v, fallback T) T {
	var zero T
	if v <= zero {
		return fallback
	}
	return v
}

// any reports whether there is anything to show.
func (r *Rotator) any() bool { return r.cfg.Next != nil || len(r.cfg.Statuses) > 0 }

// Begin takes the session. The account is shown as before, or for the first time;
// rooms are once they are Joined.
func (r *Rotator) Begin(ctx context.Context, s stanza.Session) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.run != nil {
		r.run.timer.Stop()
		r.queue.clear() // rooms are to be joined again
	}
	r.run = &rotation{ctx: ctx, loop: sched.Of(ctx, s)}
	if p := r.places[""]; p != nil {
		r.queue.put(p, time.Now().Add(settle))
	}
	r.arm()
}

// Handle does nothing: the Rotator is told what it has to know.
func (r *Rotator) Handle(context.Context, stanza.Session, stanza.Stanza) {}

// Joined says that we have entered the room, for the first time or again: it shows
// our status as soon as its turn comes, the old one unless that has had its time.
func (r *Rotator) Joined(room stanza.JID) {
	if r.cfg.Set == nil || !r.any() || room == "" {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.places[room]
	if p == nil {
		p = r.newPlace(room)
		r.places[room] = p
	}
	r.due(p)
	r.arm()
}

// Left says that we have left the room for good, and forgets it. Where we are to
// return there is no need: what is due until then comes with the return.
func (r *Rotator) Left(room stanza.JID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p := r.places[room]; p != nil && room != "" {
		r.queue.remove(p)
		delete(r.places, room)
	}
}

// SetShow changes the show value in these rooms, the empty JID being the account,
// or without any everywhere and for rooms to come.
func (r *Rotator) SetShow(show stanza.Show, rooms ...stanza.JID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(rooms) == 0 {
		r.show = show
		for _, p := range r.places {
			r.reshow(p, show)
		}
	}
	for _, room := range rooms {
		if p := r.places[room]; p != nil {
			r.reshow(p, show)
		}
	}
	r.arm()
}

func (r *Rotator) reshow(p *place, show stanza.Show) {
	if p.show != show {
		p.show = show
		if p.queued() {
			r.due(p)
		}
	}
}

// Stats counts.
func (r *Rotator) Stats() RotatorStats {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.stats
	s.Rooms = len(r.places)
	if r.places[""] != nil {
		s.Rooms--
	}
	now := time.Now()
	for _, p := range r.queue {
		if !p.due.After(now) {
			s.Due++
		}
	}
	return s
}

// due gives the place a turn, unless it has one already. Called under mu.
func (r *Rotator) due(p *place) {
	if now := time.Now(); !p.queued() || p.due.After(now) {
		r.queue.put(p, now)
	}
}

// arm sets the timer for the next turn. Called under mu.
func (r *Rotator) arm() {
	run := r.run
	if run == nil || len(r.queue) == 0 {
		return
	}
	at := r.queue[0].due
	if next := r.last.Add(r.gap); at.Before(next) {
		at = next
	}
	if !run.at.IsZero() && !run.at.After(at) {
		return
	}
	run.timer.Stop()
	run.at = at
	run.timer = run.loop.At(at, func() { r.turn(run) })
}

// turn shows whoever is first in the queue. It runs in the session's Loop.
func (r *Rotator) turn(run *rotation) {
	r.mu.Lock()
	if r.run != run || run.ctx.Err() != nil {
		r.mu.Unlock()
		return
	}
	run.at = time.Time{}
	now := time.Now()
	if len(r.queue) == 0 || r.queue[0].due.After(now) || now.Before(r.last.Add(r.gap)) {
		r.arm() // a timer that was stopped too late, or a place that is gone
		r.mu.Unlock()
		return
	}
	p := r.queue[0]
	change := !p.until.After(now)
	if change {
		p.until = now.Add(r.cfg.Every)
		if r.cfg.Splay > 0 {
			p.until = p.until.Add(rand.N(r.cfg.Splay))
		}
	}
	if change && r.cfg.Next == nil {
		p.status = r.next(p)
	}
	r.queue.put(p, p.until)
	r.last = now
	show, status := p.show, p.status
	r.mu.Unlock()

	if change && r.cfg.Next != nil {
		status = r.cfg.Next(p.room, status)
	}
	err := r.set(run.ctx, p.room, show, status)

	r.mu.Lock()
	defer r.mu.Unlock()
	p.status = status
	if err != nil {
		r.stats.Failed++
	} else {
		r.stats.Sent++
	}
	r.arm()
}

// set shows us in one place. A failure is made good when the room is joined again
// or the status changes.
func (r *Rotator) set(ctx context.Context, room stanza.JID, show stanza.Show, status string) error {
	var err error
	if room == "" {
		err = r.cfg.Account(ctx, show, status)
	} else {
		err = r.cfg.Set(ctx, room, show, status)
	}
	if err != nil && ctx.Err() == nil && !errors.Is(err, stanza.ErrOffline) {
		r.cfg.Logger.Debug("status not shown", "room", room, "err", err)
	}
	return err
}

// next is the status of the list that follows in a place. Called under mu.
func (r *Rotator) next(p *place) string {
	n := p.n
	p.n++
	if r.cfg.Shuffle {
		return r.cfg.Statuses[shuffled(p.seed, n, len(r.cfg.Statuses))]
	}
	return r.cfg.Statuses[n%len(r.cfg.Statuses)]
}
