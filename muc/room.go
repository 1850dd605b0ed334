package muc

import (
	"time"

	"github.com/xmppkit/xmppkit/internal/sched"
	"github.com/xmppkit/xmppkit/stanza"
)

// Room is a wish: which room to be in, and how.
type Room struct {
	JID      stanza.JID
	Nick     string // Default: Config.Nick
	Password string
	// History bounds what the room repeats of what was said before. nil: what the
	// room likes; a zero one: nothing.
	History *stanza.MUCHistory

	// Show and Status are how we present ourselves there; SetPresence changes them.
	Show   stanza.Show
	Status string
}

// phase is where a room stands.
type phase uint8

const (
	outside phase = iota // nothing is under way: there is no session
	queued               // waits for its place among the joins
	joining              // has asked to be let in
	joined
	waiting // for the next attempt
	leaving
)

// room is a wish and what has come of it. There may be ten thousand: what is needed
// in passing only stands in structs of its own.
type room struct {
	wish   Room
	phase  phase
	known  bool // we have been in, and roster is what we saw last
	again  bool // wished for again while leaving
	fresh  bool // joined, and the subject, which ends the history, is yet to come
	regain bool // somebody else has the nick that we wish for
	// suspect: let in again after a self-ping that failed; the next one decides
	// whether self-pings mean anything here.
	suspect bool
	pingOff bool
	unsure  bool // the service has shut others down, and not us yet

	nick   string // that we hold
	roster roster

	attempt *attempt
	ping    *selfPing
	change  *nickChange
	info    *infoCall
	kicks   *kicks
	absent  *absence

	timer    *sched.Timer
	seq      uint32        // of timer: an older one that still fires is void
	silent   time.Duration // how long the room may be silent until the next self-ping
	heard    time.Time     // when the room last spoke
	entered  time.Time     // when we last joined
	failures int           // in a row: attempts that failed, and visits of a moment
	missed   int           // self-pings without a decision, in a row
	subject  uint64        // hash of the last; 0 for none

	joins  []chan result[Joined]
	leaves []chan result[struct{}]
}

type kicks struct{ returns []time.Time }

// absence is who was there before we were lost, and was not when we came back.
type absence struct {
	list  roster
	ids   bool      // theirs count
	until time.Time // they may return; after that, they come
}

// returnTime is how long after us others may come back for it to be a return.
const returnTime = 2 * time.Minute

// returns reports whether somebody who comes was there before we were lost.
func (rm *room) returns(o Occupant, now time.Time) bool {
	if rm.absent == nil {
		return false
	}
	if !now.Before(rm.absent.until) {
		rm.absent = nil
		return false
	}
	before, ok := rm.absent.list.get(o.Nick)
	if ok {
		rm.absent.list.remove(o.Nick)
	}
	return ok && same(before, o, rm.absent.ids)
}

// arm has due called after d, and never for an earlier arm.
func (r *Rooms) arm(rm *room, d time.Duration) {
	rm.disarm()
	seq := rm.seq
	rm.timer = r.loop.After(d, func() {
		t := r.lock()
		defer r.unlock(&t)
		if rm.seq == seq {
			r.due(&t, rm)
		}
	})
}

func (rm *room) disarm() {
	rm.seq++
	rm.timer.Stop()
	rm.timer = nil
}

// due is when a room's timer fires: what it was for depends on the phase.
func (r *Rooms) due(t *turn, rm *room) {
	switch rm.phase {
	case joining:
		r.joinDue(t, rm)
	case joined:
		r.pingDue(t, rm)
	case waiting:
		r.enter(t, rm)
	case leaving:
		r.left(t, rm)
	}
}

// lost puts a room outside: what was under way there is over, with err. The
// roster stays.
func (rm *room) lost(err error) {
	rm.disarm()
	rm.dropAttempt()
	rm.ping, rm.info, rm.unsure = nil, nil, false
	if rm.change != nil {
		rm.change.end(err)
		rm.change = nil
	}
	rm.phase = outside
}

// forget ends a wish.
func (r *Rooms) forget(t *turn, rm *room, e Left) {
	rm.lost(ErrNotJoined)
	delete(r.rooms, rm.wish.JID)
	e.Room = rm.wish.JID
	r.emit(e)
	for _, w := range rm.leaves {
		w <- result[struct{}]{}
	}
	rm.leaves = nil
	rm.answerJoins(result[Joined]{err: &JoinError{Room: rm.wish.JID, Nick: rm.nick, Stopped: true, Err: ErrNotJoined}})
}

func (rm *room) answerJoins(o result[Joined]) {
	for _, w := range rm.joins {
		w <- o
	}
	rm.joins = nil
}

// out is when a room we were in has lost us.
func (r *Rooms) out(t *turn, rm *room, e Left) {
	e.Room = rm.wish.JID
	if t.now.Sub(rm.entered) >= settled {
		rm.failures = 0
	}
	rm.failures++
	var past []time.Time
	if rm.kicks != nil {
		past = recent(rm.kicks.returns, t.now)
	}
	e.After, e.Rejoin = comeback(e.Cause, rm.failures, r.cfg.Retry, r.cfg.Kicked, past, t.now)
	if !e.Rejoin {
		r.forget(t, rm, e)
		return
	}
	if e.Cause == Kicked {
		rm.kicks = &kicks{append(past, t.now.Add(e.After))}
	}
	r.stats.Lost++
	rm.lost(ErrNotJoined)
	r.emit(e)
	r.later(t, rm, e.After)
}

// settled is how long a visit must have lasted for its end not to count as a
// failure.
const settled = time.Minute

// later enters after d.
func (r *Rooms) later(t *turn, rm *room, d time.Duration) {
	if d == 0 {
		r.enter(t, rm)
		return
	}
	rm.phase = waiting
	r.arm(rm, d)
}
