package moderation_test

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xmppkit/xmppkit/moderation"
	"github.com/xmppkit/xmppkit/muc"
	"github.com/xmppkit/xmppkit/stanza"
)

// mute is somebody without standing and voice.
func mute(nick string) *stanza.Presence {
	return someone(nick, stanza.JID(nick+"@example.net/phone"), stanza.AffiliationNone, stanza.Visitor)
}

// lifted lets mallory be banned for a minute, and lets that pass.
func (w *world) lifted() {
	w.outcasts("mallory@example.net")
	w.enter(stranger("carol"))
	if err := w.mod.TempBan(w.Context(), lobby, "mallory@example.net", time.Minute, ""); err != nil {
		w.Fatal(err)
	}
	w.pass(time.Minute)
	w.items()
	told[moderation.Outcome](w)
}

// Whoever has been let in again is as everybody else who comes, whatever role the
// server has kept for them.
func TestWhoIsLetInAgainHasVoice(t *testing.T) {
	voice := stanza.MUCItem{Nick: "mallory", Role: stanza.Participant}
	for name, c := range map[string]struct {
		back  *stanza.Presence
		role  stanza.Role // of others who come
		asked bool
	}{
		"mute":                     {mute("mallory"), stanza.Participant, true},
		"as everybody":             {stranger("mallory"), stanza.Participant, false},
		"nobody has voice":         {mute("mallory"), stanza.Visitor, false},
		"somebody else":            {mute("trent"), stanza.Participant, false},
		"hidden":                   {someone("mallory", "", stanza.AffiliationNone, stanza.Visitor), stanza.Participant, false},
		"an affiliation meanwhile": {someone("mallory", "mallory@example.net/x", stanza.Member, stanza.Visitor), stanza.Participant, false},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, moderation.Rules{}, func(w *world) {
				w.lifted()
				w.receive(someone("alice", "alice@example.net/x", stanza.AffiliationNone, c.role))
				w.receive(someone("bob", "bob@example.net/x", stanza.AffiliationNone, c.role))
				w.receive(c.back)
				got, events := w.items(), told[moderation.Outcome](w)
				if !c.asked {
					if len(got) > 0 || len(events) > 0 {
						w.Errorf("asked for %+v, told %+v", got, events)
					}
					return
				}
				if one(w, got) != voice {
					w.Errorf("asked for %+v", got)
				}
				if o := one(w, events); o.Action != moderation.Voice || o.Done != moderation.Voice || o.Err != nil || o.Occupant.Nick != "mallory" {
					w.Errorf("outcome %+v", o)
				}
			})
		})
	}
}

func TestVoiceIsGivenOnce(t *testing.T) {
	for name, first := range map[string]*stanza.Presence{"back mute": mute("mallory"), "back with voice": stranger("mallory")} {
		t.Run(name, func(t *testing.T) {
			play(t, moderation.Rules{}, func(w *world) {
				w.lifted()
				w.receive(first)
				w.items()
				w.receive(gone(first))
				w.receive(mute("mallory"))
				if got := w.items(); len(got) > 0 {
					w.Errorf("asked for %+v", got)
				}
			})
		})
	}
}

func TestVoiceAfterUnban(t *testing.T) {
	play(t, moderation.Rules{}, func(w *world) {
		w.outcasts("mallory@example.net")
		w.enter(stranger("alice"))
		if err := w.mod.Unban(w.Context(), lobby, "mallory@example.net"); err != nil {
			w.Fatal(err)
		}
		w.items()
		w.receive(mute("mallory"))
		if got := one(w, w.items()); got.Role != stanza.Participant {
			w.Errorf("asked for %+v", got)
		}
	})
}

// Who is there when we come, too, and who was let in by a moderator before this one.
func TestVoiceAfterARestart(t *testing.T) {
	store := shelf{}
	playWith(t, moderation.Config{Store: store}, moderation.Rules{}, (*world).lifted)
	if len(store) != 1 {
		t.Fatalf("stored %v", store)
	}
	playWith(t, moderation.Config{Store: store}, moderation.Rules{}, func(w *world) {
		w.enter(mute("mallory"), stranger("alice"))
		if got := one(w, w.items()); got.Role != stanza.Participant {
			w.Errorf("asked for %+v", got)
		}
	})
	if len(store) != 0 {
		t.Errorf("still stored: %v", store)
	}
}

// What is lost with the session is done when we are back.
func TestVoiceAcrossALostSession(t *testing.T) {
	play(t, moderation.Rules{}, func(w *world) {
		w.lifted()
		w.locked(func() {
			w.ignore = func(iq *stanza.IQ) bool { return iq.Extension(stanza.NSMUCAdmin, "query") != nil }
		})
		w.receive(mute("mallory"))
		w.s.Close()
		synctest.Wait()
		w.locked(func() { w.ignore = nil })
		w.begin()
		w.items()
		w.admit(mute("mallory"), stranger("alice"))
		if got := one(w, w.items()); got.Role != stanza.Participant {
			w.Errorf("asked for %+v", got)
		}
	})
}

