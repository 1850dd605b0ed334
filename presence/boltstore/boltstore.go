// Package boltstore keeps a [presence.Ledger] in a bbolt file, so that nobody is
// told twice who is in a room because a program was restarted or killed.
//
// It is apart from presence so that only those who want it depend on bbolt. The
// file may be the ledger's alone, or one that the program keeps its other state in:
//
//	db, err := boltstore.OpenDB("gateway.db")
//	…
//	store := boltstore.New(db, boltstore.Config{Outbox: queueMessages})
//	ledger, err := presence.OpenLedger(store, presence.LedgerConfig{})
//
// What is recorded is on disk when Record returns, whatever then happens to the
// process. A damaged file is reported, by name, and never written to.
//
// A Store may be used from several goroutines.
package boltstore

import (
	"errors"
	"fmt"
	"iter"
	"runtime/debug"

	bolt "go.etcd.io/bbolt"

	"github.com/xmppkit/xmppkit/presence"
)

// DefaultBucket is the bucket of a ledger that is given no other.
const DefaultBucket = "presence"

// ErrDamaged is what is wrong with a file that holds something else than it should.
// The error that wraps it names the file, which is left as it is.
var ErrDamaged = errors.New("the file is damaged")

// Config configures a [Store]. The zero value works.
type Config struct {
	// Bucket is the top-level bucket of the ledger, which must be used for nothing
	// else. DefaultBucket if empty.
	Bucket string
	// Outbox, if not nil, is called in the transaction that records the notices, to
	// put into the same file what is to be sent because of them; Silent ones are
	// among them. If it returns an error nothing is recorded. It runs with bbolt's
	// write lock held, so it must use tx and begin no transaction of its own.
	Outbox func(tx *bolt.Tx, notices []presence.Notice) error
}

// Store is a [presence.Store] in a bucket of a bbolt file.
type Store struct {
	db     *bolt.DB
	owned  bool
	bucket []byte
	outbox func(tx *bolt.Tx, notices []presence.Notice) error
}

var _ presence.Store = (*Store)(nil)

// New returns a Store in a file that is already open, which stays the caller's to
// close. It writes nothing yet.
func New(db *bolt.DB, config Config) *Store {
	if config.Bucket == "" {
		config.Bucket = DefaultBucket
	}
	return &Store{db: db, bucket: []byte(config.Bucket), outbox: config.Outbox}
}

// Open returns a Store in a file of its own, which is created if there is none. It
// blocks and fails as [OpenDB] does.
func Open(path string, config Config) (*Store, error) {
	db, err := OpenDB(path)
	if err != nil {
		return nil, err
	}
	s := New(db, config)
	s.owned = true
	return s, nil
}

// Close closes the file if [Open] opened it, when the transactions under way are
// over.
func (s *Store) Close() error {
	if !s.owned {
		return nil
	}
	return s.db.Close()
}

// Load yields the memberships in the file. Its errors are [ErrDamaged], or bbolt's.
func (s *Store) Load() iter.Seq2[presence.Membership, error] {
	return func(yield func(presence.Membership, error) bool) {
		all, err := s.load()
		for _, m := range all {
			if !yield(m, nil) {
				return
			}
		}
		if err != nil {
			yield(presence.Membership{}, err)
		}
	}
}

func (s *Store) load() ([]presence.Membership, error) {
	var all []presence.Membership
	err := guard(s.db.Path(), new(bool), func() error {
		return s.db.View(func(tx *bolt.Tx) error {
			b := tx.Bucket(s.bucket)
			if b == nil {
				return nil
			}
			cursor := b.Cursor()
			for k, v := cursor.First(); k != nil; k, v = cursor.Next() {
				if err := add(&all, k, v); err != nil {
					return fmt.Errorf("%s: %w: bucket %q: key %q: %w", s.db.Path(), ErrDamaged, s.bucket, k, err)
				}
			}
			return nil
		})
	})
	return all, err
}

// add adds one entry of the bucket. A membership comes before its occupants.
func add(all *[]presence.Membership, k, v []byte) error {
	recipient, room, nick, err := parseKey(k)
	if err != nil {
		return err
	}
	text, err := parseValue(k, v)
	if err != nil {
		return err
	}
	if nick == "" {
		*all = append(*all, presence.Membership{Recipient: recipient, Room: room, Nick: text})
		return nil
	}
	last := len(*all) - 1
	if last < 0 || (*all)[last].Recipient != recipient || (*all)[last].Room != room {
		return errors.New("an occupant of a room that was not joined")
	}
	(*all)[last].Occupants = append((*all)[last].Occupants, nick)
	return nil
}

// Record writes the notices, and what [Config.Outbox] adds, in one transaction. It
// returns when the disk has it: batches make it fast, not concurrent calls.
func (s *Store) Record(notices []presence.Notice) error {
	foreign := false
	return guard(s.db.Path(), &foreign, func() error {
		return s.db.Update(func(tx *bolt.Tx) error {
			b, err := tx.CreateBucketIfNotExists(s.bucket)
			if err != nil {
				return fmt.Errorf("%s: bucket %q: %w", s.db.Path(), s.bucket, err)
			}
			for _, n := range notices {
				if err := record(b, n); err != nil {
					return fmt.Errorf("%s: %s in %s: %w", s.db.Path(), n.Kind, n.Room, err)
				}
			}
			if s.outbox == nil {
				return nil
			}
			foreign = true
			err = s.outbox(tx, notices)
			foreign = false
			return err
		})
	})
}

func record(b *bolt.Bucket, n presence.Notice) error {
	prefix := prefix(n.Recipient, n.Room)
	switch n.Kind {
	case presence.Join:
		return put(b, append(prefix, n.Nick...), "")
	case presence.Part:
		return b.Delete(append(prefix, n.Nick...))
	case presence.NickChange:
		if err := b.Delete(append(prefix, n.Nick...)); err != nil {
			return err
		}
		return put(b, append(prefix, n.NewNick...), "")
	case presence.SelfNickChange:
		return put(b, prefix, n.NewNick)
	case presence.SelfPart:
		return clear(b, prefix)
	case presence.SelfJoin:
		if err := clear(b, prefix); err != nil {
			return err
		}
		if err := put(b, prefix, n.Nick); err != nil {
			return err
		}
		for _, nick := range n.Occupants {
			if err := put(b, append(prefix[:len(prefix):len(prefix)], nick...), ""); err != nil {
				return err
			}
		}
	}
	return nil
}

// guard turns what bbolt does on finding a page it cannot make sense of, and what
// the system does on a file that was cut short under the map, into an error.
// A panic while foreign is set is somebody else's, and goes on.
func guard(path string, foreign *bool, f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if *foreign {
			return
		}
		if r := recover(); r != nil {
			err = fmt.Errorf("%s: %w: %v", path, ErrDamaged, r)
		}
	}()
	return f()
}
