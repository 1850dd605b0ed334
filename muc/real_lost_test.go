package muc_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/xmppkit/xmppkit/internal/realserver"
	"github.com/xmppkit/xmppkit/muc"
	"github.com/xmppkit/xmppkit/ping"
	"github.com/xmppkit/xmppkit/reconnect"
	"github.com/xmppkit/xmppkit/stanza"
)

// XEP-0410 §3.2: what the servers really answer, which PROTOCOL.md's table decides on.
func TestRealSelfPingAnswers(t *testing.T) {
	servers.Each(t, func(t *testing.T, srv *realserver.Server) {
		room, owner, romeo := stage(t, srv, "answers", muc.Config{})
		juliet := online(t, srv, identity{account: "juliet"})
		for name, c := range map[string]struct {
			who  *person
			to   stanza.JID
			want stanza.Condition // "": a result
		}{
			"joined":                    {romeo, room + "/romeo", ""},
			"joined, the owner":         {owner, room + "/owner", ""},
			"not joined":                {juliet, room + "/juliet", stanza.NotAcceptable},
			"not joined, another there": {juliet, room + "/romeo", stanza.NotAcceptable},
			"joined, another nick":      {romeo, room + "/nobody", stanza.ItemNotFound},
			"no such room":              {romeo, place(srv, "missing") + "/romeo", stanza.ItemNotFound},
		} {
			_, err := ping.Ping(c.who.ctx, c.who.client, c.to)
			var e *stanza.Error
			if err != nil && !errors.As(err, &e) {
				t.Fatalf("%s: %v", name, err)
			}
			if got := stanza.ConditionOf(err); got != c.want {
				t.Errorf("%s: %v", name, err)
			}
		}
		info, err := romeo.Info(romeo.ctx, room)
		romeo.must(err)
		if info.SelfPing() != (srv.Name == "prosody") {
			t.Logf("%s announces that it answers self-pings: %t", srv.Name, info.SelfPing())
		}
	})
}

// deaf drops what a room says of its own leaving, while it is on: as if the room, or
// the way to it, had lost us without a word.
type deaf struct {
	stanza.Service
	on *atomic.Bool
}

func (d deaf) Handle(ctx context.Context, s stanza.Session, st stanza.Stanza) {
	if p, ok := st.(*stanza.Presence); ok && p.Type == stanza.Unavailable && d.on.Load() {
		return
	}
	d.Service.Handle(ctx, s, st)
}

// XEP-0410: the room has lost us, and does not say so.
func TestRealSilentLoss(t *testing.T) {
	for name, c := range map[string]struct {
		every time.Duration
		say   bool
	}{
		"self-ping": {every: 300 * time.Millisecond},
		"bounce":    {say: true},
	} {
		t.Run(name, func(t *testing.T) {
			servers.Each(t, func(t *testing.T, srv *realserver.Server) {
				room, owner, _ := stage(t, srv, "silent", muc.Config{})
				var on atomic.Bool
				bot := online(t, srv, identity{
					account: "bot", cfg: muc.Config{SelfPing: muc.SelfPing{Interval: c.every}},
					wrap: func(s stanza.Service) stanza.Service { return deaf{s, &on} },
				})
				bot.enter(muc.Room{JID: room})
				on.Store(true)
				bot.must(bot.client.Send(bot.ctx, &stanza.Presence{To: room + "/bot", Type: stanza.Unavailable}))
				waitFor(owner, func(e muc.OccupantLeft) bool { return e.Occupant.Nick == "bot" })
				if s, _ := bot.Room(room); !s.Joined {
					t.Fatal("the loss was not silent")
				}
				if c.say {
					_, err := bot.Say(bot.ctx, room, "anybody there?")
					bot.must(err)
				}
				if e := waitFor(bot, anyOf[muc.Left]); e.Cause != muc.SelfPingFailed || !e.Rejoin {
					t.Errorf("the bot heard %+v", e)
				}
				on.Store(false)
				if e := waitFor(bot, anyOf[muc.Joined]); !e.Rejoined || len(e.Came)+len(e.Gone) > 0 {
					t.Errorf("back with %+v", e)
				}
				waitFor(owner, func(e muc.OccupantJoined) bool { return e.Occupant.Nick == "bot" })
				bot.hears(room, owner)
				if list := of[muc.OccupantJoined](bot.all()); len(list) > 0 {
					t.Errorf("these have come: %+v", list)
				}
			})
		})
	}
}

