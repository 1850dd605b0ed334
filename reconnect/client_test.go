package reconnect

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/xmppo/go-xmpp"

	"github.com/xmppkit/xmppkit/internal/xmpptest"
	"github.com/xmppkit/xmppkit/stanza"
)

// limit is for waits that end much sooner unless something is broken.
const limit = 30 * time.Second

func withLimit(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	return ctx
}

// account of the in-process server.
func options(s *xmpptest.Server) xmpp.Options {
	return xmpp.Options{
		Host: s.Addr(), User: "warden@example.org/bot", Password: xmpptest.Password, NoTLS: true, StartTLS: true,
		TLSConfig: &tls.Config{RootCAs: s.CA()},
	}
}

func quick(o xmpp.Options, services ...stanza.Service) Config {
	return Config{
		Options: o, Services: services, Logger: slog.New(slog.DiscardHandler),
		Backoff: Backoff{Min: time.Millisecond, Max: 20 * time.Millisecond},
	}
}

// begins tells of every session that begins.
type begins chan stanza.Session

func (b begins) Begin(_ context.Context, s stanza.Session)           { b <- s }
func (begins) Handle(context.Context, stanza.Session, stanza.Stanza) {}
func (b begins) next(t *testing.T, ctx context.Context) (s stanza.Session) {
	t.Helper()
	select {
	case s = <-b:
	case <-ctx.Done():
		t.Fatal("no session")
	}
	return s
}

// run runs a client until the test ends or stop is called, which waits for it.
func run(t *testing.T, c interface{ Run(context.Context) error }) (stop func() error) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	var stopped atomic.Bool
	stop = func() error {
		if stopped.Swap(true) {
			return nil
		}
		cancel()
		return <-ended
	}
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Errorf("Run ended with %v", err)
		}
	})
	return stop
}

func TestClientComesAndGoesPolitely(t *testing.T) {
	for name, cfg := range map[string]xmpptest.Config{
		"STARTTLS and SCRAM-PLUS": {},
		"SCRAM":                   {Mechanisms: []string{"SCRAM-SHA-1"}},
		"PLAIN":                   {Mechanisms: []string{"PLAIN"}},
		"unencrypted":             {TLS: xmpptest.NoTLS},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := withLimit(t)
			srv := xmpptest.New(t, cfg)
			o := options(srv)
			if cfg.TLS == xmpptest.NoTLS {
				o.StartTLS, o.InsecureAllowUnencryptedAuth = false, true
			}
			o.StatusMessage = "<on> & watch"
			b := make(begins, 1)
			c := New(quick(o, b))
			if err := c.Send(ctx, &stanza.Message{}); !errors.Is(err, stanza.ErrOffline) {
				t.Errorf("before Run: %v", err)
			}
			stop := run(t, c)
			s := b.next(t, ctx)
			if s.JID() != "warden@example.org/bot" || c.JID() != s.JID() {
				t.Errorf("bound to %q, client says %q", s.JID(), c.JID())
			}
			ours := func(a xmpptest.Arrival) bool {
				p, ok := a.Stanza.(*stanza.Presence)
				return ok && p.Status == "<on> & watch" && p.Extension(stanza.NSCaps, "c") != nil
			}
			if _, err := srv.WaitArrival(ctx, 0, ours); err != nil {
				t.Fatal(err)
			}
			if _, err := c.Request(ctx, ping("example.org")); err != nil {
				t.Error(err)
			}
			if st := c.Stats(); !st.Online || st.Sessions != 1 || st.Handshakes != 0 || st.Sent < 2 || st.Received < 1 {
				t.Errorf("online: %+v", st)
			}
			if err := stop(); err != nil {
				t.Error(err)
			}
			bye := func(a xmpptest.Arrival) bool {
				p, ok := a.Stanza.(*stanza.Presence)
				return ok && p.Type == stanza.Unavailable
			}
			if _, err := srv.WaitArrival(ctx, 0, bye); err != nil {
				t.Error("no unavailable presence arrived")
			}
			if err := s.Send(ctx, &stanza.Message{}); !errors.Is(err, stanza.ErrOffline) {
				t.Errorf("after Run: %v", err)
			}
			if st := c.Stats(); st.Online || st.LastErr != nil {
				t.Errorf("offline: %+v", st)
			}
		})
	}
}

func ping(to stanza.JID) *stanza.IQ {
	return &stanza.IQ{Type: stanza.Get, To: to, Extensions: []stanza.Element{stanza.NewElement(stanza.NSPing, "ping")}}
}

