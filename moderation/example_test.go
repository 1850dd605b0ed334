package moderation_test

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/xmppkit/xmppkit/internal/xmpptest"
	"github.com/xmppkit/xmppkit/moderation"
	"github.com/xmppkit/xmppkit/muc"
	"github.com/xmppkit/xmppkit/stanza"
)

func Example() {
	rules, err := moderation.NewRuleset(moderation.Rules{
		Rules: []moderation.Rule{{
			Name:    "spam",
			Phrases: []string{"free bitcoin"},
			Consequence: moderation.Consequence{
				Actions: []moderation.Action{moderation.Ban},
				Reason:  "no {{.Phrase}} here, {{.Nick}}",
			},
		}},
		Allow: []moderation.Allow{{JID: []string{"friend@example.org"}}},
	})
	if err != nil {
		fmt.Println(err) // names the rule, its file and its line
		return
	}
	quiet := slog.New(slog.DiscardHandler)
	done := make(chan struct{})

	var moderator *moderation.Moderator
	rooms := muc.New(muc.Config{Nick: "warden", Logger: quiet, OnEvent: func(ctx context.Context, e muc.Event) {
		moderator.OnEvent(ctx, e)
	}})
	moderator = moderation.New(rooms, moderation.Config{Rules: rules, Logger: quiet, OnEvent: func(_ context.Context, e moderation.Event) {
		switch e := e.(type) {
		case moderation.Decision:
			fmt.Printf("%s: rule %s, view %v, so %v: %s\n", e.Occupant.Nick, e.Rule, e.View, e.Actions, e.Reason)
		case moderation.Outcome:
			fmt.Printf("%v %s: %v\n", e.Done, e.Occupant.JID.Bare(), e.Err)
			close(done)
		}
	}})
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- moderator.Run(ctx) }()

	// A reconnect.Client would run the two services; here the session is one in
	// memory, and the test plays the room.
	s := xmpptest.NewSession(ctx, "warden@example.org/bot", rooms, moderator)
	s.Respond(func(st stanza.Stanza) []stanza.Stanza {
		if iq, ok := st.(*stanza.IQ); ok {
			return []stanza.Stanza{iq.Result()}
		}
		return []stanza.Stanza{
			someone("mallory", "mallory@example.net/phone", stanza.AffiliationNone, stanza.Participant),
			someone("warden", me, stanza.Owner, stanza.Moderator, stanza.StatusSelfPresence),
			spoken("mallory", "get your fr33 b1tc01n", ""),
		}
	})
	rooms.Add(muc.Room{JID: lobby})
	<-done
	s.Close()
	stop()
	fmt.Println(<-ended)
	// Output:
	// mallory: rule spam, view leet, so [ban]: no free bitcoin here, mallory
	// ban mallory@example.net: <nil>
	// <nil>
}
