package muc_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xmppkit/xmppkit/muc"
	"github.com/xmppkit/xmppkit/stanza"
)

// pong is the answer to a self-ping: a result where c is empty. The type of the
// error is always a wrong one.
func pong(ping *stanza.IQ, c stanza.Condition) *stanza.IQ {
	iq := &stanza.IQ{ID: ping.ID, From: ping.To, To: me, Type: stanza.Result}
	if c != "" {
		iq.Type, iq.Error = stanza.IQError, &stanza.Error{Type: stanza.Modify, Condition: c, URI: "xmpp:new@rooms.example.org?join"}
	}
	return iq
}

// silent lets time go by until the self-ping that an interval of silence brings.
func (w *world) silent() *stanza.IQ {
	w.Helper()
	return await[*stanza.IQ](w)
}

// await lets time go by, an interval at most, until something of a kind is sent.
func await[T stanza.Stanza](w *world) T {
	w.Helper()
	for range 15*60 + 1 {
		w.pass(time.Second)
		if list := sent[T](w); len(list) > 0 {
			return one(w, list)
		}
	}
	w.Fatalf("no %T in an interval", *new(T))
	panic("unreachable")
}

// XEP-0410 §3.2: each answer, through the whole machine.
func TestSelfPingAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		answer stanza.Condition
		left   bool
		stops  bool
	}{
		"result":                  {answer: ""},
		"service-unavailable":     {answer: stanza.ServiceUnavailable},
		"feature-not-implemented": {answer: stanza.FeatureNotImplemented},
		"remote-server-not-found": {answer: stanza.RemoteServerNotFound},
		"remote-server-timeout":   {answer: stanza.RemoteServerTimeout},
		"not-acceptable":          {answer: stanza.NotAcceptable, left: true},
		"not-allowed":             {answer: stanza.NotAllowed, left: true},
		"bad-request":             {answer: stanza.BadRequest, left: true},
		"gone":                    {answer: stanza.Gone, left: true, stops: true},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, muc.Config{}, func(w *world) {
				w.enter("ann")
				ping := w.silent()
				if ping.Type != stanza.Get || ping.To != lobby+"/warden" || ping.Extension(stanza.NSPing, "ping") == nil {
					t.Fatalf("sent %+v", ping)
				}
				w.receive(pong(ping, c.answer))
				if !c.left {
					if list := w.told(); len(list) != 0 {
						t.Fatalf("told %+v", list)
					}
					w.silent()
					return
				}
				e, ok := one(w, w.told()).(muc.Left)
				if !ok || e.Rejoin == c.stops {
					t.Fatalf("told %+v", e)
				}
				if c.stops {
					if e.Cause != muc.Destroyed || e.Alternate != "new@rooms.example.org" {
						t.Errorf("told %+v", e)
					}
					return
				}
				if e.Cause != muc.SelfPingFailed {
					t.Errorf("told %+v", e)
				}
				w.receive(in("ann"), in("warden", 110))
				if j, ok := one(w, w.told()).(muc.Joined); !ok || !j.Rejoined || len(j.Came)+len(j.Gone) > 0 {
					t.Errorf("told %+v", j)
				}
			})
		})
	}
}

// item-not-found: once more with the nick that we now hold.
func TestSelfPingItemNotFound(t *testing.T) {
	play(t, muc.Config{}, func(w *world) {
		w.enter()
		first := w.silent()
		w.receive(is303("warden", "guard", 110), in("guard", 110), pong(first, stanza.ItemNotFound))
		second := one(w, sent[*stanza.IQ](w))
		if second.To != lobby+"/guard" || second.ID == first.ID {
			t.Fatalf("sent %+v", second)
		}
		w.receive(pong(second, ""))
		w.told()
		w.receive(pong(w.silent(), stanza.ItemNotFound))
		w.receive(pong(one(w, sent[*stanza.IQ](w)), stanza.ItemNotFound))
		if e, ok := one(w, w.told()).(muc.Left); !ok || e.Cause != muc.SelfPingFailed || !e.Rejoin {
			t.Errorf("told %+v", e)
		}
	})
}

