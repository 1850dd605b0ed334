package muc_test

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xmppkit/xmppkit/internal/realserver"
	"github.com/xmppkit/xmppkit/muc"
	"github.com/xmppkit/xmppkit/reconnect"
	"github.com/xmppkit/xmppkit/stanza"
)

var servers realserver.Shared

// patience is how long a test may take that waits for something.
const patience = time.Minute

// person is an account on a real server, its rooms, and what they told it.
type person struct {
	*testing.T
	*muc.Rooms
	ctx    context.Context
	client *reconnect.Client
	jid    stanza.JID // bare
	stop   func()

	mu     sync.Mutex // guards events
	events []muc.Event
	news   chan struct{} // holds one when there are more events

	read int // events that waitFor has passed
}

func newPerson(t *testing.T, jid stanza.JID) *person {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return &person{T: t, ctx: ctx, jid: jid, news: make(chan struct{}, 1)}
}

// tell keeps an event.
func (p *person) tell(_ context.Context, e muc.Event) {
	p.mu.Lock()
	p.events = append(p.events, e)
	p.mu.Unlock()
	select {
	case p.news <- struct{}{}:
	default:
	}
}

// identity is how somebody comes to a server.
type identity struct {
	account  string
	cfg      muc.Config                          // of its rooms; the nick is that of the account by default
	addr     string                              // default: the server's own
	rc       reconnect.Config                    // what of it is not about the account
	resource *string                             // default: "r"
	wrap     func(stanza.Service) stanza.Service // around the rooms
}

// online gets somebody online for the rest of the test.
func online(t *testing.T, srv *realserver.Server, who identity) *person {
	t.Helper()
	account, password := srv.Account(who.account)
	p := newPerson(t, stanza.JID(account))
	who.cfg.OnEvent = p.tell
	who.cfg.Logger = noLog
	who.cfg.Retry = muc.Retry{Min: 50 * time.Millisecond, Max: 200 * time.Millisecond}
	p.Rooms = muc.New(who.cfg)
	begun := make(begins, 1000)
	var rooms stanza.Service = p.Rooms
	if who.wrap != nil {
		rooms = who.wrap(rooms)
	}
	who.rc.Services = append(who.rc.Services, rooms, begun)
	who.rc.Logger = noLog
	who.rc.Backoff = soon
	if who.addr == "" {
		who.addr = srv.Addr
	}
	resource := "r"
	if who.resource != nil {
		resource = *who.resource
	}
	o := &who.rc.Options
	o.Host, o.User, o.Password, o.Resource = who.addr, account, password, resource
	o.NoTLS, o.StartTLS = true, true
	o.TLSConfig = &tls.Config{RootCAs: srv.Roots, ServerName: srv.Domain}
	p.client = reconnect.New(who.rc)
	p.run(p.client, begun)
	return p
}

var (
	noLog = slog.New(slog.DiscardHandler)
	soon  = reconnect.Backoff{Min: 10 * time.Millisecond, Max: 100 * time.Millisecond}
)

// run runs a client until stop is called or the test ends, and waits until it is
// online.
func (p *person) run(c interface{ Run(context.Context) error }, begun begins) {
	p.Helper()
	run, end := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(run) }()
	p.stop = sync.OnceFunc(func() {
		end()
		if err := <-ended; err != nil {
			p.Errorf("%s: Run ended with %v", p.jid, err)
		}
	})
	p.Cleanup(p.stop)
	select {
	case <-begun:
	case <-p.ctx.Done():
		p.Fatalf("%s did not get online", p.jid)
	}
}

// phone is a person behind a component.
type phone struct {
	*person
	end func(error) // loses the stream
}

// component gets an address of a component online for the rest of the test.
func component(t *testing.T, srv *realserver.Server, local string) *phone {
	t.Helper()
	host := srv.Components[0]
	p := newPerson(t, stanza.JID(local+"@"+host))
	p.Rooms = muc.New(muc.Config{OnEvent: p.tell, Logger: noLog})
	c := reconnect.NewComponent(reconnect.ComponentConfig{
		Addr: srv.ComponentAddr, Domain: stanza.JID(host), Secret: srv.Secret, Logger: noLog, Backoff: soon,
	})
	begun := make(begins, 1000)
	_, err := c.As(p.jid, p.Rooms, begun)
	p.must(err)
	p.run(c, begun)
	return &phone{p, c.End}
}

