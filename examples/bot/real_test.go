package main

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/xmppkit/xmppkit/internal/realserver"
	"github.com/xmppkit/xmppkit/muc"
	"github.com/xmppkit/xmppkit/stanza"
)

// pathRooms is in how many rooms the bot is for the whole path.
const pathRooms = 50

const pathConfig = `
[ping]
interval = "5s"
timeout = "5s"
[status]
text = ["on watch", "still on watch"]
every = "3s"
splay = "2s"
[[rule]]
name = "spam"
phrase = ["free bitcoin"]
action = "ban"
reason = "autoban at {{.Time.Format \"2006-01-02 15:04:05\"}}"
[[allow]]
jid = ["friend@*"]
`

// The whole path on real servers: log in, join 50 rooms, know who is there, ban,
// lose the server and return to all rooms without news, rotate the status, leave.
func TestWholePath(t *testing.T) {
	servers.Each(t, func(t *testing.T, srv *realserver.Server) {
		ctx := withLimit(t, 3*time.Minute)
		roots := rootsPEM(t, srv)
		chair := visit(ctx, t, srv, "path-chair")
		text := account(t, srv, "path-warden", "GATE") + pathConfig
		rooms := makeRooms(ctx, t, srv, chair, "path", pathRooms, stanza.JID("path-warden@"+srv.Domain))
		for _, room := range rooms {
			text += fmt.Sprintf("[[room]]\njid = '%s'\nnick = 'warden'\n", room)
		}
		way := srv.Link(srv.Addr)
		warden := runBot(t, inFolder(t, "bot.toml", strings.Replace(text, "GATE", way.Addr, 1), "ca.pem", roots))

		warden.events.wait(ctx, t, "all joins", 0, func(list []muc.Event) bool { return len(only[muc.Joined](list)) == pathRooms })
		for _, room := range rooms {
			if got := present(warden.rooms, room); !slices.Equal(got, []string{"chair", "warden"}) {
				t.Errorf("in %s there are %q", room, got)
			}
		}

		// Ban.
		spammer := visit(ctx, t, srv, "path-spammer")
		spammer.enter(ctx, t, rooms[0], "lovely lady")
		if _, err := spammer.Say(ctx, rooms[0], "get your fr33 b1tc01n"); err != nil {
			t.Fatal(err)
		}
		out := spammer.events.until(ctx, t, "the ban", 0, func(e muc.Event) bool { _, ok := e.(muc.Left); return ok }).(muc.Left)
		if !out.Statuses.Has(stanza.StatusBanned) || out.Cause != muc.Banned || !autoban.MatchString(out.Reason) {
			t.Errorf("the spammer sees %+v", out)
		}
		friend := visit(ctx, t, srv, "friend")
		friend.enter(ctx, t, rooms[0], "friend")
		if _, err := friend.Say(ctx, rooms[0], "free bitcoin"); err != nil {
			t.Fatal(err)
		}
		friend.events.until(ctx, t, "the friend's own words", 0, func(e muc.Event) bool { m, ok := e.(muc.Message); return ok && m.Own })

		// Status rotation.
		statuses := map[string]bool{}
		chair.stanzas.wait(ctx, t, "two statuses", 0, func(list []stanza.Stanza) bool {
			for _, p := range only[*stanza.Presence](list) {
				if p.From == rooms[1]+"/warden" && p.Status != "" {
					statuses[p.Status] = true
				}
			}
			return len(statuses) == 2
		})

		// The server is killed, and restarted; the bot comes last.
		friend.stop()
		warden.events.until(ctx, t, "the friend's leaving", 0, func(e muc.Event) bool {
			left, ok := e.(muc.OccupantLeft)
			return ok && left.Occupant.Nick == "friend" && left.Cause == muc.LeftByThemselves
		})
		srv.Settle()
		before, chairBefore := warden.events.len(), chair.events.len()
		way.Block()
		srv.Kill()
		srv.Start()
		chair.events.wait(ctx, t, "the chair's return", chairBefore, func(list []muc.Event) bool { return len(only[muc.Joined](list)) == pathRooms })
		start := time.Now()
		way.Unblock()
		warden.events.wait(ctx, t, "the bot's return", before, func(list []muc.Event) bool { return len(only[muc.Joined](list)) == pathRooms })
		t.Logf("back in %d rooms after %v", pathRooms, time.Since(start).Round(time.Millisecond))
		for _, e := range only[muc.Joined](warden.events.since(before)) {
			if !e.Rejoined || len(e.Came)+len(e.Gone) > 0 || e.Nick != "warden" {
				t.Errorf("in %s after the restart: %+v", e.Room, e)
			}
			if got := present(warden.rooms, e.Room); !slices.Equal(got, []string{"chair", "warden"}) {
				t.Errorf("in %s after the restart there are %q", e.Room, got)
			}
		}
		// Whoever comes now is news, and nobody else was.
		late := visit(ctx, t, srv, "path-late")
		for _, room := range rooms {
			late.enter(ctx, t, room, "late")
		}
		warden.events.wait(ctx, t, "the late", before, func(list []muc.Event) bool { return len(only[muc.OccupantJoined](list)) >= pathRooms })
		for _, e := range only[muc.OccupantJoined](warden.events.since(before)) {
			if e.Occupant.Nick != "late" {
				t.Errorf("%s is said to have joined %s", e.Occupant.Nick, e.Room)
			}
		}
		if _, err := spammer.Join(ctx, muc.Room{JID: rooms[0], Nick: "again"}); stanza.ConditionOf(err) != stanza.Forbidden {
			t.Errorf("the spammer comes in again: %v", err)
		}

		// Leave.
		seen := late.stanzas.len()
		if err := warden.stop(); err != nil {
			t.Errorf("the end: %v", err)
		}
		late.stanzas.wait(ctx, t, "the bot's leaving", seen, func(list []stanza.Stanza) bool {
			gone := map[stanza.JID]bool{}
			for _, p := range only[*stanza.Presence](list) {
				if p.Type == stanza.Unavailable && p.From.Resource() == "warden" {
					gone[p.From] = true
				}
			}
			return len(gone) == pathRooms
		})
	})
}

