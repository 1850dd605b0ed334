package moderation

import (
	"context"
	"errors"

	"github.com/xmppkit/xmppkit/stanza"
)

// retraction is a message to be taken back.
type retraction struct {
	id     string // that the room gave it
	reason string
}

const (
	nsModerate1 = "urn:xmpp:message-moderate:1"
	nsModerate0 = "urn:xmpp:message-moderate:0"
	nsRetract1  = "urn:xmpp:message-retract:1"
	nsRetract0  = "urn:xmpp:message-retract:0"
	nsFasten    = "urn:xmpp:fasten:0"
)

var (
	errNoModeration = errors.New("moderation: the room takes no messages back (XEP-0425)")
	errNoStanzaID   = errors.New("moderation: the room gave the message no id")
)

// takeBack lets messages wait to be taken back. What one offender has said meanwhile
// goes with them.
func (m *Moderator) takeBack(v verdict, p *person, s said) {
	if s.id == "" {
		if s.message != nil {
			m.report(v, p, Outcome{Action: Retract, Err: errNoStanzaID})
		}
		return
	}
	m.mu.Lock()
	waiting := len(p.retract) > 0
	p.retract = append(p.retract, retraction{s.id, v.Reason})
	m.mu.Unlock()
	if waiting {
		return
	}
	if !m.push(v, p, Retract, func(ctx context.Context) { m.retractAll(ctx, v, p) }) {
		m.mu.Lock()
		p.retract = nil
		m.mu.Unlock()
	}
}

func (m *Moderator) retractAll(ctx context.Context, v verdict, p *person) {
	m.mu.Lock()
	list, s := p.retract, m.session
	p.retract = nil
	m.mu.Unlock()
	e := Outcome{Action: Retract, Done: Retract}
	info, err := m.rooms.Info(ctx, v.Room)
	ns := ""
	switch {
	case err != nil:
	case info.Has(nsModerate1):
		ns = nsModerate1
	case info.Has(nsModerate0):
		ns = nsModerate0
	default:
		err = errNoModeration
	}
	for _, r := range list {
		if err != nil {
			break
		}
		_, err = s.Request(ctx, &stanza.IQ{To: v.Room, Type: stanza.Set, Extensions: []stanza.Element{retractElement(ns, r)}})
	}
	if e.Err = err; err != nil {
		e.Done = Log
	}
	m.report(v, p, e)
}

// retractElement is the request in one of its two forms (XEP-0425 §4, and version 0.2
// of it).
func retractElement(ns string, r retraction) stanza.Element {
	var reason []stanza.Element
	if r.reason != "" {
		reason = []stanza.Element{stanza.NewText(ns, "reason", r.reason)}
	}
	if ns == nsModerate1 {
		return stanza.NewElement(ns, "moderate", append([]stanza.Element{stanza.NewElement(nsRetract1, "retract")}, reason...)...).
			WithAttr("id", r.id)
	}
	return stanza.NewElement(nsFasten, "apply-to",
		stanza.NewElement(ns, "moderate", append([]stanza.Element{stanza.NewElement(nsRetract0, "retract")}, reason...)...)).
		WithAttr("id", r.id)
}
