package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xmppkit/xmppkit/internal/realserver"
	"github.com/xmppkit/xmppkit/muc"
	"github.com/xmppkit/xmppkit/reconnect"
	"github.com/xmppkit/xmppkit/stanza"
)

const realPatience = 30 * time.Second

// freeAddr is an address on loopback that nobody listens on.
func freeAddr(tb testing.TB) string {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// handsets are all the phones, by the SMS centre of a real Kannel.
type handsets struct {
	testing.TB
	smsc *realserver.SMSC

	mu  sync.Mutex // guards got
	got map[string][]string
}

func (h *handsets) text(from, text string) {
	h.Helper()
	h.smsc.Send(from, "+15550000001", text)
}

// take is everything that has come for a phone.
func (h *handsets) take() map[string][]string {
	h.mu.Lock()
	defer h.mu.Unlock()
	for {
		select {
		case s := <-h.smsc.Received():
			h.got[s.To] = append(h.got[s.To], s.Text)
			continue
		default:
		}
		return h.got
	}
}

// expect waits for the next SMS to a phone, which begins with want.
func (h *handsets) expect(to, want string) string {
	h.Helper()
	timeout := time.After(realPatience)
	for {
		if list := h.take()[to]; len(list) > 0 {
			h.got[to] = list[1:]
			if !strings.HasPrefix(list[0], want) {
				h.Fatalf("%s got %q, want %q", to, list[0], want)
			}
			return list[0]
		}
		select {
		case s := <-h.smsc.Received():
			h.mu.Lock()
			h.got[s.To] = append(h.got[s.To], s.Text)
			h.mu.Unlock()
		case <-timeout:
			h.Fatalf("%s got nothing, want %q", to, want)
		}
	}
}

// quiet checks that phones have got nothing else.
func (h *handsets) quiet(phones ...string) {
	h.Helper()
	for _, p := range phones {
		h.text(p, "/list")
		h.expect(p, "You")
	}
}

// friend is an XMPP user with a client that stays in its room.
type friend struct {
	testing.TB
	rooms  *muc.Rooms
	client *reconnect.Client
	jid    stanza.JID
	events chan muc.Event
	chats  chan *stanza.Message
}

func newFriend(tb testing.TB, s *realserver.Server, name string) *friend {
	tb.Helper()
	jid, password := s.Account(name)
	f := &friend{TB: tb, jid: stanza.JID(jid), events: make(chan muc.Event, 10000), chats: make(chan *stanza.Message, 10000)}
	f.rooms = muc.New(muc.Config{Nick: name, Logger: testLog(tb),
		Retry:   muc.Retry{Min: 200 * time.Millisecond, Max: time.Second},
		OnEvent: func(_ context.Context, e muc.Event) { f.events <- e }})
	var cfg reconnect.Config
	cfg.Options.Host, cfg.Options.User, cfg.Options.Password = s.Addr, jid, password
	cfg.Options.NoTLS, cfg.Options.StartTLS = true, true
	cfg.Options.TLSConfig = &tls.Config{RootCAs: s.Roots, MinVersion: tls.VersionTLS12}
	cfg.Services = []stanza.Service{f.rooms, f}
	cfg.Backoff = reconnect.Backoff{Min: 100 * time.Millisecond, Max: time.Second}
	cfg.Logger = testLog(tb)
	f.client = reconnect.New(cfg)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f.client.Run(ctx) }()
	tb.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			tb.Error(err)
		}
	})
	return f
}

func (f *friend) Begin(context.Context, stanza.Session) {}
func (f *friend) Handle(_ context.Context, _ stanza.Session, st stanza.Stanza) {
	if m, ok := st.(*stanza.Message); ok && m.Type != stanza.GroupChat && m.From.Domain() == "sms.example.org" {
		f.chats <- m
	}
}

// sees waits for an event of a kind that matches.
func sees[E muc.Event](f *friend, match func(E) bool) E {
	f.Helper()
	timeout := time.After(realPatience)
	for {
		select {
		case e := <-f.events:
			if e, ok := e.(E); ok && match(e) {
				return e
			}
		case <-timeout:
			f.Fatalf("%s does not see a %T", f.jid, *new(E))
		}
	}
}

