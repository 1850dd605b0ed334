package stanza

// StanzaID is an id that an entity on the way gave a message (XEP-0359). It is to
// be believed only from whom the message went through: look at By.
type StanzaID struct {
	ID string
	By JID
}

// StanzaIDs reads all ids that entities on the way gave the message.
func (m *Message) StanzaIDs() []StanzaID {
	var ids []StanzaID
	for i := range m.Extensions {
		if e := &m.Extensions[i]; e.Is(NSStanzaID, "stanza-id") {
			ids = append(ids, StanzaID{ID: e.Attr("id"), By: receivedJID(e.Attr("by"))})
		}
	}
	return ids
}

// StanzaIDBy is the id that this entity gave the message, or "". Where it gave
// several, none can be believed.
func (m *Message) StanzaIDBy(by JID) string {
	id := ""
	for _, s := range m.StanzaIDs() {
		if s.By == by {
			if id != "" {
				return ""
			}
			id = s.ID
		}
	}
	return id
}

// Element is the payload.
func (s StanzaID) Element() Element {
	return NewElement(NSStanzaID, "stanza-id").WithAttr("id", s.ID).WithAttr("by", string(s.By))
}

// OriginID is the id that the sender says it gave the message (XEP-0359), or "".
func (m *Message) OriginID() string {
	if e := m.Extension(NSStanzaID, "origin-id"); e != nil {
		return e.Attr("id")
	}
	return ""
}

// OriginIDElement is the payload that says which id the sender gave a message.
func OriginIDElement(id string) Element {
	return NewElement(NSStanzaID, "origin-id").WithAttr("id", id)
}

// OccupantID is the room's lasting, anonymous id of the occupant who sent the
// message (XEP-0421), or "". Only a room that announces the feature strips forged
// ones.
func (m *Message) OccupantID() string { return occupantID(m.Extensions) }

// OccupantID is the room's lasting, anonymous id of the occupant whose presence
// this is (XEP-0421), or "".
func (p *Presence) OccupantID() string { return occupantID(p.Extensions) }

func occupantID(list []Element) string {
	if e := find(list, NSOccupantID, "occupant-id"); e != nil {
		return e.Attr("id")
	}
	return ""
}