// begins is a service that tells when a session begins.
type begins chan struct{}

func (b begins) Begin(context.Context, stanza.Session)               { b <- struct{}{} }
func (begins) Handle(context.Context, stanza.Session, stanza.Stanza) {}

// waitFor is the next event of a type that is as wanted. Those before it have been
// read then.
func waitFor[E muc.Event](p *person, wanted func(E) bool) E {
	p.Helper()
	from := p.read
	for {
		list := p.all()
		for ; p.read < len(list); p.read++ {
			if e, ok := list[p.read].(E); ok && wanted(e) {
				p.read++
				return e
			}
		}
		select {
		case <-p.news:
		case <-p.ctx.Done():
			p.Fatalf("%s: no such %T; there was %+v", p.jid, *new(E), list[from:])
		}
	}
}

// all is every event so far.
func (p *person) all() []muc.Event {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.events)
}

// of picks the events of a type.
func of[E muc.Event](list []muc.Event) []E {
	var picked []E
	for _, e := range list {
		if e, ok := e.(E); ok {
			picked = append(picked, e)
		}
	}
	return picked
}

func anyOf[E muc.Event](E) bool { return true }

// must is for what has to succeed.
func (p *person) must(err error) {
	p.Helper()
	if err != nil {
		p.Fatalf("%s: %v", p.jid, err)
	}
}

// place is a room that no test has been in.
func place(srv *realserver.Server, name string) stanza.JID {
	return stanza.JID(name + "-" + strings.ToLower(rand.Text()[:8]) + "@" + srv.Rooms)
}

// enter joins a room.
func (p *person) enter(room muc.Room) muc.Joined {
	p.Helper()
	e, err := p.Join(p.ctx, room)
	p.must(err)
	waitFor(p, func(e muc.Joined) bool { return e.Room == room.JID })
	return e
}

// refused tries to join a room that is not to let us in.
func (p *person) refused(room muc.Room) *muc.JoinError {
	p.Helper()
	_, err := p.Join(p.ctx, room)
	var e *muc.JoinError
	if !errors.As(err, &e) {
		p.Fatalf("%s: join of %s: %v", p.jid, room.JID, err)
	}
	return e
}

// sees waits until the list of occupants is as wanted.
func (p *person) sees(room stanza.JID, nick string, wanted func(o muc.Occupant, there bool) bool) {
	p.Helper()
	for {
		if wanted(p.Occupant(room, nick)) {
			return
		}
		select {
		case <-p.news:
		case <-p.ctx.Done():
			p.Fatalf("%s: %s in %s: %+v", p.jid, nick, room, p.Occupants(room))
		}
	}
}

