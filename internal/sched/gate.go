package sched

import (
	"container/list"
	"sync"
)

// DefaultPlaces is how many a [Gate] lets in that was not told otherwise.
const DefaultPlaces = 64

// Gate lets in so many at a time, first come, first served. The zero value lets in
// [DefaultPlaces]. All methods may be called from any goroutine.
type Gate struct {
	mu      sync.Mutex // guards everything below
	places  int
	inside  int
	waiting list.List // of *Ticket
}

// Ticket is a place in a [Gate], or in the queue before it.
type Ticket struct {
	gate   *Gate
	admit  func()
	place  *list.Element // in the queue; nil otherwise
	inside bool
}

// SetPlaces changes how many are let in from now on; 0 is DefaultPlaces.
func (g *Gate) SetPlaces(n int) {
	g.mu.Lock()
	g.places = n
	admitted := g.admit()
	g.mu.Unlock()
	run(admitted)
}

// Enter queues for a place and calls admit once there is one, which may be before
// Enter returns; admit must not block. Whoever enters must Leave.
func (g *Gate) Enter(admit func()) *Ticket {
	t := &Ticket{gate: g, admit: admit}
	g.mu.Lock()
	t.place = g.waiting.PushBack(t)
	admitted := g.admit()
	g.mu.Unlock()
	run(admitted)
	return t
}

// Leave gives the place, or the wait for it, up. A nil Ticket has left, and so may
// one that has left leave again.
func (t *Ticket) Leave() {
	if t == nil {
		return
	}
	g := t.gate
	g.mu.Lock()
	switch {
	case t.place != nil:
		g.waiting.Remove(t.place)
		t.place = nil
	case t.inside:
		t.inside = false
		g.inside--
	}
	admitted := g.admit()
	g.mu.Unlock()
	run(admitted)
}

// admit lets in whom there is room for.
func (g *Gate) admit() []*Ticket {
	places := g.places
	if places <= 0 {
		places = DefaultPlaces
	}
	var admitted []*Ticket
	for g.inside < places && g.waiting.Len() > 0 {
		t := g.waiting.Remove(g.waiting.Front()).(*Ticket)
		t.place, t.inside = nil, true
		g.inside++
		admitted = append(admitted, t)
	}
	return admitted
}

func run(admitted []*Ticket) {
	for _, t := range admitted {
		t.admit()
	}
}
