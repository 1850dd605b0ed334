package main

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"log/slog"
	"net"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xmppo/go-xmpp"

	"github.com/xmppkit/xmppkit/internal/realserver"
	"github.com/xmppkit/xmppkit/internal/xmpptest"
	"github.com/xmppkit/xmppkit/muc"
	"github.com/xmppkit/xmppkit/reconnect"
	"github.com/xmppkit/xmppkit/stanza"
)

// record keeps what happens, in order, for tests to look at and wait for.
type record[E any] struct {
	mu   sync.Mutex // guards those below
	list []E
	more chan struct{} // closed at the next one
}

func (r *record[E]) add(e E) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = append(r.list, e)
	if r.more != nil {
		close(r.more)
		r.more = nil
	}
}

// since is what has happened from the n-th on.
func (r *record[E]) since(n int) []E {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.list[n:])
}

func (r *record[E]) len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.list)
}

// wait waits until enough is true of what has happened from the n-th on.
func (r *record[E]) wait(ctx context.Context, t *testing.T, what string, n int, enough func([]E) bool) {
	t.Helper()
	for {
		r.mu.Lock()
		if r.more == nil {
			r.more = make(chan struct{})
		}
		list, more := slices.Clone(r.list[n:]), r.more
		r.mu.Unlock()
		if enough(list) {
			return
		}
		select {
		case <-more:
		case <-ctx.Done():
			t.Fatalf("waited in vain for %s; of late: %+v", what, list[max(0, len(list)-5):])
		}
	}
}

// until waits for one that matches, from the n-th on.
func (r *record[E]) until(ctx context.Context, t *testing.T, what string, n int, match func(E) bool) (found E) {
	t.Helper()
	r.wait(ctx, t, what, n, func(list []E) bool {
		i := slices.IndexFunc(list, match)
		if i >= 0 {
			found = list[i]
		}
		return i >= 0
	})
	return found
}

// only is those of one kind.
func only[K, E any](list []E) []K {
	var out []K
	for _, e := range list {
		if k, ok := any(e).(K); ok {
			out = append(out, k)
		}
	}
	return out
}

// running is a bot in this process.
type running struct {
	*bot
	events record[muc.Event]
	log    buffer
	stop   func() error // lets it leave, and gives what run returned
}

// runBot runs the bot of a configuration file until the test ends.
func runBot(t *testing.T, file string) *running {
	t.Helper()
	cfg, err := readConfig(file, true)
	if err != nil {
		t.Fatal(err)
	}
	r := &running{}
	if r.bot, err = newBot(cfg, slog.New(slog.NewTextHandler(&r.log, nil))); err != nil {
		t.Fatal(err)
	}
	r.watch = r.events.add
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.run(ctx, nil) }()
	r.stop = sync.OnceValue(func() error { cancel(); return <-ended })
	t.Cleanup(func() {
		if err := r.stop(); err != nil {
			t.Errorf("the bot ended with %v", err)
		}
		if t.Failed() {
			t.Logf("the bot's log:\n%.20000s", &r.log)
		}
	})
	return r
}

// account is the first table of a configuration for a real server.
func account(t *testing.T, s *realserver.Server, name, addr string) string {
	t.Helper()
	jid, password := s.Account(name)
	return fmt.Sprintf("[account]\njid = '%s/bot'\npassword = '%s'\nserver = '%s'\nca_file = 'ca.pem'\n", jid, password, addr)
}

