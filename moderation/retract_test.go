package moderation_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xmppkit/xmppkit/moderation"
	"github.com/xmppkit/xmppkit/muc"
	"github.com/xmppkit/xmppkit/stanza"
)

func roomOf(jid stanza.JID) muc.Room { return muc.Room{JID: jid} }

// retracted is which messages the room has been asked to take back, and how.
func (w *world) retracted() (ids, how []string) {
	for _, iq := range w.sets() {
		p := iq.Payload()
		switch {
		case p.Is("urn:xmpp:message-moderate:1", "moderate") && p.Child("urn:xmpp:message-retract:1", "retract") != nil:
			how = append(how, "1 "+p.ChildText("urn:xmpp:message-moderate:1", "reason"))
		case p.Is("urn:xmpp:fasten:0", "apply-to"):
			m := p.Child("urn:xmpp:message-moderate:0", "moderate")
			if m.Child("urn:xmpp:message-retract:0", "retract") == nil {
				continue
			}
			how = append(how, "0 "+m.ChildText("urn:xmpp:message-moderate:0", "reason"))
		default:
			continue
		}
		ids = append(ids, p.Attr("id"))
	}
	slices.Sort(ids)
	return ids, how
}

// XEP-0425: in whichever form the room announces.
func TestRetract(t *testing.T) {
	for ns, want := range map[string]string{"urn:xmpp:message-moderate:1": "1 no free bitcoin, mallory", "urn:xmpp:message-moderate:0": "0 no free bitcoin, mallory"} {
		t.Run(ns, func(t *testing.T) {
			play(t, spam(moderation.Retract), func(w *world) {
				w.speaks = []string{ns}
				w.enter(stranger("mallory"))
				w.receive(spoken("mallory", "hello", "id-0"), spoken("mallory", "free bitcoin", "id-1"))
				ids, how := w.retracted()
				if !slices.Equal(ids, []string{"id-1"}) || !slices.Equal(how, []string{want}) {
					w.Errorf("retracted %v %q", ids, how)
				}
				if o := one(w, told[moderation.Outcome](w)); o.Done != moderation.Retract || o.Count != 1 || o.Err != nil {
					w.Errorf("outcome %+v", o)
				}
			})
		})
	}
}

func TestRetractWithout(t *testing.T) {
	t.Run("XEP-0425", func(t *testing.T) {
		play(t, spam(moderation.Retract), func(w *world) {
			w.speaks = nil
			w.enter(stranger("mallory"))
			w.receive(spoken("mallory", "free bitcoin", "id-1"))
			if o := one(w, told[moderation.Outcome](w)); o.Err == nil || o.Done != moderation.Log {
				w.Errorf("outcome %+v", o)
			}
		})
	})
	t.Run("an id from the room", func(t *testing.T) {
		play(t, spam(moderation.Retract), func(w *world) {
			w.enter(stranger("mallory"))
			m := spoken("mallory", "free bitcoin", "")
			m.Extensions = []stanza.Element{stanza.StanzaID{ID: "forged", By: "mallory@example.net"}.Element()}
			w.receive(m)
			if o := one(w, told[moderation.Outcome](w)); o.Err == nil {
				w.Errorf("outcome %+v", o)
			}
			if ids, _ := w.retracted(); len(ids) > 0 {
				w.Errorf("retracted %v", ids)
			}
		})
	})
}

// All messages of a flood go, in one go, and each once.
func TestRetractAFlood(t *testing.T) {
	rules := behaviour(moderation.Rule{Flood: &moderation.Flood{Messages: 4}})
	rules.Rules[0].Actions = []moderation.Action{moderation.Retract, moderation.Kick}
	play(t, rules, func(w *world) {
		w.enter(stranger("mallory"))
		var list []stanza.Stanza
		want := []string{}
		for i := range 8 { // the last three while the kick is under way
			id := fmt.Sprintf("id-%d", i)
			want = append(want, id)
			list = append(list, spoken("mallory", "x"+id, id))
		}
		w.receive(list...)
		if ids, _ := w.retracted(); !slices.Equal(ids, want) {
			w.Errorf("retracted %v, want %v", ids, want)
		}
	})
}

