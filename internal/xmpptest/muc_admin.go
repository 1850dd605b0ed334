package xmpptest

import (
	"slices"

	"github.com/xmppkit/xmppkit/stanza"
)

var ranks = map[stanza.Affiliation]int{
	stanza.Outcast: -1, stanza.AffiliationNone: 0, stanza.Member: 1, stanza.Admin: 2, stanza.Owner: 3,
}

var roles = map[stanza.Role]bool{
	stanza.RoleNone: true, stanza.Visitor: true, stanza.Participant: true, stanza.Moderator: true,
}

// listed is who has a role or an affiliation (XEP-0045 §9.5 and its like).
func (r *room) listed(p *party, x *stanza.Element) ([]stanza.Element, stanza.Condition) {
	o := p.rooms[r]
	mine := r.affiliation(p.jid.Bare())
	item := x.Child(stanza.NSMUCAdmin, "item")
	if item == nil {
		return nil, stanza.BadRequest
	}
	q := stanza.NewElement(stanza.NSMUCAdmin, "query")
	want := stanza.MUCItemOf(*item)
	switch {
	case want.Role != "":
		if o == nil || o.role != stanza.Moderator {
			return nil, stanza.Forbidden
		}
		for _, other := range r.list {
			if other.role == want.Role {
				it := other.item()
				it.Nick, it.JID = other.nick, other.clients[0].jid
				q.Children = append(q.Children, it.Element(stanza.NSMUCAdmin))
			}
		}
	case ranks[want.Affiliation] != 0:
		open := want.Affiliation != stanza.Outcast && r.cfg.NonAnonymous && o != nil
		if ranks[mine] < ranks[stanza.Admin] && !open {
			return nil, stanza.Forbidden
		}
		var list []stanza.JID
		for jid, a := range r.affiliations {
			if a.affiliation == want.Affiliation {
				list = append(list, jid)
			}
		}
		slices.Sort(list)
		for _, jid := range list {
			a := r.affiliations[jid]
			it := stanza.MUCItem{Affiliation: a.affiliation, JID: jid, Nick: a.nick, Reason: a.reason}
			q.Children = append(q.Children, it.Element(stanza.NSMUCAdmin))
		}
	default:
		return nil, stanza.BadRequest
	}
	return []stanza.Element{q}, ""
}

// administer changes roles and affiliations (XEP-0045 §8, §9, §10). Either all
// items are carried out or none is.
func (r *room) administer(p *party, x *stanza.Element) stanza.Condition {
	var list []stanza.MUCItem
	for _, c := range x.Children {
		if c.Is(stanza.NSMUCAdmin, "item") {
			list = append(list, stanza.MUCItemOf(c))
		}
	}
	if len(list) == 0 {
		return stanza.BadRequest
	}
	for i := range list {
		if c := r.allows(p, &list[i]); c != "" {
			return c
		}
	}
	actor := stanza.MUCActor{JID: p.jid.Bare()}
	if o := p.rooms[r]; o != nil {
		actor.Nick = o.nick
	}
	for _, it := range list {
		if it.Affiliation != "" {
			r.affiliate(it.JID, it.Affiliation, it.Nick, it.Reason, actor)
		} else if o := r.byNick[it.Nick]; o != nil {
			r.setRole(o, it.Role, it.Reason, actor)
		}
	}
	return ""
}