// rootsPEM is the server's own authority, which it shows with its certificate, or its
// certificate.
func rootsPEM(t *testing.T, s *realserver.Server) string {
	t.Helper()
	conn, err := tls.Dial("tcp", s.DirectTLSAddr, &tls.Config{RootCAs: s.Roots, ServerName: s.Domain, NextProtos: []string{"xmpp-client"}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var b strings.Builder
	for _, c := range conn.ConnectionState().VerifiedChains[0] {
		if err := pem.Encode(&b, &pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

// guest is somebody else on a real server, who sees what everybody sees.
type guest struct {
	*reconnect.Client
	*muc.Rooms
	events  record[muc.Event]
	stanzas record[stanza.Stanza] // that arrive
	stop    func() error
}

// tap is a service that hands on what it sees.
type tap struct {
	begun chan struct{} // of room for all sessions
	seen  func(stanza.Stanza)
}

func (s tap) Begin(context.Context, stanza.Session)                        { s.begun <- struct{}{} }
func (s tap) Handle(_ context.Context, _ stanza.Session, st stanza.Stanza) { s.seen(st) }

// visit logs a guest in, for as long as the test lasts.
func visit(ctx context.Context, t *testing.T, s *realserver.Server, name string) *guest {
	t.Helper()
	return visitAs(ctx, t, s, name, name)
}

func visitAs(ctx context.Context, t *testing.T, s *realserver.Server, name, resource string) *guest {
	t.Helper()
	jid, password := s.Account(name)
	g := &guest{}
	quiet := slog.New(slog.DiscardHandler)
	g.Rooms = muc.New(muc.Config{Nick: name, Logger: quiet, OnEvent: func(_ context.Context, e muc.Event) { g.events.add(e) }})
	begun := make(chan struct{}, 1000)
	g.Client = reconnect.New(reconnect.Config{
		Options: xmpp.Options{Host: s.Addr, User: jid, Password: password, Resource: resource, NoTLS: true, StartTLS: true,
			TLSConfig: &tls.Config{RootCAs: s.Roots}},
		Services: []stanza.Service{g.Rooms, tap{begun, g.stanzas.add}},
		Backoff:  reconnect.Backoff{Min: 20 * time.Millisecond, Max: 200 * time.Millisecond},
		Logger:   quiet,
	})
	own, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- g.Run(own) }()
	g.stop = sync.OnceValue(func() error { cancel(); return <-ended })
	t.Cleanup(func() {
		if err := g.stop(); err != nil {
			t.Errorf("%s ended with %v", name, err)
		}
	})
	select {
	case <-begun:
	case <-ctx.Done():
		t.Fatalf("%s does not come online: %v", name, g.Client.Stats().LastErr)
	}
	return g
}

// enter joins a room.
func (g *guest) enter(ctx context.Context, t *testing.T, room stanza.JID, nick string) muc.Joined {
	t.Helper()
	j, err := g.Join(ctx, muc.Room{JID: room, Nick: nick})
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// via carries connections to a server, and what the server sends through change.
func via(t *testing.T, to string, change func([]byte) []byte) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	t.Cleanup(func() { l.Close(); all.Wait() }) // the bot has ended by then, and its connection
	all.Go(func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", to)
			if err != nil {
				in.Close()
				continue
			}
			pass := func(to, from net.Conn, change func([]byte) []byte) {
				defer to.Close()
				defer from.Close()
				b := make([]byte, 64<<10)
				for {
					n, err := from.Read(b)
					if _, e := to.Write(change(b[:n])); err != nil || e != nil {
						return
					}
				}
			}
			all.Go(func() { pass(in, out, change) })
			all.Go(func() { pass(out, in, func(b []byte) []byte { return b }) })
		}
	})
	return l.Addr().String()
}

// runOn runs the bot on an in-process server.
func runOn(t *testing.T, srv *xmpptest.Server, more string) *running {
	t.Helper()
	text := fmt.Sprintf("[account]\njid = 'warden@example.org/bot'\npassword = '%s'\nserver = '%s'\nca_file = 'ca.pem'\n%s",
		xmpptest.Password, srv.Addr(), more)
	return runBot(t, inFolder(t, "bot.toml", text, "ca.pem", string(srv.CAPEM())))
}

// loses is a change that lets the next stanza that matches get lost.
type loses struct {
	what *regexp.Regexp

	mu    sync.Mutex // guards those below
	armed bool
	held  []byte
	count int
}

func (l *loses) arm() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.armed = true
}

func (l *loses) lost() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.count
}

// change holds everything back until the stanza is there as a whole.
func (l *loses) change(b []byte) []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.armed {
		return b
	}
	l.held = append(l.held, b...)
	at := l.what.FindIndex(l.held)
	if at == nil {
		return nil
	}
	out := slices.Delete(l.held, at[0], at[1])
	l.held, l.armed = nil, false
	l.count++
	return out
}

// write writes a file anew.
func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
