package presence

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xmppkit/xmppkit/stanza"
)

const testRoom stanza.JID = "room@rooms.example.org"

// roomScript drives a Notifier in virtual time, as script does a Debouncer. The
// recipient is the first word after the command; the room is always the same.
// "crash" and "restart" go on with a new Notifier on what the store has; "known"
// compares what the ledger says.
type roomScript struct {
	store    *faultyStore
	config   NotifierConfig
	notifier *Notifier
	got      lines
}

func newRoomScript(t *testing.T, config NotifierConfig) *roomScript {
	s := &roomScript{store: &faultyStore{Store: &MemoryStore{}}, config: config}
	s.config.Log = slog.New(slog.DiscardHandler)
	s.config.Tell = func(notices []Notice) {
		for _, n := range notices {
			s.got.add(describe(n))
		}
	}
	s.open(t)
	return s
}

func describe(n Notice) string {
	text := fmt.Sprintf("%s %s %s", n.Recipient, n.Kind, n.Nick)
	switch n.Kind {
	case NickChange, SelfNickChange:
		return text + " " + n.NewNick
	case SelfJoin:
		return text + " with " + strings.Join(n.Occupants, " ")
	case SelfPart:
		return text + " " + n.Reason
	}
	return text + " " + time.Since(n.At).String()
}

func (s *roomScript) open(t *testing.T) {
	t.Helper()
	ledger, err := OpenLedger(s.store, LedgerConfig{})
	if err != nil {
		t.Fatal(err)
	}
	s.notifier = NewNotifier(ledger, s.config)
}

func (s *roomScript) run(t *testing.T, lines []string) {
	t.Helper()
	for _, line := range lines {
		line, want, _ := strings.Cut(line, " => ")
		if got := s.line(t, line); got != want {
			t.Fatalf("after %q: told %q, want %q", line, got, want)
		}
	}
}

func (s *roomScript) line(t *testing.T, line string) string {
	t.Helper()
	words := append(strings.Fields(line), "", "", "")
	n, r := s.notifier, stanza.JID(words[1])
	switch words[0] {
	case "wait":
		n.SetWait(r, wait(t, words[2]))
	case "joining":
		n.Joining(r, testRoom)
	case "join":
		n.Join(r, testRoom, words[2])
	case "part":
		n.Part(r, testRoom, words[2])
	case "nick":
		n.NickChange(r, testRoom, words[2], words[3])
	case "joined":
		n.Joined(r, testRoom, words[2])
	case "leave":
		n.Leave(r, testRoom, words[2])
	case "who":
		who, in := n.Who(r, testRoom)
		s.got.add(fmt.Sprintf("%s %v %v", who.Nick, who.Occupants, in))
	case "known":
		synctest.Wait()
		who, in := n.ledger.Who(r, testRoom)
		s.got.add(fmt.Sprintf("%s %v %v", who.Nick, who.Occupants, in))
	case "sleep":
		<-time.After(wait(t, words[1]))
	case "fail":
		s.store.fail(errDiskFull)
	case "heal":
		s.store.fail(nil)
	case "crash":
		if err := n.Close(t.Context(), false); err != nil && !errors.Is(err, errDiskFull) {
			t.Fatal(err)
		}
		s.open(t)
	case "restart":
		if err := n.Close(t.Context(), true); err != nil {
			t.Fatal(err)
		}
		s.open(t)
	default:
		t.Fatalf("unknown line %q", line)
	}
	synctest.Wait()
	checkNotifier(t, s.notifier)
	return strings.Join(s.got.take(), ", ")
}

var errDiskFull = errors.New("disk full")

// faultyStore is a Store that fails while err is set.
type faultyStore struct {
	Store
	mu    sync.Mutex // guards what follows
	err   error
	tries int
}

func (s *faultyStore) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

func (s *faultyStore) tried() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tries
}

func (s *faultyStore) Record(notices []Notice) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tries++
	if s.err != nil {
		return s.err
	}
	return s.Store.Record(notices)
}

