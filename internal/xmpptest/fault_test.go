package xmpptest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"github.com/xmppkit/xmppkit/internal/xmpptest"
	"github.com/xmppkit/xmppkit/stanza"
)

// ended reads to the end of the stream.
func ended(r *raw) error {
	for {
		if _, err := r.in.Decode(); err != nil {
			return err
		}
	}
}

func timeout(err error) bool {
	var ne net.Error
	return errors.As(err, &ne) && ne.Timeout()
}

func TestKill(t *testing.T) {
	for _, jid := range []stanza.JID{"a@example.org/x", "a@example.org", "example.org"} {
		s := xmpptest.New(t, xmpptest.Config{})
		r := online(t, s, "a", "x")
		if n := s.Kill(jid); n != 1 {
			t.Errorf("%s: %d connections", jid, n)
		}
		if err := ended(r); timeout(err) || errors.Is(err, io.EOF) {
			t.Errorf("%s: ended with %v", jid, err)
		}
		must(t, s.WaitOffline(within(t), "a@example.org/x"))
	}
}

func TestKillInsideStanza(t *testing.T) {
	s := xmpptest.New(t, xmpptest.Config{TLS: xmpptest.OfferTLS})
	r := online(t, s, "a", "x")
	if n := s.KillAfter(r.jid, 20); n != 1 {
		t.Fatalf("%d connections", n)
	}
	s.Deliver(r.jid, &stanza.Message{From: "example.org", Body: "a long enough message"})
	got, err := io.ReadAll(r.net)
	if len(got) != 20 || !bytes.HasPrefix(got, []byte("<message to=")) || timeout(err) {
		t.Errorf("got %q, %v", got, err)
	}
}

// A connection may die anywhere in the handshake, and the next one is whole.
func TestKillInsideHandshake(t *testing.T) {
	s := xmpptest.New(t, xmpptest.Config{})
	var all int
	for n := 0; n < 10000; n += 197 {
		s.KillNext(n)
		r, err := dialed(s)
		if err == nil {
			err = r.upTo(s, "a", "x")
			_ = r.net.Close()
		}
		if err == nil {
			all = n
			break
		}
		if timeout(err) {
			t.Fatalf("after %d bytes: %v", n, err)
		}
	}
	if all < 1000 {
		t.Errorf("a login took %d bytes", all)
	}
	must(t, s.Wait(within(t), func() bool { return s.Open() == 0 }))
	online(t, s, "a", "x")
}

func TestGhost(t *testing.T) {
	s := xmpptest.New(t, xmpptest.Config{GhostConflict: true})
	r := online(t, s, "a", "x")
	must(t, r.send(&stanza.Presence{To: lobby + "/ann", Extensions: []stanza.Element{stanza.MUCJoin{}.Element()}}))
	must(t, s.WaitOccupant(within(t), lobby, "ann"))
	s.Ghost(r.jid)
	if err := ended(r); timeout(err) {
		t.Fatal(err)
	}
	if !s.InRoom(lobby, "ann") {
		t.Error("the ghost left")
	}
	again := online(t, s, "a", "y")
	must(t, again.send(&stanza.Presence{To: lobby + "/ann", Extensions: []stanza.Element{stanza.MUCJoin{}.Element()}}))
	p := await(t, again, func(p *stanza.Presence) bool { return p.Error != nil })
	if p.Error.Condition != stanza.Conflict {
		t.Errorf("got %v", p.Error)
	}
	online(t, s, "a", "x") // takes the ghost's place
	if s.InRoom(lobby, "ann") {
		t.Error("the ghost stays after its address bound again")
	}
}

func TestStallWriting(t *testing.T) {
	s := xmpptest.New(t, xmpptest.Config{Queue: 10})
	r := online(t, s, "a", "x")
	s.StallWriting(r.jid, true)
	must(t, r.send(ping("example.org")))
	_, err := s.WaitArrival(within(t), 0, func(a xmpptest.Arrival) bool { return xmpptest.IsPing(a.Stanza) })
	must(t, err)
	for i := range 100 {
		s.Deliver(r.jid, &stanza.Message{ID: fmt.Sprint(i), From: "example.org"})
	}
	must(t, r.net.SetReadDeadline(time.Now().Add(50*time.Millisecond)))
	if n, err := r.net.Read(make([]byte, 1)); !timeout(err) {
		t.Fatalf("read %d bytes, %v", n, err)
	}
}

