package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/xmppkit/xmppkit/presence"
	"github.com/xmppkit/xmppkit/presence/boltstore"
	"github.com/xmppkit/xmppkit/stanza"
)

// state is everything that the gateway keeps, in one file. What an SMS or a stanza
// brings about is one transaction of it, so that a crash finds all of it done or
// nothing.
type state struct {
	db  *bolt.DB
	key []byte // of the ids of what phones say
	log *slog.Logger

	mu      sync.Mutex // guards what follows
	room    sync.Cond  // there is room in queue again, or writing has ended
	queue   []func(*bolt.Tx) error
	writing bool
	closed  bool
}

// The buckets. That of the ledger is boltstore's own.
var (
	bucketMeta   = []byte("meta")
	bucketPhones = []byte("phones") // number: record
	bucketLimits = []byte("limits") // number: limits
	bucketInbox  = []byte("inbox")  // number, sequence: letter from a phone
	bucketOutbox = []byte("outbox") // number, sequence: letter to a phone
	bucketSeen   = []byte("seen")   // day: what has been taken that must not be taken again
)

// queueAtMost bounds what waits for the disk; whoever adds more waits with it.
const queueAtMost = 10000

// openState opens the file or creates it. One that is damaged, or in use, is an
// error that names it.
func openState(path string, log *slog.Logger) (*state, error) {
	db, err := boltstore.OpenDB(path)
	if err != nil {
		return nil, err
	}
	db.MaxBatchDelay = 2 * time.Millisecond
	s := &state{db: db, log: log}
	s.room.L = &s.mu
	err = db.Update(func(tx *bolt.Tx) error {
		for _, name := range [][]byte{bucketMeta, bucketPhones, bucketLimits, bucketInbox, bucketOutbox, bucketSeen} {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		meta := tx.Bucket(bucketMeta)
		if s.key = bytes.Clone(meta.Get([]byte("key"))); len(s.key) >= 16 {
			return nil
		}
		s.key = []byte(rand.Text())
		return meta.Put([]byte("key"), s.key)
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), db.Close())
	}
	return s, nil
}

// update runs f in a transaction, which several callers may share, and returns when
// it is on disk. f may run more than once, and only the last run counts.
func (s *state) update(f func(*bolt.Tx) error) error { return s.db.Batch(f) }

// view runs f on what is on disk.
func (s *state) view(f func(*bolt.Tx) error) error { return s.db.View(f) }

// later has f run in a transaction soon: after everything that was handed to later
// before, and never without it. It does not wait for the disk unless too much does
// already. A disk that fails is tried again; an f that fails is logged and left out.
func (s *state) later(f func(*bolt.Tx) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.queue) >= queueAtMost && !s.closed {
		s.room.Wait()
	}
	if s.closed {
		return
	}
	s.queue = append(s.queue, f)
	if !s.writing {
		s.writing = true
		go s.write()
	}
}

func (s *state) write() {
	for {
		s.mu.Lock()
		batch := s.queue
		s.queue = nil
		s.room.Broadcast()
		if len(batch) == 0 {
			s.writing = false
			s.mu.Unlock()
			return
		}
		s.mu.Unlock()
		for len(batch) > 0 {
			bad := -1
			err := s.db.Update(func(tx *bolt.Tx) error {
				for i, f := range batch {
					if err := f(tx); err != nil {
						bad = i
						return err
					}
				}
				return nil
			})
			if err == nil {
				break
			}
			s.log.Error("state: not written", "err", err)
			if bad >= 0 { // it would never do: the others need not suffer from it
				batch = slices.Delete(batch, bad, bad+1)
				continue
			}
			if !s.patient() {
				s.mu.Lock()
				s.writing, s.queue = false, nil
				s.room.Broadcast()
				s.mu.Unlock()
				return
			}
		}
	}
}

// patient waits before a disk that failed is tried again; false once it is too late.
func (s *state) patient() bool {
	time.Sleep(time.Second)
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.closed
}

// close waits for what later was handed, or for ctx, and closes the file.
func (s *state) close(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.closed = true
		s.room.Broadcast()
	})
	defer stop()
	s.mu.Lock()
	for s.writing && !s.closed {
		s.room.Wait()
	}
	s.closed = true
	s.mu.Unlock()
	return s.db.Close()
}

// record is what is kept of one phone. It is in memory only while it is looked at.
type record struct {
	Nick      string       `json:",omitempty"`
	Room      wish         `json:",omitzero"`  // where it is, or is to be
	Invite    wish         `json:",omitzero"`  // the last
	Invited   []string     `json:",omitempty"` // rooms and inviters that it has been told of
	InvitedAt time.Time    `json:",omitzero"`  // when it was told of Invite
	ByNick    bool         `json:",omitempty"` // and that an occupant invites to it
	Bookmarks []wish       `json:",omitempty"` // the latest first
	Debounce  *int         `json:",omitempty"` // seconds; nil: off
	Creating  string       `json:",omitempty"` // by which text Room is being made
	Contacts  []stanza.JID `json:",omitempty"` // whom it has written to, the latest first
}

