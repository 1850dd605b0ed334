package moderation_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xmppkit/xmppkit/internal/xmpptest"
	"github.com/xmppkit/xmppkit/moderation"
	"github.com/xmppkit/xmppkit/muc"
	"github.com/xmppkit/xmppkit/stanza"
)

const (
	me    = stanza.JID("warden@example.org/bot")
	lobby = stanza.JID("lobby@rooms.example.org")
)

// world is a moderator in the lobby. The test plays the room.
type world struct {
	*testing.T
	mod   *moderation.Moderator
	rooms *muc.Rooms
	s     *xmpptest.Session

	mu     sync.Mutex // guards those below
	events []moderation.Event
	refuse func(*stanza.IQ) *stanza.Error
	answer func(*stanza.IQ) []stanza.Element
	ignore func(*stanza.IQ) bool
	speaks []string // features of the room
}

// play runs f in a bubble with virtual time, with these rules.
func play(t *testing.T, rules moderation.Rules, f func(w *world)) {
	t.Helper()
	playWith(t, moderation.Config{}, rules, f)
}

func playWith(t *testing.T, cfg moderation.Config, rules moderation.Rules, f func(w *world)) {
	t.Helper()
	set, err := moderation.NewRuleset(rules)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		w := &world{T: t, speaks: []string{"urn:xmpp:message-moderate:1"}}
		cfg.Rules = set
		if cfg.Logger == nil {
			cfg.Logger = noLog
		}
		cfg.OnEvent = func(_ context.Context, e moderation.Event) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.events = append(w.events, e)
		}
		w.rooms = muc.New(muc.Config{Nick: "warden", Logger: noLog, SelfPing: muc.SelfPing{Off: true},
			OnEvent: func(ctx context.Context, e muc.Event) { w.mod.OnEvent(ctx, e) }})
		w.mod = moderation.New(w.rooms, cfg)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- w.mod.Run(ctx) }()
		w.begin()
		f(w)
		w.s.Close()
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// begin lets a session begin.
func (w *world) begin() {
	w.s = xmpptest.NewSession(w.Context(), me, w.rooms, w.mod)
	w.s.Respond(w.respond)
	synctest.Wait()
}

// locked lets the test change how it plays the server.
func (w *world) locked(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
}

