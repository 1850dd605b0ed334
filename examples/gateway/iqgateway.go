package main

import "github.com/xmppkit/xmppkit/stanza"

// gateway tells the address of a phone to a client that knows its number (XEP-0100
// §6.3).
func (g *gateway) gateway(iq *stanza.IQ, q *stanza.Element) *stanza.IQ {
	if iq.Type == stanza.Get {
		return iq.Result(stanza.NewElement(nsGateway, "query",
			stanza.NewText(nsGateway, "desc", askNumber),
			stanza.NewText(nsGateway, "prompt", promptNumber)))
	}
	number, ok := parseNumber(q.ChildText(nsGateway, "prompt"))
	if !ok {
		return iq.Refuse(&stanza.Error{Type: stanza.Modify, Condition: stanza.NotAcceptable, Text: "not a phone number"})
	}
	jid := string(g.jid(number))
	return iq.Result(stanza.NewElement(nsGateway, "query",
		stanza.NewText(nsGateway, "jid", jid),
		stanza.NewText(nsGateway, "prompt", jid))) // as older clients expect
}
