package reconnect

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/xmppo/go-xmpp"

	"github.com/xmppkit/xmppkit/internal/realserver"
	"github.com/xmppkit/xmppkit/internal/xmpptest"
	"github.com/xmppkit/xmppkit/stanza"
)

func realOptions(s *realserver.Server, name string) xmpp.Options {
	jid, password := s.Account(name)
	return xmpp.Options{
		Host: s.Addr, User: jid, Password: password, Resource: name, NoTLS: true, StartTLS: true,
		TLSConfig: &tls.Config{RootCAs: s.Roots},
	}
}

// online is a client of a real server, with a service that tells what it sees.
func online(t *testing.T, ctx context.Context, s *realserver.Server, name string, more ...stanza.Service) (*Client, chan stanza.Stanza) {
	t.Helper()
	seen := sees{make(begins, 100), make(chan stanza.Stanza, 1000)}
	c := New(quick(realOptions(s, name), append(more, seen)...))
	run(t, c)
	seen.begins.next(t, ctx)
	return c, seen.stanzas
}

// hostile are strings that would be something else if they were pasted into XML.
var hostile = []string{
	`"/><message to='%s'><body>injected</body></message><iq x="`,
	`'/><message to='%s'><body>injected</body></message><iq x='`,
	`</body></message><message to='%s'><body>injected</body></message><message><body>`,
	`]]><message to='%s'><body>injected</body></message><![CDATA[`,
	`\"/><message to=\"%s\"><body>injected</body></message>`,
	`&quot;/&gt;&lt;message to='%s'/&gt;`,
	"</stream:stream>%.0s", "<!--%.0s", "<![CDATA[%.0s", "&#0;&#x1b;&%.0s", "\u2028\ufffe\x7f\u0085\t\r\n%.0s", `\u003c%.0s`, "&lt;&amp;%.0s",
}

// parrot says what it is told, and tries everything that it is told as a name.
type parrot struct{}

func (parrot) Begin(context.Context, stanza.Session) {}
func (parrot) Handle(ctx context.Context, s stanza.Session, st stanza.Stanza) {
	m, ok := st.(*stanza.Message)
	if !ok || m.Body == "" || m.Type == stanza.MessageError {
		return
	}
	echo := &stanza.Message{ID: m.ID, To: m.From, Type: stanza.Chat, Body: m.Body, Subject: &m.Body, Thread: m.Body,
		Extensions: []stanza.Element{
			stanza.NewText("urn:x", "text", m.Body).WithAttr("attr", m.Body),
			stanza.MUCUser{Items: []stanza.MUCItem{{Nick: m.Body, Reason: m.Body}}}.Element(),
		}}
	_ = s.Send(ctx, echo) // the test misses it
}