// wait is how long news about others wait.
func (r *record) wait() time.Duration {
	if r.Debounce == nil {
		return presence.Off
	}
	return time.Duration(*r.Debounce) * time.Second
}

// wish is a room to be in.
type wish struct {
	JID      stanza.JID `json:",omitempty"`
	Password string     `json:",omitempty"`
}

// Bounds of a record.
const (
	maxBookmarks = 50
	maxInvited   = 100
	maxContacts  = 50
)

// bookmark puts a room first among the bookmarks.
func (r *record) bookmark(w wish) {
	if len(r.Bookmarks) > 0 && r.Bookmarks[0] == w {
		return
	}
	r.Bookmarks = slices.DeleteFunc(r.Bookmarks, func(b wish) bool { return b.JID == w.JID })
	r.Bookmarks = slices.Insert(r.Bookmarks, 0, w)
	r.Bookmarks = r.Bookmarks[:min(len(r.Bookmarks), maxBookmarks)]
}

// sameInvitation is how long after one form of an invitation the other may come.
const sameInvitation = time.Minute

// invited notes an invitation and reports whether the phone knows of it.
func (r *record) invited(w wish, from string, byNick bool, now time.Time) (known bool) {
	what := string(w.JID) + " " + from
	known = slices.Contains(r.Invited, what)
	again := r.Invite.JID == w.JID
	if again && w.Password == "" { // the other form may have had it
		w.Password = r.Invite.Password
	}
	r.Invite = w
	if known {
		return true
	}
	r.Invited = append(r.Invited, what)
	r.Invited = r.Invited[max(0, len(r.Invited)-maxInvited):]
	if again && r.ByNick != byNick && now.Sub(r.InvitedAt) < sameInvitation {
		return true
	}
	r.InvitedAt, r.ByNick = now, byNick
	return false
}

// find is the room that a name means: a whole address, or the local part of a
// bookmark or of the last invitation, with the password that is known for it.
func (r *record) find(name string) (wish, bool) {
	known := append([]wish{r.Invite}, r.Bookmarks...)
	jid, err := stanza.ParseJID(name)
	if err != nil {
		return wish{}, false
	}
	if jid.Local() != "" {
		w := wish{JID: jid.Bare()}
		for _, b := range known {
			if b.JID == w.JID && w.Password == "" {
				w.Password = b.Password
			}
		}
		return w, true
	}
	for _, b := range r.Bookmarks {
		if strings.EqualFold(b.JID.Local(), name) {
			return b, true
		}
	}
	if r.Invite.JID != "" && strings.EqualFold(r.Invite.JID.Local(), name) {
		return r.Invite, true
	}
	return wish{}, false
}

// contact notes that the phone has written to somebody, who may then answer.
func (r *record) contact(jid stanza.JID) {
	r.Contacts = slices.DeleteFunc(r.Contacts, func(c stanza.JID) bool { return c == jid })
	r.Contacts = slices.Insert(r.Contacts, 0, jid)
	r.Contacts = r.Contacts[:min(len(r.Contacts), maxContacts)]
}

// readRecord is what is kept of a phone; a zero one if there is nothing.
func readRecord(tx *bolt.Tx, number string) (record, error) {
	var r record
	return r, readJSON(tx.Bucket(bucketPhones), []byte(number), &r)
}

func writeRecord(tx *bolt.Tx, number string, r record) error {
	return writeJSON(tx.Bucket(bucketPhones), []byte(number), r)
}

// change is a transaction's change of one record.
func change(tx *bolt.Tx, number string, f func(*record)) error {
	r, err := readRecord(tx, number)
	if err != nil {
		return err
	}
	f(&r)
	return writeRecord(tx, number, r)
}

// record reads what is kept of a phone.
func (s *state) record(number string) (r record, err error) {
	err = s.view(func(tx *bolt.Tx) error {
		r, err = readRecord(tx, number)
		return err
	})
	return r, err
}

func readJSON(b *bolt.Bucket, key []byte, v any) error {
	data := b.Get(key)
	if data == nil {
		return nil
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("state: %q: %w", key, err)
	}
	return nil
}

func writeJSON(b *bolt.Bucket, key []byte, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return b.Put(key, data)
}

