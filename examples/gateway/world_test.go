package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/xmppkit/xmppkit/internal/xmpptest"
	"github.com/xmppkit/xmppkit/stanza"
)

const (
	ann = "+15551110001"
	bob = "+15551110002"

	patience = 90 * time.Second
)

// carrier is an SMS service in memory, and all the phones.
type carrier struct {
	in chan receiver // of one, once the gateway runs

	mu    sync.Mutex // guards what follows
	err   error      // of Send
	got   map[string][]string
	wakes chan struct{}
	sent  int
	ids   int
}

func newCarrier() *carrier {
	return &carrier{in: make(chan receiver, 1), got: map[string][]string{}, wakes: make(chan struct{})}
}

func (c *carrier) Send(_ context.Context, m outgoing) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return c.err
	}
	c.sent++
	c.got[m.To] = append(c.got[m.To], m.Text)
	close(c.wakes)
	c.wakes = make(chan struct{})
	return nil
}

func (c *carrier) Run(ctx context.Context, in receiver) error {
	select {
	case <-c.in:
	default:
	}
	c.in <- in
	<-ctx.Done()
	return nil
}

func (c *carrier) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.err = err
}

// world is a server, a gateway and its phones.
type world struct {
	*testing.T
	*carrier
	srv    *xmpptest.Server
	cfg    config
	g      *gateway
	cancel context.CancelFunc
	done   chan error
}

func testConfig(tb testing.TB, addr, secret string) config {
	c := defaultConfig()
	c.State = filepath.Join(tb.TempDir(), "gateway.db")
	c.Number = "+15550000001"
	c.XMPP = componentConfig{Addr: addr, Domain: "sms.example.org", Secret: secret}
	c.Rooms.Servers = []string{"rooms.example.org"}
	c.Chat.From = []string{"example.org"}
	return c
}

func testLog(tb testing.TB) *slog.Logger {
	if os.Getenv("GATEWAY_LOG") == "" {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(tb.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func newWorld(t *testing.T, server xmpptest.Config, adjust func(*config)) *world {
	t.Helper()
	server.Components = map[string]string{"sms.example.org": "secret"}
	server.ReplaceComponent = true
	w := &world{T: t, carrier: newCarrier(), srv: xmpptest.New(t, server)}
	w.cfg = testConfig(t, w.srv.Addr(), "secret")
	if adjust != nil {
		adjust(&w.cfg)
	}
	w.start()
	t.Cleanup(w.stop)
	return w
}

func (w *world) start() {
	w.Helper()
	g, err := newGateway(w.cfg, w.carrier, testLog(w))
	if err != nil {
		w.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	w.g, w.cancel, w.done = g, cancel, make(chan error, 1)
	go func() { w.done <- g.run(ctx) }()
	if err := w.srv.WaitOnline(w.within(), "sms.example.org"); err != nil {
		w.Fatal(err)
	}
}

func (w *world) stop() {
	w.Helper()
	if w.cancel == nil {
		return
	}
	w.cancel()
	w.cancel = nil
	if err := <-w.done; err != nil {
		w.Error(err)
	}
	select {
	case <-w.in: // of the gateway that is no more
	default:
	}
}

// within is a context for what should come soon.
func (w *world) within() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	w.Cleanup(cancel)
	return ctx
}

// text is a phone sending an SMS.
func (w *world) text(from, text string) {
	w.Helper()
	w.mu.Lock()
	w.ids++
	id := fmt.Sprint("id", w.ids)
	w.mu.Unlock()
	w.deliver(incoming{ID: id, From: from, Text: text})
}

func (w *world) deliver(m incoming) {
	w.Helper()
	in := <-w.in
	w.in <- in
	if err := in.receive(context.Background(), m); err != nil {
		w.Fatal(err)
	}
}

// expect waits for the next SMS to a phone, which begins with want.
func (w *world) expect(to, want string) string {
	w.Helper()
	timeout := time.After(patience)
	for {
		w.mu.Lock()
		list, wake := w.got[to], w.wakes
		if len(list) > 0 {
			w.got[to] = list[1:]
		}
		w.mu.Unlock()
		if len(list) > 0 {
			if !strings.HasPrefix(list[0], want) {
				w.Fatalf("%s got %q, want %q", to, list[0], want)
			}
			return list[0]
		}
		select {
		case <-wake:
		case <-timeout:
			w.Fatalf("%s got nothing, want %q", to, want)
		}
	}
}

// quiet checks that a phone has got nothing else: an answer to its own command comes
// behind everything that was on its way.
func (w *world) quiet(phones ...string) {
	w.Helper()
	for _, p := range phones {
		w.text(p, "/list")
		w.expect(p, "You")
	}
}

// until waits until something holds that nobody tells of.
func (w *world) until(holds func() bool) {
	w.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for timeout := time.After(patience); !holds(); {
		select {
		case <-tick.C:
		case <-timeout:
			w.Fatal("did not come about")
		}
	}
}

// waiting is how many letters lie in a bucket.
func (w *world) waiting(bucket []byte) (n int) {
	w.Helper()
	if err := w.g.state.view(func(tx *bolt.Tx) error {
		n = tx.Bucket(bucket).Stats().KeyN
		return nil
	}); err != nil {
		w.Fatal(err)
	}
	return n
}

// user is an XMPP user in the lobby.
func (w *world) user(name string) *xmpptest.Client {
	w.Helper()
	c, err := w.srv.Connect(stanza.JID(name + "@example.org/home"))
	if err != nil {
		w.Fatal(err)
	}
	c.Send(&stanza.Presence{})
	w.Cleanup(c.Close)
	return c
}

func (w *world) enters(c *xmpptest.Client, room stanza.JID, nick string) {
	w.Helper()
	c.Join(room, nick)
	w.next(c, func(st stanza.Stanza) bool {
		m, ok := st.(*stanza.Message)
		return ok && m.Type == stanza.GroupChat && m.Subject != nil
	})
}

// next is the next stanza to a user that matches.
func (w *world) next(c *xmpptest.Client, match func(stanza.Stanza) bool) stanza.Stanza {
	w.Helper()
	st, err := c.Wait(w.within(), match)
	if err != nil {
		w.Fatal(err)
	}
	return st
}

// hears waits until a user hears a text, of that type.
func (w *world) hears(c *xmpptest.Client, kind stanza.MessageType, body string) *stanza.Message {
	w.Helper()
	return w.next(c, func(st stanza.Stanza) bool {
		m, ok := st.(*stanza.Message)
		return ok && m.Type == kind && m.Body == body
	}).(*stanza.Message)
}

// joins is a phone joining a room.
func (w *world) joins(phone string, room stanza.JID) {
	w.Helper()
	w.text(phone, "/join "+string(room))
	w.expect(phone, "* You have joined "+string(room))
}