func TestClientComesByDirectTLS(t *testing.T) {
	ctx := withLimit(t)
	srv := xmpptest.New(t, xmpptest.Config{})
	o := options(srv)
	o.NoTLS, o.StartTLS = false, false
	b := make(begins, 1)
	run(t, New(quick(o, b)))
	b.next(t, ctx)
}

// Trying again cannot mend these.
func TestRunEndsForGood(t *testing.T) {
	for name, c := range map[string]struct {
		server  xmpptest.Config
		options func(*xmpp.Options)
		want    error
	}{
		"wrong password":                   {options: func(o *xmpp.Options) { o.Password = "wrong" }, want: ErrAuth},
		"wrong password, told in words":    {server: xmpptest.Config{AuthText: "Invalid username or password"}, options: func(o *xmpp.Options) { o.Password = "wrong" }, want: ErrAuth},
		"no such account":                  {server: xmpptest.Config{Accounts: map[string]string{}}, want: ErrAuth},
		"no acceptable mechanism":          {server: xmpptest.Config{Mechanisms: []string{"PLAIN"}}, options: func(o *xmpp.Options) { o.NoPLAIN = true }, want: ErrMechanism},
		"unknown authority":                {options: func(o *xmpp.Options) { o.TLSConfig = &tls.Config{RootCAs: x509.NewCertPool()} }, want: ErrCertificate},
		"another domain's certificate":     {server: xmpptest.Config{Names: []string{"example.net"}}, want: ErrCertificate},
		"the same by direct TLS":           {server: xmpptest.Config{Names: []string{"example.net"}}, options: func(o *xmpp.Options) { o.NoTLS = false }, want: ErrCertificate},
		"no encryption where it is wanted": {server: xmpptest.Config{TLS: xmpptest.NoTLS}, want: ErrNoTLS},
		"no address":                       {options: func(o *xmpp.Options) { o.User = "@" }, want: ErrConfig},
	} {
		t.Run(name, func(t *testing.T) {
			srv := xmpptest.New(t, c.server)
			o := options(srv)
			if c.options != nil {
				c.options(&o)
			}
			if err := New(quick(o)).Run(withLimit(t)); !errors.Is(err, c.want) {
				t.Errorf("Run ended with %v, want %v", err, c.want)
			}
		})
	}
}

// RFC 6120 §4.9.3.3: whoever is replaced does not replace back.
func TestConflictEndsRun(t *testing.T) {
	ctx := withLimit(t)
	srv := xmpptest.New(t, xmpptest.Config{})
	b := make(begins, 1)
	first := New(quick(options(srv), b))
	ended := make(chan error, 1)
	go func() { ended <- first.Run(ctx) }()
	b.next(t, ctx)
	second := make(begins, 1)
	run(t, New(quick(options(srv), second)))
	second.next(t, ctx)
	if err := <-ended; !errors.Is(err, ErrConflict) {
		t.Errorf("Run ended with %v", err)
	}
}

// A passing failure to log in is tried again (RFC 6120 §6.5.11).
func TestTemporaryFailureIsTriedAgain(t *testing.T) {
	ctx := withLimit(t)
	srv := xmpptest.New(t, xmpptest.Config{})
	srv.FailLogins("temporary-auth-failure", 2)
	b := make(begins, 1)
	c := New(quick(options(srv), b))
	run(t, c)
	b.next(t, ctx)
	if st := c.Stats(); st.Attempts != 3 {
		t.Errorf("%d attempts, want 3", st.Attempts)
	}
}

// RFC 6120 §3.2: places are tried in order; the certificate is for the domain, not
// for the place.
func TestClientTriesAllPlaces(t *testing.T) {
	ctx := withLimit(t)
	server := xmpptest.New(t, xmpptest.Config{})
	_, port, err := net.SplitHostPort(server.Addr())
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	dead, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone := dead.Addr().(*net.TCPAddr).Port
	_ = dead.Close() // nobody listens there now
	o := options(server)
	o.Host, o.NoTLS, o.StartTLS = "", false, false
	b := make(begins, 1)
	cfg := quick(o, b)
	cfg.Resolver = srv{
		"xmpp-client":  {{Target: "127.0.0.1.", Port: uint16(gone), Priority: 1}},
		"xmpps-client": {{Target: "localhost.", Port: uint16(n), Priority: 2}},
	}
	run(t, New(cfg))
	b.next(t, ctx)
}

