package reconnect_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"

	"github.com/xmppo/go-xmpp"

	"github.com/xmppkit/xmppkit/internal/xmpptest"
	"github.com/xmppkit/xmppkit/ping"
	"github.com/xmppkit/xmppkit/reconnect"
	"github.com/xmppkit/xmppkit/stanza"
)

// greeter says hello to its maker whenever a session begins, and shows what it is
// told.
type greeter struct{ done func() }

func (greeter) Begin(ctx context.Context, s stanza.Session) {
	fmt.Println("online as", s.JID())
	if err := s.Send(ctx, &stanza.Message{To: s.JID(), Type: stanza.Chat, Body: "note to <self>"}); err != nil {
		fmt.Println(err)
	}
}

func (g greeter) Handle(_ context.Context, _ stanza.Session, st stanza.Stanza) {
	if m, ok := st.(*stanza.Message); ok {
		fmt.Println("got", m.Body)
		g.done()
	}
}

// A bot that is kept online until its context ends.
func Example() {
	server, err := xmpptest.Start(xmpptest.Config{}) // stands in for a real one
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()

	ctx, done := context.WithCancel(context.Background())
	client := reconnect.New(reconnect.Config{
		Options: xmpp.Options{
			User: "warden@example.org/bot", Password: xmpptest.Password,
			Host: server.Addr(), NoTLS: true, StartTLS: true, // without a Host: DNS SRV
			TLSConfig: &tls.Config{RootCAs: server.CA()},
		},
		Services: []stanza.Service{&ping.Keepalive{}, greeter{done}},
		Logger:   slog.New(slog.DiscardHandler),
	})
	fmt.Println("ended with", client.Run(ctx))
	// Output:
	// online as warden@example.org/bot
	// got note to <self>
	// ended with <nil>
}
