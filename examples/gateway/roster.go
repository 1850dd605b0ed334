package main

import (
	"context"

	"github.com/xmppkit/xmppkit/stanza"
)

// presence answers those who want to see whether a phone, or the gateway, is there
// (RFC 6121 §3, §4.3): it always is. What is no phone number is nobody.
func (g *gateway) presence(ctx context.Context, s stanza.Session, p *stanza.Presence) {
	to := p.To.Bare()
	_, ok := numberOf(to, g.domain)
	ok = ok || to == g.domain
	var answers []*stanza.Presence
	switch p.Type {
	case stanza.Subscribe:
		if !ok {
			answers = []*stanza.Presence{{Type: stanza.Unsubscribed, Status: "not a phone number"}}
			break
		}
		answers = []*stanza.Presence{{Type: stanza.Subscribed}, {Type: stanza.Available}}
	case stanza.Probe:
		answers = []*stanza.Presence{{Type: stanza.Available}}
		if !ok {
			answers[0].Type = stanza.Unsubscribed
		}
	case stanza.Unsubscribe:
		answers = []*stanza.Presence{{Type: stanza.Unsubscribed}}
	}
	for _, a := range answers {
		a.From, a.To = to, p.From.Bare()
		if err := s.Send(ctx, a); err != nil {
			g.log.Debug("presence: not answered", "to", a.To, "err", err)
			return
		}
	}
}
