package stanza_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/xmppkit/xmppkit/stanza"
)

const mucUser = `<x xmlns='http://jabber.org/protocol/muc#user'>`

func TestMUCUserXEP0045(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		want stanza.MUCUser
	}{
		"7.2.2 an occupant": {`<item affiliation='member' role='participant'/>`,
			stanza.MUCUser{Items: []stanza.MUCItem{{Affiliation: stanza.Member, Role: stanza.Participant}}}},
		"7.2.2 ourselves": {`<item affiliation='none' role='visitor'/><status code='110'/>`,
			stanza.MUCUser{Items: []stanza.MUCItem{{Affiliation: stanza.AffiliationNone, Role: stanza.Visitor}}, Statuses: stanza.Statuses{110}}},
		"7.2.3 non-anonymous": {`<item affiliation='owner' role='moderator' jid='Ada@Example.org/pc'/><status code='100'/><status code='110'/><status code='210'/>`,
			stanza.MUCUser{Items: []stanza.MUCItem{{Affiliation: stanza.Owner, Role: stanza.Moderator, JID: "ada@example.org/pc"}}, Statuses: stanza.Statuses{100, 110, 210}}},
		"7.6 nick change": {`<item affiliation='member' role='participant' nick='countess'/><status code='303'/>`,
			stanza.MUCUser{Items: []stanza.MUCItem{{Affiliation: stanza.Member, Role: stanza.Participant, Nick: "countess"}}, Statuses: stanza.Statuses{303}}},
		"7.8.2 mediated invitation": {`<invite from='ada@example.org/pc'><reason>Come in &amp; sit</reason></invite><password>sesame</password>`,
			stanza.MUCUser{Invites: []stanza.MUCInvite{{From: "ada@example.org/pc", Reason: "Come in & sit"}}, Password: "sesame"}},
		"7.8.2 several on their way": {`<invite to='a@b'/><invite to='c@d'><continue/></invite>`,
			stanza.MUCUser{Invites: []stanza.MUCInvite{{To: "a@b"}, {To: "c@d", Continue: true}}}},
		"7.9 continuing a chat": {`<invite from='a@b'><continue thread='t1'/></invite>`,
			stanza.MUCUser{Invites: []stanza.MUCInvite{{From: "a@b", Continue: true, Thread: "t1"}}}},
		"7.8.2 decline": {`<decline from='bob@example.org'><reason>Busy</reason></decline>`,
			stanza.MUCUser{Decline: &stanza.MUCDecline{From: "bob@example.org", Reason: "Busy"}}},
		"8.2 kick": {`<item affiliation='none' role='none'><actor nick='ada'/><reason>Noise</reason></item><status code='307'/>`,
			stanza.MUCUser{Items: []stanza.MUCItem{{Affiliation: stanza.AffiliationNone, Role: stanza.RoleNone, Actor: stanza.MUCActor{Nick: "ada"}, Reason: "Noise"}}, Statuses: stanza.Statuses{307}}},
		"9.1 ban": {`<item affiliation='outcast' role='none'><actor jid='ada@example.org' nick='ada'/><reason/></item><status code='301'/>`,
			stanza.MUCUser{Items: []stanza.MUCItem{{Affiliation: stanza.Outcast, Role: stanza.RoleNone, Actor: stanza.MUCActor{JID: "ada@example.org", Nick: "ada"}}}, Statuses: stanza.Statuses{301}}},
		"10.9 destroyed": {`<item affiliation='none' role='none'/><destroy jid='New@Rooms.example.org'><password>p</password><reason>Moved</reason></destroy>`,
			stanza.MUCUser{Items: []stanza.MUCItem{{Affiliation: stanza.AffiliationNone, Role: stanza.RoleNone}}, Destroy: &stanza.MUCDestroy{JID: "new@rooms.example.org", Password: "p", Reason: "Moved"}}},
		"several codes, one twice": {`<status code='110'/><status code='307'/><status code='333'/><status code='307'/>`,
			stanza.MUCUser{Statuses: stanza.Statuses{110, 307, 333}}},
		"codes that are none": {`<status/><status code='x'/><status code='-1'/><status code='99'/><status code='1000'/><status code='99999999999999999999'/>`,
			stanza.MUCUser{}},
		"several items": {`<item nick='a' role='none'/><item nick='b' role='none'/>`,
			stanza.MUCUser{Items: []stanza.MUCItem{{Nick: "a", Role: stanza.RoleNone}, {Nick: "b", Role: stanza.RoleNone}}}},
		"what is not the room's": {` <item xmlns='urn:x' role='moderator'/><status xmlns='urn:x' code='110'/>`,
			stanza.MUCUser{}},
	} {
		t.Run(name, func(t *testing.T) {
			p := decode[*stanza.Presence](t, "<presence>"+mucUser+c.in+"</x></presence>")
			got, ok := p.MUCUser()
			if !ok || !reflect.DeepEqual(got, c.want) {
				t.Fatalf("got  %+v\nwant %+v", got, c.want)
			}
			m := stanza.Message{Extensions: []stanza.Element{got.Element()}}
			again, ok := stanza.FromElement(readOnly(t, stanza.Marshal(&m))).(*stanza.Message).MUCUser()
			if !ok || !reflect.DeepEqual(again, got) {
				t.Errorf("written, it becomes %+v", again)
			}
		})
	}
}

