package moderation_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/xmppkit/xmppkit/moderation"
	"github.com/xmppkit/xmppkit/stanza"
)

func TestNeverActedOn(t *testing.T) {
	rules := spam(moderation.Ban)
	rules.Rules[0].Nick = moderation.Names{Globs: []string{"*"}}
	rules.Allow = []moderation.Allow{
		{JID: []string{"friend@example.net"}},
		{Domain: []string{"*.friends.example"}},
		{JID: []string{"guest@example.net"}, Rooms: []string{string(lobby)}},
		{JID: []string{"elsewhere@example.net"}, Rooms: []string{"hall@rooms.example.org"}},
		{Affiliations: []stanza.Affiliation{stanza.Member}},
		{JID: []string{""}, Domain: nil},
	}
	for _, c := range []struct {
		who    string
		jid    stanza.JID
		a      stanza.Affiliation
		r      stanza.Role
		spared bool
	}{
		{"owner", "o@example.net/x", stanza.Owner, stanza.Moderator, true},
		{"owner without the role", "o@example.net/x", stanza.Owner, stanza.Participant, true},
		{"admin", "a@example.net/x", stanza.Admin, stanza.Participant, true},
		{"moderator", "m@example.net/x", stanza.AffiliationNone, stanza.Moderator, true},
		{"another client of ours", "warden@example.org/home", stanza.AffiliationNone, stanza.Participant, true},
		{"allowed address", "friend@example.net/x", stanza.AffiliationNone, stanza.Participant, true},
		{"allowed domain", "x@a.friends.example/x", stanza.AffiliationNone, stanza.Visitor, true},
		{"allowed here", "guest@example.net/x", stanza.AffiliationNone, stanza.Participant, true},
		{"allowed affiliation", "x@example.net/x", stanza.Member, stanza.Participant, true},
		{"allowed elsewhere", "elsewhere@example.net/x", stanza.AffiliationNone, stanza.Participant, false},
		{"nobody", "x@example.net/x", stanza.AffiliationNone, stanza.Participant, false},
		{"hidden", "", stanza.AffiliationNone, stanza.Participant, false},
	} {
		t.Run(c.who, func(t *testing.T) {
			play(t, rules, func(w *world) {
				w.enter(someone("x", c.jid, c.a, c.r))
				w.say("x", "free bitcoin")
				if got := len(w.items()) == 0; got != c.spared {
					t.Errorf("spared: %v, want %v", got, c.spared)
				}
			})
		})
	}
}

func TestWhereTheAddressIsHidden(t *testing.T) {
	play(t, spam(moderation.Ban), func(w *world) {
		w.enter(hidden("mallory"))
		w.say("mallory", "free bitcoin")
		got := one(w, w.items())
		if got.JID != "" || got.Nick != "mallory" || got.Role != stanza.RoleNone {
			w.Errorf("asked for %+v, want a kick", got)
		}
		if o := one(w, told[moderation.Outcome](w)); o.Done != moderation.Kick || o.Note == "" || o.Err != nil {
			w.Errorf("outcome %+v does not say why it was no ban", o)
		}
	})
}

func TestWhoHasLeftIsStillBanned(t *testing.T) {
	rules := spam(moderation.Ban)
	rules.Rules[0].Delay = 5 * time.Second
	play(t, rules, func(w *world) {
		w.enter(stranger("mallory"))
		w.say("mallory", "free bitcoin")
		w.receive(gone(stranger("mallory")))
		if got := w.items(); len(got) > 0 {
			w.Fatalf("asked for %+v before the delay is over", got)
		}
		w.pass(5 * time.Second)
		if got := one(w, w.items()); got.JID != "mallory@example.net" || got.Affiliation != stanza.Outcast {
			w.Errorf("asked for %+v", got)
		}
	})
}

