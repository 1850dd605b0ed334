package reconnect

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/xmppkit/xmppkit/internal/xmpptest"
	"github.com/xmppkit/xmppkit/stanza"
)

const gateway = stanza.JID("sms.example.org")

func componentServer(t *testing.T) *xmpptest.Server {
	return xmpptest.New(t, xmpptest.Config{Components: map[string]string{string(gateway): "s&cret"}})
}

func component(s *xmpptest.Server, services ...stanza.Service) ComponentConfig {
	return ComponentConfig{
		Addr: s.Addr(), Domain: gateway, Secret: "s&cret", Services: services,
		Logger: slog.New(slog.DiscardHandler), Backoff: Backoff{Min: time.Millisecond, Max: 20 * time.Millisecond},
	}
}

// sees tells of every stanza that arrives, and of sessions.
type sees struct {
	begins
	stanzas chan stanza.Stanza
}

func newSees() sees { return sees{make(begins, 10), make(chan stanza.Stanza, 10)} }

func (s sees) Handle(_ context.Context, _ stanza.Session, st stanza.Stanza) { s.stanzas <- st }

func (s sees) next(t *testing.T, ctx context.Context) stanza.Stanza {
	t.Helper()
	select {
	case st := <-s.stanzas:
		return st
	case <-ctx.Done():
		t.Fatal("no stanza")
		return nil
	}
}

// XEP-0114: many addresses on one stream, each with what is its own.
func TestComponentAddresses(t *testing.T) {
	ctx := withLimit(t)
	srv := componentServer(t)
	domain, ann, bob := newSees(), newSees(), newSees()
	c := NewComponent(component(srv, domain))
	a, err := c.As("+1@"+gateway, ann)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Send(ctx, &stanza.Message{}); !errors.Is(err, stanza.ErrOffline) {
		t.Errorf("before Run: %v", err)
	}
	run(t, c)
	if s := domain.begins.next(t, ctx); s.JID() != gateway {
		t.Errorf("the domain's session is %q", s.JID())
	}
	if s := ann.begins.next(t, ctx); s.JID() != "+1@"+gateway {
		t.Errorf("the address's session is %q", s.JID())
	}
	b, err := c.As("+2@"+gateway, bob) // while online
	if err != nil {
		t.Fatal(err)
	}
	bob.begins.next(t, ctx)

	user, err := srv.Connect("romeo@example.org/home")
	if err != nil {
		t.Fatal(err)
	}
	say := func(to stanza.JID) { user.Send(&stanza.Message{To: to, Type: stanza.Chat, Body: string(to)}) }
	for to, seen := range map[stanza.JID]sees{
		"+1@" + gateway: ann, "+2@" + gateway + "/phone": bob, "+3@" + gateway: domain, gateway: domain,
	} {
		say(to)
		if m := seen.next(t, ctx).(*stanza.Message); m.Body != string(to) {
			t.Errorf("what was for %s is %q", to, m.Body)
		}
	}

	from := func(want stanza.JID) {
		t.Helper()
		if _, err := user.Wait(ctx, func(st stanza.Stanza) bool {
			m, ok := st.(*stanza.Message)
			return ok && m.From == want
		}); err != nil {
			t.Fatalf("nothing from %s: %v", want, err)
		}
	}
	for _, s := range []struct {
		session stanza.Session
		from    stanza.JID // as the sender has it
		want    stanza.JID
	}{
		{a, "", "+1@" + gateway},
		{a, "+1@" + gateway + "/phone", "+1@" + gateway + "/phone"},
		{a, "+2@" + gateway, "+1@" + gateway},
		{a, "romeo@example.org", "+1@" + gateway},
		{c, "", gateway},
		{c, "+3@" + gateway, "+3@" + gateway},
	} {
		if err := s.session.Send(ctx, &stanza.Message{From: s.from, To: user.JID(), Body: "x"}); err != nil {
			t.Fatal(err)
		}
		from(s.want)
	}

	if rtt, err := a.Request(ctx, ping("example.org")); err != nil {
		t.Errorf("request: %v, %v", rtt, err)
	}
	for _, to := range []stanza.JID{"+1@" + gateway, "+9@" + gateway, gateway} {
		if answer, err := user.Request(ctx, ping(to)); err != nil || answer.From != to {
			t.Errorf("ping to %s: %+v, %v", to, answer, err)
		}
	}

	b.Remove()
	say("+2@" + gateway)
	if m := domain.next(t, ctx).(*stanza.Message); m.To != "+2@"+gateway {
		t.Errorf("after Remove the domain got %v", m)
	}
	if err := b.Send(ctx, &stanza.Message{}); !errors.Is(err, stanza.ErrOffline) {
		t.Errorf("after Remove: %v", err)
	}

	srv.Kill(gateway)
	domain.begins.next(t, ctx)
	ann.begins.next(t, ctx)
	select {
	case <-bob.begins:
		t.Error("a removed address began again")
	default:
	}
}