// allows is why a change is refused (XEP-0045 §5.1.1, §5.2.1), and normalises it.
func (r *room) allows(p *party, it *stanza.MUCItem) stanza.Condition {
	o := p.rooms[r]
	mine := ranks[r.affiliation(p.jid.Bare())]
	if it.Affiliation != "" {
		if _, ok := ranks[it.Affiliation]; !ok {
			return stanza.BadRequest
		}
		if it.JID == "" {
			named := r.byNick[it.Nick]
			if named == nil {
				return stanza.ItemNotFound
			}
			it.JID, it.Nick = named.bare, ""
		}
		jid, err := stanza.ParseJID(string(it.JID))
		if err != nil {
			return stanza.JIDMalformed
		}
		it.JID = jid.Bare()
		theirs := ranks[r.affiliation(it.JID)]
		switch {
		case mine < ranks[stanza.Admin]:
			return stanza.Forbidden
		case mine < ranks[stanza.Owner] && (theirs >= mine || ranks[it.Affiliation] >= mine):
			return stanza.NotAllowed
		case it.JID == p.jid.Bare() && it.Affiliation == stanza.Outcast:
			return stanza.Conflict
		case theirs == ranks[stanza.Owner] && it.Affiliation != stanza.Owner && r.owners() == 1:
			return stanza.Conflict
		}
		return ""
	}
	target := r.byNick[it.Nick]
	switch {
	case !roles[it.Role]:
		return stanza.BadRequest
	case o == nil || o.role != stanza.Moderator:
		return stanza.Forbidden
	case target == nil:
		return stanza.ItemNotFound
	case target == o && it.Role == stanza.RoleNone:
		return ""
	case ranks[target.affiliation] >= ranks[stanza.Admin] && it.Role != stanza.Moderator,
		ranks[target.affiliation] > mine:
		return stanza.NotAllowed
	case (it.Role == stanza.Moderator || target.role == stanza.Moderator) && mine < ranks[stanza.Admin]:
		return stanza.NotAllowed
	}
	return ""
}

func (r *room) owners() int {
	n := 0
	for _, a := range r.affiliations {
		if a.affiliation == stanza.Owner {
			n++
		}
	}
	return n
}

// setRole gives an occupant a role; none is a kick (XEP-0045 §8.2).
func (r *room) setRole(o *occupant, role stanza.Role, reason string, actor stanza.MUCActor) {
	o.role = role
	it := o.item()
	it.Reason, it.Actor = reason, actor
	u := stanza.MUCUser{Items: []stanza.MUCItem{it}}
	if role == stanza.RoleNone {
		u.Statuses = stanza.Statuses{stanza.StatusKicked}
		r.remove(o, o.left(u, nil))
		return
	}
	r.announce(o, u)
}

// affiliate gives a bare JID an affiliation, with all that follows for those of its
// clients that are in (XEP-0045 §9.1 to §10.7).
func (r *room) affiliate(bare stanza.JID, a stanza.Affiliation, nick, reason string, actor stanza.MUCActor) {
	if a == stanza.AffiliationNone {
		delete(r.affiliations, bare)
	} else {
		r.affiliations[bare] = affiliated{a, nick, reason}
	}
	present := false
	for _, o := range slices.Clone(r.list) {
		if o.bare != bare {
			continue
		}
		present = true
		was := o.affiliation
		o.affiliation = a
		u := stanza.MUCUser{}
		switch {
		case a == stanza.Outcast:
			u.Statuses = stanza.Statuses{stanza.StatusBanned}
		case a == stanza.AffiliationNone && r.cfg.MembersOnly:
			u.Statuses = stanza.Statuses{stanza.StatusAffiliationRemoved}
		case was != a:
			o.role = r.standing(a)
		}
		it := stanza.MUCItem{Affiliation: a, Role: o.role, Reason: reason, Actor: actor}
		if u.Statuses != nil {
			it.Role = stanza.RoleNone
			u.Items = []stanza.MUCItem{it}
			r.remove(o, o.left(u, nil))
			continue
		}
		u.Items = []stanza.MUCItem{it}
		r.announce(o, u)
	}
	if present {
		return
	}
	// Those who may see real JIDs are told of changes to who is not here (§9.3).
	it := stanza.MUCItem{Affiliation: a, JID: bare, Reason: reason}
	m := &stanza.Message{ID: stanza.NewID(), From: r.jid, Extensions: []stanza.Element{
		stanza.MUCUser{Items: []stanza.MUCItem{it}}.Element(),
	}}
	data := render(m)
	for _, o := range r.list {
		if r.sees(o) {
			for _, p := range o.clients {
				p.out.enqueue(packet{data, p.jid})
			}
		}
	}
}