// XEP-0045 §7.2, §7.14, §7.6
func TestRealOccupants(t *testing.T) {
	servers.Each(t, func(t *testing.T, srv *realserver.Server) {
		room := muc.Room{JID: place(srv, "occupants")}
		owner := online(t, srv, identity{account: "owner"})
		first := owner.enter(room)
		if !first.Statuses.Has(stanza.StatusRoomCreated) || !first.Statuses.Has(stanza.StatusSelfPresence) {
			t.Errorf("the room is new, with %v", first.Statuses)
		}
		self := first.Occupants[0]
		if self.Nick != "owner" || self.Affiliation != stanza.Owner || self.Role != stanza.Moderator {
			t.Errorf("we are %+v", self)
		}
		romeo := online(t, srv, identity{account: "romeo"})
		in := romeo.enter(room)
		if got := nicks(in.Occupants); !slices.Equal(got, []string{"owner", "romeo"}) {
			t.Fatalf("there are %v", got)
		}
		if o := in.Occupants[0]; o.JID != "" || o.Affiliation != stanza.Owner || o.Role != stanza.Moderator {
			t.Errorf("in a semi-anonymous room the owner is %+v", o)
		}
		came := waitFor(owner, anyOf[muc.OccupantJoined]).Occupant
		if came.Nick != "romeo" || came.JID.Bare() != romeo.jid || came.Affiliation != stanza.AffiliationNone || came.Role != stanza.Participant {
			t.Errorf("the owner sees %+v", came)
		}
		if srv.Name == "prosody" && (came.ID == "" || in.Occupants[1].ID != came.ID) {
			t.Errorf("romeo's occupant-id is %q to the owner and %q to himself", came.ID, in.Occupants[1].ID)
		}

		romeo.must(romeo.SetNick(romeo.ctx, room.JID, "montague"))
		if e := waitFor(romeo, anyOf[muc.NickChanged]); !e.Own || e.Old != "romeo" || e.Occupant.Nick != "montague" {
			t.Errorf("romeo heard %+v", e)
		}
		if e := waitFor(owner, anyOf[muc.NickChanged]); e.Own || e.Old != "romeo" || e.Occupant.Nick != "montague" || e.Occupant.ID != came.ID {
			t.Errorf("the owner heard %+v", e)
		}
		if err := romeo.SetNick(romeo.ctx, room.JID, "owner"); !errors.Is(err, stanza.Conflict) {
			t.Errorf("with the owner's nick: %v", err)
		}
		if s, _ := romeo.Room(room.JID); s.Nick != "montague" || !s.Joined {
			t.Errorf("after that: %+v", s)
		}

		romeo.must(romeo.Leave(romeo.ctx, room.JID, "goodbye"))
		if e := waitFor(romeo, anyOf[muc.Left]); e.Cause != muc.LeftByUs || e.Rejoin {
			t.Errorf("romeo heard %+v", e)
		}
		if e := waitFor(owner, anyOf[muc.OccupantLeft]); e.Occupant.Nick != "montague" || e.Cause != muc.LeftByThemselves || e.Status != "goodbye" {
			t.Errorf("the owner heard %+v", e)
		}
		if got := nicks(owner.Occupants(room.JID)); !slices.Equal(got, []string{"owner"}) {
			t.Errorf("there are %v", got)
		}
		if list := of[muc.OccupantJoined](owner.all()); len(list) != 1 {
			t.Errorf("these have come: %+v", list)
		}
	})
}

// XEP-0045 §7.2.8: somebody else has our nick. We take another, and ours as soon as
// it is free.
func TestRealNickConflict(t *testing.T) {
	servers.Each(t, func(t *testing.T, srv *realserver.Server) {
		room := muc.Room{JID: place(srv, "conflict"), Nick: "juliet"}
		// With nobody else there, Prosody would lose the room: see TestRealNickChangeAlone.
		online(t, srv, identity{account: "romeo"}).enter(muc.Room{JID: room.JID})
		first := online(t, srv, identity{account: "owner"})
		first.enter(room)
		second := online(t, srv, identity{account: "juliet"})
		if e := second.enter(room); e.Nick != "juliet_2" {
			t.Errorf("we are called %q", e.Nick)
		}
		first.must(first.SetNick(first.ctx, room.JID, "nurse"))
		if e := waitFor(second, func(e muc.NickChanged) bool { return e.Own }); e.Old != "juliet_2" || e.Occupant.Nick != "juliet" {
			t.Errorf("then %+v", e)
		}
		if got := nicks(second.Occupants(room.JID)); !slices.Equal(got, []string{"juliet", "nurse", "romeo"}) {
			t.Errorf("there are %v", got)
		}
		// Once more, and the other one leaves.
		second.must(second.Leave(second.ctx, room.JID, ""))
		waitFor(first, anyOf[muc.OccupantLeft])
		first.must(first.SetNick(first.ctx, room.JID, "juliet"))
		second.enter(room)
		first.must(first.Leave(first.ctx, room.JID, ""))
		waitFor(second, func(e muc.NickChanged) bool { return e.Own && e.Occupant.Nick == "juliet" })
	})
}

