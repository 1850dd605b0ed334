package presence

import (
	"fmt"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/xmppkit/xmppkit/stanza"
)

// memory returns what is in use after a collection, stacks included.
func memory() int64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc + stats.StackInuse)
}

// footprint is what n items take that fill brings about, and how many goroutines
// more than before there are.
type footprint struct{ bytes, goroutines float64 }

func measure(n int, fill func()) footprint {
	before, goroutines := memory(), runtime.NumGoroutine()
	fill()
	return footprint{float64(memory()-before) / float64(n), float64(runtime.NumGoroutine() - goroutines)}
}

// report adds the footprint and the events of the timed loop to the result.
func (f footprint) report(b *testing.B, events int) {
	b.Helper()
	b.ReportMetric(f.bytes, "bytes/item")
	b.ReportMetric(f.goroutines, "goroutines")
	rate(b, events)
}

func rate(b *testing.B, events int) {
	b.Helper()
	b.ReportMetric(float64(events)/b.Elapsed().Seconds(), "events/s")
}

const benchRecipients = 1000

// benchEvents returns n pairs of recipient and occupant, whose strings are made
// beforehand.
func benchEvents(n int) (recipients []stanza.JID, occupants []string) {
	for i := range benchRecipients {
		recipients = append(recipients, stanza.JID(fmt.Sprintf("+1555%07d@sms.example.org", i)))
	}
	for i := range max(n/benchRecipients, 1) + 1 {
		occupants = append(occupants, fmt.Sprintf("room@rooms.example.org/occupant %d", i))
	}
	return recipients, occupants
}

var benchSizes = []int{1, 1000, 10000, 100000, 1000000}

// BenchmarkDebouncerCancel: a join and its part, with so many events pending. An
// event is one that went in and, with its opposite, out again.
func BenchmarkDebouncerCancel(b *testing.B) {
	for _, n := range benchSizes {
		b.Run(fmt.Sprint("pending=", n), func(b *testing.B) {
			recipients, occupants := benchEvents(n)
			d := NewDebouncer(func([]Event[stanza.JID, string]) { b.Error("delivered") })
			for _, r := range recipients {
				d.SetWait(r, 24*time.Hour)
			}
			size := measure(n, func() {
				for i := range n {
					d.Join(recipients[i%benchRecipients], occupants[i/benchRecipients])
				}
			})
			last := occupants[len(occupants)-1]
			b.ResetTimer()
			i := 0
			for b.Loop() {
				r := recipients[i%benchRecipients]
				d.Join(r, last)
				d.Part(r, last)
				i++
			}
			size.report(b, i)
			expectPending(b, n, d.Pending())
			if err := d.Close(b.Context(), false); err != nil {
				b.Fatal(err)
			}
		})
	}
}

func expectPending(b *testing.B, want, pending int) {
	b.Helper()
	if pending != want {
		b.Errorf("%d pending, want %d", pending, want)
	}
}

