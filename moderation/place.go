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
}

// person is what is remembered of an occupant, until they go. Whatever still has to
// be done to them afterwards holds on to it.
type person struct {
	room     stanza.JID
	occupant muc.Occupant // as it is, or was last
	gone     bool
	doomed   Action // the gravest removal that is under way or done

	retract []retraction // that wait
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

// person makes one if need be; m.mu is held.
func (m *Moderator) person(room stanza.JID, o muc.Occupant) *person {
	people := m.place(room).people
	p := people[o.Nick]
	if p == nil {
		p = &person{room: room, occupant: o}
		people[o.Nick] = p
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
	for _, o := range e.Gone {
		p.forget(o.Nick)
	}
	m.mu.Unlock()
	list := e.Occupants
	if e.Rejoined {
		list = e.Came
	}
	for _, o := range list {
		m.lookAt(e.Room, o)
	}
	m.release(e.Room)
	m.liftDue(e.Room)
}

func (m *Moderator) left(e muc.Left) {
	if e.Rejoin {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.holding -= len(m.held[e.Room])
	delete(m.held, e.Room)
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
	m.lookAt(room, o)
}

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

// lookAt looks at who somebody is.
func (m *Moderator) lookAt(room stanza.JID, o muc.Occupant) {
	set := m.set.Load()
	if m.spared(set, room, o) != "" {
		return
	}
	m.judge(set, room, o, set.lookNames(room, o.Nick, o.JID), said{})
}

// lookAround looks again at everybody who is present.
func (m *Moderator) lookAround() {
	for _, room := range m.rooms.Rooms() {
		for _, o := range m.rooms.Occupants(room) {
			m.lookAt(room, o)
		}
	}
}

func (m *Moderator) said(e muc.Message) {
	if e.Own || e.History || e.Occupant.Nick == "" {
		return
	}
	o := e.Occupant
	if !e.Live {
		// Said now by somebody who calls it old, so that nobody looks.
		if here, ok := m.rooms.Occupant(e.Room, o.Nick); ok {
			o = here
		}
	}
	set := m.set.Load()
	if m.spared(set, e.Room, o) != "" {
		return
	}
	s := said{message: e.Message}
	if !e.Private {
		s.id = e.StanzaIDBy(e.Room)
	}
	m.judge(set, e.Room, o, set.lookText(e.Room, texts(e.Message), e.Private), s)
}

func (m *Moderator) titled(e muc.SubjectChanged) {
	o, ok := m.rooms.Occupant(e.Room, e.Nick)
	set := m.set.Load()
	if !e.Live || !ok || m.spared(set, e.Room, o) != "" {
		return
	}
	m.judge(set, e.Room, o, set.lookText(e.Room, []string{e.Subject}, false), said{})
}

// said is what was said, if anything was.
type said struct {
	message *stanza.Message
	id      string // that the room gave it
	old     bool
	by      *person // of an old message: who is no occupant
}

// judge decides, tells, and lets the actions begin. Whoever calls it has made sure
// that nobody is spared.
func (m *Moderator) judge(set *Ruleset, room stanza.JID, o muc.Occupant, list []found, s said) {
	if len(list) == 0 {
		return
	}
	for _, v := range set.decide(room, o, list, s.old, time.Now()) {
		about := Reason{Rule: v.Rule, Phrase: v.Phrase, Room: room, Nick: o.Nick, Time: ReasonTime{v.Time}}
		var err error
		if v.Reason, err = set.reasonFor(v.rule, room).text(about); err != nil {
			m.cfg.Logger.Warn("moderation: the reason's template fails", "rule", v.Rule, "err", err)
		}
		v.ID = m.count.decisions.Add(1)
		m.emit(v.Decision)
		if !v.DryRun {
			m.begin(v, about, s)
		}
	}
}
