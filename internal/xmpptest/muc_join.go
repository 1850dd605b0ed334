package xmpptest

import (
	"slices"

	"github.com/xmppkit/xmppkit/stanza"
)

// presence is to join, to change, or to leave (XEP-0045 §7.2, §7.6, §7.7, §7.14).
func (v *roomService) presence(p *party, r *room, nick string, st *stanza.Presence) {
	var o *occupant
	if r != nil {
		o = p.rooms[r]
	}
	join, asks := st.MUCJoin()
	switch {
	case st.Type == stanza.Unavailable:
		if o != nil {
			r.leave(p, o, &stanza.Presence{
				ID: st.ID, Type: st.Type, Status: st.Status, Extensions: spoken(st.Extensions),
			})
		}
	case st.Type == stanza.PresenceError:
		if o != nil {
			r.remove(o, o.left(stanza.MUCUser{Statuses: stanza.Statuses{stanza.StatusRemovedTechnically}}, nil))
		}
	case st.Type != stanza.Available:
	case nick == "":
		v.srv.bounce(p, st, &stanza.Error{Condition: stanza.JIDMalformed})
	case o != nil && nick != o.nick && v.nick(r.jid, nick) != o.nick:
		r.rename(p, o, v.nick(r.jid, nick), st)
	case o != nil && !asks:
		o.presence = presenceOf(st)
		r.announce(o, stanza.MUCUser{})
	case o != nil: // it lost track of us
		r.welcome(p, o, st.ID, join, nil)
	case !asks:
		v.srv.bounce(p, st, &stanza.Error{Condition: stanza.NotAcceptable, By: st.To.Bare()})
	default:
		v.admit(p, r, nick, st, join)
	}
}

func presenceOf(st *stanza.Presence) *stanza.Presence {
	return &stanza.Presence{Lang: st.Lang, Show: st.Show, Status: st.Status, Extensions: spoken(st.Extensions)}
}

// nick is the one that who asks for this one gets.
func (v *roomService) nick(room stanza.JID, asked string) string {
	if v.srv.cfg.Nick != nil {
		return v.srv.cfg.Nick(room, asked)
	}
	return asked
}

// admit lets somebody in, or says why not.
func (v *roomService) admit(p *party, r *room, nick string, st *stanza.Presence, join stanza.MUCJoin) {
	given := v.nick(st.To.Bare(), nick)
	var codes stanza.Statuses
	if r == nil {
		if v.srv.cfg.NoCreate {
			v.srv.bounce(p, st, &stanza.Error{Condition: stanza.ItemNotFound, By: st.To.Bare()})
			return
		}
		r = v.create(st.To.Bare(), v.srv.cfg.Room)
		r.affiliations[p.jid.Bare()] = affiliated{affiliation: stanza.Owner}
		codes = append(codes, stanza.StatusRoomCreated)
	} else if c := r.refuses(p.jid.Bare(), given, join.Password); c != "" {
		v.srv.bounce(p, st, &stanza.Error{Condition: c, By: r.jid})
		return
	}
	jid, err := r.jid.WithResource(given)
	if err != nil {
		v.srv.bounce(p, st, &stanza.Error{Condition: stanza.JIDMalformed, By: r.jid})
		return
	}
	if given != nick {
		codes = append(codes, stanza.StatusNickAssigned)
	}
	if c, ok := p.out.(*conn); ok && c.component != "" {
		p = c.address(p.jid)
	}
	o := r.byNick[given]
	if o == nil {
		o = &occupant{
			room: r, nick: given, jid: jid, bare: p.jid.Bare(), id: v.occupantID(r.jid, p.jid.Bare()),
			affiliation: r.affiliation(p.jid.Bare()),
		}
		o.role = r.standing(o.affiliation)
		r.byNick[given] = o
		r.list = append(r.list, o)
	}
	o.presence = presenceOf(st)
	o.clients = append(o.clients, p)
	o.changed()
	if p.rooms == nil {
		p.rooms = map[*room]*occupant{}
	}
	p.rooms[r] = o
	r.shows(o)
	r.welcome(p, o, st.ID, join, codes)
}

