package moderation_test

import (
	"maps"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xmppkit/xmppkit/moderation"
	"github.com/xmppkit/xmppkit/stanza"
)

// shelf is a Store in memory that several moderators use one after another.
type shelf map[string]string

func (s shelf) Load() (map[string]string, error) { return maps.Clone(s), nil }

func (s shelf) Save(changes map[string]string) error {
	for k, v := range changes {
		if v == "" {
			delete(s, k)
		} else {
			s[k] = v
		}
	}
	return nil
}

// outcasts lets the room answer with who is banned.
func (w *world) outcasts(list ...stanza.JID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	before := w.answer
	w.answer = func(iq *stanza.IQ) []stanza.Element {
		q := iq.Extension(stanza.NSMUCAdmin, "query")
		if q == nil || iq.Type != stanza.Get {
			if before != nil {
				return before(iq)
			}
			return nil
		}
		if stanza.MUCItemOf(q.Children[0]).Affiliation != stanza.Outcast {
			return []stanza.Element{stanza.NewElement(stanza.NSMUCAdmin, "query")}
		}
		for _, jid := range list {
			q.Children = append(q.Children, stanza.MUCItem{JID: jid, Affiliation: stanza.Outcast}.Element(stanza.NSMUCAdmin))
		}
		return []stanza.Element{stanza.NewElement(stanza.NSMUCAdmin, "query", q.Children[1:]...)}
	}
}

func tempban(d time.Duration) moderation.Rules {
	r := spam(moderation.TempBan)
	r.Rules[0].Duration = d
	return r
}

func TestTempBanIsLiftedOnTime(t *testing.T) {
	play(t, tempban(2*time.Hour), func(w *world) {
		w.outcasts("mallory@example.net")
		w.enter(stranger("mallory"))
		w.say("mallory", "free bitcoin")
		if got := one(w, w.items()); got.JID != "mallory@example.net" || got.Affiliation != stanza.Outcast {
			w.Fatalf("asked for %+v", got)
		}
		w.pass(2*time.Hour - time.Second)
		if got := w.items(); len(got) > 0 {
			w.Fatalf("asked for %+v before its time", got)
		}
		w.pass(time.Second)
		if got := one(w, w.items()); got.JID != "mallory@example.net" || got.Affiliation != stanza.AffiliationNone {
			w.Errorf("asked for %+v", got)
		}
		w.pass(24 * time.Hour)
		if got := w.items(); len(got) > 0 {
			w.Errorf("asked for %+v once more", got)
		}
	})
}

func TestTempBanIsLiftedAfterARestart(t *testing.T) {
	for name, wait := range map[string]time.Duration{"in time": time.Minute, "late": 3 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			store := shelf{}
			playWith(t, moderation.Config{Store: store}, tempban(2*time.Hour), func(w *world) {
				w.enter(stranger("mallory"))
				w.say("mallory", "free bitcoin")
			})
			if len(store) != 1 {
				t.Fatalf("stored %v", store)
			}
			playWith(t, moderation.Config{Store: store}, moderation.Rules{}, func(w *world) {
				w.outcasts("mallory@example.net")
				w.pass(wait)       // the bubble's clock begins where it began before
				early := w.items() // a room can be told from outside
				w.enter()
				w.pass(3 * time.Hour)
				if got := one(w, append(early, w.items()...)); got.JID != "mallory@example.net" || got.Affiliation != stanza.AffiliationNone {
					w.Errorf("asked for %+v", got)
				}
				w.receive(stranger("mallory")) // with voice: nothing is left to do
			})
			if len(store) != 0 {
				t.Errorf("still stored: %v", store)
			}
		})
	}
}

func TestWhatAnAdminMadeOfABanStays(t *testing.T) {
	play(t, tempban(time.Hour), func(w *world) {
		w.outcasts("trent@example.net") // and no longer mallory
		w.enter(stranger("mallory"))
		w.say("mallory", "free bitcoin")
		w.items()
		w.pass(time.Hour)
		if got := w.items(); len(got) > 0 {
			w.Errorf("asked for %+v", got)
		}
		list := told[moderation.Outcome](w)
		if o := list[len(list)-1]; o.Action != moderation.Lift || o.Done != moderation.Log || o.Note == "" {
			w.Errorf("outcome %+v", o)
		}
	})
}

