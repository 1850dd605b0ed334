package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/xmppkit/xmppkit/internal/xmpptest"
	"github.com/xmppkit/xmppkit/stanza"
)

// GATEWAY.md: room to SMS, and back; own words do not come back.
func TestTalk(t *testing.T) {
	w := newWorld(t, xmpptest.Config{}, nil)
	romeo := w.user("romeo")
	w.enters(romeo, lobby, "romeo")
	w.text(ann, "/join "+string(lobby))
	w.expect(ann, "* You have joined lobby@rooms.example.org as phone-0001. Here: romeo")
	w.text(bob, "/nick Боб")
	w.expect(bob, "* You are now called Боб")
	w.joins(bob, lobby)
	for _, text := range []string{"hello", "привет", "😀 <&>\"']]>", "two\nlines", "/me waves"} {
		w.text(ann, text)
		w.hears(romeo, stanza.GroupChat, text)
		w.expect(bob, saySaid("phone-0001", text))
		romeo.Say(lobby, text)
		w.expect(ann, saySaid("romeo", text))
		w.expect(bob, saySaid("romeo", text))
	}
	w.quiet(ann, bob)
}

// GATEWAY.md, whisper: `<nick says> text`, and /msg to a nick, a number, an address.
func TestWhisperAndMsg(t *testing.T) {
	w := newWorld(t, xmpptest.Config{}, nil)
	romeo := w.user("romeo")
	w.enters(romeo, lobby, "romeo")
	w.joins(ann, lobby)
	romeo.Send(&stanza.Message{To: lobby + "/phone-0001", Type: stanza.Chat, Body: "psst", ID: "1"})
	w.expect(ann, "<romeo says> psst")
	w.text(ann, "/msg romeo what?")
	w.hears(romeo, stanza.Chat, "what?")
	w.text(ann, "/msg ROMEO again")
	w.hears(romeo, stanza.Chat, "again")
	w.text(ann, "/msg romeo@example.org hi")
	if m := w.hears(romeo, stanza.Chat, "hi"); m.From != w.g.jid(ann) {
		t.Errorf("from %s", m.From)
	}
	romeo.Send(&stanza.Message{To: w.g.jid(ann), Type: stanza.Chat, Body: "hi yourself", ID: "2"})
	w.expect(ann, "<romeo@example.org says> hi yourself")
	w.text(ann, "/msg 5551110002 hi Bob")
	w.expect(bob, "<"+ann+" says> hi Bob")
	w.text(ann, "/msg nobody hi")
	w.expect(ann, "nobody is no address, no number, and nobody here")
	w.text(ann, "/msg mercutio@example.org hi")
	w.expect(ann, "Not sent (It is full, or not there): hi")
	w.text(ann, "/msg romeo")
	w.expect(ann, "That is used like this: /msg WHO TEXT")
	w.quiet(ann, bob)
}

