package presence

import (
	"iter"
	"math/bits"
	"slices"
	"strings"

	"github.com/xmppkit/xmppkit/stanza"
)

// book is the memory of a [Ledger]: who is in which room, as each recipient has
// been told and as it is. It does not lock.
//
// A nick is kept once per room, in a numbered slot; what a recipient knows is a
// set of slots, one bit for each. A hundred recipients in a room of a thousand
// occupants thus need 125 bytes each for what they were told, and a thousand nicks.
type book struct {
	limit   int // slots per room
	rooms   map[stanza.JID]*room
	members map[memberKey]*membership
	first   map[stanza.JID]*membership // of each recipient's memberships
}

type memberKey struct{ recipient, room stanza.JID }

type room struct {
	name    stanza.JID
	members int
	slots   []slot
	index   map[string]uint32 // by nick
	free    []uint32
}

type slot struct {
	nick string
	refs uint32 // bits that stand for it, in any set of any member
}

type membership struct {
	recipient  stanza.JID
	room       *room
	own        string   // the recipient's nick
	in         bool     // a join has been completed
	told       set      // whom the recipient knows to be there
	here       set      // who is there; they differ while a notice waits
	joining    *joining // a join or rejoin is under way
	next, prev *membership
}

// joining is what has been seen of a join that is not complete.
type joining struct {
	seen set
	// held are notices that became due meanwhile. Whether they still hold is known
	// only when the join is complete.
	held []held
}

type held struct {
	slot uint32
	kind Kind
	at   int64
}

// set is a set of slots.
type set []uint64

func (s set) has(i uint32) bool {
	return int(i>>6) < len(s) && s[i>>6]&(1<<(i&63)) != 0
}

func (s set) at(word int) uint64 {
	if word < len(s) {
		return s[word]
	}
	return 0
}

// all yields the slots of the set in order. It may be changed meanwhile.
func (s set) all() iter.Seq[uint32] { return differences(s, nil) }

// differences yields the slots that are in one of the sets only.
func differences(a, b set) iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		for word := range max(len(a), len(b)) {
			for rest := a.at(word) ^ b.at(word); rest != 0; rest &= rest - 1 {
				if !yield(uint32(word<<6 + bits.TrailingZeros64(rest))) {
					return
				}
			}
		}
	}
}

// put adds a slot to one of a member's sets, or takes it out; a slot that is in
// none any more is given up. To move a slot between sets add it first.
func (m *membership) put(s *set, i uint32, in bool) {
	if s.has(i) == in {
		return
	}
	for int(i>>6) >= len(*s) {
		*s = append(*s, 0)
	}
	(*s)[i>>6] ^= 1 << (i & 63)
	if in {
		m.room.slots[i].refs++
		return
	}
	m.room.release(i)
}

// clear empties one of a member's sets.
func (m *membership) clear(s *set) {
	for i := range s.all() {
		m.room.release(i)
	}
	*s = nil
}

func (m *membership) nick(i uint32) string { return m.room.slots[i].nick }

// nicks returns the nicks of a set, sorted.
func (m *membership) nicks(s set) []string {
	var nicks []string
	for i := range s.all() {
		nicks = append(nicks, m.nick(i))
	}
	slices.Sort(nicks)
	return nicks
}

// sorted collects slots in the order of their nicks.
func (m *membership) sorted(slots iter.Seq[uint32]) []uint32 {
	return slices.SortedFunc(slots, func(a, b uint32) int { return strings.Compare(m.nick(a), m.nick(b)) })
}

// maxNick is the most bytes that a nick may have, a resourcepart (RFC 7622 §3.4).
const maxNick = 1023

// slot returns the slot of a nick, a new one if need be. It is the caller's to put
// it into a set. The room may be full.
func (r *room) slot(nick string, limit int) (uint32, bool) {
	if i, ok := r.index[nick]; ok {
		return i, true
	}
	if nick == "" || len(nick) > maxNick || len(r.index) >= limit {
		return 0, false
	}
	nick = strings.Clone(nick) // and not the stanza that it was cut from
	var i uint32
	if last := len(r.free) - 1; last >= 0 {
		i, r.free = r.free[last], r.free[:last]
		r.slots[i] = slot{nick: nick}
	} else {
		i = uint32(len(r.slots))
		r.slots = append(r.slots, slot{nick: nick})
	}
	r.index[nick] = i
	return i, true
}

func (r *room) release(i uint32) {
	s := &r.slots[i]
	if s.refs--; s.refs == 0 {
		delete(r.index, s.nick)
		*s = slot{}
		r.free = append(r.free, i)
	}
}

func newBook(limit int) book {
	return book{
		limit:   limit,
		rooms:   make(map[stanza.JID]*room),
		members: make(map[memberKey]*membership),
		first:   make(map[stanza.JID]*membership),
	}
}

// member returns a recipient's view of a room, or nil.
func (b *book) member(recipient, name stanza.JID) *membership {
	return b.members[memberKey{recipient, name}]
}

// slot returns the slot of another occupant's nick, as [room.slot] does.
func (b *book) slot(m *membership, nick string) (uint32, bool) {
	if nick == m.own {
		return 0, false
	}
	return m.room.slot(nick, b.limit)
}

// enter returns a recipient's view of a room, a new one if there is none.
func (b *book) enter(recipient, name stanza.JID) *membership {
	if m := b.member(recipient, name); m != nil {
		return m
	}
	recipient = stanza.JID(strings.Clone(string(recipient)))
	r := b.rooms[name]
	if r == nil {
		name = stanza.JID(strings.Clone(string(name)))
		r = &room{name: name, index: make(map[string]uint32)}
		b.rooms[name] = r
	}
	r.members++
	m := &membership{recipient: recipient, room: r}
	if next := b.first[recipient]; next != nil {
		m.recipient = next.recipient
		m.next, next.prev = next, m
	}
	b.first[m.recipient] = m
	b.members[memberKey{m.recipient, r.name}] = m
	return m
}

// leave forgets a recipient's view of a room.
func (b *book) leave(m *membership) {
	if m.joining != nil {
		m.clear(&m.joining.seen)
		m.joining = nil
	}
	m.clear(&m.told)
	m.clear(&m.here)
	if m.room.members--; m.room.members == 0 {
		delete(b.rooms, m.room.name)
	}
	if m.next != nil {
		m.next.prev = m.prev
	}
	switch {
	case m.prev != nil:
		m.prev.next = m.next
	case m.next != nil:
		b.first[m.recipient] = m.next
	default:
		delete(b.first, m.recipient)
	}
	delete(b.members, memberKey{m.recipient, m.room.name})
}
