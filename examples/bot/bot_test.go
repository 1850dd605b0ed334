package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/xmppkit/xmppkit/internal/xmpptest"
	"github.com/xmppkit/xmppkit/muc"
	"github.com/xmppkit/xmppkit/stanza"
)

// A thousand rooms on one session take no more goroutines than one.
func TestThousandRooms(t *testing.T) {
	const n = 1000
	ctx := withLimit(t, time.Minute)
	srv := xmpptest.New(t, xmpptest.Config{})
	b := runOn(t, srv, "[status]\ntext = ['a', 'b']\n[[room]]\njid = 'r0@rooms.example.org'\n")
	me := stanza.JID("warden@example.org/bot")
	if err := srv.WaitRooms(ctx, me, 1); err != nil {
		t.Fatal(err)
	}
	one := settled()
	for i := 1; i < n; i++ {
		b.rooms.Add(muc.Room{JID: stanza.JID(fmt.Sprintf("r%d@rooms.example.org", i))})
	}
	b.events.wait(ctx, t, "all joins", 0, func(list []muc.Event) bool { return len(only[muc.Joined](list)) == n })
	if many := settled(); many > one {
		buf := make([]byte, 1<<20)
		t.Errorf("%d goroutines in %d rooms, %d in one:\n%s", many, n, one, buf[:runtime.Stack(buf, true)])
	} else {
		t.Logf("%d goroutines in one room, %d in %d rooms, the server's among them", one, many, n)
	}
	if s := b.client.Stats(); s.Sessions != 1 {
		t.Errorf("%d sessions", s.Sessions)
	}
}

// settled is the number of goroutines once it has not fallen for a while: what a
// moment needs does not count.
func settled() int {
	least := runtime.NumGoroutine()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for range 50 {
		<-tick.C
		least = min(least, runtime.NumGoroutine())
	}
	return least
}

// A file with an error changes nothing; a good one changes rules, masters and rooms.
func TestRehash(t *testing.T) {
	c := hold(t)
	file := c.bot.cfg.Load().file
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"no TOML":             string(before) + "[[rule",
		"wrong key":           string(before) + "[[rule]]\nphrases = ['casino']\n",
		"bad expression":      strings.Replace(string(before), "free bitcoin", "casino", 1) + "[[rule]]\nregexp = '('\n",
		"password is missing": strings.Replace(string(before), "password", "# ", 1),
	} {
		write(t, file, text)
		c.tell(c.boss, "direct", "!rehash")
		if got := c.answer(c.boss, "direct"); !strings.HasPrefix(got, "Failed: nothing is changed: "+file+":") {
			t.Errorf("%s: answered %q", name, got)
		}
		c.tell(c.boss, "direct", "!check free bitcoin, casino")
		if got := c.answer(c.boss, "direct"); !strings.HasPrefix(got, `Rule "spam": "free bitcoin"`) || strings.Contains(got, `"casino"`) {
			t.Errorf("%s: afterwards %q", name, got)
		}
	}
	text := strings.NewReplacer("free bitcoin", "casino", "boss@", "stranger@", "other@", "third@").Replace(string(before))
	write(t, file, text)
	c.tell(c.boss, "direct", "!rehash")
	if got := c.answer(c.boss, "direct"); got != "Read again." {
		t.Errorf("answered %q", got)
	}
	c.tell(c.boss, "direct", "!help") // no longer
	c.tell(c.stranger, "direct", "!check free bitcoin, casino")
	if got := c.answer(c.stranger, "direct"); !strings.HasPrefix(got, `Rule "spam": "casino"`) || strings.Contains(got, `"free bitcoin"`) {
		t.Errorf("the new master is told %q", got)
	}
	for _, st := range c.boss.Received() {
		if m, ok := st.(*stanza.Message); ok && wayOf(m) != "" {
			t.Errorf("the old master is told %q", m.Body)
		}
	}
	if err := c.srv.WaitOccupant(c.ctx, "third@rooms.example.org", "warden"); err != nil {
		t.Error(err)
	}
	if err := c.srv.Wait(c.ctx, func() bool { return !c.srv.InRoom(other, "warden") }); err != nil {
		t.Error(err)
	}
}

