package muc

import "github.com/xmppkit/xmppkit/stanza"

// presence takes in a presence. Only a room can send from its own address, so what
// comes from there is about the room, and nothing else is.
func (r *Rooms) presence(t *turn, p *stanza.Presence) {
	rm := r.rooms[p.From.Bare()]
	if rm == nil {
		r.stats.Strays++
		return
	}
	switch p.Type {
	case stanza.PresenceError:
		r.presenceError(t, rm, p)
		return
	case stanza.Available, stanza.Unavailable:
	default:
		return
	}
	nick := p.From.Resource()
	if rm.phase == joined {
		rm.heard = t.now
	}
	if nick == "" || len(nick) > maxNick {
		return
	}
	u, fromRoom := p.MUCUser()
	switch rm.phase {
	case joining:
		r.joinPresence(t, rm, p, u, nick)
	case leaving:
		if p.Type == stanza.Unavailable && r.own(rm, u, nick) && !u.Statuses.Has(stanza.StatusNickChanged) {
			r.left(t, rm)
		}
	case joined:
		switch own := r.own(rm, u, nick); {
		case own && p.Type == stanza.Unavailable:
			r.ownUnavailable(t, rm, u, nick)
		case own:
			r.ownAvailable(t, rm, p, u, nick)
		case p.Type == stanza.Unavailable:
			r.occupantUnavailable(t, rm, p, u, nick)
		case fromRoom:
			r.occupantAvailable(t, rm, p, u, nick)
		}
	default:
		r.stats.Strays++
	}
}

// own reports whether a presence is about us (XEP-0045 §7.2.2).
func (r *Rooms) own(rm *room, u stanza.MUCUser, nick string) bool {
	return nick == rm.nick || u.Statuses.Has(stanza.StatusSelfPresence)
}

// presenceError takes in that a presence of ours was refused.
func (r *Rooms) presenceError(t *turn, rm *room, p *stanza.Presence) {
	e := p.Error
	if e == nil {
		e = &stanza.Error{Condition: stanza.UndefinedCondition}
	}
	switch rm.phase {
	case joining:
		r.joinRefused(t, rm, p, e)
	case leaving:
		r.left(t, rm) // we are not in, then
	case joined:
		if c := rm.change; c != nil && (p.ID == c.id || !r.sentByUs(p.ID)) {
			r.nickRefused(t, rm, e)
		} else {
			r.check(t, rm)
		}
	}
}

// ownAvailable takes in what the room says of us while we are in.
func (r *Rooms) ownAvailable(t *turn, rm *room, p *stanza.Presence, u stanza.MUCUser, nick string) {
	o := occupantOf(p, nick, u.Item())
	if nick != rm.nick { // a nick change without 303
		if before, ok := rm.roster.get(nick); ok {
			r.emit(OccupantLeft{Room: rm.wish.JID, Occupant: before})
		}
		r.ownRenamed(t, rm, o, u)
		return
	}
	before, ok := rm.roster.get(nick)
	o = rm.roster.put(o, nil)
	if ok && (before.Role != o.Role || before.Affiliation != o.Affiliation) {
		r.emit(OccupantChanged{Room: rm.wish.JID, Before: before, After: o, Actor: u.Item().Actor, Reason: u.Item().Reason})
	}
	if rm.change != nil && rm.change.nick == nick {
		rm.nickDone()
	}
}

// ownUnavailable takes in that we are out, or go by another nick (303).
func (r *Rooms) ownUnavailable(t *turn, rm *room, u stanza.MUCUser, nick string) {
	if next := rm.nickIn(u); next != "" {
		if nick != rm.nick || next == rm.nick {
			return // of a nick that we have given up already
		}
		if before, taken := rm.roster.get(next); taken {
			r.emit(OccupantLeft{Room: rm.wish.JID, Occupant: before})
		}
		o, _ := rm.roster.get(nick)
		o.Nick = next
		r.ownRenamed(t, rm, o, u)
		return
	}
	r.out(t, rm, leftBecause(causeOf(u), u))
}

// leftBecause tells why we are out; what for an occupant is leaving, is for us being
// lost.
func leftBecause(c Cause, u stanza.MUCUser) Left {
	if c == LeftByThemselves {
		c = Lost
	}
	item := u.Item()
	e := Left{Cause: c, Statuses: u.Statuses, Actor: item.Actor, Reason: item.Reason}
	if d := u.Destroy; d != nil {
		e.Alternate, e.Reason = d.JID, d.Reason
	}
	return e
}

// occupantAvailable takes in that somebody is there.
func (r *Rooms) occupantAvailable(t *turn, rm *room, p *stanza.Presence, u stanza.MUCUser, nick string) {
	item := u.Item()
	o := occupantOf(p, nick, item)
	before, ok := rm.roster.get(nick)
	switch {
	case ok && o == before:
		return
	case !ok && len(rm.roster) >= r.cfg.MaxOccupants:
		r.stats.Dropped++
		return
	}
	o = rm.roster.put(o, nil)
	switch {
	case !ok:
		r.emit(OccupantJoined{Room: rm.wish.JID, Occupant: o, Returned: rm.returns(o, t.now)})
	case !same(before, o, true):
		r.emit(OccupantLeft{Room: rm.wish.JID, Occupant: before})
		r.emit(OccupantJoined{Room: rm.wish.JID, Occupant: o})
	case before.Role != o.Role || before.Affiliation != o.Affiliation:
		r.emit(OccupantChanged{Room: rm.wish.JID, Before: before, After: o, Actor: item.Actor, Reason: item.Reason})
	}
}

// occupantUnavailable takes in that somebody is gone, or goes by another nick (303).
func (r *Rooms) occupantUnavailable(t *turn, rm *room, p *stanza.Presence, u stanza.MUCUser, nick string) {
	o, ok := rm.roster.get(nick)
	if !ok {
		return
	}
	next := rm.nickIn(u)
	if next == "" && causeOf(u) == ServiceShutdown && !rm.pingOff {
		// It is our turn in a moment: nobody leaves while the service does. Should
		// it not be, the list is read again.
		rm.unsure, rm.silent = true, shutdownWait
		if rm.ping == nil {
			r.arm(rm, rm.silent)
		}
		return
	}
	if next == nick {
		return // renamed to what they are
	} else if rm.roster.remove(nick); next != "" && next != rm.nick {
		if before, taken := rm.roster.get(next); taken {
			r.emit(OccupantLeft{Room: rm.wish.JID, Occupant: before})
		}
		o.Nick = next
		r.emit(NickChanged{Room: rm.wish.JID, Occupant: rm.roster.put(o, nil), Old: nick})
	} else {
		item := u.Item()
		r.emit(OccupantLeft{Room: rm.wish.JID, Occupant: o, Cause: causeOf(u), Statuses: u.Statuses,
			Actor: item.Actor, Reason: item.Reason, Status: p.Status})
	}
	r.takeBack(t, rm)
}

// nickIn is the new nick in an unavailable presence that is a nick change (XEP-0045
// §7.6), or "".
func (rm *room) nickIn(u stanza.MUCUser) string {
	if !u.Statuses.Has(stanza.StatusNickChanged) {
		return ""
	}
	to, err := rm.wish.JID.WithResource(u.Item().Nick)
	if err != nil {
		return ""
	}
	return to.Resource()
}
