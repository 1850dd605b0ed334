package moderation

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/xmppkit/xmppkit/muc"
	"github.com/xmppkit/xmppkit/stanza"
)

// said is what was said, if anything was.
type said struct {
	message *stanza.Message
	id      string // that the room gave it
	old     bool
	dry     bool    // who said it is not known well enough
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
		v.DryRun = v.DryRun || s.dry
		v.ID = m.count.decisions.Add(1)
		m.emit(v.Decision)
		if !v.DryRun {
			m.begin(v, about, s)
		}
	}
}

// lookAt looks at who somebody is.
func (m *Moderator) lookAt(room stanza.JID, o muc.Occupant) {
	set := m.set.Load()
	if m.spared(set, room, o) != "" {
		return
	}
	list := append(set.lookNames(room, o.Nick, o.JID), m.lookUp(set, room, o, nil)...)
	m.judge(set, room, o, list, said{})
}

// lookUp looks for somebody on the block lists; among fresh entries only if there are
// any.
func (m *Moderator) lookUp(set *Ruleset, room stanza.JID, o muc.Occupant, fresh map[hash]bool) []found {
	if len(set.listed) == 0 || o.JID == "" {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.lookLists(set, room, o.JID, fresh)
}

// meet looks at somebody who is new to us.
func (m *Moderator) meet(room stanza.JID, o muc.Occupant) {
	m.lookAt(room, o)
	if set := m.set.Load(); set.asksIn(room) && m.spared(set, room, o) == "" {
		m.ask(room, o)
	}
}

// meetAgain looks at somebody whom we have only lost sight of for a while.
func (m *Moderator) meetAgain(room stanza.JID, o muc.Occupant) {
	set := m.set.Load()
	if list := m.lookUp(set, room, o, nil); len(list) > 0 && m.spared(set, room, o) == "" {
		m.judge(set, room, o, list, said{})
	}
}

// lookAround looks at everybody who is present, aside: by all rules if they are new,
// by the entries that have come to the block lists otherwise.
func (m *Moderator) lookAround(rules bool, came []hash) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, h := range came {
		m.fresh[h] = true
	}
	m.newRules = m.newRules || rules
	if !m.looking {
		m.looking = m.reads.push("", func(context.Context) { m.lookAtAll() })
	}
}

func (m *Moderator) lookAtAll() {
	m.mu.Lock()
	set, rules, fresh := m.set.Load(), m.newRules, m.fresh
	m.looking, m.newRules, m.fresh = false, false, map[hash]bool{}
	m.mu.Unlock()
	for _, room := range m.rooms.Rooms() {
		for _, o := range m.rooms.Occupants(room) {
			if rules {
				m.lookAt(room, o)
			} else if list := m.lookUp(set, room, o, fresh); len(list) > 0 && m.spared(set, room, o) == "" {
				m.judge(set, room, o, list, said{})
			}
		}
		if rules {
			m.mu.Lock()
			if pl := m.places[room]; pl != nil {
				pl.rules = set
			}
			m.mu.Unlock()
		}
	}
}

func (m *Moderator) said(e muc.Message) {
	if !e.History && !e.Private {
		m.seen(m.set.Load(), e.Room, e.StanzaIDBy(e.Room))
	}
	if e.Own || e.History || e.Occupant.Nick == "" {
		return
	}
	o := e.Occupant
	if !e.Live {
		// Said now by somebody who calls it old, so that nobody looks.
		here, ok := m.rooms.Occupant(e.Room, o.Nick)
		if !ok {
			return
		}
		o = here
	}
	set := m.set.Load()
	if m.spared(set, e.Room, o) != "" {
		return
	}
	s := said{message: e.Message, dry: o.Affiliation == ""}
	if !e.Private {
		s.id = e.StanzaIDBy(e.Room)
	}
	words := texts(e.Message)
	list := set.lookText(e.Room, words, e.Private)
	if !e.Private {
		list = append(list, m.behaviour(set, e.Room, o, e.Message, words, s.id)...)
	}
	if len(list) == 0 {
		m.pursue(e.Room, o.Nick, s)
		return
	}
	m.judge(set, e.Room, o, list, s)
}

// pursue takes back what somebody says who is about to be removed.
func (m *Moderator) pursue(room stanza.JID, nick string, s said) {
	m.mu.Lock()
	var p *person
	if pl := m.places[room]; pl != nil {
		p = pl.people[nick]
	}
	if p == nil || p.pursuit == nil || s.id == "" {
		m.mu.Unlock()
		return
	}
	v := *p.pursuit
	m.mu.Unlock()
	m.takeBack(v, p, s)
}

func (m *Moderator) titled(e muc.SubjectChanged) {
	o, ok := m.rooms.Occupant(e.Room, e.Nick)
	set := m.set.Load()
	if !e.Live || !ok || m.spared(set, e.Room, o) != "" {
		return
	}
	m.judge(set, e.Room, o, set.lookText(e.Room, []string{e.Subject}, false), said{})
}

// wave notes a newcomer, and looks whether too many have come.
func (m *Moderator) wave(set *Ruleset, room stanza.JID, o muc.Occupant) {
	now := time.Now()
	m.mu.Lock()
	p := m.person(room, o)
	p.came = now
	pl := m.places[room]
	if n := len(pl.joins) - set.joins + 1; n > 0 {
		pl.joins = append(pl.joins[:0], pl.joins[min(n, len(pl.joins)):]...)
	}
	if set.joins > 0 {
		pl.joins = append(pl.joins, arrival{now, p})
	}
	type caught struct {
		muc.Occupant
		found
	}
	var list []caught
	for _, r := range set.waves {
		if !r.here(room) {
			continue
		}
		recent := pl.joins
		for len(recent) > 0 && now.Sub(recent[0].at) > r.Joins.Within {
			recent = recent[1:]
		}
		if len(recent) <= r.Joins.Count {
			continue
		}
		limit := fmt.Sprintf("%d joins in %v", len(recent), r.Joins.Within)
		for _, a := range recent {
			if a.who.gone || !a.who.fired[r].IsZero() {
				continue
			}
			a.who.fire(r, now)
			list = append(list, caught{a.who.occupant, found{Finding: whole(ByJoins, limit, a.who.occupant.Nick), rule: r}})
		}
	}
	m.mu.Unlock()
	for _, c := range list {
		if m.spared(set, room, c.Occupant) == "" {
			c.Rule = c.rule.Name
			m.judge(set, room, c.Occupant, []found{c.found}, said{})
		}
	}
}

// behaviour notes that somebody has said something, and looks how they behave.
func (m *Moderator) behaviour(set *Ruleset, room stanza.JID, o muc.Occupant, msg *stanza.Message, texts []string, id string) []found {
	if len(texts) == 0 || len(set.behaving) == 0 && set.memory == 0 {
		return nil
	}
	now := time.Now()
	if len(id) > maxID {
		id = ""
	}
	u := utterance{at: now, hash: hashOf(texts[0]), id: id}
	m.mu.Lock()
	p := m.person(room, o)
	p.recent.add(u, max(set.memory, 1))
	h := habits{recent: slices.Clone(p.recent), came: p.came, fired: maps.Clone(p.fired), message: msg, texts: texts}
	m.mu.Unlock()
	h.present = func(nick string) bool {
		_, ok := m.rooms.Occupant(room, nick)
		return ok
	}
	list := set.lookBehaviour(room, h)
	if len(list) > 0 {
		m.mu.Lock()
		for _, f := range list {
			p.fire(f.rule, now)
		}
		m.mu.Unlock()
	}
	return list
}
