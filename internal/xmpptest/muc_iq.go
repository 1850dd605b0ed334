package xmpptest

import (
	"slices"

	"github.com/xmppkit/xmppkit/stanza"
)

const (
	nsMAM       = "urn:xmpp:mam:2"
	nsModerate1 = "urn:xmpp:message-moderate:1"
	nsModerate0 = "urn:xmpp:message-moderate:0"
	nsSelfPing  = "http://jabber.org/protocol/muc#self-ping-optimization"
)

// iq is what is asked of a room.
func (r *room) iq(p *party, iq *stanza.IQ) {
	if !iq.IsRequest() {
		return
	}
	answer := func(payload []stanza.Element, c stanza.Condition) {
		if c != "" {
			p.send(iq.Refuse(&stanza.Error{Condition: c}))
			return
		}
		p.send(iq.Result(payload...))
	}
	x := iq.Payload()
	if x == nil {
		answer(nil, stanza.BadRequest)
		return
	}
	switch {
	case x.Is(stanza.NSPing, "ping"):
		answer(nil, "")
	case x.Is(stanza.NSDiscoInfo, "query") && iq.Type == stanza.Get:
		answer([]stanza.Element{r.info()}, "")
	case x.Is(stanza.NSDiscoItems, "query") && iq.Type == stanza.Get:
		answer([]stanza.Element{r.items(p)}, "")
	case x.Is(stanza.NSMUCAdmin, "query") && iq.Type == stanza.Get:
		answer(r.listed(p, x))
	case x.Is(stanza.NSMUCAdmin, "query"):
		answer(nil, r.administer(p, x))
	case x.Is(stanza.NSMUCOwner, "query"):
		answer(r.own(p, iq.Type, x))
	case x.Is(nsMAM, "query") && iq.Type == stanza.Set:
		answer(r.query(p, x))
	case iq.Type == stanza.Set && r.moderates(x):
		answer(nil, r.moderate(p, x))
	default:
		answer(nil, stanza.ServiceUnavailable)
	}
}

// answer is what the service says for itself.
func (v *roomService) answer(iq *stanza.IQ) *stanza.IQ {
	switch x := iq.Payload(); {
	case x == nil:
		return iq.Refuse(&stanza.Error{Condition: stanza.BadRequest})
	case x.Is(stanza.NSPing, "ping"):
		return iq.Result()
	case x.Is(stanza.NSDiscoInfo, "query"):
		return iq.Result(discoInfo("conference", "text", "Rooms",
			stanza.NSDiscoInfo, stanza.NSDiscoItems, stanza.NSMUC, stanza.NSPing))
	case x.Is(stanza.NSDiscoItems, "query"):
		q := stanza.NewElement(stanza.NSDiscoItems, "query")
		for _, r := range v.rooms {
			if !r.cfg.Hidden {
				q.Children = append(q.Children, stanza.NewElement(stanza.NSDiscoItems, "item").
					WithAttr("jid", string(r.jid)).WithAttr("name", r.cfg.Name))
			}
		}
		slices.SortFunc(q.Children, func(a, b stanza.Element) int {
			return compare(a.Attr("jid"), b.Attr("jid"))
		})
		return iq.Result(q)
	}
	return iq.Refuse(&stanza.Error{Condition: stanza.ServiceUnavailable})
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// info is what the room says it is (XEP-0045 §6.4).
func (r *room) info() stanza.Element {
	pick := func(on bool, yes, no string) string {
		if on {
			return yes
		}
		return no
	}
	features := []string{
		stanza.NSDiscoInfo, stanza.NSDiscoItems, stanza.NSMUC, stanza.NSPing, stanza.NSStanzaID, stanza.NSOccupantID, nsMAM,
		pick(r.cfg.MembersOnly, "muc_membersonly", "muc_open"),
		pick(r.cfg.Moderated, "muc_moderated", "muc_unmoderated"),
		pick(r.cfg.NonAnonymous, "muc_nonanonymous", "muc_semianonymous"),
		pick(r.cfg.Password != "", "muc_passwordprotected", "muc_unsecured"),
		pick(r.cfg.Hidden, "muc_hidden", "muc_public"),
		pick(r.cfg.Temporary, "muc_temporary", "muc_persistent"),
	}
	if r.svc.srv.cfg.SelfPing == SelfPingOptimized {
		features = append(features, nsSelfPing)
	}
	if m := r.svc.srv.cfg.Moderation; m != "none" {
		features = append(features, m)
	}
	q := discoInfo("conference", "text", r.cfg.Name, features...)
	form := newForm("result", "http://jabber.org/protocol/muc#roominfo")
	form.add("muc#roominfo_description", r.cfg.Description)
	form.add("muc#roominfo_subject", r.subject)
	q.Children = append(q.Children, form.element())
	return q
}

// items is who is in the room; only occupants are told.
func (r *room) items(p *party) stanza.Element {
	q := stanza.NewElement(stanza.NSDiscoItems, "query")
	if p.rooms[r] == nil {
		return q
	}
	for _, o := range r.list {
		q.Children = append(q.Children, stanza.NewElement(stanza.NSDiscoItems, "item").
			WithAttr("jid", string(o.jid)).WithAttr("name", o.nick))
	}
	return q
}
