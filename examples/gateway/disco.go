package main

import "github.com/xmppkit/xmppkit/stanza"

const nsGateway = "jabber:iq:gateway"

// Answer answers what is asked of the domain and of the phones, and leaves what is
// the same for all software, such as pings and versions, to the component.
func (g *gateway) Answer(iq *stanza.IQ) *stanza.IQ {
	_, isPhone := numberOf(iq.To, g.domain)
	isGateway := iq.To == g.domain
	if !isPhone && !isGateway {
		return iq.Refuse(&stanza.Error{Condition: stanza.ItemNotFound})
	}
	q := iq.Payload()
	switch {
	case q == nil:
		return iq.Refuse(&stanza.Error{Condition: stanza.BadRequest})
	case q.Is(nsGateway, "query") && isGateway:
		return g.gateway(iq, q)
	case iq.Type == stanza.Get && q.Is(stanza.NSDiscoInfo, "query"):
		if q.Attr("node") != "" {
			return iq.Refuse(&stanza.Error{Condition: stanza.ItemNotFound})
		}
		if isGateway {
			return iq.Result(discoInfo("gateway", "sms", stanza.NSDiscoInfo, stanza.NSDiscoItems, nsGateway,
				stanza.NSPing, stanza.NSVersion))
		}
		return iq.Result(discoInfo("client", "sms", stanza.NSDiscoInfo, stanza.NSMUC, stanza.NSConference,
			stanza.NSPing, stanza.NSVersion))
	}
	return nil
}

// discoInfo is what something is and speaks (XEP-0030).
func discoInfo(category, kind string, features ...string) stanza.Element {
	q := stanza.NewElement(stanza.NSDiscoInfo, "query", stanza.NewElement(stanza.NSDiscoInfo, "identity").
		WithAttr("category", category).WithAttr("type", kind).WithAttr("name", "SMS"))
	for _, f := range features {
		q.Children = append(q.Children, stanza.NewElement(stanza.NSDiscoInfo, "feature").WithAttr("var", f))
	}
	return q
}