func TestMUCUserMissing(t *testing.T) {
	for _, in := range []string{`<presence/>`, `<presence><x xmlns='http://jabber.org/protocol/muc'/></presence>`} {
		if u, ok := decode[*stanza.Presence](t, in).MUCUser(); ok {
			t.Errorf("%s: got %+v", in, u)
		}
	}
	var u stanza.MUCUser
	if u.Item() != (stanza.MUCItem{}) {
		t.Error("there is an item in nothing")
	}
}

// XEP-0045 §15.6.2: every registered code.
func TestStatusCodesXEP0045(t *testing.T) {
	codes := map[stanza.Status]int{
		stanza.StatusNonAnonymous: 100, stanza.StatusAffiliationChanged: 101, stanza.StatusShowsUnavailable: 102, stanza.StatusHidesUnavailable: 103,
		stanza.StatusConfigChanged: 104, stanza.StatusSelfPresence: 110, stanza.StatusLogged: 170, stanza.StatusNotLogged: 171,
		stanza.StatusNowNonAnonymous: 172, stanza.StatusNowSemiAnonymous: 173, stanza.StatusRoomCreated: 201, stanza.StatusNickAssigned: 210,
		stanza.StatusBanned: 301, stanza.StatusNickChanged: 303, stanza.StatusKicked: 307, stanza.StatusAffiliationRemoved: 321,
		stanza.StatusMembersOnly: 322, stanza.StatusServiceShutdown: 332, stanza.StatusRemovedTechnically: 333,
	}
	var all stanza.MUCUser
	for code, n := range codes {
		if int(code) != n {
			t.Errorf("%d is called %d", n, code)
		}
		all.Statuses = append(all.Statuses, code)
	}
	p := stanza.Presence{Extensions: []stanza.Element{all.Element()}}
	got, _ := stanza.FromElement(readOnly(t, stanza.Marshal(&p))).(*stanza.Presence).MUCUser()
	for code := range codes {
		if !got.Statuses.Has(code) {
			t.Errorf("%d was lost among the others", code)
		}
	}
	if got.Statuses.Has(111) {
		t.Error("has a code that is not there")
	}
}

// XEP-0045 §9.1, §8.2: what an administrator sends.
func TestMUCItemInAdmin(t *testing.T) {
	it := stanza.MUCItem{Affiliation: stanza.Outcast, JID: "a@b", Reason: `"><x/>`}
	e := readOnly(t, stanza.MarshalElement(it.Element(stanza.NSMUCAdmin)))
	if got := stanza.MUCItemOf(e); got != it || e.Name.Space != stanza.NSMUCAdmin {
		t.Errorf("got %+v", got)
	}
}

