package moderation_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xmppkit/xmppkit/moderation"
	"github.com/xmppkit/xmppkit/stanza"
)

func behaviour(r moderation.Rule) moderation.Rules {
	r.Name, r.Actions = "behaviour", []moderation.Action{moderation.Kick}
	return moderation.Rules{Rules: []moderation.Rule{r}}
}

// nicks is whom the room has been asked to kick.
func (w *world) kicked() []string {
	var list []string
	for _, it := range w.items() {
		if it.Role == stanza.RoleNone {
			list = append(list, it.Nick)
		}
	}
	slices.Sort(list)
	return list
}

func TestFlood(t *testing.T) {
	play(t, behaviour(moderation.Rule{Flood: &moderation.Flood{Messages: 3, Within: 10 * time.Second}}), func(w *world) {
		w.enter(stranger("mallory"), stranger("alice"))
		for i := range 20 { // three in ten seconds, all the time
			w.say("alice", fmt.Sprint(i))
			w.pass(3400 * time.Millisecond)
		}
		if got := w.kicked(); len(got) > 0 {
			w.Fatalf("kicked %v", got)
		}
		for i := range 4 {
			w.say("mallory", fmt.Sprint(i))
		}
		if got := w.kicked(); !slices.Equal(got, []string{"mallory"}) {
			w.Errorf("kicked %v", got)
		}
	})
}

func TestWhoComesBackIsForgotten(t *testing.T) {
	play(t, behaviour(moderation.Rule{Flood: &moderation.Flood{Messages: 3}}), func(w *world) {
		w.enter(stranger("mallory"))
		for range 4 {
			w.say("mallory", "x")
			w.receive(gone(stranger("mallory")), stranger("mallory"))
		}
		if got := w.kicked(); len(got) > 0 {
			w.Errorf("kicked %v", got)
		}
	})
}

func TestRepeats(t *testing.T) {
	play(t, behaviour(moderation.Rule{Repeats: &moderation.Repeats{Times: 2, Within: time.Minute}}), func(w *world) {
		w.enter(stranger("mallory"))
		for _, s := range []string{"buy now", "something else", "Buy now!"} {
			w.say("mallory", s)
		}
		if got := w.kicked(); len(got) > 0 {
			w.Fatalf("kicked %v", got)
		}
		w.say("mallory", "BUY NOW")
		if got := w.kicked(); !slices.Equal(got, []string{"mallory"}) {
			w.Errorf("kicked %v", got)
		}
	})
}

func TestJoinWave(t *testing.T) {
	play(t, behaviour(moderation.Rule{Joins: &moderation.Joins{Count: 3, Within: time.Minute}}), func(w *world) {
		var there []*stanza.Presence
		for i := range 20 {
			there = append(there, stranger(fmt.Sprintf("regular%d", i)))
		}
		w.enter(there...)
		for i := range 3 {
			w.receive(stranger(fmt.Sprintf("raider%d", i)))
		}
		if got := w.kicked(); len(got) > 0 {
			w.Fatalf("kicked %v", got)
		}
		w.receive(gone(stranger("raider1")), someone("friend", "f@example.net/x", stanza.Admin, stanza.Participant))
		w.receive(stranger("raider3"))
		if got, want := w.kicked(), []string{"raider0", "raider2", "raider3"}; !slices.Equal(got, want) {
			w.Errorf("kicked %v, want %v", got, want)
		}
		w.receive(stranger("raider4"))
		if got := w.kicked(); !slices.Equal(got, []string{"raider4"}) {
			w.Errorf("kicked %v", got)
		}
		w.pass(2 * time.Minute)
		w.receive(stranger("late"))
		if got := w.kicked(); len(got) > 0 {
			w.Errorf("kicked %v", got)
		}
	})
}

