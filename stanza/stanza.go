package stanza

import (
	"crypto/rand"
	"encoding/xml"
)

// Stanza is a *[Message], a *[Presence] or an *[IQ].
type Stanza interface {
	// Header is what all three have in common.
	Header() Header
	// WithFrom is a shallow copy that comes from another address.
	WithFrom(JID) Stanza

	// element is the stanza as XML. It may share memory with the stanza.
	element() Element
}

// Header holds what all stanzas have in common (RFC 6120 §8.1).
type Header struct {
	ID   string
	From JID
	To   JID
	Type string // in the words of the wire; empty for a normal message and an available presence
}

// NewID is an identifier that nobody can guess, fit for a stanza's id.
func NewID() string { return rand.Text() }

// attributes spells out a start tag: the fields that are set, then the rest.
func attributes(typ, id string, from, to JID, lang string, rest []xml.Attr) []xml.Attr {
	list := make([]xml.Attr, 0, 5+len(rest))
	add := func(space, local, value string) {
		if value != "" {
			list = append(list, xml.Attr{Name: xml.Name{Space: space, Local: local}, Value: value})
		}
	}
	add("", "type", typ)
	add("", "id", id)
	add("", "from", string(from))
	add("", "to", string(to))
	add(nsXML, "lang", lang)
	return append(list, rest...)
}

// takeAttributes sorts the attributes of a received start tag into their fields
// and returns those that have none. It reuses attrs.
func takeAttributes(attrs []xml.Attr, typ, id *string, from, to *JID, lang *string) []xml.Attr {
	rest := attrs[:0]
	for _, a := range attrs {
		switch {
		case a.Name.Space == nsXML && a.Name.Local == "lang":
			*lang = a.Value
		case a.Name.Space != "":
			rest = append(rest, a)
		case a.Name.Local == "type":
			*typ = a.Value
		case a.Name.Local == "id":
			*id = a.Value
		case a.Name.Local == "from":
			*from = receivedJID(a.Value)
		case a.Name.Local == "to":
			*to = receivedJID(a.Value)
		default:
			rest = append(rest, a)
		}
	}
	if len(rest) == 0 {
		return nil
	}
	return rest
}
