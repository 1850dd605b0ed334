package presence

import "math"

// never is a time that does not come.
const never = math.MaxInt64

// pending holds the events that wait, at most one per recipient and occupant. It
// neither locks nor looks at a clock: times are nanoseconds since a moment of its
// owner's choice, and never decrease.
//
// All events of a recipient wait equally long, so each recipient's are a plain
// list in the order they happened, whatever becomes of the wait; only the
// recipients need ordering, in a heap. That heap is lazy: a recipient may stand
// in it earlier than its first event is due, which costs one look when that time
// comes and makes cancelling cost the same with ten events and with a million.
type pending[R, O comparable] struct {
	index index               // by recipient and occupant
	slab  [][]pendingEntry[O] // chunks, so that growing moves nothing
	used  uint32              // entries of slab ever handed out
	free  uint32              // first of a list linked by next; 0 is none
	peak  int                 // most entries since there was none

	ids        map[R]uint32
	recipients []pendingRecipient[R]
	freeIDs    []uint32
	heap       []uint32 // recipients by due, then by id
}

type pendingKey[O comparable] struct {
	recipient uint32
	occupant  O
}

type pendingEntry[O comparable] struct {
	occupant   O
	at         int64
	next, prev uint32 // within the recipient's list; 0 ends it
	recipient  uint32
	hash       uint32
	kind       Kind
}

type pendingRecipient[R comparable] struct {
	name       R
	wait       int64 // below zero: off
	due        int64 // no later than the first event is
	head, tail uint32
	place      int32 // in heap, or -1
}

const (
	chunkBits = 7
	chunkSize = 1 << chunkBits
	// keepEntries is how much room a queue holds on to in any case when it has run
	// empty.
	keepEntries = 32 * chunkSize
)

func (p *pending[R, O]) len() int { return p.index.used }

func (p *pending[R, O]) entry(i uint32) *pendingEntry[O] {
	return &p.slab[i>>chunkBits][i&(chunkSize-1)]
}

// wait returns the recipient's wait, below zero for off.
func (p *pending[R, O]) wait(r R) int64 {
	if id, ok := p.ids[r]; ok {
		return p.recipients[id].wait
	}
	return -1
}

// setWait changes a recipient's wait, and when its events are due. With off they
// are due at once: whether they are then told is the owner's affair.
func (p *pending[R, O]) setWait(r R, wait int64) {
	if _, known := p.ids[r]; !known && wait < 0 {
		return
	}
	id := p.id(r)
	rec := &p.recipients[id]
	rec.wait = max(wait, -1)
	if rec.place >= 0 {
		p.heapRemove(id)
	}
	if rec.head != 0 {
		rec.due = p.dueOf(rec)
		p.heapAdd(id)
	}
	p.forget(id)
}

// find returns the entry of an event, or 0.
func (p *pending[R, O]) find(r R, o O) uint32 {
	id, ok := p.ids[r]
	if !ok {
		return 0
	}
	return p.lookup(id, o, hash(&p.index, pendingKey[O]{id, o}))
}

func (p *pending[R, O]) lookup(id uint32, o O, hash uint32) uint32 {
	return p.index.find(hash, func(i uint32) bool {
		e := p.entry(i)
		return e.recipient == id && e.occupant == o
	})
}

// add lets an event wait. There must be none for the same occupant.
func (p *pending[R, O]) add(r R, o O, kind Kind, now int64) {
	id := p.id(r)
	i := p.alloc()
	h := hash(&p.index, pendingKey[O]{id, o})
	p.index.add(h, i)
	p.peak = max(p.peak, p.len())
	rec := &p.recipients[id]
	*p.entry(i) = pendingEntry[O]{occupant: o, at: now, prev: rec.tail, recipient: id, hash: h, kind: kind}
	if rec.tail != 0 {
		p.entry(rec.tail).next = i
	} else {
		rec.head = i
	}
	rec.tail = i
	if rec.place < 0 {
		rec.due = p.dueOf(rec)
		p.heapAdd(id)
	}
}

// remove takes an entry out.
func (p *pending[R, O]) remove(i uint32) {
	e := p.entry(i)
	id, rec := e.recipient, &p.recipients[e.recipient]
	p.index.remove(e.hash, i)
	if e.prev != 0 {
		p.entry(e.prev).next = e.next
	} else {
		rec.head = e.next
	}
	if e.next != 0 {
		p.entry(e.next).prev = e.prev
	} else {
		rec.tail = e.prev
	}
	*e = pendingEntry[O]{next: p.free}
	p.free = i
	p.forget(id)
	if p.len() == 0 {
		p.shrink()
	}
}

// shrink gives memory back when there is no entry, if not even a quarter of it has
// been of use since the last time.
func (p *pending[R, O]) shrink() {
	if p.used > keepEntries && p.peak < int(p.used/4) {
		p.index, p.slab, p.used, p.free = index{}, nil, 0, 0
	}
	p.peak = 0
}