// XEP-0045 §7.2.5 to §7.2.9: each reason not to let us in has its error, and what is
// for good is not tried again.
func TestRealRefusals(t *testing.T) {
	servers.Each(t, func(t *testing.T, srv *realserver.Server) {
		owner := online(t, srv, identity{account: "owner"})
		romeo := online(t, srv, identity{account: "romeo"})
		for _, c := range []struct {
			name      string
			configure map[string][]string
			ban       bool
			condition stanza.Condition
		}{
			{"password", map[string][]string{"muc#roomconfig_passwordprotectedroom": {"1"}, "muc#roomconfig_roomsecret": {"caps & <bells>"}}, false, stanza.NotAuthorized},
			{"members", map[string][]string{"muc#roomconfig_membersonly": {"1"}}, false, stanza.RegistrationRequired},
			{"banned", nil, true, stanza.Forbidden},
		} {
			room := muc.Room{JID: place(srv, "refusal-"+c.name)}
			owner.enter(room)
			if c.ban {
				owner.must(owner.Ban(owner.ctx, room.JID, romeo.jid, ""))
			} else {
				before, err := owner.Configuration(owner.ctx, room.JID)
				owner.must(err)
				if v := before["muc#roomconfig_membersonly"]; !slices.Equal(v, []string{"0"}) {
					t.Errorf("members only, before: %q", v)
				}
				if srv.Name == "prosody" { // its form has the password only
					delete(c.configure, "muc#roomconfig_passwordprotectedroom")
				}
				owner.must(owner.Configure(owner.ctx, room.JID, c.configure))
				after, err := owner.Configuration(owner.ctx, room.JID)
				owner.must(err)
				for name, v := range c.configure {
					if !slices.Equal(after[name], v) {
						t.Errorf("%s is %q", name, after[name])
					}
				}
				waitFor(owner, func(e muc.RoomConfigChanged) bool { return e.Room == room.JID })
			}
			if e := romeo.refused(room); !errors.Is(e, c.condition) || !e.Stopped {
				t.Errorf("%s: %+v", c.name, e)
			}
			if e := waitFor(romeo, anyOf[muc.JoinFailed]); e.Room != room.JID || !e.Stopped || !errors.Is(e.Err, c.condition) {
				t.Errorf("%s: heard %+v", c.name, e)
			}
			if s, ok := romeo.Room(room.JID); ok {
				t.Errorf("%s: still wished for: %+v", c.name, s)
			}
			switch c.name {
			case "password":
				room.Password = "caps & <bells>"
			case "members":
				owner.must(owner.SetAffiliation(owner.ctx, room.JID, romeo.jid, stanza.Member, ""))
			case "banned":
				owner.must(owner.SetAffiliation(owner.ctx, room.JID, romeo.jid, stanza.AffiliationNone, ""))
			}
			romeo.enter(room)
		}
	})
}

// XEP-0045 §7.2.9: a full room is asked again until somebody has left. Prosody has no
// such bound, and ejabberd says resource-constraint in place of service-unavailable.
func TestRealFullRoom(t *testing.T) {
	srv := servers.Ejabberd(t)
	room, owner, romeo := stage(t, srv, "full", muc.Config{})
	config := map[string][]string{"muc#roomconfig_maxusers": {"5"}}
	owner.must(owner.Configure(owner.ctx, room, config))
	var others []*person
	for _, name := range []string{"ann", "bob", "cid"} {
		p := online(t, srv, identity{account: name})
		p.enter(muc.Room{JID: room})
		others = append(others, p)
	}
	juliet := online(t, srv, identity{account: "juliet"})
	if e := juliet.refused(muc.Room{JID: room}); !errors.Is(e, stanza.ResourceConstraint) || e.Stopped || e.Retry == 0 {
		t.Errorf("a full room: %+v", e)
	}
	romeo.must(romeo.Leave(romeo.ctx, room, ""))
	if e := waitFor(juliet, anyOf[muc.Joined]); len(e.Occupants) != 5 || e.Rejoined {
		t.Errorf("then %+v", e)
	}
	others[0].hears(room, juliet)
}
