package presence

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/xmppkit/xmppkit/stanza"
)

// TestNotifierConcurrent lets several goroutines do anything at all, in real time:
// whatever comes of it, notices come one call at a time and are news, and they add
// up to what the ledger says.
func TestNotifierConcurrent(t *testing.T) {
	m := &model{t: t, beliefs: map[memberKey]map[string]bool{}}
	ledger := openLedger(t, &MemoryStore{})
	recipients := []stanza.JID{"r", "s", "t"}
	var telling sync.Mutex
	n := NewNotifier(ledger, NotifierConfig{TellNickChanges: true, Tell: func(notices []Notice) {
		if !telling.TryLock() {
			t.Error("two calls at a time")
			return
		}
		defer telling.Unlock()
		for _, notice := range notices {
			m.believe(notice)
		}
	}})
	for _, r := range recipients {
		n.SetWait(r, time.Millisecond)
		n.Joining(r, testRoom)
		n.Joined(r, testRoom, "me")
	}
	var group sync.WaitGroup
	for seed := range uint64(4) {
		group.Go(func() {
			random := newRandom(seed)
			for range 5000 {
				r := recipients[random.IntN(len(recipients))]
				nick, other := fmt.Sprint("nick", random.IntN(10)), fmt.Sprint("nick", random.IntN(10))
				switch random.IntN(20) {
				case 0:
					n.SetWait(r, time.Duration(random.IntN(2000))*time.Microsecond)
				case 1:
					n.Joining(r, testRoom)
				case 2, 3:
					n.Joined(r, testRoom, "me")
				case 4:
					n.Leave(r, testRoom, "")
				case 5, 6, 7:
					n.NickChange(r, testRoom, nick, other)
				case 8, 9, 10, 11, 12:
					n.Part(r, testRoom, nick)
				default:
					n.Join(r, testRoom, nick)
				}
			}
		})
	}
	group.Wait()
	if err := n.Close(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	checkNotifier(t, n)
	for _, r := range recipients {
		who, _ := ledger.Who(r, testRoom)
		if belief := slices.Sorted(maps.Keys(m.beliefs[memberKey{r, testRoom}])); !slices.Equal(who.Occupants, belief) {
			t.Errorf("the ledger of %s is %v, who believes %v", r, who.Occupants, belief)
		}
	}
}