// in is a script's beginning: r is in the room with a and b, and waits 2 s.
func in(lines ...string) []string {
	return append([]string{"wait r 2s", "joining r", "join r b", "join r a", "joined r me => r self join me with a b"}, lines...)
}

func TestNotifier(t *testing.T) {
	for name, lines := range map[string][]string{
		"§7.2 the own join is told with who is there": in("known r => me [a b] true"),
		"§7.2 told even with notices off":             {"joining r", "join r a", "joined r me => r self join me with a"},
		"§7.2 nobody is there":                        {"joining r", "joined r me => r self join me with "},
		"a room that was never joined":                {"wait r 0s", "join r a", "part r a", "nick r a b", "joined r me", "leave r bye", "who r =>  [] false"},
		"a join that is not complete":                 {"wait r 0s", "joining r", "join r a", "sleep 1h", "known r =>  [] false", "leave r bye"},
		"joined without joining":                      in("joined r other", "known r => me [a b] true"),
		"gone again during the join":                  {"joining r", "join r a", "join r b", "part r a", "nick r b c", "joined r me => r self join me with c"},
		"one's own presence is no occupant":           {"wait r 0s", "joining r", "join r me", "join r a", "joined r me => r self join me with a", "join r me", "part r me", "sleep 1h"},

		"a join waits":                          in("join r c", "known r => me [a b] true", "sleep 2s => r join c 2s", "known r => me [a b c] true"),
		"a part waits":                          in("part r a", "sleep 2s => r part a 2s", "known r => me [b] true"),
		"opposites cancel a join":               in("join r c", "sleep 1s", "part r c", "sleep 1h", "known r => me [a b] true"),
		"opposites cancel a part":               in("part r a", "sleep 1s", "join r a", "sleep 1h", "known r => me [a b] true"),
		"a join of someone known is no news":    in("join r a", "sleep 1h"),
		"nor does it cancel a later part":       in("join r a", "part r a", "sleep 2s => r part a 2s"),
		"a part of someone unknown is no news":  in("part r c", "sleep 1h"),
		"nor does it cancel a later join":       in("part r c", "join r c", "sleep 2s => r join c 2s"),
		"a duplicate changes nothing":           in("join r c", "sleep 1s", "join r c", "sleep 1s => r join c 2s", "join r c", "sleep 1h"),
		"the wait is the recipient's own":       in("wait s 5s", "joining s", "joined s you => s self join you with ", "join r c", "join s c", "sleep 2s => r join c 2s", "sleep 3s => s join c 5s"),
		"zero is at once":                       in("wait r 0s", "join r c => r join c 0s", "part r c => r part c 0s"),
		"off, and the ledger follows":           in("wait r off", "join r c", "part r a", "sleep 1h", "known r => me [b c] true"),
		"off settles what is pending":           in("join r c", "part r a", "wait r off", "known r => me [b c] true", "sleep 1h"),
		"on again tells from there":             in("wait r off", "join r c", "wait r 2s", "part r c", "sleep 2s => r part c 2s"),
		"a change of wait moves what is due":    in("join r c", "sleep 1s", "wait r 10s", "sleep 8s", "sleep 1s => r join c 10s"),
		"a shorter wait releases":               in("wait r 1h", "join r c", "sleep 1m", "wait r 1s => r join c 1m0s"),
		"who is here tells what is pending":     in("join r c", "part r a", "who r => me [b c] true", "sleep 1h", "known r => me [b c] true"),
		"who is here, and the opposite follows": in("join r c", "who r => me [a b c] true", "part r c", "sleep 2s => r part c 2s"),

		"§7.6 known: told at once":                      in("nick r a c => r nick change a c", "sleep 1h", "known r => me [b c] true"),
		"§7.6 is no join and no part":                   in("nick r a c => r nick change a c", "join r c", "part r a", "sleep 1h"),
		"§7.6 with notices off":                         in("wait r off", "nick r a c", "known r => me [b c] true"),
		"§7.6 a pending join goes on":                   in("join r c", "sleep 1s", "nick r c d", "sleep 1s => r join d 2s", "known r => me [a b d] true"),
		"§7.6 a pending join can still be cancelled":    in("join r c", "nick r c d", "part r d", "sleep 1h", "known r => me [a b] true"),
		"§7.6 a part that was pending was none":         in("part r a", "nick r a c => r nick change a c", "sleep 1h", "known r => me [b c] true"),
		"§7.6 somebody unknown":                         in("nick r c d", "sleep 2s => r join d 2s"),
		"§7.6 to a nick whose owner has just left":      in("part r b", "sleep 1s", "nick r a b => r part b 1s, r nick change a b", "sleep 1h", "known r => me [b] true"),
		"§7.6 a newcomer to a nick just left":           in("part r b", "join r c", "nick r c b", "sleep 1h", "known r => me [a b] true"),
		"§7.6 to a nick that should be taken":           in("nick r a b", "sleep 2s => r part a 2s", "known r => me [b] true"),
		"§7.6 a newcomer to a nick that should be":      in("join r c", "nick r c b", "sleep 1h", "known r => me [a b] true"),
		"§7.6 unknown to a nick that should be taken":   in("nick r c b", "sleep 1h", "known r => me [a b] true"),
		"§7.6 to our nick":                              in("nick r a me", "sleep 2s => r part a 2s"),
		"§7.6 a newcomer to our nick":                   in("join r c", "nick r c me", "sleep 1h", "known r => me [a b] true"),
		"§7.6 to no nick":                               in("nick r a", "sleep 2s => r part a 2s"),
		"§7.6 to itself":                                in("nick r a a", "sleep 1h", "known r => me [a b] true"),
		"§7.6 there and back":                           in("nick r a c => r nick change a c", "nick r c a => r nick change c a", "known r => me [a b] true"),
		"§7.6 our own is told nobody":                   in("nick r me i", "sleep 1h", "known r => i [a b] true", "join r i", "sleep 1h", "join r me", "sleep 2s => r join me 2s"),
		"§7.6 our own, to one whose owner has left":     in("nick r me a", "sleep 2s => r part a 2s", "known r => a [b] true"),
		"§7.6 the nick change of another room's member": {"nick r a b", "joining r", "nick r a b", "joined r me => r self join me with b"},

		"a rejoin is silent":                        in("joining r", "join r a", "join r b", "joined r me", "sleep 1h", "known r => me [a b] true"),
		"who left meanwhile":                        in("joining r", "join r b", "sleep 1m", "joined r me", "sleep 2s => r part a 2s", "known r => me [b] true"),
		"who came meanwhile":                        in("joining r", "join r a", "join r b", "join r c", "joined r me", "sleep 2s => r join c 2s"),
		"both, once":                                in("joining r", "join r b", "join r c", "joined r me", "joining r", "join r b", "join r c", "joined r me", "sleep 2s => r part a 2s, r join c 2s", "sleep 1h"),
		"came and left again":                       in("joining r", "join r a", "join r b", "join r c", "joined r me", "joining r", "join r a", "join r b", "joined r me", "sleep 1h"),
		"no more is known before it is complete":    in("joining r", "join r c", "sleep 1h", "known r => me [a b] true", "who r => me [a b] true"),
		"halfway, again and again":                  in("joining r", "join r c", "joining r", "join r a", "joining r", "joining r", "join r a", "join r b", "joined r me", "sleep 1h", "known r => me [a b] true"),
		"with another nick (status 210)":            in("joining r", "join r a", "join r b", "joined r i", "sleep 1h", "known r => i [a b] true"),
		"with a nick whose owner has left":          in("joining r", "join r b", "joined r a", "sleep 2s => r part a 2s", "known r => a [b] true"),
		"with notices off":                          in("wait r off", "joining r", "join r c", "joined r me", "sleep 1h", "known r => me [c] true"),
		"a part pending before it, and back again":  in("part r a", "joining r", "join r a", "join r b", "joined r me", "sleep 1h", "known r => me [a b] true"),
		"a part pending before it, and still gone":  in("part r a", "sleep 1s", "joining r", "join r b", "joined r me", "sleep 1s => r part a 2s"),
		"a part due during it, and back again":      in("part r a", "joining r", "sleep 1h", "join r a", "join r b", "joined r me", "sleep 1h", "known r => me [a b] true"),
		"a part due during it, and still gone":      in("part r a", "joining r", "sleep 1m", "join r b", "joined r me => r part a 1m0s"),
		"a join due during it, and gone again":      in("join r c", "joining r", "sleep 1h", "join r a", "join r b", "joined r me", "sleep 1h", "known r => me [a b] true"),
		"a join due during it, and still there":     in("join r c", "joining r", "sleep 1m", "joining r", "join r a", "join r b", "join r c", "joined r me => r join c 1m0s"),
		"due during it, switched off":               in("join r c", "joining r", "sleep 1m", "wait r off", "join r a", "join r b", "join r c", "joined r me", "sleep 1h", "known r => me [a b c] true"),
		"due during it, and then out":               in("join r c", "joining r", "sleep 1m", "leave r bye => r self part me bye", "sleep 1h"),
		"another room is not held up by it":         in("wait s 2s", "joining s", "joined s you => s self join you with ", "joining r", "join s c", "sleep 2s => s join c 2s"),
		"a flapping connection, 100 times, silence": in(slices.Repeat([]string{"joining r", "join r a", "join r b", "joined r me", "sleep 100ms"}, 100)...),

		"§7.14 out for good":                     in("join r c", "leave r kicked => r self part me kicked", "sleep 1h", "known r =>  [] false"),
		"§7.14 and in again":                     in("leave r bye => r self part me bye", "joining r", "join r a", "joined r me => r self join me with a"),
		"§7.14 others stay":                      in("joining s", "join s a", "joined s you => s self join you with a", "leave r bye => r self part me bye", "known s => you [a] true"),
		"after a crash: nothing new":             in("crash", "wait r 2s", "known r => me [a b] true", "joining r", "join r a", "join r b", "joined r me", "sleep 1h"),
		"after a crash: who left and who came":   in("crash", "wait r 2s", "joining r", "join r b", "join r c", "joined r me", "sleep 2s => r part a 2s, r join c 2s"),
		"after a crash: what was pending":        in("part r a", "join r c", "crash", "wait r 2s", "joining r", "join r b", "join r c", "joined r me", "sleep 2s => r part a 2s, r join c 2s"),
		"after a crash: what was told":           in("part r a", "sleep 2s => r part a 2s", "crash", "wait r 2s", "joining r", "join r b", "joined r me", "sleep 1h"),
		"after a crash: in the middle of a join": in("joining r", "join r c", "crash", "wait r 2s", "joining r", "join r a", "join r b", "joined r me", "sleep 1h"),
		"after a crash: our new nick":            in("nick r me i", "crash", "known r => i [a b] true"),
		"after a crash: we had left":             in("leave r bye => r self part me bye", "crash", "known r =>  [] false"),
		"after a restart: pending was told":      in("part r a", "sleep 1s", "restart => r part a 1s", "wait r 2s", "joining r", "join r b", "joined r me", "sleep 1h"),

		"the disk is full: nothing is told":          in("wait r 0s", "fail", "join r c", "sleep 1h"),
		"the disk is full: told when it is not":      in("fail", "join r c", "sleep 10s", "heal", "sleep 10s => r join c 17s", "part r c", "sleep 2s => r part c 2s"),
		"the disk is full: opposites still cancel":   in("fail", "join r c", "sleep 10s", "join r d", "sleep 1h", "part r d", "heal", "sleep 1m => r join c 1h1m5s"),
		"the disk is full: a crash loses no news":    in("fail", "join r c", "part r a", "sleep 1h", "crash", "heal", "wait r 2s", "joining r", "join r b", "join r c", "joined r me", "sleep 2s => r part a 2s, r join c 2s"),
		"the disk is full: nick changes in order":    in("fail", "nick r a c", "nick r c d", "heal", "sleep 1s => r nick change a c, r nick change c d"),
		"the disk is full: healed before the retry?": in("fail", "nick r a c", "heal", "restart => r nick change a c"),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newRoomScript(t, NotifierConfig{})
				s.run(t, lines)
				checkNotifier(t, s.notifier)
			})
		})
	}
}