func TestVoiceThatIsRefused(t *testing.T) {
	play(t, moderation.Rules{}, func(w *world) {
		w.lifted()
		w.locked(func() {
			w.refuse = func(iq *stanza.IQ) *stanza.Error {
				if iq.Type == stanza.Set {
					return &stanza.Error{Condition: stanza.Forbidden}
				}
				return nil
			}
		})
		w.receive(mute("mallory"))
		if o := one(w, told[moderation.Outcome](w)); o.Action != moderation.Voice || o.Done != moderation.Log || !errors.Is(o.Err, stanza.Forbidden) {
			w.Errorf("outcome %+v", o)
		}
	})
}

// A new ban, or a rule that takes their voice away, has the last word.
func TestNoVoiceForWhoOffendsAgain(t *testing.T) {
	rules := moderation.Rules{Rules: []moderation.Rule{{Name: "nick", Nick: moderation.Names{Globs: []string{"mallory"}},
		Consequence: moderation.Consequence{Actions: []moderation.Action{moderation.Devoice}}}}}
	play(t, rules, func(w *world) {
		w.lifted()
		w.receive(mute("mallory"))
		if got := one(w, w.items()); got.Role != stanza.Visitor {
			w.Errorf("asked for %+v", got)
		}
	})
	store := shelf{}
	playWith(t, moderation.Config{Store: store}, moderation.Rules{}, func(w *world) {
		w.lifted()
		if err := w.mod.Ban(w.Context(), lobby, "mallory@example.net", ""); err != nil {
			w.Fatal(err)
		}
	})
	if len(store) != 0 {
		t.Errorf("still stored: %v", store)
	}
}

// ejabberd 23.01 keeps the role of who was banned.
func TestRealVoiceAfterABan(t *testing.T) {
	everywhere(t, func(t *testing.T, s *site) {
		rules := spam(moderation.TempBan)
		rules.Rules[0].Duration = time.Second
		room, w, mallory := s.scene("voice", rules)
		voice := func(o muc.Occupant) bool { return o.Role == stanza.Participant }
		w.sees(room, "mallory", voice) // as everybody who comes here
		mallory.say(room, "free bitcoin")
		mallory.removed(room, muc.Banned)
		w.outcome(moderation.Lift)
		mallory.enter(room)
		mallory.sees(room, "mallory", voice)
		trent := s.person("trent")
		trent.enter(room)
		mallory.say(room, "hello again")
		trent.until("mallory is not heard", func() bool { return heard(trent, "mallory") })

		w.must(w.mod.Ban(s.ctx, room, mallory.jid, ""))
		w.until("mallory is still in", func() bool { _, here := w.Occupant(room, "mallory"); return !here })
		w.must(w.mod.Unban(s.ctx, room, mallory.jid))
		mallory.enter(room)
		mallory.sees(room, "mallory", voice)
		if err := w.mod.Unban(s.ctx, room, mallory.jid); !errors.Is(err, moderation.ErrNotBanned) {
			t.Errorf("unbanned once more: %v", err)
		}
		t.Logf("voice was given: %v", w.has(moderation.Voice))
	})
}

// What has been decided is done or reported (XEP-0045 §9.1 knows no intention).
func TestWhatIsNotDoneAtTheEndIsReported(t *testing.T) {
	rules := spam(moderation.Ban)
	rules.Rules[0].Delay = time.Minute
	rules.Rules = append(rules.Rules, moderation.Rule{Name: "now", Phrases: []string{"at once"},
		Consequence: moderation.Consequence{Actions: []moderation.Action{moderation.Kick}}})
	var w *world
	playWith(t, moderation.Config{Workers: 1}, rules, func(x *world) {
		w = x
		w.ignore = func(iq *stanza.IQ) bool { return iq.Extension(stanza.NSMUCAdmin, "query") != nil }
		w.enter(stranger("delayed"), stranger("busy"), stranger("queued"))
		w.say("delayed", "free bitcoin")
		w.say("busy", "at once")
		w.say("queued", "at once")
	})
	got := map[string]error{}
	for _, o := range told[moderation.Outcome](w) {
		if o.Done != moderation.Log {
			t.Errorf("outcome %+v", o)
		}
		got[o.Occupant.Nick] = o.Err
	}
	if len(got) != 3 || got["busy"] == nil || !errors.Is(got["delayed"], moderation.ErrEnded) || !errors.Is(got["queued"], moderation.ErrEnded) {
		t.Errorf("told %v", got)
	}
}

// Nobody loses a standing by an unban that was not meant for them.
func TestUnbanOfSomebodyWhoIsNotBanned(t *testing.T) {
	play(t, moderation.Rules{}, func(w *world) {
		w.outcasts("mallory@example.net")
		w.enter()
		if err := w.mod.Unban(w.Context(), lobby, "member@example.net"); !errors.Is(err, moderation.ErrNotBanned) {
			w.Errorf("err %v", err)
		}
		w.locked(func() {
			w.refuse = func(*stanza.IQ) *stanza.Error { return &stanza.Error{Condition: stanza.Forbidden} }
		})
		if err := w.mod.Unban(w.Context(), lobby, "mallory@example.net"); !errors.Is(err, stanza.Forbidden) {
			w.Errorf("err %v where nobody says who is banned", err)
		}
		if got := w.items(); slices.ContainsFunc(got, func(it stanza.MUCItem) bool { return it.JID != "" }) {
			w.Errorf("asked for %+v", got)
		}
	})
}
