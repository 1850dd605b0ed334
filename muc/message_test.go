package muc_test

import (
	"reflect"
	"testing"

	"github.com/xmppkit/xmppkit/muc"
	"github.com/xmppkit/xmppkit/stanza"
)

// XEP-0045 §7.5, §7.8.2, §8.1, §9, §10.2.1, XEP-0249: what messages tell, and whose
// word is not taken.
func TestMessageEvents(t *testing.T) {
	msg := func(from stanza.JID, typ stanza.MessageType, more ...stanza.Element) *stanza.Message {
		return &stanza.Message{From: from, Type: typ, Extensions: more}
	}
	user := func(u stanza.MUCUser) stanza.Element { return u.Element() }
	invite := user(stanza.MUCUser{Invites: []stanza.MUCInvite{{From: "ann@example.org", Reason: "come"}}, Password: "pw"})
	direct := stanza.DirectInvite{Room: "new@rooms.example.org", Reason: "come", Password: "pw"}.Element()
	config := user(stanza.MUCUser{Statuses: stanza.Statuses{104, 172}})
	decline := user(stanza.MUCUser{Decline: &stanza.MUCDecline{From: "bob@example.org", Reason: "no"}})
	item := stanza.MUCItem{JID: "bob@example.org", Affiliation: stanza.Member}
	topic := subject("tea")
	topic.From += "/ann"
	same := subject("hello")
	whisper := msg(lobby+"/ann", stanza.Chat, user(stanza.MUCUser{}))
	whisper.Body = "psst"
	ann := muc.Occupant{Nick: "ann", Affiliation: stanza.AffiliationNone, Role: stanza.Participant}
	for name, c := range map[string]struct {
		m    *stanza.Message
		want []muc.Event
	}{
		"mediated":                {msg("new@rooms.example.org", "", invite), []muc.Event{muc.Invited{Room: "new@rooms.example.org", From: "ann@example.org", Reason: "come", Password: "pw"}}},
		"mediated and direct":     {msg("new@rooms.example.org", "", invite, direct), []muc.Event{muc.Invited{Room: "new@rooms.example.org", From: "ann@example.org", Reason: "come", Password: "pw"}}},
		"mediated by no room":     {msg("eve@example.net/x", "", invite), nil},
		"mediated by an occupant": {msg(lobby+"/ann", stanza.Chat, invite), nil},
		"direct":                  {msg("ann@example.org/x", "", direct), []muc.Event{muc.Invited{Room: "new@rooms.example.org", From: "ann@example.org/x", Reason: "come", Password: "pw", Direct: true}}},
		"direct to nowhere":       {msg("ann@example.org/x", "", stanza.DirectInvite{}.Element()), nil},
		"bounced invitation":      {msg("ann@example.org/x", stanza.MessageError, direct), nil},
		"declined":                {msg(lobby, "", decline), []muc.Event{muc.Declined{Room: lobby, From: "bob@example.org", Reason: "no"}}},
		"declined by an occupant": {msg(lobby+"/ann", stanza.Chat, decline), nil},
		"configured":              {msg(lobby, stanza.GroupChat, config), []muc.Event{muc.RoomConfigChanged{Room: lobby, Statuses: stanza.Statuses{104, 172}}}},
		"configured by occupant":  {msg(lobby+"/ann", stanza.Chat, config), nil},
		"affiliation":             {msg(lobby, "", user(stanza.MUCUser{Items: []stanza.MUCItem{item}})), []muc.Event{muc.AffiliationChanged{Room: lobby, Item: item}}},
		"subject":                 {topic, []muc.Event{muc.SubjectChanged{Room: lobby, Nick: "ann", Subject: "tea", Live: true}}},
		"same subject":            {same, nil},
		"whisper":                 {whisper, []muc.Event{muc.Message{Room: lobby, Occupant: ann, Message: whisper, Live: true, Private: true}}},
		"stranger":                {&stanza.Message{From: "eve@example.net/x", Type: stanza.Chat, Body: "hi"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, muc.Config{}, func(w *world) {
				w.enter("ann")
				w.receive(c.m)
				if got := w.told(); !reflect.DeepEqual(got, c.want) {
					t.Errorf("told %+v\nwant %+v", got, c.want)
				}
			})
		})
	}
}

// XEP-0045 §7.8.2, XEP-0249.
func TestInvite(t *testing.T) {
	play(t, muc.Config{}, func(w *world) {
		w.Add(muc.Room{JID: lobby, Password: "pw"})
		ctx := w.Context()
		if err := w.Invite(ctx, lobby, "bob@example.org", "come"); err != nil {
			t.Error(err)
		}
		m := one(w, sent[*stanza.Message](w))
		if u, _ := m.MUCUser(); m.To != lobby || len(u.Invites) != 1 || u.Invites[0].To != "bob@example.org" || u.Invites[0].Reason != "come" {
			t.Errorf("sent %+v", m)
		}
		if err := w.InviteDirect(ctx, lobby, "bob@example.org", "come"); err != nil {
			t.Error(err)
		}
		m = one(w, sent[*stanza.Message](w))
		if d, ok := m.DirectInvite(); !ok || m.To != "bob@example.org" || d.Room != lobby || d.Password != "pw" {
			t.Errorf("sent %+v", m)
		}
		if err := w.Decline(ctx, lobby, "bob@example.org", "no"); err != nil {
			t.Error(err)
		}
		m = one(w, sent[*stanza.Message](w))
		if u, _ := m.MUCUser(); m.To != lobby || u.Decline == nil || u.Decline.To != "bob@example.org" {
			t.Errorf("sent %+v", m)
		}
	})
}

func TestWhisperAndSubject(t *testing.T) {
	play(t, muc.Config{}, func(w *world) {
		w.enter("ann")
		if _, err := w.Whisper(w.Context(), lobby, "ann", "psst"); err != nil {
			t.Error(err)
		}
		if m := one(w, sent[*stanza.Message](w)); m.To != lobby+"/ann" || m.Type != stanza.Chat || m.Extension(stanza.NSMUCUser, "x") == nil {
			t.Errorf("sent %+v", m)
		}
		if err := w.SetSubject(w.Context(), lobby, ""); err != nil {
			t.Error(err)
		}
		if m := one(w, sent[*stanza.Message](w)); m.To != lobby || m.Type != stanza.GroupChat || m.Subject == nil || *m.Subject != "" {
			t.Errorf("sent %+v", m)
		}
	})
}
