package presence

import (
	"fmt"
	"iter"
	"strings"
	"sync"
	"time"

	"github.com/xmppkit/xmppkit/stanza"
)

// DefaultMaxOccupants is how many occupants of one room a [Ledger] keeps.
const DefaultMaxOccupants = 10000

// Ledger remembers what each recipient has been told about who is in which room.
// Only a difference to that is news: a join of someone already told is none, nor
// is a part of someone never told. Rooms that the recipient has not joined are
// ignored, so strangers cannot make it grow.
//
// Notices are noted first and come out of [Ledger.Commit], which makes them
// durable and only then returns them, to be told. Whoever tells nothing but what
// Commit returned therefore never tells anything twice, whenever the program dies;
// what was recorded and not yet told when it died is lost, unless the [Store] puts
// it into an outbox in the same transaction, and then it is told exactly once. The
// other order, to tell and then to record, would repeat itself after each crash.
//
// All methods may be called from several goroutines and return at once, Commit
// excepted. A Ledger that was given to a [Notifier] is changed through that only.
type Ledger struct {
	store Store

	writing sync.Mutex // held while the store is written; before mu

	mu   sync.Mutex // guards what follows
	book book
	out  []Notice // noted and not durable yet
}

// LedgerConfig configures a [Ledger]. The zero value works.
type LedgerConfig struct {
	// MaxOccupants bounds how many occupants of one room are kept; who comes on top
	// of that is as if not there. DefaultMaxOccupants if zero.
	MaxOccupants int
}

// OpenLedger returns a Ledger that goes on where the store ends; a nil store keeps
// nothing. It blocks until the store is read, and its errors are the store's.
func OpenLedger(store Store, config LedgerConfig) (*Ledger, error) {
	limit := config.MaxOccupants
	if limit <= 0 {
		limit = DefaultMaxOccupants
	}
	l := &Ledger{store: store, book: newBook(limit)}
	if store == nil {
		return l, nil
	}
	for stored, err := range store.Load() {
		if err != nil {
			return nil, fmt.Errorf("load the ledger: %w", err)
		}
		m := l.book.enter(stored.Recipient, stored.Room)
		m.in, m.own = true, stored.Nick
		for _, nick := range stored.Occupants {
			if i, ok := m.room.slot(nick, limit); ok {
				m.put(&m.told, i, true)
				m.put(&m.here, i, true)
			}
		}
	}
	return l, nil
}

// Note says that the recipient is to know of a Join, Part or NickChange, and
// reports whether that is news to them. News waits for [Ledger.Commit]. With
// Silent set the ledger follows without anybody being told.
//
// Of a nick change of somebody they do not know they learn as of a join. A change
// of their own nick is never told.
func (l *Ledger) Note(n Notice) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	m := l.book.member(n.Recipient, n.Room)
	return m != nil && m.in && l.note(m, n)
}

// Joining says that the recipient's join or rejoin of the room is on its way: from
// here on the occupants [Ledger.Seen] are collected. An earlier join that was not
// completed is forgotten, with whom it saw; what was told stays.
func (l *Ledger) Joining(recipient, room stanza.JID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.book.enter(recipient, room).join()
}

// Seen says that an occupant is there, or has gone again, during a join. Outside
// one it does nothing.
func (l *Ledger) Seen(recipient, room stanza.JID, nick string, here bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if m := l.book.member(recipient, room); m != nil && m.joining != nil {
		l.book.seen(m, nick, here)
	}
}

// Joined says that the join is complete (self-presence, XEP-0045 §7.2.2), with the
// recipient's nick. The first time that is news itself, a SelfJoin with all who are
// there. After that whoever came or went in between is noted, and nothing else.
// Without Joining it does nothing.
func (l *Ledger) Joined(recipient, room stanza.JID, nick string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	m, now := l.book.member(recipient, room), time.Now()
	if m == nil || m.joining == nil {
		return
	}
	first := !m.in
	seen := l.completed(m, nick, now)
	if !first {
		for _, i := range m.sorted(differences(m.told, seen)) {
			kind := Part
			if seen.has(i) {
				kind = Join
			}
			l.note(m, Notice{Kind: kind, Nick: m.nick(i), At: now})
		}
	}
	m.clear(&seen)
}

// Leave says that the recipient is out of the room for good: what they were told
// is forgotten, and SelfPart is noted with the reason. A connection or a room that
// is merely lost, and joined again later, is no reason to call it.
func (l *Ledger) Leave(recipient, room stanza.JID, reason string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if m := l.book.member(recipient, room); m != nil {
		l.leave(m, reason)
	}
}

// Who returns who is in the room as the recipient has been told, and whether the
// recipient is in it.
func (l *Ledger) Who(recipient, room stanza.JID) (Membership, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	m := l.book.member(recipient, room)
	if m == nil || !m.in {
		return Membership{}, false
	}
	return Membership{m.recipient, m.room.name, m.own, m.nicks(m.told)}, true
}

