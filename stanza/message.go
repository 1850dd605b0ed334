package stanza

import "encoding/xml"

// MessageType is the type of a message (RFC 6121 §5.2.2).
type MessageType string

// The types of messages. One that is missing or unknown is received as Normal.
const (
	Normal       MessageType = ""
	Chat         MessageType = "chat"
	GroupChat    MessageType = "groupchat"
	Headline     MessageType = "headline"
	MessageError MessageType = "error"
)

// Message is a message stanza (RFC 6121 §5).
type Message struct {
	ID   string
	From JID // left empty when sending
	To   JID
	Type MessageType
	Lang string

	Body    string  // the first that is not empty; in other languages: Extensions
	Subject *string // nil where there is none; a room's may be set to ""
	Thread  string

	Error      *Error     // of a MessageError
	Extensions []Element  // everything else
	Attrs      []xml.Attr // attributes that have no field
}

// Header is what all stanzas have in common.
func (m *Message) Header() Header {
	return Header{ID: m.ID, From: m.From, To: m.To, Type: string(m.Type)}
}

// WithFrom is a shallow copy that comes from another address.
func (m *Message) WithFrom(from JID) Stanza {
	c := *m
	c.From = from
	return &c
}

// Extension is the first element of that namespace and name in Extensions, or nil.
func (m *Message) Extension(space, local string) *Element { return find(m.Extensions, space, local) }

func (m *Message) element() Element {
	e := Element{
		Name:     xml.Name{Space: NSClient, Local: "message"},
		Attrs:    attributes(string(m.Type), m.ID, m.From, m.To, m.Lang, m.Attrs),
		Children: make([]Element, 0, 4+len(m.Extensions)),
	}
	if m.Subject != nil {
		e.Children = append(e.Children, NewText(NSClient, "subject", *m.Subject))
	}
	if m.Body != "" {
		e.Children = append(e.Children, NewText(NSClient, "body", m.Body))
	}
	if m.Thread != "" {
		e.Children = append(e.Children, NewText(NSClient, "thread", m.Thread))
	}
	e.Children = append(e.Children, m.Extensions...)
	if m.Error != nil {
		e.Children = append(e.Children, m.Error.element())
	}
	return e
}

func messageOf(e Element) *Message {
	m := &Message{}
	var typ string
	m.Attrs = takeAttributes(e.Attrs, &typ, &m.ID, &m.From, &m.To, &m.Lang)
	switch t := MessageType(typ); t {
	case Chat, GroupChat, Headline, MessageError:
		m.Type = t
	}
	rest := e.Children[:0]
	for i := range e.Children {
		c := e.Children[i]
		switch {
		case c.Name.Local == "": // RFC 6120 §11.7: only white space may stand here
		case c.Name.Space != NSClient:
			rest = append(rest, c)
		case c.Name.Local == "body" && plainText(c) && m.Body == "" && c.Text != "":
			m.Body = c.Text
		case c.Name.Local == "subject" && plainText(c) && m.Subject == nil:
			m.Subject = &c.Text
		case c.Name.Local == "thread" && plainText(c) && m.Thread == "" && c.Text != "":
			m.Thread = c.Text
		case c.Name.Local == "error" && m.Error == nil && m.Type == MessageError:
			m.Error = errorOf(c)
		default:
			rest = append(rest, c)
		}
	}
	if len(rest) > 0 {
		m.Extensions = rest
	}
	return m
}

// plainText reports whether an element is nothing but its text.
func plainText(e Element) bool { return len(e.Attrs) == 0 && len(e.Children) == 0 }
