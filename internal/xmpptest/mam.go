package xmpptest

import (
	"slices"
	"time"

	"github.com/xmppkit/xmppkit/stanza"
)

const nsForward = "urn:xmpp:forward:0"

// query sends a page of the room's archive (XEP-0313).
func (r *room) query(p *party, x *stanza.Element) ([]stanza.Element, stanza.Condition) {
	a := r.affiliation(p.jid.Bare())
	if a == stanza.Outcast || r.cfg.MembersOnly && a == stanza.AffiliationNone {
		return nil, stanza.Forbidden
	}
	list, refused := r.filtered(x)
	if refused != "" {
		return nil, refused
	}
	at := func(id string) int {
		return slices.IndexFunc(list, func(a archived) bool { return a.id == id })
	}
	lo, hi, complete, refused := page(x.Child(nsRSM, "set"), len(list), r.svc.srv.cfg.Page, at)
	if refused != "" {
		return nil, refused
	}
	o := p.rooms[r]
	real := r.cfg.NonAnonymous || o != nil && o.role == stanza.Moderator
	var first, last string
	for _, a := range list[lo:hi] {
		m := *a.msg
		if real && a.from != "" {
			u := stanza.MUCUser{Items: []stanza.MUCItem{{JID: a.from}}}
			m.Extensions = append(slices.Clip(m.Extensions), u.Element())
		}
		forwarded := stanza.NewElement(nsForward, "forwarded", stanza.Delay{Stamp: a.stamp}.Element(), element(&m))
		p.send(&stanza.Message{From: r.jid, Extensions: []stanza.Element{
			stanza.NewElement(nsMAM, "result", forwarded).WithAttr("queryid", x.Attr("queryid")).WithAttr("id", a.id),
		}})
		if first == "" {
			first = a.id
		}
		last = a.id
	}
	fin := stanza.NewElement(nsMAM, "fin", pageSet(first, last, lo, len(list)))
	if complete {
		fin = fin.WithAttr("complete", "true")
	}
	return []stanza.Element{fin}, ""
}

// filtered is what of the archive a query's form asks for (XEP-0313 §4.1).
func (r *room) filtered(x *stanza.Element) ([]archived, stanza.Condition) {
	var start, end time.Time
	list := r.archive
	f := x.Child(stanza.NSData, "x")
	if f == nil {
		return list, ""
	}
	v := values(formValues(f))
	for name, to := range map[string]*time.Time{"start": &start, "end": &end} {
		text := ""
		if v.text(name, &text); text != "" {
			t, err := stanza.ParseTime(text)
			if err != nil {
				return nil, stanza.BadRequest
			}
			*to = t
		}
	}
	var after, before string
	v.text("after-id", &after)
	v.text("before-id", &before)
	find := func(id string) int {
		return slices.IndexFunc(list, func(a archived) bool { return a.id == id })
	}
	if after != "" {
		i := find(after)
		if i < 0 {
			return nil, stanza.ItemNotFound
		}
		list = list[i+1:]
	}
	if before != "" {
		i := find(before)
		if i < 0 {
			return nil, stanza.ItemNotFound
		}
		list = list[:i]
	}
	var got []archived
	for _, a := range list {
		if (start.IsZero() || !a.stamp.Before(start)) && (end.IsZero() || !a.stamp.After(end)) {
			got = append(got, a)
		}
	}
	return got, ""
}

// element is a message as the payload of another stanza.
func element(m *stanza.Message) stanza.Element {
	e, err := packet{data: stanza.Marshal(m)}.element()
	if err != nil {
		return stanza.NewElement(stanza.NSClient, "message")
	}
	return e
}
