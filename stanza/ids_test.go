package stanza_test

import (
	"slices"
	"testing"

	"github.com/xmppkit/xmppkit/stanza"
)

func TestStanzaIDsXEP0359(t *testing.T) {
	m := decode[*stanza.Message](t, `<message>
		<stanza-id xmlns='urn:xmpp:sid:0' id='1' by='Room@Example.org'/>
		<stanza-id xmlns='urn:xmpp:sid:0' id='2' by='me@example.org'/>
		<stanza-id xmlns='urn:xmpp:sid:0' id='3' by='forged@example.org'/>
		<stanza-id xmlns='urn:xmpp:sid:0' id='4' by='forged@example.org'/>
		<stanza-id xmlns='urn:x' id='5' by='other@example.org'/>
		<origin-id xmlns='urn:xmpp:sid:0' id='6'/></message>`)
	want := []stanza.StanzaID{{ID: "1", By: "room@example.org"}, {ID: "2", By: "me@example.org"}, {ID: "3", By: "forged@example.org"}, {ID: "4", By: "forged@example.org"}}
	if got := m.StanzaIDs(); !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	for by, id := range map[stanza.JID]string{"room@example.org": "1", "me@example.org": "2", "forged@example.org": "", "other@example.org": "", "": ""} {
		if got := m.StanzaIDBy(by); got != id {
			t.Errorf("by %q: got %q, want %q", by, got, id)
		}
	}
	if m.OriginID() != "6" {
		t.Errorf("the sender's id is %q", m.OriginID())
	}
}

func TestStanzaIDElements(t *testing.T) {
	id := stanza.StanzaID{ID: `"'<`, By: "a@b"}
	sent := &stanza.Message{Extensions: []stanza.Element{id.Element(), stanza.OriginIDElement("&")}}
	m := stanza.FromElement(readOnly(t, stanza.Marshal(sent))).(*stanza.Message)
	if got := m.StanzaIDs(); len(got) != 1 || got[0] != id || m.OriginID() != "&" {
		t.Errorf("got %v and %q", got, m.OriginID())
	}
	if none := (&stanza.Message{}); none.StanzaIDs() != nil || none.OriginID() != "" || none.OccupantID() != "" {
		t.Error("a message without ids has some")
	}
}

func TestOccupantIDXEP0421(t *testing.T) {
	const x = `<occupant-id xmlns='urn:xmpp:occupant-id:0' id='dd72603deec9=='/>`
	if id := decode[*stanza.Message](t, "<message>"+x+"</message>").OccupantID(); id != "dd72603deec9==" {
		t.Errorf("message: %q", id)
	}
	if id := decode[*stanza.Presence](t, "<presence>"+x+"</presence>").OccupantID(); id != "dd72603deec9==" {
		t.Errorf("presence: %q", id)
	}
}

func TestNewID(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		seen[stanza.NewID()] = true
	}
	if len(seen) != 1000 || len(stanza.NewID()) < 20 {
		t.Error("ids can be guessed")
	}
}
