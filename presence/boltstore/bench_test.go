package boltstore

import (
	"fmt"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/xmppkit/xmppkit/presence"
	"github.com/xmppkit/xmppkit/stanza"
)

const (
	benchRooms     = 1000
	benchOccupants = 100
)

func benchRoom(i int) stanza.JID { return stanza.JID(fmt.Sprintf("room%d@rooms.example.org", i)) }

// full returns a ledger of 100,000 occupants, all on disk.
func full(b *testing.B, path string) (*presence.Ledger, *Store) {
	b.Helper()
	s := openStore(b, path, Config{})
	ledger, err := presence.OpenLedger(s, presence.LedgerConfig{})
	if err != nil {
		b.Fatal(err)
	}
	for i := range benchRooms {
		ledger.Joining("bot@example.org", benchRoom(i))
		for j := range benchOccupants {
			ledger.Seen("bot@example.org", benchRoom(i), fmt.Sprint("occupant ", j), true)
		}
		ledger.Joined("bot@example.org", benchRoom(i), "me")
	}
	if _, err := ledger.Commit(); err != nil {
		b.Fatal(err)
	}
	return ledger, s
}

// BenchmarkLedgerCommit: changes that are on disk, in batches, in rooms all over a
// ledger of 100,000 occupants.
func BenchmarkLedgerCommit(b *testing.B) {
	for _, batch := range []int{1, 100, 1000, 4000} {
		b.Run(fmt.Sprint("batch=", batch), func(b *testing.B) {
			ledger, _ := full(b, filepath.Join(b.TempDir(), "ledger.db"))
			goroutines := runtime.NumGoroutine()
			i, kind := 0, presence.Part
			for b.Loop() {
				for range batch {
					// 7919 is prime to both: no two in a row are in one room
					room, nick := i*7919%benchRooms, i*7919/benchRooms%benchOccupants
					if !ledger.Note(presence.Notice{Kind: kind, Recipient: "bot@example.org", Room: benchRoom(room), Nick: fmt.Sprint("occupant ", nick)}) {
						b.Fatal("no news")
					}
					if i++; i == benchRooms*benchOccupants {
						i, kind = 0, presence.Join+presence.Part-kind
					}
				}
				if news, err := ledger.Commit(); err != nil || len(news) != batch {
					b.Fatal(len(news), err)
				}
			}
			b.ReportMetric(float64(b.N*batch)/b.Elapsed().Seconds(), "changes/s")
			b.ReportMetric(float64(runtime.NumGoroutine()-goroutines), "goroutines")
		})
	}
}

// BenchmarkLedgerLoad: opening a file with 100,000 occupants, with the look at all
// its pages.
func BenchmarkLedgerLoad(b *testing.B) {
	path := filepath.Join(b.TempDir(), "ledger.db")
	_, s := full(b, path)
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		s, err := Open(path, Config{})
		if err != nil {
			b.Fatal(err)
		}
		ledger, err := presence.OpenLedger(s, presence.LedgerConfig{})
		if err != nil {
			b.Fatal(err)
		}
		if who, in := ledger.Who("bot@example.org", benchRoom(7)); !in || len(who.Occupants) != benchOccupants {
			b.Fatal(who)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/100000-occupants")
}
