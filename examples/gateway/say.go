package main

import (
	"context"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/xmppkit/xmppkit/stanza"
)

// saying is a text from the inbox that is on its way to XMPP. It stays in the inbox
// until it is certain that it has arrived: a room has reflected it, and whoever it
// went to has then answered a ping. What the room has sent to other phones has by
// then come to us as well, because it was sent before the answer.
type saying struct {
	key  []byte // in the inbox
	id   string // of the message; see [state.id]
	text string
	room bool       // a room reflects it
	ping stanza.JID // who is to answer

	at        time.Time
	reflected bool
	checked   bool
	over      bool // it is being taken out of the inbox
}

const (
	sayTimeout = 20 * time.Second // until it is said again
	sayTries   = 3
)

func pingID(id string) string { return id + "-ping" }

// say sends a text. The error is errSaying, and then the text is taken out of the
// inbox once it is confirmed, or why it has to be sent again later.
func (p *phone) say(ctx context.Context, key []byte, m *stanza.Message, ping stanza.JID) error {
	m.ID = p.g.state.id(p.number, key)
	m.Extensions = append(m.Extensions, stanza.OriginIDElement(m.ID))
	s := &saying{key: key, id: m.ID, text: m.Body, room: m.Type == stanza.GroupChat, ping: ping, at: time.Now()}
	p.mu.Lock()
	p.saying, p.used = s, s.at
	p.mu.Unlock()
	err := p.address.Send(ctx, m)
	if err == nil {
		err = p.address.Send(ctx, &stanza.IQ{ID: pingID(m.ID), To: ping, Type: stanza.Get,
			Extensions: []stanza.Element{stanza.NewElement(stanza.NSPing, "ping")}})
	}
	if err == nil {
		return errSaying
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.saying == s {
		p.saying = nil
	}
	return err
}

// busy reports whether something has been said and is not confirmed.
func (p *phone) busy() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.saying != nil
}

// reflected reports whether a message of the room is what the phone is saying: by its
// id, and only where a room has not kept that by its text.
func (p *phone) reflected(id, origin, body string, own bool) bool {
	p.mu.Lock()
	s := p.saying
	mine := s != nil && s.room && (id == s.id || origin == s.id || own && body == s.text)
	if mine {
		s.reflected = true
	}
	p.mu.Unlock()
	if mine {
		p.confirm(s)
	}
	return mine
}

// answered takes the answer to the ping that follows what was said.
func (p *phone) answered(iq *stanza.IQ) {
	p.mu.Lock()
	s := p.saying
	if s == nil || iq.IsRequest() || iq.ID != pingID(s.id) || iq.From != s.ping {
		p.mu.Unlock()
		return
	}
	room := p.room
	lost := false
	if s.room && iq.Type == stanza.IQError && !s.reflected {
		switch iq.Error.Condition {
		case stanza.ServiceUnavailable, stanza.FeatureNotImplemented:
		default: // the room does not know us
			lost, p.saying = true, nil
		}
	}
	s.checked = !lost
	p.mu.Unlock()
	if lost {
		p.rooms.Check(room)
		return
	}
	p.confirm(s)
}

// confirm takes a text that has arrived out of the inbox. Nothing that came before
// the confirmation can be lost then: it is written first.
func (p *phone) confirm(s *saying) {
	p.mu.Lock()
	done := p.saying == s && s.checked && (s.reflected || !s.room)
	p.mu.Unlock()
	if done {
		p.said(s, "")
	}
}

// said takes what was said out of the inbox, and answers it if there is a reason to.
func (p *phone) said(s *saying, answer string) {
	p.mu.Lock()
	again := s.over
	s.over = true
	p.mu.Unlock()
	if again { // whoever answers twice is heard once
		return
	}
	p.g.state.later(func(tx *bolt.Tx) error {
		if err := tx.Bucket(bucketInbox).Delete(s.key); err != nil {
			return err
		}
		// It may have been sent twice: the second reflection is none of another phone.
		if _, err := seen(tx, p.number+" "+s.id, time.Now()); err != nil {
			return err
		}
		if answer != "" {
			if err := p.g.outbox.answer(tx, p.number, answer); err != nil {
				return err
			}
		}
		tx.OnCommit(func() {
			p.mu.Lock()
			if p.saying == s {
				p.saying, p.tries = nil, 0
			}
			p.mu.Unlock()
			p.g.inbox.kick(p.number)
		})
		return nil
	})
}

// bounced takes what was said and came back.
func (p *phone) bounced(m *stanza.Message) {
	p.mu.Lock()
	s, room := p.saying, p.room
	if s == nil || m.ID != s.id || m.Error == nil {
		p.mu.Unlock()
		return
	}
	c := m.Error.Condition
	lost := s.room && (c == stanza.NotAcceptable || c == stanza.ItemNotFound || c == stanza.RecipientUnavailable)
	if lost {
		p.saying = nil // said again when the room has let us in again
	}
	p.mu.Unlock()
	if lost {
		p.rooms.Check(room)
		return
	}
	p.said(s, sayNotSent(s.text, why(m.Error)))
}

// overdue says again what has not been confirmed in time, and gives it up in the end.
func (p *phone) overdue(now time.Time) {
	p.mu.Lock()
	s := p.saying
	if s == nil || s.over || now.Sub(s.at) <= sayTimeout {
		p.mu.Unlock()
		return
	}
	p.tries++
	last := p.tries >= sayTries
	if !last {
		p.saying = nil
	}
	p.mu.Unlock()
	if last {
		p.said(s, sayNotSent(s.text, whySilent))
		return
	}
	p.g.inbox.kick(p.number)
}
