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

	Body    string  // the first that is not empty; see also Bodies
	Subject *string // the first; nil where there is none; a room's may be set to ""
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
	if m.Subject != nil && !says(m.Extensions, "subject", *m.Subject) {
		e.Children = append(e.Children, NewText(NSClient, "subject", *m.Subject))
	}
	if m.Body != "" && !says(m.Extensions, "body", m.Body) {
		e.Children = append(e.Children, NewText(NSClient, "body", m.Body))
	}
	if m.Thread != "" && !says(m.Extensions, "thread", m.Thread) {
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
	last := -1
	if m.Type == MessageError {
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
		case c.Name.Local == "body" && m.Body == "":
			m.Body = c.Content()
			keep = m.Body == "" || !plainText(c)
		case c.Name.Local == "subject" && m.Subject == nil:
			text := c.Content()
			m.Subject = &text
			keep = !plainText(c)
		case c.Name.Local == "thread" && m.Thread == "":
			m.Thread = c.Content()
			keep = m.Thread == "" || !plainText(c)
		case i == last:
			m.Error = errorOf(*c)
			keep = false
		}
		if keep {
			rest = append(rest, *c)
		}
	}
	if len(rest) > 0 {
		m.Extensions = rest
	}
	return m
}

// Text is what somebody said, in one language.
type Text struct {
	Lang string // empty: that of the stanza
	Text string
}

// Bodies is every body of the message that is not empty (RFC 6121 §5.2.3 allows one
// per language): each reader is shown another, so whoever judges a message looks
// at all of them. Body is the text of the first.
func (m *Message) Bodies() []Text {
	var list []Text
	if m.Body != "" && !says(m.Extensions, "body", m.Body) {
		list = append(list, Text{Text: m.Body})
	}
	for i := range m.Extensions {
		if e := &m.Extensions[i]; e.Is(NSClient, "body") {
			if t := e.Content(); t != "" {
				list = append(list, Text{Lang: e.Lang(), Text: t})
			}
		}
	}
	return list
}

// plainText reports whether an element is nothing but its text, so that a field
// can stand for it.
func plainText(e *Element) bool { return len(e.Attrs) == 0 && len(e.Children) == 0 }

// says reports whether the field of that name was read from an element that had
// more to it than its text, and so is still among the others: it is not to be
// written twice.
func says(list []Element, local, text string) bool {
	for i := range list {
		if e := &list[i]; e.Is(NSClient, local) && (local == "subject" || e.Content() != "") {
			return !plainText(e) && e.Content() == text
		}
	}
	return false
}

// lastError is the index of the last error among the children of a stanza, where
// RFC 6120 §8.3.1 puts it, or -1.
func lastError(list []Element) int {
	for i := len(list) - 1; i >= 0; i-- {
		if list[i].Is(NSClient, "error") {
			return i
		}
	}
	return -1
}
