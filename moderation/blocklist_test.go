package moderation_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xmppkit/xmppkit/moderation"
	"github.com/xmppkit/xmppkit/stanza"
)

const (
	shop         = stanza.JID("xmppbl.example")
	bans         = "muc_bans_sha256"
	nsPubsubNews = "http://jabber.org/protocol/pubsub#event"
	nsRSM        = "http://jabber.org/protocol/rsm"
)

func entry(jid string) string {
	sum := sha256.Sum256([]byte(jid))
	return hex.EncodeToString(sum[:])
}

// shelves is what services have on their lists.
type shelves map[stanza.JID][]string

// lists lets block lists answer, page by page where page is not 0.
func (w *world) lists(s shelves, page int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answer = func(iq *stanza.IQ) []stanza.Element {
		p := iq.Extension(nsPubsub, "pubsub")
		if p == nil || iq.Type != stanza.Get {
			return nil
		}
		all := s[iq.To]
		from := slices.Index(all, p.Child(nsRSM, "set").ChildText(nsRSM, "after")) + 1
		to := len(all)
		if page > 0 {
			to = min(to, from+page)
		}
		items := stanza.NewElement(nsPubsub, "items").WithAttr("node", bans)
		for _, id := range all[from:to] {
			items.Children = append(items.Children, stanza.NewElement(nsPubsub, "item").WithAttr("id", id))
		}
		answer := stanza.NewElement(nsPubsub, "pubsub", items)
		if page > 0 {
			set := stanza.NewElement(nsRSM, "set", stanza.NewText(nsRSM, "count", strconv.Itoa(len(all))))
			if to > from {
				set.Children = append(set.Children, stanza.NewText(nsRSM, "last", all[to-1]))
			}
			answer.Children = append(answer.Children, set)
		}
		return []stanza.Element{answer}
	}
}

// news is what a list's service tells.
func news(from stanza.JID, what stanza.Element) *stanza.Message {
	return &stanza.Message{From: from, To: me.Bare(), Type: stanza.Headline,
		Extensions: []stanza.Element{stanza.NewElement(nsPubsubNews, "event", what)}}
}

func item(name, id string) stanza.Element {
	return stanza.NewElement(nsPubsubNews, "items", stanza.NewElement(nsPubsubNews, name).WithAttr("id", id)).WithAttr("node", bans)
}

func listed(services ...stanza.JID) moderation.Rules {
	var r moderation.Rules
	for _, s := range services {
		r.Lists = append(r.Lists, moderation.BlockList{Service: s})
	}
	return r
}

// outcome is the bans that have been asked for, and those that were lifted.
func (w *world) outcome() (banned, lifted []stanza.JID) {
	for _, it := range w.items() {
		switch it.Affiliation {
		case stanza.Outcast:
			banned = append(banned, it.JID)
		case stanza.AffiliationNone:
			lifted = append(lifted, it.JID)
		}
	}
	return banned, lifted
}

func TestBlockListIsSubscribedToThenFetched(t *testing.T) {
	play(t, listed(shop), func(w *world) {
		w.pass(0)
		var got []string
		for _, st := range w.s.Sent() {
			iq, ok := st.(*stanza.IQ)
			if !ok || iq.To != shop {
				continue
			}
			c := iq.Payload().Children[0]
			got = append(got, fmt.Sprint(iq.Type, " ", c.Name.Local, " ", c.Attr("node"), " ", c.Attr("jid")))
		}
		want := []string{"set subscribe muc_bans_sha256 warden@example.org", "get items muc_bans_sha256 "}
		if !slices.Equal(got, want) {
			w.Errorf("asked for %q, want %q", got, want)
		}
	})
}

func TestBlockListBansAddressesAndDomains(t *testing.T) {
	for _, page := range []int{0, 1, 2, 100} {
		t.Run(fmt.Sprintf("pages of %d", page), func(t *testing.T) {
			play(t, listed(shop), func(w *world) {
				w.lists(shelves{shop: {entry("mallory@example.net"), "no hash", entry("bad.example"), entry("admin@example.net")}}, page)
				w.s.Close()
				w.begin() // again, now that the list answers
				synctest.Wait()
				w.enter(stranger("mallory"), stranger("alice"), hidden("nobody"),
					someone("x", "x@bad.example/y", stanza.AffiliationNone, stanza.Participant),
					someone("admin", "admin@example.net/y", stanza.Admin, stanza.Participant))
				banned, _ := w.outcome()
				slices.Sort(banned)
				if want := []stanza.JID{"mallory@example.net", "x@bad.example"}; !slices.Equal(banned, want) {
					w.Errorf("banned %v, want %v", banned, want)
				}
			})
		})
	}
}