// BenchmarkDebouncerExpiry: so many events go in, wait, become due and are
// delivered, the whole way timed.
func BenchmarkDebouncerExpiry(b *testing.B) {
	for _, n := range benchSizes[1:] {
		b.Run(fmt.Sprint("pending=", n), func(b *testing.B) {
			recipients, occupants := benchEvents(n)
			delivered, done := 0, make(chan struct{})
			d := NewDebouncer(func(events []Event[stanza.JID, string]) {
				if delivered += len(events); delivered == n {
					delivered = 0
					done <- struct{}{}
				}
			})
			in := func() {
				for _, r := range recipients {
					d.SetWait(r, 24*time.Hour)
				}
				for i := range n {
					d.Join(recipients[i%benchRecipients], occupants[i/benchRecipients])
				}
			}
			out := func() {
				for _, r := range recipients {
					d.SetWait(r, 0)
				}
				<-done
			}
			size := measure(n, in)
			out()
			rounds := 0
			for b.Loop() {
				in()
				out()
				rounds++
			}
			size.report(b, n*rounds)
			if err := d.Close(b.Context(), false); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// reference debounces as the systems do that this project grew from: a goroutine
// per event sleeps for the wait and then looks whether it is still true.
type reference struct {
	mu      sync.Mutex
	waiting map[referenceKey]*referenceEvent
	deliver func()
}

type referenceKey struct {
	recipient stanza.JID
	occupant  string
}

type referenceEvent struct{ join bool }

func (r *reference) event(recipient stanza.JID, occupant string, join bool, wait time.Duration, end <-chan struct{}) {
	key := referenceKey{recipient, occupant}
	r.mu.Lock()
	defer r.mu.Unlock()
	if e := r.waiting[key]; e != nil {
		if e.join != join {
			delete(r.waiting, key)
		}
		return
	}
	e := &referenceEvent{join}
	r.waiting[key] = e
	go func() {
		select {
		case <-time.After(wait):
		case <-end: // the benchmark is over
			return
		}
		r.mu.Lock()
		still := r.waiting[key] == e
		if still {
			delete(r.waiting, key)
		}
		r.mu.Unlock()
		if still {
			r.deliver()
		}
	}()
}

// BenchmarkDebouncerCancelReference is BenchmarkDebouncerCancel with a goroutine
// and a sleep per event. It stops at the memory that sleeping goroutines take.
func BenchmarkDebouncerCancelReference(b *testing.B) {
	for _, n := range benchSizes[:4] {
		b.Run(fmt.Sprint("pending=", n), func(b *testing.B) {
			recipients, occupants := benchEvents(n)
			r := &reference{waiting: map[referenceKey]*referenceEvent{}, deliver: func() {}}
			end := make(chan struct{})
			size := measure(n, func() {
				for i := range n {
					r.event(recipients[i%benchRecipients], occupants[i/benchRecipients], true, time.Hour, end)
				}
			})
			last := occupants[len(occupants)-1]
			b.ResetTimer()
			i := 0
			for b.Loop() {
				recipient := recipients[i%benchRecipients]
				r.event(recipient, last, true, time.Millisecond, end)
				r.event(recipient, last, false, time.Millisecond, end)
				i++
			}
			size.report(b, i)
			close(end)
			settleGoroutines()
		})
	}
}

// BenchmarkDebouncerExpiryReference is BenchmarkDebouncerExpiry with a goroutine
// and a sleep per event, of the least time.
func BenchmarkDebouncerExpiryReference(b *testing.B) {
	for _, n := range benchSizes[1:4] {
		b.Run(fmt.Sprint("pending=", n), func(b *testing.B) {
			recipients, occupants := benchEvents(n)
			var delivered atomic.Int64
			done := make(chan struct{})
			r := &reference{waiting: map[referenceKey]*referenceEvent{}, deliver: func() {
				if delivered.Add(1) == int64(n) {
					delivered.Store(0)
					done <- struct{}{}
				}
			}}
			in := func(wait time.Duration) {
				for i := range n {
					r.event(recipients[i%benchRecipients], occupants[i/benchRecipients], true, wait, nil)
				}
			}
			size := measure(n, func() { in(2 * time.Second) })
			<-done
			rounds := 0
			for b.Loop() {
				in(time.Millisecond)
				<-done
				rounds++
			}
			size.report(b, n*rounds)
		})
	}
}

// settleGoroutines lets those goroutines end that were told to.
func settleGoroutines() {
	for runtime.NumGoroutine() > 20 {
		runtime.Gosched()
	}
}

const (
	benchPhones    = 5000
	benchRooms     = 50
	benchOccupants = 100 // of each room
)

func phone(i int) stanza.JID { return stanza.JID(fmt.Sprintf("+1555%07d@sms.example.org", i)) }
func benchRoom(i int) stanza.JID {
	return stanza.JID(fmt.Sprintf("room%d@rooms.example.org", i%benchRooms))
}

func enter(b *testing.B, n *Notifier, recipient, room stanza.JID, occupants []string) {
	n.Joining(recipient, room)
	for _, nick := range occupants {
		n.Join(recipient, room, nick)
	}
	n.Joined(recipient, room, "me")
}

func nicks(n int) []string {
	var all []string
	for i := range n {
		all = append(all, "occupant "+strconv.Itoa(i))
	}
	return all
}

// BenchmarkLedgerRecipients: what a recipient takes with all that is kept about it,
// in the gateway's case, and a rejoin of one with a room of a hundred.
func BenchmarkLedgerRecipients(b *testing.B) {
	ledger := openLedger(b, nil)
	n := NewNotifier(ledger, NotifierConfig{})
	all := nicks(benchOccupants)
	size := measure(benchPhones, func() {
		for i := range benchPhones {
			n.SetWait(phone(i), time.Minute)
			enter(b, n, phone(i), benchRoom(i), all)
		}
		commit(b, ledger)
	})
	i := 0
	b.ResetTimer()
	for b.Loop() {
		enter(b, n, phone(i%benchPhones), benchRoom(i%benchPhones), all)
		i++
	}
	size.report(b, i*benchOccupants)
	runtime.KeepAlive(ledger)
	if err := n.Close(b.Context(), false); err != nil {
		b.Fatal(err)
	}
}

// commit waits until nothing is noted any more.
func commit(b *testing.B, l *Ledger) {
	b.Helper()
	if _, err := l.Commit(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkLedgerRecipientsReference keeps the same as maps of maps of maps.
func BenchmarkLedgerRecipientsReference(b *testing.B) {
	all := nicks(benchOccupants)
	told := map[stanza.JID]map[stanza.JID]map[string]bool{}
	size := measure(benchPhones, func() {
		for i := range benchPhones {
			room := map[string]bool{}
			for _, nick := range all {
				room[nick] = true
			}
			told[phone(i)] = map[stanza.JID]map[string]bool{benchRoom(i): room}
		}
	})
	i := 0
	b.ResetTimer()
	for b.Loop() {
		before, seen := told[phone(i%benchPhones)][benchRoom(i%benchPhones)], map[string]bool{}
		for _, nick := range all {
			seen[nick] = true
		}
		for nick := range seen {
			if !before[nick] {
				b.Fatal("news")
			}
		}
		i++
	}
	size.report(b, i*benchOccupants)
}

// BenchmarkLedgerRooms: a bot alone in thousands of rooms of fifty; an item is a
// room.
func BenchmarkLedgerRooms(b *testing.B) {
	const rooms = 10000
	ledger := openLedger(b, nil)
	names := make([]stanza.JID, rooms)
	for i := range names {
		names[i] = stanza.JID(fmt.Sprintf("room%d@rooms.example.org", i))
	}
	all := nicks(50)
	size := measure(rooms, func() {
		for _, room := range names {
			ledger.Joining("bot", room)
			for _, nick := range all {
				ledger.Seen("bot", room, nick, true)
			}
			ledger.Joined("bot", room, "me")
		}
		commit(b, ledger)
	})
	i := 0
	b.ResetTimer()
	for b.Loop() {
		n := Notice{Kind: Part, Recipient: "bot", Room: names[i%rooms], Nick: all[i%len(all)]}
		ledger.Note(n)
		n.Kind = Join
		ledger.Note(n)
		if i++; i%1000 == 0 {
			commit(b, ledger)
		}
	}
	size.report(b, 2*i)
}

// BenchmarkLedgerCancel is BenchmarkDebouncerCancel with all that a Notifier adds.
func BenchmarkLedgerCancel(b *testing.B) {
	for _, n := range []int{1000, 100000, 1000000} {
		b.Run(fmt.Sprint("pending=", n), func(b *testing.B) {
			const rooms = 200
			ledger := openLedger(b, nil)
			notifier := NewNotifier(ledger, NotifierConfig{})
			all := nicks(n/rooms + 1)
			for i := range rooms {
				notifier.SetWait(phone(i), 24*time.Hour)
				enter(b, notifier, phone(i), benchRoom(i), nil)
			}
			size := measure(n, func() {
				for i := range n {
					notifier.Join(phone(i%rooms), benchRoom(i%rooms), all[i/rooms])
				}
			})
			r, room, last := phone(0), benchRoom(0), all[len(all)-1]
			i := 0
			b.ResetTimer()
			for b.Loop() {
				notifier.Join(r, room, last)
				notifier.Part(r, room, last)
				i++
			}
			size.report(b, i)
			expectPending(b, n, notifier.Pending())
			if err := notifier.Close(b.Context(), false); err != nil {
				b.Fatal(err)
			}
		})
	}
}
