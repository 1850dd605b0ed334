package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha1" // of XEP-0114
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/xmppkit/xmppkit/internal/realserver"
	"github.com/xmppkit/xmppkit/internal/xmpptest"
	"github.com/xmppkit/xmppkit/stanza"
)

// asServer makes of a test binary an XMPP server of its own process, so that its
// memory is not taken for the gateway's.
const asServer = "XMPPKIT_TEST_SERVER"

func serverMain() int {
	s, err := xmpptest.Start(xmpptest.Config{Components: map[string]string{"sms.example.org": "secret"}, ReplaceComponent: true, Keep: 1, Queue: 1 << 24})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer s.Close()
	fmt.Println(s.Addr())
	// Until whoever started us is gone: with a line for each thing to do.
	clients := map[string]*xmpptest.Client{}
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		f := strings.Fields(in.Text())
		switch f[0] {
		case "join": // name room
			c, err := s.Connect(stanza.JID(f[1] + "@example.org/x"))
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
				return 1
			}
			c.Mute()
			c.Join(stanza.JID(f[2]), f[1])
			clients[f[1]] = c
		case "away": // name room: one presence to everybody there
			clients[f[1]].Send(&stanza.Presence{To: stanza.JID(f[2] + "/" + f[1]), Status: f[3]})
		case "kill":
			s.Kill("sms.example.org")
		}
	}
	return 0
}

// farServer is a server in another process.
type farServer struct {
	testing.TB
	addr string
	in   io.WriteCloser
}

func newFarServer(tb testing.TB) *farServer {
	tb.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), asServer+"=1")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	addr, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := in.Close(); err != nil {
			tb.Error(err)
		}
		if err := cmd.Wait(); err != nil {
			tb.Error(err)
		}
	})
	return &farServer{tb, strings.TrimSpace(addr), in}
}

func (s *farServer) tell(line string) {
	s.Helper()
	if _, err := io.WriteString(s.in, line+"\n"); err != nil {
		s.Fatal(err)
	}
}

// counter is an SMS service that counts.
type counter struct{ sent atomic.Int64 }

func (c *counter) Send(context.Context, outgoing) error { c.sent.Add(1); return nil }
func (c *counter) Run(ctx context.Context, _ receiver) error {
	<-ctx.Done()
	return nil
}

// fleet is a gateway with many phones, which were in their rooms before.
type fleet struct {
	testing.TB
	*counter
	cfg    config
	phones int
	g      *gateway
	stop   func()
}

func phoneNumber(i int) string { return fmt.Sprintf("+1555%07d", i) }

func roomName(i, rooms int) stanza.JID {
	return stanza.JID(fmt.Sprintf("room%d@rooms.example.org", i%rooms))
}

