package muc

import (
	"slices"
	"strings"
	"unique"

	"github.com/xmppkit/xmppkit/stanza"
)

// Occupant is somebody in a room (XEP-0045 §5). Two Occupants are == when all that
// is known of them is.
type Occupant struct {
	Nick        string
	JID         stanza.JID // the real one; empty where the room hides it
	Affiliation stanza.Affiliation
	Role        stanza.Role
	ID          string // lasting and anonymous (XEP-0421); empty where the room has none
}

// Bounds of what is kept of an occupant; what no address or id may look like is
// not.
const (
	maxNick       = 1023
	maxJID        = 3071
	maxOccupantID = 256
)

// occupantOf reads who a presence speaks of. No content of a presence makes it fail.
func occupantOf(p *stanza.Presence, nick string, item stanza.MUCItem) Occupant {
	o := Occupant{Nick: nick, Affiliation: affiliation(item.Affiliation), Role: role(item.Role)}
	if len(item.JID) <= maxJID {
		o.JID = item.JID
	}
	if id := p.OccupantID(); len(id) <= maxOccupantID {
		o.ID = id
	}
	return o
}

// affiliation is a known one, of the house's own string.
func affiliation(a stanza.Affiliation) stanza.Affiliation {
	switch a {
	case stanza.Outcast, stanza.Member, stanza.Admin, stanza.Owner:
		return a
	}
	return stanza.AffiliationNone
}

func role(r stanza.Role) stanza.Role {
	switch r {
	case stanza.Visitor, stanza.Participant, stanza.Moderator:
		return r
	}
	return stanza.RoleNone
}

// same reports whether two occupants of one nick are the same person, as far as
// one can see: by their real JIDs, else by their ids, if those are of one room. A room
// that is made anew gives new ones (XEP-0421 §3.1).
func same(a, b Occupant, ids bool) bool {
	if a.JID != "" && b.JID != "" {
		return a.JID.Bare() == b.JID.Bare()
	}
	if ids && a.ID != "" && b.ID != "" {
		return a.ID == b.ID
	}
	return true
}

// roster is the occupants of a room, sorted by nick. Each is a pointer to an
// Occupant that is in memory once, however many rosters hold it.
type roster []unique.Handle[Occupant]

func (l roster) search(nick string) (int, bool) {
	return slices.BinarySearchFunc(l, nick, func(h unique.Handle[Occupant], nick string) int {
		return strings.Compare(h.Value().Nick, nick)
	})
}

func (l roster) get(nick string) (Occupant, bool) {
	if i, ok := l.search(nick); ok {
		return l[i].Value(), true
	}
	return Occupant{}, false
}

func (l roster) has(nick string) bool {
	_, ok := l.search(nick)
	return ok
}

// put adds an occupant or takes one's place, and returns it as it is kept: without
// the stanza that it was read from. known may hold the very same one and spares the
// search for it.
func (l *roster) put(o Occupant, known roster) Occupant {
	i, ok := l.search(o.Nick)
	if ok && (*l)[i].Value() == o {
		return (*l)[i].Value()
	}
	var h unique.Handle[Occupant]
	if k, found := known.search(o.Nick); found && known[k].Value() == o {
		h = known[k]
	} else {
		h = unique.Make(o)
	}
	if ok {
		(*l)[i] = h
	} else {
		*l = slices.Insert(*l, i, h)
	}
	return h.Value()
}

func (l *roster) remove(nick string) {
	if i, ok := l.search(nick); ok {
		*l = slices.Delete(*l, i, i+1)
	}
}

// occupants is a copy for whoever asks.
func (l roster) occupants() []Occupant {
	list := make([]Occupant, len(l))
	for i, h := range l {
		list[i] = h.Value()
	}
	return list
}

// changed is an occupant before and after.
type changed struct{ before, after Occupant }

// compare tells what a rejoin brings to light: who has come, who is gone, and whose
// role or affiliation is another; ids is as in same. Both lists are in order, so one pass does.
func compare(before, after roster, ids bool) (came, gone []Occupant, other []changed) {
	for len(before) > 0 || len(after) > 0 {
		switch {
		case len(before) == 0 || len(after) > 0 && after[0].Value().Nick < before[0].Value().Nick:
			came, after = append(came, after[0].Value()), after[1:]
		case len(after) == 0 || before[0].Value().Nick < after[0].Value().Nick:
			gone, before = append(gone, before[0].Value()), before[1:]
		default:
			if before[0] != after[0] {
				b, a := before[0].Value(), after[0].Value()
				if !same(b, a, ids) {
					came, gone = append(came, a), append(gone, b)
				} else if b.Role != a.Role || b.Affiliation != a.Affiliation {
					other = append(other, changed{b, a})
				}
			}
			before, after = before[1:], after[1:]
		}
	}
	return came, gone, other
}
