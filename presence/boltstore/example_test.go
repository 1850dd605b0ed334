package boltstore_test

import (
	"encoding/binary"
	"fmt"
	"log"
	"os"
	"path/filepath"

	bolt "go.etcd.io/bbolt"

	"github.com/xmppkit/xmppkit/presence"
	"github.com/xmppkit/xmppkit/presence/boltstore"
	"github.com/xmppkit/xmppkit/stanza"
)

// queue puts what is to be sent where a sender finds it, after a crash too.
func queue(tx *bolt.Tx, notices []presence.Notice) error {
	b, err := tx.CreateBucketIfNotExists([]byte("outgoing"))
	if err != nil {
		return err
	}
	for _, n := range notices {
		if n.Silent {
			continue
		}
		id, err := b.NextSequence()
		if err != nil {
			return err
		}
		text := fmt.Sprintf("%s: %s %s", n.Recipient, n.Kind, n.Nick)
		if err := b.Put(binary.BigEndian.AppendUint64(nil, id), []byte(text)); err != nil {
			return err
		}
	}
	return nil
}

// A gateway keeps the ledger and its outgoing messages in one file: whatever it
// dies of, a message is in the queue exactly if the ledger says that it was told.
func ExampleStore() {
	dir, err := os.MkdirTemp("", "boltstore")
	if err != nil {
		log.Fatal(err)
	}
	db, err := boltstore.OpenDB(filepath.Join(dir, "gateway.db"))
	if err != nil {
		log.Fatal(err)
	}
	ledger, err := presence.OpenLedger(boltstore.New(db, boltstore.Config{Outbox: queue}), presence.LedgerConfig{})
	if err != nil {
		log.Fatal(err)
	}
	const phone, room stanza.JID = "+15551234567", "verona@rooms.example.org"
	ledger.Joining(phone, room)
	ledger.Joined(phone, room, "romeo")
	ledger.Note(presence.Notice{Kind: presence.Join, Recipient: phone, Room: room, Nick: "mercutio"})
	if _, err := ledger.Commit(); err != nil {
		log.Fatal(err)
	}
	err = db.View(func(tx *bolt.Tx) error {
		return tx.Bucket([]byte("outgoing")).ForEach(func(_, text []byte) error {
			_, err := fmt.Printf("%s\n", text)
			return err
		})
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := db.Close(); err != nil {
		log.Fatal(err)
	}
	if err := os.RemoveAll(dir); err != nil {
		log.Fatal(err)
	}
	// Output:
	// +15551234567: self join romeo
	// +15551234567: join mercutio
}