var autoban = regexp.MustCompile(`^autoban at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d$`)

// makeRooms has an owner make lasting rooms, with the bot as an admin.
func makeRooms(ctx context.Context, t *testing.T, srv *realserver.Server, owner *guest, name string, n int, admin stanza.JID) []stanza.JID {
	t.Helper()
	var list []stanza.JID
	run := strings.ToLower(stanza.NewID()) // a test may run again on the same server
	for i := range n {
		room := stanza.JID(fmt.Sprintf("%s-%d-%s@%s", name, i, run, srv.Rooms))
		owner.enter(ctx, t, room, "chair")
		if err := owner.Configure(ctx, room, map[string][]string{"muc#roomconfig_persistentroom": {"1"}}); err != nil {
			t.Fatal(err)
		}
		if err := owner.SetAffiliation(ctx, room, admin, stanza.Admin, ""); err != nil {
			t.Fatal(err)
		}
		list = append(list, room)
	}
	return list
}

// present is the nicks in a room.
func present(r *muc.Rooms, room stanza.JID) []string {
	var list []string
	for _, o := range r.Occupants(room) {
		list = append(list, o.Nick)
	}
	return list
}

// XEP-0410 on real servers: the word that we are out gets lost on its way, and the
// self-ping finds out. For that the stream has to be readable: tls = "none".
func TestSilentLoss(t *testing.T) {
	realserver.Each(t, realserver.Config{Plaintext: true}, func(t *testing.T, srv *realserver.Server) {
		ctx := withLimit(t, time.Minute)
		chair := visit(ctx, t, srv, "chair")
		room := makeRooms(ctx, t, srv, chair, "silent", 1, stanza.JID("warden@"+srv.Domain))[0]
		loser := &loses{what: regexp.MustCompile(`<presence[^>]*type=['"]unavailable['"][^>]*>.*?</presence>`)}
		lossy := via(t, srv.Addr, loser.change)
		warden := runBot(t, inFolder(t, "bot.toml", account(t, srv, "warden", lossy)+`tls = "none"
[self_ping]
interval = "2s"
timeout = "5s"
[[room]]
jid = "`+string(room)+`"
nick = "warden"
`, "ca.pem", rootsPEM(t, srv)))
		isJoined := func(e muc.Event) bool { _, ok := e.(muc.Joined); return ok }
		warden.events.until(ctx, t, "the join", 0, isJoined)
		n := warden.events.len()
		loser.arm()
		if err := chair.Kick(ctx, room, "warden", ""); err != nil {
			t.Fatal(err)
		}
		left := warden.events.until(ctx, t, "the self-ping", n, func(e muc.Event) bool { _, ok := e.(muc.Left); return ok }).(muc.Left)
		if left.Cause != muc.SelfPingFailed || !left.Rejoin || loser.lost() != 1 {
			t.Errorf("after %d lost stanzas: %+v", loser.lost(), left)
		}
		back := warden.events.until(ctx, t, "the return", n, isJoined).(muc.Joined)
		if !back.Rejoined || len(back.Came)+len(back.Gone) > 0 {
			t.Errorf("back with %+v", back)
		}
		if list := only[muc.OccupantJoined](warden.events.since(n)); len(list) > 0 {
			t.Errorf("news: %+v", list)
		}
		if s := warden.client.Stats(); s.Sessions != 1 {
			t.Errorf("it took %d sessions", s.Sessions)
		}
	})
}