func (f *friend) hears(nick, body string, private bool) {
	f.Helper()
	sees(f, func(m muc.Message) bool {
		return m.Live && m.Occupant.Nick == nick && m.Body == body && m.Private == private
	})
}

func (f *friend) joins(room stanza.JID) {
	f.Helper()
	f.rooms.Add(muc.Room{JID: room})
	sees(f, func(e muc.Joined) bool { return e.Room == room })
}

func (f *friend) says(room stanza.JID, body string) {
	f.Helper()
	if _, err := f.rooms.Say(context.Background(), room, body); err != nil {
		f.Fatal(err)
	}
}

func realConfig(tb testing.TB, s *realserver.Server, k *realserver.Gateway, listen, secret string) config {
	c := defaultConfig()
	c.State = filepath.Join(tb.TempDir(), "gateway.db")
	c.Number = "+15550000001"
	c.XMPP = componentConfig{Addr: s.ComponentAddr, Domain: s.Components[0], Secret: s.Secret}
	c.Rooms.Servers = []string{s.Rooms, s.OtherRooms}
	c.Chat.From = []string{s.Domain}
	c.Kannel.SendSMS, c.Kannel.Username, c.Kannel.Password = k.SendSMSURL, k.Username, k.Password
	c.Kannel.AccessLog = k.AccessLog
	c.Kannel.Listen, c.Kannel.Secret = listen, secret
	c.Limits.SMSPerHour, c.Limits.ReceivedPerHour, c.Limits.RoomPerMinute = 100000, 100000, 100000
	return c
}

const realSecret = "abcdefghijklmnop"

func postURL(addr string) string {
	return "http://" + addr + "/" + realSecret + "/in?from=%p&to=%P&coding=%c&charset=%C&id=%I"
}

