package presence_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xmppkit/xmppkit/internal/xmpptest"
	"github.com/xmppkit/xmppkit/presence"
	"github.com/xmppkit/xmppkit/stanza"
)

const account = stanza.JID("me@example.org/here")

// shown is one presence that a Rotator sent.
type shown struct {
	at     time.Duration
	room   stanza.JID
	show   stanza.Show
	status string
}

// stage is where a Rotator shows its statuses.
type stage struct {
	*presence.Rotator
	session *xmpptest.Session
	start   time.Time

	mu   sync.Mutex
	seen []shown
	fail error
}

// newStage puts a Rotator on. cfg gets Set, and Account if asked for.
func newStage(t *testing.T, cfg presence.RotatorConfig, withAccount bool) *stage {
	s := &stage{start: time.Now()}
	cfg.Set = s.set
	if withAccount {
		cfg.Account = func(ctx context.Context, show stanza.Show, status string) error { return s.set(ctx, "", show, status) }
	}
	s.Rotator = presence.NewRotator(cfg)
	s.online(t)
	return s
}

func (s *stage) online(t *testing.T) {
	s.session = xmpptest.NewSession(t.Context(), account, s.Rotator)
	synctest.Wait()
}

func (s *stage) set(_ context.Context, room stanza.JID, show stanza.Show, status string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, shown{time.Since(s.start), room, show, status})
	return s.fail
}

// take is what has been shown since the last call.
func (s *stage) take() []shown {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.seen
	s.seen = nil
	return list
}

func (s *stage) statuses() []string {
	var list []string
	for _, v := range s.take() {
		list = append(list, v.status)
	}
	return list
}

func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func room(i int) stanza.JID { return stanza.JID(fmt.Sprintf("room%d@rooms.example.org", i)) }

func TestRotatorFixedOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, presence.RotatorConfig{Statuses: []string{"a", "b", "c"}, Every: time.Hour, Show: stanza.Away}, false)
		defer s.session.Close()
		s.Joined("x@y")
		pass(30 * time.Minute)
		s.Joined("z@y")
		pass(4 * time.Hour)
		want := map[stanza.JID][]shown{}
		for i, status := range []string{"a", "b", "c", "a", "b"} {
			want["x@y"] = append(want["x@y"], shown{time.Duration(i) * time.Hour, "x@y", stanza.Away, status})
			want["z@y"] = append(want["z@y"], shown{time.Duration(i)*time.Hour + 30*time.Minute, "z@y", stanza.Away, status})
		}
		got := map[stanza.JID][]shown{}
		for _, v := range s.take() {
			got[v.room] = append(got[v.room], v)
		}
		for room := range want {
			if !slices.Equal(got[room], want[room]) {
				t.Errorf("%s: got %v\nwant %v", room, got[room], want[room])
			}
		}
	})
}

func TestRotatorShuffle(t *testing.T) {
	for size := 1; size <= 6; size++ {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				list := []string{"a", "b", "c", "d", "e", "f"}[:size]
				s := newStage(t, presence.RotatorConfig{Statuses: append(list, "a"), Shuffle: true, Every: time.Minute, Pace: 1000}, false)
				defer s.session.Close()
				const rooms, rounds = 20, 10
				for i := range rooms {
					s.Joined(room(i))
				}
				pass(time.Duration(rounds*size)*time.Minute - time.Second)
				got := map[stanza.JID][]string{}
				for _, v := range s.take() {
					got[v.room] = append(got[v.room], v.status)
				}
				orders := map[string]bool{}
				for room, order := range got {
					if len(order) != rounds*size {
						t.Fatalf("%s: %d statuses", room, len(order))
					}
					orders[fmt.Sprint(order)] = true
					for i := range order {
						if i > 0 && size > 1 && order[i] == order[i-1] {
							t.Fatalf("%s: %q follows itself in %q", room, order[i], order)
						}
					}
					for round := range slices.Chunk(order, size) {
						round = slices.Clone(round)
						if slices.Sort(round); !slices.Equal(round, list) {
							t.Fatalf("%s: a round is %q", room, round)
						}
					}
				}
				if size > 2 && len(orders) < rooms/2 {
					t.Errorf("%d rooms have %d orders", rooms, len(orders))
				}
			})
		})
	}
}

func TestRotatorNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, presence.RotatorConfig{Every: time.Hour, Next: func(room stanza.JID, previous string) string {
			return previous + room.Local() + "!"
		}}, true)
		defer s.session.Close()
		s.Joined("x@y")
		pass(2*time.Hour + time.Minute)
		got := map[stanza.JID][]string{}
		for _, v := range s.take() {
			got[v.room] = append(got[v.room], v.status)
		}
		if want := []string{"x!", "x!x!", "x!x!x!"}; !slices.Equal(got["x@y"], want) {
			t.Errorf("room: got %q", got["x@y"])
		}
		if want := []string{"!", "!!", "!!!"}; !slices.Equal(got[""], want) {
			t.Errorf("account: got %q", got[""])
		}
	})
}

func TestRotatorSplay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const every, splay = 10 * time.Hour, 5 * time.Hour
		s := newStage(t, presence.RotatorConfig{Statuses: []string{"a", "b"}, Every: every, Splay: splay, Pace: 1_000_000}, false)
		defer s.session.Close()
		for i := range 200 {
			s.Joined(room(i))
		}
		pass(time.Minute)
		s.take()
		pass(every + splay)
		changes := map[time.Duration]int{}
		first, last := every+splay, every
		for _, v := range s.take() {
			if v.status != "b" {
				continue
			}
			changes[v.at.Truncate(time.Minute)]++
			first, last = min(first, v.at), max(last, v.at)
		}
		if first < every || last > every+splay+time.Minute {
			t.Errorf("changed between %v and %v", first, last)
		}
		if last-first < splay*3/4 || len(changes) < 100 {
			t.Errorf("changes are not spread: %d moments, from %v to %v", len(changes), first, last)
		}
	})
}

// A status outlives a rejoin, and so does the time that it has left.
func TestRotatorRejoin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, presence.RotatorConfig{Statuses: []string{"a", "b", "c"}, Every: time.Hour}, false)
		defer func() { s.session.Close() }()
		s.Joined("x@y")
		pass(20 * time.Minute)
		s.Joined("x@y")
		pass(20 * time.Minute)
		if got := s.statuses(); !slices.Equal(got, []string{"a", "a"}) {
			t.Errorf("rejoin: showed %q", got)
		}

		s.session.Close()
		s.online(t)
		pass(10 * time.Minute)
		if got := s.take(); len(got) != 0 {
			t.Errorf("showed %v in a room that is not joined", got)
		}
		s.Joined("x@y")
		pass(time.Minute)
		if got := s.statuses(); !slices.Equal(got, []string{"a"}) {
			t.Errorf("new session: showed %q", got)
		}
		pass(10 * time.Minute)
		if got := s.take(); len(got) != 1 || got[0].status != "b" || got[0].at != time.Hour {
			t.Errorf("the old status stayed until %v", got)
		}

		s.session.Close()
		pass(2 * time.Hour)
		s.online(t)
		s.Joined("x@y")
		pass(time.Minute)
		if got := s.statuses(); !slices.Equal(got, []string{"c"}) {
			t.Errorf("after its time was over: showed %q", got)
		}
	})
}

func TestRotatorLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, presence.RotatorConfig{Statuses: []string{"a", "b"}, Every: time.Hour}, true)
		defer s.session.Close()
		s.Joined("x@y")
		pass(time.Minute)
		s.take()
		s.Left("x@y")
		s.Left("x@y")
		s.Left("never@y")
		s.Left("")
		pass(3 * time.Hour)
		for _, v := range s.take() {
			if v.room != "" {
				t.Errorf("showed %v", v)
			}
		}
		if st := s.Stats(); st.Rooms != 0 {
			t.Errorf("counted %+v", st)
		}
		s.Joined("x@y")
		pass(time.Second)
		if got := s.statuses(); !slices.Equal(got, []string{"a"}) {
			t.Errorf("a forgotten room begins with %q", got)
		}
	})
}