func TestBlockListNews(t *testing.T) {
	play(t, listed(shop), func(w *world) {
		w.outcasts("mallory@example.net")
		w.enter(stranger("mallory"), stranger("alice"))
		w.receive(news(shop, item("item", entry("mallory@example.net"))))
		if banned, _ := w.outcome(); !slices.Equal(banned, []stanza.JID{"mallory@example.net"}) {
			w.Fatalf("banned %v", banned)
		}
		w.receive(news(shop, item("retract", entry("alice@example.net"))))
		if _, lifted := w.outcome(); len(lifted) > 0 {
			w.Fatalf("lifted %v", lifted)
		}
		w.receive(news(shop, item("retract", entry("mallory@example.net"))))
		if _, lifted := w.outcome(); !slices.Equal(lifted, []stanza.JID{"mallory@example.net"}) {
			w.Errorf("lifted %v", lifted)
		}
	})
}

func TestBlockListPurge(t *testing.T) {
	play(t, listed(shop), func(w *world) {
		w.outcasts("mallory@example.net", "alice@example.net", "old@example.net")
		w.enter(stranger("mallory"), stranger("alice"))
		w.receive(news(shop, item("item", entry("mallory@example.net"))), news(shop, item("item", entry("alice@example.net"))))
		if err := w.mod.TempBan(w.Context(), lobby, "old@example.net", time.Hour, ""); err != nil {
			w.Fatal(err)
		}
		w.outcome()
		w.receive(news(shop, stanza.NewElement(nsPubsubNews, "purge").WithAttr("node", bans)))
		_, lifted := w.outcome()
		slices.Sort(lifted)
		if want := []stanza.JID{"alice@example.net", "mallory@example.net"}; !slices.Equal(lifted, want) {
			w.Errorf("lifted %v, want %v: only what this list caused", lifted, want)
		}
	})
}

// Events count only from the service's own address.
func TestBlockListNewsFromOthers(t *testing.T) {
	play(t, listed(shop), func(w *world) {
		w.enter(stranger("mallory"))
		id := entry("mallory@example.net")
		for _, from := range []stanza.JID{"evil@example.net", "evil.example", shop + "/x", "a@" + shop, lobby, lobby + "/mallory", me.Bare(), ""} {
			w.receive(news(from, item("item", id)))
		}
		other := item("item", id)
		other = stanza.NewElement(nsPubsubNews, "items", other.Children...).WithAttr("node", "another")
		m := news(shop, other)
		g := news(shop, item("item", id))
		g.Type = stanza.GroupChat
		w.receive(m, g)
		if banned, _ := w.outcome(); len(banned) > 0 {
			w.Errorf("banned %v", banned)
		}
	})
}

// Nothing goes without a complete answer; it is fetched again on reconnect and hourly.
func TestBlockListIsFetchedAgain(t *testing.T) {
	play(t, listed(shop), func(w *world) {
		s := shelves{shop: {entry("mallory@example.net")}}
		w.lists(s, 1)
		w.outcasts("mallory@example.net")
		w.s.Close()
		w.begin()
		w.enter(stranger("mallory"))
		if banned, _ := w.outcome(); len(banned) != 1 {
			w.Fatalf("banned %v", banned)
		}
		w.locked(func() { // the list is empty, but does not say so
			s[shop] = nil
			w.refuse = func(iq *stanza.IQ) *stanza.Error {
				if iq.To == shop && iq.Type == stanza.Get {
					return &stanza.Error{Condition: stanza.InternalServerError}
				}
				return nil
			}
		})
		w.s.Close()
		w.begin()
		w.admit()
		if _, lifted := w.outcome(); len(lifted) > 0 {
			w.Fatalf("lifted %v without an answer", lifted)
		}
		w.locked(func() { w.refuse = nil })
		w.pass(6 * time.Minute)
		if _, lifted := w.outcome(); !slices.Equal(lifted, []stanza.JID{"mallory@example.net"}) {
			w.Fatalf("lifted %v", lifted)
		}
		told[moderation.ListFetched](w)
		w.pass(3*time.Hour + 30*time.Minute)
		if n := len(told[moderation.ListFetched](w)); n < 3 || n > 4 {
			w.Errorf("fetched %d times in three hours and a half", n)
		}
	})
}