func TestALiftThatFailsIsTriedAgain(t *testing.T) {
	play(t, tempban(time.Hour), func(w *world) {
		w.outcasts("mallory@example.net")
		w.enter(stranger("mallory"))
		w.say("mallory", "free bitcoin")
		w.items()
		w.locked(func() {
			w.refuse = func(*stanza.IQ) *stanza.Error { return &stanza.Error{Condition: stanza.Forbidden} }
		})
		w.pass(time.Hour)
		w.items()
		w.locked(func() { w.refuse = nil })
		w.pass(time.Minute)
		if got := one(w, w.items()); got.Affiliation != stanza.AffiliationNone {
			w.Errorf("asked for %+v", got)
		}
	})
}

func TestABanForGoodIsNotLifted(t *testing.T) {
	rules := tempban(time.Hour)
	play(t, rules, func(w *world) {
		w.outcasts("mallory@example.net")
		w.enter(stranger("mallory"))
		w.say("mallory", "free bitcoin")
		if err := w.mod.Ban(w.Context(), lobby, "mallory@example.net/x", "for good"); err != nil {
			w.Fatal(err)
		}
		w.items()
		w.pass(24 * time.Hour)
		if got := w.items(); len(got) > 0 {
			w.Errorf("asked for %+v", got)
		}
	})
}

// A ban whose answer is lost with the session is asked for again.
func TestBanAcrossALostSession(t *testing.T) {
	play(t, spam(moderation.Ban), func(w *world) {
		w.enter(stranger("mallory"))
		w.ignore = func(iq *stanza.IQ) bool { return iq.Extension(stanza.NSMUCAdmin, "query") != nil }
		w.say("mallory", "free bitcoin")
		w.s.Close()
		synctest.Wait()
		w.locked(func() { w.ignore = nil })
		w.begin()
		w.items()
		w.admit() // without mallory
		if got := one(w, w.items()); got.JID != "mallory@example.net" || got.Affiliation != stanza.Outcast {
			w.Errorf("asked for %+v", got)
		}
		if o := one(w, told[moderation.Outcome](w)); o.Done != moderation.Ban || o.Err != nil {
			w.Errorf("outcome %+v", o)
		}
	})
}

func TestOrders(t *testing.T) {
	play(t, moderation.Rules{}, func(w *world) {
		w.outcasts("mallory@example.net")
		w.enter()
		ctx := w.Context()
		if err := w.mod.TempBan(ctx, lobby, "mallory@example.net/x", time.Hour, "calm down"); err != nil {
			w.Error(err)
		}
		if err := w.mod.Unban(ctx, lobby, "mallory@example.net"); err != nil {
			w.Error(err)
		}
		w.pass(2 * time.Hour)
		var got []stanza.Affiliation
		for _, it := range w.items() {
			got = append(got, it.Affiliation)
		}
		if want := []stanza.Affiliation{stanza.Outcast, stanza.AffiliationNone}; !slices.Equal(got, want) {
			w.Errorf("asked for %v, want %v", got, want)
		}
		if err := w.mod.Ban(ctx, lobby, "", ""); err == nil {
			w.Error("nobody is banned without an error")
		}
	})
}

func TestWhy(t *testing.T) {
	play(t, spam(moderation.Ban), func(w *world) {
		w.enter(stranger("mallory"), stranger("trent"))
		w.say("mallory", "free bitcoin")
		w.say("trent", "free bitcoin")
		for _, jid := range []stanza.JID{"mallory@example.net", "mallory@example.net/x", lobby + "/mallory"} {
			list := w.mod.Why(jid)
			if len(list) != 2 {
				w.Fatalf("%s: %+v", jid, list)
			}
			d, o := list[0].(moderation.Decision), list[1].(moderation.Outcome)
			if d.Occupant.Nick != "mallory" || o.Decision != d.ID {
				w.Errorf("%s: %+v", jid, list)
			}
		}
		if list := w.mod.Why("alice@example.net"); len(list) > 0 {
			w.Errorf("of somebody else: %+v", list)
		}
	})
}

func TestFileStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store")
	open := func() *moderation.FileStore {
		t.Helper()
		s, err := moderation.OpenStore(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		return s
	}
	s := open()
	for _, c := range []map[string]string{{"a": "1", "b": "2"}, {"a": ""}, {"c": "\"\n\\"}} {
		if err := s.Save(c); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string]string{"b": "2", "c": "\"\n\\"}
	for _, s := range []*moderation.FileStore{s, open()} {
		if got, err := s.Load(); err != nil || !maps.Equal(got, want) {
			t.Errorf("loaded %v, %v", got, err)
		}
	}
}