// Rooms yields the rooms that a recipient is in, without their occupants: after a
// restart those to rejoin. With an empty recipient it yields everybody's, which
// takes time; while it yields the ledger may be used.
func (l *Ledger) Rooms(recipient stanza.JID) iter.Seq[Membership] {
	l.mu.Lock()
	defer l.mu.Unlock()
	var rooms []Membership
	add := func(m *membership) {
		if m.in {
			rooms = append(rooms, Membership{Recipient: m.recipient, Room: m.room.name, Nick: m.own})
		}
	}
	if recipient == "" {
		for _, m := range l.book.members {
			add(m)
		}
	}
	for m := l.book.first[recipient]; m != nil; m = m.next {
		add(m)
	}
	return func(yield func(Membership) bool) {
		for _, m := range rooms {
			if !yield(m) {
				return
			}
		}
	}
}

// Commit makes what has been noted lasting, in one piece, and returns those of the
// notices that are to be told, in order. It blocks for as long as the store does,
// with other calls going on meanwhile. After an error nothing may be told yet: the
// notices come out of a later Commit.
func (l *Ledger) Commit() ([]Notice, error) {
	l.writing.Lock()
	defer l.writing.Unlock()
	l.mu.Lock()
	notices := l.out
	l.out = nil
	l.mu.Unlock()
	if len(notices) == 0 {
		return nil, nil
	}
	if l.store != nil {
		if err := l.store.Record(notices); err != nil {
			l.mu.Lock()
			l.out = append(notices, l.out...)
			l.mu.Unlock()
			return nil, fmt.Errorf("record the ledger: %w", err)
		}
	}
	var told []Notice
	for _, n := range notices {
		if !n.Silent {
			told = append(told, n)
		}
	}
	return told, nil
}

// note changes what m's recipient was told, under mu.
func (l *Ledger) note(m *membership, n Notice) bool {
	i, known := m.room.index[n.Nick]
	told := known && m.told.has(i)
	switch n.Kind {
	case Join:
		if told {
			return false
		}
		if i, known = l.book.slot(m, n.Nick); !known {
			return false
		}
		m.put(&m.told, i, true)
		m.put(&m.here, i, true)
		n.Nick = m.nick(i)
	case Part:
		if !told {
			return false
		}
		n.Nick = m.nick(i)
		m.put(&m.told, i, false)
		m.put(&m.here, i, false)
	case NickChange:
		if n.NewNick == n.Nick {
			return false
		}
		if n.Nick == m.own {
			l.ownNick(m, n.NewNick, n.At)
			return l.note(m, Notice{Kind: Part, Nick: n.NewNick, At: n.At, Silent: n.Silent})
		}
		if !told {
			n.Kind, n.Nick, n.NewNick = Join, n.NewNick, ""
			return l.note(m, n)
		}
		// Whoever had the new nick before must have left.
		l.note(m, Notice{Kind: Part, Nick: n.NewNick, At: n.At, Silent: n.Silent})
		j, ok := l.book.slot(m, n.NewNick)
		if !ok {
			n.Kind, n.NewNick = Part, ""
			return l.note(m, n)
		}
		n.Nick, n.NewNick = m.nick(i), m.nick(j)
		m.put(&m.told, j, true)
		m.put(&m.here, j, true)
		m.put(&m.told, i, false)
		m.put(&m.here, i, false)
	default:
		return false
	}
	n.Recipient, n.Room = m.recipient, m.room.name
	l.out = append(l.out, n)
	return true
}

// ownNick changes the recipient's nick, which nobody is told.
func (l *Ledger) ownNick(m *membership, nick string, at time.Time) {
	if nick != m.own && nick != "" {
		l.out = append(l.out, Notice{Kind: SelfNickChange, Recipient: m.recipient, Room: m.room.name,
			Nick: m.own, NewNick: nick, At: at, Silent: true})
		m.own = strings.Clone(nick)
	}
}

// completed ends a join and returns who was seen, the recipient excepted; the
// caller clears that set. If it is the first join it is noted.
func (l *Ledger) completed(m *membership, own string, now time.Time) set {
	seen := m.joining.seen
	m.joining = nil
	if i, ok := m.room.index[own]; ok {
		m.put(&seen, i, false)
	}
	if m.in {
		l.ownNick(m, own, now)
		return seen
	}
	m.in, m.own = true, strings.Clone(own)
	for i := range seen.all() {
		m.put(&m.told, i, true)
		m.put(&m.here, i, true)
	}
	l.out = append(l.out, Notice{Kind: SelfJoin, Recipient: m.recipient, Room: m.room.name,
		Nick: own, Occupants: m.nicks(seen), At: now})
	return seen
}

func (l *Ledger) leave(m *membership, reason string) {
	if m.in {
		l.out = append(l.out, Notice{Kind: SelfPart, Recipient: m.recipient, Room: m.room.name,
			Nick: m.own, Reason: reason, At: time.Now()})
	}
	l.book.leave(m)
}

// join begins a join, or begins it anew.
func (m *membership) join() {
	if m.joining == nil {
		m.joining = &joining{}
		return
	}
	m.clear(&m.joining.seen)
}

func (b *book) seen(m *membership, nick string, here bool) {
	i, known := m.room.index[nick]
	if !known && here {
		i, known = m.room.slot(nick, b.limit) // who is the recipient shows when joined
	}
	if known {
		m.put(&m.joining.seen, i, here)
	}
}