// drop takes out all entries of a recipient.
func (p *pending[R, O]) drop(r R) {
	id, ok := p.ids[r]
	for ok && p.recipients[id].head != 0 {
		last := p.recipients[id].head == p.recipients[id].tail
		p.remove(p.recipients[id].head)
		ok = !last // with its last entry the recipient may be gone
	}
}

// rename gives an entry to another occupant, in its place and with its time.
func (p *pending[R, O]) rename(i uint32, o O) {
	e := p.entry(i)
	p.index.remove(e.hash, i)
	e.occupant, e.hash = o, hash(&p.index, pendingKey[O]{e.recipient, o})
	p.index.add(e.hash, i)
}

// next returns when to look for events that are due; it may be too early.
func (p *pending[R, O]) next() int64 {
	if len(p.heap) == 0 {
		return never
	}
	return p.recipients[p.heap[0]].due
}

// first returns the entry that is due first, if that is no later than now, or 0.
func (p *pending[R, O]) first(now int64) uint32 {
	for len(p.heap) > 0 {
		id := p.heap[0]
		rec := &p.recipients[id]
		if rec.head == 0 {
			p.heapRemove(id)
			continue
		}
		if due := p.dueOf(rec); due > rec.due {
			rec.due = due
			p.sift(0)
			continue
		}
		if rec.due > now {
			return 0
		}
		return rec.head
	}
	return 0
}

func (p *pending[R, O]) dueOf(rec *pendingRecipient[R]) int64 {
	at, wait := p.entry(rec.head).at, max(rec.wait, 0)
	if at > never-wait {
		return never
	}
	return at + wait
}

// alloc returns the place for an entry. Place 0 is never given out.
func (p *pending[R, O]) alloc() uint32 {
	if i := p.free; i != 0 {
		p.free = p.entry(i).next
		return i
	}
	p.used++
	if int(p.used>>chunkBits) >= len(p.slab) {
		p.slab = append(p.slab, make([]pendingEntry[O], chunkSize))
	}
	return p.used
}

func (p *pending[R, O]) id(r R) uint32 {
	if id, ok := p.ids[r]; ok {
		return id
	}
	if p.ids == nil {
		p.ids = make(map[R]uint32)
	}
	var id uint32
	if last := len(p.freeIDs) - 1; last >= 0 {
		id, p.freeIDs = p.freeIDs[last], p.freeIDs[:last]
	} else {
		id = uint32(len(p.recipients))
		p.recipients = append(p.recipients, pendingRecipient[R]{})
	}
	p.recipients[id] = pendingRecipient[R]{name: r, wait: -1, place: -1}
	p.ids[r] = id
	return id
}

// forget drops a recipient of whom there is nothing to know.
func (p *pending[R, O]) forget(id uint32) {
	rec := &p.recipients[id]
	if rec.wait >= 0 || rec.head != 0 {
		return
	}
	if rec.place >= 0 {
		p.heapRemove(id)
	}
	delete(p.ids, rec.name)
	p.recipients[id] = pendingRecipient[R]{place: -1}
	p.freeIDs = append(p.freeIDs, id)
}

func (p *pending[R, O]) less(a, b uint32) bool {
	if x, y := p.recipients[a].due, p.recipients[b].due; x != y {
		return x < y
	}
	return a < b
}

func (p *pending[R, O]) heapAdd(id uint32) {
	p.recipients[id].place = int32(len(p.heap))
	p.heap = append(p.heap, id)
	p.sift(len(p.heap) - 1)
}

func (p *pending[R, O]) heapRemove(id uint32) {
	i, last := int(p.recipients[id].place), len(p.heap)-1
	p.recipients[id].place = -1
	moved := p.heap[last]
	p.heap = p.heap[:last]
	if i != last {
		p.heap[i] = moved
		p.recipients[moved].place = int32(i)
		p.sift(i)
	}
}

// sift moves the recipient at i up or down to where it belongs.
func (p *pending[R, O]) sift(i int) {
	id := p.heap[i]
	for i > 0 && p.less(id, p.heap[(i-1)/2]) {
		i = p.heapSet(i, p.heap[(i-1)/2], (i-1)/2)
	}
	for {
		child := 2*i + 1
		if child >= len(p.heap) {
			break
		}
		if child+1 < len(p.heap) && p.less(p.heap[child+1], p.heap[child]) {
			child++
		}
		if !p.less(p.heap[child], id) {
			break
		}
		i = p.heapSet(i, p.heap[child], child)
	}
	p.heapSet(i, id, i)
}

// heapSet puts a recipient into a place and returns the place to go on from.
func (p *pending[R, O]) heapSet(i int, id uint32, from int) int {
	p.heap[i] = id
	p.recipients[id].place = int32(i)
	return from
}
