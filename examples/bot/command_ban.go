package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/xmppkit/xmppkit/internal/tomlfile"
	"github.com/xmppkit/xmppkit/stanza"
)

func (c *commands) ban(ctx context.Context, x command) (string, error) {
	whom, reason := word(x.args)
	jid, err := c.offender(x, whom)
	if err != nil {
		return "", err
	}
	return c.everywhere(x, fmt.Sprintf("Banned %s", jid), func(room stanza.JID) error {
		return c.bot.rooms.Ban(ctx, room, jid, reason)
	})
}

func (c *commands) tempBan(ctx context.Context, x command) (string, error) {
	whom, rest := word(x.args)
	length, _ := word(rest)
	if _, err := c.offender(x, whom); err != nil {
		return "", err
	}
	var d tomlfile.Duration
	if err := d.UnmarshalText([]byte(length)); err != nil {
		return "", err
	}
	if d.Duration <= 0 {
		return "", errors.New(`expected a duration such as "2h"`)
	}
	return "", errors.ErrUnsupported
}

func (c *commands) unban(ctx context.Context, x command) (string, error) {
	whom, _ := word(x.args)
	jid, err := address(whom)
	if err != nil {
		return "", err
	}
	return c.everywhere(x, fmt.Sprintf("%s is not banned any more", jid), func(room stanza.JID) error {
		return c.bot.rooms.SetAffiliation(ctx, room, jid, stanza.AffiliationNone, "")
	})
}

func (c *commands) why(_ context.Context, x command) (string, error) {
	return c.bot.history.about(x.room, x.args), nil
}

// offender is whom a ban is meant for: an address, or the nick of somebody in the
// room. What holds an @ is never a nick, so that nobody takes somebody's place by
// one.
func (c *commands) offender(x command, whom string) (stanza.JID, error) {
	jid, err := address(whom)
	if o, here := c.bot.rooms.Occupant(x.room, whom); here && !strings.Contains(whom, "@") {
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

// everywhere does something in the room that the command came through, or in all.
func (c *commands) everywhere(x command, done string, do func(room stanza.JID) error) (string, error) {
	list := []stanza.JID{x.room}
	if x.room == "" {
		list = c.bot.rooms.Rooms()
	}
	var failed []error
	for _, room := range list {
		if err := do(room); err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", room, err))
		}
	}
	if failed != nil {
		return "", fmt.Errorf("in %d of %d rooms: %w", len(failed), len(list), errors.Join(failed[:min(len(failed), 5)]...))
	}
	return fmt.Sprintf("%s in %d rooms.", done, len(list)), nil
}