// A server that accepts and says nothing hangs go-xmpp; it does not hang Run.
func TestHandshakeThatHangs(t *testing.T) {
	ctx := withLimit(t)
	srv := xmpptest.New(t, xmpptest.Config{})
	srv.StallNext(1)
	b := make(begins, 1)
	cfg := quick(options(srv), b)
	cfg.HandshakeTimeout = 300 * time.Millisecond
	c := New(cfg)
	stop := run(t, c)
	b.next(t, ctx)
	if st := c.Stats(); st.Attempts < 2 || st.Handshakes != 1 {
		t.Errorf("%+v", st)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	srv.Close() // lets go of the connection that hangs
	for c.Stats().Handshakes != 0 {
		select {
		case <-time.After(time.Millisecond):
		case <-ctx.Done():
			t.Fatal("the handshake still hangs")
		}
	}
}

// Attach runs over a connection that somebody else made, once.
func TestAttach(t *testing.T) {
	ctx := withLimit(t)
	srv := xmpptest.New(t, xmpptest.Config{})
	o := options(srv)
	o.User = "warden@example.org"
	o.TLSConfig.ServerName = "example.org"
	x, err := o.NewClient()
	if err != nil {
		t.Fatal(err)
	}
	b := make(begins, 1)
	c, err := Attach(x, quick(xmpp.Options{}, b))
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	s := b.next(t, ctx)
	if _, err := s.Request(ctx, ping("example.org")); err != nil {
		t.Error(err)
	}
	srv.Kill(srv.Domain())
	if err := <-ended; err == nil {
		t.Error("Run did not say why it ended")
	}
	if err := c.Run(ctx); !errors.Is(err, stanza.ErrOffline) {
		t.Errorf("Run again: %v", err)
	}
}

// Pings of go-xmpp's own would end the session, as it never sees their answers.
func TestAttachRefusesPeriodicPings(t *testing.T) {
	srv := xmpptest.New(t, xmpptest.Config{})
	o := options(srv)
	o.User = "warden@example.org"
	o.TLSConfig.ServerName = "example.org"
	x, err := o.NewClient()
	if err != nil {
		t.Fatal(err)
	}
	x.Options.PeriodicServerPings = true // as if from the first: their goroutine cannot be ended
	if _, err := Attach(x, quick(xmpp.Options{})); !errors.Is(err, ErrConfig) {
		t.Errorf("got %v", err)
	}
	discard(x)
}

// A session that has ended is over in Stats too, however long a handler stays in it.
func TestStatsWhileAHandlerLingers(t *testing.T) {
	ctx := withLimit(t)
	srv := xmpptest.New(t, xmpptest.Config{})
	release := make(chan struct{})
	b := make(begins, 1)
	c := New(quick(options(srv), b, handler(func(context.Context, stanza.Session, stanza.Stanza) { <-release })))
	run(t, c)
	me := b.next(t, ctx).JID()
	srv.Deliver(me, &stanza.Message{From: "a@example.org/b"})
	for c.Stats().Backlog == 0 {
		select {
		case <-time.After(time.Millisecond):
		case <-ctx.Done():
			t.Fatal("the message did not arrive")
		}
	}
	srv.Kill(me)
	for c.JID() != "" {
		select {
		case <-time.After(time.Millisecond):
		case <-ctx.Done():
			t.Fatal("the session did not end")
		}
	}
	if st := c.Stats(); st.Online || st.JID != "" || st.Backlog != 0 {
		t.Errorf("%+v", st)
	}
	close(release)
	b.next(t, ctx)
}

// What is logged, at any level, holds no secret, however the login goes.
func TestLogsHoldNoSecret(t *testing.T) {
	const secret = "hunter2&'\"<correct>"
	for name, cfg := range map[string]xmpptest.Config{
		"SCRAM":   {Iterations: 16},
		"PLAIN":   {Mechanisms: []string{"PLAIN"}},
		"in vain": {Mechanisms: []string{"EXTERNAL"}},
	} {
		for _, right := range []bool{true, false} {
			ctx := withLimit(t)
			if right {
				cfg.Accounts = map[string]string{"warden": secret}
			}
			srv := xmpptest.New(t, cfg)
			var logged strings.Builder
			b := make(begins, 10)
			config := quick(options(srv), b)
			config.Options.Password = secret
			config.Logger = slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug - 10}))
			ctx, cancel := context.WithCancel(ctx)
			ended := make(chan error, 1)
			go func() { ended <- New(config).Run(ctx) }()
			var err error
			select {
			case s := <-b:
				s.End(errors.New("enough"))
				b.next(t, ctx)
				cancel()
				err = <-ended
			case err = <-ended:
			}
			cancel()
			text := logged.String() + fmt.Sprint(err)
			for _, form := range []string{"hunter2", "correct", base64.StdEncoding.EncodeToString([]byte("\x00warden\x00" + secret))} {
				if strings.Contains(text, form) {
					t.Errorf("%s: logged %s", name, text)
				}
			}
			if err == nil && !strings.Contains(text, "online") {
				t.Errorf("%s: nothing was logged", name)
			}
		}
	}
}
