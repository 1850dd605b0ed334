package muc_test

import (
	"context"
	"fmt"

	"github.com/xmppkit/xmppkit/internal/xmpptest"
	"github.com/xmppkit/xmppkit/muc"
	"github.com/xmppkit/xmppkit/stanza"
)

func Example() {
	done := make(chan struct{})
	rooms := muc.New(muc.Config{
		Nick: "warden",
		OnEvent: func(ctx context.Context, e muc.Event) {
			switch e := e.(type) {
			case muc.Joined:
				fmt.Printf("in %s with %d occupants\n", e.Room, len(e.Occupants))
			case muc.Message:
				fmt.Printf("%s says %q\n", e.Occupant.Nick, e.Body)
				close(done)
			}
		},
	})

	// A reconnect.Client would run the service; here the session is one in memory,
	// and the room answers with what any room does.
	s := xmpptest.NewSession(context.Background(), "warden@example.org/bot", rooms)
	defer s.Close()
	s.Respond(func(st stanza.Stanza) []stanza.Stanza {
		self := &stanza.Presence{From: st.Header().To, Extensions: []stanza.Element{stanza.MUCUser{
			Items:    []stanza.MUCItem{{Role: stanza.Participant}},
			Statuses: stanza.Statuses{stanza.StatusSelfPresence},
		}.Element()}}
		hello := &stanza.Message{From: "lobby@rooms.example.org/ann", Type: stanza.GroupChat, Body: "hello, warden"}
		return []stanza.Stanza{self, hello}
	})
	rooms.Add(muc.Room{JID: "lobby@rooms.example.org"})
	<-done
	// Output:
	// in lobby@rooms.example.org with 1 occupants
	// ann says "hello, warden"
}