func newFleet(tb testing.TB, addr, secret string, phones, rooms int) *fleet {
	tb.Helper()
	f := &fleet{TB: tb, counter: &counter{}, cfg: testConfig(tb, addr, secret), phones: phones}
	f.cfg.Limits.RoomPerMinute = 1 << 30
	st, err := openState(f.cfg.State, testLog(tb))
	if err != nil {
		tb.Fatal(err)
	}
	if err := st.update(func(tx *bolt.Tx) error {
		for i := range phones {
			if err := writeRecord(tx, phoneNumber(i), record{Room: wish{JID: roomName(i, rooms)}, Nick: fmt.Sprintf("p%d", i)}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		tb.Fatal(err)
	}
	if err := st.close(context.Background()); err != nil {
		tb.Fatal(err)
	}
	return f
}

// start runs the gateway and waits until everybody is in, and since when the stream
// stood.
func (f *fleet) start() time.Duration {
	f.Helper()
	g, err := newGateway(f.cfg, f.counter, testLog(f))
	if err != nil {
		f.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- g.run(ctx) }()
	f.g = g
	f.stop = func() {
		cancel()
		if err := <-done; err != nil {
			f.Error(err)
		}
		f.g, f.stop = nil, nil
	}
	return f.ready()
}

// ready waits until everybody is in, and returns how long that took.
func (f *fleet) ready() time.Duration {
	f.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	timeout := time.After(5 * time.Minute)
	waiting := f.g.all()
	for {
		for len(waiting) > 0 && waiting[0].isHere() {
			waiting = waiting[1:]
		}
		if s := f.g.component.Stats(); s.Online && len(waiting) == 0 {
			return time.Since(s.Since)
		}
		select {
		case <-tick.C:
		case <-timeout:
			f.Fatalf("%d are not back", len(waiting))
		}
	}
}

func (p *phone) isHere() bool {
	st, ok := p.rooms.Room(p.where())
	return ok && st.Joined
}

// settled waits until nothing more goes out.
func (f *fleet) settled() {
	f.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for quiet, last := 0, int64(-1); quiet < 20; <-tick.C {
		if n := f.sent.Load(); n == last && f.g.waitingLetters() == 0 {
			quiet++
		} else {
			quiet, last = 0, n
		}
	}
}

func (g *gateway) waitingLetters() int {
	numbers, err := g.state.numbers(bucketOutbox)
	if err != nil {
		return -1
	}
	return len(numbers)
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// Issue 5, 3: as many goroutines with many phones as with few, and not one SMS because
// of a restart or a lost stream.
func TestManyPhones(t *testing.T) {
	var before int
	for _, phones := range []int{10, 400} {
		f := newFleet(t, newFarServer(t).addr, "secret", phones, 10)
		f.start()
		f.settled()
		if n := f.sent.Load(); n != int64(phones) {
			t.Errorf("%d phones: told %d times that they are in", phones, n)
		}
		f.stop()
		f.sent.Store(0)
		f.start()
		f.g.component.End(io.ErrUnexpectedEOF)
		f.g.component.End(io.ErrUnexpectedEOF)
		f.ready()
		f.settled()
		if n := f.sent.Load(); n != 0 {
			t.Errorf("%d phones: %d SMS because of a return", phones, n)
		}
		n := runtime.NumGoroutine()
		tick := time.NewTicker(10 * time.Millisecond)
		for timeout := time.After(patience); before != 0 && n > before+2; n = runtime.NumGoroutine() {
			select {
			case <-tick.C: // what a moment needs does not count
				continue
			case <-timeout:
			}
			t.Fatalf("%d phones: %d goroutines, with fewer %d", phones, n, before)
		}
		tick.Stop()
		before = n
		f.stop()
	}
}

// 5,000 phones in 50 rooms on one component: what one costs in memory, with everybody
// in its room, and how many goroutines there are.
func BenchmarkGatewayPhones(b *testing.B) {
	for _, phones := range []int{500, 5000} {
		b.Run(fmt.Sprint(phones), func(b *testing.B) {
			for b.Loop() {
				f := newFleet(b, newFarServer(b).addr, "secret", phones, phones/100)
				f.start()
				f.settled()
				f.stop()
				f.sent.Store(0)
				before := heap()
				took := f.start()
				f.settled()
				after := heap()
				b.ReportMetric(float64(after-before)/float64(phones), "bytes/item")
				b.ReportMetric(float64(runtime.NumGoroutine()), "goroutines")
				b.ReportMetric(float64(f.sent.Load()), "sms")
				b.ReportMetric(took.Seconds(), "s/return")
				f.stop()
			}
		})
	}
}

// A return of 5,000 phones to a real Prosody that was restarted, beside what the server
// needs for the same joins by a component that only counts the answers.
func BenchmarkGatewayReturn(b *testing.B) {
	const phones, rooms = 5000, 50
	s := realserver.Prosody(b, realserver.Config{})
	for b.Loop() {
		f := newFleet(b, s.ComponentAddr, s.Secret, phones, rooms)
		f.start()
		f.settled()
		f.stop()
		s.Stop()
		s.Start()
		alone := bareJoins(b, s.ComponentAddr, s.Secret, phones, rooms)
		s.Stop()
		s.Start()
		f.sent.Store(0)
		took := f.start()
		f.settled()
		b.ReportMetric(took.Seconds(), "s/return")
		b.ReportMetric(alone.Seconds(), "s/joins-alone")
		b.ReportMetric(took.Seconds()/alone.Seconds(), "ratio")
		b.ReportMetric(float64(f.sent.Load()), "sms")
		f.stop()
	}
}

var selfPresence = regexp.MustCompile(`code=['"]110['"]`)

// bareJoins asks for all joins at once, and waits until all are granted.
func bareJoins(b *testing.B, addr, secret string, phones, rooms int) time.Duration {
	b.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	if _, err := fmt.Fprintf(conn, "<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' to='sms.example.org'>"); err != nil {
		b.Fatal(err)
	}
	dec := stanza.NewStreamDecoder(conn, nil)
	root, err := dec.Open()
	if err != nil {
		b.Fatal(err)
	}
	sum := sha1.Sum([]byte(root.Attr("id") + secret))
	if _, err := fmt.Fprintf(conn, "<handshake>%s</handshake>", hex.EncodeToString(sum[:])); err != nil {
		b.Fatal(err)
	}
	if _, err := dec.DecodeElement(); err != nil {
		b.Fatal(err)
	}
	start := time.Now()
	sent := make(chan error, 1)
	go func() {
		var out bytes.Buffer
		for i := range phones {
			out.Write(stanza.Marshal(&stanza.Presence{From: stanza.JID(phoneNumber(i) + "@sms.example.org"),
				To:         roomName(i, rooms) + stanza.JID(fmt.Sprintf("/p%d", i)),
				Extensions: []stanza.Element{stanza.MUCJoin{History: &stanza.MUCHistory{}}.Element()}}))
		}
		_, err := conn.Write(out.Bytes())
		sent <- err
	}()
	buf := make([]byte, 1<<20)
	joined, kept := 0, 0
	for joined < phones {
		n, err := conn.Read(buf[kept:])
		if err != nil {
			b.Fatal(err)
		}
		data := buf[:kept+n]
		end := 0
		for _, at := range selfPresence.FindAllIndex(data, -1) {
			joined++
			end = at[1]
		}
		kept = copy(buf, data[max(end, len(data)-20):])
	}
	took := time.Since(start)
	if err := <-sent; err != nil {
		b.Fatal(err)
	}
	return took
}

// Presences of one room that reach a hundred phones: what one of them costs for one
// phone, in a small room and in a large one.
func BenchmarkGatewayRoom(b *testing.B) {
	for _, occupants := range []int{110, 300, 1000} {
		b.Run(fmt.Sprint(occupants), func(b *testing.B) {
			const phones = 100
			far := newFarServer(b)
			f := newFleet(b, far.addr, "secret", phones, 1)
			f.start()
			f.settled()
			others := occupants - phones
			joined := func() {
				b.Helper()
				tick := time.NewTicker(time.Millisecond)
				defer tick.Stop()
				for {
					n := 0
					for _, p := range f.g.all() {
						if st, _ := p.rooms.Room(p.where()); st.Occupants == occupants {
							n++
						}
					}
					if n == phones {
						return
					}
					<-tick.C
				}
			}
			start := time.Now()
			for i := range others {
				far.tell(fmt.Sprintf("join u%d room0@rooms.example.org", i))
			}
			joined()
			seen := time.Since(start)
			received := func() uint64 { return f.g.component.Stats().Received }
			count := 0
			before := received()
			b.ResetTimer()
			for b.Loop() {
				far.tell(fmt.Sprintf("away u%d room0@rooms.example.org s%d", count%others, count))
				count++
				tick := time.NewTicker(100 * time.Microsecond)
				for received() < before+uint64(count*phones)-10*phones {
					<-tick.C
				}
				tick.Stop()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(count*phones), "ns/presence")
			b.ReportMetric(float64(seen.Nanoseconds())/float64(others*phones), "ns/join-seen")
			b.StopTimer()
			far.tell("kill")
			for f.g.component.Stats().Sessions < 2 {
				runtime.Gosched()
			}
			took := f.ready()
			joined()
			b.ReportMetric(float64(took.Nanoseconds())/float64(phones*occupants), "ns/presence-return")
			f.stop()
		})
	}
}
