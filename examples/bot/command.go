package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
	"unicode"

	"github.com/xmppkit/xmppkit/muc"
	"github.com/xmppkit/xmppkit/stanza"
)

// commands does what masters say. A master is an account, by its bare JID as the
// room shows it, or the server of whoever writes to us directly: a nick makes
// nobody one. Nobody else gets any answer.
//
// What is commanded through a room concerns that room; directly, or through the admin
// room, all rooms.
type commands struct {
	bot   *bot
	queue chan command
}

// command is something that a master has said.
type command struct {
	name   string // without the !
	args   string
	master stanza.JID // bare
	room   stanza.JID // through which it came; empty if directly
	scope  stanza.JID // the room that it concerns; empty: all
	nick   string     // there, if it was whispered
	from   stanza.JID // of a direct one: whom to answer
}

// waiting is how many commands may wait for the one that is carried out.
const waiting = 16

func newCommands(b *bot) *commands { return &commands{b, make(chan command, waiting)} }

// run carries out one command after the other, and a rehash for each signal, until
// ctx ends.
func (c *commands) run(ctx context.Context, hangup <-chan os.Signal) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-hangup:
			_ = c.bot.rehash(ctx) // is in the log
		case x := <-c.queue:
			c.carryOut(ctx, x)
		}
	}
}

// said looks for a command in what is said in a room, or whispered.
func (c *commands) said(e muc.Message) {
	if !e.Live || e.Own {
		return
	}
	x := command{master: e.Occupant.JID.Bare(), room: e.Room}
	if e.Private {
		x.nick = e.Occupant.Nick
	}
	c.take(x, e.Body)
}

// Begin has nothing to do.
func (c *commands) Begin(context.Context, stanza.Session) {}

// Handle looks for a command in what is written to us directly. What comes from a
// room is for [commands.said].
func (c *commands) Handle(_ context.Context, _ stanza.Session, st stanza.Stanza) {
	m, ok := st.(*stanza.Message)
	if !ok || m.Type != stanza.Chat && m.Type != stanza.Normal {
		return
	}
	if _, late := m.Delay(); late {
		return
	}
	if _, room := c.bot.rooms.Room(m.From.Bare()); room {
		return
	}
	c.take(command{master: m.From.Bare(), from: m.From}, m.Body)
}

// take lets a command wait for its turn, if it is one and a master's.
func (c *commands) take(x command, body string) {
	first, args := word(body)
	name, isCommand := strings.CutPrefix(first, "!")
	if !isCommand || !c.bot.cfg.Load().master(x.master) {
		return
	}
	x.name, x.args = strings.ToLower(name), args
	if x.room != c.bot.cfg.Load().Bot.AdminRoom.JID {
		x.scope = x.room
	}
	select {
	case c.queue <- x:
	default:
		c.bot.log.Warn("command dropped: too many are waiting", "master", x.master, "command", x.name)
	}
}

// word cuts the first word off.
func word(s string) (first, rest string) {
	s = strings.TrimSpace(s)
	if i := strings.IndexFunc(s, unicode.IsSpace); i >= 0 {
		return s[:i], strings.TrimSpace(s[i:])
	}
	return s, ""
}

// carryOut does it, and answers where it was said.
func (c *commands) carryOut(ctx context.Context, x command) {
	c.bot.log.Info("command", "master", x.master, "room", x.room, "command", x.name)
	do := map[string]func(context.Context, command) (string, error){
		"help": c.help, "rehash": c.rehash, "version": c.version, "status": c.status,
		"ban": c.ban, "tempban": c.tempBan, "unban": c.unban, "why": c.why, "check": c.check,
	}[x.name]
	if do == nil {
		return // somebody else's bot may know it
	}
	text, err := do(ctx, x)
	if err != nil {
		text = "Failed: " + err.Error()
	}
	if err := c.answer(ctx, x, text); err != nil {
		c.bot.log.Warn("command not answered", "master", x.master, "command", x.name, "err", err)
	}
}

func (c *commands) answer(ctx context.Context, x command, text string) (err error) {
	rooms := c.bot.rooms
	switch {
	case x.room == "":
		return c.bot.client.Send(ctx, &stanza.Message{To: x.from, Type: stanza.Chat, Body: text})
	case x.nick == "":
		_, err = rooms.Say(ctx, x.room, text)
		return err
	}
	// By now that nick may be somebody else's.
	if o, ok := rooms.Occupant(x.room, x.nick); !ok || o.JID.Bare() != x.master {
		return errors.New("the master has gone")
	}
	_, err = rooms.Whisper(ctx, x.room, x.nick, text)
	return err
}

// atMost is how many lines an answer has.
const atMost = 10

const help = `!status: how I am doing
!check TEXT: what the rules say to a text
!why JID: what was decided about somebody
!ban JID [REASON]
!tempban JID DURATION [REASON], as in !tempban eve@example.org 2h spam
!unban JID
!rehash: read the configuration again
!version
Through a room that concerns the room, otherwise all rooms. Instead of a JID, the nick of somebody in the room will do.`

func (c *commands) help(context.Context, command) (string, error) { return help, nil }

func (c *commands) rehash(ctx context.Context, _ command) (string, error) {
	if err := c.bot.rehash(ctx); err != nil {
		return "", fmt.Errorf("nothing is changed: %w", err)
	}
	return "Read again.", nil
}

func (c *commands) version(context.Context, command) (string, error) {
	version := "(version unknown)"
	if info, ok := debug.ReadBuildInfo(); ok {
		version = info.Main.Version
	}
	return fmt.Sprintf("xmppkit bot %s, %s", version, runtime.Version()), nil
}

func (c *commands) status(context.Context, command) (string, error) {
	rooms, stream, pings, acts := c.bot.rooms.Stats(), c.bot.client.Stats(), c.bot.alive.Stats(), c.bot.moderator.Stats()
	return fmt.Sprintf("Online for %v, session %d. In %d of %d rooms with %d occupants. Lost from rooms %d times, %d found by self-ping. "+
		"Last ping took %v. Decisions: %d.",
		time.Since(stream.Since).Round(time.Second), stream.Sessions, rooms.Joined, rooms.Wished, rooms.Occupants, rooms.Lost,
		rooms.SelfPingsLost, pings.LastRTT.Round(time.Millisecond), acts.Decisions), nil
}

func (c *commands) check(_ context.Context, x command) (string, error) {
	var list []string
	for _, f := range c.bot.moderator.Check(x.scope, "", "", x.args) {
		list = append(list, fmt.Sprintf("Rule %q: %q in the %s, through the view %s, at %d to %d",
			f.Rule, f.Phrase, f.Kind, f.View, f.Start, f.End))
	}
	if list == nil {
		return "No rule says anything to that.", nil
	}
	return strings.Join(list[:min(len(list), atMost)], "\n"), nil
}
