package moderation

import (
	"time"

	"github.com/xmppkit/xmppkit/muc"
	"github.com/xmppkit/xmppkit/stanza"
)

// place is what is remembered of a room while we are in it.
type place struct {
	nick   string             // ours
	people map[string]*person // by nick; only those of whom anything is remembered
	joins  []arrival          // the latest
	voice  int                // how many newcomers have one: see voices
	rules  *Ruleset           // by which those who are there have been looked at
}

// arrival is a newcomer.
type arrival struct {
	at  time.Time
	who *person
}

// person is what is remembered of an occupant, until they go. Whatever still has to
// be done to them afterwards holds on to it.
type person struct {
	room     stanza.JID
	occupant muc.Occupant // as it is, or was last
	gone     bool
	doomed   Action // the gravest removal that is under way or done

	retract []retraction // that wait
	pursuit *verdict     // because of which all that is said until they are gone is taken back

	came   time.Time // zero: before us
	recent recent
	fired  map[*rule]time.Time // when a rule about behaviour last had its say
}

// place makes one if need be; m.mu is held.
func (m *Moderator) place(room stanza.JID) *place {
	p := m.places[room]
	if p == nil {
		p = &place{people: map[string]*person{}}
		m.places[room] = p
	}
	return p
}

// maxPeople bounds how many are remembered in a room.
const maxPeople = 50_000

// person makes one if need be; m.mu is held.
func (m *Moderator) person(room stanza.JID, o muc.Occupant) *person {
	people := m.place(room).people
	p := people[o.Nick]
	if p == nil {
		p = &person{room: room, occupant: o}
		if len(people) < maxPeople {
			people[o.Nick] = p
		}
	}
	return p
}

// now is who somebody is at the moment.
func (m *Moderator) now(p *person) (o muc.Occupant, gone bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return p.occupant, p.gone
}

// spared says why somebody is never acted on, or "".
func (m *Moderator) spared(set *Ruleset, room stanza.JID, o muc.Occupant) string {
	m.mu.Lock()
	own, nick := m.own, ""
	if p := m.places[room]; p != nil {
		nick = p.nick
	}
	m.mu.Unlock()
	return set.exempt(room, own, nick, o)
}

func (m *Moderator) joined(e muc.Joined) {
	m.mu.Lock()
	p := m.place(e.Room)
	p.nick = e.Nick
	again := e.Rejoined && p.rules == m.set.Load()
	p.rules = m.set.Load()
	for _, o := range e.Gone {
		p.forget(o.Nick)
	}
	m.mu.Unlock()
	came := map[string]bool{}
	for _, o := range e.Came {
		came[o.Nick] = true
	}
	for _, o := range e.Occupants {
		if again && !came[o.Nick] {
			m.meetAgain(e.Room, o)
		} else {
			m.meet(e.Room, o)
		}
	}
	m.back(e.Room, e.Occupants...)
	for _, h := range m.unhold(e.Room) {
		h.run()
	}
	m.liftDue(e.Room)
	m.readArchive(e.Room)
}

func (m *Moderator) left(e muc.Left) {
	if e.Rejoin {
		return
	}
	for _, h := range m.unhold(e.Room) {
		h.drop()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if p := m.places[e.Room]; p != nil {
		for nick := range p.people {
			p.forget(nick)
		}
		delete(m.places, e.Room)
	}
}

func (p *place) forget(nick string) {
	if x := p.people[nick]; x != nil {
		x.gone = true
		delete(p.people, nick)
	}
}

func (m *Moderator) came(room stanza.JID, o muc.Occupant) {
	m.meet(room, o)
	m.back(room, o)
	if set := m.set.Load(); (set.newcomers || set.joins > 0) && m.spared(set, room, o) == "" {
		m.wave(set, room, o)
	}
}

func (p *person) fire(r *rule, now time.Time) {
	if p.fired == nil {
		p.fired = map[*rule]time.Time{}
	}
	p.fired[r] = now
}

// maxID bounds an id that is kept.
const maxID = 256

func (m *Moderator) went(room stanza.JID, o muc.Occupant) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if p := m.places[room]; p != nil {
		p.forget(o.Nick)
	}
}

func (m *Moderator) changed(room stanza.JID, o muc.Occupant) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if p := m.places[room]; p != nil {
		if x := p.people[o.Nick]; x != nil {
			x.occupant = o
			if x.doomed == Devoice && o.Role == stanza.Participant {
				x.doomed, x.pursuit = Log, nil // somebody has given them their voice back
			}
		}
	}
}

func (m *Moderator) renamed(e muc.NickChanged) {
	m.mu.Lock()
	p := m.place(e.Room)
	if e.Own {
		p.nick = e.Occupant.Nick
	}
	if x := p.people[e.Old]; x != nil {
		delete(p.people, e.Old)
		p.forget(e.Occupant.Nick)
		x.occupant = e.Occupant
		p.people[e.Occupant.Nick] = x
	}
	m.mu.Unlock()
	m.lookAt(e.Room, e.Occupant)
}
