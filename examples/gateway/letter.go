package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/xmppkit/xmppkit/stanza"
)

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
