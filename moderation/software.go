package moderation

import (
	"slices"
	"strings"
	"time"

	"github.com/xmppkit/xmppkit/muc"
	"github.com/xmppkit/xmppkit/stanza"
)

const (
	askedAtOnce     = 32               // clients that are asked at a time
	softwareTimeout = 30 * time.Second // for the answer of one
	maxSoftware     = 512              // bytes that are looked at of each part of it
)

// client is what a client says it is (XEP-0092).
type client struct {
	name, version, os string
	answered          bool
}

// String is the client in a line.
func (c client) String() string {
	if !c.answered {
		return "no answer"
	}
	return strings.Join(slices.DeleteFunc([]string{c.name, c.version, c.os}, func(s string) bool { return s == "" }), " ")
}

// match reports whether this is the software that is meant.
func (s *software) match(c client) bool {
	if s == nil {
		return false
	}
	if s.unanswered && !c.answered {
		return true
	}
	asks := false
	for _, x := range []struct {
		p     *patterns
		value string
	}{{&s.name, c.name}, {&s.version, c.version}, {&s.os, c.os}} {
		if x.p.empty() {
			continue
		}
		if _, ok := x.p.match(x.value); !ok {
			return false
		}
		asks = true
	}
	return asks && c.answered
}

// lookSoftware looks at what somebody's client is.
func (s *Ruleset) lookSoftware(room stanza.JID, c client) []found {
	var list []found
	for _, r := range s.asking {
		if r.here(room) && r.software.match(c) {
			f := whole(InSoftware, c.String(), c.String())
			f.Rule = r.Name
			list = append(list, found{f, r, nil})
		}
	}
	return list
}

// asksIn reports whether some rule looks at clients in this room.
func (s *Ruleset) asksIn(room stanza.JID) bool {
	return slices.ContainsFunc(s.asking, func(r *rule) bool { return r.here(room) })
}

// question is one that a client has been asked.
type question struct {
	room stanza.JID
	who  *person
}

// ask asks somebody's client what it is, as soon as there is a place.
func (m *Moderator) ask(room stanza.JID, o muc.Occupant) {
	m.mu.Lock()
	if len(m.toAsk) < m.cfg.Queue {
		m.toAsk = append(m.toAsk, question{room, m.person(room, o)})
	}
	m.mu.Unlock()
	m.askNext()
}

// askNext asks those for whom there is a place.
func (m *Moderator) askNext() {
	for {
		m.mu.Lock()
		if m.session == nil || len(m.toAsk) == 0 || len(m.asked) >= askedAtOnce {
			m.mu.Unlock()
			return
		}
		q, s := m.toAsk[0], m.session
		m.toAsk = m.toAsk[1:]
		to, err := q.room.WithResource(q.who.occupant.Nick)
		if q.who.gone || err != nil {
			m.mu.Unlock()
			continue
		}
		iq := &stanza.IQ{ID: stanza.NewID(), To: to, Type: stanza.Get,
			Extensions: []stanza.Element{stanza.NewElement(stanza.NSVersion, "query")}}
		m.asked[iq.ID] = q
		m.mu.Unlock()
		m.timers.After(softwareTimeout, func() { m.answered(iq.ID, client{}) })
		if err := s.Send(m.context(), iq); err != nil {
			return // Begin starts afresh
		}
	}
}

// answer takes in the answer to a question; false if it is none.
func (m *Moderator) answer(iq *stanza.IQ) bool {
	m.mu.Lock()
	q, ok := m.asked[iq.ID]
	m.mu.Unlock()
	if !ok || iq.IsRequest() || iq.From.Bare() != q.room {
		return false
	}
	var c client
	if e := iq.Extension(stanza.NSVersion, "query"); e != nil && iq.Type == stanza.Result {
		c = client{
			name:     cut(e.ChildText(stanza.NSVersion, "name"), maxSoftware),
			version:  cut(e.ChildText(stanza.NSVersion, "version"), maxSoftware),
			os:       cut(e.ChildText(stanza.NSVersion, "os"), maxSoftware),
			answered: true,
		}
	}
	m.answered(iq.ID, c)
	return true
}

// answered looks at an answer, or at its absence.
func (m *Moderator) answered(id string, c client) {
	m.mu.Lock()
	q, ok := m.asked[id]
	delete(m.asked, id)
	m.mu.Unlock()
	if !ok {
		return
	}
	m.askNext()
	o, gone := m.now(q.who)
	set := m.set.Load()
	if !gone && m.spared(set, q.room, o) == "" {
		m.judge(set, q.room, o, set.lookSoftware(q.room, c), said{})
	}
}