// GATEWAY.md, /join: by address, by bookmark, leaving the old room; a bare join.
func TestJoinAndLeave(t *testing.T) {
	w := newWorld(t, xmpptest.Config{}, nil)
	romeo := w.user("romeo")
	w.enters(romeo, lobby, "romeo")
	romeo.Say(lobby, "said before")
	w.text(ann, "hello?")
	w.expect(ann, sayNotJoined)
	w.text(ann, "hello??") // once an hour
	w.text(ann, "/join lobby")
	w.expect(ann, "You have no room called lobby")
	w.text(ann, "/list")
	w.expect(ann, sayNoBookmarks)
	w.text(ann, "join")
	w.expect(ann, sayMeantJoin)
	w.expect(ann, sayNoInvite)
	w.joins(ann, lobby)
	w.text(ann, "/join "+string(lobby))
	w.expect(ann, sayInAlready)
	w.text(ann, "/join den@rooms.example.org")
	w.expect(ann, "* You have joined den@rooms.example.org as phone-0001. Nobody else is here")
	w.leaves(romeo, "phone-0001", "Joined a different room.")
	w.text(ann, "/JOIN Lobby")
	w.expect(ann, "* You have joined lobby@rooms.example.org")
	w.text(ann, "/who")
	w.expect(ann, "You are in lobby@rooms.example.org as phone-0001. Here: romeo")
	w.text(ann, "/list")
	w.expect(ann, "Your rooms: lobby@rooms.example.org, den@rooms.example.org")
	w.text(ann, "/part")
	w.expect(ann, "* You have left lobby@rooms.example.org")
	w.leaves(romeo, "phone-0001", "Typed /leave")
	w.text(ann, "/who")
	w.expect(ann, sayNotJoined)
	w.text(ann, "/leave")
	w.expect(ann, sayNotJoined)
	w.text(ann, "join lobby")
	w.expect(ann, sayMeantJoin)
	w.expect(ann, "* You have joined lobby@rooms.example.org")
	w.text(ann, "join") // is said, in a room
	w.hears(romeo, stanza.GroupChat, "join")
	w.text(ann, "/help")
	w.expect(ann, sayHelp1)
	w.expect(ann, sayHelp2)
	w.text(ann, "/frobnicate")
	w.expect(ann, "/frobnicate is no command. Try /help")
	w.quiet(ann)
}

// leaves waits until a user sees a nick leave with these words.
func (w *world) leaves(c *xmpptest.Client, nick, status string) {
	w.Helper()
	w.next(c, func(st stanza.Stanza) bool {
		p, ok := st.(*stanza.Presence)
		return ok && p.Type == stanza.Unavailable && p.From.Resource() == nick && p.Status == status
	})
}

// GATEWAY.md: /nick, stored and changed in the room; nick changes of others are told.
func TestNick(t *testing.T) {
	w := newWorld(t, xmpptest.Config{}, nil)
	romeo := w.user("romeo")
	w.enters(romeo, lobby, "romeo")
	w.joins(ann, lobby)
	w.text(ann, "/nick Ann Lee")
	w.expect(ann, "* You are now called Ann Lee")
	w.text(ann, "hi")
	if m := w.hears(romeo, stanza.GroupChat, "hi"); m.From.Resource() != "Ann Lee" {
		t.Errorf("from %s", m.From)
	}
	w.text(ann, "/nick romeo")
	w.expect(ann, "You cannot be called romeo. That name is taken")
	w.text(ann, "/nick /join")
	w.expect(ann, saySlashNick)
	w.text(ann, "/nick "+strings.Repeat("x", 2000))
	w.expect(ann, strings.Repeat("x", 40)+"… cannot be a name")
	romeo.Send(&stanza.Presence{To: lobby + "/montague"})
	w.expect(ann, "* romeo has changed their nick to montague")
	w.text(ann, "/leave")
	w.expect(ann, "* You have left")
	w.text(ann, "/join lobby")
	w.expect(ann, "* You have joined lobby@rooms.example.org as Ann Lee. Here: montague")
	w.quiet(ann)
}

// GATEWAY.md: joins and parts are told only if asked for, after the wait.
func TestDebounce(t *testing.T) {
	w := newWorld(t, xmpptest.Config{}, nil)
	romeo, juliet := w.user("romeo"), w.user("juliet")
	w.enters(romeo, lobby, "romeo")
	w.joins(ann, lobby)
	w.joins(bob, lobby)
	w.text(ann, "/debounce 0")
	w.expect(ann, "You will be told who comes and goes, after 0 seconds")
	w.enters(juliet, lobby, "juliet")
	w.expect(ann, "* juliet joined the group")
	juliet.Send(&stanza.Presence{To: lobby + "/juliet", Type: stanza.Unavailable})
	w.expect(ann, "* juliet left the group")
	w.text(ann, "/debounce 3600")
	w.expect(ann, "You will be told who comes and goes, after 3600 seconds")
	w.enters(juliet, lobby, "juliet")
	w.text(ann, "/who") // settles it
	w.expect(ann, "You are in lobby@rooms.example.org as phone-0001. Here: juliet, phone-0002, romeo")
	w.text(ann, "/debounce off")
	w.expect(ann, sayNoDebounce)
	w.quiet(ann, bob)
}

