package reconnect

import (
	"context"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xmppkit/xmppkit/internal/session"
	"github.com/xmppkit/xmppkit/stanza"
)

// RFC 6120 §4.4: nothing follows our closing tag, not even the answer to a ping
// that crosses it.
func TestNothingFollowsTheClosingTag(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		p := begin(ctx, handler(idle))
		cancel()
		for line := range p.lines {
			if line == "</stream:stream>" {
				break
			}
		}
		p.write(pingFrom, 1)
		synctest.Wait()
		p.write("</stream:stream>")
		<-p.ended
		for line := range p.lines {
			t.Errorf("sent %s behind the closing tag", line)
		}
	})
}

// Run says that goodbye takes at most five seconds, whoever stands in the way.
func TestGoodbyeIsShort(t *testing.T) {
	deaf := func(ctx context.Context, s stanza.Session, _ stanza.Stanza) { <-time.After(time.Minute) }
	for name, c := range map[string]struct {
		handle handler
		reads  bool // the peer reads what we say
	}{
		"a peer that is silent, a handler that does not heed its context": {deaf, true},
		"a peer that reads nothing":                                       {idle, false},
		"both":                                                            {deaf, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				here, there := net.Pipe()
				defer there.Close()
				go func() {
					_, _ = io.WriteString(there, "<stream:stream xmlns='jabber:client' xmlns:stream='"+stanza.NSStream+"'><message/>")
				}()
				if c.reads {
					go func() { _, _ = io.Copy(io.Discard, there) }()
				}
				dec := stanza.NewStreamDecoder(here, nil)
				if _, err := dec.Open(); err != nil {
					t.Fatal(err)
				}
				var count counters
				s := newStream(here, dec, 0, &count, slog.New(slog.DiscardHandler))
				live := s.session(context.WithoutCancel(ctx), session.Config{
					JID: self, Services: []stanza.Service{c.handle}, Write: s.send,
				})
				s.route = func(stanza.Stanza) *session.Session { return live }
				ended := make(chan error)
				go func() { ended <- s.run(ctx, live.Close, &stanza.Presence{Type: stanza.Unavailable}) }()
				synctest.Wait()
				cancel()
				start := time.Now()
				if err := <-ended; err != nil {
					t.Error(err)
				}
				if d := time.Since(start); d > byeTimeout {
					t.Errorf("took %v", d)
				}
				<-time.After(2 * time.Minute) // for the handler
			})
		})
	}
}

// What strangers ask is answered in their own words, which may be long: what waits
// to be written is bounded in bytes, too.
func TestAnswersThatWaitAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here, there := net.Pipe()
		defer here.Close()
		defer there.Close()
		var count counters
		s := newStream(here, stanza.NewStreamDecoder(here, nil), 0, &count, slog.New(slog.DiscardHandler))
		long := strings.Repeat("x", 256<<10)
		for range 100 {
			s.queue((&stanza.IQ{Type: stanza.Get, ID: long, From: "a@b/c"}).Result())
		}
		if n := count.dropped.Load(); n < 90 {
			t.Errorf("only %d answers of 256 KiB were dropped", n)
		}
		s.queue((&stanza.IQ{Type: stanza.Get, ID: "short", From: "a@b/c"}).Result())
		before := count.dropped.Load()
		go s.answer()
		read := make([]byte, 4<<20)
		if _, err := io.ReadAtLeast(there, read, maxAnswers/2); err != nil {
			t.Fatal(err)
		}
		go func() { _, _ = io.Copy(io.Discard, there) }()
		synctest.Wait()
		for range 100 {
			s.queue((&stanza.IQ{Type: stanza.Get, ID: long, From: "a@b/c"}).Result())
			synctest.Wait()
		}
		if n := count.dropped.Load(); n != before {
			t.Errorf("%d answers were dropped though all before were written", n-before)
		}
		s.end(nil)
	})
}
