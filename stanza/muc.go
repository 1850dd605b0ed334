package stanza

import (
	"slices"
	"strconv"
	"time"
)

// Affiliation is a long-lived standing with a room (XEP-0045 §5.2).
type Affiliation string

// The affiliations.
const (
	AffiliationNone Affiliation = "none"
	Outcast         Affiliation = "outcast"
	Member          Affiliation = "member"
	Admin           Affiliation = "admin"
	Owner           Affiliation = "owner"
)

// Role is a standing for the length of a visit (XEP-0045 §5.1).
type Role string

// The roles.
const (
	RoleNone    Role = "none"
	Visitor     Role = "visitor"
	Participant Role = "participant"
	Moderator   Role = "moderator"
)

// Status is a room's status code (XEP-0045 §15.6).
type Status int

// The status codes.
const (
	StatusNonAnonymous       Status = 100 // everybody sees full JIDs
	StatusAffiliationChanged Status = 101 // ours, while we were away
	StatusShowsUnavailable   Status = 102
	StatusHidesUnavailable   Status = 103
	StatusConfigChanged      Status = 104
	StatusSelfPresence       Status = 110 // the presence is our own
	StatusLogged             Status = 170
	StatusNotLogged          Status = 171
	StatusNowNonAnonymous    Status = 172
	StatusNowSemiAnonymous   Status = 173
	StatusRoomCreated        Status = 201
	StatusNickAssigned       Status = 210 // the service chose our nick
	StatusBanned             Status = 301
	StatusNickChanged        Status = 303
	StatusKicked             Status = 307
	StatusAffiliationRemoved Status = 321
	StatusMembersOnly        Status = 322
	StatusServiceShutdown    Status = 332
	StatusRemovedTechnically Status = 333
)

// Statuses is a set of status codes.
type Statuses []Status

// Has reports whether the code is among them.
func (s Statuses) Has(code Status) bool { return slices.Contains(s, code) }

// MUCUser is what a room says with a presence or a message:
// <x xmlns='http://jabber.org/protocol/muc#user'/> (XEP-0045).
type MUCUser struct {
	Items    []MUCItem // one with a presence; several in some messages of a room
	Statuses Statuses
	Destroy  *MUCDestroy
	Invites  []MUCInvite // mediated (§7.8.2)
	Decline  *MUCDecline
	Password string // with an invitation
}

// Item is the first item, or a zero one.
func (u *MUCUser) Item() MUCItem {
	if len(u.Items) == 0 {
		return MUCItem{}
	}
	return u.Items[0]
}

// MUCItem describes an occupant or an affiliation (XEP-0045 §7.2, §9, §10).
type MUCItem struct {
	Affiliation Affiliation
	Role        Role
	JID         JID // empty where we may not see it
	Nick        string
	Actor       MUCActor
	Reason      string
}

// MUCActor is who did something to an occupant, as far as the room says.
type MUCActor struct {
	JID  JID
	Nick string
}

// MUCDestroy says that the room is gone (XEP-0045 §10.9).
type MUCDestroy struct {
	JID      JID // the alternate venue
	Password string
	Reason   string
}

// MUCInvite is a mediated invitation (XEP-0045 §7.8.2): To is set on its way to the
// room, From on its way to the invitee.
type MUCInvite struct {
	From, To JID
	Reason   string
	Continue bool
	Thread   string
}

// MUCDecline is the answer to a mediated invitation (XEP-0045 §7.8.2).
type MUCDecline struct {
	From, To JID
	Reason   string
}

// MUCUser reads what the room says with the presence; false where it says nothing.
func (p *Presence) MUCUser() (MUCUser, bool) { return mucUserOf(p.Extensions) }

// MUCUser reads what the room says with the message; false where it says nothing.
func (m *Message) MUCUser() (MUCUser, bool) { return mucUserOf(m.Extensions) }

func mucUserOf(list []Element) (u MUCUser, ok bool) {
	x := find(list, NSMUCUser, "x")
	if x == nil {
		return u, false
	}
	for i := range x.Children {
		c := &x.Children[i]
		if c.Name.Space != NSMUCUser {
			continue
		}
		switch c.Name.Local {
		case "item":
			u.Items = append(u.Items, MUCItemOf(*c))
		case "status":
			if n, err := strconv.Atoi(c.Attr("code")); err == nil && n >= 100 && n <= 999 && !u.Statuses.Has(Status(n)) {
				u.Statuses = append(u.Statuses, Status(n))
			}
		case "destroy":
			u.Destroy = &MUCDestroy{
				JID:      receivedJID(c.Attr("jid")),
				Password: c.ChildText(NSMUCUser, "password"),
				Reason:   c.ChildText(NSMUCUser, "reason"),
			}
		case "invite":
			v := MUCInvite{
				From:   receivedJID(c.Attr("from")),
				To:     receivedJID(c.Attr("to")),
				Reason: c.ChildText(NSMUCUser, "reason"),
			}
			if t := c.Child(NSMUCUser, "continue"); t != nil {
				v.Continue, v.Thread = true, t.Attr("thread")
			}
			u.Invites = append(u.Invites, v)
		case "decline":
			u.Decline = &MUCDecline{
				From:   receivedJID(c.Attr("from")),
				To:     receivedJID(c.Attr("to")),
				Reason: c.ChildText(NSMUCUser, "reason"),
			}
		case "password":
			u.Password = c.Content()
		}
	}
	return u, true
}

