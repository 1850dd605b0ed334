package presence

import (
	"iter"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/xmppkit/xmppkit/stanza"
)

// Notice is one difference between what a recipient knew about a room and what
// they know from now on.
type Notice struct {
	Kind      Kind
	Recipient stanza.JID
	Room      stanza.JID
	Nick      string    // whom it is about; for SelfJoin and SelfPart the recipient's own
	NewNick   string    // NickChange, SelfNickChange
	Occupants []string  // SelfJoin: the others in the room, sorted
	Reason    string    // SelfPart: as given to Leave
	At        time.Time // when it happened, or was learned
	// Silent: the ledger follows, but nobody is told.
	Silent bool
}

// Membership is one recipient's view of one room.
type Membership struct {
	Recipient stanza.JID
	Room      stanza.JID
	Nick      string   // the recipient's own
	Occupants []string // the others, sorted
}

// Store keeps a [Ledger] from one run of a program to the next. A Ledger calls
// one method at a time.
type Store interface {
	// Load yields what the notices recorded so far add up to, or an error, with
	// which it ends.
	Load() iter.Seq2[Membership, error]
	// Record makes all the notices lasting, together and in their order, or none
	// of them. It returns when a crash can no longer undo that. A Store that also
	// keeps the program's outgoing messages adds them for the notices that are not
	// Silent in the same transaction: then a crash neither loses nor repeats any.
	Record(notices []Notice) error
}

// MemoryStore is a [Store] that lasts as long as the process: for tests, and for
// a Ledger that is to outlive its owner. The zero value is empty and ready; it may
// be used from several goroutines.
type MemoryStore struct {
	mu      sync.Mutex // guards members
	members map[memberKey]*stored
}

type stored struct {
	nick      string
	occupants map[string]struct{}
}

// Load yields the memberships as they are now.
func (s *MemoryStore) Load() iter.Seq2[Membership, error] {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Membership, 0, len(s.members))
	for key, m := range s.members {
		all = append(all, Membership{key.recipient, key.room, m.nick, slices.Sorted(maps.Keys(m.occupants))})
	}
	return func(yield func(Membership, error) bool) {
		for _, m := range all {
			if !yield(m, nil) {
				return
			}
		}
	}
}

// Record never fails.
func (s *MemoryStore) Record(notices []Notice) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.members == nil {
		s.members = make(map[memberKey]*stored)
	}
	for _, n := range notices {
		key := memberKey{n.Recipient, n.Room}
		if n.Kind == SelfJoin {
			m := &stored{n.Nick, make(map[string]struct{}, len(n.Occupants))}
			for _, nick := range n.Occupants {
				m.occupants[nick] = struct{}{}
			}
			s.members[key] = m
			continue
		}
		m := s.members[key]
		if m == nil {
			continue
		}
		switch n.Kind {
		case Join:
			m.occupants[n.Nick] = struct{}{}
		case Part:
			delete(m.occupants, n.Nick)
		case NickChange:
			delete(m.occupants, n.Nick)
			m.occupants[n.NewNick] = struct{}{}
		case SelfNickChange:
			m.nick = n.NewNick
		case SelfPart:
			delete(s.members, key)
		}
	}
	return nil
}
