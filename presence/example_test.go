package presence_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/xmppkit/xmppkit/presence"
	"github.com/xmppkit/xmppkit/stanza"
)

func ExampleDebouncer() {
	d := presence.NewDebouncer(func(events []presence.Event[string, string]) {
		for _, e := range events {
			fmt.Printf("to %s: %s %s\n", e.Recipient, e.Occupant, e.Kind)
		}
	})
	d.SetWait("romeo", time.Minute) // juliet has asked for nothing

	d.Join("romeo", "nurse")
	d.Join("romeo", "tybalt")
	d.Part("romeo", "tybalt") // within a minute: neither is told
	d.NickChange("romeo", "nurse", "angelica")
	d.Join("juliet", "nurse")

	// Here the program ends, and does not want to wait for the minute.
	if err := d.Close(context.Background(), true); err != nil {
		log.Fatal(err)
	}
	// Output: to romeo: angelica join
}

func ExampleLedger() {
	const romeo, room stanza.JID = "romeo@example.org", "verona@rooms.example.org"
	ledger, err := presence.OpenLedger(&presence.MemoryStore{}, presence.LedgerConfig{})
	if err != nil {
		log.Fatal(err)
	}
	rejoin := func(occupants ...string) {
		ledger.Joining(romeo, room)
		for _, nick := range occupants {
			ledger.Seen(romeo, room, nick, true)
		}
		ledger.Joined(romeo, room, "romeo")
	}
	rejoin("nurse", "tybalt")
	rejoin("mercutio", "nurse") // the connection was lost in between
	ledger.Note(presence.Notice{Kind: presence.Join, Recipient: romeo, Room: room, Nick: "nurse"})

	// Only what is news, and lasting, comes out.
	news, err := ledger.Commit()
	if err != nil {
		log.Fatal(err)
	}
	for _, n := range news {
		fmt.Println(n.Kind, n.Nick, n.Occupants)
	}
	who, _ := ledger.Who(romeo, room)
	fmt.Println(who.Occupants)
	// Output:
	// self join romeo [nurse tybalt]
	// join mercutio []
	// part tybalt []
	// [mercutio nurse]
}

func ExampleNotifier() {
	const phone, room stanza.JID = "+15551234567@sms.example.org", "verona@rooms.example.org"
	ledger, err := presence.OpenLedger(&presence.MemoryStore{}, presence.LedgerConfig{})
	if err != nil {
		log.Fatal(err)
	}
	n := presence.NewNotifier(ledger, presence.NotifierConfig{Tell: func(notices []presence.Notice) {
		for _, n := range notices {
			switch n.Kind {
			case presence.SelfJoin:
				fmt.Println("You joined with", n.Occupants)
			case presence.Join:
				fmt.Printf("* %s joined the group\n", n.Nick)
			case presence.Part:
				fmt.Printf("* %s left\n", n.Nick)
			case presence.NickChange:
				fmt.Printf("* %s has changed their nick to %s\n", n.Nick, n.NewNick)
			}
		}
	}})
	n.SetWait(phone, 30*time.Second)

	// The join goes out, occupants' presences come, and ours ends it.
	n.Joining(phone, room)
	n.Join(phone, room, "nurse")
	n.Joined(phone, room, "romeo")

	n.NickChange(phone, room, "nurse", "angelica")
	n.Join(phone, room, "tybalt")
	n.Part(phone, room, "tybalt")

	// The stream is lost and comes back: silence.
	n.Joining(phone, room)
	n.Join(phone, room, "angelica")
	n.Join(phone, room, "mercutio")
	n.Joined(phone, room, "romeo")

	if err := n.Close(context.Background(), true); err != nil {
		log.Fatal(err)
	}
	// Output:
	// You joined with [nurse]
	// * nurse has changed their nick to angelica
	// * mercutio joined the group
}
