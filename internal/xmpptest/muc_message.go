package xmpptest

import (
	"slices"

	"github.com/xmppkit/xmppkit/stanza"
)

// kept is how many messages a room's archive has at most.
const kept = 10000

// message is for everybody in the room, or about it (XEP-0045 §7.4, §7.8.2, §8.1).
func (r *room) message(p *party, m *stanza.Message) {
	o := p.rooms[r]
	if u, ok := m.MUCUser(); ok && m.Type != stanza.GroupChat && m.Type != stanza.MessageError {
		for _, v := range u.Invites {
			r.invite(p, o, m, v, u.Password)
		}
		if u.Decline != nil {
			r.decline(p, m, *u.Decline)
		}
		return
	}
	refuse := func(c stanza.Condition) { r.svc.srv.bounce(p, m, &stanza.Error{Condition: c, By: r.jid}) }
	switch {
	case m.Type == stanza.MessageError:
		if o != nil { // XEP-0045 §7.4 leaves this to the service; most remove
			r.remove(o, o.left(stanza.MUCUser{Statuses: stanza.Statuses{stanza.StatusRemovedTechnically}}, nil))
		}
	case o == nil:
		refuse(stanza.NotAcceptable)
	case m.Type != stanza.GroupChat:
		refuse(stanza.BadRequest)
	case o.role == stanza.Visitor:
		refuse(stanza.Forbidden)
	case m.Subject != nil && m.Body == "":
		if o.role != stanza.Moderator && !r.cfg.AnyoneSubjects {
			refuse(stanza.Forbidden)
			return
		}
		r.subject, r.subjectFrom = *m.Subject, o.jid
		r.reflect(o, m)
	default:
		r.reflect(o, m)
	}
}

// reflect sends a message to everybody, and keeps it.
func (r *room) reflect(o *occupant, m *stanza.Message) {
	id := stanza.NewID()
	out := *m
	out.From, out.To = o.jid, ""
	out.Extensions = append(slices.Clip(spoken(m.Extensions)),
		stanza.NewElement(stanza.NSOccupantID, "occupant-id").WithAttr("id", o.id),
		stanza.StanzaID{ID: id, By: r.jid}.Element())
	r.keep(archived{id: id, stamp: r.svc.srv.cfg.Now(), from: o.bare, msg: &out})
	r.broadcast(&out)
}

func (r *room) keep(a archived) {
	if len(r.archive) >= 2*kept {
		r.archive = append(r.archive[:0], r.archive[len(r.archive)-kept:]...)
	}
	r.archive = append(r.archive, a)
}

// broadcast sends the same to everybody.
func (r *room) broadcast(st stanza.Stanza) {
	data := render(st)
	for _, o := range r.list {
		for _, p := range o.clients {
			p.out.enqueue(packet{data, p.jid})
		}
	}
}

// whisper is for one occupant (XEP-0045 §7.5).
func (r *room) whisper(p *party, nick string, m *stanza.Message) {
	from, to := p.rooms[r], r.byNick[nick]
	switch {
	case from == nil:
		r.svc.srv.bounce(p, m, &stanza.Error{Condition: stanza.NotAcceptable, By: r.jid})
	case m.Type == stanza.GroupChat:
		r.svc.srv.bounce(p, m, &stanza.Error{Condition: stanza.BadRequest, By: r.jid})
	case to == nil:
		r.svc.srv.bounce(p, m, &stanza.Error{Condition: stanza.ItemNotFound, By: r.jid})
	default:
		out := *m
		out.From, out.To = from.jid, ""
		out.Extensions = append(slices.Clip(spoken(m.Extensions)),
			stanza.NewElement(stanza.NSOccupantID, "occupant-id").WithAttr("id", from.id),
			stanza.MUCUser{}.Element())
		data := render(&out)
		for _, q := range to.clients {
			q.out.enqueue(packet{data, q.jid})
		}
	}
}

// asked is a request that the room passed on to a client.
type asked struct {
	room *room
	from *party
	to   stanza.JID // as the asker named it
	id   string
}

// pass takes a request to one of an occupant's clients, and its answer back
// (XEP-0045 §17.4, XEP-0410).
func (r *room) pass(p *party, nick string, iq *stanza.IQ) {
	if !iq.IsRequest() {
		q := p.asked[iq.ID]
		delete(p.asked, iq.ID)
		if q.room == r && !q.from.ended {
			back := *iq
			back.ID, back.From = q.id, q.to
			q.from.send(&back)
		}
		return
	}
	from, to := p.rooms[r], r.byNick[nick]
	own := to != nil && to.is(p) && IsPing(iq)
	switch {
	case from == nil:
		r.svc.srv.bounce(p, iq, &stanza.Error{Condition: stanza.NotAcceptable, By: r.jid})
	case to == nil:
		r.svc.srv.bounce(p, iq, &stanza.Error{Condition: stanza.ItemNotFound, By: r.jid})
	case own && r.svc.srv.cfg.SelfPing != SelfPingRouted:
		p.send(iq.Result())
	default:
		target := to.clients[0]
		if len(target.asked) > 10000 || target.asked == nil {
			target.asked = map[string]asked{}
		}
		on := *iq
		on.ID, on.From = stanza.NewID(), from.jid
		target.asked[on.ID] = asked{r, p, iq.To, iq.ID}
		target.send(&on)
	}
}

// invite passes an invitation on (XEP-0045 §7.8.2).
func (r *room) invite(p *party, o *occupant, m *stanza.Message, v stanza.MUCInvite, password string) {
	refuse := func(c stanza.Condition) { r.svc.srv.bounce(p, m, &stanza.Error{Condition: c, By: r.jid}) }
	to, err := stanza.ParseJID(string(v.To))
	switch {
	case err != nil:
		refuse(stanza.JIDMalformed)
		return
	case o == nil:
		refuse(stanza.NotAcceptable)
		return
	case r.cfg.MembersOnly && o.affiliation != stanza.Owner && o.affiliation != stanza.Admin && !r.cfg.MembersInvite:
		refuse(stanza.Forbidden)
		return
	}
	if r.cfg.MembersOnly && r.affiliation(to.Bare()) == stanza.AffiliationNone {
		r.affiliations[to.Bare()] = affiliated{affiliation: stanza.Member}
	}
	v.From, v.To = o.bare, ""
	if r.cfg.Password != "" {
		password = r.cfg.Password
	}
	out := &stanza.Message{ID: m.ID, From: r.jid, To: to, Extensions: []stanza.Element{
		stanza.MUCUser{Invites: []stanza.MUCInvite{v}, Password: password}.Element(),
		stanza.DirectInvite{Room: r.jid, Password: password, Reason: v.Reason}.Element(),
	}}
	r.svc.srv.toAddress(to, out)
}

// decline passes the answer to an invitation on.
func (r *room) decline(p *party, m *stanza.Message, d stanza.MUCDecline) {
	to, err := stanza.ParseJID(string(d.To))
	if err != nil {
		r.svc.srv.bounce(p, m, &stanza.Error{Condition: stanza.JIDMalformed, By: r.jid})
		return
	}
	d.From, d.To = p.jid.Bare(), ""
	out := &stanza.Message{ID: m.ID, From: r.jid, To: to, Extensions: []stanza.Element{
		stanza.MUCUser{Decline: &d}.Element(),
	}}
	r.svc.srv.toAddress(to, out)
}
