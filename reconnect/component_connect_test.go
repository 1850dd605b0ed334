package reconnect

import (
	"context"
	"errors"
	"net"
	"testing"

	"github.com/xmppkit/xmppkit/stanza"
)

// Where the server is counts when it is dialled, not when its name was looked up
// before; and a name that cannot be looked up today may be tomorrow.
func TestComponentAddr(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for addr, want := range map[string]error{
		"127.0.0.1:1": nil, "[::1]:1": nil, "localhost:1": nil, "name.invalid:" + port: nil,
		"192.0.2.1:" + port: ErrConfig, "0.0.0.0:" + port: ErrConfig, "[::]:" + port: ErrConfig, ":" + port: ErrConfig,
		"[::ffff:192.0.2.1]:" + port: ErrConfig, "127.0.0.1": ErrConfig, "": ErrConfig,
	} {
		c := NewComponent(ComponentConfig{Addr: addr, Domain: gateway})
		err := c.check()
		if err == nil {
			_, err = c.connect(withLimit(t))
		}
		if err == nil || permanent(err) != (want != nil) || want != nil && !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", addr, err, want)
		}
	}
}

// The end of ctx is the end of Run, wherever it is.
func TestComponentEndsBeforeItBegins(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, addr := range []string{"localhost:1", "127.0.0.1:1"} {
		if err := NewComponent(ComponentConfig{Addr: addr, Domain: gateway}).Run(ctx); err != nil {
			t.Errorf("%s: %v", addr, err)
		}
	}
}

// A request through the component comes from its domain, whatever it says: an answer
// to another address would go to that one's session.
func TestComponentRequestComesFromTheDomain(t *testing.T) {
	ctx := withLimit(t)
	srv := componentServer(t)
	seen := newSees()
	c := NewComponent(component(srv, seen))
	if _, err := c.As("+1@" + gateway); err != nil {
		t.Fatal(err)
	}
	run(t, c)
	seen.begins.next(t, ctx)
	iq := ping("example.org")
	iq.From = "+1@" + gateway
	if answer, err := c.Request(ctx, iq); err != nil || answer.To != gateway {
		t.Errorf("got %+v, %v", answer, err)
	}
	if iq.From != "+1@"+gateway || stanza.JID(iq.ID) != "" {
		t.Errorf("the request was changed: %+v", iq)
	}
}
