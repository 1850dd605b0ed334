package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/xmppkit/xmppkit/internal/xmpptest"
	"github.com/xmppkit/xmppkit/muc"
	"github.com/xmppkit/xmppkit/stanza"
)

// demoConfig is the bot.toml of the demo, whose times are shorter than anybody would
// want them.
const demoConfig = `[account]
jid = "warden@example.org/bot"
password = %q
server = %q
ca_file = "ca.pem"

[self_ping]
interval = "2s"
timeout = "1s"

[status]
text = ["on watch", "still on watch", "watching all the same"]
every = "3s"

[[room]]
jid = "lobby@rooms.example.org"
nick = "warden"

[[rule]]
name = "spam"
phrase = ["free bitcoin"]
action = "ban"
reason = "autoban at {{.Time.Format \"2006-01-02 15:04:05\"}}"
`

const (
	lobby     = stanza.JID("lobby@rooms.example.org")
	demoLimit = 28 * time.Second
)

// demo runs the bot on a server of its own, on this machine, and says in plain words
// what happens.
func demo(ctx context.Context, out io.Writer, log *slog.Logger) (err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, demoLimit, errors.New("the demo took too long"))
	defer cancel()
	server, err := xmpptest.Start(xmpptest.Config{})
	if err != nil {
		return err
	}
	defer server.Close()
	dir, err := os.MkdirTemp("", "xmppkit-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	file := filepath.Join(dir, "bot.toml")
	if err := errors.Join(
		os.WriteFile(filepath.Join(dir, "ca.pem"), server.CAPEM(), 0o600),
		os.WriteFile(file, fmt.Appendf(nil, demoConfig, xmpptest.Password, server.Addr()), 0o600),
	); err != nil {
		return err
	}
	cfg, err := readConfig(file, true)
	if err != nil {
		return err
	}
	b, err := newBot(cfg, log)
	if err != nil {
		return err
	}
	running, stop := context.WithCancel(ctx)
	defer stop()
	server.CreateRoom(lobby, xmpptest.RoomConfig{})
	server.Affiliate(lobby, "warden@example.org", stanza.Admin)
	s := &story{server: server, out: out, start: time.Now(), news: make(chan muc.Event, 100)}
	b.watch = func(e muc.Event) {
		select {
		case s.news <- e:
		case <-running.Done():
		}
	}
	ended := make(chan error, 1)
	go func() { ended <- b.run(running, nil) }()
	alice, err := s.play(ctx)
	stop()
	if e := <-ended; e != nil { // says more than that the play came to no end
		return e
	}
	if err != nil {
		return err
	}
	return s.leave(ctx, alice)
}

// story is what happens in the demo.
type story struct {
	server *xmpptest.Server
	out    io.Writer
	start  time.Time
	news   chan muc.Event // that the bot is told
}

// play is what happens until the bot is told to go. It gives alice, who stays.
func (s *story) play(ctx context.Context) (alice *xmpptest.Client, err error) {
	if alice, err = s.enter("alice"); err != nil {
		return nil, err
	}
	s.say("An XMPP server runs at %s, and alice sits in the room %s.", s.server.Addr(), lobby)
	for _, act := range []func(context.Context) error{
		s.join, s.ban, s.loss, func(ctx context.Context) error { return s.change(ctx, alice) },
	} {
		if err := act(ctx); err != nil {
			return nil, err
		}
	}
	return s.restart(ctx)
}

func (s *story) join(ctx context.Context) error {
	e, err := until(ctx, s, func(muc.Joined) bool { return true })
	if err != nil {
		return err
	}
	s.say("JOIN: the bot has logged in and entered the room as %s. It sees %s there.", e.Nick, others(e))
	return nil
}

