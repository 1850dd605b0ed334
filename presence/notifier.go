package presence

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/xmppkit/xmppkit/stanza"
)

const (
	// claimAtMost bounds how many pending notices become one batch for the store.
	claimAtMost = 4096
	// With more than this waiting for a store that fails, nick changes are kept as a
	// part and a join, which wait where opposites cancel.
	outAtMost = 2 * claimAtMost
	// A store that fails is tried again after firstRetry, then twice that, and so on.
	firstRetry = time.Second
	lastRetry  = time.Minute
)

// Notifier tells recipients who comes and goes in their rooms: what a [Debouncer]
// lets through and a [Ledger] finds to be news. A notice is pending exactly while
// what the recipient knows and what is so differ.
//
// Its methods take what happens in a room as it happens, return at once, and may be
// called from handlers, from several goroutines and from Tell, Close excepted as it
// says. The store is written, and Tell called, on one goroutine that exists only
// while there is something to tell or to record.
type Notifier struct {
	config NotifierConfig
	ledger *Ledger
	alarm  *alarm

	mu      *sync.Mutex // the ledger's: guards what follows, alarm and the ledger
	pending pending[stanza.JID, occupant]
	flush   bool // everything is due
	closed  bool
	failed  error // of the store, since the last success
	delay   time.Duration
	retry   int64 // when failed: try again then
}

type occupant struct {
	member *membership
	slot   uint32
}

// NotifierConfig configures a [Notifier]. The zero value works, and tells nobody.
type NotifierConfig struct {
	// Tell gets the notices that are to be told, in order, when the ledger's store
	// has made them lasting: see [Ledger] for what a crash in between means. One call
	// at a time, not under a lock. The slice is the callee's. While Tell runs nothing
	// else is told or recorded.
	Tell func([]Notice)
	// TellNickChanges tells of nick changes even those whose wait is off.
	TellNickChanges bool
	// Log gets the errors of the store. slog.Default() if nil.
	Log *slog.Logger
}

// NewNotifier returns a Notifier that goes on from what the ledger says. The ledger
// must not be changed by others from here on, nor its Commit be called.
func NewNotifier(ledger *Ledger, config NotifierConfig) *Notifier {
	if config.Log == nil {
		config.Log = slog.Default()
	}
	n := &Notifier{config: config, ledger: ledger, mu: &ledger.mu}
	n.alarm = newAlarm(n.mu, n.next, n.step)
	return n
}

// SetWait sets how long joins and parts wait before this recipient is told of them:
// [Off], which is where everybody starts, zero for at once, or any time. What is
// pending follows: it becomes due that long after it happened; with Off the ledger
// follows the room and nothing is told.
func (n *Notifier) SetWait(recipient stanza.JID, wait time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.pending.setWait(recipient, int64(wait))
	n.alarm.arm()
}

// Joining says that the recipient's join or rejoin of the room is on its way, as
// [Ledger.Joining] does. Until it is complete nothing about the room is told. Whoever
// also calls it when a session has ended, as context.AfterFunc of the context that a
// service is given at Begin can, has nothing told of those whom a dying server put out
// first.
func (n *Notifier) Joining(recipient, room stanza.JID) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.closed {
		n.ledger.book.enter(recipient, room).join()
	}
}

// Joined says that the join is complete, as [Ledger.Joined] does. Who came or went
// in between counts as having done so now, and waits like any other.
func (n *Notifier) Joined(recipient, room stanza.JID, nick string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	m := n.member(recipient, room)
	if m == nil || m.joining == nil {
		return
	}
	defer n.alarm.arm()
	first, held := !m.in, m.joining.held
	seen := n.ledger.completed(m, nick, time.Now())
	if !first {
		n.release(m, held, seen)
		for _, i := range m.sorted(differences(m.here, seen)) {
			n.turn(m, i, seen.has(i))
		}
	}
	m.clear(&seen)
}

// Join says that an occupant is in the room: any available presence from it.
func (n *Notifier) Join(recipient, room stanza.JID, nick string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	m := n.member(recipient, room)
	switch {
	case m == nil:
	case m.joining != nil:
		n.ledger.book.seen(m, nick, true)
	default:
		n.join(m, nick)
		n.alarm.arm()
	}
}