func TestWhoIsKickedGoesByTheNickOfTheMoment(t *testing.T) {
	rules := spam(moderation.Kick)
	rules.Rules[0].Delay = 5 * time.Second
	play(t, rules, func(w *world) {
		w.enter(hidden("mallory"))
		w.say("mallory", "free bitcoin")
		renamed := someone("mallory", "", stanza.AffiliationNone, stanza.Participant)
		u := stanza.MUCUser{Items: []stanza.MUCItem{{Nick: "trent"}}, Statuses: stanza.Statuses{stanza.StatusNickChanged}}
		renamed.Type, renamed.Extensions = stanza.Unavailable, []stanza.Element{u.Element()}
		w.receive(renamed, hidden("trent"), hidden("mallory")) // who is somebody else
		w.pass(5 * time.Second)
		if got := one(w, w.items()); got.Nick != "trent" || got.Role != stanza.RoleNone {
			w.Errorf("asked for %+v", got)
		}
	})
}

func TestRefusedBanBecomesAKick(t *testing.T) {
	play(t, spam(moderation.Ban), func(w *world) {
		w.refuse = func(iq *stanza.IQ) *stanza.Error {
			if q := iq.Extension(stanza.NSMUCAdmin, "query"); q != nil && stanza.MUCItemOf(q.Children[0]).Affiliation != "" {
				return &stanza.Error{Condition: stanza.NotAllowed}
			}
			return nil
		}
		w.enter(stranger("mallory"))
		w.say("mallory", "free bitcoin")
		if o := one(w, told[moderation.Outcome](w)); o.Action != moderation.Ban || o.Done != moderation.Kick || o.Note == "" {
			w.Errorf("outcome %+v", o)
		}
	})
}

func TestOneFailedActionStopsNoOther(t *testing.T) {
	play(t, spam(moderation.Warn, moderation.Retract, moderation.Kick), func(w *world) {
		w.speaks = nil // no XEP-0425
		w.enter(stranger("mallory"))
		w.receive(spoken("mallory", "free bitcoin", "id-1"))
		if got := one(w, w.items()); got.Nick != "mallory" || got.Role != stanza.RoleNone {
			w.Errorf("asked for %+v", got)
		}
		done := map[moderation.Action]error{}
		for _, o := range told[moderation.Outcome](w) {
			done[o.Action] = o.Err
		}
		if len(done) != 3 || done[moderation.Warn] != nil || done[moderation.Retract] == nil || done[moderation.Kick] != nil {
			w.Errorf("outcomes %v", done)
		}
	})
}

func TestAnActionWithoutAnswerIsTriedOnceMore(t *testing.T) {
	for _, a := range []moderation.Action{moderation.Devoice, moderation.Kick, moderation.Ban} {
		t.Run(a.String(), func(t *testing.T) {
			play(t, spam(a), func(w *world) {
				w.enter(stranger("mallory"))
				tries := 0
				w.ignore = func(iq *stanza.IQ) bool {
					if iq.Extension(stanza.NSMUCAdmin, "query") != nil {
						tries++
					}
					return true
				}
				w.say("mallory", "free bitcoin")
				w.pass(time.Minute)
				if o := one(w, told[moderation.Outcome](w)); tries != 2 || o.Err == nil || o.Done != moderation.Log {
					w.Errorf("%d tries, then %+v", tries, o)
				}
			})
		})
	}
}

func TestDryRunOnlyLogs(t *testing.T) {
	for level, rules := range map[string]func(*moderation.Rules){
		"global": func(r *moderation.Rules) { r.DryRun = true },
		"room":   func(r *moderation.Rules) { r.Rooms = []moderation.RoomPolicy{{JID: lobby, DryRun: true}} },
		"rule":   func(r *moderation.Rules) { r.Rules[0].DryRun = true },
	} {
		t.Run(level, func(t *testing.T) {
			r := spam(moderation.Ban, moderation.Retract)
			rules(&r)
			play(t, r, func(w *world) {
				w.enter(stranger("mallory"))
				w.receive(spoken("mallory", "free bitcoin", "id-1"))
				if got := w.sets(); len(got) > 0 {
					w.Errorf("sent %+v", got)
				}
				w.mu.Lock()
				defer w.mu.Unlock()
				if d, ok := w.events[0].(moderation.Decision); !ok || !d.DryRun || len(d.Actions) != 2 || len(w.events) != 1 {
					w.Errorf("told %+v", w.events)
				}
			})
		})
	}
}

