package presence

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// script drives a Debouncer of string keys in virtual time. Each line is what
// happens and, after =>, what is delivered by then, as "recipient occupant kind
// age"; sleep moves the clock.
type script struct {
	debouncer *Debouncer[string, string]
	got       lines
}

// lines collects what one goroutine says for another.
type lines struct {
	mu    sync.Mutex
	lines []string
}

func (l *lines) add(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, line)
}

// take returns what has been added since the last time.
func (l *lines) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	taken := l.lines
	l.lines = nil
	return taken
}

func newScript() *script {
	s := &script{}
	s.debouncer = NewDebouncer(func(events []Event[string, string]) {
		for _, e := range events {
			s.got.add(fmt.Sprintf("%s %s %s %s", e.Recipient, e.Occupant, e.Kind, time.Since(e.At)))
		}
	})
	return s
}

func (s *script) run(t *testing.T, lines []string) {
	t.Helper()
	for _, line := range lines {
		line, want, _ := strings.Cut(line, " => ")
		words := strings.Fields(line)
		switch words[0] {
		case "wait":
			s.debouncer.SetWait(words[1], wait(t, words[2]))
		case "join":
			s.debouncer.Join(words[1], words[2])
		case "part":
			s.debouncer.Part(words[1], words[2])
		case "nick":
			s.debouncer.NickChange(words[1], words[2], words[3])
		case "sleep":
			<-time.After(wait(t, words[1]))
		case "deliver", "drop":
			if err := s.debouncer.Close(t.Context(), words[0] == "deliver"); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
		default:
			t.Fatalf("unknown line %q", line)
		}
		synctest.Wait()
		if got := strings.Join(s.got.take(), ", "); got != want {
			t.Fatalf("after %q: delivered %q, want %q", line, got, want)
		}
	}
}

