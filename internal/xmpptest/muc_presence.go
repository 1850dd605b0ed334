package xmpptest

import (
	"slices"

	"github.com/xmppkit/xmppkit/stanza"
)

// sees reports whether o may see real JIDs.
func (r *room) sees(o *occupant) bool { return r.cfg.NonAnonymous || o.role == stanza.Moderator }

func (o *occupant) item() stanza.MUCItem {
	return stanza.MUCItem{Affiliation: o.affiliation, Role: o.role}
}

func (o *occupant) is(p *party) bool { return slices.Contains(o.clients, p) }

// changed forgets how the presence was rendered.
func (o *occupant) changed() { o.views = [2][]byte{} }

// view is the occupant's presence for others.
func (o *occupant) view(real bool) []byte {
	i := 0
	if real {
		i = 1
	}
	if o.views[i] == nil {
		o.views[i] = render(o.says(o.presence, stanza.MUCUser{Items: []stanza.MUCItem{o.item()}}, real))
	}
	return o.views[i]
}

// says is a presence from the occupant with what the room says about it.
func (o *occupant) says(p *stanza.Presence, u stanza.MUCUser, real bool) *stanza.Presence {
	if real && len(u.Items) > 0 {
		u.Items = slices.Clone(u.Items)
		u.Items[0].JID = o.clients[0].jid
	}
	out := *p
	out.From = o.jid
	out.Extensions = append(slices.Clip(out.Extensions),
		stanza.NewElement(stanza.NSOccupantID, "occupant-id").WithAttr("id", o.id), u.Element())
	return &out
}

// left is the unavailable presence with which an occupant goes.
func (o *occupant) left(u stanza.MUCUser, p *stanza.Presence) departure {
	if p == nil {
		p = &stanza.Presence{Type: stanza.Unavailable}
	}
	return departure{p, u}
}

type departure struct {
	presence *stanza.Presence
	user     stanza.MUCUser
}

// tell sends an occupant's clients what the room says about themselves.
func (r *room) tell(o *occupant, d departure) {
	u := d.user
	u.Statuses = r.self(u.Statuses)
	data := render(o.says(d.presence, u, true))
	for _, p := range o.clients {
		p.out.enqueue(packet{data, p.jid})
	}
}

// self adds code 110.
func (r *room) self(codes stanza.Statuses) stanza.Statuses {
	if r.svc.srv.cfg.OmitSelfStatus {
		return codes
	}
	return append(slices.Clone(codes), stanza.StatusSelfPresence)
}

// tellOthers sends everybody but the occupant what the room says about it.
func (r *room) tellOthers(o *occupant, d departure) {
	var views [2][]byte
	for _, other := range r.list {
		if other == o {
			continue
		}
		i := 0
		if r.sees(other) {
			i = 1
		}
		if views[i] == nil {
			views[i] = render(o.says(d.presence, d.user, i == 1))
		}
		for _, p := range other.clients {
			p.out.enqueue(packet{views[i], p.jid})
		}
	}
}

// announce shows everybody the occupant as it is now. u adds to what the room says
// of it.
func (r *room) announce(o *occupant, u stanza.MUCUser) {
	o.changed()
	if len(u.Items) == 0 {
		u.Items = []stanza.MUCItem{o.item()}
	}
	r.tellOthers(o, departure{o.presence, u})
	r.tell(o, departure{o.presence, u})
}

// remove takes an occupant out, and says so.
func (r *room) remove(o *occupant, d departure) {
	if len(d.user.Items) == 0 {
		d.user.Items = []stanza.MUCItem{{Affiliation: o.affiliation, Role: stanza.RoleNone}}
	}
	r.tellOthers(o, d)
	r.tell(o, d)
	r.forget(o)
}

// forget takes an occupant out without a word.
func (r *room) forget(o *occupant) {
	for _, p := range o.clients {
		delete(p.rooms, r)
		r.svc.release(p)
	}
	delete(r.byNick, o.nick)
	if i := slices.Index(r.list, o); i >= 0 {
		r.list = slices.Delete(r.list, i, i+1)
	}
	if len(r.list) == 0 && r.cfg.Temporary {
		delete(r.svc.rooms, r.jid)
	}
}

// release forgets a component's address that is in no room any more.
func (v *roomService) release(p *party) {
	if c, ok := p.out.(*conn); ok && len(p.rooms) == 0 && c.others[p.jid] == p {
		delete(c.others, p.jid)
	}
}

// leave is one client's end in the room. The others see it when it was the last one
// that held the nick.
func (r *room) leave(p *party, o *occupant, st *stanza.Presence) {
	d := o.left(stanza.MUCUser{}, st)
	if len(o.clients) == 1 {
		r.remove(o, d)
		return
	}
	d.user.Items = []stanza.MUCItem{{Affiliation: o.affiliation, Role: stanza.RoleNone}}
	d.user.Statuses = r.self(nil)
	p.send(o.says(d.presence, d.user, false))
	o.clients = slices.DeleteFunc(o.clients, func(q *party) bool { return q == p })
	delete(p.rooms, r)
	r.svc.release(p)
	o.changed()
}

// spoken is what of a client's presence or message the room passes on.
func spoken(list []stanza.Element) []stanza.Element {
	foreign := func(e stanza.Element) bool {
		switch e.Name.Space {
		case stanza.NSMUC, stanza.NSMUCUser, stanza.NSMUCAdmin, stanza.NSMUCOwner, stanza.NSOccupantID:
			return true
		}
		return e.Is(stanza.NSStanzaID, "stanza-id")
	}
	if !slices.ContainsFunc(list, foreign) {
		return list
	}
	return slices.DeleteFunc(slices.Clone(list), foreign)
}
