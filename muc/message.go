package muc

import (
	"hash/maphash"

	"github.com/xmppkit/xmppkit/stanza"
)

// message takes in a message.
func (r *Rooms) message(t *turn, m *stanza.Message) {
	rm := r.rooms[m.From.Bare()]
	switch m.Type {
	case stanza.MessageError:
		if rm != nil {
			r.bounced(t, rm, m)
		}
	case stanza.GroupChat:
		if rm == nil || rm.phase != joined {
			r.stats.Strays++
			return
		}
		rm.heard = t.now
		r.groupChat(t, rm, m)
	default:
		if !r.invitation(m) && rm != nil && rm.phase == joined {
			r.direct(t, rm, m)
		}
	}
}

// bounced takes in that something we said in the room came back: then it may have
// lost us, and says so only now (XEP-0410 §1).
func (r *Rooms) bounced(t *turn, rm *room, m *stanza.Message) {
	if m.Error == nil || !m.From.IsBare() || !r.sentByUs(m.ID) {
		return
	}
	switch m.Error.Condition {
	case stanza.NotAcceptable, stanza.ItemNotFound, stanza.Gone:
		r.check(t, rm)
	}
}

// subjects seeds the hashes of subjects.
var subjects = maphash.MakeSeed()

// groupChat takes in what is said to the whole room (XEP-0045 §7.4).
func (r *Rooms) groupChat(t *turn, rm *room, m *stanza.Message) {
	delay, delayed := m.Delay()
	nick := m.From.Resource()
	if m.Subject != nil && m.Body == "" { // §8.1; it ends the history (§7.2.15)
		first := rm.fresh
		rm.fresh = false
		var hash uint64
		if *m.Subject != "" {
			hash = maphash.String(subjects, *m.Subject)
		}
		if hash != rm.subject {
			rm.subject = hash
			r.emit(SubjectChanged{Room: rm.wish.JID, Nick: nick, Subject: *m.Subject, Live: !first && !delayed})
		}
		return
	}
	if nick == "" {
		if u, ok := m.MUCUser(); ok {
			r.roomSays(rm, u)
			if m.Body == "" {
				return
			}
		}
	}
	if !delayed {
		rm.fresh = false // history is over, even where no subject follows it
	}
	e := Message{Room: rm.wish.JID, Message: m, Live: !delayed, Delay: delay,
		History: delayed && rm.fresh && t.now.Sub(rm.entered) < settled, Own: nick != "" && nick == rm.nick}
	e.Occupant = rm.speaker(m, nick, delayed)
	r.emit(e)
}

// speaker is who says something. What was said earlier may have been said by
// somebody else of that nick.
func (rm *room) speaker(m *stanza.Message, nick string, delayed bool) Occupant {
	if nick == "" {
		return Occupant{}
	}
	if o, ok := rm.roster.get(nick); ok && !delayed {
		return o
	}
	o := Occupant{Nick: nick}
	if id := m.OccupantID(); len(id) <= maxOccupantID {
		o.ID = id
	}
	return o
}

// roomSays takes in what the room itself says of itself.
func (r *Rooms) roomSays(rm *room, u stanza.MUCUser) {
	for _, code := range u.Statuses {
		switch code {
		case stanza.StatusConfigChanged, stanza.StatusLogged, stanza.StatusNotLogged,
			stanza.StatusNowNonAnonymous, stanza.StatusNowSemiAnonymous:
			rm.info = nil
			r.emit(RoomConfigChanged{Room: rm.wish.JID, Statuses: u.Statuses})
			return
		}
	}
	for _, item := range u.Items {
		r.emit(AffiliationChanged{Room: rm.wish.JID, Item: item})
	}
}

// direct takes in what the room, or somebody in it, says to us alone.
func (r *Rooms) direct(t *turn, rm *room, m *stanza.Message) {
	nick := m.From.Resource()
	if nick == "" {
		if u, ok := m.MUCUser(); ok {
			r.roomSays(rm, u)
		}
		return
	}
	rm.heard = t.now
	if m.Body == "" {
		return
	}
	delay, delayed := m.Delay()
	r.emit(Message{Room: rm.wish.JID, Message: m, Live: !delayed, Delay: delay, Private: true,
		Own: nick == rm.nick, Occupant: rm.speaker(m, nick, delayed)})
}

// invitation takes in an invitation or the answer to one; false where m is none. A
// mediated one comes from the room (XEP-0045 §7.8.2) and often holds the direct
// one as well; an occupant's message that looks like one is none.
func (r *Rooms) invitation(m *stanza.Message) bool {
	if m.From.IsBare() {
		u, _ := m.MUCUser()
		for _, v := range u.Invites {
			r.emit(Invited{Room: m.From, From: v.From, Reason: v.Reason, Password: u.Password})
		}
		if d := u.Decline; d != nil {
			r.emit(Declined{Room: m.From, From: d.From, Reason: d.Reason})
		}
		if len(u.Invites) > 0 || u.Decline != nil {
			return true
		}
	}
	d, ok := m.DirectInvite()
	if !ok || !d.Room.IsBare() {
		return false
	}
	r.emit(Invited{Room: d.Room, From: m.From, Reason: d.Reason, Password: d.Password, Direct: true})
	return true
}