// hears makes sure that we are in a room, or are so once our ghost has left it: what
// somebody else says there arrives.
func (p *person) hears(room stanza.JID, other *person) {
	p.Helper()
	before := len(p.all())
	heard := func() bool {
		return slices.ContainsFunc(of[muc.Message](p.all()[before:]), func(e muc.Message) bool { return e.Room == room && e.Body == "hello" && e.Live })
	}
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for !heard() {
		_, err := other.Say(other.ctx, room, "hello")
		other.must(err)
		select {
		case <-tick.C:
		case <-p.ctx.Done():
			p.Fatalf("%s hears nothing in %s: %+v", p.jid, room, p.all())
		}
	}
}

// A room puts us out without a reason: no codes mean lost, and lost is to return.
func TestRealLostWithoutCodes(t *testing.T) {
	servers.Each(t, func(t *testing.T, srv *realserver.Server) {
		room, owner, romeo := stage(t, srv, "nocodes", muc.Config{})
		romeo.must(romeo.client.Send(romeo.ctx, &stanza.Presence{To: room + "/romeo", Type: stanza.Unavailable}))
		if e := waitFor(romeo, anyOf[muc.Left]); e.Cause != muc.Lost || !e.Rejoin {
			t.Errorf("romeo heard %+v", e)
		}
		if e := waitFor(romeo, anyOf[muc.Joined]); !e.Rejoined || len(e.Came)+len(e.Gone) > 0 {
			t.Errorf("back with %+v", e)
		}
		romeo.hears(room, owner)
	})
}

// Prosody 0.12 loses a room that nobody made persistent when its only occupant takes
// another nick, and does not say so.
func TestRealNickChangeAlone(t *testing.T) {
	servers.Each(t, func(t *testing.T, srv *realserver.Server) {
		room := place(srv, "alone")
		owner := online(t, srv, identity{account: "owner"})
		owner.enter(muc.Room{JID: room})
		owner.must(owner.SetNick(owner.ctx, room, "other"))
		romeo := online(t, srv, identity{account: "romeo"})
		romeo.enter(muc.Room{JID: room})
		romeo.sees(room, "other", func(_ muc.Occupant, there bool) bool { return there })
		owner.sees(room, "romeo", func(_ muc.Occupant, there bool) bool { return there })
		romeo.hears(room, owner)
		owner.hears(room, romeo)
	})
}

// A link dies and the server has not noticed: our own ghost is still in the room
// when we come back, with our nick.
func TestRealGhost(t *testing.T) {
	for name, resource := range map[string]string{"same resource": "r", "another resource": ""} {
		t.Run(name, func(t *testing.T) {
			servers.Each(t, func(t *testing.T, srv *realserver.Server) {
				room, owner, _ := stage(t, srv, "ghost", muc.Config{})
				link := srv.Link(srv.Addr)
				bot := online(t, srv, identity{account: "bot", addr: link.Addr, resource: &resource})
				in := bot.enter(muc.Room{JID: room})
				before := bot.client.JID()
				for range 3 {
					bot.read = len(bot.all()) // the ghost's end may have put us out in passing
					link.Cut()
					e := waitFor(bot, anyOf[muc.Joined])
					if e.Nick != "bot" || !e.Rejoined || len(e.Came)+len(e.Gone) > 0 || !slices.Equal(nicks(e.Occupants), nicks(in.Occupants)) {
						t.Errorf("back with %+v", e)
					}
					bot.hears(room, owner)
				}
				if after := bot.client.JID(); (before == after) != (resource != "") {
					t.Errorf("first %s, then %s", before, after)
				}
				if list := of[muc.OccupantJoined](bot.all()); len(list) > 0 {
					t.Errorf("these have come: %+v", list)
				}
				owner.sees(room, "bot", func(_ muc.Occupant, there bool) bool { return there })
			})
		})
	}
}