// MUCItemOf reads an item, whichever of the room's namespaces it stands in.
func MUCItemOf(e Element) MUCItem {
	it := MUCItem{
		Affiliation: Affiliation(e.Attr("affiliation")),
		Role:        Role(e.Attr("role")),
		JID:         receivedJID(e.Attr("jid")),
		Nick:        e.Attr("nick"),
	}
	if len(e.Children) == 0 {
		return it
	}
	it.Reason = e.ChildText(e.Name.Space, "reason")
	if a := e.Child(e.Name.Space, "actor"); a != nil {
		it.Actor = MUCActor{JID: receivedJID(a.Attr("jid")), Nick: a.Attr("nick")}
	}
	return it
}

// Element is the item in one of the room's namespaces, [NSMUCUser] or [NSMUCAdmin].
func (it MUCItem) Element(space string) Element {
	e := NewElement(space, "item").
		WithAttr("affiliation", string(it.Affiliation)).WithAttr("role", string(it.Role)).
		WithAttr("jid", string(it.JID)).WithAttr("nick", it.Nick)
	if it.Actor != (MUCActor{}) {
		e.Children = append(e.Children, NewElement(space, "actor").
			WithAttr("jid", string(it.Actor.JID)).WithAttr("nick", it.Actor.Nick))
	}
	return e.withText("reason", it.Reason)
}

// Element is the payload.
func (u MUCUser) Element() Element {
	x := NewElement(NSMUCUser, "x")
	add := func(e Element) { x.Children = append(x.Children, e) }
	for _, it := range u.Items {
		add(it.Element(NSMUCUser))
	}
	for _, s := range u.Statuses {
		add(NewElement(NSMUCUser, "status").WithAttr("code", strconv.Itoa(int(s))))
	}
	if d := u.Destroy; d != nil {
		add(NewElement(NSMUCUser, "destroy").WithAttr("jid", string(d.JID)).
			withText("password", d.Password).withText("reason", d.Reason))
	}
	for _, v := range u.Invites {
		e := NewElement(NSMUCUser, "invite").WithAttr("from", string(v.From)).WithAttr("to", string(v.To)).
			withText("reason", v.Reason)
		if v.Continue {
			e.Children = append(e.Children, NewElement(NSMUCUser, "continue").WithAttr("thread", v.Thread))
		}
		add(e)
	}
	if d := u.Decline; d != nil {
		add(NewElement(NSMUCUser, "decline").WithAttr("from", string(d.From)).WithAttr("to", string(d.To)).
			withText("reason", d.Reason))
	}
	return x.withText("password", u.Password)
}

// withText is the element with one more child of its own namespace that holds
// text, unless that is empty.
func (e Element) withText(local, text string) Element {
	if text != "" {
		e.Children = append(slices.Clip(e.Children), NewText(e.Name.Space, local, text))
	}
	return e
}

// MUCJoin is what asks a room to let one in, and must stand in every presence that
// does: <x xmlns='http://jabber.org/protocol/muc'/> (XEP-0045 §7.2).
type MUCJoin struct {
	Password string
	History  *MUCHistory // nil: what the room likes to send
}

// MUCHistory bounds the history that a room sends a newcomer (XEP-0045 §7.2.14).
// A zero one asks for none; in any other, a zero field is no bound.
type MUCHistory struct {
	Stanzas int           // at most this many messages
	Chars   int           // at most this many characters of XML
	Within  time.Duration // none older than this, in whole seconds
	Since   time.Time     // none older than this
}

// MUCJoin reads the request to be let in; false where there is none.
func (p *Presence) MUCJoin() (MUCJoin, bool) {
	x := p.Extension(NSMUC, "x")
	if x == nil {
		return MUCJoin{}, false
	}
	j := MUCJoin{Password: x.ChildText(NSMUC, "password")}
	if h := x.Child(NSMUC, "history"); h != nil {
		j.History = historyOf(h)
	}
	return j, true
}

// historyOf is nil where h bounds nothing, and zero where a bound is zero.
func historyOf(h *Element) *MUCHistory {
	var m MUCHistory
	bound := false
	count := func(attr string) (int, bool) {
		n, err := strconv.ParseUint(h.Attr(attr), 10, 31)
		return int(n), err == nil
	}
	for attr, field := range map[string]*int{"maxstanzas": &m.Stanzas, "maxchars": &m.Chars} {
		if n, ok := count(attr); ok {
			if n == 0 {
				return &MUCHistory{}
			}
			*field, bound = n, true
		}
	}
	if n, ok := count("seconds"); ok {
		if n == 0 {
			return &MUCHistory{}
		}
		m.Within, bound = time.Duration(n)*time.Second, true
	}
	if t, err := ParseTime(h.Attr("since")); err == nil {
		m.Since, bound = t, true
	}
	if !bound {
		return nil
	}
	return &m
}

// Element is the payload.
func (j MUCJoin) Element() Element {
	x := NewElement(NSMUC, "x")
	if h := j.History; h != nil {
		e := NewElement(NSMUC, "history")
		if *h == (MUCHistory{}) { // §7.2.14 asks for maxchars; some services look at maxstanzas only
			e = e.WithAttr("maxchars", "0").WithAttr("maxstanzas", "0")
		}
		if h.Chars > 0 {
			e = e.WithAttr("maxchars", strconv.Itoa(h.Chars))
		}
		if h.Stanzas > 0 {
			e = e.WithAttr("maxstanzas", strconv.Itoa(h.Stanzas))
		}
		if s := int64(h.Within / time.Second); s > 0 {
			e = e.WithAttr("seconds", strconv.FormatInt(s, 10))
		}
		if !h.Since.IsZero() {
			e = e.WithAttr("since", FormatTime(h.Since))
		}
		x.Children = append(x.Children, e)
	}
	return x.withText("password", j.Password)
}
