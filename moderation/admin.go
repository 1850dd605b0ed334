package moderation

import (
	"context"
	"errors"
	"time"

	"github.com/xmppkit/xmppkit/muc"
	"github.com/xmppkit/xmppkit/stanza"
)

// Ban bans an account, for good, because somebody said so. It blocks until the room
// has answered, which it is asked for twice, and may be called from a handler. The
// outcome is an event too, here and below.
func (m *Moderator) Ban(ctx context.Context, room, jid stanza.JID, reason string) error {
	return m.order(room, jid, Ban, func(who banned) error { return m.banFor(ctx, who, reason, nil) })
}

// TempBan is Ban for a time, after which the ban is lifted, even if the program has
// been restarted meanwhile (see [Config.Store]).
func (m *Moderator) TempBan(ctx context.Context, room, jid stanza.JID, d time.Duration, reason string) error {
	return m.order(room, jid, TempBan, func(who banned) error {
		return m.banFor(ctx, who, reason, &ban{Until: time.Now().Add(d).Round(0)})
	})
}

// Unban lifts a ban, whoever it is from. It asks the room first: of who is not banned,
// nothing is taken away; that is ErrNotBanned, and no event.
func (m *Moderator) Unban(ctx context.Context, room, jid stanza.JID) error {
	return m.order(room, jid, Lift, func(who banned) error {
		if out, err := m.isOutcast(ctx, who); err != nil {
			return err
		} else if !out {
			return ErrNotBanned
		}
		if err := m.letIn(ctx, who); err != nil {
			return err
		}
		return m.saveBan(who, nil)
	})
}

// order carries out what somebody has ordered, and tells of it.
func (m *Moderator) order(room, jid stanza.JID, a Action, f func(banned) error) error {
	who := banned{room.Bare(), jid.Bare()}
	if who.room == "" || who.jid == "" {
		return errors.New("moderation: no address")
	}
	err := f(who)
	if errors.Is(err, ErrNotBanned) {
		return err
	}
	e := Outcome{Time: time.Now(), Room: who.room, Occupant: occupantOf(who.jid), Action: a, Done: a, Note: "ordered", Err: err}
	if err != nil {
		e.Done = Log
	}
	m.emit(e)
	return err
}

func occupantOf(jid stanza.JID) muc.Occupant { return muc.Occupant{JID: jid} }
