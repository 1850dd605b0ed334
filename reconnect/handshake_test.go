package reconnect

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/xmppo/go-xmpp"

	"github.com/xmppkit/xmppkit/internal/xmpptest"
	"github.com/xmppkit/xmppkit/stanza"
)

// A refusal is judged by its condition, not by its words (RFC 6120 §6.5).
func TestRefusalInOtherWords(t *testing.T) {
	ctx := withLimit(t)
	srv := xmpptest.New(t, xmpptest.Config{AuthText: "Ошибка базы данных"})
	srv.FailLogins("temporary-auth-failure", 2)
	b := make(begins, 1)
	run(t, New(quick(options(srv), b)))
	b.next(t, ctx)

	o := options(srv)
	o.Password = "wrong"
	if err := New(quick(o)).Run(ctx); !errors.Is(err, ErrAuth) {
		t.Errorf("a wrong password ends Run with %v", err)
	}
}

// What the options want as debug output they get, from the handshake.
func TestDebugOutput(t *testing.T) {
	ctx := withLimit(t)
	srv := xmpptest.New(t, xmpptest.Config{})
	o := options(srv)
	var debug strings.Builder
	o.Debug, o.DebugWriter = true, &debug
	b := make(begins, 1)
	c := New(quick(o, b))
	stop := run(t, c)
	b.next(t, ctx)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(debug.String(), "RECV <") || !strings.Contains(debug.String(), "SEND <") {
		t.Errorf("debug output: %.100q", debug.String())
	}
}

// The login that stands in for refused channel binding is given up where the server
// does not offer it any more.
func TestMechanismOfAnotherDay(t *testing.T) {
	srv := xmpptest.New(t, xmpptest.Config{Mechanisms: []string{"SCRAM-SHA-1"}})
	a, err := newAccount(New(quick(options(srv))).cfg)
	if err != nil {
		t.Fatal(err)
	}
	a.mechanism = xmpp.SCRAM_SHA_512
	var count counters
	x, err := a.connect(withLimit(t), &count)
	if err != nil {
		t.Fatal(err)
	}
	discard(x)
}

func TestDomainThatGoXMPPCannotSpell(t *testing.T) {
	if _, err := newAccount(Config{Options: xmpp.Options{User: "me@[::1]"}}); !errors.Is(err, ErrConfig) {
		t.Errorf("got %v", err)
	}
}

// script is a server on loopback that says one thing after another on each
// connection, one for each line that it is told, and closes it.
func script(t *testing.T, listen func() (net.Listener, error), connections ...[]string) (addr string) {
	l, err := listen()
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for _, lines := range connections {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			r := bufio.NewReader(conn)
			for _, line := range lines {
				if _, err := r.ReadString('\n'); err != nil {
					break
				}
				fmt.Fprint(conn, line)
			}
			_ = conn.Close() // go-xmpp leaves that to the garbage collector
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-done
	})
	return l.Addr().String()
}

func plain() (net.Listener, error) { return net.Listen("tcp", "127.0.0.1:0") }

const (
	header   = "<stream:stream xmlns='jabber:client' xmlns:stream='" + stanza.NSStream + "' id='1' version='1.0'>"
	features = header + "<stream:features>%s</stream:features>"
	bind     = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
)

// go-xmpp follows see-other-host without TLS, even where there had been some: whoever
// sits between would have the stream.
func TestSeeOtherHostDoesNotEndEncryption(t *testing.T) {
	web := httptest.NewTLSServer(nil) // for its certificate, which is for example.com
	t.Cleanup(web.Close)
	roots := x509.NewCertPool()
	roots.AddCert(web.Certificate())

	other := script(t, plain, []string{
		fmt.Sprintf(features, bind+"</bind>"),
		"<iq type='result'>" + bind + "<jid>me@example.com/x</jid></bind></iq>",
	})
	addr := script(t, func() (net.Listener, error) {
		return tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: web.TLS.Certificates})
	}, []string{
		fmt.Sprintf(features, "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms>"),
		"<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>",
		header + "<stream:error><see-other-host xmlns='" + stanza.NSStreams + "'>" + other + "</see-other-host></stream:error>",
	})
	cfg := quick(xmpp.Options{Host: addr, User: "me@example.com", Password: "secret", TLSConfig: &tls.Config{RootCAs: roots}})
	a, err := newAccount(New(cfg).cfg)
	if err != nil {
		t.Fatal(err)
	}
	var count counters
	x, err := a.connect(withLimit(t), &count)
	if x != nil {
		t.Errorf("connected without encryption, as %s", x.JID())
		discard(x)
	}
	if err == nil || permanent(err) {
		t.Errorf("got %v", err)
	}
}

// A stream error in the handshake keeps its condition, and passes.
func TestStreamErrorInTheHandshake(t *testing.T) {
	addr := script(t, plain, []string{header + "<stream:error><host-unknown xmlns='" + stanza.NSStreams + "'/></stream:error>"})
	ctx, cancel := context.WithCancel(withLimit(t))
	defer cancel()
	cfg := quick(xmpp.Options{Host: addr, User: "me@example.com", Password: "secret", NoTLS: true, InsecureAllowUnencryptedAuth: true})
	a, err := newAccount(New(cfg).cfg)
	if err != nil {
		t.Fatal(err)
	}
	var count counters
	if _, err := a.connect(ctx, &count); !errors.Is(err, &stanza.StreamError{Condition: "host-unknown"}) || permanent(err) {
		t.Errorf("got %v", err)
	}
}
