package muc_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/xmppkit/xmppkit/internal/realserver"
	"github.com/xmppkit/xmppkit/muc"
	"github.com/xmppkit/xmppkit/reconnect"
	"github.com/xmppkit/xmppkit/stanza"
)

// until waits until something holds.
func (p *person) until(what string, holds func() bool) {
	p.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-p.ctx.Done():
			p.Fatalf("%s: %s; %+v", p.jid, what, p.Stats())
		}
	}
}

// in waits until we are in so many rooms.
func (p *person) in(rooms int) {
	p.Helper()
	p.until(fmt.Sprintf("not in %d rooms", rooms), func() bool { return p.Stats().Joined == rooms })
}

// The server is killed and started again: we are back in every room, and nobody who
// was there before has come. Half of the rooms are kept by the server, the others are
// new; and either we come first or the others do.
func TestRealKilledServer(t *testing.T) {
	const rooms = 50
	for name, first := range map[string]bool{"we come first": true, "others come first": false} {
		t.Run(name, func(t *testing.T) {
			servers.Each(t, func(t *testing.T, srv *realserver.Server) {
				links := [2]*realserver.Link{srv.Link(srv.Addr), srv.Link(srv.Addr)}
				bot := online(t, srv, identity{account: "bot", addr: links[0].Addr})
				ann := online(t, srv, identity{account: "ann", addr: links[1].Addr})
				var list []stanza.JID
				for i := range rooms {
					room := place(srv, fmt.Sprint("killed", i))
					list = append(list, room)
					bot.enter(muc.Room{JID: room})
					if i%2 == 0 {
						bot.must(bot.Configure(bot.ctx, room, map[string][]string{"muc#roomconfig_persistentroom": {"1"}}))
					}
					ann.enter(muc.Room{JID: room})
				}
				bot.until("ann did not come", func() bool { return len(of[muc.OccupantJoined](bot.all())) == rooms })
				before := len(bot.all())
				srv.Settle()
				srv.Kill()
				late, early := links[0], ann
				if first {
					late, early = links[1], bot
				}
				late.Block()
				bot.until("the bot has not noticed", func() bool { return !bot.client.Stats().Online })
				srv.Start()
				early.in(rooms)
				late.Unblock()
				bot.in(rooms)
				ann.in(rooms)
				for _, room := range list {
					bot.sees(room, "ann", func(_ muc.Occupant, there bool) bool { return there })
					ann.sees(room, "bot", func(_ muc.Occupant, there bool) bool { return there })
					if got := nicks(bot.Occupants(room)); !slices.Equal(got, []string{"ann", "bot"}) {
						t.Errorf("in %s: %v", room, got)
					}
				}
				news := bot.all()[before:]
				if n := len(of[muc.Joined](news)); n != rooms {
					t.Errorf("back in %d rooms", n)
				}
				for _, e := range of[muc.Joined](news) {
					if !e.Rejoined || len(e.Came) > 0 || !first && len(e.Gone) > 0 {
						t.Errorf("back with %+v", e)
					}
				}
				for _, e := range of[muc.OccupantJoined](news) {
					if !first || !e.Returned {
						t.Errorf("come: %+v", e)
					}
				}
				for _, e := range of[muc.OccupantLeft](news) {
					t.Errorf("left: %+v", e)
				}
				ann.hears(list[rooms-1], bot)
			})
		})
	}
}

// The server is stopped in good order and started again: we are back. What it says
// when it stops is its own affair: ejabberd nothing, Prosody that its own clients leave
// one after the other. Whoever is said to have come has been said to have left.
func TestRealStoppedServer(t *testing.T) {
	servers.Each(t, func(t *testing.T, srv *realserver.Server) {
		room := place(srv, "stopped")
		bot := online(t, srv, identity{account: "bot"})
		bot.enter(muc.Room{JID: room})
		bot.must(bot.Configure(bot.ctx, room, map[string][]string{"muc#roomconfig_persistentroom": {"1"}}))
		ann := online(t, srv, identity{account: "ann"})
		ann.enter(muc.Room{JID: room})
		phone := component(t, srv, "+15551234567")
		phone.enter(muc.Room{JID: room, Nick: "phone"})
		people := map[string]*person{"bot": bot, "ann": ann, "phone": phone.person}
		before := map[string]int{}
		for name, p := range people {
			p.sees(room, "phone", func(_ muc.Occupant, there bool) bool { return there })
			before[name] = len(p.all())
		}
		srv.Settle()
		srv.Stop()
		srv.Start()
		for _, p := range people {
			waitFor(p, func(e muc.Joined) bool { return e.Rejoined })
		}
		for name, p := range people {
			for nick := range people {
				p.sees(room, nick, func(_ muc.Occupant, there bool) bool { return there })
			}
			missed := map[string]bool{}
			for _, e := range p.all()[before[name]:] {
				var came []muc.Occupant
				switch e := e.(type) {
				case muc.Joined:
					came = e.Came
					for _, o := range e.Gone {
						missed[o.Nick] = true
					}
				case muc.OccupantJoined:
					came = []muc.Occupant{e.Occupant}
				case muc.OccupantLeft:
					missed[e.Occupant.Nick] = true
				case muc.Left:
					if !e.Rejoin {
						t.Errorf("%s is out for good: %+v", name, e)
					}
				}
				for _, o := range came {
					if !missed[o.Nick] {
						t.Errorf("to %s %s has come without having left", name, o.Nick)
					}
					delete(missed, o.Nick)
				}
			}
			if len(missed) > 0 {
				t.Errorf("%s misses %v", name, missed)
			}
		}
		bot.hears(room, phone.person)
		phone.hears(room, bot)
	})
}

