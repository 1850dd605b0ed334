package xmpptest_test

import (
	"context"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"hash"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xmppkit/xmppkit/internal/xmpptest"
	"github.com/xmppkit/xmppkit/stanza"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// raw is a client that knows no more than the tests need.
type raw struct {
	net net.Conn
	in  *stanza.Decoder
	id  string // of the stream
	jid stanza.JID
}

// patience bounds what is waited for; it passes only where a test fails.
const patience = 20 * time.Second

func within(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

func dial(t testing.TB, s *xmpptest.Server) *raw {
	t.Helper()
	r, err := dialed(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.net.Close() })
	return r
}

func dialed(s *xmpptest.Server) (*raw, error) {
	nc, err := (&net.Dialer{Timeout: patience}).Dial("tcp", s.Addr())
	if err != nil {
		return nil, err
	}
	return &raw{net: nc}, nc.SetDeadline(time.Now().Add(patience))
}

func (r *raw) write(s string) error {
	_, err := r.net.Write([]byte(s))
	return err
}

// open begins a stream and reads the head of the server's.
func (r *raw) open(ns, to string) error {
	if err := r.write("<?xml version='1.0'?><stream:stream to='" + to + "' xmlns='" + ns +
		"' xmlns:stream='" + stanza.NSStream + "' version='1.0'>\n"); err != nil {
		return err
	}
	x := xml.NewDecoder(r.net)
	r.in = stanza.NewDecoder(x)
	for {
		tok, err := x.Token()
		if err != nil {
			return err
		}
		if start, ok := tok.(xml.StartElement); ok {
			for _, a := range start.Attr {
				if a.Name.Local == "id" {
					r.id = a.Value
				}
			}
			return nil
		}
	}
}

func (r *raw) features() (stanza.Element, error) {
	if err := r.open(stanza.NSClient, "example.org"); err != nil {
		return stanza.Element{}, err
	}
	return r.in.DecodeElement()
}

func (r *raw) startTLS(s *xmpptest.Server) error {
	f, err := r.features()
	if err != nil {
		return err
	}
	if f.Child("urn:ietf:params:xml:ns:xmpp-tls", "starttls") == nil {
		return errors.New("no STARTTLS")
	}
	if err := r.write("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>\n"); err != nil {
		return err
	}
	if e, err := r.in.DecodeElement(); err != nil || e.Name.Local != "proceed" {
		return fmt.Errorf("%v, %w", e.Name, err)
	}
	return r.tls(s)
}

func (r *raw) tls(s *xmpptest.Server) error {
	t := tls.Client(r.net, &tls.Config{RootCAs: s.CA(), ServerName: "example.org"})
	r.net = t
	return t.Handshake()
}

const nsSASL = "urn:ietf:params:xml:ns:xmpp-sasl"

// refusal is the condition of a SASL failure.
type refusal string

func (e refusal) Error() string { return string(e) }

func (r *raw) sasl(open string) (string, error) {
	if err := r.write(open); err != nil {
		return "", err
	}
	e, err := r.in.DecodeElement()
	if err != nil {
		return "", err
	}
	if e.Is(nsSASL, "failure") {
		return "", refusal(e.Elements()[0].Name.Local)
	}
	b, err := base64.StdEncoding.DecodeString(e.Content())
	return string(b), err
}

func (r *raw) login(mechanism, user, password string) error {
	b64 := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	auth := func(s string) string {
		return "<auth xmlns='" + nsSASL + "' mechanism='" + mechanism + "'>" + b64(s) + "</auth>\n"
	}
	if mechanism == "PLAIN" {
		_, err := r.sasl(auth("\x00" + user + "\x00" + password))
		return err
	}
	newHash := sha256.New
	if strings.HasPrefix(mechanism, "SCRAM-SHA-1") {
		newHash = sha1.New
	}
	gs2, bound := "n,,", ""
	if strings.HasSuffix(mechanism, "-PLUS") {
		state := r.net.(*tls.Conn).ConnectionState()
		data, err := state.ExportKeyingMaterial("EXPORTER-Channel-Binding", nil, 32)
		if err != nil {
			return err
		}
		gs2, bound = "p=tls-exporter,,", string(data)
	}
	first := "n=" + user + ",r=nonce"
	challenge, err := r.sasl(auth(gs2 + first))
	if err != nil {
		return err
	}
	parts := strings.Split(challenge, ",")
	salt, err := base64.StdEncoding.DecodeString(parts[1][2:])
	if err != nil {
		return err
	}
	rounds, err := strconv.Atoi(parts[2][2:])
	if err != nil {
		return err
	}
	salted, err := pbkdf2.Key(newHash, password, salt, rounds, newHash().Size())
	if err != nil {
		return err
	}
	bare := "c=" + b64(gs2+bound) + "," + parts[0]
	message := first + "," + challenge + "," + bare
	key := mac(newHash, salted, "Client Key")
	stored := newHash()
	stored.Write(key)
	proof := mac(newHash, stored.Sum(nil), message)
	subtle.XORBytes(proof, proof, key)
	success, err := r.sasl("<response xmlns='" + nsSASL + "'>" + b64(bare+",p="+b64(string(proof))) + "</response>\n")
	if err != nil {
		return err
	}
	if want := "v=" + b64(string(mac(newHash, mac(newHash, salted, "Server Key"), message))); success != want {
		return errors.New("the server does not know the password")
	}
	return nil
}

func mac(h func() hash.Hash, key []byte, s string) []byte {
	m := hmac.New(h, key)
	m.Write([]byte(s))
	return m.Sum(nil)
}

// bind binds a resource. The error is a *stanza.Error where the server refuses.
func (r *raw) bind(resource string) error {
	if _, err := r.features(); err != nil {
		return err
	}
	const ns = "urn:ietf:params:xml:ns:xmpp-bind"
	b := stanza.NewElement(ns, "bind")
	if resource != "" {
		b.Children = []stanza.Element{stanza.NewText(ns, "resource", resource)}
	}
	if err := r.send(&stanza.IQ{ID: "b", Type: stanza.Set, Extensions: []stanza.Element{b}}); err != nil {
		return err
	}
	st, err := r.in.Decode()
	if err != nil {
		return err
	}
	iq := st.(*stanza.IQ)
	if iq.Error != nil {
		return iq.Error
	}
	r.jid = stanza.JID(iq.Payload().ChildText(ns, "jid"))
	return nil
}

func (r *raw) send(st stanza.Stanza) error {
	_, err := r.net.Write(stanza.Marshal(st))
	return err
}

// online is the whole way to a bound and available session.
func online(t testing.TB, s *xmpptest.Server, user, resource string) *raw {
	t.Helper()
	r := dial(t, s)
	if err := r.upTo(s, user, resource); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *raw) upTo(s *xmpptest.Server, user, resource string) error {
	if err := r.startTLS(s); err != nil {
		return err
	}
	if _, err := r.features(); err != nil {
		return err
	}
	if err := r.login("PLAIN", user, xmpptest.Password); err != nil {
		return err
	}
	if err := r.bind(resource); err != nil {
		return err
	}
	if err := r.send(&stanza.Presence{}); err != nil {
		return err
	}
	_, err := r.in.Decode() // it comes back
	return err
}

// await reads up to a stanza that matches.
func await[S stanza.Stanza](t testing.TB, r *raw, match func(S) bool) S {
	t.Helper()
	for {
		st, err := r.in.Decode()
		if err != nil {
			t.Fatalf("waiting for %T: %v", *new(S), err)
		}
		if s, ok := st.(S); ok && match(s) {
			return s
		}
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// component is an external component that has shaken hands.
func component(t testing.TB, s *xmpptest.Server, domain, secret string) (*raw, error) {
	t.Helper()
	r := dial(t, s)
	if err := r.open(stanza.NSComponent, domain); err != nil {
		return r, err
	}
	sum := sha1.Sum([]byte(r.id + secret))
	if err := r.write("<handshake>" + hex.EncodeToString(sum[:]) + "</handshake>"); err != nil {
		return r, err
	}
	e, err := r.in.DecodeElement()
	if err == nil && e.Name.Local != "handshake" {
		err = fmt.Errorf("got %v", e.Name)
	}
	return r, err
}
