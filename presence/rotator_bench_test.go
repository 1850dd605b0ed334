package presence_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/xmppkit/xmppkit/internal/xmpptest"
	"github.com/xmppkit/xmppkit/presence"
	"github.com/xmppkit/xmppkit/stanza"
)

const (
	rotatorRooms = 10_000
	rotatorPace  = 100 // presences in a second, for the burst
)

// BenchmarkRotator shows ten thousand rooms another status as fast as it goes:
// ns/op is for all of them. bytes/item and goroutines are what they need at rest,
// and burst the most presences within any second when all rooms are due at once
// and the pace is 100. Beside it, BenchmarkRotatorReference: a goroutine per room,
// which sleeps.
func BenchmarkRotator(b *testing.B) {
	b.Run(fmt.Sprint(rotatorRooms), func(b *testing.B) {
		sent, before := newTally(), usage()
		r, end := rotate(sent, 1e9)
		defer end()
		sent.wait(rotatorRooms)
		after := usage()
		shows := []stanza.Show{stanza.Away, stanza.Online}
		for i := 0; b.Loop(); i++ {
			sent.reset()
			r.SetShow(shows[i%2])
			sent.wait(rotatorRooms)
		}
		b.StopTimer()
		paced := newTally()
		_, endPaced := rotate(paced, rotatorPace)
		defer endPaced()
		paced.wait(2 * rotatorPace)
		report(b, before, after, paced.burst(time.Second))
		runtime.KeepAlive(r)
	})
}

// rotate runs a Rotator in all rooms.
func rotate(sent *tally, pace int) (r *presence.Rotator, end func()) {
	r = presence.NewRotator(presence.RotatorConfig{
		Statuses: rotatorStatuses, Every: time.Hour, Splay: time.Hour, Pace: pace, Set: sent.set,
	})
	session := xmpptest.NewSession(context.Background(), account, r)
	for _, room := range rotatorNames {
		r.Joined(room)
	}
	return r, session.Close
}

// BenchmarkRotatorReference shows each room its first status and then sleeps, as a
// goroutine per room does; a round wakes them all.
func BenchmarkRotatorReference(b *testing.B) {
	b.Run(fmt.Sprint(rotatorRooms), func(b *testing.B) {
		sent, before := newTally(), usage()
		wake := make([]chan struct{}, rotatorRooms)
		for i := range wake {
			wake[i] = make(chan struct{})
		}
		before.bytes = usage().bytes // the channels are the benchmark's
		ctx, cancel := context.WithCancel(context.Background())
		var group sync.WaitGroup
		defer group.Wait()
		defer cancel()
		for i, room := range rotatorNames {
			group.Go(func() {
				for n := 0; ; n++ {
					if sent.set(ctx, room, "", rotatorStatuses[n%len(rotatorStatuses)]) != nil {
						return
					}
					sleep := time.NewTimer(time.Hour + rand.N(time.Hour))
					select {
					case <-sleep.C:
					case <-wake[i]:
					case <-ctx.Done():
						return
					}
				}
			})
		}
		sent.wait(rotatorRooms)
		after, burst := usage(), sent.burst(time.Second)
		for b.Loop() {
			sent.reset()
			for _, c := range wake {
				c <- struct{}{}
			}
			sent.wait(rotatorRooms)
		}
		b.StopTimer()
		report(b, before, after, burst)
	})
}

var rotatorStatuses = []string{"on watch", "still on watch", "watching"}

var rotatorNames = func() []stanza.JID {
	list := make([]stanza.JID, rotatorRooms)
	for i := range list {
		list[i] = room(i)
	}
	return list
}()

// tally notes when presences went out.
type tally struct {
	mu   sync.Mutex
	all  []time.Time // since the start
	from int         // of all: since the reset
	want int
	full chan struct{}
}

func newTally() *tally { return &tally{all: make([]time.Time, 0, 1<<20)} }

func (t *tally) set(ctx context.Context, _ stanza.JID, _ stanza.Show, _ string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all = append(t.all, time.Now())
	if t.full != nil && len(t.all)-t.from >= t.want {
		close(t.full)
		t.full = nil
	}
	return ctx.Err()
}

func (t *tally) reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.from = len(t.all)
}

// wait blocks until n presences have gone out since the reset.
func (t *tally) wait(n int) {
	t.mu.Lock()
	if len(t.all)-t.from >= n {
		t.mu.Unlock()
		return
	}
	full := make(chan struct{})
	t.want, t.full = n, full
	t.mu.Unlock()
	<-full
}

// burst is the most that went out within any such time.
func (t *tally) burst(window time.Duration) int {
	t.mu.Lock()
	all := slices.Clone(t.all)
	t.mu.Unlock()
	most, from := 0, 0
	for i, at := range all {
		for at.Sub(all[from]) >= window {
			from++
		}
		most = max(most, i-from+1)
	}
	return most
}

// used is what the program holds.
type used struct {
	bytes      uint64
	goroutines int
}

func usage() used {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return used{m.HeapAlloc + m.StackInuse, runtime.NumGoroutine()}
}

func report(b *testing.B, before, after used, burst int) {
	b.Helper()
	b.ReportMetric(float64(after.bytes-before.bytes)/rotatorRooms, "bytes/item")
	b.ReportMetric(float64(after.goroutines-before.goroutines), "goroutines")
	b.ReportMetric(float64(burst), "burst")
}
