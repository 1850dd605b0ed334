package xmpptest

import (
	"slices"

	"github.com/xmppkit/xmppkit/stanza"
)

const (
	nsFasten   = "urn:xmpp:fasten:0"
	nsRetract0 = "urn:xmpp:message-retract:0"
	nsRetract1 = "urn:xmpp:message-retract:1"
)

// moderates reports whether a request is one that the room's kind of moderation
// knows (XEP-0425).
func (r *room) moderates(x *stanza.Element) bool {
	switch r.svc.srv.cfg.Moderation {
	case nsModerate1:
		return x.Is(nsModerate1, "moderate")
	case nsModerate0:
		return x.Is(nsFasten, "apply-to") && x.Child(nsModerate0, "moderate") != nil
	}
	return false
}

// moderate retracts a message (XEP-0425 §4).
func (r *room) moderate(p *party, x *stanza.Element) stanza.Condition {
	o, id := p.rooms[r], x.Attr("id")
	if o == nil || o.role != stanza.Moderator {
		return stanza.Forbidden
	}
	i := slices.IndexFunc(r.archive, func(a archived) bool { return a.id == id && a.from != "" })
	if id == "" || i < 0 {
		return stanza.ItemNotFound
	}
	var say, stays stanza.Element
	delay := stanza.Delay{Stamp: r.svc.srv.cfg.Now()}.Element()
	stamp := delay.Attr("stamp")
	if x.Is(nsModerate1, "moderate") {
		if x.Child(nsRetract1, "retract") == nil {
			return stanza.BadRequest
		}
		by := stanza.NewElement(nsModerate1, "moderated",
			stanza.NewElement(stanza.NSOccupantID, "occupant-id").WithAttr("id", o.id)).WithAttr("by", string(o.jid))
		reason := x.ChildText(nsModerate1, "reason")
		say = stanza.NewElement(nsRetract1, "retract", by).WithAttr("id", id)
		stays = stanza.NewElement(nsRetract1, "retracted", by).WithAttr("stamp", stamp)
		if reason != "" {
			say.Children = append(say.Children, stanza.NewText(nsRetract1, "reason", reason))
			stays.Children = append(stays.Children, stanza.NewText(nsRetract1, "reason", reason))
		}
	} else {
		m := x.Child(nsModerate0, "moderate")
		if m.Child(nsRetract0, "retract") == nil {
			return stanza.BadRequest
		}
		by := stanza.NewElement(nsModerate0, "moderated").WithAttr("by", string(o.jid))
		stays = by
		by.Children = []stanza.Element{stanza.NewElement(nsRetract0, "retract")}
		stays.Children = []stanza.Element{stanza.NewElement(nsRetract0, "retracted").WithAttr("stamp", stamp)}
		if reason := m.ChildText(nsModerate0, "reason"); reason != "" {
			by.Children = append(by.Children, stanza.NewText(nsModerate0, "reason", reason))
			stays.Children = append(stays.Children, stanza.NewText(nsModerate0, "reason", reason))
		}
		say = stanza.NewElement(nsFasten, "apply-to", by).WithAttr("id", id)
	}
	// What stays in the archive is a tombstone, and history has no body to send.
	old := r.archive[i].msg
	r.archive[i].msg = &stanza.Message{
		ID: old.ID, From: old.From, Type: old.Type,
		Extensions: append(keptIDs(old.Extensions), stays),
	}
	sid := stanza.NewID()
	out := &stanza.Message{ID: stanza.NewID(), From: r.jid, Type: stanza.GroupChat, Extensions: []stanza.Element{
		say, stanza.StanzaID{ID: sid, By: r.jid}.Element(),
	}}
	r.keep(archived{id: sid, stamp: r.svc.srv.cfg.Now(), msg: out})
	r.broadcast(out)
	return ""
}

// keptIDs is what of a retracted message still says which one it was.
func keptIDs(list []stanza.Element) []stanza.Element {
	return slices.DeleteFunc(slices.Clone(list), func(e stanza.Element) bool {
		return e.Name.Space != stanza.NSStanzaID && e.Name.Space != stanza.NSOccupantID
	})
}

// Retracted reports whether the message that a room gave this stanza-id has been
// retracted.
func (s *Server) Retracted(room stanza.JID, id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.rooms.rooms[room]
	return r != nil && slices.ContainsFunc(r.archive, func(a archived) bool {
		return a.id == id && slices.ContainsFunc(a.msg.Extensions, func(e stanza.Element) bool {
			return e.Is(nsRetract1, "retracted") || e.Is(nsModerate0, "moderated")
		})
	})
}
