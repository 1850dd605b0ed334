package reconnect

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/xmppkit/xmppkit/internal/realserver"
	"github.com/xmppkit/xmppkit/internal/session"
	"github.com/xmppkit/xmppkit/stanza"
)

var servers realserver.Shared

func TestMain(m *testing.M) { goleak.VerifyTestMain(servers.Around(m)) }

const self = stanza.JID("me@example.org/here")

// peer is the far end of a stream in memory.
type peer struct {
	net.Conn
	lines chan string // what it read, cut at >
	ended chan error  // what the stream's run returned
	s     *stream
	count counters
}

// begin starts a stream for one service; ctx ends it politely.
func begin(ctx context.Context, svc stanza.Service) *peer {
	here, there := net.Pipe()
	p := &peer{Conn: there, lines: make(chan string, 1000), ended: make(chan error, 1)}
	dec := stanza.NewStreamDecoder(here, nil)
	go func() {
		_, _ = io.WriteString(there, "<stream:stream xmlns='jabber:client' xmlns:stream='"+stanza.NSStream+"'>")
	}()
	if _, err := dec.Open(); err != nil {
		panic(err)
	}
	p.s = newStream(here, dec, 0, &p.count, slog.New(slog.DiscardHandler))
	live := p.s.session(context.WithoutCancel(ctx), session.Config{
		JID: self, Services: []stanza.Service{svc}, Own: newInfo(Software{}, nil, clientIdentity, p.s),
		Write:  p.s.send,
		Answer: func(iq *stanza.IQ) { p.s.queue(iq) },
	})
	live.Begin()
	p.s.route = func(stanza.Stanza) *session.Session { return live }
	go func() {
		p.ended <- p.s.run(ctx, live.Close, &stanza.Presence{Type: stanza.Unavailable})
	}()
	go func() {
		defer close(p.lines)
		r := bufio.NewReader(there)
		for {
			line, err := r.ReadString('>')
			if err != nil {
				return
			}
			p.lines <- line
		}
	}()
	return p
}

func (p *peer) write(format string, args ...any) { fmt.Fprintf(p, format, args...) }

type handler func(context.Context, stanza.Session, stanza.Stanza)

func (handler) Begin(context.Context, stanza.Session) {}
func (h handler) Handle(ctx context.Context, s stanza.Session, st stanza.Stanza) {
	h(ctx, s, st)
}

func idle(context.Context, stanza.Session, stanza.Stanza) {}

const pingFrom = "<iq type='get' id='%d' from='a@b/c' to='me@example.org/here'><ping xmlns='urn:xmpp:ping'/></iq>"

// XEP-0199, and DESIGN: a slow handler never stops pings from being answered.
func TestHandlerThatBlocksForAMinuteDoesNotStopPongs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		seen := 0
		p := begin(ctx, handler(func(context.Context, stanza.Session, stanza.Stanza) { <-time.After(time.Minute); seen++ }))
		p.write("<message from='a@b/c'/>")
		start := time.Now()
		for i := range 10 {
			p.write(pingFrom, i)
			if pong := <-p.lines; !strings.Contains(pong, fmt.Sprintf(`type="result" id="%d"`, i)) {
				t.Errorf("got %s", pong)
			}
		}
		if d := time.Since(start); d != 0 {
			t.Errorf("pongs took %v", d)
		}
		<-time.After(2 * time.Minute)
		synctest.Wait()
		if seen != 1 {
			t.Errorf("the handler saw %d stanzas", seen)
		}
		cancel()
		p.write("</stream:stream>")
		<-p.ended
	})
}

// DESIGN: nothing grows without bound. The reader waits for slow handlers, and then
// the session ends.
func TestHandlerThatNeverReturnsEndsTheSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := begin(t.Context(), handler(func(ctx context.Context, _ stanza.Session, _ stanza.Stanza) { <-ctx.Done() }))
		p.s.backlog.limit = 1000
		go func() {
			for { // until the stream is closed
				if _, err := io.WriteString(p, "<message from='a@b/c'><body>hello</body></message>"); err != nil {
					return
				}
			}
		}()
		if err := <-p.ended; !errors.Is(err, ErrBacklog) {
			t.Errorf("ended with %v", err)
		}
	})
}

