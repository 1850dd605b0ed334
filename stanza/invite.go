package stanza

// DirectInvite is an invitation that does not go through the room (XEP-0249).
type DirectInvite struct {
	Room     JID
	Password string
	Reason   string
	Continue bool
	Thread   string
}

// DirectInvite reads a direct invitation; false where there is none.
func (m *Message) DirectInvite() (DirectInvite, bool) {
	x := m.Extension(NSConference, "x")
	if x == nil {
		return DirectInvite{}, false
	}
	return DirectInvite{
		Room:     receivedJID(x.Attr("jid")),
		Password: x.Attr("password"),
		Reason:   x.Attr("reason"),
		Continue: x.Attr("continue") == "true" || x.Attr("continue") == "1",
		Thread:   x.Attr("thread"),
	}, true
}

// Element is the payload.
func (d DirectInvite) Element() Element {
	e := NewElement(NSConference, "x").
		WithAttr("jid", string(d.Room)).WithAttr("password", d.Password).WithAttr("reason", d.Reason)
	if d.Continue {
		e = e.WithAttr("continue", "true").WithAttr("thread", d.Thread)
	}
	return e
}