// No answer in time decides nothing.
func TestSelfPingSilence(t *testing.T) {
	play(t, muc.Config{}, func(w *world) {
		w.enter()
		for n := range 5 {
			w.silent()
			w.pass(30 * time.Second)
			if s, _ := w.Room(lobby); !s.Joined || s.Unanswered != n+1 {
				t.Fatalf("state %+v", s)
			}
		}
		w.receive(pong(w.silent(), ""))
		if s, _ := w.Room(lobby); s.Unanswered != 0 {
			t.Errorf("state %+v", s)
		}
		if list := w.told(); len(list) != 0 {
			t.Errorf("told %+v", list)
		}
	})
}

// Anything from the room is life; what comes from elsewhere, or bounces, is not.
func TestSelfPingAfterSilenceOnly(t *testing.T) {
	for name, c := range map[string]struct {
		st   stanza.Stanza
		life bool
	}{
		"groupchat":   {&stanza.Message{From: lobby + "/ann", Type: stanza.GroupChat, Body: "hi"}, true},
		"reflection":  {&stanza.Message{From: lobby + "/warden", Type: stanza.GroupChat, Body: "hi"}, true},
		"presence":    {in("bob"), true},
		"whisper":     {&stanza.Message{From: lobby + "/ann", Type: stanza.Chat, Body: "hi"}, true},
		"bounce":      {&stanza.Message{From: lobby, Type: stanza.MessageError, Error: &stanza.Error{}}, false},
		"invitation":  {&stanza.Message{From: lobby, Extensions: []stanza.Element{stanza.MUCUser{Invites: []stanza.MUCInvite{{}}}.Element()}}, false},
		"another one": {&stanza.Message{From: "else@rooms.example.org/x", Type: stanza.GroupChat, Body: "hi"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, muc.Config{}, func(w *world) {
				w.enter("ann")
				for range 20 {
					w.pass(7 * time.Minute)
					w.receive(c.st)
				}
				if n := len(sent[*stanza.IQ](w)); (n == 0) != c.life {
					t.Errorf("%d pings", n)
				}
			})
		})
	}
}

func TestSelfPingAnswerNeedsIDAndSender(t *testing.T) {
	play(t, muc.Config{}, func(w *world) {
		w.enter("ann")
		ping := w.silent()
		forged, other, request := pong(ping, stanza.NotAcceptable), pong(ping, stanza.NotAcceptable), pong(ping, "")
		forged.From, other.ID, request.Type = lobby+"/ann", "x", "nonsense"
		w.receive(forged, other, request)
		if list := w.told(); len(list) != 0 {
			t.Errorf("told %+v", list)
		}
	})
}

// A thousand rooms joined at once are not pinged at once.
func TestSelfPingsAreSpread(t *testing.T) {
	play(t, muc.Config{SelfPing: muc.SelfPing{Interval: time.Minute, Timeout: 5 * time.Second}}, func(w *world) {
		const rooms = 1000
		w.s.Respond(func(st stanza.Stanza) []stanza.Stanza {
			switch st := st.(type) {
			case *stanza.Presence:
				p := in("warden", 110)
				p.From = st.To
				return []stanza.Stanza{p}
			case *stanza.IQ:
				return []stanza.Stanza{pong(st, "")}
			}
			return nil
		})
		for i := range rooms {
			w.Add(muc.Room{JID: stanza.JID(fmt.Sprintf("r%d@rooms.example.org", i))})
		}
		synctest.Wait()
		w.s.Sent()
		total, most := 0, 0
		for range 5 * 60 {
			w.pass(time.Second)
			n := len(w.s.Sent())
			total, most = total+n, max(most, n)
		}
		if total < 5*rooms || most > rooms/8 {
			t.Errorf("%d pings in five intervals, %d in one second", total, most)
		}
	})
}