// RFC 6120 §4.4: unavailable presence, our closing tag, the peer's; five seconds at
// most.
func TestGoodbye(t *testing.T) {
	for name, answer := range map[string]bool{"the server closes too": true, "the server is silent": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				p := begin(ctx, handler(idle))
				cancel()
				start := time.Now()
				if got := <-p.lines; got != `<presence type="unavailable"/>` {
					t.Errorf("sent %s", got)
				}
				if got := <-p.lines; got != `</stream:stream>` {
					t.Errorf("sent %s", got)
				}
				want := byeTimeout
				if answer {
					p.write("</stream:stream>")
					want = 0
				}
				if err := <-p.ended; err != nil {
					t.Error(err)
				}
				if d := time.Since(start); d != want {
					t.Errorf("took %v, want %v", d, want)
				}
			})
		})
	}
}

// A peer that reads nothing does not hold a writer for ever, nor the end of Run.
func TestWriteThatGetsNowhereEndsTheStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here, there := net.Pipe()
		defer there.Close()
		var count counters
		s := newStream(here, stanza.NewStreamDecoder(here, nil), 0, &count, slog.New(slog.DiscardHandler))
		first := make(chan error)
		go func() { first <- s.send(t.Context(), &stanza.Message{To: "a@b"}) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := s.send(ctx, &stanza.Message{To: "a@b"}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("waiting one's turn: %v", err)
		}
		if err := <-first; !errors.Is(err, stanza.ErrLost) {
			t.Errorf("a write that is stuck: %v", err)
		}
		if err := s.send(t.Context(), &stanza.Message{To: "a@b"}); !errors.Is(err, stanza.ErrOffline) {
			t.Errorf("after that: %v", err)
		}
	})
}

func TestStreamEnds(t *testing.T) {
	for name, c := range map[string]struct {
		xml  string
		want error
	}{
		"closed":             {"</stream:stream>", io.EOF},
		"not well-formed":    {"<message></presence>", nil},
		"with a condition":   {"<stream:error><system-shutdown xmlns='" + stanza.NSStreams + "'/></stream:error>", &stanza.StreamError{Condition: "system-shutdown"}},
		"by another session": {"<stream:error><conflict xmlns='" + stanza.NSStreams + "'/></stream:error>", ErrConflict},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := begin(t.Context(), handler(idle))
				p.write("%s", c.xml)
				if err := <-p.ended; err == nil || c.want != nil && !errors.Is(err, c.want) {
					t.Errorf("ended with %v, want %v", err, c.want)
				}
			})
		})
	}
}

// deaf is a connection that takes nothing any more.
type deaf struct{ net.Conn }

func (deaf) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

// RFC 6120 §4.9.3.3: what the server says before it closes counts, even if a write
// fails before it is read.
func TestLastWordsOfThePeer(t *testing.T) {
	const conflict = "<stream:error><conflict xmlns='" + stanza.NSStreams + "'/></stream:error>"
	for say, want := range map[string]error{conflict: ErrConflict, "": errWrite} {
		synctest.Test(t, func(t *testing.T) {
			here, there := net.Pipe()
			defer there.Close()
			var count counters
			s := newStream(deaf{here}, stanza.NewStreamDecoder(here, map[string]string{"stream": stanza.NSStream}),
				0, &count, slog.New(slog.DiscardHandler))
			ended := make(chan error, 1)
			go func() { ended <- s.run(t.Context(), func(error) {}) }()
			if err := s.send(t.Context(), &stanza.Presence{}); !errors.Is(err, stanza.ErrLost) {
				t.Errorf("send: %v", err)
			}
			if say != "" {
				if _, err := io.WriteString(there, say); err != nil {
					t.Error(err)
				}
			}
			if err := <-ended; !errors.Is(err, want) {
				t.Errorf("%q: ended with %v, want %v", say, err, want)
			}
		})
	}
}
