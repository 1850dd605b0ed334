package xmpptest

import (
	"slices"
	"strconv"

	"github.com/xmppkit/xmppkit/stanza"
)

const nsRoomConfig = "http://jabber.org/protocol/muc#roomconfig"

// own is what only owners may: configure and destroy (XEP-0045 §10).
func (r *room) own(p *party, typ stanza.IQType, x *stanza.Element) ([]stanza.Element, stanza.Condition) {
	if r.affiliation(p.jid.Bare()) != stanza.Owner {
		return nil, stanza.Forbidden
	}
	if typ == stanza.Get {
		return []stanza.Element{stanza.NewElement(stanza.NSMUCOwner, "query", r.form())}, ""
	}
	if d := x.Child(stanza.NSMUCOwner, "destroy"); d != nil {
		r.destroy(stanza.MUCDestroy{
			JID:      stanza.JID(d.Attr("jid")),
			Password: d.ChildText(stanza.NSMUCOwner, "password"),
			Reason:   d.ChildText(stanza.NSMUCOwner, "reason"),
		})
		return nil, ""
	}
	f := x.Child(stanza.NSData, "x")
	if f == nil {
		return nil, stanza.BadRequest
	}
	if f.Attr("type") == "submit" {
		r.configure(r.submitted(f))
	}
	return nil, ""
}

func (r *room) form() stanza.Element {
	f, c := newForm("form", nsRoomConfig), r.cfg
	f.add("muc#roomconfig_roomname", c.Name)
	f.add("muc#roomconfig_roomdesc", c.Description)
	f.bool("muc#roomconfig_persistentroom", !c.Temporary)
	f.bool("muc#roomconfig_publicroom", !c.Hidden)
	f.bool("muc#roomconfig_membersonly", c.MembersOnly)
	f.bool("muc#roomconfig_moderatedroom", c.Moderated)
	f.bool("muc#roomconfig_allowinvites", c.MembersInvite)
	f.bool("muc#roomconfig_changesubject", c.AnyoneSubjects)
	f.bool("muc#roomconfig_enablelogging", c.Logged)
	f.bool("muc#roomconfig_passwordprotectedroom", c.Password != "")
	f.typed("muc#roomconfig_roomsecret", "text-private", c.Password)
	f.typed("muc#roomconfig_whois", "list-single", map[bool]string{true: "anyone", false: "moderators"}[c.NonAnonymous])
	f.add("muc#roomconfig_maxusers", strconv.Itoa(c.Occupants))
	f.add("muc#maxhistoryfetch", strconv.Itoa(c.History))
	return f.element()
}

func (r *room) submitted(x *stanza.Element) RoomConfig {
	v, c := values(formValues(x)), r.cfg
	not := func(name string, to *bool) {
		on := !*to
		v.bool(name, &on)
		*to = !on
	}
	v.text("muc#roomconfig_roomname", &c.Name)
	v.text("muc#roomconfig_roomdesc", &c.Description)
	not("muc#roomconfig_persistentroom", &c.Temporary)
	not("muc#roomconfig_publicroom", &c.Hidden)
	v.bool("muc#roomconfig_membersonly", &c.MembersOnly)
	v.bool("muc#roomconfig_moderatedroom", &c.Moderated)
	v.bool("muc#roomconfig_allowinvites", &c.MembersInvite)
	v.bool("muc#roomconfig_changesubject", &c.AnyoneSubjects)
	v.bool("muc#roomconfig_enablelogging", &c.Logged)
	secret := c.Password != ""
	v.text("muc#roomconfig_roomsecret", &c.Password)
	if v.bool("muc#roomconfig_passwordprotectedroom", &secret); !secret && v["muc#roomconfig_passwordprotectedroom"] != nil {
		c.Password = ""
	}
	if whois := ""; true {
		v.text("muc#roomconfig_whois", &whois)
		c.NonAnonymous = whois == "anyone" || whois == "" && c.NonAnonymous
	}
	v.int("muc#roomconfig_maxusers", &c.Occupants)
	v.int("muc#maxhistoryfetch", &c.History)
	return c
}

// configure changes the room, says so (XEP-0045 §10.2.1), and removes those who may
// not stay.
func (r *room) configure(c RoomConfig) {
	old := r.cfg
	r.cfg = c
	var codes stanza.Statuses
	turned := func(was, is bool, on, off stanza.Status) {
		switch {
		case is && !was:
			codes = append(codes, on)
		case was && !is:
			codes = append(codes, off)
		}
	}
	turned(old.Logged, c.Logged, stanza.StatusLogged, stanza.StatusNotLogged)
	turned(old.NonAnonymous, c.NonAnonymous, stanza.StatusNowNonAnonymous, stanza.StatusNowSemiAnonymous)
	if len(codes) == 0 && old != c {
		codes = stanza.Statuses{stanza.StatusConfigChanged}
	}
	if len(codes) > 0 {
		r.broadcast(&stanza.Message{ID: stanza.NewID(), From: r.jid, Type: stanza.GroupChat, Extensions: []stanza.Element{
			stanza.MUCUser{Statuses: codes}.Element(),
		}})
	}
	for _, o := range slices.Clone(r.list) {
		if c.MembersOnly && !old.MembersOnly && o.affiliation == stanza.AffiliationNone {
			r.remove(o, o.left(stanza.MUCUser{Statuses: stanza.Statuses{stanza.StatusMembersOnly}}, nil))
		}
	}
}

// destroy ends the room (XEP-0045 §10.9).
func (r *room) destroy(d stanza.MUCDestroy) {
	for _, o := range slices.Clone(r.list) {
		r.tell(o, o.left(stanza.MUCUser{
			Items:   []stanza.MUCItem{{Affiliation: stanza.AffiliationNone, Role: stanza.RoleNone}},
			Destroy: &d,
		}, nil))
		r.forget(o)
	}
	delete(r.svc.rooms, r.jid)
	if r.svc.srv.cfg.Tombstones {
		r.svc.destroyed[r.jid] = d
	}
}