// Issue 5, 1: two phones and an XMPP user in one room, with real servers and a real
// Kannel: talk in both directions, every command, invitations, whispers, nicks.
func TestRealServers(t *testing.T) {
	if testing.Short() {
		t.Skip("starts servers")
	}
	listen := freeAddr(t)
	k := realserver.Kannel(t, realserver.KannelConfig{PostURL: postURL(listen)})
	servers.Each(t, func(t *testing.T, s *realserver.Server) {
		cfg := realConfig(t, s, k, listen, realSecret)
		log := testLog(t)
		g, err := newGateway(cfg, newKannel(cfg, log), log)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- g.run(ctx) }()
		defer func() {
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		}()
		h := &handsets{TB: t, smsc: k.SMSC, got: map[string][]string{}}
		romeo := newFriend(t, s, "romeo")
		room := stanza.JID("lobby@" + s.Rooms)
		romeo.joins(room)

		// the room
		h.text(ann, "hello?")
		h.expect(ann, sayNotJoined)
		h.text(ann, "/join "+string(room))
		h.expect(ann, "* You have joined "+string(room)+" as phone-0001. Here: romeo")
		h.text(bob, "/nick Боб")
		h.expect(bob, "* You are now called Боб")
		h.text(bob, "/JOIN "+string(room))
		h.expect(bob, "* You have joined "+string(room)+" as Боб. Here: phone-0001, romeo")
		h.text(ann, "/nick Ann Lee")
		h.expect(ann, "* You are now called Ann Lee")
		h.expect(bob, "* phone-0001 has changed their nick to Ann Lee")
		for _, text := range []string{"hello there", "привет всем", "😀 <&>'\"]]>", strings.TrimSpace(strings.Repeat("long ", 60)), strings.TrimSpace(strings.Repeat("длинно😀 ", 20))} {
			h.text(ann, text)
			romeo.hears("Ann Lee", text, false)
			h.expect(bob, "(Ann Lee) "+text)
			h.text(bob, text)
			romeo.hears("Боб", text, false)
			h.expect(ann, "(Боб) "+text)
			romeo.says(room, text)
			h.expect(ann, "(romeo) "+text)
			h.expect(bob, "(romeo) "+text)
		}
		h.quiet(ann, bob)

		// whispers, and one to one
		h.text(ann, "/msg romeo psst, тихо")
		romeo.hears("Ann Lee", "psst, тихо", true)
		if _, err := romeo.rooms.Whisper(ctx, room, "Ann Lee", "what? 😀"); err != nil {
			t.Fatal(err)
		}
		h.expect(ann, "<romeo says> what? 😀")
		h.text(bob, "/msg ann lee between us")
		h.expect(ann, "<Боб says> between us")
		h.text(ann, "/msg "+string(romeo.jid)+" direct")
		m := romeo.chat("direct")
		if err := romeo.client.Send(ctx, &stanza.Message{To: m.From, Type: stanza.Chat, Body: "прямо"}); err != nil {
			t.Fatal(err)
		}
		h.expect(ann, "<"+string(romeo.jid)+" says> прямо")
		h.text(ann, "/msg "+bob+" by number")
		h.expect(bob, "<"+ann+" says> by number")

		// who comes and goes
		h.text(bob, "/debounce 2")
		h.expect(bob, "You will be told who comes and goes, after 2 seconds")
		juliet := newFriend(t, s, "juliet")
		juliet.joins(room)
		h.expect(bob, "* juliet joined the group")
		if err := juliet.rooms.Leave(ctx, room, "bye"); err != nil {
			t.Fatal(err)
		}
		juliet.joins(room) // at once: no news
		juliet.says(room, "here again")
		h.expect(ann, "(juliet) here again")
		h.expect(bob, "(juliet) here again")
		if err := juliet.rooms.SetNick(ctx, room, "capulet"); err != nil {
			t.Fatal(err)
		}
		h.expect(ann, "* juliet has changed their nick to capulet")
		h.expect(bob, "* juliet has changed their nick to capulet")
		if err := juliet.rooms.Leave(ctx, room, "bye"); err != nil {
			t.Fatal(err)
		}
		h.expect(bob, "* capulet left the group")
		h.text(bob, "/who")
		h.expect(bob, "You are in "+string(room)+" as Боб. Here: Ann Lee, romeo")
		h.text(bob, "/debounce off")
		h.expect(bob, sayNoDebounce)

		// invitations and rooms
		if err := juliet.rooms.InviteDirect(ctx, "elsewhere@"+stanza.JID(s.Rooms), g.jid(ann), ""); err != nil {
			t.Fatal(err)
		}
		h.expect(ann, "* "+string(juliet.jid)+" invites you to elsewhere@"+s.Rooms)
		h.text(ann, "/create den")
		made := strings.Fields(h.expect(ann, "* You have joined den@"))[4]
		romeo.leaves(room, "Ann Lee")
		den := stanza.JID(made)
		h.text(ann, "/invite "+bob)
		h.expect(ann, "* "+bob+" is invited")
		if s := h.expect(bob, "* "); !strings.HasSuffix(s, " invites you to "+made+". Send /join to accept") {
			t.Error(s)
		}
		h.text(bob, "/join")
		h.expect(bob, "* You have joined "+made+" as Боб. Here: Ann Lee")
		h.text(ann, "/invite "+string(romeo.jid))
		h.expect(ann, "* "+string(romeo.jid)+" is invited")
		mediated, direct := false, false
		sees(romeo, func(e muc.Invited) bool { // they come in any order
			mediated = mediated || e.Room == den && !e.Direct
			direct = direct || e.Room == den && e.Direct && e.From == g.jid(ann)
			return mediated && direct
		})
		romeo.joins(den) // as a member
		form, err := g.phones[ann].rooms.Configuration(ctx, den)
		if err != nil {
			t.Fatal(err)
		}
		for field, want := range map[string]string{
			"muc#roomconfig_publicroom": "0", "muc#roomconfig_persistentroom": "1", "muc#roomconfig_membersonly": "1",
		} {
			if v := form[field]; len(v) != 1 || v[0] != want {
				t.Errorf("%s is %q", field, v)
			}
		}
		for range 2 { // taken in one place, then in both
			h.text(bob, "/create den")
			h.expect(bob, "* You have joined den")
		}
		h.text(bob, "/who")
		if s := h.expect(bob, "You are in den_"); !strings.HasSuffix(s, "Nobody else is here") {
			t.Error(s)
		}
		h.text(bob, "/join lobby")
		h.expect(bob, "* You have joined "+string(room)+" as Боб. Here: romeo")
		h.text(bob, "/list")
		h.expect(bob, "Your rooms: "+string(room)+", den_")
		if err := romeo.rooms.Kick(ctx, room, "Боб", "шум"); err != nil {
			t.Fatal(err)
		}
		h.expect(bob, "* You have left "+string(room)+". You were kicked: шум")
		h.text(bob, "join lobby")
		h.expect(bob, sayMeantJoin)
		h.expect(bob, "* You have joined "+string(room))
		if err := romeo.rooms.Ban(ctx, room, g.jid(bob), ""); err != nil {
			t.Fatal(err)
		}
		h.expect(bob, "* You have left "+string(room)+". You were banned")
		h.text(ann, "/leave")
		h.expect(ann, "* You have left "+made)
		h.text(ann, "/help")
		h.expect(ann, sayHelp1)
		h.expect(ann, sayHelp2)
		h.quiet(ann, bob)
		romeo.asks(g)
	})
}

