package presence

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xmppkit/xmppkit/stanza"
)

const (
	modelRecipients = 10
	modelOccupants  = 50
	modelMaxWait    = 10 * time.Second
)

// model is two rooms that change at random, ten recipients whose connections come
// and go, and what each of them believes, by the notices they got.
type model struct {
	t        *testing.T
	random   *rand.Rand
	rooms    map[stanza.JID]map[string]bool
	seats    []*seat
	waits    map[stanza.JID]time.Duration // lasts, as a program's own state does
	notifier *Notifier
	process  *process
	lasting  MemoryStore

	mu       sync.Mutex // guards what follows
	beliefs  map[memberKey]map[string]bool
	recorded []Notice // to be told next
	told     int
}

// seat is a recipient's connection to a room.
type seat struct {
	recipient, room stanza.JID
	state           seatState
}

type seatState int

const (
	out     seatState = iota // not in the room
	lost                     // in it, but nothing arrives
	halfway                  // some of the occupants have arrived, nothing else will
	waiting                  // all of them have, self-presence has not
	joined
)

// process is the store as one run of the program sees it: it can die before or
// after anything is recorded. What it records reaches the recipients with it, as
// an outbox in the same transaction does.
type process struct {
	*MemoryStore
	model *model
	fate  fate
}

type fate int

const (
	lives fate = iota
	fails
	diesBefore
	diesAfter
	dead
)

var errFate = errors.New("it was to fail")

func (p *process) Record(notices []Notice) error {
	m := p.model
	m.mu.Lock()
	defer m.mu.Unlock()
	switch p.fate {
	case fails, dead:
		return errFate
	case diesBefore:
		p.fate = dead
		return errFate
	}
	if err := p.MemoryStore.Record(notices); err != nil {
		return err
	}
	for _, n := range notices {
		m.believe(n)
		if !n.Silent {
			m.recorded = append(m.recorded, n)
		}
	}
	if p.fate == diesAfter {
		p.fate = dead
		return errFate
	}
	return nil
}

// believe applies a notice, which must be news. Under mu.
func (m *model) believe(n Notice) {
	key := memberKey{n.Recipient, n.Room}
	belief, in := m.beliefs[key]
	ok := in
	switch n.Kind {
	case SelfJoin:
		ok = !in
		belief = map[string]bool{}
		for _, nick := range n.Occupants {
			belief[nick] = true
		}
		m.beliefs[key] = belief
	case SelfPart:
		delete(m.beliefs, key)
	case Join:
		ok = ok && !belief[n.Nick]
		belief[n.Nick] = true
	case Part:
		ok = ok && belief[n.Nick]
		delete(belief, n.Nick)
	case NickChange:
		ok = ok && belief[n.Nick] && !belief[n.NewNick]
		delete(belief, n.Nick)
		belief[n.NewNick] = true
	}
	if !ok {
		m.t.Errorf("%+v is no news to who believes %v", n, slices.Sorted(maps.Keys(belief)))
	}
}

// tell checks that what is told is what was recorded, all of it, in order, once.
func (m *model) tell(notices []Notice) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, n := range notices {
		if len(m.recorded) == 0 || describe(n) != describe(m.recorded[0]) {
			m.t.Errorf("told %+v, which was not recorded next", n)
			return
		}
		m.recorded = m.recorded[1:]
		m.told++
	}
}

func (m *model) start() {
	m.mu.Lock()
	m.recorded = nil
	m.mu.Unlock()
	m.process = &process{MemoryStore: &m.lasting, model: m}
	m.notifier = NewNotifier(openLedger(m.t, m.process), NotifierConfig{Tell: m.tell, Log: slog.New(slog.DiscardHandler)})
	for recipient, wait := range m.waits {
		m.notifier.SetWait(recipient, wait)
	}
	for _, s := range m.seats {
		who, in := m.notifier.ledger.Who(s.recipient, s.room)
		if s.state = out; in {
			s.state = lost
			m.mu.Lock()
			belief := slices.Sorted(maps.Keys(m.beliefs[memberKey{s.recipient, s.room}]))
			m.mu.Unlock()
			if !slices.Equal(who.Occupants, belief) {
				m.t.Errorf("the ledger of %s is %v, who believes %v", s.recipient, who.Occupants, belief)
			}
		}
	}
}

// stop ends the process: killed, it tells nothing more.
func (m *model) stop(kill bool) {
	if kill {
		m.fate(dead)
	}
	err := m.notifier.Close(m.t.Context(), !kill)
	if m.fate(-1) != dead && err != nil && !errors.Is(err, errFate) {
		m.t.Error(err)
	}
	check(m.t, &m.notifier.ledger.book)
}

// fate sets what becomes of the process and returns what was to become of it.
func (m *model) fate(f fate) fate {
	m.mu.Lock()
	defer m.mu.Unlock()
	was := m.process.fate
	if f >= 0 {
		m.process.fate = f
	}
	return was
}

// each calls f for all who hear what happens in the room.
func (m *model) each(room stanza.JID, f func(stanza.JID)) {
	for _, s := range m.seats {
		if s.room == room && (s.state == joined || s.state == waiting) {
			f(s.recipient)
		}
	}
}

