package main

import (
	"context"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/xmppkit/xmppkit/stanza"
)

// message takes what is written to a phone and is not said in its room: an
// invitation, or a chat message.
func (g *gateway) message(ctx context.Context, s stanza.Session, m *stanza.Message) {
	switch m.Type {
	case stanza.MessageError, stanza.GroupChat, stanza.Headline:
		return
	}
	if u, ok := m.MUCUser(); ok && u.Decline != nil {
		return
	}
	number, ok := numberOf(m.To, g.domain)
	if i, room, is := invitationOf(m); is {
		if ok {
			g.invited(number, i, room)
		}
		return
	}
	switch {
	case clean(m.Body) == "":
	case !ok:
		g.refuse(ctx, s, m, &stanza.Error{Condition: stanza.ItemNotFound, Text: "not a phone number"})
	default:
		g.chat(number, m)
	}
}

// chat brings a message to a phone (RFC 6121 §5.2.2), from whom it may come.
func (g *gateway) chat(number string, m *stanza.Message) {
	from := m.From.Bare()
	text := sayWhispered(string(from), clean(m.Body))
	answer := func(e *stanza.Error) func() {
		to, id := m.From, m.ID
		return func() { g.fail(number, to, id, e) }
	}
	id := ""
	if g.state.ours(m.ID) {
		id = number + " " + m.ID
	}
	g.state.later(func(tx *bolt.Tx) error {
		r, err := readRecord(tx, number)
		if err != nil {
			return err
		}
		if !g.mayWrite(from, r) {
			tx.OnCommit(answer(&stanza.Error{Condition: stanza.Forbidden, Text: "this phone has not written to you"}))
			return nil
		}
		if id != "" {
			if again, err := seen(tx, id, time.Now()); err != nil || again {
				return err
			}
		}
		taken, err := g.outbox.add(tx, number, letter{Text: text, From: m.From, Stanza: m.ID})
		if err == nil && !taken {
			tx.OnCommit(answer(&stanza.Error{Condition: stanza.ResourceConstraint, Text: "too many messages in this hour"}))
		}
		return err
	})
}

// mayWrite reports whether somebody may have an SMS sent: SMS cost money, and phones
// ring.
func (g *gateway) mayWrite(from stanza.JID, r record) bool {
	for _, c := range r.Contacts {
		if c == from {
			return true
		}
	}
	return g.known(from)
}

// known reports whether an address is of a domain whose people may write, or of one
// below it.
func (g *gateway) known(jid stanza.JID) bool {
	domain := jid.Domain()
	for _, d := range append(g.cfg.Chat.From, g.cfg.XMPP.Domain) {
		if domain == d || strings.HasSuffix(domain, "."+d) {
			return true
		}
	}
	return false
}

// name is how a phone is told of an address: a phone is its number.
func (g *gateway) name(jid stanza.JID) string {
	if number, ok := numberOf(jid, g.domain); ok {
		return number
	}
	return string(jid)
}

// undelivered tells who wrote to a phone that it has not come through.
func (g *gateway) undelivered(to stanza.JID, number, id string) {
	if other, ok := numberOf(to, g.domain); ok {
		g.state.later(func(tx *bolt.Tx) error {
			return g.outbox.answer(tx, other, sayNotSent(number, "not delivered in time"))
		})
		return
	}
	g.fail(number, to, id, &stanza.Error{Condition: stanza.RecipientUnavailable, Text: "not delivered in time"})
}

// fail answers a message to a phone with an error.
func (g *gateway) fail(number string, to stanza.JID, id string, e *stanza.Error) {
	ctx, cancel := context.WithTimeout(context.Background(), requestTimeout)
	defer cancel()
	g.refuse(ctx, g.component, &stanza.Message{ID: id, From: to, To: g.jid(number)}, e)
}

func (g *gateway) refuse(ctx context.Context, s stanza.Session, m *stanza.Message, e *stanza.Error) {
	if err := s.Send(ctx, &stanza.Message{ID: m.ID, From: m.To, To: m.From, Type: stanza.MessageError, Error: e}); err != nil {
		g.log.Debug("chat: not answered", "to", m.From, "err", err)
	}
}

// invitationOf reads an invitation, through the room (XEP-0045 §7.8.2) or direct
// (XEP-0249), and who invites.
func invitationOf(m *stanza.Message) (w wish, from stanza.JID, ok bool) {
	if u, ok := m.MUCUser(); ok && len(u.Invites) > 0 && m.From.IsBare() {
		return wish{JID: m.From, Password: u.Password}, u.Invites[0].From, true
	}
	if d, ok := m.DirectInvite(); ok {
		room, err := stanza.ParseJID(string(d.Room))
		if err == nil && room.IsBare() && room.Local() != "" {
			return wish{JID: room, Password: d.Password}, m.From, true
		}
	}
	return wish{}, "", false
}

// invited tells a phone of an invitation, once for each room and inviter, and keeps
// it for /join. Who invites both through the room, where a nick stands for them, and
// directly, is one inviter.
func (g *gateway) invited(number string, w wish, from stanza.JID) {
	occupant := from.Bare() == w.JID && !from.IsBare()
	name := from.Resource()
	if !occupant {
		from = from.Bare()
		name = g.name(from)
	}
	if !g.known(from) && !g.known(w.JID) {
		g.log.Info("invitation from a stranger", "from", from, "room", w.JID)
		return
	}
	if len(w.Password) > maxPassword {
		return
	}
	g.state.later(func(tx *bolt.Tx) error {
		r, err := readRecord(tx, number)
		if err != nil || r.Room.JID == w.JID {
			return err
		}
		now := time.Now()
		if !r.invited(w, string(from), occupant, now) {
			if _, err := g.outbox.add(tx, number, letter{Text: sayInvited(name, w.JID)}); err != nil {
				return err
			}
		}
		return writeRecord(tx, number, r)
	})
}

const maxPassword = 1023
