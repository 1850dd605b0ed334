package boltstore

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	bolt "go.etcd.io/bbolt"

	"github.com/xmppkit/xmppkit/stanza"
)

// A key is the recipient and the room, each after its length, and the occupant's
// nick up to the end. The key without a nick stands for the membership itself. A
// value is a format, a checksum of key and text, and the text: the recipient's own
// nick for a membership, nothing for an occupant.
const (
	format      = 1
	valueHeader = 1 + crc32.Size
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func prefix(recipient, room stanza.JID) []byte {
	key := make([]byte, 0, 2*binary.MaxVarintLen32+len(recipient)+len(room)+32)
	key = binary.AppendUvarint(key, uint64(len(recipient)))
	key = append(key, recipient...)
	key = binary.AppendUvarint(key, uint64(len(room)))
	return append(key, room...)
}

var errKey = errors.New("not a key of a ledger")

func parseKey(key []byte) (recipient, room stanza.JID, nick string, err error) {
	first, rest, ok := cut(key)
	if !ok {
		return "", "", "", errKey
	}
	second, rest, ok := cut(rest)
	if !ok {
		return "", "", "", errKey
	}
	return stanza.JID(first), stanza.JID(second), string(rest), nil
}

// cut takes a part and its length off the front.
func cut(key []byte) (part, rest []byte, ok bool) {
	length, n := binary.Uvarint(key)
	if n <= 0 || length > uint64(len(key)-n) {
		return nil, nil, false
	}
	return key[n : n+int(length)], key[n+int(length):], true
}

func checksum(key, text []byte) uint32 {
	return crc32.Update(crc32.Checksum(key, castagnoli), castagnoli, text)
}

func parseValue(key, value []byte) (string, error) {
	if len(value) < valueHeader {
		return "", errors.New("value cut short")
	}
	if value[0] != format {
		return "", fmt.Errorf("format %d is unknown", value[0])
	}
	text := value[valueHeader:]
	if binary.BigEndian.Uint32(value[1:]) != checksum(key, text) {
		return "", errors.New("wrong checksum")
	}
	return string(text), nil
}

func put(b *bolt.Bucket, key []byte, text string) error {
	value := make([]byte, valueHeader, valueHeader+len(text))
	value[0] = format
	value = append(value, text...)
	binary.BigEndian.PutUint32(value[1:], checksum(key, value[valueHeader:]))
	return b.Put(key, value)
}

// clear deletes a membership and its occupants.
func clear(b *bolt.Bucket, prefix []byte) error {
	var keys [][]byte // deleting moves a cursor
	cursor := b.Cursor()
	for k, _ := cursor.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = cursor.Next() {
		keys = append(keys, bytes.Clone(k))
	}
	for _, k := range keys {
		if err := b.Delete(k); err != nil {
			return err
		}
	}
	return nil
}