func TestMentionsOfMany(t *testing.T) {
	play(t, behaviour(moderation.Rule{Mentions: &moderation.Mentions{Count: 2}}), func(w *world) {
		w.enter(stranger("mallory"), stranger("a"), stranger("b"), stranger("c"))
		w.say("mallory", "a and b, who is d?")
		if got := w.kicked(); len(got) > 0 {
			w.Fatalf("kicked %v", got)
		}
		w.say("mallory", "a b c look!")
		if got := w.kicked(); !slices.Equal(got, []string{"mallory"}) {
			w.Errorf("kicked %v", got)
		}
	})
}

func TestLinksOfNewcomers(t *testing.T) {
	play(t, behaviour(moderation.Rule{Links: &moderation.Links{Within: time.Minute}}), func(w *world) {
		w.enter(stranger("regular"))
		w.say("regular", "https://example.org")
		w.receive(stranger("mallory"), stranger("patient"))
		w.say("mallory", "hello")
		if got := w.kicked(); len(got) > 0 {
			w.Fatalf("kicked %v", got)
		}
		w.say("mallory", "see https://example.org")
		if got := w.kicked(); !slices.Equal(got, []string{"mallory"}) {
			w.Errorf("kicked %v", got)
		}
		w.pass(time.Minute)
		w.say("patient", "https://example.org")
		if got := w.kicked(); len(got) > 0 {
			w.Errorf("kicked %v", got)
		}
	})
}

func TestShoutingInTheRoom(t *testing.T) {
	play(t, behaviour(moderation.Rule{Shouting: &moderation.Shouting{}}), func(w *world) {
		w.enter(stranger("mallory"))
		w.say("mallory", "I do not shout, I only SAY so")
		if got := w.kicked(); len(got) > 0 {
			w.Fatalf("kicked %v", got)
		}
		w.say("mallory", "LISTEN TO ME EVERYBODY")
		if got := w.kicked(); !slices.Equal(got, []string{"mallory"}) {
			w.Errorf("kicked %v", got)
		}
	})
}

// All behaviour is off until it is asked for.
func TestNobodyIsWatchedUnasked(t *testing.T) {
	play(t, spam(moderation.Kick), func(w *world) {
		w.enter(stranger("mallory"))
		for range 100 {
			w.say("mallory", "SAME TEXT IN CAPITALS https://example.org")
		}
		if got := w.kicked(); len(got) > 0 {
			w.Errorf("kicked %v", got)
		}
	})
}

func TestNickIsLookedAt(t *testing.T) {
	rules := moderation.Rules{Rules: []moderation.Rule{{Name: "nick", Nick: moderation.Names{Globs: []string{"*bitcoin*"}},
		Consequence: moderation.Consequence{Actions: []moderation.Action{moderation.Kick}}}}}
	t.Run("when we join", func(t *testing.T) {
		play(t, rules, func(w *world) {
			w.enter(stranger("freebitcoin"), stranger("alice"))
			if got := w.kicked(); !slices.Equal(got, []string{"freebitcoin"}) {
				w.Errorf("kicked %v", got)
			}
		})
	})
	t.Run("when they join", func(t *testing.T) {
		play(t, rules, func(w *world) {
			w.enter()
			w.receive(stranger("freebitcoin"))
			if got := w.kicked(); !slices.Equal(got, []string{"freebitcoin"}) {
				w.Errorf("kicked %v", got)
			}
		})
	})
	t.Run("when they change it", func(t *testing.T) {
		play(t, rules, func(w *world) {
			w.enter(stranger("mallory"))
			w.receive(renamed("mallory", "Bitcoin4U"))
			w.receive(someone("Bitcoin4U", "mallory@example.net/phone", stanza.AffiliationNone, stanza.Participant))
			if got := w.kicked(); !slices.Equal(got, []string{"Bitcoin4U"}) {
				w.Errorf("kicked %v", got)
			}
		})
	})
	t.Run("when the rules change", func(t *testing.T) {
		play(t, moderation.Rules{}, func(w *world) {
			w.enter(stranger("freebitcoin"))
			set, err := moderation.NewRuleset(rules)
			if err != nil {
				t.Fatal(err)
			}
			w.mod.SetRules(set)
			w.pass(0)
			if got := w.kicked(); !slices.Equal(got, []string{"freebitcoin"}) {
				w.Errorf("kicked %v", got)
			}
		})
	})
}