func TestActionsWithoutSession(t *testing.T) {
	rules := spam(moderation.Kick)
	rules.Rules[0].Delay = time.Second
	play(t, rules, func(w *world) {
		w.enter(stranger("mallory"))
		w.say("mallory", "free bitcoin")
		w.s.Close()
		w.pass(time.Second)
		if o := one(w, told[moderation.Outcome](w)); !errors.Is(o.Err, stanza.ErrOffline) {
			w.Errorf("outcome %+v", o)
		}
	})
}

// What has changed by the time an action is due counts.
func TestSparedMeanwhile(t *testing.T) {
	later := func(t *testing.T, f func(w *world)) {
		rules := spam(moderation.Ban)
		rules.Rules[0].Delay = time.Minute
		play(t, rules, func(w *world) {
			w.enter(stranger("mallory"))
			w.say("mallory", "free bitcoin")
			f(w)
			w.pass(time.Minute)
			if got := w.items(); len(got) > 0 {
				w.Errorf("asked for %+v", got)
			}
			if o := one(w, told[moderation.Outcome](w)); o.Done != moderation.Log || o.Note == "" {
				w.Errorf("outcome %+v", o)
			}
		})
	}
	t.Run("by the room", func(t *testing.T) {
		later(t, func(w *world) {
			w.receive(someone("mallory", "mallory@example.net/phone", stanza.Admin, stanza.Moderator))
		})
	})
	t.Run("by the rules", func(t *testing.T) {
		later(t, func(w *world) {
			set, err := moderation.NewRuleset(moderation.Rules{Allow: []moderation.Allow{{JID: []string{"mallory@example.net"}}}})
			if err != nil {
				w.Fatal(err)
			}
			w.mod.SetRules(set)
		})
	})
}

// A room that does not answer holds up no other, and what waits is bounded.
func TestTooMuchToDo(t *testing.T) {
	playWith(t, moderation.Config{Queue: 3, Workers: 1}, spam(moderation.Kick), func(w *world) {
		w.ignore = func(iq *stanza.IQ) bool { return iq.Extension(stanza.NSMUCAdmin, "query") != nil }
		var list []*stanza.Presence
		for i := range 10 {
			list = append(list, stranger(fmt.Sprint("m", i)))
		}
		w.enter(list...)
		for i := range 10 {
			w.say(fmt.Sprint("m", i), "free bitcoin")
		}
		busy := 0
		for _, o := range told[moderation.Outcome](w) {
			if errors.Is(o.Err, moderation.ErrBusy) {
				busy++
			}
		}
		if busy != 6 {
			w.Errorf("%d of ten refused, with one under way and three waiting", busy)
		}
	})
}

// One ban is enough, however often somebody offends before it is carried out.
func TestABanUnderWayIsEnough(t *testing.T) {
	rules := spam(moderation.Ban)
	rules.Rules[0].Delay = time.Second
	play(t, rules, func(w *world) {
		w.enter(stranger("mallory"))
		for range 10 {
			w.say("mallory", "free bitcoin")
		}
		w.pass(time.Minute)
		one(w, w.items())
	})
}

// A template that fails gives the plain reason, never a missing ban.
func TestAReasonThatFails(t *testing.T) {
	rules := spam(moderation.Ban)
	rules.Rules[0].Reason = "{{.Nick.Nothing}} {{index .Rule 99}}"
	play(t, rules, func(w *world) {
		w.enter(stranger("mallory"))
		w.say("mallory", "free bitcoin")
		if got := one(w, w.items()); got.Affiliation != stanza.Outcast || got.Reason != "spam" {
			w.Errorf("asked for %+v", got)
		}
	})
}

func TestWarning(t *testing.T) {
	play(t, spam(moderation.Warn), func(w *world) {
		w.enter(stranger("mallory"))
		w.s.Sent()
		w.say("mallory", "free bitcoin")
		for _, st := range w.s.Sent() {
			if m, ok := st.(*stanza.Message); ok && m.To == lobby+"/mallory" && m.Type == stanza.Chat && m.Body == "no free bitcoin, mallory" {
				return
			}
		}
		w.Error("mallory is not warned")
	})
}