func (f *friend) chat(body string) *stanza.Message {
	f.Helper()
	timeout := time.After(realPatience)
	for {
		select {
		case m := <-f.chats:
			if m.Body == body {
				return m
			}
		case <-timeout:
			f.Fatalf("%s gets no %q", f.jid, body)
		}
	}
}

func (f *friend) leaves(room stanza.JID, nick string) {
	f.Helper()
	e := sees(f, func(e muc.OccupantLeft) bool { return e.Room == room && e.Occupant.Nick == nick })
	if e.Status != statusSwitch && e.Status != statusLeave {
		f.Errorf("%s left with %q", nick, e.Status)
	}
}

// asks what a client asks a gateway and its phones.
func (f *friend) asks(g *gateway) {
	f.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), realPatience)
	defer cancel()
	for _, c := range []struct {
		to      stanza.JID
		kind    stanza.IQType
		payload stanza.Element
		want    string
	}{
		{g.domain, stanza.Get, stanza.NewElement(nsGateway, "query"), promptNumber},
		{g.domain, stanza.Set, stanza.NewElement(nsGateway, "query", stanza.NewText(nsGateway, "prompt", "5551110001")), string(g.jid(ann))},
		{g.domain, stanza.Set, stanza.NewElement(nsGateway, "query", stanza.NewText(nsGateway, "prompt", "me")), "not-acceptable"},
		{g.domain, stanza.Get, stanza.NewElement(stanza.NSDiscoInfo, "query"), `category="gateway"|type="sms"`},
		{g.jid(ann), stanza.Get, stanza.NewElement(stanza.NSDiscoInfo, "query"), `category="client"|type="sms"`},
		{g.jid("+19990000000"), stanza.Get, stanza.NewElement(stanza.NSDiscoInfo, "query"), `category="client"|type="sms"`},
		{g.domain, stanza.Get, stanza.NewElement(stanza.NSPing, "ping"), `type="result"`},
		{g.jid(ann), stanza.Get, stanza.NewElement(stanza.NSPing, "ping"), `type="result"`},
		{g.jid("+19990000000"), stanza.Get, stanza.NewElement(stanza.NSPing, "ping"), `type="result"`},
		{"nobody@" + g.domain, stanza.Get, stanza.NewElement(stanza.NSPing, "ping"), "item-not-found"},
	} {
		answer, err := f.client.Request(ctx, &stanza.IQ{To: c.to, Type: c.kind, Extensions: []stanza.Element{c.payload}})
		got := fmt.Sprint(err)
		if err == nil {
			got = string(stanza.Marshal(answer))
		}
		for _, want := range strings.Split(c.want, "|") { // Prosody writes attributes in any order
			if !strings.Contains(got, want) {
				f.Errorf("%s %s: got %s, want %s", c.to, c.payload.Name.Space, got, c.want)
			}
		}
	}
}