// GATEWAY.md: kicked and banned are told once, with the reason, and not undone.
func TestPutOut(t *testing.T) {
	w := newWorld(t, xmpptest.Config{}, nil)
	romeo := w.user("romeo")
	w.enters(romeo, lobby, "romeo") // makes the room, and owns it
	w.joins(ann, lobby)
	w.joins(bob, lobby)
	admin := func(item stanza.MUCItem) {
		if _, err := romeo.Request(w.within(), &stanza.IQ{To: lobby, Type: stanza.Set, Extensions: []stanza.Element{
			stanza.NewElement(stanza.NSMUCAdmin, "query", item.Element(stanza.NSMUCAdmin))}}); err != nil {
			t.Fatal(err)
		}
	}
	admin(stanza.MUCItem{Nick: "phone-0001", Role: stanza.RoleNone, Reason: "enough\n(romeo) <of> that"})
	w.expect(ann, "* You have left lobby@rooms.example.org. You were kicked: enough (romeo) <of> that")
	w.text(ann, "hello")
	w.expect(ann, sayNotJoined)
	admin(stanza.MUCItem{JID: w.g.jid(bob), Affiliation: stanza.Outcast})
	w.expect(bob, "* You have left lobby@rooms.example.org. You were banned")
	w.text(bob, "/join lobby")
	w.expect(bob, "* You could not join lobby@rooms.example.org. You are not allowed to")
	w.quiet(ann, bob)
}

// GATEWAY.md: /create and /invite; invitations in, told once, their password kept.
func TestCreateAndInvite(t *testing.T) {
	w := newWorld(t, xmpptest.Config{Room: xmpptest.RoomConfig{Temporary: true}}, nil)
	romeo := w.user("romeo")
	w.text(ann, "/create Den")
	w.expect(ann, "* You have joined den@rooms.example.org as phone-0001. Nobody else is here")
	w.text(ann, "/invite 15551110002")
	w.expect(ann, "* 15551110002 is invited")
	w.expect(bob, "* "+ann+" invites you to den@rooms.example.org. Send /join to accept")
	w.text(bob, "/join")
	w.expect(bob, "* You have joined den@rooms.example.org as phone-0002. Here: phone-0001")
	w.text(ann, "/invite romeo@example.org")
	w.expect(ann, "* romeo@example.org is invited")
	mediated, direct := false, false
	for !mediated || !direct {
		w.next(romeo, func(st stanza.Stanza) bool {
			m, ok := st.(*stanza.Message)
			if !ok {
				return false
			}
			u, _ := m.MUCUser()
			d, isDirect := m.DirectInvite()
			mediated = mediated || len(u.Invites) == 1
			direct = direct || isDirect && d.Room == "den@rooms.example.org"
			return len(u.Invites) == 1 || isDirect
		})
	}
	w.enters(romeo, "den@rooms.example.org", "romeo") // a member, or it would be refused
	w.text(ann, "/invite nobody")
	w.expect(ann, "nobody is no address, no number, and nobody here")
	w.text(bob, "/create den") // taken
	if s := w.expect(bob, "* You have joined den_"); !strings.Contains(s, "@rooms.example.org as phone-0002") {
		t.Error(s)
	}
	w.text(bob, "/create a b")
	w.expect(bob, "a b cannot be a name")
	w.quiet(ann, bob)
}