func wait(t *testing.T, s string) time.Duration {
	t.Helper()
	if s == "off" {
		return Off
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDebouncer(t *testing.T) {
	for name, lines := range map[string][]string{
		"off is the default":               {"join r a", "part r b", "sleep 1h"},
		"a join waits":                     {"wait r 2s", "join r a", "sleep 1999ms", "sleep 1ms => r a join 2s", "sleep 1h"},
		"a part waits":                     {"wait r 2s", "part r a", "sleep 1999ms", "sleep 1ms => r a part 2s", "sleep 1h"},
		"zero is at once":                  {"wait r 0s", "join r a => r a join 0s", "part r a => r a part 0s"},
		"the opposite cancels a join":      {"wait r 2s", "join r a", "sleep 1s", "part r a", "sleep 1h"},
		"the opposite cancels a part":      {"wait r 2s", "part r a", "sleep 1s", "join r a", "sleep 1h"},
		"after cancelling all begins anew": {"wait r 2s", "join r a", "part r a", "sleep 1s", "join r a", "sleep 1s", "sleep 1s => r a join 2s"},
		"a duplicate changes nothing":      {"wait r 2s", "join r a", "sleep 1s", "join r a", "sleep 1s => r a join 2s", "sleep 1h"},
		"the opposite is too late":         {"wait r 2s", "join r a", "sleep 2s => r a join 2s", "part r a", "sleep 2s => r a part 2s"},
		"occupants are apart":              {"wait r 2s", "join r a", "part r b", "sleep 2s => r a join 2s, r b part 2s"},
		"recipients are apart":             {"wait r 2s", "wait s 3s", "join r a", "join s a", "part s a", "sleep 2s => r a join 2s", "sleep 1h"},
		"in the order of being due":        {"wait r 3s", "wait s 1s", "join r a", "sleep 2s", "join s b", "sleep 1s => r a join 3s, s b join 1s"},
		"in the order of happening":        {"wait r 1s", "join r b", "join r a", "part r c", "sleep 1s => r b join 1s, r a join 1s, r c part 1s"},
		"flapping is silent":               flapping(),

		"a longer wait holds what is pending":       {"wait r 2s", "join r a", "sleep 1s", "wait r 10s", "sleep 8s", "sleep 1s => r a join 10s"},
		"a shorter wait brings it forward":          {"wait r 10s", "join r a", "sleep 1s", "wait r 2s", "sleep 1s => r a join 2s"},
		"a wait shorter than its age":               {"wait r 10s", "join r a", "sleep 5s", "wait r 2s => r a join 5s"},
		"zero releases what is pending":             {"wait r 10s", "join r a", "sleep 5s", "part r b", "wait r 0s => r a join 5s, r b part 0s"},
		"off drops what is pending":                 {"wait r 2s", "join r a", "join r b", "wait r off", "sleep 1h", "wait r 2s", "sleep 1h"},
		"off and on again":                          {"wait r 2s", "wait r off", "join r a", "wait r 2s", "join r a", "sleep 2s => r a join 2s"},
		"the wait of one is not that of another":    {"wait r 2s", "wait s 2s", "join r a", "join s a", "wait r 5s", "sleep 2s => s a join 2s", "sleep 3s => r a join 5s"},
		"a longer wait among earlier recipients":    {"wait r 1s", "wait s 2s", "join r a", "join s b", "wait r 3s", "sleep 2s => s b join 2s", "sleep 1s => r a join 3s"},
		"a wait beyond all time":                    {"wait r 2562047h", "join r a", "sleep 1h", "wait r 1s => r a join 1h0m0s"},
		"XEP-0045 §7.6: a join follows the nick":    {"wait r 2s", "join r a", "sleep 1s", "nick r a b", "sleep 1s => r b join 2s", "sleep 1h"},
		"XEP-0045 §7.6: a part follows the nick":    {"wait r 2s", "part r a", "sleep 1s", "nick r a b", "sleep 1s => r b part 2s", "sleep 1h"},
		"XEP-0045 §7.6: cancelled by the new nick":  {"wait r 2s", "join r a", "nick r a b", "part r b", "sleep 1h"},
		"XEP-0045 §7.6: the old nick is free":       {"wait r 2s", "join r a", "nick r a b", "join r a", "sleep 2s => r b join 2s, r a join 2s"},
		"XEP-0045 §7.6: nothing pending, no event":  {"wait r 2s", "nick r a b", "sleep 1h"},
		"XEP-0045 §7.6: keeps its place":            {"wait r 2s", "join r a", "join r b", "nick r a c", "sleep 2s => r c join 2s, r b join 2s"},
		"XEP-0045 §7.6: meets the opposite":         {"wait r 2s", "part r b", "join r a", "nick r a b", "sleep 1h"},
		"XEP-0045 §7.6: meets a duplicate":          {"wait r 2s", "join r b", "sleep 1s", "join r a", "nick r a b", "sleep 1s => r b join 2s", "sleep 1h"},
		"XEP-0045 §7.6: to the same nick":           {"wait r 2s", "join r a", "nick r a a", "sleep 2s => r a join 2s"},
		"closing delivers what is pending":          {"wait r 2s", "wait s 1h", "join s b", "join r a", "sleep 1s", "deliver => r a join 1s, s b join 1s", "join r c", "sleep 2h"},
		"closing drops what is pending":             {"wait r 2s", "join r a", "drop", "join r b", "wait r 0s", "sleep 1h"},
		"closing with nothing pending":              {"wait r 2s", "deliver", "deliver", "drop"},
		"closing with only what has been cancelled": {"wait r 2s", "join r a", "part r a", "deliver", "sleep 1h"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newScript()
				s.run(t, lines)
				if n := s.debouncer.Pending(); n != 0 {
					t.Errorf("%d events are still pending", n)
				}
			})
		})
	}
}

// flapping is a client that joins and leaves every 100 ms for a minute.
func flapping() []string {
	lines := []string{"wait r 2s"}
	for range 300 {
		lines = append(lines, "join r a", "sleep 100ms", "part r a", "sleep 100ms")
	}
	return append(lines, "sleep 1h")
}

func TestDebouncerCallbackMayCallAnything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d *Debouncer[string, int]
		var got []int
		inside := false
		d = NewDebouncer(func(events []Event[string, int]) {
			if inside {
				t.Error("a callback within a callback")
			}
			inside = true
			for _, e := range events {
				got = append(got, e.Occupant)
				d.Join("r", e.Occupant+1)
				d.NickChange("r", 100, 101)
				d.SetWait("s", time.Second)
				d.Pending()
				if e.Occupant == 4 {
					ended, cancel := context.WithCancel(t.Context())
					cancel()
					if err := d.Close(ended, false); err == nil {
						t.Error("Close in the callback claims that no callback runs")
					}
				}
			}
			inside = false
		})
		d.SetWait("r", time.Second)
		d.Join("r", 1)
		<-time.After(time.Minute)
		synctest.Wait()
		if want := []int{1, 2, 3, 4}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		if err := d.Close(t.Context(), true); err != nil {
			t.Error(err)
		}
	})
}