func TestComponentAs(t *testing.T) {
	c := NewComponent(ComponentConfig{Domain: gateway})
	if _, err := c.As("+1@" + gateway); err != nil {
		t.Error(err)
	}
	for _, jid := range []stanza.JID{"", gateway, "+1@" + gateway, "+2@" + gateway + "/x", "a@example.org"} {
		if _, err := c.As(jid); !errors.Is(err, ErrConfig) {
			t.Errorf("As(%q): %v", jid, err)
		}
	}
}

// XEP-0114 §3, and what trying again cannot mend.
func TestComponentEndsForGood(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*ComponentConfig)
		want   error
	}{
		"wrong secret":         {func(c *ComponentConfig) { c.Secret = "wrong" }, ErrAuth},
		"unknown host":         {func(c *ComponentConfig) { c.Domain = "other.example.org" }, ErrHostUnknown},
		"no domain":            {func(c *ComponentConfig) { c.Domain = "a@b" }, ErrConfig},
		"no port":              {func(c *ComponentConfig) { c.Addr = "127.0.0.1" }, ErrConfig},
		"not on this machine":  {func(c *ComponentConfig) { c.Addr = "192.0.2.1:5347" }, ErrConfig},
		"not only on this one": {func(c *ComponentConfig) { c.Addr = "0.0.0.0:5347" }, ErrConfig},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := component(componentServer(t))
			c.change(&cfg)
			if err := NewComponent(cfg).Run(withLimit(t)); !errors.Is(err, c.want) {
				t.Errorf("Run ended with %v, want %v", err, c.want)
			}
		})
	}
}

// A conflict ends a Run that was never online; later it is most likely our own
// connection that the server has not missed.
func TestComponentConflict(t *testing.T) {
	ctx := withLimit(t)
	srv := componentServer(t)
	first := newSees()
	run(t, NewComponent(component(srv, first)))
	first.begins.next(t, ctx)
	if err := NewComponent(component(srv)).Run(ctx); !errors.Is(err, ErrConflict) {
		t.Errorf("Run ended with %v", err)
	}
	srv.Ghost(gateway)
	time.AfterFunc(50*time.Millisecond, func() { srv.Kill9(); _ = srv.Restart() })
	first.begins.next(t, ctx)
}

// A server that says nothing does not hold Run.
func TestComponentHandshakeTimeout(t *testing.T) {
	ctx := withLimit(t)
	srv := componentServer(t)
	srv.StallNext(1)
	seen := newSees()
	cfg := component(srv, seen)
	cfg.HandshakeTimeout = 100 * time.Millisecond
	c := NewComponent(cfg)
	run(t, c)
	seen.begins.next(t, ctx)
	if st := c.Stats(); st.Attempts != 2 || !errors.Is(st.LastErr, ErrTimeout) {
		t.Errorf("%+v", st)
	}
}

// The goroutines of a component do not depend on how many addresses it carries.
func TestComponentGoroutines(t *testing.T) {
	ctx := withLimit(t)
	srv := componentServer(t)
	seen := newSees()
	c := NewComponent(component(srv, seen))
	run(t, c)
	seen.begins.next(t, ctx)
	before := settled(t, ctx, usage{goroutines: 1 << 30, files: 1 << 30})
	for i := range 5000 {
		if _, err := c.As(stanza.JID(fmt.Sprintf("+%d@%s", i, gateway))); err != nil {
			t.Fatal(err)
		}
	}
	if after := settled(t, ctx, before); after.goroutines > before.goroutines {
		t.Errorf("%d goroutines with one address, %d with 5,000", before.goroutines, after.goroutines)
	}
}

// What a server says in the handshake is not trusted either.
func TestComponentHandshakeNonsense(t *testing.T) {
	for name, say := range map[string]string{
		"nothing":       "",
		"no XML":        "HTTP/1.1 400 Bad Request\r\n\r\n",
		"no stream":     "<html>",
		"no handshake":  "<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' id='1'><message/>",
		"an early end":  "<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' id='1'>",
		"a wrong space": "<stream:stream xmlns='jabber:component:accept' xmlns:stream='urn:x' id='1'><handshake/>",
	} {
		t.Run(name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			go func() {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				fmt.Fprint(conn, say)
				conn.(*net.TCPConn).CloseWrite()
				buf := make([]byte, 1000)
				for {
					if _, err := conn.Read(buf); err != nil {
						conn.Close()
						return
					}
				}
			}()
			c := NewComponent(ComponentConfig{Addr: l.Addr().String(), Domain: gateway, HandshakeTimeout: limit})
			if _, err := c.connect(withLimit(t)); err == nil || !strings.Contains(err.Error(), "handshake with") {
				t.Errorf("connect: %v", err)
			}
		})
	}
}
