package muc_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"testing"
	"time"

	"github.com/xmppkit/xmppkit/internal/sched"
	"github.com/xmppkit/xmppkit/muc"
	"github.com/xmppkit/xmppkit/stanza"
)

// stream is one stream that carries many sessions and keeps nothing.
type stream struct {
	loop sched.Loop
	b    *testing.B
}

// address is a session on a stream.
type address struct {
	stream *stream
	jid    stanza.JID
	rooms  *muc.Rooms
}

func (st *stream) session(jid stanza.JID, rooms *muc.Rooms) *address {
	a := &address{st, jid, rooms}
	rooms.Begin(st.b.Context(), a)
	return a
}

func (a *address) JID() stanza.JID                           { return a.jid }
func (a *address) Send(context.Context, stanza.Stanza) error { return nil }
func (a *address) End(error)                                 {}
func (a *address) Loop() *sched.Loop                         { return &a.stream.loop }
func (a *address) Request(context.Context, *stanza.IQ) (*stanza.IQ, error) {
	return nil, stanza.ErrOffline
}

func (a *address) receive(st stanza.Stanza) {
	a.stream.loop.Post(func() { a.rooms.Handle(a.stream.b.Context(), a, st) })
}

func (st *stream) settle() {
	if err := st.loop.Wait(context.Background()); err != nil {
		st.b.Fatal(err)
	}
}

var quiet = muc.Config{Nick: "warden", Logger: slog.New(slog.DiscardHandler), Joins: 1 << 20,
	OnEvent: func(context.Context, muc.Event) {}}

// from is the presence of an occupant of a room; its strings are its own, as if it
// had been read from a stream.
func from(room stanza.JID, nick string, codes ...stanza.Status) *stanza.Presence {
	u := stanza.MUCUser{Statuses: codes, Items: []stanza.MUCItem{{Affiliation: stanza.Member, Role: stanza.Participant,
		JID: stanza.JID(nick + "@example.org/resource")}}}
	id := stanza.NewElement(stanza.NSOccupantID, "occupant-id").WithAttr("id", fmt.Sprintf("%040s", nick))
	return &stanza.Presence{From: stanza.JID(fmt.Sprintf("%s/%s", room, nick)), Extensions: []stanza.Element{u.Element(), id}}
}