// checkNotifier looks whether exactly the differences are pending.
func checkNotifier(t *testing.T, n *Notifier) {
	t.Helper()
	n.mu.Lock()
	defer n.mu.Unlock()
	check(t, &n.ledger.book)
	differ := 0
	for key, m := range n.ledger.book.members {
		for i := range differences(m.told, m.here) {
			if n.pending.find(m.recipient, occupant{m, i}) != 0 {
				differ++
			} else if m.joining == nil {
				t.Errorf("%v: nothing is pending for %q", key, m.nick(i))
			}
		}
	}
	if n.pending.len() != differ && !n.closed {
		t.Errorf("%d are pending, %d should be", n.pending.len(), differ)
	}
}

// check compares the counts and lists of a book with what they stand for.
func check(t *testing.T, b *book) {
	t.Helper()
	refs := map[*room]map[uint32]uint32{}
	members := map[*room]int{}
	for key, m := range b.members {
		if m.recipient != key.recipient || m.room.name != key.room || b.rooms[key.room] != m.room {
			t.Errorf("%v is filed wrongly", key)
		}
		members[m.room]++
		sets := []set{m.told, m.here}
		if m.joining != nil {
			sets = append(sets, m.joining.seen)
		}
		for _, s := range sets {
			for i := range s.all() {
				if refs[m.room] == nil {
					refs[m.room] = map[uint32]uint32{}
				}
				refs[m.room][i]++
			}
		}
	}
	if len(members) != len(b.rooms) {
		t.Errorf("%d rooms, of which %d have members", len(b.rooms), len(members))
	}
	for _, r := range b.rooms {
		if r.members != members[r] || len(r.index) != len(refs[r]) || len(r.index)+len(r.free) != len(r.slots) {
			t.Errorf("%s: %d members of %d, %d nicks and %d free of %d slots, %d in use",
				r.name, r.members, members[r], len(r.index), len(r.free), len(r.slots), len(refs[r]))
		}
		for i, n := range refs[r] {
			if s := r.slots[i]; s.refs != n || r.index[s.nick] != i {
				t.Errorf("%s: slot %d: %q with %d references of %d, index %d", r.name, i, s.nick, s.refs, n, r.index[s.nick])
			}
		}
	}
	listed := 0
	for recipient, m := range b.first {
		for ; m != nil; m = m.next {
			listed++
			if m.recipient != recipient || b.member(recipient, m.room.name) != m {
				t.Errorf("%s is listed wrongly under %s", m.room.name, recipient)
			}
		}
	}
	if listed != len(b.members) {
		t.Errorf("%d memberships listed of %d", listed, len(b.members))
	}
}

func TestNotifierTellsNickChangesIfAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newRoomScript(t, NotifierConfig{TellNickChanges: true})
		s.run(t, in("wait r off", "nick r a c => r nick change a c", "join r d", "nick r d e => r nick change d e", "part r e", "sleep 1h"))
	})
}

func TestNotifierRetriesWithGrowingDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newRoomScript(t, NotifierConfig{})
		s.run(t, in("wait r 0s", "fail", "join r c"))
		before := s.store.tried()
		if err := s.notifier.Err(); !errors.Is(err, errDiskFull) {
			t.Errorf("Err is %v", err)
		}
		s.run(t, []string{"sleep 1h"})
		if tries := s.store.tried() - before; tries < 60 || tries > 70 {
			t.Errorf("%d tries in an hour", tries)
		}
		if err := s.notifier.Close(t.Context(), true); !errors.Is(err, errDiskFull) {
			t.Errorf("Close is %v", err)
		}
		<-time.After(time.Hour) // and nothing is left that would try again
		if tries := s.store.tried() - before; tries > 71 {
			t.Errorf("%d tries after Close", tries)
		}
	})
}

func TestNotifierIsBoundedWhileTheStoreFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newRoomScript(t, NotifierConfig{})
		s.run(t, in("wait r 0s", "fail"))
		for range 100000 {
			s.notifier.Join("r", testRoom, "c")
			s.notifier.Part("r", testRoom, "c")
			s.notifier.NickChange("r", testRoom, "a", "d")
			s.notifier.NickChange("r", testRoom, "d", "a")
		}
		synctest.Wait()
		if n := len(s.notifier.ledger.out); n > outAtMost+2 {
			t.Errorf("%d notices are kept for the store", n)
		}
		if n := s.notifier.Pending(); n > 4 {
			t.Errorf("%d are pending", n)
		}
		s.run(t, []string{"heal"})
		s.line(t, "sleep 1h")
		s.run(t, []string{"known r => me [a b] true"})
	})
}

