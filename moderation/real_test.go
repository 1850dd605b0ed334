package moderation_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/xmppkit/xmppkit/moderation"
	"github.com/xmppkit/xmppkit/moderation/ruleset"
	"github.com/xmppkit/xmppkit/muc"
	"github.com/xmppkit/xmppkit/stanza"
)

func TestRealBan(t *testing.T) {
	everywhere(t, func(t *testing.T, s *site) {
		room, w, mallory := s.scene("ban", spam(moderation.Ban))
		mallory.say(room, "get your fr33 b1tc01n")
		if e := mallory.removed(room, muc.Banned); e.Reason != "no free bitcoin, mallory" || !e.Statuses.Has(stanza.StatusBanned) {
			t.Errorf("mallory heard %+v", e)
		}
		if o := w.outcome(moderation.Ban); o.Err != nil || o.Occupant.JID.Bare() != mallory.jid {
			t.Errorf("outcome %+v", o)
		}
		if _, err := mallory.Join(s.ctx, muc.Room{JID: room}); !errors.Is(err, stanza.Forbidden) {
			t.Errorf("coming back: %v", err)
		}
	})
}

func TestRealKickAndDevoice(t *testing.T) {
	everywhere(t, func(t *testing.T, s *site) {
		rules := spam(moderation.Kick)
		rules.Rules = append(rules.Rules, moderation.Rule{Name: "quiet", Phrases: []string{"be loud"},
			Consequence: moderation.Consequence{Actions: []moderation.Action{moderation.Devoice}}})
		room, w, mallory := s.scene("kick", rules)
		mallory.say(room, "be loud")
		mallory.sees(room, "mallory", func(o muc.Occupant) bool { return o.Role == stanza.Visitor })
		if o := w.outcome(moderation.Devoice); o.Err != nil {
			t.Errorf("outcome %+v", o)
		}
		trent := s.person("trent")
		trent.enter(room)
		w.sees(room, "trent", anybody)
		trent.say(room, "free bitcoin")
		if e := trent.removed(room, muc.Kicked); e.Reason != "no free bitcoin, trent" {
			t.Errorf("trent heard %+v", e)
		}
		if o := w.outcome(moderation.Kick); o.Err != nil {
			t.Errorf("outcome %+v", o)
		}
	})
}

func TestRealTempBanIsLiftedOnTime(t *testing.T) {
	everywhere(t, func(t *testing.T, s *site) {
		rules := spam(moderation.TempBan)
		rules.Rules[0].Duration = time.Second
		room, w, mallory := s.scene("tempban", rules)
		mallory.say(room, "free bitcoin")
		mallory.removed(room, muc.Banned)
		if _, err := mallory.Join(s.ctx, muc.Room{JID: room}); !errors.Is(err, stanza.Forbidden) && !w.has(moderation.Lift) {
			t.Errorf("coming back at once: %v", err)
		}
		if o := w.outcome(moderation.Lift); o.Err != nil || o.Done != moderation.Lift {
			t.Errorf("outcome %+v", o)
		}
		mallory.enter(room)
	})
}

