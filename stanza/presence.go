package stanza

import (
	"encoding/xml"
	"strconv"
)

// PresenceType is the type of a presence (RFC 6121 §4.7.1).
type PresenceType string

// The types of presences.
const (
	Available     PresenceType = ""
	Unavailable   PresenceType = "unavailable"
	Subscribe     PresenceType = "subscribe"
	Subscribed    PresenceType = "subscribed"
	Unsubscribe   PresenceType = "unsubscribe"
	Unsubscribed  PresenceType = "unsubscribed"
	Probe         PresenceType = "probe"
	PresenceError PresenceType = "error"
)

// Show says how available somebody is (RFC 6121 §4.7.2.1).
type Show string

// The values of show; the empty one is plainly online.
const (
	Online       Show = ""
	Away         Show = "away"
	ExtendedAway Show = "xa"
	FreeForChat  Show = "chat"
	DoNotDisturb Show = "dnd"
)

// Presence is a presence stanza (RFC 6121 §4).
type Presence struct {
	ID   string
	From JID // left empty when sending
	To   JID
	Type PresenceType
	Lang string

	Show     Show
	Status   string // the first that is not empty; in other languages: Extensions
	Priority int8   // 0 where none was understood

	Error      *Error     // of a PresenceError
	Extensions []Element  // everything else
	Attrs      []xml.Attr // attributes that have no field
}

// Header is what all stanzas have in common.
func (p *Presence) Header() Header {
	return Header{ID: p.ID, From: p.From, To: p.To, Type: string(p.Type)}
}

// WithFrom is a shallow copy that comes from another address.
func (p *Presence) WithFrom(from JID) Stanza {
	c := *p
	c.From = from
	return &c
}

// Extension is the first element of that namespace and name in Extensions, or nil.
func (p *Presence) Extension(space, local string) *Element { return find(p.Extensions, space, local) }

func (p *Presence) element() Element {
	e := Element{
		Name:     xml.Name{Space: NSClient, Local: "presence"},
		Attrs:    attributes(string(p.Type), p.ID, p.From, p.To, p.Lang, p.Attrs),
		Children: make([]Element, 0, 4+len(p.Extensions)),
	}
	if p.Show != "" {
		e.Children = append(e.Children, NewText(NSClient, "show", string(p.Show)))
	}
	if p.Status != "" && !says(p.Extensions, "status", p.Status) {
		e.Children = append(e.Children, NewText(NSClient, "status", p.Status))
	}
	if p.Priority != 0 {
		e.Children = append(e.Children, NewText(NSClient, "priority", strconv.Itoa(int(p.Priority))))
	}
	e.Children = append(e.Children, p.Extensions...)
	if p.Error != nil {
		e.Children = append(e.Children, p.Error.element())
	}
	return e
}

func presenceOf(e Element) *Presence {
	p := &Presence{}
	var typ string
	p.Attrs = takeAttributes(e.Attrs, &typ, &p.ID, &p.From, &p.To, &p.Lang)
	p.Type = PresenceType(typ)
	last := -1
	if p.Type == PresenceError {
		last = lastError(e.Children)
	}
	rest := e.Children[:0]
	for i := range e.Children {
		c := &e.Children[i]
		keep := true
		switch {
		case c.Name.Local == "": // RFC 6120 §11.7: only white space may stand here
			keep = false
		case c.Name.Space != NSClient:
		case c.Name.Local == "show" && p.Show == "" && plainText(c):
			p.Show = Show(c.Text)
			keep = p.Show == ""
		case c.Name.Local == "status" && p.Status == "":
			p.Status = c.Content()
			keep = p.Status == "" || !plainText(c)
		case c.Name.Local == "priority" && p.Priority == 0 && plainText(c) && canonicalPriority(c.Text):
			n, _ := strconv.ParseInt(c.Text, 10, 8) // canonicalPriority has seen to it
			p.Priority = int8(n)
			keep = false
		case i == last:
			p.Error = errorOf(*c)
			keep = false
		}
		if keep {
			rest = append(rest, *c)
		}
	}
	if len(rest) > 0 {
		p.Extensions = rest
	}
	return p
}

// canonicalPriority reports whether writing the number gives the text back.
func canonicalPriority(s string) bool {
	n, err := strconv.ParseInt(s, 10, 8)
	return err == nil && n != 0 && strconv.FormatInt(n, 10) == s
}
