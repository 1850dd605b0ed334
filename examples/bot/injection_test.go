package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xmppkit/xmppkit/internal/realserver"
	"github.com/xmppkit/xmppkit/muc"
	"github.com/xmppkit/xmppkit/stanza"
)

// hostile are strings that would be something else if they were pasted into XML. VICTIM
// is whom they are aimed at.
var hostile = []string{
	`"/><message to='VICTIM'><body>injected</body></message><iq x="`,
	`'/><message to='VICTIM'><body>injected</body></message><iq x='`,
	`</body></message><message to='VICTIM'><body>injected</body></message><message><body>`,
	`</reason></item></query></iq><message to='VICTIM'><body>injected</body></message>`,
	`]]><message to='VICTIM'><body>injected</body></message><![CDATA[`,
	`\"/><message to=\"VICTIM\"><body>injected</body></message>`,
	`&quot;/&gt;&lt;message to='VICTIM'/&gt;`,
	"</stream:stream>", "<!--", "<![CDATA[", "&#0;&#x1b;&", "&lt;&amp;", `\u003c\x00%s%d{{.Nick}}`, "a\u2028\ufffe\x7f\u0085\t\r\nb", "a\x00\x1b\x08b",
}

// What a stranger sends, by whatever way it goes into what the bot says, never makes
// it send what it did not mean, and its stream stays up.
func TestInjection(t *testing.T) {
	servers.Each(t, func(t *testing.T, srv *realserver.Server) {
		ctx := withLimit(t, 2*time.Minute)
		chair := visit(ctx, t, srv, "inj-chair")
		victim := visit(ctx, t, srv, "inj-victim")
		rooms := makeRooms(ctx, t, srv, chair, "inj", 2, stanza.JID("inj-warden@"+srv.Domain))
		room, admins := rooms[0], rooms[1]
		boss := visit(ctx, t, srv, "inj-boss")
		text := account(t, srv, "inj-warden", srv.Addr) + fmt.Sprintf(`
[bot]
masters = ["inj-boss@%s"]
admin_room = "%s"
[[room]]
jid = "%s"
nick = "warden"
[[rule]]
name = "%s"
phrase = ["free bitcoin"]
action = "warn"
reason = "{{.Nick}}"
`, srv.Domain, admins, room, `<'&\"`)
		warden := runBot(t, inFolder(t, "bot.toml", text, "ca.pem", rootsPEM(t, srv)))
		warden.events.wait(ctx, t, "the joins", 0, func(list []muc.Event) bool { return len(only[muc.Joined](list)) == 2 })
		me := warden.client.JID()
		ask := func(g *guest, iq *stanza.IQ) {
			t.Helper()
			var refused *stanza.Error
			if _, err := g.Request(ctx, iq); err != nil && !errors.As(err, &refused) {
				t.Fatalf("%.100s: %v", stanza.Marshal(iq), err)
			}
		}
		nicks := 0
		for i, format := range hostile {
			evil := strings.ReplaceAll(format, "VICTIM", string(victim.Client.JID()))
			stranger := visitAs(ctx, t, srv, "inj-stranger", resourceOf(evil, i))
			stranger.enter(ctx, t, room, fmt.Sprintf("stranger %d", i))
			// On ejabberd who has been banned once comes back without a voice.
			if err := chair.Voice(ctx, room, fmt.Sprintf("stranger %d", i), ""); err != nil {
				t.Fatal(err)
			}

			// Requests, directly and through the room.
			for _, to := range []stanza.JID{me, room + "/warden"} {
				for _, payload := range []stanza.Element{
					stanza.NewElement(stanza.NSPing, "ping"),
					stanza.NewElement(stanza.NSVersion, "query"),
					stanza.NewElement(stanza.NSDiscoInfo, "query").WithAttr("node", evil),
					stanza.NewElement(stanza.NSDiscoItems, "query").WithAttr("node", evil),
					stanza.NewText("urn:x", "query", evil).WithAttr("a", evil),
				} {
					ask(stranger, &stanza.IQ{ID: oneLine(evil), To: to, Type: stanza.Get, Extensions: []stanza.Element{payload}})
				}
			}
			// Messages and presences that it has no business with.
			for _, st := range []stanza.Stanza{
				&stanza.Message{ID: evil, To: me, Type: stanza.Chat, Body: evil, Subject: &evil, Thread: evil},
				&stanza.Message{ID: evil, To: me, Body: "!" + evil, Extensions: []stanza.Element{stanza.MUCUser{
					Invites: []stanza.MUCInvite{{From: stanza.JID(evil), Reason: evil}}, Password: evil}.Element()}},
				&stanza.Presence{ID: evil, To: me, Status: evil, Show: stanza.Show(evil)},
				&stanza.Presence{To: me, Type: stanza.Subscribe, Status: evil},
				&stanza.Message{To: room + "/warden", Type: stanza.Chat, Body: "!ban " + evil},
			} {
				if err := stranger.Send(ctx, st); err != nil {
					t.Fatal(err)
				}
			}
			// A nick that the bot repeats in its warning, and a body that it judges.
			nick := fmt.Sprintf("stranger %d", i)
			if err := stranger.SetNick(ctx, room, evil); err == nil {
				nicks++
				state, _ := stranger.Room(room)
				nick = state.Nick
			}
			n := stranger.events.len()
			if _, err := stranger.Say(ctx, room, evil+" free bitcoin"); err != nil {
				t.Fatal(err)
			}
			warning := stranger.events.until(ctx, t, "the warning", n, func(e muc.Event) bool {
				m, ok := e.(muc.Message)
				return ok && m.Private
			}).(muc.Message)
			if warning.Occupant.Nick != "warden" || warning.Body != nick {
				t.Errorf("%q is warned by %q with %q", nick, warning.Occupant.Nick, warning.Body)
			}
			// A master's words that go into requests and answers.
			target := fmt.Sprintf("inj-stranger@%s", srv.Domain)
			n, seen := stranger.events.len(), boss.stanzas.len()
			all := []string{"!ban " + target + " " + evil, "!why " + evil, "!check free bitcoin " + evil, "!unban " + evil, "!unban " + target}
			for _, words := range all {
				if err := boss.Send(ctx, &stanza.Message{ID: evil, To: me, Type: stanza.Chat, Body: words}); err != nil {
					t.Fatal(err)
				}
			}
			out := stranger.events.until(ctx, t, "the ban", n, func(e muc.Event) bool { _, ok := e.(muc.Left); return ok }).(muc.Left)
			if out.Cause != muc.Banned || oneLine(out.Reason) != oneLine(evil) {
				t.Errorf("banned for %q: %+v", evil, out)
			}
			boss.stanzas.wait(ctx, t, "all answers", seen, func(list []stanza.Stanza) bool {
				return len(slices.DeleteFunc(only[*stanza.Message](list), func(m *stanza.Message) bool { return m.From != me })) == len(all)
			})
			if err := stranger.stop(); err != nil {
				t.Error(err)
			}
		}
		if nicks < 5 {
			t.Errorf("the server took %d hostile nicks only", nicks)
		}

		// What the bot has sent to the victim and the room stands before these.
		for _, m := range []*stanza.Message{{To: victim.Client.JID(), Type: stanza.Chat, Body: "last"}, {To: room, Type: stanza.GroupChat, Body: "last"}} {
			if err := warden.client.Send(ctx, m); err != nil {
				t.Fatal(err)
			}
		}
		for _, g := range []*guest{victim, chair} {
			g.stanzas.until(ctx, t, "the last", 0, func(st stanza.Stanza) bool { m, ok := st.(*stanza.Message); return ok && m.Body == "last" })
			for _, m := range only[*stanza.Message](g.stanzas.since(0)) {
				ours := m.From.Bare() == me.Bare() || m.From == room+"/warden"
				if ours && m.Body != "last" || m.Body == "injected" {
					t.Errorf("%s was sent %s", g.Client.JID(), stanza.Marshal(m))
				}
			}
		}
		if s := warden.client.Stats(); s.Sessions != 1 || !s.Online {
			t.Errorf("the stream did not stay up: %+v", s)
		}
	})
}

// oneLine is text as it comes through XML, and through attributes: white space is
// spaces there, and what XML forbids is replaced.
func oneLine(s string) string {
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		switch {
		case r == '\t', r == '\n', r == '\r':
			return ' '
		case r < ' ', r == '\ufffe':
			return '\ufffd'
		}
		return r
	}, s)), " ")
}

// resourceOf is a hostile resource, as far as it can be one.
func resourceOf(evil string, i int) string {
	if jid, err := stanza.ParseJID("a@b/" + evil); err == nil {
		return jid.Resource()
	}
	return fmt.Sprintf("stranger-%d", i)
}