// renamed is the room's word that somebody goes by another nick.
func renamed(from, to string) *stanza.Presence {
	p := hidden(from)
	u := stanza.MUCUser{Items: []stanza.MUCItem{{Nick: to, Affiliation: stanza.AffiliationNone, Role: stanza.Participant}},
		Statuses: stanza.Statuses{stanza.StatusNickChanged}}
	p.Type, p.Extensions = stanza.Unavailable, []stanza.Element{u.Element()}
	return p
}

func TestWhichMessagesCount(t *testing.T) {
	history := func(m *stanza.Message) *stanza.Message {
		m.Extensions = append(m.Extensions, stanza.Delay{Stamp: time.Unix(0, 0), From: lobby}.Element())
		return m
	}
	rules := spam(moderation.Kick)
	t.Run("history does not", func(t *testing.T) {
		play(t, rules, func(w *world) {
			w.rooms.Add(roomOf(lobby))
			w.pass(0)
			subject := ""
			w.receive(stranger("mallory"), someone("warden", me, stanza.Owner, stanza.Moderator, stanza.StatusSelfPresence),
				history(spoken("mallory", "free bitcoin", "")), &stanza.Message{From: lobby, To: me, Type: stanza.GroupChat, Subject: &subject})
			if got := w.kicked(); len(got) > 0 {
				w.Errorf("kicked %v", got)
			}
		})
	})
	t.Run("what is called old does", func(t *testing.T) {
		play(t, rules, func(w *world) {
			w.enter(stranger("mallory"))
			w.receive(history(spoken("mallory", "free bitcoin", "")))
			if got := w.kicked(); !slices.Equal(got, []string{"mallory"}) {
				w.Errorf("kicked %v", got)
			}
		})
	})
	t.Run("a subject does", func(t *testing.T) {
		play(t, rules, func(w *world) {
			w.enter(stranger("mallory"))
			subject := "free bitcoin"
			m := spoken("mallory", "", "")
			m.Subject = &subject
			w.receive(m)
			if got := w.kicked(); !slices.Equal(got, []string{"mallory"}) {
				w.Errorf("kicked %v", got)
			}
		})
	})
	for _, whispers := range []bool{false, true} {
		t.Run(fmt.Sprintf("whispers: %v", whispers), func(t *testing.T) {
			r := spam(moderation.Kick)
			r.Rules[0].Whispers = whispers
			play(t, r, func(w *world) {
				w.enter(stranger("mallory"))
				m := spoken("mallory", "free bitcoin", "")
				m.Type = stanza.Chat
				w.receive(m)
				if got := len(w.kicked()) > 0; got != whispers {
					w.Errorf("kicked: %v", got)
				}
			})
		})
	}
	t.Run("our own do not", func(t *testing.T) {
		play(t, rules, func(w *world) {
			w.enter()
			w.say("warden", "free bitcoin")
			if got := w.kicked(); len(got) > 0 {
				w.Errorf("kicked %v", got)
			}
		})
	})
}

func TestWordsBeforeABan(t *testing.T) {
	rules := spam(moderation.Ban)
	rules.Rules[0].Words = []string{"bye, {{.Nick}}", "so long, {{.Nick}}"}
	rules.Rules[0].Delay = 2 * time.Second
	play(t, rules, func(w *world) {
		w.enter(stranger("mallory"))
		w.s.Sent()
		w.say("mallory", "free bitcoin")
		var said []string
		for _, st := range w.s.Sent() {
			if m, ok := st.(*stanza.Message); ok {
				said = append(said, m.Body)
			}
		}
		if len(said) != 1 || !strings.HasSuffix(said[0], ", mallory") {
			w.Errorf("said %q", said)
		}
		w.pass(2 * time.Second)
		if got := one(w, w.items()); got.Affiliation != stanza.Outcast {
			w.Errorf("asked for %+v", got)
		}
	})
}