func TestRetractTheLatestToo(t *testing.T) {
	rules := spam(moderation.Retract)
	rules.Rules[0].Retract = 2
	play(t, rules, func(w *world) {
		w.enter(stranger("mallory"), stranger("alice"))
		w.receive(spoken("mallory", "a", "id-1"), spoken("mallory", "b", "id-2"), spoken("alice", "c", "id-3"), spoken("mallory", "d", "id-4"),
			spoken("mallory", "free bitcoin", "id-5"))
		if ids, _ := w.retracted(); !slices.Equal(ids, []string{"id-2", "id-4", "id-5"}) {
			w.Errorf("retracted %v", ids)
		}
		w.receive(spoken("mallory", "free bitcoin", "id-6"))
		if ids, _ := w.retracted(); !slices.Equal(ids, []string{"id-6"}) {
			w.Errorf("retracted %v once more", ids)
		}
	})
}

func TestOneRetractionThatFailsStopsNoOther(t *testing.T) {
	rules := behaviour(moderation.Rule{Flood: &moderation.Flood{Messages: 2}})
	rules.Rules[0].Actions = []moderation.Action{moderation.Retract}
	play(t, rules, func(w *world) {
		w.enter(stranger("mallory"))
		w.locked(func() {
			w.refuse = func(iq *stanza.IQ) *stanza.Error {
				if iq.Payload().Attr("id") == "id-1" {
					return &stanza.Error{Condition: stanza.ItemNotFound}
				}
				return nil
			}
		})
		w.receive(spoken("mallory", "a", "id-1"), spoken("mallory", "b", "id-2"), spoken("mallory", "c", "id-3"))
		if o := one(w, told[moderation.Outcome](w)); o.Count != 2 || o.Err == nil {
			w.Errorf("outcome %+v", o)
		}
	})
}

func TestSoftwareIsAskedFor(t *testing.T) {
	rules := moderation.Rules{Rules: []moderation.Rule{
		{Name: "bad client", Software: &moderation.Software{Name: []string{"Spammer*"}}, Consequence: moderation.Consequence{Actions: []moderation.Action{moderation.Kick}}},
		{Name: "silent", Software: &moderation.Software{Unanswered: true}, Consequence: moderation.Consequence{Actions: []moderation.Action{moderation.Devoice}}},
	}}
	play(t, rules, func(w *world) {
		w.answer = func(iq *stanza.IQ) []stanza.Element {
			if !iq.Payload().Is(stanza.NSVersion, "query") {
				return nil
			}
			name := map[string]string{"mallory": "SpammerPro", "alice": "Gajim"}[iq.To.Resource()]
			return []stanza.Element{stanza.NewElement(stanza.NSVersion, "query", stanza.NewText(stanza.NSVersion, "name", name))}
		}
		w.ignore = func(iq *stanza.IQ) bool { return iq.To.Resource() == "mute" }
		w.refuse = func(iq *stanza.IQ) *stanza.Error {
			if iq.To.Resource() == "refuses" {
				return &stanza.Error{Condition: stanza.ServiceUnavailable}
			}
			return nil
		}
		w.enter(stranger("mallory"), stranger("mute"), someone("owner", "o@example.net/x", stanza.Owner, stanza.Moderator))
		w.receive(stranger("alice"), stranger("refuses"))
		got := map[string]stanza.Role{}
		for _, it := range w.items() {
			got[it.Nick] = it.Role
		}
		if len(got) != 2 || got["mallory"] != stanza.RoleNone || got["refuses"] != stanza.Visitor {
			w.Errorf("asked for %v", got)
		}
		w.pass(time.Minute)
		if it := one(w, w.items()); it.Nick != "mute" || it.Role != stanza.Visitor {
			w.Errorf("asked for %+v", it)
		}
	})
}

// A thousand clients are not asked at once, and none is forgotten.
func TestSoftwareOfMany(t *testing.T) {
	rules := moderation.Rules{Rules: []moderation.Rule{{Software: &moderation.Software{Name: []string{"x"}}}}}
	play(t, rules, func(w *world) {
		waiting, most, asked := 0, 0, 0
		w.ignore = func(iq *stanza.IQ) bool {
			if iq.Payload().Is(stanza.NSVersion, "query") {
				asked++
				waiting++
				most = max(most, waiting)
			}
			return true
		}
		var list []*stanza.Presence
		for i := range 1000 {
			list = append(list, stranger(fmt.Sprintf("n%d", i)))
		}
		w.enter(list...)
		for range 40 {
			w.pass(30 * time.Second)
			w.locked(func() { waiting = 0 })
		}
		synctest.Wait()
		if asked != 1000 || most > 64 {
			w.Errorf("asked %d, %d at a time", asked, most)
		}
	})
}