// What a stranger sends, through everything that is answered or said again, never
// makes us send what we did not mean, and the stream stays up.
func TestInjection(t *testing.T) {
	servers.Each(t, func(t *testing.T, srv *realserver.Server) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		bot, _ := online(t, ctx, srv, "inj-bot", parrot{})
		witness, saw := online(t, ctx, srv, "inj-witness")
		stranger, heard := online(t, ctx, srv, "inj-stranger")
		me := bot.JID()
		for _, format := range hostile {
			evil := fmt.Sprintf(format, witness.JID())
			id := clean(strings.Join(strings.Fields(evil), " ")) // Prosody makes spaces of tabs in attributes
			for _, payload := range []stanza.Element{
				stanza.NewElement(stanza.NSPing, "ping"),
				stanza.NewElement(stanza.NSVersion, "query"),
				stanza.NewElement(stanza.NSDiscoInfo, "query"),
				stanza.NewElement(stanza.NSDiscoInfo, "query").WithAttr("node", evil),
				stanza.NewElement(stanza.NSDiscoItems, "query").WithAttr("node", evil),
				stanza.NewText("urn:x", "query", evil).WithAttr("a", evil),
			} {
				iq := &stanza.IQ{ID: id, To: me, Type: stanza.Get, Extensions: []stanza.Element{payload}}
				_, err := stranger.Request(ctx, iq)
				var refused *stanza.Error
				if err != nil && !errors.As(err, &refused) {
					t.Fatalf("%q to %s: %v", evil, payload.Name.Space, err)
				}
			}
			if err := stranger.Send(ctx, &stanza.Message{ID: id, To: me, Type: stanza.Chat, Body: evil}); err != nil {
				t.Fatal(err)
			}
			echo := waitFor(t, ctx, heard, func(m *stanza.Message) bool { return m.Body != "" })
			if clean(echo.Body) != clean(evil) || echo.Subject == nil || clean(*echo.Subject) != clean(evil) {
				t.Errorf("%q came back as %q", evil, echo.Body)
			}
			if err := stranger.Send(ctx, &stanza.Presence{ID: id, To: me, Status: evil, Show: stanza.Show(evil)}); err != nil {
				t.Fatal(err)
			}
		}
		if err := answered(ctx, bot); err != nil {
			t.Errorf("the bot's own stream: %v", err)
		}
		if st := bot.Stats(); st.Sessions != 1 || !st.Online {
			t.Errorf("the bot's stream did not stay up: %+v", st)
		}
		// What the bot sent stands before this in the witness's stream.
		if err := bot.Send(ctx, &stanza.Message{To: witness.JID(), Type: stanza.Chat, Body: "last"}); err != nil {
			t.Fatal(err)
		}
		waitFor(t, ctx, saw, func(m *stanza.Message) bool {
			if m.From.Bare() == me.Bare() && m.Body != "last" {
				t.Errorf("the witness was sent %s", stanza.Marshal(m))
			}
			return m.Body == "last"
		})
	})
}

// answered asks the server something. A refusal is an answer: this ejabberd has no
// ping.
func answered(ctx context.Context, s stanza.Session) error {
	_, err := s.Request(ctx, ping(stanza.JID(s.JID().Domain())))
	var refused *stanza.Error
	if errors.As(err, &refused) {
		return nil
	}
	return err
}

// clean is text as it comes through XML.
func clean(s string) string {
	return strings.NewReplacer("\r\n", "\n", "\r", "\n", "\ufffe", "\ufffd").Replace(s)
}

func waitFor(t *testing.T, ctx context.Context, from chan stanza.Stanza, match func(*stanza.Message) bool) *stanza.Message {
	t.Helper()
	for {
		select {
		case st := <-from:
			if m, ok := st.(*stanza.Message); ok && match(m) {
				return m
			}
		case <-ctx.Done():
			t.Fatal("the message did not come")
		}
	}
}

// go-xmpp's own Recv fails that test, which is why we do not use it. When this test
// fails, upstream has mended it.
func TestRecvCanBeInjected(t *testing.T) {
	ctx := withLimit(t)
	srv := xmpptest.New(t, xmpptest.Config{})
	o := options(srv)
	o.User, o.Resource = "warden@example.org", "bot"
	o.TLSConfig.ServerName = "example.org"
	o.ReportSoftwareVersion = true
	x, err := o.NewClient()
	if err != nil {
		t.Fatal(err)
	}
	conn, _, err := takeOver(x)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			if _, err := x.Recv(); err != nil {
				return
			}
		}
	}()
	defer func() { conn.Close(); <-ended }()
	witness, err := srv.Connect("witness@example.org/w")
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := srv.Connect("stranger@example.org/s")
	if err != nil {
		t.Fatal(err)
	}
	stranger.Send(&stanza.IQ{
		ID:   fmt.Sprintf(`"/><message to='%s'><body>injected</body></message><iq type="result" id="`, witness.JID()),
		Type: stanza.Get, To: "warden@example.org/bot",
		Extensions: []stanza.Element{stanza.NewElement(stanza.NSVersion, "query")},
	})
	injected := func(st stanza.Stanza) bool {
		m, ok := st.(*stanza.Message)
		return ok && m.Body == "injected" && m.From.Bare() == "warden@example.org"
	}
	if _, err := witness.Wait(ctx, injected); err != nil {
		t.Errorf("nothing was injected (%v): has go-xmpp mended it?", err)
	}
}