func TestInvitedWithPassword(t *testing.T) {
	w := newWorld(t, xmpptest.Config{}, nil)
	w.srv.CreateRoom("cave@rooms.example.org", xmpptest.RoomConfig{Password: "open sesame"})
	romeo := w.user("romeo")
	w.text(ann, "/join cave@rooms.example.org")
	w.expect(ann, "* You could not join cave@rooms.example.org. It wants a password")
	invitation := stanza.DirectInvite{Room: "cave@rooms.example.org", Password: "open sesame"}.Element()
	for range 3 {
		romeo.Send(&stanza.Message{To: w.g.jid(bob), Extensions: []stanza.Element{invitation}})
	}
	w.expect(bob, "* romeo@example.org invites you to cave@rooms.example.org. Send /join to accept")
	w.text(bob, "/join")
	w.expect(bob, "* You have joined cave@rooms.example.org")
	w.text(bob, "/leave")
	w.expect(bob, "* You have left cave@rooms.example.org")
	w.text(bob, "/join cave") // the password is remembered
	w.expect(bob, "* You have joined cave@rooms.example.org")
	romeo.Send(&stanza.Message{To: w.g.jid(bob), Extensions: []stanza.Element{invitation}}) // is there already
	w.quiet(bob)
}

// GATEWAY.md: a rejoin is silent, whoever was restarted.
func TestReturnIsSilent(t *testing.T) {
	w := newWorld(t, xmpptest.Config{}, nil)
	romeo := w.user("romeo")
	w.enters(romeo, lobby, "romeo")
	w.joins(ann, lobby)
	w.joins(bob, lobby)
	w.text(ann, "/debounce 60")
	w.expect(ann, "You will")
	talk := func(text string) {
		t.Helper()
		w.text(ann, text)
		w.hears(romeo, stanza.GroupChat, text)
		w.expect(bob, saySaid("phone-0001", text))
		w.quiet(ann, bob)
	}
	talk("before")
	w.stop()
	w.start()
	talk("after a restart of the gateway")
	if err := w.srv.Forget(lobby, "phone-0001"); err != nil {
		t.Fatal(err)
	}
	talk("after a silent loss")
	w.srv.StopRooms(stanza.ServiceUnavailable)
	w.srv.StartRooms()
	w.enters(romeo, lobby, "romeo")
	talk("after a restart of the rooms")
	w.srv.Kill("sms.example.org")
	talk("after the loss of the stream")
	w.stop()
	w.start()
	w.text(ann, "/who")
	w.expect(ann, "You are in lobby@rooms.example.org as phone-0001. Here: phone-0002, romeo")
	w.quiet(ann, bob)
}

// Issue 5: whoever a dying server puts out before it loses us, and who is back when we
// are, is no news, however long it takes.
func TestNewsWaitsForTheReturn(t *testing.T) {
	w := newWorld(t, xmpptest.Config{}, nil)
	romeo := w.user("romeo")
	w.enters(romeo, lobby, "romeo")
	w.joins(ann, lobby)
	w.text(ann, "/debounce 1")
	w.expect(ann, "You will be told")
	romeo.Send(&stanza.Presence{To: lobby + "/romeo", Type: stanza.Unavailable})
	w.until(func() bool { return w.g.notifier.Pending() == 1 })
	if err := w.srv.Refuse(true); err != nil {
		t.Fatal(err)
	}
	w.srv.Kill("sms.example.org")
	due := time.Now().Add(3 * time.Second / 2)
	w.until(func() bool { return time.Now().After(due) })
	w.enters(romeo, lobby, "romeo")
	if err := w.srv.Refuse(false); err != nil {
		t.Fatal(err)
	}
	w.text(ann, "back")
	w.hears(romeo, stanza.GroupChat, "back")
	w.quiet(ann)
}

// Issue 5: SMS wait on disk while the service is away, and go out in order.
func TestServiceAway(t *testing.T) {
	w := newWorld(t, xmpptest.Config{}, nil)
	romeo := w.user("romeo")
	w.enters(romeo, lobby, "romeo")
	w.joins(ann, lobby)
	w.fail(errors.New("away"))
	for _, text := range []string{"1", "2", "3", "4"} {
		romeo.Say(lobby, text)
	}
	w.until(func() bool { return w.waiting(bucketOutbox) == 4 })
	w.stop()
	w.fail(nil)
	w.start()
	for _, text := range []string{"1", "2", "3", "4"} {
		w.expect(ann, saySaid("romeo", text))
	}
	w.quiet(ann)
}