// bare is the least that can join rooms: it asks for all of them at once and counts
// those that it is in.
type bare struct {
	rooms []stanza.JID
	in    atomic.Int64
	done  chan struct{} // closed when it is in all
}

func (b *bare) Begin(ctx context.Context, s stanza.Session) {
	for _, room := range b.rooms {
		join := stanza.MUCJoin{History: &stanza.MUCHistory{}}
		_ = s.Send(ctx, &stanza.Presence{To: room + "/bare", Extensions: []stanza.Element{join.Element()}}) // the test misses it
	}
}

func (b *bare) Handle(_ context.Context, _ stanza.Session, st stanza.Stanza) {
	if p, ok := st.(*stanza.Presence); ok && p.Type == stanza.Available {
		if u, _ := p.MUCUser(); u.Statuses.Has(stanza.StatusSelfPresence) && b.in.Add(1) == int64(len(b.rooms)) {
			close(b.done)
		}
	}
}

// A thousand rooms on one account: the server is killed, and we are back in all of
// them, with no goroutine more than in one. Beside it, how long the server takes
// for the joins alone.
func TestRealThousandRooms(t *testing.T) {
	const rooms = 1000
	servers.Each(t, func(t *testing.T, srv *realserver.Server) {
		bot := online(t, srv, identity{account: "bot"})
		var list []stanza.JID
		for i := range rooms {
			list = append(list, place(srv, fmt.Sprint("many", i)))
		}
		bot.enter(muc.Room{JID: list[0]})
		goroutines := runtime.NumGoroutine()
		for _, room := range list {
			bot.Add(muc.Room{JID: room, History: &stanza.MUCHistory{}})
		}
		bot.in(rooms)
		few := func() bool { return runtime.NumGoroutine() <= goroutines+1 } // the loop's, while it runs
		bot.until("goroutines", few)
		srv.Kill()
		bot.until("the bot has not noticed", func() bool { return !bot.client.Stats().Online })
		before := len(bot.all())
		srv.Start()
		bot.until("the bot has not returned", func() bool { return bot.client.Stats().Online })
		begun := time.Now()
		bot.in(rooms)
		ours := time.Since(begun)
		bot.until("goroutines", few)
		for _, e := range bot.all()[before:] {
			if e, ok := e.(muc.Joined); !ok || !e.Rejoined || len(e.Came)+len(e.Gone) > 0 {
				t.Errorf("news: %+v", e)
			}
		}
		bot.stop()
		srv.Kill() // so that the rooms are to be made again, as they were for us
		srv.Start()
		b := &bare{rooms: list, done: make(chan struct{})}
		begins := make(chan time.Time, 10)
		other := online(t, srv, identity{account: "ann", rc: reconnect.Config{Services: []stanza.Service{atBegin(begins), b}}})
		begun = <-begins
		select {
		case <-b.done:
		case <-other.ctx.Done():
			t.Fatalf("the bare joins ended at %d", b.in.Load())
		}
		t.Logf("%s: rejoining %d rooms takes %.2f times as long as their bare joins", srv.Name, rooms, float64(ours)/float64(time.Since(begun)))
	})
}

// atBegin tells when a session begins.
type atBegin chan time.Time

func (a atBegin) Begin(context.Context, stanza.Session)               { a <- time.Now() }
func (atBegin) Handle(context.Context, stanza.Session, stanza.Stanza) {}
