package sched

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// advance lets virtual time go by and everything settle.
func advance(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func TestLoopRunsInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l Loop
		var got []int
		for i := range 100 {
			l.Post(func() {
				got = append(got, i)
				if i == 50 {
					l.Post(func() { got = append(got, 100) })
				}
			})
		}
		synctest.Wait()
		if len(got) != 101 || !slices.IsSorted(got) {
			t.Errorf("ran %v", got)
		}
	})
}

func TestLoopTimers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l Loop
		start := time.Now()
		var got []time.Duration
		mark := func() { got = append(got, time.Since(start)) }
		l.After(3*time.Second, mark)
		stopped := l.After(2*time.Second, mark)
		l.After(time.Second, func() { mark(); stopped.Stop(); l.After(time.Second/2, mark) })
		advance(time.Minute)
		want := []time.Duration{time.Second, time.Second * 3 / 2, 3 * time.Second}
		if !slices.Equal(got, want) {
			t.Errorf("fired at %v, want %v", got, want)
		}
	})
}

func TestLoopTimerRunsBehindWhatWasPosted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l Loop
		var got []string
		l.Post(func() { <-time.After(time.Minute) })
		l.After(time.Second, func() { got = append(got, "timer") })
		l.Post(func() { got = append(got, "stanza") })
		advance(2 * time.Minute)
		if !slices.Equal(got, []string{"stanza", "timer"}) {
			t.Errorf("ran %v", got)
		}
	})
}

func TestLoopCloseDropsEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l Loop
		release := make(chan struct{})
		ran := 0
		l.Post(func() { <-release })
		l.Post(func() { ran++ })
		tm := l.After(time.Second, func() { ran++ })
		synctest.Wait()
		l.Close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := l.Wait(ctx); err == nil {
			t.Error("Wait returned while a function was running")
		}
		close(release)
		if err := l.Wait(t.Context()); err != nil {
			t.Error(err)
		}
		tm.Stop()
		l.Post(func() { ran++ })
		l.After(0, func() { ran++ })
		advance(time.Minute)
		if ran != 0 {
			t.Errorf("%d functions ran after Close", ran)
		}
	})
}

func TestGateAdmitsInOrder(t *testing.T) {
	var g Gate
	g.SetPlaces(2)
	var in []int
	tickets := make([]*Ticket, 5)
	for i := range tickets {
		tickets[i] = g.Enter(func() { in = append(in, i) })
	}
	if !slices.Equal(in, []int{0, 1}) {
		t.Fatalf("admitted %v", in)
	}
	tickets[2].Leave() // out of the queue
	tickets[0].Leave()
	tickets[0].Leave() // no second place
	if !slices.Equal(in, []int{0, 1, 3}) {
		t.Fatalf("admitted %v", in)
	}
	g.SetPlaces(3)
	if !slices.Equal(in, []int{0, 1, 3, 4}) {
		t.Fatalf("admitted %v", in)
	}
}