func TestNotifierTellMayCallAnything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ledger, err := OpenLedger(nil, LedgerConfig{})
		if err != nil {
			t.Fatal(err)
		}
		var n *Notifier
		var got lines
		n = NewNotifier(ledger, NotifierConfig{Tell: func(notices []Notice) {
			for _, notice := range notices {
				got.add(describe(notice))
				if notice.Kind == Join && notice.Nick == "a" {
					n.Join("r", testRoom, "b")
					n.NickChange("r", testRoom, "a", "c")
					n.Who("r", testRoom)
					n.SetWait("r", time.Second)
					n.Joining("s", testRoom)
					n.Joined("s", testRoom, "you")
					n.Leave("s", testRoom, "bye")
					ended, cancel := context.WithCancel(t.Context())
					cancel()
					if err := n.Close(ended, true); !errors.Is(err, context.Canceled) {
						t.Errorf("Close in Tell: %v", err)
					}
				}
			}
		}})
		n.SetWait("r", 0)
		n.Joining("r", testRoom)
		n.Joined("r", testRoom, "me")
		n.Join("r", testRoom, "a")
		synctest.Wait()
		if err := n.Close(t.Context(), true); err != nil {
			t.Fatal(err)
		}
		want := []string{"r self join me with ", "r join a 0s", "r nick change a c", "s self join you with ", "s self part you bye"}
		if got := got.take(); !slices.Equal(got, want) {
			t.Errorf("told %q, want %q", got, want)
		}
	})
}

