package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"time"

	bolt "go.etcd.io/bbolt"
)

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
