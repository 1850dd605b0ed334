package stanza_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"strings"

	"github.com/xmppkit/xmppkit/stanza"
)

// Reading what a room says, and writing to whoever said it.
func Example() {
	const stream = `<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>
		<presence from='lobby@rooms.example.org/ada'>
			<x xmlns='http://jabber.org/protocol/muc#user'>
				<item affiliation='none' role='none'><reason>Noise</reason></item>
				<status code='307'/><status code='333'/>
			</x>
		</presence>
		<message from='lobby@rooms.example.org/bob' type='groupchat'><body>1 &lt; 2</body></message>`
	tokens := xml.NewDecoder(strings.NewReader(stream))
	if _, err := tokens.Token(); err != nil { // the stream's own tag
		fmt.Println(err)
	}
	d := stanza.NewDecoder(tokens)
	for {
		s, err := d.Decode()
		if err != nil {
			break
		}
		switch s := s.(type) {
		case *stanza.Presence:
			u, _ := s.MUCUser()
			fmt.Println(s.From.Resource(), "kicked:", u.Statuses.Has(stanza.StatusKicked), u.Item().Reason)
		case *stanza.Message:
			answer := &stanza.Message{To: s.From.Bare(), Type: stanza.GroupChat, Body: s.Body + " & so on"}
			fmt.Printf("%s\n", stanza.Marshal(answer))
		}
	}
	// Output:
	// ada kicked: true Noise
	// <message type="groupchat" to="lobby@rooms.example.org"><body>1 &lt; 2 &amp; so on</body></message>
}

func ExampleParseJID() {
	j, err := stanza.ParseJID("Lobby@Rooms.Example.org/Ada")
	fmt.Println(j.Bare(), j.Resource(), err)
	_, err = stanza.ParseJID("no one@example.org")
	fmt.Println(errors.Is(err, stanza.ErrJID))
	// Output:
	// lobby@rooms.example.org Ada <nil>
	// true
}

// Errors from the other side are compared by condition, or by a pattern.
func ExampleError() {
	var err error = fmt.Errorf("banning: %w", &stanza.Error{Type: stanza.Auth, Condition: stanza.Forbidden, Text: "You are no admin"})
	fmt.Println(err)
	fmt.Println(errors.Is(err, stanza.Forbidden), errors.Is(err, stanza.Conflict))
	fmt.Println(errors.Is(err, &stanza.Error{Type: stanza.Auth}))
	// Output:
	// banning: forbidden: You are no admin
	// true false
	// true
}
