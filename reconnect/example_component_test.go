package reconnect_test

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/xmppkit/xmppkit/internal/xmpptest"
	"github.com/xmppkit/xmppkit/reconnect"
	"github.com/xmppkit/xmppkit/stanza"
)

// phone shows what arrives for one address.
type phone struct{ done func() }

func (phone) Begin(ctx context.Context, s stanza.Session) {
	if err := s.Send(ctx, &stanza.Message{To: "+2@sms.example.org", Body: "hello from " + s.JID().Local()}); err != nil {
		fmt.Println(err)
	}
}

func (p phone) Handle(_ context.Context, s stanza.Session, st stanza.Stanza) {
	if m, ok := st.(*stanza.Message); ok && s.JID() == "+2@sms.example.org" && m.From == "+1@sms.example.org" {
		fmt.Println(s.JID(), "got", m.Body)
		p.done()
	}
}

// Two addresses over one stream.
func ExampleComponent() {
	server, err := xmpptest.Start(xmpptest.Config{Components: map[string]string{"sms.example.org": "secret"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()

	ctx, done := context.WithCancel(context.Background())
	defer done()
	component := reconnect.NewComponent(reconnect.ComponentConfig{
		Addr: server.Addr(), Domain: "sms.example.org", Secret: "secret",
		Logger: slog.New(slog.DiscardHandler),
	})
	for _, jid := range []stanza.JID{"+1@sms.example.org", "+2@sms.example.org"} {
		if _, err := component.As(jid, phone{done}); err != nil {
			fmt.Println(err)
		}
	}
	fmt.Println("ended with", component.Run(ctx))
	// Output:
	// +2@sms.example.org got hello from +1
	// ended with <nil>
}
