package presence

import (
	"container/heap"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/xmppkit/xmppkit/stanza"
)

// place is somewhere a [Rotator] shows a status: a room, or the account.
type place struct {
	room   stanza.JID // empty: the account
	show   stanza.Show
	status string
	until  time.Time // when the status has had its time
	due    time.Time // when the next presence is
	n      int       // statuses that it has had
	seed   uint64    // of its order
	index  int       // in the queue; -1 when not there
}

func (r *Rotator) newPlace(room stanza.JID) *place {
	return &place{room: room, show: r.show, seed: rand.Uint64(), index: -1}
}

func (p *place) queued() bool { return p.index >= 0 }

// places is the queue of a [Rotator], the earliest first.
type places []*place

// put sets when the next presence of a place is due.
func (q *places) put(p *place, due time.Time) {
	p.due = due
	if p.queued() {
		heap.Fix(q, p.index)
	} else {
		heap.Push(q, p)
	}
}

func (q *places) remove(p *place) {
	if p.queued() {
		heap.Remove(q, p.index)
	}
}

func (q *places) clear() {
	for _, p := range *q {
		p.index = -1
	}
	*q = nil
}

func (q places) Len() int           { return len(q) }
func (q places) Less(i, j int) bool { return q[i].due.Before(q[j].due) }
func (q places) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].index, q[j].index = i, j
}

// Push is for container/heap.
func (q *places) Push(x any) {
	p := x.(*place)
	p.index = len(*q)
	*q = append(*q, p)
}

// Pop is for container/heap.
func (q *places) Pop() any {
	old := *q
	p := old[len(old)-1]
	old[len(old)-1] = nil
	*q = old[:len(old)-1]
	p.index = -1
	return p
}

// shuffled is the n-th index below size in an order that is the seed's: each round
// of size has every index once, and no index follows itself, as long as there are
// two.
func shuffled(seed uint64, n, size int) int {
	if size <= 2 {
		return (n + int(seed%2)) % size
	}
	round, i := n/size, n%size
	order := rand.New(rand.NewPCG(seed, uint64(round))).Perm(size)
	if round > 0 {
		before := rand.New(rand.NewPCG(seed, uint64(round-1))).Perm(size)
		if order[0] == before[size-1] { // the swap below never changes the last one
			order[0], order[1] = order[1], order[0]
		}
	}
	return order[i]
}

// distinct is the statuses that are left when a status that is there twice would
// follow itself.
func distinct(statuses []string, shuffle bool) []string {
	if !shuffle {
		return slices.Clone(statuses)
	}
	var list []string
	seen := map[string]bool{}
	for _, s := range statuses {
		if !seen[s] {
			seen[s] = true
			list = append(list, s)
		}
	}
	return list
}
