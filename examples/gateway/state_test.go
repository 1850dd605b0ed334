package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/xmppkit/xmppkit/presence/boltstore"
	"github.com/xmppkit/xmppkit/stanza"
)

func newState(tb testing.TB) *state {
	tb.Helper()
	s, err := openState(filepath.Join(tb.TempDir(), "gateway.db"), testLog(tb))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.close(tb.Context()); err != nil && !errors.Is(err, tb.Context().Err()) {
			tb.Error(err)
		}
	})
	return s
}

func (s *state) must(tb testing.TB, f func(*bolt.Tx) error) {
	tb.Helper()
	if err := s.update(f); err != nil {
		tb.Fatal(err)
	}
}

// Issue 5: the same message id twice has one effect, also a day later.
func TestSeen(t *testing.T) {
	s := newState(t)
	start := time.Date(2026, 1, 1, 23, 59, 0, 0, time.UTC)
	for _, c := range []struct {
		after time.Duration
		id    string
		want  bool
	}{
		{0, "a", false}, {0, "a", true}, {0, "b", false}, {2 * time.Minute, "a", true}, {23 * time.Hour, "b", true},
		{24 * time.Hour, "c", false}, {30 * time.Hour, "c", true}, {49 * time.Hour, "a", false}, {49 * time.Hour, "d", false},
	} {
		s.must(t, func(tx *bolt.Tx) error {
			got, err := seen(tx, c.id, start.Add(c.after))
			if got != c.want {
				t.Errorf("%s after %v: %v", c.id, c.after, got)
			}
			return err
		})
	}
	s.must(t, func(tx *bolt.Tx) error { // and nothing is kept for ever
		n := 0
		err := tx.Bucket(bucketSeen).ForEachBucket(func([]byte) error { n++; return nil })
		if n > 2 {
			t.Errorf("%d days", n)
		}
		return err
	})
}

// The letters of one phone are never taken for those of another whose number begins
// alike, and keep their order.
func TestLetters(t *testing.T) {
	s := newState(t)
	s.must(t, func(tx *bolt.Tx) error {
		for i := range 300 {
			for _, number := range []string{"+1555111000", "+15551110001", "+155511100012"} {
				if err := push(tx.Bucket(bucketInbox), number, letter{Text: fmt.Sprint(number, " ", i)}); err != nil {
					return err
				}
			}
		}
		return nil
	})
	numbers, err := s.numbers(bucketInbox)
	if err != nil || len(numbers) != 3 {
		t.Fatal(numbers, err)
	}
	for i := range 300 {
		key, l, err := s.first(bucketInbox, "+15551110001")
		if err != nil || l.Text != fmt.Sprint("+15551110001 ", i) || keyNumber(key) != "+15551110001" {
			t.Fatalf("%d: %q %+v %v", i, key, l, err)
		}
		s.must(t, func(tx *bolt.Tx) error { return tx.Bucket(bucketInbox).Delete(key) })
	}
	if key, _, err := s.first(bucketInbox, "+15551110001"); key != nil || err != nil {
		t.Error(key, err)
	}
}

func TestIDs(t *testing.T) {
	s, other := newState(t), newState(t)
	a, b := letterKey(ann, 1), letterKey(ann, 2)
	id := s.id(ann, a)
	if id != s.id(ann, a) || id == s.id(ann, b) || id == s.id(bob, a) || id == other.id(ann, a) {
		t.Error("not one id for one letter")
	}
	if !s.ours(id) || other.ours(id) {
		t.Error("not known again")
	}
	for _, forged := range []string{"", idPrefix, id[:len(id)-1], id + "A", "sms-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "A" + id[1:]} {
		if s.ours(forged) {
			t.Errorf("%q taken for ours", forged)
		}
	}
}

// Issue 5: everything is bounded, whoever sends it.
func TestRecordIsBounded(t *testing.T) {
	var r record
	now := time.Now()
	for i := range 1000 {
		jid := stanza.JID(fmt.Sprintf("r%d@rooms.example.org", i))
		r.bookmark(wish{JID: jid})
		r.contact(jid)
		r.invited(wish{JID: jid}, "x@example.org", false, now)
	}
	if len(r.Bookmarks) != maxBookmarks || len(r.Contacts) != maxContacts || len(r.Invited) != maxInvited {
		t.Error(len(r.Bookmarks), len(r.Contacts), len(r.Invited))
	}
	if w, ok := r.find("R999"); !ok || w.JID != "r999@rooms.example.org" {
		t.Error(w, ok)
	}
}

// GATEWAY.md: an invitation is told once per room and inviter; its password is kept.
func TestInvitations(t *testing.T) {
	var r record
	now := time.Now()
	for _, c := range []struct {
		what   string
		w      wish
		from   string
		byNick bool
		after  time.Duration
		known  bool
	}{
		{"through the room", wish{JID: lobby}, "lobby@rooms.example.org/Ann", true, 0, false},
		{"the same, direct", wish{JID: lobby, Password: "p"}, "ann@example.org", false, time.Second, true},
		{"again", wish{JID: lobby}, "lobby@rooms.example.org/Ann", true, 2 * time.Second, true},
		{"somebody else", wish{JID: lobby}, "bob@example.org", false, time.Hour, false},
		{"and directly another", wish{JID: lobby}, "eve@example.org", false, time.Hour, false},
		{"another room", wish{JID: "den@rooms.example.org"}, "bob@example.org", false, time.Hour, false},
	} {
		if got := r.invited(c.w, c.from, c.byNick, now.Add(c.after)); got != c.known {
			t.Errorf("%s: known %v", c.what, got)
		}
		if c.w.JID == lobby && c.what != "through the room" && r.Invite.Password != "p" {
			t.Errorf("%s: the password is gone", c.what)
		}
	}
}

// A damaged file is an error that names it, and the file stays.
func TestDamagedState(t *testing.T) {
	name := filepath.Join(t.TempDir(), "gateway.db")
	garbage := bytes.Repeat([]byte("garbage"), 5000)
	if err := os.WriteFile(name, garbage, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := openState(name, testLog(t)); !errors.Is(err, boltstore.ErrDamaged) || !bytes.Contains([]byte(err.Error()), []byte(name)) {
		t.Error(err)
	}
	if data, err := os.ReadFile(name); err != nil || !bytes.Equal(data, garbage) {
		t.Error("the file was changed", err)
	}
}

// What is handed to later is written in order, whatever becomes of one of it.
func TestLater(t *testing.T) {
	s := newState(t)
	done := make(chan struct{})
	for i := range 1000 {
		s.later(func(tx *bolt.Tx) error {
			switch i {
			case 500:
				return errors.New("bad")
			case 999:
				tx.OnCommit(func() { close(done) })
			}
			return push(tx.Bucket(bucketInbox), ann, letter{Text: fmt.Sprint(i)})
		})
	}
	<-done
	next := 0
	if err := s.view(func(tx *bolt.Tx) error {
		return tx.Bucket(bucketInbox).ForEach(func(_, v []byte) error {
			if next == 500 {
				next++
			}
			if !bytes.Contains(v, []byte(fmt.Sprintf(`"Text":"%d"`, next))) {
				t.Errorf("%d: %s", next, v)
			}
			next++
			return nil
		})
	}); err != nil || next != 1000 {
		t.Error(next, err)
	}
}
