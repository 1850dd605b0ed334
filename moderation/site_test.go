package moderation_test

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xmppkit/xmppkit/internal/realserver"
	"github.com/xmppkit/xmppkit/internal/xmpptest"
	"github.com/xmppkit/xmppkit/moderation"
	"github.com/xmppkit/xmppkit/muc"
	"github.com/xmppkit/xmppkit/reconnect"
	"github.com/xmppkit/xmppkit/stanza"
)

// patience is how long a test waits for something that is to happen.
const patience = 20 * time.Second

var noLog = slog.New(slog.DiscardHandler)

// site is a server: our own, Prosody or ejabberd.
type site struct {
	*testing.T
	ctx           context.Context
	addr          string
	roots         *x509.CertPool
	domain        string
	rooms, pubsub stanza.JID
	account       func(name string) (jid, password string)
	// publish and retract change a node of the pubsub service.
	publish, retract func(node, id string)
}

// everywhere runs a test on every kind of server.
func everywhere(t *testing.T, f func(t *testing.T, s *site)) {
	t.Run("xmpptest", func(t *testing.T) {
		srv := xmpptest.New(t, xmpptest.Config{})
		f(t, &site{T: t, ctx: patiently(t), addr: srv.Addr(), roots: srv.CA(), domain: string(srv.Domain()),
			rooms: srv.RoomService(), pubsub: srv.PubsubService(),
			account: func(name string) (string, string) { return name + "@" + string(srv.Domain()), xmpptest.Password },
			publish: func(node, id string) { srv.Publish(node, id, spamReport) }, retract: srv.Retract})
	})
	servers.Each(t, func(t *testing.T, srv *realserver.Server) {
		s := &site{T: t, ctx: patiently(t), addr: srv.Addr, roots: srv.Roots, domain: srv.Domain,
			rooms: stanza.JID(srv.Rooms), pubsub: stanza.JID(srv.Pubsub), account: srv.Account}
		publisher := sync.OnceValue(func() *person { return s.person(realserver.Publisher) })
		node := map[string]bool{}
		s.publish = func(name, id string) {
			if !node[name] {
				node[name] = true
				publisher().pubsub("create", stanza.NewElement(nsPubsub, "create").WithAttr("node", name),
					stanza.NewElement(nsPubsub, "configure", form("http://jabber.org/protocol/pubsub#node_config",
						"pubsub#max_items", "1000", "pubsub#access_model", "open", "pubsub#persist_items", "1", "pubsub#notify_retract", "1")))
			}
			publisher().pubsub("publish", stanza.NewElement(nsPubsub, "publish",
				stanza.NewElement(nsPubsub, "item", spamReport).WithAttr("id", id)).WithAttr("node", name))
		}
		s.retract = func(name, id string) {
			publisher().pubsub("retract", stanza.NewElement(nsPubsub, "retract", stanza.NewElement(nsPubsub, "item").WithAttr("id", id)).
				WithAttr("node", name).WithAttr("notify", "true"))
		}
		f(t, s)
	})
}

// spamReport is the payload of an entry of a block list (XEP-0377).
var spamReport = stanza.NewElement("urn:xmpp:reporting:1", "report").WithAttr("reason", "urn:xmpp:reporting:spam")

const nsPubsub = "http://jabber.org/protocol/pubsub"

func form(typ string, values ...string) stanza.Element {
	x := stanza.NewElement(stanza.NSData, "x").WithAttr("type", "submit")
	for i := 0; i < len(values)+2; i += 2 {
		list := append([]string{"FORM_TYPE", typ}, values...)
		x.Children = append(x.Children, stanza.NewElement(stanza.NSData, "field", stanza.NewText(stanza.NSData, "value", list[i+1])).WithAttr("var", list[i]))
	}
	return x
}

func patiently(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// person is somebody who is online, and what their rooms have told.
type person struct {
	*site
	*muc.Rooms
	client *reconnect.Client
	jid    stanza.JID
	stop   func()

	mu     sync.Mutex // guards events, done
	events []muc.Event
	done   []moderation.Event
	news   chan struct{}
}

// warden is a person with a moderator.
type warden struct {
	*person
	mod *moderation.Moderator
}

// person gets somebody online until the test ends.
func (s *site) person(name string) *person {
	s.Helper()
	p := s.newPerson(name)
	p.Rooms = muc.New(muc.Config{Nick: name, OnEvent: p.tell, Logger: noLog})
	p.online(name, p.Rooms)
	return p
}

// warden gets a moderator online until the test ends, or stop.
func (s *site) warden(name string, rules moderation.Rules, store moderation.Store) *warden {
	s.Helper()
	set, err := moderation.NewRuleset(rules)
	if err != nil {
		s.Fatal(err)
	}
	w := &warden{person: s.newPerson(name)}
	w.Rooms = muc.New(muc.Config{Nick: name, Logger: noLog, OnEvent: func(ctx context.Context, e muc.Event) {
		w.mod.OnEvent(ctx, e)
		w.tell(ctx, e)
	}})
	w.mod = moderation.New(w.Rooms, moderation.Config{Rules: set, Store: store, Logger: noLog,
		OnEvent: func(_ context.Context, e moderation.Event) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.done = append(w.done, e)
			w.wake()
		}})
	run, end := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.mod.Run(run) }()
	w.online(name, w.Rooms, w.mod)
	leave := w.stop
	w.stop = sync.OnceFunc(func() {
		leave()
		end()
		if err := <-ended; err != nil {
			s.Errorf("%s: Run ended with %v", name, err)
		}
	})
	s.Cleanup(w.stop)
	return w
}

