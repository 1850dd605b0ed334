package moderation_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"

	"github.com/xmppkit/xmppkit/internal/xmpptest"
	"github.com/xmppkit/xmppkit/moderation"
	"github.com/xmppkit/xmppkit/muc"
	"github.com/xmppkit/xmppkit/stanza"
)

// BenchmarkQuietMessage is what a message costs that no rule minds, with 1,000 rules of
// three phrases, ten friends, and with and without rules about behaviour.
func BenchmarkQuietMessage(b *testing.B) {
	for name, behaviour := range map[string]bool{"phrases": false, "behaviour": true} {
		b.Run(name, func(b *testing.B) {
			var rules moderation.Rules
			for i := range 1000 {
				rules.Rules = append(rules.Rules, moderation.Rule{Name: fmt.Sprint(i),
					Phrases: []string{fmt.Sprint("cheap pills ", i), fmt.Sprint("free coins ", i), fmt.Sprint("hot offer ", i)}})
			}
			for i := range 10 {
				rules.Allow = append(rules.Allow, moderation.Allow{JID: []string{fmt.Sprintf("friend%d@example.net", i)}})
			}
			if behaviour {
				rules.Rules = append(rules.Rules, moderation.Rule{Flood: &moderation.Flood{Messages: 64, Within: 1}, Repeats: &moderation.Repeats{Within: 1},
					Shouting: &moderation.Shouting{}, Mentions: &moderation.Mentions{}, Links: &moderation.Links{}})
			}
			set, err := moderation.NewRuleset(rules)
			if err != nil {
				b.Fatal(err)
			}
			quiet := slog.New(slog.DiscardHandler)
			rooms := muc.New(muc.Config{Logger: quiet})
			mod := moderation.New(rooms, moderation.Config{Rules: set, Logger: quiet})
			s := xmpptest.NewSession(b.Context(), me, mod)
			defer s.Close()
			ctx := context.Background()
			o := muc.Occupant{Nick: "alice", JID: "alice@example.net/x", Affiliation: stanza.AffiliationNone, Role: stanza.Participant}
			mod.OnEvent(ctx, muc.Joined{Room: lobby, Nick: "warden", Occupants: []muc.Occupant{o}})
			e := muc.Message{Room: lobby, Occupant: o, Live: true, Message: spoken("alice",
				"An ordinary line of about a hundred letters that somebody says in a room about the weather.", "id")}
			b.ReportAllocs()
			for b.Loop() {
				mod.OnEvent(ctx, e)
			}
			if n := mod.Stats().Decisions; n > 0 {
				b.Fatalf("%d decisions", n)
			}
		})
	}
}