func TestDebouncerCloseWaitsForTheCallback(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		d := NewDebouncer(func([]Event[string, string]) { <-release })
		d.SetWait("r", 0)
		d.Join("r", "a")
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := d.Close(ctx, true); err != context.DeadlineExceeded {
			t.Errorf("Close during a callback: %v", err)
		}
		close(release)
		if err := d.Close(t.Context(), true); err != nil {
			t.Errorf("Close after it: %v", err)
		}
	})
}

func TestDebouncerDeliversInBatchesWithoutLoss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 5*deliverAtMost + 7
		var got []int
		d := NewDebouncer(func(events []Event[int, int]) {
			for _, e := range events {
				got = append(got, e.Occupant)
			}
		})
		d.SetWait(1, time.Second)
		for i := range n {
			d.Join(1, i)
		}
		<-time.After(time.Second)
		synctest.Wait()
		if len(got) != n || !slices.IsSorted(got) {
			t.Errorf("%d of %d delivered, in order: %v", len(got), n, slices.IsSorted(got))
		}
		d.Join(1, n)
		<-time.After(time.Second)
		synctest.Wait()
		if d.pending.slab != nil || d.pending.index.slots != nil {
			t.Error("a queue keeps the memory that it needed once")
		}
		if d.Join(1, n); d.Pending() != 1 {
			t.Error("and is then of no use")
		}
		if err := d.Close(t.Context(), false); err != nil {
			t.Error(err)
		}
	})
}

// TestDebouncerModel compares random events with a plain description of the rules.
func TestDebouncerModel(t *testing.T) {
	type key struct{ recipient, occupant int }
	type event struct {
		kind Kind
		at   time.Time
	}
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			random := newRandom(seed)
			model := map[key]event{}
			waits := map[int]time.Duration{}
			closing := false
			d := NewDebouncer(func(events []Event[int, int]) {
				for _, e := range events {
					k := key{e.Recipient, e.Occupant}
					want, ok := model[k]
					if !ok || want.kind != e.Kind || !want.at.Equal(e.At) {
						t.Errorf("%v: delivered %v %v, want %v", k, e.Kind, e.At, want)
					}
					if age := time.Since(e.At); age < waits[e.Recipient] && !closing {
						t.Errorf("%v: delivered at the age of %v, with a wait of %v", k, age, waits[e.Recipient])
					}
					delete(model, k)
				}
			})
			for range 3000 {
				k := key{random.IntN(5), random.IntN(8)}
				_, on := waits[k.recipient]
				switch random.IntN(12) {
				case 0:
					wait := time.Duration(random.IntN(5000)-1000) * time.Millisecond
					if delete(waits, k.recipient); wait >= 0 {
						waits[k.recipient] = wait
					} else {
						for other := range model {
							if other.recipient == k.recipient {
								delete(model, other)
							}
						}
					}
					d.SetWait(k.recipient, wait)
				case 1:
					to := key{k.recipient, random.IntN(8)}
					from, pending := model[k]
					if there, ok := model[to]; pending && k != to {
						delete(model, k)
						if !ok {
							model[to] = from
						} else if there.kind != from.kind {
							delete(model, to)
						}
					}
					d.NickChange(k.recipient, k.occupant, to.occupant)
				default:
					kind, call := Join, d.Join
					if random.IntN(2) == 0 {
						kind, call = Part, d.Part
					}
					if there, ok := model[k]; !ok && on {
						model[k] = event{kind, time.Now()}
					} else if ok && there.kind != kind {
						delete(model, k)
					}
					call(k.recipient, k.occupant)
				}
				if random.IntN(3) == 0 {
					<-time.After(time.Duration(random.IntN(400)) * time.Millisecond)
				}
				synctest.Wait()
				for k, e := range model {
					if age := time.Since(e.at); age >= waits[k.recipient] {
						t.Fatalf("%v: still pending at the age of %v, with a wait of %v", k, age, waits[k.recipient])
					}
				}
				if d.Pending() != len(model) {
					t.Fatalf("%d pending, want %d", d.Pending(), len(model))
				}
			}
			closing = true
			if err := d.Close(t.Context(), true); err != nil {
				t.Fatal(err)
			}
			if len(model) != 0 {
				t.Fatalf("not delivered on closing: %v", model)
			}
		})
	}
}
