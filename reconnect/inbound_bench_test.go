//go:build unix

package reconnect

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"log/slog"
	"net"
	"reflect"
	"runtime"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/xmppo/go-xmpp"

	"github.com/xmppkit/xmppkit/internal/session"
	"github.com/xmppkit/xmppkit/stanza"
)

// presences is what a client that joins a large room reads.
const presences = 20000

func roomPresences() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "<stream:stream xmlns='jabber:client' xmlns:stream='%s'>", stanza.NSStream)
	for i := range presences {
		fmt.Fprintf(&b, `<presence to='me@example.org/here' from='lobby@rooms.example.org/nick %d' xml:lang='en' id='%d'>`+
			`<priority>5</priority>`+
			`<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='https://gajim.org' ver='gMfGMEbcGgYhFrk8JK4Nz%dTNDNo='/>`+
			`<occupant-id xmlns='urn:xmpp:occupant-id:0' id='dd72603deec90a38ba552f7c68cbcc61bca202cd%d'/>`+
			`<x xmlns='http://jabber.org/protocol/muc#user'><item affiliation='member' role='participant' jid='user%d@example.net/laptop'/></x>`+
			`</presence>`, i, i, i, i, i)
	}
	return b.Bytes()
}

// memory is a connection to read from.
type memory struct {
	net.Conn
	io.Reader
}

func (m memory) Read(p []byte) (int, error)     { return m.Reader.Read(p) }
func (memory) Write(p []byte) (int, error)      { return len(p), nil }
func (memory) Close() error                     { return nil }
func (memory) SetWriteDeadline(time.Time) error { return nil }

// opened is a decoder of data that has read the stream's opening tag.
func opened(b *testing.B, data []byte) (net.Conn, *xml.Decoder) {
	conn := memory{Reader: bytes.NewReader(data)}
	tokens := xml.NewDecoder(conn)
	if _, err := tokens.Token(); err != nil {
		b.Fatal(err)
	}
	return conn, tokens
}

// BenchmarkInbound reads the presences of a large room: ours from the bytes to a
// service that looks at what the room says; go-xmpp's Recv to the values it makes,
// which lack status codes and the rest; and the bare tokens of encoding/xml, below
// which neither can go.
func BenchmarkInbound(b *testing.B) {
	data := roomPresences()
	run := func(name string, read func(b *testing.B) int) {
		b.Run(name, func(b *testing.B) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			n, used := 0, cpu(b)
			for b.Loop() {
				n += read(b)
			}
			used = cpu(b) - used
			runtime.ReadMemStats(&after)
			if n != b.N*presences {
				b.Fatalf("saw %d presences of %d", n, b.N*presences)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/stanza")
			b.ReportMetric(float64(used.Nanoseconds())/float64(n), "cpu-ns/stanza")
			b.ReportMetric(float64(after.Mallocs-before.Mallocs)/float64(n), "allocs/stanza")
			b.ReportMetric(0, "ns/op")
		})
	}
	run("xmppkit", func(b *testing.B) int {
		conn, tokens := opened(b, data)
		var count counters
		seen := 0
		s := newStream(conn, takeOverDecoder(tokens, conn), 0, &count, slog.New(slog.DiscardHandler))
		live := s.session(b.Context(), session.Config{JID: self, Services: []stanza.Service{handler(
			func(_ context.Context, _ stanza.Session, st stanza.Stanza) {
				if u, ok := st.(*stanza.Presence).MUCUser(); ok && u.Item().Role == stanza.Participant {
					seen++
				}
			})}})
		s.route = func(stanza.Stanza) *session.Session { return live }
		_ = s.read() // ends with the data
		if err := s.loop.Wait(b.Context()); err != nil {
			b.Fatal(err)
		}
		return seen
	})
	run("go-xmpp", func(b *testing.B) int {
		conn, tokens := opened(b, data)
		x := &xmpp.Client{Options: &xmpp.Options{}}
		set(x, "conn", conn)
		set(x, "p", tokens)
		seen := 0
		for {
			v, err := x.Recv()
			if err != nil {
				return seen
			}
			if p, ok := v.(xmpp.Presence); ok && p.Role == "participant" {
				seen++
			}
		}
	})
	run("tokens", func(b *testing.B) int {
		_, tokens := opened(b, data)
		seen := 0
		for {
			t, err := tokens.Token()
			if err != nil {
				return seen
			}
			if s, ok := t.(xml.StartElement); ok && s.Name.Local == "presence" {
				seen++
			}
		}
	})
}

// cpu is the processor time that we have used, the garbage collector's included,
// which tells more than the clock where others use the machine too.
func cpu(b *testing.B) time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		b.Fatal(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// set gives a client the connection that NewClient would have made.
func set[T any](x *xmpp.Client, name string, value T) {
	*(*T)(unsafe.Pointer(reflect.ValueOf(x).Elem().FieldByName(name).UnsafeAddr())) = value
}