// Part says that an occupant has left the room: an unavailable presence from it
// without status 303.
func (n *Notifier) Part(recipient, room stanza.JID, nick string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	m := n.member(recipient, room)
	switch {
	case m == nil:
	case m.joining != nil:
		n.ledger.book.seen(m, nick, false)
	default:
		if i, ok := m.room.index[nick]; ok {
			n.turn(m, i, false)
			n.alarm.arm()
		}
	}
}

// NickChange says that an occupant has another nick (XEP-0045 §7.6, status 303). A
// recipient who knows the occupant is told at once; a join that is still pending
// goes on waiting, under the new nick.
func (n *Notifier) NickChange(recipient, room stanza.JID, from, to string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	m := n.member(recipient, room)
	switch {
	case m == nil || from == to:
	case m.joining != nil:
		n.ledger.book.seen(m, from, false)
		n.ledger.book.seen(m, to, true)
	case from == m.own:
		n.ledger.ownNick(m, to, time.Now())
		if i, ok := m.room.index[to]; ok { // whoever had it before has left
			n.turn(m, i, false)
		}
		n.alarm.arm()
	default:
		n.nickChange(m, from, to)
		n.alarm.arm()
	}
}

// Leave says that the recipient is out of the room for good, as [Ledger.Leave]
// does. What is pending for it is dropped, and SelfPart is told with the reason.
func (n *Notifier) Leave(recipient, room stanza.JID, reason string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	m := n.member(recipient, room)
	if m == nil {
		return
	}
	for i := range differences(m.told, m.here) {
		n.cancel(m, i)
	}
	n.ledger.leave(m, reason)
	n.alarm.arm()
}

// Who returns who is in the room, and whether the recipient is in it. The answer
// is meant for the recipient, who thereby knows: what is pending for the room is
// settled and not told any more. During a rejoin it says what was told before.
func (n *Notifier) Who(recipient, room stanza.JID) (Membership, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	m := n.member(recipient, room)
	if m == nil || !m.in {
		return Membership{}, false
	}
	if m.joining == nil {
		for i := range differences(m.told, m.here) {
			n.claim(m, i, m.here.has(i), n.cancel(m, i), true)
		}
		n.alarm.arm()
	}
	return Membership{m.recipient, m.room.name, m.own, m.nicks(m.told)}, true
}

// Pending returns how many notices wait.
func (n *Notifier) Pending() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.pending.len()
}

// Err returns the store's error while it fails; it is tried again meanwhile, and
// nothing is told.
func (n *Notifier) Err() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.failed
}

// Close ends the Notifier: what is pending is told now, or dropped, to be found
// again at the next rejoin. It waits until all is recorded and the last Tell has
// returned, or returns the cause why ctx ended, or the store's error. What comes
// later is ignored. In Tell itself call it with a context that has ended.
func (n *Notifier) Close(ctx context.Context, tell bool) error {
	n.mu.Lock()
	n.closed = true
	if tell {
		n.flush = true
	} else {
		n.pending = pending[stanza.JID, occupant]{}
	}
	n.retry = 0
	n.mu.Unlock()
	if err := n.alarm.close(ctx); err != nil {
		return err
	}
	return n.Err()
}

func (n *Notifier) member(recipient, room stanza.JID) *membership {
	if n.closed {
		return nil
	}
	return n.ledger.book.member(recipient, room)
}

func (n *Notifier) silent(m *membership) bool { return n.pending.wait(m.recipient) < 0 }

func (n *Notifier) join(m *membership, nick string) {
	if i, ok := n.ledger.book.slot(m, nick); ok {
		n.turn(m, i, true)
	}
}

// turn notes that an occupant is here or not. If that is what the recipient knows,
// the opposite is pending and is cancelled, or was held during a rejoin. If not, a
// notice waits from now.
func (n *Notifier) turn(m *membership, i uint32, here bool) {
	if m.here.has(i) == here {
		return
	}
	if m.told.has(i) == here {
		n.cancel(m, i)
	} else {
		kind := Part
		if here {
			kind = Join
		}
		n.pending.add(m.recipient, occupant{m, i}, kind, n.alarm.now())
	}
	m.put(&m.here, i, here)
}