// RFC 6120 on real servers: log in, lose the server, come back, leave.
func TestRealServers(t *testing.T) {
	servers.Each(t, func(t *testing.T, srv *realserver.Server) {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		o := realOptions(srv, "basic")
		b := make(begins, 100)
		c := New(quick(o, b))
		stop := run(t, c)
		first := b.next(t, ctx)
		if string(first.JID().Bare()) != o.User {
			t.Errorf("bound to %s", first.JID())
		}
		for _, to := range []stanza.JID{"", first.JID().Bare(), first.JID(), stanza.JID(srv.Domain), stanza.JID(srv.Rooms)} {
			var refused *stanza.Error
			if _, err := first.Request(ctx, ping(to)); err != nil && !errors.As(err, &refused) {
				t.Errorf("ping to %q: %v", to, err)
			}
		}
		srv.Kill()
		if _, err := first.Request(ctx, ping("")); !errors.Is(err, stanza.ErrLost) && !errors.Is(err, stanza.ErrOffline) {
			t.Errorf("request after kill: %v", err)
		}
		srv.Start()
		b.next(t, ctx)
		if err := answered(ctx, c); err != nil {
			t.Errorf("after the restart: %v", err)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
		wrong := o
		wrong.Password = "wrong"
		if err := New(quick(wrong)).Run(ctx); !errors.Is(err, ErrAuth) {
			t.Errorf("with a wrong password Run ended with %v", err)
		}
		direct := o
		direct.Host, direct.NoTLS, direct.StartTLS = srv.DirectTLSAddr, false, false
		b = make(begins, 100)
		run(t, New(quick(direct, b)))
		b.next(t, ctx)
	})
}

// XEP-0114 on real servers.
func TestRealComponent(t *testing.T) {
	servers.Each(t, func(t *testing.T, srv *realserver.Server) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		host := stanza.JID(srv.Components[0])
		cfg := ComponentConfig{
			Addr: srv.ComponentAddr, Domain: host, Secret: srv.Secret,
			Logger: slog.New(slog.DiscardHandler), Backoff: Backoff{Min: time.Millisecond, Max: 20 * time.Millisecond},
		}
		seen := newSees()
		c := NewComponent(cfg)
		phone, err := c.As("+15551234567@"+host, seen)
		if err != nil {
			t.Fatal(err)
		}
		stop := run(t, c)
		seen.begins.next(t, ctx)
		user, heard := online(t, ctx, srv, "comp-user")
		if err := user.Send(ctx, &stanza.Message{To: phone.JID(), Type: stanza.Chat, Body: "Привет <&> 😀"}); err != nil {
			t.Fatal(err)
		}
		if m := seen.next(t, ctx).(*stanza.Message); m.Body != "Привет <&> 😀" {
			t.Errorf("got %q", m.Body)
		}
		if err := phone.Send(ctx, &stanza.Message{To: user.JID(), Type: stanza.Chat, Body: "hello"}); err != nil {
			t.Fatal(err)
		}
		if m := waitFor(t, ctx, heard, func(m *stanza.Message) bool { return m.Body == "hello" }); m.From != phone.JID() {
			t.Errorf("from %s", m.From)
		}
		if err := answered(ctx, phone); err != nil {
			t.Errorf("ping from a phone: %v", err)
		}
		if _, err := user.Request(ctx, ping(phone.JID())); err != nil {
			t.Errorf("ping to a phone: %v", err)
		}
		srv.Kill()
		srv.Start()
		seen.begins.next(t, ctx)
		if err := stop(); err != nil {
			t.Error(err)
		}
		for name, change := range map[error]func(*ComponentConfig){
			ErrAuth: func(c *ComponentConfig) { c.Secret = "wrong" },
		} {
			wrong := cfg
			change(&wrong)
			if err := NewComponent(wrong).Run(ctx); !errors.Is(err, name) {
				t.Errorf("Run ended with %v, want %v", err, name)
			}
		}
	})
}