// refuses is why somebody may not come in (XEP-0045 §7.2.5 to §7.2.9).
func (r *room) refuses(bare stanza.JID, nick, password string) stanza.Condition {
	a := r.affiliation(bare)
	privileged := a == stanza.Owner || a == stanza.Admin
	switch o := r.byNick[nick]; {
	case a == stanza.Outcast:
		return stanza.Forbidden
	case r.cfg.MembersOnly && a == stanza.AffiliationNone:
		return stanza.RegistrationRequired
	case r.cfg.Password != "" && password != r.cfg.Password && a != stanza.Owner:
		return stanza.NotAuthorized
	case o != nil && (o.bare != bare || r.svc.srv.cfg.GhostConflict):
		return stanza.Conflict
	case r.reserved(nick, bare):
		return stanza.Conflict
	case r.cfg.Occupants > 0 && len(r.list) >= r.cfg.Occupants && !privileged && o == nil:
		return stanza.ServiceUnavailable
	}
	return ""
}

// reserved reports whether a nick is kept for somebody else.
func (r *room) reserved(nick string, bare stanza.JID) bool {
	for jid, a := range r.affiliations {
		if a.nick != "" && a.nick == nick && jid != bare {
			return true
		}
	}
	return false
}

// shows lets everybody else see a newcomer.
func (r *room) shows(o *occupant) {
	for _, other := range r.list {
		if other == o {
			continue
		}
		data := o.view(r.sees(other))
		for _, q := range other.clients {
			q.out.enqueue(packet{data, q.jid})
		}
	}
}

// welcome is what a newcomer is sent: who is there, itself, history, subject
// (XEP-0045 §7.1).
func (r *room) welcome(p *party, o *occupant, id string, join stanza.MUCJoin, codes stanza.Statuses) {
	real := r.sees(o)
	for _, other := range r.list {
		if other != o {
			p.out.enqueue(packet{other.view(real), p.jid})
		}
	}
	if r.cfg.NonAnonymous {
		codes = append(codes, stanza.StatusNonAnonymous)
	}
	if r.cfg.Logged {
		codes = append(codes, stanza.StatusLogged)
	}
	u := stanza.MUCUser{Items: []stanza.MUCItem{o.item()}, Statuses: r.self(codes)}
	u.Items[0].JID = p.jid
	self := o.says(o.presence, u, false)
	self.ID = id
	p.send(self)
	for _, m := range r.history(join.History) {
		p.send(m)
	}
	from := r.subjectFrom
	if from == "" {
		from = r.jid
	}
	p.send(&stanza.Message{ID: stanza.NewID(), From: from, Type: stanza.GroupChat, Subject: &r.subject})
}

// history is the last messages, as far as they are asked for (XEP-0045 §7.2.14).
func (r *room) history(h *stanza.MUCHistory) []*stanza.Message {
	n := r.cfg.History
	if n == 0 {
		n = 20
	}
	now := r.svc.srv.cfg.Now()
	var since = now.Add(-1 << 62)
	if h != nil {
		if *h == (stanza.MUCHistory{}) {
			return nil
		}
		if h.Stanzas > 0 {
			n = min(n, h.Stanzas)
		}
		if h.Within > 0 {
			since = now.Add(-h.Within)
		}
		if h.Since.After(since) {
			since = h.Since
		}
	}
	var list []*stanza.Message
	for i := len(r.archive) - 1; i >= 0 && len(list) < n; i-- {
		a := r.archive[i]
		if a.stamp.Before(since) {
			break
		}
		if a.msg.Body == "" {
			continue
		}
		m := *a.msg
		m.Extensions = append(slices.Clip(m.Extensions), stanza.Delay{Stamp: a.stamp, From: r.jid}.Element())
		list = append(list, &m)
	}
	slices.Reverse(list)
	return list
}

// rename is a change of nick (XEP-0045 §7.6).
func (r *room) rename(p *party, o *occupant, nick string, st *stanza.Presence) {
	jid, err := r.jid.WithResource(nick)
	if err != nil {
		r.svc.srv.bounce(p, st, &stanza.Error{Condition: stanza.JIDMalformed, By: r.jid})
		return
	}
	if r.byNick[nick] != nil || r.reserved(nick, o.bare) {
		r.svc.srv.bounce(p, st, &stanza.Error{Condition: stanza.Conflict, By: r.jid})
		return
	}
	item := o.item()
	item.Nick = nick
	codes := stanza.Statuses{stanza.StatusNickChanged}
	d := o.left(stanza.MUCUser{Items: []stanza.MUCItem{item}, Statuses: codes}, nil)
	r.tellOthers(o, d)
	r.tell(o, d)
	delete(r.byNick, o.nick)
	r.byNick[nick] = o
	o.nick, o.jid = nick, jid
	o.presence = presenceOf(st)
	var u stanza.MUCUser
	if nick != st.To.Resource() {
		u.Statuses = stanza.Statuses{stanza.StatusNickAssigned}
	}
	r.announce(o, u)
}