// cancel takes a pending notice out and returns since when it waited.
func (n *Notifier) cancel(m *membership, i uint32) int64 {
	entry := n.pending.find(m.recipient, occupant{m, i})
	if entry == 0 {
		return n.alarm.now()
	}
	at := n.pending.entry(entry).at
	n.pending.remove(entry)
	return at
}

// claim makes of a notice that no longer waits one that is recorded next.
func (n *Notifier) claim(m *membership, i uint32, here bool, at int64, silent bool) {
	kind := Part
	if here {
		kind = Join
	}
	n.ledger.note(m, Notice{Kind: kind, Nick: m.nick(i), At: n.alarm.time(at), Silent: silent})
}

// release tells those of the notices that became due during a rejoin which still
// hold. The others never happened.
func (n *Notifier) release(m *membership, held []held, seen set) {
	for _, h := range held {
		if here := h.kind == Join; seen.has(h.slot) == here {
			n.claim(m, h.slot, here, h.at, n.silent(m))
		}
	}
}

func (n *Notifier) nickChange(m *membership, from, to string) {
	i, known := m.room.index[from]
	if !known || !m.told.has(i) {
		if known && m.here.has(i) {
			n.carry(m, i, to)
		} else {
			n.join(m, to)
		}
		return
	}
	j, ok := n.ledger.book.slot(m, to)
	if !ok || m.here.has(j) || len(n.ledger.out) > outAtMost {
		if ok {
			n.turn(m, j, true)
		}
		n.turn(m, i, false)
		return
	}
	if m.told.has(j) { // whoever had the new nick before has left
		n.claim(m, j, false, n.cancel(m, j), n.silent(m))
	}
	n.turn(m, i, true) // a part that was pending was none
	n.ledger.note(m, Notice{Kind: NickChange, Nick: from, NewNick: to, At: time.Now(),
		Silent: n.silent(m) && !n.config.TellNickChanges})
}

// carry gives a pending join to another nick.
func (n *Notifier) carry(m *membership, i uint32, to string) {
	j, ok := n.ledger.book.slot(m, to)
	if !ok || m.here.has(j) || m.told.has(j) {
		if ok {
			n.turn(m, j, true)
		}
		n.turn(m, i, false)
		return
	}
	if entry := n.pending.find(m.recipient, occupant{m, i}); entry != 0 {
		n.pending.rename(entry, occupant{m, j})
	}
	m.put(&m.here, j, true)
	m.put(&m.here, i, false)
}

func (n *Notifier) next() int64 {
	switch {
	case n.failed != nil && n.closed && n.retry != 0:
		return never // one attempt, and then it is given up
	case n.failed != nil:
		return n.retry
	case len(n.ledger.out) > 0, n.flush && n.pending.len() > 0:
		return 0
	case n.closed && n.pending.len() == 0:
		return never
	}
	return n.pending.next()
}

func (n *Notifier) step() bool {
	now := n.alarm.now()
	if n.failed != nil && now < n.retry {
		return false
	}
	if n.failed == nil {
		n.claimDue(now)
	}
	if len(n.ledger.out) == 0 {
		return false
	}
	n.mu.Unlock()
	told, err := n.ledger.Commit()
	if err == nil && len(told) > 0 && n.config.Tell != nil {
		n.config.Tell(told)
	}
	n.mu.Lock()
	if err != nil {
		n.delay = min(max(2*n.delay, firstRetry), lastRetry)
		n.failed, n.retry = err, n.alarm.now()+int64(n.delay)
		n.config.Log.Error("presence: notices wait for the store", "error", err, "retry", n.delay)
		return false
	}
	n.failed, n.delay = nil, 0
	return true
}

func (n *Notifier) claimDue(now int64) {
	if n.flush {
		now = never
	}
	for range claimAtMost {
		entry := n.pending.first(now)
		if entry == 0 {
			return
		}
		e := n.pending.entry(entry)
		m, i, kind, at := e.occupant.member, e.occupant.slot, e.kind, e.at
		silent := n.silent(m)
		n.pending.remove(entry)
		if m.joining != nil {
			m.joining.held = append(m.joining.held, held{i, kind, at})
			continue
		}
		n.claim(m, i, kind == Join, at, silent)
	}
}
