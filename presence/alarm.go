package presence

import (
	"context"
	"sync"
	"time"
)

// alarm does its owner's work when it is due: never twice at a time, on a
// goroutine that lives only as long as there is something to do, with one timer.
// mu is the owner's mutex and guards the alarm too.
type alarm struct {
	mu *sync.Mutex
	// next returns when step has something to do. Called under mu.
	next func() int64
	// step does some of what is due and reports whether to go on. Called under mu,
	// which it gives up around callbacks.
	step func() bool

	epoch   time.Time
	timer   *time.Timer
	set     int64 // what the timer stands at
	running bool
	closing bool
	done    chan struct{} // closed when closing and the work is over
}

func newAlarm(mu *sync.Mutex, next func() int64, step func() bool) *alarm {
	return &alarm{mu: mu, next: next, step: step, epoch: time.Now(), set: never, done: make(chan struct{})}
}

// now returns the time since the epoch, which never goes backwards.
func (a *alarm) now() int64 { return int64(time.Since(a.epoch)) }

// time is the inverse of now.
func (a *alarm) time(at int64) time.Time { return a.epoch.Add(time.Duration(at)) }

// arm sees to it that the work is looked at when it is due. Called under mu after
// each change that may have brought something forward.
func (a *alarm) arm() {
	if a.running {
		return
	}
	next := a.next()
	if next >= a.set {
		return
	}
	a.set = next
	wait := time.Duration(max(next-a.now(), 0))
	if a.timer == nil {
		a.timer = time.AfterFunc(wait, a.fire)
	} else {
		a.timer.Reset(wait)
	}
}

func (a *alarm) fire() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.running {
		return
	}
	a.running, a.set = true, never
	for a.step() {
	}
	a.running = false
	a.arm()
	a.finish()
}

// finish reports the end of the work, once.
func (a *alarm) finish() {
	if !a.closing || a.running || a.next() != never {
		return
	}
	if a.timer != nil {
		a.timer.Stop()
	}
	select {
	case <-a.done:
	default:
		close(a.done)
	}
}

// close waits, without mu, until next returns never and no step runs, or the
// context ends.
func (a *alarm) close(ctx context.Context) error {
	a.mu.Lock()
	a.closing = true
	a.arm()
	a.finish()
	a.mu.Unlock()
	select {
	case <-a.done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
