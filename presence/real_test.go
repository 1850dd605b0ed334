package presence_test

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xmppkit/xmppkit/internal/realserver"
	"github.com/xmppkit/xmppkit/muc"
	"github.com/xmppkit/xmppkit/presence"
	"github.com/xmppkit/xmppkit/reconnect"
	"github.com/xmppkit/xmppkit/stanza"
)

// place is where a test with a real server happens.
type place struct {
	*testing.T
	ctx  context.Context
	srv  *realserver.Server
	room stanza.JID
}

// person is somebody there.
type person struct {
	place
	*muc.Rooms
	client *reconnect.Client
	name   string
}

// person gets an account online at an address, for the rest of the test.
func (w place) person(name, addr string, events func(context.Context, muc.Event)) *person {
	w.Helper()
	account, password := w.srv.Account(name)
	quiet := slog.New(slog.DiscardHandler)
	p := &person{place: w, name: name, Rooms: muc.New(muc.Config{OnEvent: events, Logger: quiet})}
	begun := make(begins, 100)
	cfg := reconnect.Config{
		Services: []stanza.Service{p.Rooms, begun},
		Backoff:  reconnect.Backoff{Min: 10 * time.Millisecond, Max: 100 * time.Millisecond},
		Logger:   quiet,
	}
	o := &cfg.Options
	o.Host, o.User, o.Password, o.Resource = addr, account, password, "r"
	o.NoTLS, o.StartTLS = true, true
	o.TLSConfig = &tls.Config{RootCAs: w.srv.Roots, ServerName: w.srv.Domain}
	p.client = reconnect.New(cfg)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- p.client.Run(ctx) }()
	w.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			w.Errorf("%s: Run ended with %v", name, err)
		}
	})
	select {
	case <-begun:
	case <-w.ctx.Done():
		w.Fatalf("%s is not online: %v", name, p.client.Stats().LastErr)
	}
	return p
}

// begins is a service that tells when a session has begun for those before it.
type begins chan struct{}

func (b begins) Begin(context.Context, stanza.Session)               { b <- struct{}{} }
func (begins) Handle(context.Context, stanza.Session, stanza.Stanza) {}

// until waits until something holds.
func (w place) until(not string, holds func() bool) {
	w.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-w.ctx.Done():
			w.Fatal(not)
		}
	}
}

func (p *person) enter() {
	p.Helper()
	if _, err := p.Join(p.ctx, muc.Room{JID: p.room}); err != nil {
		p.Fatalf("%s: %v", p.name, err)
	}
}

func (p *person) leave() {
	p.Helper()
	if err := p.Leave(p.ctx, p.room, ""); err != nil {
		p.Fatalf("%s: %v", p.name, err)
	}
}

// sees waits until these are the occupants.
func (p *person) sees(nicks ...string) {
	p.Helper()
	p.until(p.name+" does not see "+strings.Join(nicks, " "), func() bool {
		list := p.Occupants(p.room)
		return slices.EqualFunc(list, nicks, func(o muc.Occupant, nick string) bool { return o.Nick == nick })
	})
}

// Issue 4 in the words of its users: noise is no news, what happened is, and once.
// News comes in the order in which it happened, so each step ends with something
// that is news: what was wrongly told would come before it.
func TestRealNews(t *testing.T) {
	servers.Each(t, func(t *testing.T, srv *realserver.Server) {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		w := place{t, ctx, srv, stanza.JID("news-" + strings.ToLower(rand.Text()[:8]) + "@" + srv.Rooms)}
		ann := w.person("ann", srv.Addr, nil)
		ann.enter()

		ledger, err := presence.OpenLedger(&presence.MemoryStore{}, presence.LedgerConfig{})
		if err != nil {
			t.Fatal(err)
		}
		told := make(chan presence.Notice, 1000)
		n := presence.NewNotifier(ledger, presence.NotifierConfig{Tell: func(list []presence.Notice) {
			for _, notice := range list {
				told <- notice
			}
		}})
		defer func() {
			if err := n.Close(ctx, false); err != nil {
				t.Error(err)
			}
		}()
		me := stanza.JID("bot@" + srv.Domain)
		n.SetWait(me, 2*time.Second)
		news := func(what string) presence.Notice {
			t.Helper()
			select {
			case got := <-told:
				return got
			case <-ctx.Done():
				t.Fatalf("%s: nothing is told", what)
			}
			panic("unreachable")
		}
		next := func(what string, kind presence.Kind, nick string) presence.Notice {
			t.Helper()
			got := news(what)
			if got.Kind != kind || got.Nick != nick || got.Recipient != me || got.Room != w.room {
				t.Fatalf("%s: told %+v, want %s of %s", what, got, kind, nick)
			}
			return got
		}

		link := srv.Link(srv.Addr)
		bot := w.person("bot", link.Addr, follow(n, me))
		bot.enter()
		if got := next("our own join", presence.SelfJoin, "bot"); !slices.Equal(got.Occupants, []string{"ann"}) {
			t.Errorf("there are %v", got.Occupants)
		}

		moth := w.person("moth", srv.Addr, nil)
		beat := time.NewTicker(100 * time.Millisecond)
		for range 15 {
			moth.enter()
			<-beat.C
			moth.leave()
			<-beat.C
		}
		beat.Stop()
		bea := w.person("bea", srv.Addr, nil)
		bea.enter()
		next("a flapping client", presence.Join, "bea")

		for range 3 {
			before := bot.Stats().Joins
			bot.client.End(errors.New("lost"))
			w.until("the bot is not back", func() bool { return bot.Stats().Joins > before && bot.Stats().Joined == 1 })
			before = bot.Stats().Joins
			link.Cut()
			w.until("the bot is not back", func() bool { return bot.Stats().Joins > before && bot.Stats().Joined == 1 })
		}
		bea.leave()
		next("our own reconnects", presence.Part, "bea")

		link.Block()
		w.until("the bot has not noticed", func() bool { return !bot.client.Stats().Online })
		ann.leave()
		cid := w.person("cid", srv.Addr, nil)
		cid.enter()
		link.Unblock()
		const meanwhile = "ann left and cid came while we were away"
		away := []presence.Notice{news(meanwhile), news(meanwhile)}
		slices.SortFunc(away, func(a, b presence.Notice) int { return strings.Compare(a.Nick, b.Nick) })
		if away[0].Kind != presence.Part || away[0].Nick != "ann" || away[1].Kind != presence.Join || away[1].Nick != "cid" {
			t.Errorf("%s: told %+v", meanwhile, away)
		}
		bea.enter()
		next(meanwhile, presence.Join, "bea")
		if m, ok := n.Who(me, w.room); !ok || !slices.Equal(m.Occupants, []string{"bea", "cid"}) {
			t.Errorf("there are %+v", m)
		}

		// The server is killed, and everybody returns: whoever is back before their time
		// is up has never been away.
		n.SetWait(me, time.Minute)
		bot.sees("bea", "bot", "cid")
		before := bot.Stats().Joins
		srv.Kill()
		srv.Start()
		w.until("the bot is not back", func() bool { return bot.Stats().Joins > before })
		bot.sees("bea", "bot", "cid")
		w.until("something is pending", func() bool { return n.Pending() == 0 })
		if len(told) > 0 {
			t.Errorf("the server was started again: told %+v", <-told)
		}
	})
}
