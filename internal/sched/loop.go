// Package sched is where a stream's work waits its turn: a [Loop] runs functions
// one after another and keeps every timer of the stream in one queue, and its
// [Gate] bounds how many slow exchanges are under way. Thousands of services on
// one stream share one Loop; at rest it has no goroutine.
package sched

import (
	"container/heap"
	"context"
	"sync"
	"time"

	"github.com/xmppkit/xmppkit/stanza"
)

// Loop runs functions one after another, in the order they were posted. The zero
// value is ready. All methods may be called from any goroutine, also from a
// function that the Loop runs, and none of them blocks but Wait.
type Loop struct {
	// Joins admits room joins, so that a stream with ten thousand rooms floods
	// nobody.
	Joins Gate

	mu      sync.Mutex // guards everything below
	queue   []func()
	running bool
	closed  bool
	idle    chan struct{} // non-nil while somebody waits for running to end
	timers  timers
	wake    *time.Timer
	wakeAt  time.Time // when wake fires; zero when it is not armed
}

// Of is the Loop that session shares with everything else on its stream. A session
// that has none is given one of its own, which ends with ctx.
func Of(ctx context.Context, s stanza.Session) *Loop {
	if l, ok := s.(interface{ Loop() *Loop }); ok {
		return l.Loop()
	}
	l := &Loop{}
	context.AfterFunc(ctx, l.Close)
	return l
}

// Post runs f after everything posted before. After Close it does nothing.
func (l *Loop) Post(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.post(f)
}

func (l *Loop) post(f func()) {
	if l.closed {
		return
	}
	l.queue = append(l.queue, f)
	if !l.running {
		l.running = true
		go l.run()
	}
}

func (l *Loop) run() {
	var batch []func()
	for {
		l.mu.Lock()
		clear(batch)
		batch, l.queue = l.queue, batch[:0]
		if len(batch) == 0 {
			l.running = false
			l.queue = nil
			if l.idle != nil {
				close(l.idle)
				l.idle = nil
			}
			l.mu.Unlock()
			return
		}
		l.mu.Unlock()
		for _, f := range batch {
			if l.isClosed() {
				break
			}
			f()
		}
	}
}

func (l *Loop) isClosed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.closed
}

// Close drops what is waiting, timers too. A function that is running runs on.
func (l *Loop) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	l.queue = nil
	for _, t := range l.timers {
		t.index = -1
	}
	l.timers = nil
	if l.wake != nil {
		l.wake.Stop()
	}
}

// Wait blocks until the Loop has nothing to run, or ctx ends. A function that the
// Loop runs must not call it.
func (l *Loop) Wait(ctx context.Context) error {
	l.mu.Lock()
	if !l.running {
		l.mu.Unlock()
		return nil
	}
	if l.idle == nil {
		l.idle = make(chan struct{})
	}
	idle := l.idle
	l.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Timer is one entry of a Loop's queue. The zero value is a timer that was never
// set.
type Timer struct {
	loop  *Loop
	at    time.Time
	f     func()
	index int // in loop.timers, -1 when not there
}

// At posts f at the time t: it runs behind what had been posted by then. Timers of
// the same time run in no particular order.
func (l *Loop) At(t time.Time, f func()) *Timer {
	tm := &Timer{loop: l, at: t, f: f, index: -1}
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		heap.Push(&l.timers, tm)
		l.arm()
	}
	return tm
}

// After is [Loop.At] from now.
func (l *Loop) After(d time.Duration, f func()) *Timer { return l.At(time.Now().Add(d), f) }

// Stop takes the timer out of the queue; a nil Timer has been stopped. A function
// that was already posted still runs: whoever may stop late looks at its own state
// again in it.
func (t *Timer) Stop() {
	if t == nil || t.loop == nil {
		return
	}
	t.loop.mu.Lock()
	defer t.loop.mu.Unlock()
	if t.index >= 0 {
		heap.Remove(&t.loop.timers, t.index)
	}
}

// arm makes wake fire for the earliest timer.
func (l *Loop) arm() {
	if len(l.timers) == 0 {
		return
	}
	at := l.timers[0].at
	if !l.wakeAt.IsZero() && !at.Before(l.wakeAt) {
		return
	}
	l.wakeAt = at
	if l.wake == nil {
		l.wake = time.AfterFunc(time.Until(at), l.expire)
	} else {
		l.wake.Reset(time.Until(at))
	}
}

func (l *Loop) expire() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wakeAt = time.Time{}
	now := time.Now()
	for len(l.timers) > 0 && !l.timers[0].at.After(now) {
		l.post(heap.Pop(&l.timers).(*Timer).f)
	}
	if !l.closed {
		l.arm()
	}
}

type timers []*Timer

func (h timers) Len() int           { return len(h) }
func (h timers) Less(i, j int) bool { return h[i].at.Before(h[j].at) }
func (h timers) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

func (h *timers) Push(x any) {
	t := x.(*Timer)
	t.index = len(*h)
	*h = append(*h, t)
}

func (h *timers) Pop() any {
	old := *h
	t := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	t.index = -1
	return t
}
