package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/xmppkit/xmppkit/internal/xmpptest"
	"github.com/xmppkit/xmppkit/stanza"
)

// The cast of the demonstration.
const (
	demoAnn  = "+15551110001"
	demoBob  = "+15551110002"
	demoRoom = stanza.JID("tea@rooms.example.org")
)

// demo plays a scene with two phones and an XMPP user on a server of its own, and
// shows on w what the phones' screens show. It takes some seconds, and fails where
// something that should be seen is not.
func demo(ctx context.Context, w io.Writer) (err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, 25*time.Second, fmt.Errorf("the demonstration takes too long"))
	defer cancel()
	dir, err := os.MkdirTemp("", "gateway-demo-")
	if err != nil {
		return err
	}
	defer func() {
		if rerr := os.RemoveAll(dir); err == nil {
			err = rerr
		}
	}()
	server, err := xmpptest.Start(xmpptest.Config{Components: map[string]string{"sms.example.org": "secret"}})
	if err != nil {
		return err
	}
	defer server.Close()
	romeo, err := server.Connect("romeo@example.org/home")
	if err != nil {
		return err
	}
	romeo.Send(&stanza.Presence{})

	cfg := defaultConfig()
	cfg.State = filepath.Join(dir, "gateway.db")
	cfg.Number = "+15550000001"
	cfg.XMPP = componentConfig{Addr: server.Addr(), Domain: "sms.example.org", Secret: "secret"}
	cfg.Rooms.Servers = []string{"rooms.example.org"}
	cfg.Rooms.Settle = duration(2 * time.Second)
	cfg.Chat.From = []string{"example.org"}
	d := &scene{w: w, server: server, romeo: romeo, cfg: cfg, arrived: make(chan outgoing, 100)}
	if err := d.begin(ctx); err != nil {
		return err
	}
	defer func() {
		if eerr := d.end(); err == nil {
			err = eerr
		}
	}()
	return d.play(ctx)
}

// scene is the demonstration under way. It is an SMS service whose phones are in the
// terminal.
type scene struct {
	w       io.Writer
	server  *xmpptest.Server
	romeo   *xmpptest.Client
	cfg     config
	arrived chan outgoing

	inbox  chan receiver
	cancel context.CancelFunc
	done   chan error

	writing sync.Mutex // held while a line is written
	texts   int
}

