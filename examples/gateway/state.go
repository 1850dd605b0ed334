package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/xmppkit/xmppkit/presence/boltstore"
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

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