func TestMUCJoinXEP0045(t *testing.T) {
	since := time.Date(2025, 3, 1, 12, 0, 0, 500e6, time.UTC)
	for name, c := range map[string]struct {
		in   string
		want stanza.MUCJoin
	}{
		"7.2.2 no more than the payload":  {``, stanza.MUCJoin{}},
		"7.2.5 password":                  {`<password>sesame</password>`, stanza.MUCJoin{Password: "sesame"}},
		"7.2.14 number of messages":       {`<history maxstanzas='20'/>`, stanza.MUCJoin{History: &stanza.MUCHistory{Stanzas: 20}}},
		"7.2.14 number of characters":     {`<history maxchars='65000'/>`, stanza.MUCJoin{History: &stanza.MUCHistory{Chars: 65000}}},
		"7.2.14 seconds":                  {`<history seconds='180'/>`, stanza.MUCJoin{History: &stanza.MUCHistory{Within: 3 * time.Minute}}},
		"7.2.14 since":                    {`<history since='2025-03-01T12:00:00.5Z'/>`, stanza.MUCJoin{History: &stanza.MUCHistory{Since: since}}},
		"7.2.14 none":                     {`<history maxchars='0'/>`, stanza.MUCJoin{History: &stanza.MUCHistory{}}},
		"7.2.14 none, otherwise":          {`<history maxstanzas='0' seconds='5'/>`, stanza.MUCJoin{History: &stanza.MUCHistory{}}},
		"7.2.14 several bounds, password": {`<history maxstanzas='1' seconds='2'/><password>p</password>`, stanza.MUCJoin{Password: "p", History: &stanza.MUCHistory{Stanzas: 1, Within: 2 * time.Second}}},
		"7.2.14 no bound":                 {`<history/>`, stanza.MUCJoin{}},
		"7.2.14 no numbers":               {`<history maxstanzas='-1' seconds='99999999999' maxchars='x' since='noon'/>`, stanza.MUCJoin{}},
	} {
		t.Run(name, func(t *testing.T) {
			p := decode[*stanza.Presence](t, `<presence><x xmlns='http://jabber.org/protocol/muc'>`+c.in+`</x></presence>`)
			got, ok := p.MUCJoin()
			if !ok || !reflect.DeepEqual(got, c.want) {
				t.Fatalf("got %+v (%+v)", got, got.History)
			}
			again := stanza.Presence{Extensions: []stanza.Element{got.Element()}}
			if r, ok := stanza.FromElement(readOnly(t, stanza.Marshal(&again))).(*stanza.Presence).MUCJoin(); !ok || !reflect.DeepEqual(r, got) {
				t.Errorf("written, it becomes %+v (%+v)", r, r.History)
			}
		})
	}
	if _, ok := (&stanza.Presence{}).MUCJoin(); ok {
		t.Error("a presence without the payload asks to be let in")
	}
}

func TestDirectInviteXEP0249(t *testing.T) {
	for in, want := range map[string]stanza.DirectInvite{
		`<x xmlns='jabber:x:conference' jid='Room@Example.org'/>`:                                             {Room: "room@example.org"},
		`<x xmlns='jabber:x:conference' jid='r@b' password='p' reason='because' continue='true' thread='t'/>`: {Room: "r@b", Password: "p", Reason: "because", Continue: true, Thread: "t"},
		`<x xmlns='jabber:x:conference' jid='r@b' continue='1'/>`:                                             {Room: "r@b", Continue: true},
		`<x xmlns='jabber:x:conference' jid='r@b' continue='no'/>`:                                            {Room: "r@b"},
	} {
		got, ok := decode[*stanza.Message](t, "<message>"+in+"</message>").DirectInvite()
		if !ok || got != want {
			t.Errorf("%s: got %+v", in, got)
		}
		m := stanza.Message{Extensions: []stanza.Element{got.Element()}}
		if again, ok := stanza.FromElement(readOnly(t, stanza.Marshal(&m))).(*stanza.Message).DirectInvite(); !ok || again != want {
			t.Errorf("%s: written, it becomes %+v", in, again)
		}
	}
	if _, ok := (&stanza.Message{Body: "come"}).DirectInvite(); ok {
		t.Error("a plain message invites")
	}
}
