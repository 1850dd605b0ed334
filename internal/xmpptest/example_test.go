package xmpptest_test

import (
	"context"
	"fmt"

	"github.com/xmppkit/xmppkit/internal/xmpptest"
	"github.com/xmppkit/xmppkit/stanza"
)

func ExampleServer() {
	s, err := xmpptest.Start(xmpptest.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	ann, err := s.Connect("ann@example.org/x")
	if err != nil {
		fmt.Println(err)
		return
	}
	ann.Join("lobby@rooms.example.org", "ann")
	ann.Say("lobby@rooms.example.org", "hello")
	st, err := ann.Wait(context.Background(), func(st stanza.Stanza) bool {
		m, ok := st.(*stanza.Message)
		return ok && m.Body != ""
	})
	fmt.Println(st.Header().From, err)
	// Output: lobby@rooms.example.org/ann <nil>
}
