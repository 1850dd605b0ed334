package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/xmppkit/xmppkit/moderation"
	"github.com/xmppkit/xmppkit/stanza"
)

func (c *commands) ban(ctx context.Context, x command) (string, error) {
	whom, reason := word(x.args)
	jid, err := c.offender(x, whom)
	if err != nil {
		return "", err
	}
	return c.everywhere(x, fmt.Sprintf("Banned %s", jid), func(room stanza.JID) error {
		return c.bot.moderator.Ban(ctx, room, jid, reason)
	})
}

func (c *commands) tempBan(ctx context.Context, x command) (string, error) {
	whom, rest := word(x.args)
	length, reason := word(rest)
	jid, err := c.offender(x, whom)
	if err != nil {
		return "", err
	}
	d, err := moderation.ParseDuration(length)
	if err != nil {
		return "", err
	}
	if d <= 0 {
		return "", errors.New(`expected a duration such as "2h"`)
	}
	return c.everywhere(x, fmt.Sprintf("Banned %s for %v", jid, d), func(room stanza.JID) error {
		return c.bot.moderator.TempBan(ctx, room, jid, d, reason)
	})
}

func (c *commands) unban(ctx context.Context, x command) (string, error) {
	whom, _ := word(x.args)
	jid, err := address(whom)
	if err != nil {
		return "", err
	}
	return c.everywhere(x, fmt.Sprintf("Unbanned %s", jid), func(room stanza.JID) error {
		return c.bot.moderator.Unban(ctx, room, jid)
	})
}

func (c *commands) why(_ context.Context, x command) (string, error) {
	jid, err := stanza.ParseJID(x.args)
	if o, here := c.bot.rooms.Occupant(x.scope, x.args); here && !strings.Contains(x.args, "@") {
		jid, err = stanza.JID(string(x.scope)+"/"+o.Nick), nil
	}
	if err != nil {
		return "", fmt.Errorf("%q is no address: expected one such as eve@example.org", x.args)
	}
	var list []string
	for _, e := range c.bot.moderator.Why(jid) {
		if room, _ := subject(e); x.scope == "" || x.scope == room {
			list = append(list, describe(e))
		}
	}
	if list == nil {
		return fmt.Sprintf("Nothing has been decided about %s of late.", x.args), nil
	}
	return strings.Join(list[max(0, len(list)-atMost):], "\n"), nil
}

// offender is whom a ban is meant for: an address, or the nick of somebody in the
// room. What holds an @ is never a nick, so that nobody takes somebody's place by
// one.
func (c *commands) offender(x command, whom string) (stanza.JID, error) {
	jid, err := address(whom)
	if o, here := c.bot.rooms.Occupant(x.scope, whom); here && !strings.Contains(whom, "@") {
		if jid = o.JID.Bare(); jid == "" {
			return "", fmt.Errorf("the room hides the address of %s", whom)
		}
		err = nil
	}
	switch {
	case err != nil:
		return "", err
	case jid == c.bot.client.JID().Bare():
		return "", errors.New("that is me")
	case c.bot.cfg.Load().master(jid):
		return "", errors.New("that is a master")
	}
	return jid, nil
}

// address reads a bare address. One without an @ would be a whole domain: that has to
// have a dot, or a mistyped nick would be taken for one.
func address(s string) (stanza.JID, error) {
	jid, err := stanza.ParseJID(s)
	if err != nil || jid.Local() == "" && !strings.Contains(s, ".") {
		return "", fmt.Errorf("%q is no address: expected one such as eve@example.org", s)
	}
	return jid.Bare(), nil
}

// everywhere does something in the room that the command concerns, or in all.
func (c *commands) everywhere(x command, what string, do func(room stanza.JID) error) (string, error) {
	list := []stanza.JID{x.scope}
	if x.scope == "" {
		list = c.bot.rooms.Rooms()
	}
	done := 0
	var failed []error
	for _, room := range list {
		switch err := do(room); {
		case err == nil:
			done++
		case !errors.Is(err, moderation.ErrNotBanned):
			failed = append(failed, fmt.Errorf("%s: %w", room, err))
		}
	}
	if failed != nil {
		return "", fmt.Errorf("in %d of %d rooms: %w", len(failed), len(list), errors.Join(failed[:min(len(failed), 5)]...))
	}
	return fmt.Sprintf("%s in %d of %d rooms.", what, done, len(list)), nil
}
