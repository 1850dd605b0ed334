package muc

import (
	"context"

	"github.com/xmppkit/xmppkit/stanza"
)

// Invite invites somebody through the room (XEP-0045 §7.8.2), which in a members-only
// room makes them a member where the room allows that. It blocks until the
// invitation is handed to the network.
func (r *Rooms) Invite(ctx context.Context, room, jid stanza.JID, reason string) error {
	u := stanza.MUCUser{Invites: []stanza.MUCInvite{{To: jid, Reason: reason}}}
	return r.sendTo(ctx, normal(room), u.Element())
}

// InviteDirect invites somebody without the room's help (XEP-0249), with the
// password that we have for it; otherwise it is as Invite.
func (r *Rooms) InviteDirect(ctx context.Context, room, jid stanza.JID, reason string) error {
	d := stanza.DirectInvite{Room: normal(room), Reason: reason}
	r.mu.Lock()
	if rm := r.rooms[d.Room]; rm != nil {
		d.Password = rm.wish.Password
	}
	r.mu.Unlock()
	return r.sendTo(ctx, jid, d.Element())
}

// Decline answers a mediated invitation by jid that will not be followed (XEP-0045
// §7.8.2); it blocks like Invite.
func (r *Rooms) Decline(ctx context.Context, room, jid stanza.JID, reason string) error {
	u := stanza.MUCUser{Decline: &stanza.MUCDecline{To: jid, Reason: reason}}
	return r.sendTo(ctx, normal(room), u.Element())
}

func (r *Rooms) sendTo(ctx context.Context, to stanza.JID, payload stanza.Element) error {
	s, err := r.current()
	if err != nil {
		return err
	}
	return s.Send(ctx, &stanza.Message{ID: r.id(), To: to, Extensions: []stanza.Element{payload}})
}