// heap is what is alive.
func heap() uint64 {
	var m runtime.MemStats
	for range 3 { // what unique holds weakly goes in a later one
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// one session in so many rooms of so many occupants each.
func oneSession(b *testing.B, rooms, occupants int) {
	before, goroutines := heap(), runtime.NumGoroutine()
	var keep []any
	for b.Loop() {
		st := &stream{b: b}
		r := muc.New(quiet)
		s := st.session(me, r)
		for i := range rooms {
			r.Add(muc.Room{JID: stanza.JID(fmt.Sprintf("room%d@rooms.example.org", i))})
		}
		st.settle()
		for i := range rooms {
			room := stanza.JID(fmt.Sprintf("room%d@rooms.example.org", i))
			for k := range occupants {
				s.receive(from(room, fmt.Sprintf("nick%d-%d", i, k)))
			}
			s.receive(from(room, "warden", 110))
		}
		st.settle()
		if n := r.Stats().Joined; n != rooms {
			b.Fatalf("in %d rooms", n)
		}
		keep = append(keep, st, s, r)
	}
	per := float64(heap()-before) / float64(b.N) / float64(rooms)
	if occupants > 0 {
		b.ReportMetric(per/float64(occupants), "bytes/occupant")
	}
	b.ReportMetric(per, "bytes/room")
	b.ReportMetric(float64(runtime.NumGoroutine()-goroutines), "goroutines")
	runtime.KeepAlive(keep)
}

// BenchmarkRooms is what rooms of one account need in memory, and in goroutines.
func BenchmarkRooms(b *testing.B) {
	for _, rooms := range []int{1, 1_000, 10_000} {
		b.Run(fmt.Sprint(rooms), func(b *testing.B) { oneSession(b, rooms, 0) })
	}
}

// BenchmarkOccupants is what occupants need whom nobody else sees.
func BenchmarkOccupants(b *testing.B) { oneSession(b, 100, 100) }

// BenchmarkPhones is many Rooms on one stream, each in one room: a gateway. 5,000 of
// them in 50 rooms have 8 KiB each for everything of a phone; 100 of them in a room
// of 1,000 show whether what reaches all of them costs more than their number.
func BenchmarkPhones(b *testing.B) {
	for _, c := range []struct{ phones, rooms, occupants int }{{5_000, 50, 100}, {100, 1, 1_000}, {10, 1, 1_000}} {
		b.Run(fmt.Sprintf("%d-in-%d-of-%d", c.phones, c.rooms, c.occupants), func(b *testing.B) {
			phones(b, c.phones, c.rooms, c.occupants)
		})
	}
}

func phones(b *testing.B, phones, rooms, occupants int) {
	roomOf := func(i int) stanza.JID { return stanza.JID(fmt.Sprintf("room%d@rooms.example.org", i%rooms)) }
	others := make([][]*stanza.Presence, rooms)
	for i := range others {
		for k := range occupants {
			others[i] = append(others[i], from(roomOf(i), fmt.Sprintf("phone%d", k*rooms+i)))
		}
	}
	before, goroutines := heap(), runtime.NumGoroutine()
	var keep []any
	for b.Loop() {
		st := &stream{b: b}
		sessions := make([]*address, phones)
		for i := range sessions {
			sessions[i] = st.session(stanza.JID(fmt.Sprintf("+1555%07d@sms.example.org", i)), muc.New(quiet))
			sessions[i].rooms.Add(muc.Room{JID: roomOf(i), Nick: fmt.Sprintf("phone%d", i)})
		}
		st.settle()
		for i, s := range sessions {
			for k, p := range others[i%rooms] {
				if k != i/rooms {
					s.receive(p)
				}
			}
			s.receive(from(roomOf(i), fmt.Sprintf("phone%d", i), 110))
		}
		st.settle()
		for i, s := range sessions {
			if n := len(s.rooms.Occupants(roomOf(i))); n != occupants {
				b.Fatalf("%d occupants", n)
			}
		}
		keep = append(keep, st, sessions)
	}
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(phones*occupants), "ns/presence")
	b.ReportMetric(float64(heap()-before)/float64(b.N)/float64(phones), "bytes/phone")
	b.ReportMetric(float64(runtime.NumGoroutine()-goroutines), "goroutines")
	runtime.KeepAlive(keep)
	runtime.KeepAlive(others)
}

// BenchmarkPresence is the time that a presence takes in a room of so many.
func BenchmarkPresence(b *testing.B) {
	for _, occupants := range []int{10, 1_000, 10_000} {
		b.Run(fmt.Sprint(occupants), func(b *testing.B) {
			st := &stream{b: b}
			r := muc.New(quiet)
			s := st.session(me, r)
			r.Add(muc.Room{JID: lobby})
			st.settle()
			list := make([]*stanza.Presence, occupants)
			for i := range list {
				list[i] = from(lobby, fmt.Sprintf("nick%d", i))
				s.receive(list[i])
			}
			s.receive(from(lobby, "warden", 110))
			st.settle()
			away := *list[occupants/2]
			away.Type = stanza.Unavailable
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if i%2 == 0 {
					r.Handle(b.Context(), s, &away)
				} else {
					r.Handle(b.Context(), s, list[occupants/2])
				}
			}
		})
	}
}

// ours is how many goroutines run code of this module: the runtime has some of its
// own that come and go with the garbage.
func ours() int {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	n := 0
	for stack := range bytes.SplitSeq(stacks, []byte("\n\n")) {
		if bytes.Contains(stack, []byte("xmppkit/xmppkit/")) {
			n++
		}
	}
	return n
}

// TestGoroutinesDoNotGrowWithRooms holds what BenchmarkRooms measures.
func TestGoroutinesDoNotGrowWithRooms(t *testing.T) {
	play(t, muc.Config{}, func(w *world) {
		w.s.Respond(hospitable)
		count := func(rooms int) int {
			for i := range rooms {
				w.Add(muc.Room{JID: stanza.JID(fmt.Sprintf("room%d@rooms.example.org", i))})
			}
			w.pass(time.Second)
			if n := w.Stats().Joined; n != rooms {
				t.Fatalf("in %d rooms", n)
			}
			return ours()
		}
		if one, many := count(1), count(5_000); many > one {
			t.Errorf("%d goroutines with one room, %d with 5,000", one, many)
		}
	})
}