// respond plays the server.
func (w *world) respond(st stanza.Stanza) []stanza.Stanza {
	iq, ok := st.(*stanza.IQ)
	if !ok || !iq.IsRequest() {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ignore != nil && w.ignore(iq) {
		return nil
	}
	if w.refuse != nil {
		if e := w.refuse(iq); e != nil {
			r := iq.Refuse(e)
			r.To = me
			return []stanza.Stanza{r}
		}
	}
	var payload []stanza.Element
	if w.answer != nil {
		payload = w.answer(iq)
	}
	if p := iq.Payload(); p.Is(stanza.NSDiscoInfo, "query") && payload == nil {
		q := stanza.NewElement(stanza.NSDiscoInfo, "query")
		for _, s := range w.speaks {
			q.Children = append(q.Children, stanza.NewElement(stanza.NSDiscoInfo, "feature").WithAttr("var", s))
		}
		payload = []stanza.Element{q}
	}
	r := iq.Result(payload...)
	r.To = me
	return []stanza.Stanza{r}
}

// enter gets the lobby joined, with these occupants there.
func (w *world) enter(list ...*stanza.Presence) {
	w.Helper()
	w.rooms.Add(muc.Room{JID: lobby})
	synctest.Wait()
	w.s.Sent()
	w.admit(list...)
}

func (w *world) admit(list ...*stanza.Presence) {
	for _, p := range list {
		w.s.Receive(p)
	}
	subject := ""
	w.receive(someone("warden", me, stanza.Owner, stanza.Moderator, stanza.StatusSelfPresence),
		&stanza.Message{From: lobby, To: me, Type: stanza.GroupChat, Subject: &subject})
}

func (w *world) receive(list ...stanza.Stanza) {
	w.s.Receive(list...)
	synctest.Wait()
}

func (w *world) pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// say has an occupant say something.
func (w *world) say(nick, body string) { w.receive(spoken(nick, body, "")) }

func spoken(nick, body, id string) *stanza.Message {
	m := &stanza.Message{From: lobby + "/" + stanza.JID(nick), To: me, Type: stanza.GroupChat, Body: body}
	if id != "" {
		m.Extensions = []stanza.Element{stanza.StanzaID{ID: id, By: lobby}.Element()}
	}
	return m
}

// someone is the room's presence of an occupant.
func someone(nick string, jid stanza.JID, a stanza.Affiliation, r stanza.Role, codes ...stanza.Status) *stanza.Presence {
	u := stanza.MUCUser{Items: []stanza.MUCItem{{JID: jid, Affiliation: a, Role: r}}, Statuses: codes}
	return &stanza.Presence{From: lobby + "/" + stanza.JID(nick), To: me, Extensions: []stanza.Element{u.Element()}}
}

// stranger is that of somebody without standing.
func stranger(nick string) *stanza.Presence {
	return someone(nick, stanza.JID(nick+"@example.net/phone"), stanza.AffiliationNone, stanza.Participant)
}

// hidden is a stranger whose address the room hides.
func hidden(nick string) *stanza.Presence {
	return someone(nick, "", stanza.AffiliationNone, stanza.Participant)
}

// gone is the room's presence of somebody who leaves.
func gone(p *stanza.Presence) *stanza.Presence {
	c := *p
	c.Type = stanza.Unavailable
	return &c
}

// sets takes the requests of type set that have been sent since the last call.
func (w *world) sets() []*stanza.IQ {
	var list []*stanza.IQ
	for _, st := range w.s.Sent() {
		if iq, ok := st.(*stanza.IQ); ok && iq.Type == stanza.Set {
			list = append(list, iq)
		}
	}
	return list
}

// items is what those ask of the room.
func (w *world) items() []stanza.MUCItem {
	var list []stanza.MUCItem
	for _, iq := range w.sets() {
		if q := iq.Extension(stanza.NSMUCAdmin, "query"); q != nil {
			for _, e := range q.Children {
				list = append(list, stanza.MUCItemOf(e))
			}
		}
	}
	return list
}

// told takes the events of one kind since the last call; the others are lost.
func told[E moderation.Event](w *world) []E {
	w.mu.Lock()
	defer w.mu.Unlock()
	var list []E
	for _, e := range w.events {
		if e, ok := e.(E); ok {
			list = append(list, e)
		}
	}
	w.events = nil
	return list
}

// one is the only element of a list.
func one[T any](t testing.TB, list []T) T {
	t.Helper()
	if len(list) != 1 {
		t.Fatalf("got %d of %T, want one: %+v", len(list), *new(T), list)
	}
	return list[0]
}

// spam is a rule that bans who says so.
func spam(actions ...moderation.Action) moderation.Rules {
	return moderation.Rules{Rules: []moderation.Rule{{Name: "spam", Phrases: []string{"free bitcoin"},
		Consequence: moderation.Consequence{Actions: actions, Reason: "no {{.Phrase}}, {{.Nick}}"}}}}
}

func TestWhoSaysAPhraseIsBanned(t *testing.T) {
	play(t, spam(moderation.Ban), func(w *world) {
		w.enter(stranger("mallory"), stranger("alice"))
		w.say("alice", "hello")
		w.say("mallory", "FREE BitCoin")
		want := stanza.MUCItem{JID: "mallory@example.net", Affiliation: stanza.Outcast, Reason: "no free bitcoin, mallory"}
		if got := one(w, w.items()); got != want {
			w.Errorf("asked for %+v, want %+v", got, want)
		}
	})
}

func TestDecisionAndOutcome(t *testing.T) {
	play(t, spam(moderation.Ban), func(w *world) {
		w.enter(stranger("mallory"))
		w.say("mallory", "look: free bitcoin")
		w.mu.Lock()
		defer w.mu.Unlock()
		if len(w.events) != 2 {
			w.Fatalf("told %+v", w.events)
		}
		d, o := w.events[0].(moderation.Decision), w.events[1].(moderation.Outcome)
		if d.Rule != "spam" || d.Phrase != "free bitcoin" || d.Start != 6 || d.Occupant.JID != "mallory@example.net/phone" || d.DryRun {
			w.Errorf("decided %+v", d)
		}
		if o.Decision != d.ID || o.Done != moderation.Ban || o.Err != nil {
			w.Errorf("outcome %+v", o)
		}
	})
}