func TestRealTempBanIsLiftedAfterARestart(t *testing.T) {
	everywhere(t, func(t *testing.T, s *site) {
		path := filepath.Join(t.TempDir(), "store")
		store, err := moderation.OpenStore(path)
		if err != nil {
			t.Fatal(err)
		}
		room := s.place("tempban2")
		mallory := s.person("mallory")
		rules := spam(moderation.TempBan)
		rules.Rules[0].Duration = 4 * time.Second
		w := s.warden("warden", rules, store)
		w.enter(room)
		alice := s.person("alice") // keeps the room alive
		alice.enter(room)
		mallory.enter(room)
		w.sees(room, "mallory", anybody)
		mallory.say(room, "free bitcoin")
		mallory.removed(room, muc.Banned)
		w.outcome(moderation.TempBan)
		w.stop()
		if err := store.Close(); err != nil {
			t.Error(err)
		}
		if store, err = moderation.OpenStore(path); err != nil {
			t.Fatal(err)
		}
		w = s.warden("warden", moderation.Rules{}, store)
		w.enter(room)
		if o := w.outcome(moderation.Lift); o.Err != nil || o.Done != moderation.Lift {
			t.Errorf("outcome %+v", o)
		}
		mallory.enter(room)
		w.stop()
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestRealWhoIsSpared(t *testing.T) {
	everywhere(t, func(t *testing.T, s *site) {
		rules := spam(moderation.Ban)
		friend := s.person("friend")
		rules.Allow = []moderation.Allow{{JID: []string{string(friend.jid)}}}
		room, w, mallory := s.scene("spared", rules)
		friend.enter(room)
		helper := s.person("helper")
		helper.enter(room)
		w.sees(room, "helper", anybody)
		w.must(w.SetRole(s.ctx, room, "helper", stanza.Moderator, ""))
		w.sees(room, "helper", func(o muc.Occupant) bool { return o.Role == stanza.Moderator })
		w.say(room, "free bitcoin") // ourselves
		friend.say(room, "free bitcoin")
		helper.say(room, "free bitcoin")
		w.until("friend or helper are not heard", func() bool { return heard(w.person, "friend") && heard(w.person, "helper") })
		mallory.say(room, "free bitcoin")
		mallory.removed(room, muc.Banned)
		w.outcome(moderation.Ban)
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, e := range w.done {
			if d, ok := e.(moderation.Decision); ok && d.Occupant.Nick != "mallory" {
				t.Errorf("decided %+v", d)
			}
		}
		for _, p := range []*person{friend, helper} {
			if s, _ := p.Room(room); !s.Joined {
				t.Errorf("%s is out", p.jid)
			}
		}
	})
}

// has reports whether an action has come to its end.
func (w *warden) has(a moderation.Action) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.ContainsFunc(w.done, func(e moderation.Event) bool {
		o, ok := e.(moderation.Outcome)
		return ok && o.Action == a
	})
}

// heard reports whether somebody has said something.
func heard(p *person, nick string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range p.events {
		if m, ok := e.(muc.Message); ok && m.Occupant.Nick == nick {
			return true
		}
	}
	return false
}

// A warden who is a moderator only for this visit may kick, but not ban.
func TestRealWardenWhoMayNotBan(t *testing.T) {
	everywhere(t, func(t *testing.T, s *site) {
		room := s.place("rights")
		owner := s.person("owner")
		owner.enter(room)
		w := s.warden("warden", spam(moderation.Ban), nil)
		w.enter(room)
		owner.sees(room, "warden", anybody)
		owner.must(owner.SetRole(s.ctx, room, "warden", stanza.Moderator, ""))
		w.sees(room, "warden", func(o muc.Occupant) bool { return o.Role == stanza.Moderator })
		mallory := s.person("mallory")
		mallory.enter(room)
		w.sees(room, "mallory", anybody)
		mallory.say(room, "free bitcoin")
		mallory.removed(room, muc.Kicked)
		if o := w.outcome(moderation.Ban); o.Done != moderation.Kick || o.Note == "" {
			t.Errorf("outcome %+v", o)
		}
	})
}

// A warden without any rights does not see addresses either.
func TestRealWardenWithoutRights(t *testing.T) {
	everywhere(t, func(t *testing.T, s *site) {
		room := s.place("norights")
		owner := s.person("owner")
		owner.enter(room)
		w := s.warden("warden", spam(moderation.Ban), nil)
		w.enter(room)
		mallory := s.person("mallory")
		mallory.enter(room)
		w.sees(room, "mallory", func(o muc.Occupant) bool { return o.JID == "" })
		mallory.say(room, "free bitcoin")
		if o := w.outcome(moderation.Ban); !errors.Is(o.Err, moderation.ErrHidden) || o.Note == "" || o.Done != moderation.Log {
			t.Errorf("outcome %+v", o)
		}
	})
}

func TestRealWhoHasLeftIsStillBanned(t *testing.T) {
	everywhere(t, func(t *testing.T, s *site) {
		rules := spam(moderation.Ban)
		rules.Rules[0].Delay = 1500 * time.Millisecond
		room, w, mallory := s.scene("left", rules)
		mallory.say(room, "free bitcoin")
		w.until("mallory is not heard", func() bool { return heard(w.person, "mallory") })
		mallory.must(mallory.Leave(s.ctx, room, ""))
		if o := w.outcome(moderation.Ban); o.Err != nil || o.Done != moderation.Ban {
			t.Errorf("outcome %+v", o)
		}
		waitFor(w.person, "mallory is still there", func(e muc.OccupantLeft) bool { return e.Cause == muc.LeftByThemselves })
		if _, err := mallory.Join(s.ctx, muc.Room{JID: room}); !errors.Is(err, stanza.Forbidden) {
			t.Errorf("coming back: %v", err)
		}
	})
}

func TestRealBlockList(t *testing.T) {
	everywhere(t, func(t *testing.T, s *site) {
		const node = "muc_bans_sha256"
		sum := sha256.Sum256([]byte("mallory@" + s.domain))
		entry := hex.EncodeToString(sum[:])
		s.publish(node, hex.EncodeToString(make([]byte, 32))) // somebody else
		rules := moderation.Rules{Lists: []moderation.BlockList{{Name: "list", Service: s.pubsub}}}
		room, w, mallory := s.scene("rtbl", rules)
		if e := waitDone(w, "the list is not fetched", func(moderation.ListFetched) bool { return true }); e.Err != nil || e.Entries == 0 {
			t.Fatalf("fetched %+v", e)
		}
		s.publish(node, entry)
		mallory.removed(room, muc.Banned)
		if o := w.outcome(moderation.Ban); o.Err != nil {
			t.Errorf("outcome %+v", o)
		}
		s.retract(node, entry)
		if o := w.outcome(moderation.Lift); o.Err != nil || o.Done != moderation.Lift {
			t.Errorf("outcome %+v", o)
		}
		mallory.enter(room)
	})
}

// What was said while we were away is punished on our return, whoever is still there.
func TestRealArchive(t *testing.T) {
	everywhere(t, func(t *testing.T, s *site) {
		room := s.place("archive")
		rules := spam(moderation.Ban)
		rules.Rooms = []moderation.RoomPolicy{{JID: room, Archive: moderation.ArchiveAct}}
		store := shelf{}
		w := s.warden("warden", rules, store)
		w.enter(room)
		mallory, alice := s.person("mallory"), s.person("alice")
		mallory.enter(room)
		alice.enter(room)
		w.sees(room, "alice", anybody)
		waitDone(w, "the archive is not read", func(moderation.ArchiveRead) bool { return true })
		alice.say(room, "hello")
		w.until("alice is not heard", func() bool { return heard(w.person, "alice") })
		w.stop()
		waitFor(alice, "warden is still there", func(e muc.OccupantLeft) bool { return e.Occupant.Nick == "warden" })
		mallory.say(room, "free bitcoin")
		alice.until("mallory is not heard", func() bool { return heard(alice, "mallory") })

		w = s.warden("warden", rules, store)
		w.enter(room)
		e := waitDone(w, "the archive is not read", func(moderation.ArchiveRead) bool { return true })
		if e.Err != nil || e.Messages != 1 {
			t.Errorf("read %+v", e)
		}
		mallory.removed(room, muc.Banned)
		if d := waitDone(w, "no decision", func(moderation.Decision) bool { return true }); !d.Old || d.DryRun {
			t.Errorf("decided %+v", d)
		}
	})
}

// XEP-0425 §4: everybody is told that the message is to be forgotten.
func TestRealRetraction(t *testing.T) {
	everywhere(t, func(t *testing.T, s *site) {
		room, w, mallory := s.scene("retract", spam(moderation.Retract))
		info, err := w.Info(s.ctx, room)
		w.must(err)
		alice := s.person("alice")
		alice.enter(room)
		mallory.say(room, "free bitcoin")
		o := w.outcome(moderation.Retract)
		if !info.Has("urn:xmpp:message-moderate:1") && !info.Has("urn:xmpp:message-moderate:0") {
			if o.Err == nil {
				t.Errorf("retracted where it cannot be: %+v", o)
			}
			t.Skip("this server does not moderate messages (XEP-0425)")
		}
		if o.Err != nil || o.Count != 1 {
			t.Errorf("outcome %+v", o)
		}
		waitFor(alice, "alice is not told", func(e muc.Message) bool {
			r := e.Extension("urn:xmpp:message-retract:1", "retract")
			return r != nil && r.Child("urn:xmpp:message-moderate:1", "moderated") != nil && e.Occupant.Nick == ""
		})
	})
}

// A file with an error changes nothing.
func TestRealReload(t *testing.T) {
	everywhere(t, func(t *testing.T, s *site) {
		path := filepath.Join(t.TempDir(), "rules.toml")
		load := func(w *warden, text string) error {
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			rules, err := ruleset.Load(path, nil)
			if err != nil {
				return err
			}
			set, err := moderation.NewRuleset(rules)
			if err == nil {
				w.mod.SetRules(set)
			}
			return err
		}
		room, w, mallory := s.scene("reload", moderation.Rules{})
		const good = "[[rule]]\nname = \"spam\"\nphrase = [\"free bitcoin\"]\naction = \"ban\"\n"
		w.must(load(w, good))
		if err := load(w, "[[rule]]\nname = \"other\"\nphrase = [\"x\"]\naction = \"bann\"\n"); err == nil {
			t.Fatal("no error")
		}
		mallory.say(room, "free bitcoin")
		mallory.removed(room, muc.Banned)
	})
}