func (m *model) come(room stanza.JID, nick string) {
	m.rooms[room][nick] = true
	m.each(room, func(r stanza.JID) { m.notifier.Join(r, room, nick) })
}

func (m *model) depart(room stanza.JID, nick string) {
	delete(m.rooms[room], nick)
	m.each(room, func(r stanza.JID) { m.notifier.Part(r, room, nick) })
}

func (m *model) rename(room stanza.JID, from, to string) {
	delete(m.rooms[room], from)
	m.rooms[room][to] = true
	m.each(room, func(r stanza.JID) { m.notifier.NickChange(r, room, from, to) })
}

// rejoin takes a seat from nothing to the given state.
func (m *model) rejoin(s *seat, state seatState) {
	m.notifier.Joining(s.recipient, s.room)
	for _, nick := range slices.Sorted(maps.Keys(m.rooms[s.room])) {
		if state != halfway || m.random.IntN(2) == 0 {
			m.notifier.Join(s.recipient, s.room, nick)
		}
	}
	if state == joined {
		m.notifier.Joined(s.recipient, s.room, "me")
	}
	s.state = state
}

func (m *model) act() {
	room := stanza.JID(fmt.Sprint("room", m.random.IntN(len(m.rooms))))
	nick := fmt.Sprint("nick", m.random.IntN(modelOccupants))
	s := m.seats[m.random.IntN(len(m.seats))]
	here := m.rooms[room][nick]
	switch p := m.random.IntN(1000); {
	case p < 600:
		if here {
			m.depart(room, nick)
		} else {
			m.come(room, nick)
		}
	case p < 700:
		to := fmt.Sprint("nick", m.random.IntN(modelOccupants))
		if here && !m.rooms[room][to] {
			m.rename(room, nick, to)
		}
	case p < 800:
		switch s.state {
		case waiting:
			m.notifier.Joined(s.recipient, s.room, "me")
			s.state = joined
		case joined:
			s.state = lost
		default:
			m.rejoin(s, []seatState{halfway, halfway, waiting, joined}[m.random.IntN(4)])
		}
	case p < 805:
		m.notifier.Leave(s.recipient, s.room, "bye")
		s.state = out
	case p < 820:
		wait := time.Duration(m.random.Int64N(int64(modelMaxWait)))
		if n := m.random.IntN(4); n < 2 {
			wait = []time.Duration{Off, 0}[n]
		}
		m.waits[s.recipient] = wait
		m.notifier.SetWait(s.recipient, wait)
	case p < 830:
		m.notifier.Who(s.recipient, s.room)
	case p < 840:
		m.fate([]fate{lives, lives, fails, diesBefore, diesAfter}[m.random.IntN(5)])
	case p < 843:
		m.stop(true)
		m.start()
	case p < 845:
		m.fate(lives)
		m.stop(false)
		m.start()
	default:
		<-time.After(time.Duration(m.random.Int64N(int64(2 * time.Second))))
	}
	if m.random.IntN(2) == 0 {
		synctest.Wait()
	}
	if m.fate(-1) == dead {
		m.stop(true)
		m.start()
	}
}

// settle lets all be quiet for longer than the wait, and compares.
func (m *model) settle() {
	synctest.Wait()
	if m.fate(lives) == dead {
		m.stop(true)
		m.start()
	}
	checkNotifier(m.t, m.notifier)
	for _, s := range m.seats {
		if s.state != joined {
			m.rejoin(s, joined)
		}
	}
	checkNotifier(m.t, m.notifier)
	<-time.After(modelMaxWait + lastRetry)
	synctest.Wait()
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range m.seats {
		belief := slices.Sorted(maps.Keys(m.beliefs[memberKey{s.recipient, s.room}]))
		truth := slices.Sorted(maps.Keys(m.rooms[s.room]))
		if !slices.Equal(belief, truth) {
			m.t.Errorf("%s believes %v of %s, where there are %v", s.recipient, belief, s.room, truth)
		}
	}
	if n := m.notifier.Pending(); n != 0 || len(m.recorded) != 0 {
		m.t.Errorf("%d notices are pending, %d recorded and not told", n, len(m.recorded))
	}
}

// TestModel holds what presence is for: once things are quiet for longer than the
// wait everybody believes what is so, whatever broke on the way; and no notice says
// what its recipient knew.
func TestModel(t *testing.T) {
	told := 0
	for seed := range uint64(25) {
		synctest.Test(t, func(t *testing.T) {
			m := &model{t: t, random: newRandom(seed), waits: map[stanza.JID]time.Duration{},
				rooms:   map[stanza.JID]map[string]bool{"room0": {}, "room1": {}},
				beliefs: map[memberKey]map[string]bool{}}
			for i := range modelRecipients {
				r := stanza.JID(fmt.Sprint("recipient", i))
				m.waits[r] = time.Duration(m.random.Int64N(int64(modelMaxWait)))
				m.seats = append(m.seats, &seat{recipient: r, room: "room0"}, &seat{recipient: r, room: "room1"})
			}
			m.start()
			for range 10 {
				for range 300 {
					m.act()
				}
				if m.settle(); t.Failed() {
					t.Fatalf("seed %d", seed)
				}
			}
			m.stop(false)
			told += m.told
		})
	}
	if told < 10000 {
		t.Errorf("only %d notices were told: the test tests little", told)
	}
}