// XEP-0045 §7.2.8 lets one account share a nick: another client of ours comes and goes
// with it, and we are in all the time.
func TestRealSharedNick(t *testing.T) {
	servers.Each(t, func(t *testing.T, srv *realserver.Server) {
		room, owner, _ := stage(t, srv, "shared", muc.Config{})
		bot := online(t, srv, identity{account: "bot"})
		bot.enter(muc.Room{JID: room})
		resource := "phone"
		human := online(t, srv, identity{account: "bot", resource: &resource})
		in := human.enter(muc.Room{JID: room})
		if in.Nick != "bot" {
			t.Errorf("the other client is called %q", in.Nick)
		}
		bot.hears(room, owner)
		human.must(human.Leave(human.ctx, room, ""))
		bot.hears(room, owner)
		human.enter(muc.Room{JID: room})
		human.must(human.SetNick(human.ctx, room, "human"))
		bot.sees(room, "human", func(_ muc.Occupant, there bool) bool { return there })
		human.must(human.Leave(human.ctx, room, ""))
		bot.sees(room, "human", func(_ muc.Occupant, there bool) bool { return !there })
		bot.hears(room, owner)
		if list := of[muc.Left](bot.all()); len(list) > 0 {
			t.Errorf("the bot was out: %+v", list)
		}
		if s, _ := bot.Room(room); !s.Joined || s.Nick != "bot" || s.Occupants != 3 {
			t.Errorf("in the end %+v: %+v", s, bot.Occupants(room))
		}
	})
}

// A component's stream ends, and nobody tells the rooms: its addresses are in them
// still, and come back with the very same full address.
func TestRealComponentGhost(t *testing.T) {
	servers.Each(t, func(t *testing.T, srv *realserver.Server) {
		room, owner, _ := stage(t, srv, "component", muc.Config{})
		phone := component(t, srv, "+15551234567")
		in := phone.enter(muc.Room{JID: room, Nick: "phone"})
		waitFor(owner, func(e muc.OccupantJoined) bool { return e.Occupant.Nick == "phone" })
		phone.end(errors.New("the line is dead"))
		e := waitFor(phone.person, anyOf[muc.Joined])
		if e.Nick != "phone" || !e.Rejoined || len(e.Came)+len(e.Gone) > 0 || !slices.Equal(e.Occupants, in.Occupants) {
			t.Errorf("back with %+v", e)
		}
		phone.hears(room, owner)
		if list := of[muc.JoinFailed](phone.all()); len(list) > 0 {
			t.Errorf("failed: %+v", list)
		}
		if list := of[muc.OccupantLeft](owner.all()); len(list) > 0 {
			t.Errorf("these have gone: %+v", list)
		}
	})
}

// A paused server says nothing and closes nothing. The keepalive finds out, and once
// the server goes on we are back.
func TestRealPausedServer(t *testing.T) {
	servers.Each(t, func(t *testing.T, srv *realserver.Server) {
		room, owner, _ := stage(t, srv, "paused", muc.Config{})
		owner.must(owner.Configure(owner.ctx, room, map[string][]string{"muc#roomconfig_persistentroom": {"1"}}))
		bot := online(t, srv, identity{account: "bot", rc: reconnect.Config{
			Services:         []stanza.Service{&ping.Keepalive{Interval: 200 * time.Millisecond, Timeout: time.Second}},
			HandshakeTimeout: 2 * time.Second,
		}})
		in := bot.enter(muc.Room{JID: room})
		srv.Pause()
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for bot.client.Stats().Online {
			select {
			case <-tick.C:
			case <-bot.ctx.Done():
				t.Fatal("the session did not end")
			}
		}
		if err := bot.client.Stats().LastErr; !errors.Is(err, ping.ErrTimeout) {
			t.Errorf("the session ended with %v", err)
		}
		srv.Resume()
		e := waitFor(bot, anyOf[muc.Joined])
		if !e.Rejoined || !slices.Equal(nicks(e.Occupants), nicks(in.Occupants)) || len(e.Came)+len(e.Gone) > 0 {
			t.Errorf("back with %+v", e)
		}
		bot.hears(room, owner)
		if list := of[muc.OccupantJoined](bot.all()); len(list) > 0 {
			t.Errorf("these have come: %+v", list)
		}
	})
}