func TestStallReading(t *testing.T) {
	s := xmpptest.New(t, xmpptest.Config{})
	r := online(t, s, "a", "x")
	s.StallReading(r.jid, true)
	seen := s.Count()
	must(t, r.send(ping("example.org")))
	s.Deliver(r.jid, &stanza.Message{ID: "still", From: "example.org"})
	await(t, r, func(m *stanza.Message) bool { return m.ID == "still" })
	if n := s.Count(); n != seen {
		t.Errorf("%d stanzas arrived", n-seen)
	}
	s.StallReading(r.jid, false)
	await(t, r, func(iq *stanza.IQ) bool { return iq.Type == stanza.Result })
}

// A client that does not read is dropped, and holds up nobody.
func TestSlowClientIsDropped(t *testing.T) {
	s := xmpptest.New(t, xmpptest.Config{Queue: 100})
	r := online(t, s, "a", "x")
	big := &stanza.Message{From: "example.org", Body: string(bytes.Repeat([]byte("x"), 1<<16))}
	for s.Deliver(r.jid, big) > 0 {
	}
	must(t, s.WaitOffline(within(t), r.jid))
}

func TestStallNext(t *testing.T) {
	s := xmpptest.New(t, xmpptest.Config{})
	s.StallNext(1)
	r := dial(t, s)
	must(t, r.net.SetDeadline(time.Now().Add(50*time.Millisecond)))
	if _, err := r.features(); !timeout(err) {
		t.Errorf("got %v", err)
	}
	online(t, s, "a", "x")
}

func TestBreak(t *testing.T) {
	s, _, guest := met(t, xmpptest.Config{})
	guest.Received()
	b := s.SilencePings(lobby)
	guest.Send(ping(lobby + "/ben"))
	if got := guest.Received(); len(got) != 0 || b.Hits() != 1 {
		t.Errorf("silenced: got %+v, %d hits", got, b.Hits())
	}
	b.Mend()
	_, err := guest.Request(within(t), ping(lobby+"/ben"))
	must(t, err)

	s.FailRequests("rooms.example.org", stanza.RemoteServerTimeout, 2)
	for i, want := range []stanza.Condition{stanza.RemoteServerTimeout, stanza.RemoteServerTimeout, ""} {
		if _, err := guest.Request(within(t), ping(lobby+"/ben")); stanza.ConditionOf(err) != want {
			t.Errorf("request %d: %v, want %q", i, err, want)
		}
	}

	s.SilencePings("b@example.org") // to one's own account
	guest.Send(ping(""))
	if got := guest.Received(); len(got) != 0 {
		t.Errorf("got %+v", got)
	}

	s.Break(xmpptest.Fault{To: "example.org", From: guest.JID(), Delay: 10 * time.Millisecond, Times: 1})
	guest.Send(ping("example.org"))
	if got := guest.Received(); len(got) != 0 {
		t.Errorf("answered at once: %+v", got)
	}
	_, err = guest.Wait(within(t), func(st stanza.Stanza) bool { return st.Header().ID == "p" })
	must(t, err)
}

// XEP-0045 §9.3 and what follows: the room service's end.
func TestStopRooms(t *testing.T) {
	for _, condition := range []stanza.Condition{stanza.ServiceUnavailable, ""} {
		s, _, guest := met(t, xmpptest.Config{})
		s.StopRooms(condition)
		expect(t, "an occupant", guest.Received(), says{"ben", "unavailable", "none", "none", guest.JID(), codes{110, 332}})
		guest.Join(lobby, "ben")
		if got := refused(guest.Received()); got != condition {
			t.Errorf("got %q, want %q", got, condition)
		}
		s.StartRooms()
		guest.Join(lobby, "ben")
		expect(t, "an occupant", guest.Received(), says{"ben", "", "participant", "none", guest.JID(), codes{110}})
	}
}

