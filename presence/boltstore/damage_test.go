package boltstore

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"

	"github.com/xmppkit/xmppkit/presence"
	"github.com/xmppkit/xmppkit/stanza"
)

// sample returns a file with some thousand occupants, branches, free pages and an
// inline bucket, and what was in it before its last transaction and is now.
func sample(t testing.TB) (data []byte, before, now []presence.Membership) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sample.db")
	s, err := Open(path, Config{})
	if err != nil {
		t.Fatal(err)
	}
	err = s.db.Update(func(tx *bolt.Tx) error {
		b, err := tx.CreateBucket([]byte("small"))
		if err != nil {
			return err
		}
		return b.Put([]byte("key"), []byte("value"))
	})
	for i := range 20 {
		room := stanza.JID(fmt.Sprintf("room%d@rooms.example.org", i))
		n := notice(presence.SelfJoin, "+15551234567@sms.example.org", room, "me")
		for j := range 50 {
			n.Occupants = append(n.Occupants, fmt.Sprintf("occupant number %d", j))
		}
		err = errors.Join(err, s.Record([]presence.Notice{n}))
	}
	before = contents(t, s)
	err = errors.Join(err, s.Record([]presence.Notice{notice(presence.SelfPart, "+15551234567@sms.example.org", "room7@rooms.example.org", "me")}))
	if err != nil {
		t.Fatal(err)
	}
	now = contents(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if data, err = os.ReadFile(path); err != nil {
		t.Fatal(err)
	}
	return data, before, now
}

// read opens a file and reads it whole.
func read(path string) ([]presence.Membership, error) {
	s, err := Open(path, Config{})
	if err != nil {
		return nil, err
	}
	var all []presence.Membership
	for m, e := range s.Load() {
		if err = e; err == nil {
			all = append(all, m)
		}
	}
	sortMemberships(all)
	return all, errors.Join(err, s.Close())
}

func TestDamaged(t *testing.T) {
	good, _, _ := sample(t)
	page := os.Getpagesize()
	damage := func(f func(data []byte) []byte) []byte { return f(bytes.Clone(good)) }
	cases := map[string][]byte{
		"not a database":   []byte("[gateway]\nhost = \"sms.example.org\"\n"),
		"zeroes":           make([]byte, len(good)),
		"a large text":     bytes.Repeat([]byte("all work and no play\n"), 10000),
		"both metas":       damage(func(d []byte) []byte { copy(d, make([]byte, 2*page)); return d }),
		"cut to one page":  good[:page],
		"cut within metas": good[:page+40],
		"cut in half":      good[:len(good)/2/page*page],
		"cut mid-page":     good[:len(good)/2/page*page+100],
		"a wrong checksum": damage(func(d []byte) []byte {
			return bytes.ReplaceAll(d, []byte("occupant number 49"), []byte("occupant number 4~"))
		}),
		"a page of zeroes": damage(func(d []byte) []byte {
			i := bytes.Index(d, []byte("occupant number 3")) / page * page
			copy(d[i:i+page], make([]byte, page))
			return d
		}),
		"pages swapped": damage(func(d []byte) []byte {
			i := bytes.Index(d, []byte("occupant number 3")) / page * page
			copy(d[i:i+page], good[i+page:])
			return d
		}),
	}
	for name, data := range cases {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "gateway.db")
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := read(path)
			if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), path) {
				t.Errorf("got %v", err)
			}
			if kept, err := os.ReadFile(path); err != nil || !bytes.Equal(kept, data) {
				t.Errorf("the file was not kept as it was: %v", err)
			}
			if _, err := read(path); !errors.Is(err, ErrDamaged) {
				t.Errorf("and the second time: %v", err)
			}
		})
	}
}

// TestDamagedEverywhere spoils one place after the other: what comes out is an
// error, or all that was recorded: up to the transaction before the last if the
// last one's meta page is hit, as after a loss of power in the middle of writing it.
func TestDamagedEverywhere(t *testing.T) {
	good, before, now := sample(t)
	path := filepath.Join(t.TempDir(), "gateway.db")
	found := 0
	for i := 0; i < len(good); i += 397 {
		data := bytes.Clone(good)
		data[i] ^= 0x55
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := read(path)
		switch {
		case errors.Is(err, ErrDamaged):
			found++
		case err != nil:
			t.Fatalf("byte %d: %v", i, err)
		case !reflect.DeepEqual(got, now) && !reflect.DeepEqual(got, before):
			t.Fatalf("byte %d: came out differently, without an error", i)
		}
	}
	if found == 0 {
		t.Error("no damage was found: the test tests nothing")
	}
}

func TestCutWhileOpen(t *testing.T) {
	good, _, _ := sample(t)
	path := filepath.Join(t.TempDir(), "gateway.db")
	if err := os.WriteFile(path, good, 0o600); err != nil {
		t.Fatal(err)
	}
	s := openStore(t, path, Config{})
	if err := os.Truncate(path, int64(2*os.Getpagesize())); err != nil {
		t.Fatal(err)
	}
	for _, err := range s.Load() {
		if !errors.Is(err, ErrDamaged) {
			t.Errorf("got %v", err)
		}
	}
}

// FuzzOpen opens what may be a bbolt file, spoilt in two places.
func FuzzOpen(f *testing.F) {
	good, _, _ := sample(f)
	f.Add(0, []byte{}, 0, []byte{})
	f.Add(16, []byte{0xff}, 3*os.Getpagesize()+8, []byte{1, 0, 9, 0})
	f.Add(5*os.Getpagesize()+24, []byte{5, 0, 0, 0}, 0, []byte{1})
	f.Fuzz(func(t *testing.T, at int, b []byte, more int, c []byte) {
		data := bytes.Clone(good)
		for at, b := range map[int][]byte{at: b, more: c} {
			if at >= 0 && at < len(data) {
				copy(data[at:], b)
			}
		}
		path := filepath.Join(t.TempDir(), "gateway.db")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := read(path); err != nil && !errors.Is(err, ErrDamaged) {
			t.Errorf("neither read nor found damaged: %v", err)
		}
	})
}

// FuzzEntry reads a bucket entry that anybody may have written.
func FuzzEntry(f *testing.F) {
	f.Add([]byte("\x01r\x01xnick"), []byte("\x01\x00\x00\x00\x00"))
	f.Add([]byte("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), []byte{})
	f.Fuzz(func(t *testing.T, k, v []byte) {
		recipient, room, nick, err := parseKey(k)
		if err != nil {
			return
		}
		if again, _, _, err := parseKey(append(prefix(recipient, room), nick...)); err != nil || again != recipient {
			t.Errorf("%q is not written as it was read", k)
		}
		var all []presence.Membership
		if err := add(&all, k, v); err == nil && len(all) != 1 {
			t.Errorf("%q: %d memberships", k, len(all))
		}
	})
}
