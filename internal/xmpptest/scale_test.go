package xmpptest_test

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"testing"
	"time"

	"github.com/xmppkit/xmppkit/internal/xmpptest"
	"github.com/xmppkit/xmppkit/stanza"
)

// joins is the request to join n rooms.
func joins(n int) []byte {
	var b bytes.Buffer
	for i := range n {
		b.Write(stanza.Marshal(&stanza.Presence{
			To:         stanza.JID(fmt.Sprintf("r%d@rooms.example.org/bot", i)),
			Extensions: []stanza.Element{stanza.MUCJoin{}.Element()},
		}))
	}
	return b.Bytes()
}

// discard reads a stream to its end, as fast as it comes.
func discard(r *raw) {
	_ = r.net.SetDeadline(time.Time{})
	go func() { _, _ = io.Copy(io.Discard, r.net) }()
}

func TestManyRooms(t *testing.T) {
	const n = 2000
	s := xmpptest.New(t, xmpptest.Config{})
	r := online(t, s, "a", "x")
	before := runtime.NumGoroutine()
	discard(r)
	must(t, r.write(string(joins(n))))
	must(t, s.WaitRooms(within(t), r.jid, n))
	if more := runtime.NumGoroutine() - before; more > 5 { // the reader's, and what the runtime may need for a moment
		t.Errorf("%d goroutines for %d rooms", more, n)
	}
	must(t, r.net.Close())
	must(t, s.WaitOffline(within(t), r.jid))
}

// BenchmarkJoin is one client joining rooms over TLS; one b.N is one room.
func BenchmarkJoin(b *testing.B) {
	s := xmpptest.New(b, xmpptest.Config{})
	r := online(b, s, "a", "x")
	discard(r)
	data := joins(b.N)
	b.ReportAllocs()
	b.ResetTimer()
	must(b, r.write(string(data)))
	must(b, s.Wait(b.Context(), func() bool { return s.RoomsOf(r.jid) == b.N }))
}

// BenchmarkBroadcast is a message in a room of 1,000, one of whom reads it over TLS.
func BenchmarkBroadcast(b *testing.B) {
	s := xmpptest.New(b, xmpptest.Config{})
	r := online(b, s, "a", "x")
	must(b, r.write(string(joins(1))))
	var speaker *xmpptest.Client
	for i := range 999 {
		c, err := s.Connect(stanza.JID(fmt.Sprintf("u%d@example.org/x", i)))
		must(b, err)
		c.Mute()
		c.Join("r0@rooms.example.org", fmt.Sprint(i))
		speaker = c
	}
	discard(r)
	start := s.Sent(r.jid)
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		speaker.Say("r0@rooms.example.org", "hello")
	}
	b.StopTimer()
	if s.Sent(r.jid) == start && b.N > 1000 {
		b.Error("nothing was sent")
	}
}

// BenchmarkFill is a room that fills up to 1,000 occupants.
func BenchmarkFill(b *testing.B) {
	for range b.N {
		s := xmpptest.New(b, xmpptest.Config{})
		for i := range 1000 {
			c, err := s.Connect(stanza.JID(fmt.Sprintf("u%d@example.org/x", i)))
			must(b, err)
			c.Mute()
			c.Join(lobby, fmt.Sprint(i))
		}
	}
}

// BenchmarkComponent is 5,000 addresses of one component that join 50 rooms, 100 in
// each.
func BenchmarkComponent(b *testing.B) {
	for range b.N {
		s := xmpptest.New(b, xmpptest.Config{Components: map[string]string{"sms.example.org": "key"}})
		c, err := component(b, s, "sms.example.org", "key")
		must(b, err)
		discard(c)
		var data bytes.Buffer
		for i := range 5000 {
			data.Write(stanza.Marshal(&stanza.Presence{
				From:       stanza.JID(fmt.Sprintf("+1555%07d@sms.example.org", i)),
				To:         stanza.JID(fmt.Sprintf("r%d@rooms.example.org/n%d", i%50, i)),
				Extensions: []stanza.Element{stanza.MUCJoin{}.Element()},
			}))
		}
		must(b, c.write(data.String()))
		must(b, s.WaitRooms(b.Context(), "+15550004999@sms.example.org", 1))
	}
}