func (d *scene) begin(ctx context.Context) error {
	g, err := newGateway(d.cfg, d, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	ctx, d.cancel = context.WithCancel(ctx)
	d.done, d.inbox = make(chan error, 1), make(chan receiver, 1)
	go func() { d.done <- g.run(ctx) }()
	return d.server.WaitOnline(ctx, d.cfgDomain())
}

func (d *scene) cfgDomain() stanza.JID { return stanza.JID(d.cfg.XMPP.Domain) }

func (d *scene) end() error {
	d.cancel()
	return <-d.done
}

// Send shows an SMS on a phone's screen.
func (d *scene) Send(_ context.Context, m outgoing) error {
	d.show(m.To, "  < ", m.Text)
	d.arrived <- m
	return nil
}

// Run lets the phones send.
func (d *scene) Run(ctx context.Context, in receiver) error {
	d.inbox <- in
	<-ctx.Done()
	return nil
}

func (d *scene) show(who, arrow, text string) {
	d.writing.Lock()
	defer d.writing.Unlock()
	// Nobody misses a line that a terminal does not take.
	_, _ = fmt.Fprintf(d.w, "%-14s%s%s\n", who, arrow, strings.ReplaceAll(text, "\n", "\n"+strings.Repeat(" ", 18)))
}

func (d *scene) say(text string) { d.show("---", " ", text) }

// text is a phone sending an SMS.
func (d *scene) text(ctx context.Context, from, text string) error {
	d.show(from, "  > ", text)
	in := <-d.inbox
	d.inbox <- in
	d.texts++
	return in.receive(ctx, incoming{ID: fmt.Sprint("demo ", d.texts), From: from, Text: text})
}

// step is one line of the play.
type step struct {
	does func(ctx context.Context) error
	// then must be seen, in any order: "number: how the SMS begins", or "romeo: what
	// he hears".
	then []string
}

func (d *scene) play(ctx context.Context) error {
	texts := func(from, text string) func(context.Context) error {
		return func(ctx context.Context) error { return d.text(ctx, from, text) }
	}
	romeo := func(text string, do func()) func(context.Context) error {
		return func(context.Context) error {
			d.show("romeo (XMPP)", "  > ", text)
			do()
			return nil
		}
	}
	for _, s := range []step{
		{texts(demoAnn, "/create tea"), []string{demoAnn + ": * You have joined"}},
		{texts(demoAnn, "/nick Ann"), []string{demoAnn + ": * You are now called Ann"}},
		{texts(demoAnn, "/invite "+demoBob), []string{demoAnn + ": * " + demoBob, demoBob + ": * " + demoAnn + " invites you"}},
		{texts(demoBob, "join"), []string{demoBob + ": I think you meant /join", demoBob + ": * You have joined"}},
		{texts(demoBob, "/nick Боб"), []string{demoBob + ": * You are now called", demoAnn + ": * phone-0002 has changed"}},
		{texts(demoAnn, "/debounce 0"), []string{demoAnn + ": You will be told"}},
		{texts(demoAnn, "/invite romeo@example.org"), []string{demoAnn + ": * romeo@example.org"}},
		{romeo("joins", func() { d.romeo.Join(demoRoom, "romeo") }), []string{demoAnn + ": * romeo joined the group"}},
		{texts(demoAnn, "Tea at five?"), []string{"romeo: Tea at five?", demoBob + ": (Ann) Tea at five?"}},
		{texts(demoBob, "Да, конечно 🍵"), []string{"romeo: Да, конечно 🍵", demoAnn + ": (Боб) Да, конечно 🍵"}},
		{romeo("I bring the biscuits", func() { d.romeo.Say(demoRoom, "I bring the biscuits") }),
			[]string{demoAnn + ": (romeo) I bring", demoBob + ": (romeo) I bring"}},
		{texts(demoBob, "/msg romeo Not the ones from last week"), []string{"romeo: Not the ones from last week"}},
		{romeo("whispers: They were fresh!", func() {
			d.romeo.Send(&stanza.Message{ID: stanza.NewID(), To: demoRoom + "/Боб", Type: stanza.Chat, Body: "They were fresh!"})
		}), []string{demoBob + ": <romeo says> They were fresh!"}},
		{func(ctx context.Context) error {
			d.say("The gateway and the server are restarted. Nobody is told")
			if err := d.end(); err != nil {
				return err
			}
			d.server.Kill9()
			if err := d.server.Restart(); err != nil {
				return err
			}
			var err error
			if d.romeo, err = d.server.Connect("romeo@example.org/home"); err != nil {
				return err
			}
			d.romeo.Send(&stanza.Presence{})
			d.romeo.Join(demoRoom, "romeo")
			return d.begin(ctx)
		}, nil},
		{texts(demoAnn, "Still there?"), []string{"romeo: Still there?", demoBob + ": (Ann) Still there?"}},
		{texts(demoBob, "/who"), []string{demoBob + ": You are in"}},
		{texts(demoBob, "/leave"), []string{demoBob + ": * You have left", demoAnn + ": * Боб left the group"}},
	} {
		if err := s.does(ctx); err != nil {
			return err
		}
		if err := d.see(ctx, s.then); err != nil {
			return err
		}
	}
	d.say("That was it. /help shows all that a phone can do")
	return nil
}

// see waits until everything has been seen, and nothing else on a phone.
func (d *scene) see(ctx context.Context, then []string) error {
	missing := map[string]bool{}
	for _, t := range then {
		if heard, ok := strings.CutPrefix(t, "romeo: "); ok {
			_, err := d.romeo.Wait(ctx, func(st stanza.Stanza) bool {
				m, ok := st.(*stanza.Message)
				return ok && m.Body == heard
			})
			if err != nil {
				return fmt.Errorf("romeo did not hear %q: %w", heard, err)
			}
			d.show("romeo (XMPP)", "  < ", heard)
			continue
		}
		missing[t] = true
	}
next:
	for len(missing) > 0 {
		select {
		case m := <-d.arrived:
			for t := range missing {
				if strings.HasPrefix(m.To+": "+m.Text, t) {
					delete(missing, t)
					continue next
				}
			}
			return fmt.Errorf("unexpected SMS to %s: %s", m.To, m.Text)
		case <-ctx.Done():
			return fmt.Errorf("waiting for %q: %w", sortedKeys(missing), context.Cause(ctx))
		}
	}
	return nil
}
