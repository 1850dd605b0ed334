package presence_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/xmppkit/xmppkit/muc"
	"github.com/xmppkit/xmppkit/presence"
	"github.com/xmppkit/xmppkit/stanza"
)

// follow tells a Notifier what happens in the rooms of one recipient: all the wiring
// that there is between the two packages.
func follow(n *presence.Notifier, recipient stanza.JID) func(context.Context, muc.Event) {
	return func(_ context.Context, e muc.Event) {
		switch e := e.(type) {
		case muc.Joined:
			n.Joining(recipient, e.Room)
			for _, o := range e.Occupants {
				n.Join(recipient, e.Room, o.Nick)
			}
			n.Joined(recipient, e.Room, e.Nick)
		case muc.OccupantJoined:
			n.Join(recipient, e.Room, e.Occupant.Nick)
		case muc.OccupantLeft:
			n.Part(recipient, e.Room, e.Occupant.Nick)
		case muc.NickChanged:
			n.NickChange(recipient, e.Room, e.Old, e.Occupant.Nick)
		case muc.Left:
			if e.Rejoin {
				n.Joining(recipient, e.Room) // nothing is told until we are back
			} else {
				n.Leave(recipient, e.Room, e.Reason)
			}
		case muc.JoinFailed:
			if e.Stopped {
				n.Leave(recipient, e.Room, "")
			}
		}
	}
}

// A bot that tells its owner who comes and goes in its rooms.
func ExampleNotifier_rooms() {
	ledger, err := presence.OpenLedger(&presence.MemoryStore{}, presence.LedgerConfig{})
	if err != nil {
		log.Fatal(err)
	}
	n := presence.NewNotifier(ledger, presence.NotifierConfig{Tell: func(notices []presence.Notice) {
		for _, n := range notices {
			fmt.Println(n.Kind, n.Nick, n.Occupants)
		}
	}})
	const owner, room stanza.JID = "owner@example.org", "lobby@rooms.example.org"
	n.SetWait(owner, time.Minute)
	rooms := muc.New(muc.Config{Nick: "warden", OnEvent: follow(n, owner)})
	rooms.Add(muc.Room{JID: room}) // and reconnect.Config{Services: []stanza.Service{rooms}}

	// What rooms will say:
	event := follow(n, owner)
	event(context.Background(), muc.Joined{Room: room, Nick: "warden", Occupants: []muc.Occupant{{Nick: "ann"}, {Nick: "warden"}}})
	event(context.Background(), muc.OccupantJoined{Room: room, Occupant: muc.Occupant{Nick: "bob"}})
	event(context.Background(), muc.OccupantLeft{Room: room, Occupant: muc.Occupant{Nick: "ann"}})
	event(context.Background(), muc.OccupantJoined{Room: room, Occupant: muc.Occupant{Nick: "ann"}})

	if err := n.Close(context.Background(), true); err != nil {
		log.Fatal(err)
	}
	// Output:
	// self join warden [ann]
	// join bob []
}