func (s *site) newPerson(name string) *person {
	jid, _ := s.account(name)
	return &person{site: s, jid: stanza.JID(jid), news: make(chan struct{})}
}

func (p *person) tell(_ context.Context, e muc.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.events = append(p.events, e)
	p.wake()
}

// wake lets who waits look again; p.mu is held.
func (p *person) wake() {
	close(p.news)
	p.news = make(chan struct{})
}

type begun chan struct{}

func (b begun) Begin(context.Context, stanza.Session)               { b <- struct{}{} }
func (begun) Handle(context.Context, stanza.Session, stanza.Stanza) {}

func (p *person) online(name string, services ...stanza.Service) {
	p.Helper()
	jid, password := p.account(name)
	began := make(begun, 100)
	cfg := reconnect.Config{Services: append(services, began), Logger: noLog,
		Backoff: reconnect.Backoff{Min: 10 * time.Millisecond, Max: 100 * time.Millisecond}}
	o := &cfg.Options
	o.Host, o.User, o.Password, o.Resource = p.addr, jid, password, "r"
	o.NoTLS, o.StartTLS = true, true
	o.TLSConfig = &tls.Config{RootCAs: p.roots, ServerName: p.domain}
	p.client = reconnect.New(cfg)
	run, end := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- p.client.Run(run) }()
	p.stop = sync.OnceFunc(func() {
		end()
		if err := <-ended; err != nil {
			p.Errorf("%s: Run ended with %v", name, err)
		}
	})
	p.Cleanup(p.stop)
	select {
	case <-began:
	case <-p.ctx.Done():
		p.Fatalf("%s did not get online", name)
	}
}

// until waits until something holds that an event may change.
func (p *person) until(what string, holds func() bool) {
	p.Helper()
	for {
		p.mu.Lock()
		news := p.news
		p.mu.Unlock()
		if holds() {
			return
		}
		select {
		case <-news:
		case <-p.ctx.Done():
			p.mu.Lock()
			defer p.mu.Unlock()
			p.Fatalf("%s: waited in vain: %s; told %+v; done %+v", p.jid, what, p.events, p.done)
		}
	}
}

// waitFor is the first event that is as wanted.
func waitFor[E muc.Event](p *person, what string, wanted func(E) bool) (found E) {
	p.Helper()
	p.until(what, func() (ok bool) {
		p.mu.Lock()
		defer p.mu.Unlock()
		found, ok = first(p.events, wanted)
		return ok
	})
	return found
}

// first is the first of a list that is an E, and as wanted.
func first[E, L any](list []L, wanted func(E) bool) (found E, ok bool) {
	for _, l := range list {
		if e, is := any(l).(E); is && wanted(e) {
			return e, true
		}
	}
	return found, false
}

// outcome is the first outcome of an action.
func (w *warden) outcome(a moderation.Action) moderation.Outcome {
	w.Helper()
	return waitDone(w, "no outcome of "+a.String(), func(o moderation.Outcome) bool { return o.Action == a })
}

func waitDone[E moderation.Event](w *warden, what string, wanted func(E) bool) (found E) {
	w.Helper()
	w.until(what, func() (ok bool) {
		w.mu.Lock()
		defer w.mu.Unlock()
		found, ok = first(w.done, wanted)
		return ok
	})
	return found
}

func (p *person) must(err error) {
	p.Helper()
	if err != nil {
		p.Fatalf("%s: %v", p.jid, err)
	}
}

func (p *person) enter(room stanza.JID) {
	p.Helper()
	_, err := p.Join(p.ctx, muc.Room{JID: room, History: &stanza.MUCHistory{}})
	p.must(err)
}

func (p *person) say(room stanza.JID, body string) {
	p.Helper()
	_, err := p.Say(p.ctx, room, body)
	p.must(err)
}

// removed waits until somebody is out of the room.
func (p *person) removed(room stanza.JID, cause muc.Cause) muc.Left {
	p.Helper()
	return waitFor(p, "is still in", func(e muc.Left) bool { return e.Room == room && e.Cause == cause })
}

// sees waits until somebody is in a room as one sees it.
func (p *person) sees(room stanza.JID, nick string, wanted func(muc.Occupant) bool) {
	p.Helper()
	p.until("does not see "+nick, func() bool {
		o, ok := p.Occupant(room, nick)
		return ok && wanted(o)
	})
}

func anybody(muc.Occupant) bool { return true }

func (p *person) pubsub(what string, payload ...stanza.Element) {
	p.Helper()
	_, err := p.client.Request(p.ctx, &stanza.IQ{To: p.site.pubsub, Type: stanza.Set,
		Extensions: []stanza.Element{stanza.NewElement(nsPubsub, "pubsub", payload...)}})
	if err != nil && !(what == "create" && stanza.ConditionOf(err) == stanza.Conflict) {
		p.Fatalf("%s: %s: %v", p.jid, what, err)
	}
}

// place is a room that no test has been in.
func (s *site) place(name string) stanza.JID {
	return stanza.JID(name + "-" + strings.ToLower(rand.Text()[:8]) + "@" + string(s.site().rooms))
}

func (s *site) site() *site { return s }

// scene is a room with its warden, who owns it, and mallory.
func (s *site) scene(name string, rules moderation.Rules) (room stanza.JID, w *warden, mallory *person) {
	s.Helper()
	room = s.place(name)
	w = s.warden("warden", rules, nil)
	w.enter(room)
	mallory = s.person("mallory")
	mallory.enter(room)
	w.sees(room, "mallory", anybody)
	return room, w, mallory
}