// The account's status comes after the presence that the session's owner sends, and
// again in each session.
func TestRotatorAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, presence.RotatorConfig{Statuses: []string{"a", "b"}, Every: time.Hour, Show: stanza.DoNotDisturb}, true)
		defer func() { s.session.Close() }()
		if got := s.take(); len(got) != 0 {
			t.Errorf("showed %v at once", got)
		}
		pass(30 * time.Minute)
		s.session.Close()
		s.online(t)
		pass(time.Minute)
		pass(time.Hour)
		got := s.take()
		want := []string{"a", "a", "b"}
		for i, v := range got {
			if i >= len(want) || v.room != "" || v.status != want[i] || v.show != stanza.DoNotDisturb {
				t.Fatalf("showed %v", got)
			}
		}
		if len(got) != len(want) {
			t.Errorf("showed %v", got)
		}
	})
}

func TestRotatorSetShow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, presence.RotatorConfig{Statuses: []string{"a", "b"}, Every: time.Hour}, true)
		defer s.session.Close()
		s.Joined("x@y")
		s.Joined("z@y")
		pass(time.Minute)
		s.take()
		shows := func() map[stanza.JID]stanza.Show {
			m := map[stanza.JID]stanza.Show{}
			for _, v := range s.take() {
				m[v.room] = v.show
				if v.status != "a" {
					t.Errorf("the status changed: %v", v)
				}
			}
			return m
		}
		s.SetShow(stanza.Away)
		pass(time.Minute)
		if got := shows(); len(got) != 3 || got[""] != stanza.Away || got["x@y"] != stanza.Away || got["z@y"] != stanza.Away {
			t.Errorf("everywhere: %v", got)
		}
		s.SetShow(stanza.DoNotDisturb, "x@y", "nowhere@y")
		s.SetShow(stanza.Away)
		s.SetShow(stanza.DoNotDisturb, "x@y")
		pass(time.Minute)
		if got := shows(); len(got) != 1 || got["x@y"] != stanza.DoNotDisturb {
			t.Errorf("in one room: %v", got)
		}
		s.Joined("new@y")
		pass(time.Minute)
		if got := shows(); len(got) != 1 || got["new@y"] != stanza.Away {
			t.Errorf("in a new room: %v", got)
		}
		pass(time.Hour)
		for _, v := range s.take() {
			if want := map[bool]stanza.Show{true: stanza.DoNotDisturb, false: stanza.Away}[v.room == "x@y"]; v.status == "b" && v.show != want {
				t.Errorf("not kept: %v", v)
			}
		}
	})
}

// Ten thousand rooms, joined at once, rejoined at once, or due at once, are shown
// one by one, and each in the end.
func TestRotatorPace(t *testing.T) {
	const rooms, pace = 10_000, 50
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, presence.RotatorConfig{Statuses: []string{"a", "b"}, Every: time.Hour, Pace: pace}, true)
		defer func() { s.session.Close() }()
		before := runtime.NumGoroutine()
		check := func(what string, each int) {
			t.Helper()
			seen := s.take()
			count := map[stanza.JID]int{}
			for i, v := range seen {
				count[v.room]++
				if i >= pace && v.at-seen[i-pace].at < time.Second {
					t.Fatalf("%s: more than %d presences in the second before %v", what, pace, v.at)
				}
			}
			for i := range rooms {
				if count[room(i)] != each {
					t.Fatalf("%s: %s was shown %d times", what, room(i), count[room(i)])
				}
			}
		}
		for i := range rooms {
			s.Joined(room(i))
		}
		if n := runtime.NumGoroutine(); n > before+3 { // the loop's, and what the runtime may need for a moment
			t.Errorf("%d goroutines more", n-before)
		}
		pass(rooms/pace*time.Second + 10*time.Second)
		check("join", 1)
		for i := range rooms {
			s.Joined(room(i))
			s.Joined(room(i))
		}
		if st := s.Stats(); st.Due < rooms-1 || st.Rooms != rooms {
			t.Errorf("counted %+v", st)
		}
		pass(rooms/pace*time.Second + 10*time.Second)
		check("rejoin", 1)
		pass(time.Hour)
		check("change", 1)
		s.session.Close()
		s.online(t)
		for i := range rooms {
			s.Joined(room(i))
		}
		s.SetShow(stanza.Away)
		pass(rooms/pace*time.Second + 10*time.Second)
		check("new session", 1)
	})
}

func TestRotatorJoinedBeforeItsFirstSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{start: time.Now()}
		s.Rotator = presence.NewRotator(presence.RotatorConfig{Statuses: []string{"a"}, Set: s.set})
		s.Joined("x@y")
		pass(time.Minute)
		s.online(t)
		defer s.session.Close()
		pass(time.Second)
		if got := s.statuses(); !slices.Equal(got, []string{"a"}) {
			t.Errorf("showed %q", got)
		}
	})
}

func TestRotatorStopsWithItsSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, presence.RotatorConfig{Statuses: []string{"a", "b"}, Every: time.Minute}, true)
		s.Joined("x@y")
		pass(90 * time.Second)
		s.session.Close()
		s.take()
		s.Joined("x@y")
		s.SetShow(stanza.Away)
		pass(time.Hour)
		if got := s.take(); len(got) != 0 {
			t.Errorf("showed %v without a session", got)
		}
	})
}

// One room that cannot be shown holds up no other.
func TestRotatorFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, presence.RotatorConfig{Statuses: []string{"a", "b"}, Every: time.Hour}, false)
		defer s.session.Close()
		s.fail = errors.New("not joined")
		s.Joined("x@y")
		s.Joined("z@y")
		pass(time.Minute)
		if st := s.Stats(); st.Failed != 2 || st.Sent != 0 {
			t.Errorf("counted %+v", st)
		}
		s.fail = nil
		s.Joined("x@y")
		pass(time.Minute)
		pass(time.Hour)
		if got, want := s.statuses(), []string{"a", "a", "a", "b", "b"}; !slices.Equal(got, want) {
			t.Errorf("showed %q, want %q", got, want)
		}
		if st := s.Stats(); st.Failed != 2 || st.Sent != 3 {
			t.Errorf("counted %+v", st)
		}
	})
}

// What joins or leaves while a presence is being sent neither waits for it nor is
// lost.
func TestRotatorWhileSendingBlocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var mu sync.Mutex
		var rooms []stanza.JID
		r := presence.NewRotator(presence.RotatorConfig{Statuses: []string{"a"}, Set: func(ctx context.Context, room stanza.JID, _ stanza.Show, _ string) error {
			select {
			case <-release:
			case <-ctx.Done():
				return ctx.Err()
			}
			mu.Lock()
			defer mu.Unlock()
			rooms = append(rooms, room)
			return nil
		}})
		session := xmpptest.NewSession(t.Context(), account, r)
		defer session.Close()
		synctest.Wait()
		r.Joined("x@y")
		pass(time.Second)
		r.Joined("gone@y")
		r.Joined("z@y")
		r.Left("gone@y")
		r.Left("x@y")
		pass(time.Second)
		close(release)
		pass(time.Second)
		if !slices.Equal(rooms, []stanza.JID{"x@y", "z@y"}) {
			t.Errorf("showed %v", rooms)
		}
	})
}

func TestRotatorWithNothingToShow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, presence.RotatorConfig{}, true)
		defer s.session.Close()
		s.Joined("x@y")
		s.SetShow(stanza.Away)
		pass(100 * time.Hour)
		if got := s.take(); len(got) != 0 || s.Stats() != (presence.RotatorStats{}) {
			t.Errorf("showed %v", got)
		}
	})
}
