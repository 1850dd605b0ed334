package boltstore

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"
	"go.uber.org/goleak"

	"github.com/xmppkit/xmppkit/presence"
	"github.com/xmppkit/xmppkit/stanza"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(writerEnv); path != "" {
		writeForEver(path)
	}
	goleak.VerifyTestMain(m)
}

// contents is what a store holds, sorted.
func contents(t testing.TB, s presence.Store) []presence.Membership {
	t.Helper()
	var all []presence.Membership
	for m, err := range s.Load() {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
	}
	sortMemberships(all)
	return all
}

func sortMemberships(all []presence.Membership) {
	slices.SortFunc(all, func(a, b presence.Membership) int {
		return strings.Compare(string(a.Recipient+"\x00"+a.Room), string(b.Recipient+"\x00"+b.Room))
	})
}

func openStore(t testing.TB, path string, config Config) *Store {
	t.Helper()
	s, err := Open(path, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func notice(kind presence.Kind, recipient, room stanza.JID, nick string, more ...string) presence.Notice {
	n := presence.Notice{Kind: kind, Recipient: recipient, Room: room, Nick: nick}
	if kind == presence.SelfJoin {
		n.Occupants = more
	} else if len(more) > 0 {
		n.NewNick = more[0]
	}
	return n
}

// TestRecord holds that the file adds the notices up as memory does.
func TestRecord(t *testing.T) {
	long := stanza.JID(strings.Repeat("x", 300))
	for name, notices := range map[string][]presence.Notice{
		"nothing":        {},
		"a join":         {notice(presence.SelfJoin, "r", "x", "me", "a", "b")},
		"an empty room":  {notice(presence.SelfJoin, "r", "x", "me")},
		"joins, parts":   {notice(presence.SelfJoin, "r", "x", "me", "a"), notice(presence.Join, "r", "x", "b"), notice(presence.Part, "r", "x", "a")},
		"nick changes":   {notice(presence.SelfJoin, "r", "x", "me", "a"), notice(presence.NickChange, "r", "x", "a", "b"), notice(presence.SelfNickChange, "r", "x", "me", "i")},
		"leaving":        {notice(presence.SelfJoin, "r", "x", "me", "a"), notice(presence.SelfPart, "r", "x", "me")},
		"joining anew":   {notice(presence.SelfJoin, "r", "x", "me", "a"), notice(presence.SelfJoin, "r", "x", "me", "b")},
		"neighbours":     {notice(presence.SelfJoin, "r", "x", "me", "a"), notice(presence.SelfJoin, "rx", "x", "me", "a"), notice(presence.SelfJoin, "r", "xx", "me", "a"), notice(presence.SelfPart, "r", "x", "me")},
		"ambiguous ends": {notice(presence.SelfJoin, "r", "xa", "me", "b"), notice(presence.SelfJoin, "r", "x", "me", "ab"), notice(presence.Part, "r", "x", "ab")},
		"hostile bytes":  {notice(presence.SelfJoin, "r\x00", "\xff/", "\x00", "\x00\x01", "é\n")},
		"long addresses": {notice(presence.SelfJoin, long, long+"y", "me", "a", string(long)), notice(presence.Join, long, long+"y", "b")},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "ledger.db")
			var memory presence.MemoryStore
			if err := memory.Record(notices); err != nil {
				t.Fatal(err)
			}
			s := openStore(t, path, Config{})
			for _, n := range notices {
				if err := s.Record([]presence.Notice{n}); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if got, want := contents(t, openStore(t, path, Config{})), contents(t, &memory); !reflect.DeepEqual(got, want) {
				t.Errorf("got  %q\nwant %q", got, want)
			}
		})
	}
}

func TestNewSharesAFile(t *testing.T) {
	db, err := OpenDB(filepath.Join(t.TempDir(), "gateway.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	one, two := New(db, Config{}), New(db, Config{Bucket: "two"})
	for s, n := range map[*Store]presence.Notice{one: notice(presence.SelfJoin, "r", "x", "me", "a"), two: notice(presence.SelfJoin, "s", "x", "you")} {
		if err := s.Record([]presence.Notice{n}); err != nil {
			t.Fatal(err)
		}
	}
	if got := fmt.Sprint(contents(t, one), contents(t, two)); got != "[{r x me [a]}] [{s x you []}]" {
		t.Errorf("got %s", got)
	}
	if err := one.Close(); err != nil {
		t.Fatal(err)
	}
	if err := two.Record([]presence.Notice{notice(presence.Join, "s", "x", "b")}); err != nil {
		t.Errorf("closing a Store closed a file that is not its own: %v", err)
	}
}

func TestOutboxIsInTheSameTransaction(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gateway.db")
	fail := false
	s := openStore(t, path, Config{Outbox: func(tx *bolt.Tx, notices []presence.Notice) error {
		b, err := tx.CreateBucketIfNotExists([]byte("outbox"))
		if err != nil {
			return err
		}
		for _, n := range notices {
			if err := b.Put([]byte(n.Nick), []byte(n.Kind.String())); err != nil {
				return err
			}
		}
		if fail {
			return errors.ErrUnsupported
		}
		return nil
	}})
	if err := s.Record([]presence.Notice{notice(presence.SelfJoin, "r", "x", "me")}); err != nil {
		t.Fatal(err)
	}
	fail = true
	if err := s.Record([]presence.Notice{notice(presence.Join, "r", "x", "a")}); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("the error of the outbox became %v", err)
	}
	if got := fmt.Sprint(contents(t, s)); got != "[{r x me []}]" {
		t.Errorf("recorded without its outbox: %s", got)
	}
	err := s.db.View(func(tx *bolt.Tx) error {
		b := tx.Bucket([]byte("outbox"))
		if b.Get([]byte("me")) == nil || b.Get([]byte("a")) != nil {
			t.Error("the outbox holds something else than what was recorded")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestOutboxPanicIsItsOwn(t *testing.T) {
	s := openStore(t, filepath.Join(t.TempDir(), "ledger.db"), Config{Outbox: func(*bolt.Tx, []presence.Notice) error { panic("mine") }})
	defer func() {
		if r := recover(); r != "mine" {
			t.Errorf("the panic became %v", r)
		}
	}()
	err := s.Record([]presence.Notice{notice(presence.SelfJoin, "r", "x", "me")})
	t.Errorf("the panic became %v", err)
}

func TestOpenInUse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	openStore(t, path, Config{})
	if _, err := Open(path, Config{}); !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v", err)
	}
}

func TestOpenNamesTheFile(t *testing.T) {
	dir := t.TempDir()
	for _, path := range []string{dir, filepath.Join(dir, "none", "ledger.db")} {
		if _, err := Open(path, Config{}); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", path, err)
		}
	}
}