func TestRestart(t *testing.T) {
	for name, stop := range map[string]func(*xmpptest.Server){"killed": (*xmpptest.Server).Kill9, "shut down": (*xmpptest.Server).Shutdown} {
		t.Run(name, func(t *testing.T) {
			s := xmpptest.New(t, xmpptest.Config{})
			s.Affiliate(lobby, "c@example.org", stanza.Outcast)
			r := online(t, s, "a", "x")
			must(t, r.send(&stanza.Presence{To: lobby + "/ann", Extensions: []stanza.Element{stanza.MUCJoin{}.Element()}}))
			await(t, r, func(m *stanza.Message) bool { return m.Subject != nil })
			addr := s.Addr()
			stop(s)
			if name == "shut down" {
				p := await(t, r, func(p *stanza.Presence) bool { return p.Type == stanza.Unavailable })
				if u, _ := p.MUCUser(); !u.Statuses.Has(stanza.StatusServiceShutdown) {
					t.Errorf("codes %v", u.Statuses)
				}
			}
			if err := ended(r); timeout(err) || errors.Is(err, &stanza.StreamError{Condition: "system-shutdown"}) != (name == "shut down") {
				t.Errorf("ended with %v", err)
			}
			if _, err := dialed(s); err == nil {
				t.Error("somebody listens")
			}
			must(t, s.Restart())
			if s.Addr() != addr {
				t.Errorf("from %s to %s", addr, s.Addr())
			}
			online(t, s, "a", "x")
			if a, _ := s.Affiliation(lobby, "c@example.org"); a != stanza.Outcast || len(s.Occupants(lobby)) != 0 {
				t.Errorf("%s, %d occupants", a, len(s.Occupants(lobby)))
			}
		})
	}
}

func TestRefuse(t *testing.T) {
	s := xmpptest.New(t, xmpptest.Config{})
	r := online(t, s, "a", "x")
	must(t, s.Refuse(true))
	if _, err := dialed(s); err == nil {
		t.Error("connected")
	}
	must(t, r.send(ping("example.org")))
	await(t, r, func(iq *stanza.IQ) bool { return iq.ID == "p" })
	must(t, s.Refuse(false))
	online(t, s, "a", "y")
}

func TestEndStreamAndInject(t *testing.T) {
	s := xmpptest.New(t, xmpptest.Config{})
	r := online(t, s, "a", "x")
	s.Inject(r.jid, []byte("<message id='1'/>"))
	await(t, r, func(m *stanza.Message) bool { return m.ID == "1" })
	s.EndStream(r.jid, stanza.StreamError{Condition: "conflict"})
	if err := ended(r); !errors.Is(err, &stanza.StreamError{Condition: "conflict"}) {
		t.Errorf("ended with %v", err)
	}
}

func TestArrivalIsWhatWasOnTheWire(t *testing.T) {
	s := xmpptest.New(t, xmpptest.Config{})
	r := online(t, s, "a", "x")
	since := s.Count()
	const sent = "<message to='b@example.org' ><body>a &amp; b</body></message>"
	must(t, r.write("\n "+sent+" \n"))
	a, err := s.WaitArrival(within(t), since, func(xmpptest.Arrival) bool { return true })
	must(t, err)
	if string(a.Raw) != sent || a.From != r.jid || a.Seq != since+1 {
		t.Errorf("arrived %+v", a)
	}
	must(t, r.write("<iq type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>"))
	a, err = s.WaitArrival(within(t), a.Seq, func(xmpptest.Arrival) bool { return true })
	must(t, err)
	if string(a.Raw) != "<iq type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>" {
		t.Errorf("arrived %s", a.Raw)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.WaitArrival(ctx, a.Seq, func(xmpptest.Arrival) bool { return true }); !errors.Is(err, context.Canceled) {
		t.Errorf("waited for %v", err)
	}
}

func TestBrokenStreams(t *testing.T) {
	s := xmpptest.New(t, xmpptest.Config{MaxStanza: 1 << 12})
	for send, want := range map[string]string{
		"<a></b>": "not-well-formed",
		"<message><body>" + string(bytes.Repeat([]byte("x"), 1<<12)) + "</body></message>": "policy-violation",
	} {
		r := online(t, s, "a", "")
		must(t, r.write(send))
		if err := ended(r); !errors.Is(err, &stanza.StreamError{Condition: want}) {
			t.Errorf("%.20s: %v", send, err)
		}
	}
}