// TestNotifierInFlight: what happens while a notice is being recorded is compared
// with that notice, not with what was before.
func TestNotifierInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &slowStore{entered: make(chan struct{}), leave: make(chan struct{})}
		ledger, err := OpenLedger(store, LedgerConfig{})
		if err != nil {
			t.Fatal(err)
		}
		var got lines
		n := NewNotifier(ledger, NotifierConfig{Tell: func(notices []Notice) {
			for _, notice := range notices {
				got.add(describe(notice))
			}
		}})
		n.SetWait("r", time.Second)
		n.Joining("r", testRoom)
		n.Joined("r", testRoom, "me")
		<-store.entered
		store.leave <- struct{}{}
		n.Join("r", testRoom, "a")
		<-store.entered
		n.Part("r", testRoom, "a") // while the join is being written
		store.leave <- struct{}{}
		<-store.entered
		store.leave <- struct{}{}
		synctest.Wait()
		want := []string{"r self join me with ", "r join a 1s", "r part a 1s"}
		if got := got.take(); !slices.Equal(got, want) {
			t.Errorf("told %q, want %q", got, want)
		}
	})
}

// slowStore is a Store whose Record takes as long as the test wants.
type slowStore struct {
	MemoryStore
	entered, leave chan struct{}
}

func (s *slowStore) Record([]Notice) error {
	s.entered <- struct{}{}
	<-s.leave
	return nil
}
