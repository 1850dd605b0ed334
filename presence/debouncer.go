package presence

import (
	"context"
	"sync"
	"time"
)

// Off, or any wait below zero, is the wait of a recipient who is told nothing. It
// is what everybody starts with.
const Off time.Duration = -1

// deliverAtMost bounds how many events one callback gets.
const deliverAtMost = 1024

// Debouncer lets joins and parts wait for a while, per recipient and occupant. If
// the opposite comes in that time neither is told; what is left is delivered, with
// the time it happened. R says who is told and O who came or went, in which room
// if there are several: any comparable types.
//
// It does not know who is there: a part without a join before it is an event too.
// [Notifier] does, and should be preferred for rooms.
//
// All methods return at once and may be called from several goroutines and from
// the callback, Close excepted as it says. Nothing but a timer stays behind while
// events wait, and one goroutine while they are delivered.
type Debouncer[R, O comparable] struct {
	deliver func([]Event[R, O])
	alarm   *alarm

	mu      sync.Mutex // guards what follows, and alarm
	pending pending[R, O]
	flush   bool // everything is due
	closed  bool
}

// Event is a join or part that outlived the wait.
type Event[R, O comparable] struct {
	Recipient R
	Occupant  O
	Kind      Kind      // Join or Part
	At        time.Time // when it happened
}

// NewDebouncer returns a Debouncer that hands over what is due to deliver: one
// call at a time, not under a lock, in the order in which events became due and
// for each recipient in the order in which they happened. The slice is the
// callee's. While deliver runs nothing else is delivered.
func NewDebouncer[R, O comparable](deliver func([]Event[R, O])) *Debouncer[R, O] {
	d := &Debouncer[R, O]{deliver: deliver}
	d.alarm = newAlarm(&d.mu, d.next, d.step)
	return d
}

// SetWait sets how long this recipient's events wait: [Off], zero for at once, or
// any time. What is pending follows: it becomes due that long after it happened,
// and is dropped with Off.
func (d *Debouncer[R, O]) SetWait(recipient R, wait time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return
	}
	if wait < 0 {
		d.pending.drop(recipient)
	}
	d.pending.setWait(recipient, int64(wait))
	d.alarm.arm()
}

// Join says that the occupant came. It cancels a pending part; with a join
// pending it changes nothing.
func (d *Debouncer[R, O]) Join(recipient R, occupant O) { d.event(recipient, occupant, Join) }

// Part says that the occupant left. It cancels a pending join; with a part
// pending it changes nothing.
func (d *Debouncer[R, O]) Part(recipient R, occupant O) { d.event(recipient, occupant, Part) }

func (d *Debouncer[R, O]) event(recipient R, occupant O, kind Kind) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed || d.pending.wait(recipient) < 0 {
		return
	}
	if i := d.pending.find(recipient, occupant); i != 0 {
		if d.pending.entry(i).kind != kind {
			d.pending.remove(i)
		}
		return
	}
	d.pending.add(recipient, occupant, kind, d.alarm.now())
	d.alarm.arm()
}

// NickChange says that an occupant goes by another name (XEP-0045 §7.6, status
// 303): what is pending for the old one is now pending for the new one, since
// when it was. It meets what is pending for the new one as a later event would:
// opposites cancel, a duplicate changes nothing.
func (d *Debouncer[R, O]) NickChange(recipient R, from, to O) {
	d.mu.Lock()
	defer d.mu.Unlock()
	i := d.pending.find(recipient, from)
	if i == 0 || from == to {
		return
	}
	j := d.pending.find(recipient, to)
	if j == 0 {
		d.pending.rename(i, to)
		return
	}
	if d.pending.entry(i).kind != d.pending.entry(j).kind {
		d.pending.remove(j)
	}
	d.pending.remove(i)
}

// Pending returns how many events wait.
func (d *Debouncer[R, O]) Pending() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.pending.len()
}

// Close ends the Debouncer: what is pending is delivered now or dropped, as asked,
// and what comes later is ignored. It waits until the last callback has returned,
// or returns the cause why ctx ended, and then callbacks may still follow. In the
// callback itself call it with a context that has ended.
func (d *Debouncer[R, O]) Close(ctx context.Context, deliver bool) error {
	d.mu.Lock()
	d.closed = true
	if deliver {
		d.flush = true
	} else {
		d.pending = pending[R, O]{}
	}
	d.mu.Unlock()
	return d.alarm.close(ctx)
}

func (d *Debouncer[R, O]) next() int64 {
	if d.flush && d.pending.len() > 0 {
		return 0
	}
	if d.closed && d.pending.len() == 0 {
		return never
	}
	return d.pending.next()
}

func (d *Debouncer[R, O]) step() bool {
	now := d.alarm.now()
	if d.flush {
		now = never
	}
	var events []Event[R, O]
	for len(events) < deliverAtMost {
		i := d.pending.first(now)
		if i == 0 {
			break
		}
		e := d.pending.entry(i)
		events = append(events, Event[R, O]{d.pending.recipients[e.recipient].name, e.occupant, e.kind, d.alarm.time(e.at)})
		d.pending.remove(i)
	}
	if len(events) == 0 {
		return false
	}
	d.mu.Unlock()
	defer d.mu.Lock()
	d.deliver(events)
	return true
}