// A temporary ban ends on time even if the bot was away meanwhile.
func TestTempBanOutlivesTheBot(t *testing.T) {
	c := hold(t)
	c.tell(c.boss, "room", "!tempban eve@example.org 2s")
	c.answer(c.boss, "room")
	if a, _ := c.srv.Affiliation(lobby, "eve@example.org"); a != stanza.Outcast {
		t.Fatalf("eve is %s", a)
	}
	if err := c.bot.stop(); err != nil {
		t.Fatal(err)
	}
	runBot(t, c.bot.cfg.Load().file)
	if err := c.srv.WaitAffiliation(c.ctx, lobby, "eve@example.org", stanza.AffiliationNone); err != nil {
		t.Errorf("the ban was not lifted: %v", err)
	}
}

// The admin room is told what is decided and done. Masters are never acted on.
func TestAdminRoom(t *testing.T) {
	ctx := withLimit(t, 30*time.Second)
	srv := xmpptest.New(t, xmpptest.Config{})
	const admins = stanza.JID("admins@rooms.example.org")
	srv.CreateRoom(admins, xmpptest.RoomConfig{})
	srv.CreateRoom(lobby, xmpptest.RoomConfig{})
	srv.Affiliate(lobby, "warden@example.org", stanza.Admin)
	srv.Affiliate(admins, "warden@example.org", stanza.Admin) // or it would not see who commands
	enter := func(name string, room stanza.JID) *xmpptest.Client {
		x, err := srv.Connect(stanza.JID(name + "@example.org/x"))
		if err != nil {
			t.Fatal(err)
		}
		x.Join(room, name)
		return x
	}
	ann, boss, eve := enter("ann", admins), enter("boss", lobby), enter("eve", lobby)
	b := runOn(t, srv, strings.Replace(commandConfig, "[bot]", "[bot]\nadmin_room = 'admins@rooms.example.org'", 1))
	b.events.wait(ctx, t, "all rooms", 0, func(list []muc.Event) bool { return len(only[muc.Joined](list)) == 3 })
	boss.Say(lobby, "whoever says free bitcoin is banned")
	eve.Say(lobby, "free bitcoin")
	for _, want := range []string{
		`lobby@rooms.example.org: eve (eve@example.org): rule "spam" found "free bitcoin" in the text (view: literal), so [ban]`,
		"lobby@rooms.example.org: eve (eve@example.org): ban",
	} {
		st, err := ann.Wait(ctx, func(st stanza.Stanza) bool { m, ok := st.(*stanza.Message); return ok && m.Body != "" })
		if err != nil {
			t.Fatal(err)
		}
		if m := st.(*stanza.Message); m.From != admins+"/warden" || !strings.HasSuffix(m.Body, " "+want) {
			t.Errorf("%s says %q, want %s", m.From, m.Body, want)
		}
	}
	// What is commanded there concerns all rooms.
	boss.Join(admins, "boss")
	boss.Say(admins, "!ban mallory@example.org")
	if err := srv.WaitAffiliation(ctx, lobby, "mallory@example.org", stanza.Outcast); err != nil {
		t.Error(err)
	}
}

// Files that cannot be used end the bot before it logs in.
func TestFilesThatCannotBeUsed(t *testing.T) {
	for _, key := range []string{"audit", "state"} {
		file := inFolder(t, "bot.toml", "[account]\njid='a@b'\npassword='x'\n[bot]\n"+key+" = 'nowhere/file'\n")
		var log strings.Builder
		status := program{[]string{"-config", file}, nil, nil, &log, nil}.run(t.Context())
		if status != 1 || !strings.Contains(log.String(), filepath.Join(filepath.Dir(file), "nowhere")) {
			t.Errorf("%s: exit status %d: %s", key, status, log.String())
		}
	}
}