func (s *story) ban(ctx context.Context) error {
	mallory, err := s.enter("mallory")
	if err != nil {
		return err
	}
	s.say(`BAN: mallory comes in and says "Get your fr33 b1tc01n here".`)
	mallory.Say(lobby, "Get your fr33 b1tc01n here")
	var u stanza.MUCUser
	if _, err := mallory.Wait(ctx, func(st stanza.Stanza) bool {
		p, ok := st.(*stanza.Presence)
		if ok {
			u, _ = p.MUCUser()
		}
		return u.Statuses.Has(stanza.StatusBanned)
	}); err != nil {
		return fmt.Errorf("mallory was not banned: %w", err)
	}
	s.say("      The room tells mallory: banned (code 301), %q.", u.Item().Reason)
	return nil
}

func (s *story) loss(ctx context.Context) error {
	if err := s.server.Forget(lobby, "warden"); err != nil {
		return err
	}
	s.say("LOSS: the server loses the bot from the room and tells nobody.")
	e, err := until(ctx, s, func(muc.Left) bool { return true })
	if err != nil {
		return err
	}
	s.say("      The bot has pinged itself through the room and noticed: %v.", e.Cause)
	back, err := until(ctx, s, func(muc.Joined) bool { return true })
	if err != nil {
		return err
	}
	s.say("      It is back, and to the bot %d people have come and %d gone: nobody has.", len(back.Came), len(back.Gone))
	return nil
}

func (s *story) change(ctx context.Context, alice *xmpptest.Client) error {
	alice.Received() // what has been
	seen := ""
	for range 2 {
		if _, err := alice.Wait(ctx, func(st stanza.Stanza) bool {
			p, ok := st.(*stanza.Presence)
			if !ok || p.From != lobby+"/warden" || p.Status == "" || p.Status == seen {
				return false
			}
			seen = p.Status
			return true
		}); err != nil {
			return fmt.Errorf("the status did not change: %w", err)
		}
		s.say("STATUS: alice sees that the bot's status is %q now.", seen)
	}
	return nil
}

func (s *story) restart(ctx context.Context) (alice *xmpptest.Client, err error) {
	s.server.Kill9()
	s.say("RESTART: the server is killed.")
	if err := s.server.Restart(); err != nil {
		return nil, err
	}
	if alice, err = s.enter("alice"); err != nil {
		return nil, err
	}
	s.say("      It runs again, and alice has come back.")
	e, err := until(ctx, s, func(e muc.Joined) bool { return e.Rejoined })
	if err != nil {
		return nil, err
	}
	s.say("      The bot has logged in again and is in its room, with %s.", others(e))
	return alice, nil
}

func (s *story) leave(ctx context.Context, alice *xmpptest.Client) error {
	if _, err := alice.Wait(ctx, func(st stanza.Stanza) bool {
		p, ok := st.(*stanza.Presence)
		return ok && p.From == lobby+"/warden" && p.Type == stanza.Unavailable
	}); err != nil {
		return fmt.Errorf("alice did not see the bot leave: %w", err)
	}
	s.say("END: the bot has said goodbye, and alice has seen it leave.")
	return nil
}

// enter brings somebody into the room.
func (s *story) enter(name string) (*xmpptest.Client, error) {
	c, err := s.server.Connect(stanza.JID(name + "@example.org/phone"))
	if err == nil {
		c.Join(lobby, name)
	}
	return c, err
}

func (s *story) say(format string, args ...any) {
	fmt.Fprintf(s.out, "%5.1f s  %s\n", time.Since(s.start).Seconds(), fmt.Sprintf(format, args...))
}

// until waits for something to happen to the bot.
func until[E muc.Event](ctx context.Context, s *story, match func(E) bool) (e E, err error) {
	for {
		select {
		case got := <-s.news:
			if e, ok := got.(E); ok && match(e) {
				return e, nil
			}
		case <-ctx.Done():
			return e, fmt.Errorf("waiting for %T: %w", e, context.Cause(ctx))
		}
	}
}

// others are who is there beside us.
func others(e muc.Joined) string {
	var names []string
	for _, o := range e.Occupants {
		if o.Nick != e.Nick {
			names = append(names, o.Nick)
		}
	}
	return strings.Join(names, " and ")
}