// The bot as a process: SIGHUP reads the file again, SIGTERM and SIGINT let it leave
// politely.
func TestSignals(t *testing.T) {
	servers.Each(t, func(t *testing.T, srv *realserver.Server) {
		ctx := withLimit(t, time.Minute)
		chair := visit(ctx, t, srv, "sig-chair")
		rooms := makeRooms(ctx, t, srv, chair, "signals", 2, stanza.JID("sig-warden@"+srv.Domain))
		head := account(t, srv, "sig-warden", srv.Addr)
		room := func(i int) string { return fmt.Sprintf("[[room]]\njid = '%s'\nnick = 'warden'\n", rooms[i]) }
		file := inFolder(t, "bot.toml", head+room(0), "ca.pem", rootsPEM(t, srv))
		c := startChild(t, "", "-config", file, "-json")
		is := func(room stanza.JID, here bool) {
			t.Helper()
			chair.events.wait(ctx, t, fmt.Sprintf("warden in %s: %v", room, here), 0, func([]muc.Event) bool {
				_, ok := chair.Occupant(room, "warden")
				return ok == here
			})
		}
		is(rooms[0], true)

		write(t, file, head+"nonsense = 1\n"+room(1))
		c.signal(t, syscall.SIGHUP)
		c.stderr.wait(ctx, t, "account.nonsense: unknown key")
		write(t, file, head+room(1))
		c.signal(t, syscall.SIGHUP)
		is(rooms[1], true)
		is(rooms[0], false)

		c.signal(t, map[string]syscall.Signal{"prosody": syscall.SIGTERM, "ejabberd": syscall.SIGINT}[srv.Name])
		is(rooms[1], false)
		if got := c.status(t, 10*time.Second); got != 0 {
			t.Errorf("exit status %d", got)
		}
		for _, line := range strings.Split(strings.TrimSpace(c.stderr.String()), "\n") {
			if !json.Valid([]byte(line)) {
				t.Errorf("no JSON in the log: %s", line)
			}
		}
		if strings.Contains(c.stderr.String(), "panic") || c.stdout.String() != "" {
			t.Errorf("it says %s%s", &c.stdout, &c.stderr)
		}
	})
}

// tls = "direct" on real servers, and with it what is no password.
func TestDirectTLS(t *testing.T) {
	servers.Each(t, func(t *testing.T, srv *realserver.Server) {
		ctx := withLimit(t, time.Minute)
		head := account(t, srv, "direct-warden", srv.DirectTLSAddr) + "tls = 'direct'\n"
		warden := runBot(t, inFolder(t, "bot.toml", head+"[[room]]\njid = 'direct@"+srv.Rooms+"'\n", "ca.pem", rootsPEM(t, srv)))
		e := warden.events.until(ctx, t, "the join", 0, func(e muc.Event) bool { _, ok := e.(muc.Joined); return ok }).(muc.Joined)
		if e.Nick != "direct-warden" {
			t.Errorf("in as %q, want the localpart", e.Nick)
		}
		wrong := regexp.MustCompile(`password = '.*'`).ReplaceAllString(head, "password = 'wrong'")
		c := startChild(t, "", "-config", inFolder(t, "bot.toml", wrong, "ca.pem", rootsPEM(t, srv)))
		if got := c.status(t, 20*time.Second); got != 1 || !strings.Contains(c.stderr.String(), "bot: ") ||
			!strings.Contains(c.stderr.String(), "authentication refused") {
			t.Errorf("with a wrong password exit status %d:\n%s", got, &c.stderr)
		}
	})
}