// letter is a text on its way to or from a phone.
type letter struct {
	ID      string `json:",omitempty"` // in the inbox: of the SMS service
	Text    string
	At      time.Time
	Expires time.Time `json:",omitzero"`

	// Doubt is until when a report is waited for, of a letter that the SMS service
	// may have; zero for one that it has not.
	Doubt time.Time `json:",omitzero"`
	// From is who is told that it could not be delivered, of a chat message; Stanza is
	// its id.
	From   stanza.JID `json:",omitempty"`
	Stanza string     `json:",omitempty"`
	Notice bool       `json:",omitempty"` // nobody misses it
}

// letterKey is where a letter lies: the letters of a phone lie in order.
func letterKey(number string, seq uint64) []byte {
	return binary.BigEndian.AppendUint64(append([]byte(number), 0), seq)
}

func keyNumber(key []byte) string {
	number, _, _ := bytes.Cut(key, []byte{0})
	return string(number)
}

// push puts a letter behind the others of its phone.
func push(b *bolt.Bucket, number string, l letter) error {
	seq, err := b.NextSequence()
	if err != nil {
		return err
	}
	return writeJSON(b, letterKey(number, seq), l)
}

// first is a phone's first letter in a bucket; key is nil if there is none.
func (s *state) first(bucket []byte, number string) (key []byte, l letter, err error) {
	err = s.view(func(tx *bolt.Tx) error {
		prefix := append([]byte(number), 0)
		k, v := tx.Bucket(bucket).Cursor().Seek(prefix)
		if !bytes.HasPrefix(k, prefix) {
			return nil
		}
		key = bytes.Clone(k)
		return json.Unmarshal(v, &l)
	})
	return key, l, err
}

// leavesLater reports whether a phone, behind a text of its inbox, leaves the room
// that it is in, or joins another.
func (s *state) leavesLater(number string, key []byte) (leaves bool, err error) {
	err = s.view(func(tx *bolt.Tx) error {
		prefix := append([]byte(number), 0)
		c := tx.Bucket(bucketInbox).Cursor()
		for k, v := c.Seek(key); bytes.HasPrefix(k, prefix) && !leaves; k, v = c.Next() {
			var l letter
			if err := json.Unmarshal(v, &l); err != nil {
				return err
			}
			switch parse(l.Text).verb {
			case leave, join, create:
				leaves = true
			}
		}
		return nil
	})
	return leaves, err
}

// numbers lists the phones that have letters in a bucket.
func (s *state) numbers(bucket []byte) (list []string, err error) {
	err = s.view(func(tx *bolt.Tx) error {
		c := tx.Bucket(bucket).Cursor()
		for k, _ := c.First(); k != nil; {
			number := keyNumber(k)
			list = append(list, number)
			k, _ = c.Seek(append([]byte(number), 1))
		}
		return nil
	})
	return list, err
}

// seen notes something that must not be taken twice, and reports whether it had been
// taken. It is remembered for a day at least.
func seen(tx *bolt.Tx, what string, now time.Time) (bool, error) {
	sum := sha256.Sum256([]byte(what))
	key := sum[:16]
	days := tx.Bucket(bucketSeen)
	today, yesterday := day(now), day(now.AddDate(0, 0, -1))
	b := days.Bucket(today)
	if b == nil {
		var old [][]byte
		if err := days.ForEachBucket(func(k []byte) error {
			if !bytes.Equal(k, yesterday) {
				old = append(old, bytes.Clone(k))
			}
			return nil
		}); err != nil {
			return false, err
		}
		for _, k := range old {
			if err := days.DeleteBucket(k); err != nil {
				return false, err
			}
		}
		var err error
		if b, err = days.CreateBucket(today); err != nil {
			return false, err
		}
	}
	if b.Get(key) != nil {
		return true, nil
	}
	if y := days.Bucket(yesterday); y != nil && y.Get(key) != nil {
		return true, nil
	}
	return false, b.Put(key, []byte{1})
}

func day(t time.Time) []byte { return []byte(t.UTC().Format(time.DateOnly)) }

const idPrefix = "sms-"

var idText = base32.StdEncoding.WithPadding(base32.NoPadding)

// id is that of the stanza that carries a letter of the inbox: always the same for
// it, so that one that had to be sent again is known again; and nobody can guess it.
func (s *state) id(number string, key []byte) string {
	return s.signed(idText.EncodeToString(s.mac("letter", number, string(key))[:10]))
}

// ours reports whether an id is one of id.
func (s *state) ours(id string) bool {
	if len(id) != len(idPrefix)+16+16 {
		return false
	}
	return hmac.Equal([]byte(s.signed(id[len(idPrefix):len(idPrefix)+16])), []byte(id))
}

func (s *state) signed(name string) string {
	return idPrefix + name + idText.EncodeToString(s.mac("id", name)[:10])
}

func (s *state) mac(parts ...string) []byte {
	h := hmac.New(sha256.New, s.key)
	for _, p := range parts {
		// A hash's Write does not fail.
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(p))))
		h.Write([]byte(p))
	}
	return h.Sum(nil)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