// A ban of one list stays where another list names the same.
func TestBlockListsOverlap(t *testing.T) {
	const other = stanza.JID("pubsub.joinjabber.example")
	play(t, listed(shop, other), func(w *world) {
		w.outcasts("mallory@example.net")
		w.enter(stranger("mallory"))
		id := entry("mallory@example.net")
		w.receive(news(shop, item("item", id)), news(other, item("item", id)))
		if banned, _ := w.outcome(); len(banned) != 1 {
			w.Fatalf("banned %v", banned)
		}
		w.receive(news(shop, item("retract", id)))
		if _, lifted := w.outcome(); len(lifted) > 0 {
			w.Fatalf("lifted %v", lifted)
		}
		w.receive(news(other, item("retract", id)))
		if _, lifted := w.outcome(); !slices.Equal(lifted, []stanza.JID{"mallory@example.net"}) {
			w.Errorf("lifted %v", lifted)
		}
	})
}

// What a list has caused is known after a restart, and what has gone meanwhile, too.
func TestBlockListAfterARestart(t *testing.T) {
	store := shelf{}
	playWith(t, moderation.Config{Store: store}, listed(shop), func(w *world) {
		w.enter(stranger("mallory"))
		w.receive(news(shop, item("item", entry("mallory@example.net"))))
		if banned, _ := w.outcome(); len(banned) != 1 {
			w.Fatalf("banned %v", banned)
		}
	})
	playWith(t, moderation.Config{Store: store}, listed(shop), func(w *world) {
		w.lists(shelves{}, 0)
		w.outcasts("mallory@example.net")
		w.s.Close()
		w.begin()
		_, lifted := w.outcome()
		w.enter()
		_, later := w.outcome()
		if lifted = append(lifted, later...); !slices.Equal(lifted, []stanza.JID{"mallory@example.net"}) {
			w.Errorf("lifted %v", lifted)
		}
	})
}

// A service whose pages lead nowhere neither hangs us nor makes anything go.
func TestBlockListOfAMadService(t *testing.T) {
	play(t, listed(shop), func(w *world) {
		w.locked(func() {
			w.answer = func(iq *stanza.IQ) []stanza.Element {
				if iq.To != shop || iq.Type != stanza.Get {
					return nil
				}
				return []stanza.Element{stanza.NewElement(nsPubsub, "pubsub",
					stanza.NewElement(nsPubsub, "items", stanza.NewElement(nsPubsub, "item").WithAttr("id", entry("x"))),
					stanza.NewElement(nsRSM, "set", stanza.NewText(nsRSM, "last", "always"), stanza.NewText(nsRSM, "count", "1000000")))}
			}
		})
		w.s.Close()
		told[moderation.ListFetched](w)
		w.begin()
		if e := one(w, told[moderation.ListFetched](w)); e.Err == nil {
			w.Errorf("fetched %+v", e)
		}
	})
}

// News of somebody else is no reason to look at anybody again.
func TestBlockListNewsConcernsWhoIsMeant(t *testing.T) {
	rules := listed(shop)
	rules.Lists[0].Actions = []moderation.Action{moderation.Warn}
	rules.Rules = []moderation.Rule{{Name: "nick", Nick: moderation.Names{Globs: []string{"mallory"}}}}
	play(t, rules, func(w *world) {
		w.enter(stranger("mallory"))
		w.receive(news(shop, item("item", entry("mallory@example.net"))))
		if n := len(told[moderation.Decision](w)); n != 2 {
			w.Errorf("%d decisions, want one by nick and one by list", n)
		}
		w.receive(news(shop, item("item", entry("mallory@example.net"))), news(shop, item("item", entry("trent@example.net"))))
		if got := told[moderation.Decision](w); len(got) > 0 {
			w.Errorf("then %+v", got)
		}
	})
}

// An entry that has come while we were not in the room counts on our return.
func TestBlockListEntryWhileAway(t *testing.T) {
	play(t, listed(shop), func(w *world) {
		w.enter(stranger("mallory"))
		w.receive(&stanza.Presence{From: lobby + "/warden", To: me, Type: stanza.Unavailable, Extensions: []stanza.Element{
			stanza.MUCUser{Items: []stanza.MUCItem{{Role: stanza.RoleNone}}, Statuses: stanza.Statuses{stanza.StatusSelfPresence, stanza.StatusServiceShutdown}}.Element()}})
		w.receive(news(shop, item("item", entry("mallory@example.net"))))
		w.pass(10 * time.Second)
		w.admit(stranger("mallory"))
		if banned, _ := w.outcome(); !slices.Equal(banned, []stanza.JID{"mallory@example.net"}) {
			w.Errorf("banned %v", banned)
		}
	})
}
