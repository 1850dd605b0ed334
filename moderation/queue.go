package moderation

import (
	"context"
	"sync"

	"github.com/xmppkit/xmppkit/stanza"
)

// queue is work that waits for rooms to answer. What is for one room is done in
// order; a room that does not answer holds up nobody else. There are no goroutines
// while there is no work, and never more than workers.
type queue struct {
	limit   int // of what waits, in all
	workers int

	mu      sync.Mutex // guards everything below
	ctx     context.Context
	lanes   map[stanza.JID][]job // of rooms with work, also while it is being done
	ready   []stanza.JID         // those that no worker is at
	waiting int
	running int
	idle    sync.WaitGroup
}

// job is one piece of work.
type job struct {
	run  func(context.Context)
	drop func() // tells that it will not be done; nil: nobody needs to know
}

// push adds work for a room; false if there is too much.
func (q *queue) push(room stanza.JID, f func(context.Context)) bool {
	return q.add(room, job{run: f})
}

func (q *queue) add(room stanza.JID, j job) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.waiting >= q.limit || q.ctx != nil && q.ctx.Err() != nil {
		return false
	}
	q.waiting++
	if q.lanes == nil {
		q.lanes = map[stanza.JID][]job{}
	}
	lane, known := q.lanes[room]
	q.lanes[room] = append(lane, j)
	if !known {
		q.ready = append(q.ready, room)
	}
	q.hire()
	return true
}

// start lets the work begin. When ctx ends, what is under way comes to its end, and
// the rest is dropped.
func (q *queue) start(ctx context.Context) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.ctx = ctx
	q.hire()
}

// wait takes what is left, and blocks until no worker runs. It is called after the
// end of ctx.
func (q *queue) wait() (left []job) {
	q.mu.Lock() // whoever has begun to push has hired by now
	for _, lane := range q.lanes {
		left = append(left, lane...)
	}
	clear(q.lanes)
	q.ready, q.waiting = nil, 0
	q.mu.Unlock()
	q.idle.Wait()
	return left
}

// load is how much waits.
func (q *queue) load() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.waiting
}

// hire starts workers for what is ready; q.mu is held.
func (q *queue) hire() {
	if q.ctx == nil || q.ctx.Err() != nil {
		return
	}
	for n := len(q.ready); n > 0 && q.running < q.workers; n-- {
		q.running++
		q.idle.Go(q.work)
	}
}

func (q *queue) work() {
	for {
		room, f, ctx := q.take()
		if f == nil {
			return
		}
		f(ctx)
		q.done(room)
	}
}

// take is the next piece of work, nil if there is none.
func (q *queue) take() (stanza.JID, func(context.Context), context.Context) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.ready) == 0 || q.ctx.Err() != nil {
		q.running--
		return "", nil, nil
	}
	room := q.ready[0]
	q.ready = q.ready[1:]
	lane := q.lanes[room]
	f := lane[0].run
	lane[0] = job{}
	q.lanes[room] = lane[1:]
	q.waiting--
	return room, f, q.ctx
}

// done gives the room back: whoever else has work comes first.
func (q *queue) done(room stanza.JID) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.lanes[room]) == 0 {
		delete(q.lanes, room)
		return
	}
	q.ready = append(q.ready, room)
}