// None while a join or a nick change is pending, nor while the stream is in doubt.
func TestSelfPingWaits(t *testing.T) {
	play(t, muc.Config{AnswerTimeout: time.Hour}, func(w *world) {
		w.enter()
		go func() { _ = w.SetNick(w.Context(), lobby, "guard") }()
		synctest.Wait()
		w.pass(45 * time.Minute)
		if n := len(sent[*stanza.IQ](w)); n != 0 {
			t.Errorf("%d pings while a nick change is pending", n)
		}
		w.receive(is303("warden", "guard", 110), in("guard", 110))
		w.silent()
		w.reconnect()
		w.s.Sent()
		w.pass(29 * time.Second)
		if n := len(sent[*stanza.IQ](w)); n != 0 {
			t.Errorf("%d pings while a join is pending", n)
		}
	})
	play(t, muc.Config{}, func(w *world) {
		w.enter()
		for i := range 100 {
			w.Add(muc.Room{JID: stanza.JID(fmt.Sprintf("r%d@rooms.example.org", i))})
			synctest.Wait()
			p := in("warden", 110)
			p.From = one(w, sent[*stanza.Presence](w)).To
			w.receive(p)
		}
		first := time.Duration(0)
		for i := range 15 * 60 {
			w.pass(time.Second)
			if len(sent[*stanza.IQ](w)) == 0 {
				continue
			}
			if now := time.Duration(i) * time.Second; first == 0 {
				first = now
			} else if now > first+8*time.Second && now < first+time.Minute-time.Second {
				t.Fatalf("pinged %v after one that nothing followed", now-first)
			}
		}
	})
}

// A room that denies us right after it has let us in again is not joined in a loop.
func TestSelfPingThatMeansNothing(t *testing.T) {
	play(t, muc.Config{}, func(w *world) {
		w.enter("ann")
		w.receive(pong(w.silent(), stanza.NotAcceptable))
		w.told()
		join := one(w, sent[*stanza.Presence](w))
		w.receive(in("ann"), in(join.To.Resource(), 110))
		w.told()
		w.receive(pong(one(w, sent[*stanza.IQ](w)), stanza.NotAcceptable))
		if e, ok := one(w, w.told()).(muc.SelfPingDisabled); !ok || !errors.Is(e.Err, stanza.NotAcceptable) {
			t.Fatalf("told %+v", e)
		}
		if s, _ := w.Room(lobby); !s.Joined || !s.SelfPingOff {
			t.Errorf("state %+v", s)
		}
		w.pass(24 * time.Hour)
		if list := w.s.Sent(); len(list) != 0 {
			t.Errorf("sent %v", list)
		}
		w.reconnect()
		w.admit("ann")
		w.silent()
	})
}

func TestSelfPingConfirmsARejoin(t *testing.T) {
	play(t, muc.Config{}, func(w *world) {
		w.enter()
		for range 3 { // lost for good reason, each time
			w.receive(pong(w.silent(), stanza.NotAcceptable))
			one(w, sent[*stanza.Presence](w))
			w.receive(in("warden", 110))
			w.receive(pong(one(w, sent[*stanza.IQ](w)), ""))
		}
		for _, e := range w.told() {
			if _, ok := e.(muc.SelfPingDisabled); ok {
				t.Error("switched off")
			}
		}
	})
}

// What we said bounces: check at once.
func TestBounceChecksAtOnce(t *testing.T) {
	play(t, muc.Config{SelfPing: muc.SelfPing{Off: true}}, func(w *world) {
		w.enter()
		id, _ := w.Say(w.Context(), lobby, "hello?")
		w.s.Sent()
		bounce := &stanza.Message{ID: id, From: lobby, Type: stanza.MessageError, Error: &stanza.Error{Condition: stanza.NotAcceptable}}
		alien := *bounce
		alien.ID = "x"
		w.receive(&alien)
		if list := w.s.Sent(); len(list) != 0 {
			t.Fatalf("sent %v because of somebody else's message", list)
		}
		w.receive(bounce, bounce)
		w.receive(pong(one(w, sent[*stanza.IQ](w)), stanza.NotAcceptable))
		if e, ok := one(w, w.told()).(muc.Left); !ok || e.Cause != muc.SelfPingFailed || !e.Rejoin {
			t.Errorf("told %+v", e)
		}
		w.pass(24 * time.Hour)
	})
}
