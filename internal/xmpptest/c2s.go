package xmpptest

import (
	"crypto/tls"
	"encoding/xml"
	"errors"
	"fmt"
	"strings"

	"github.com/xmppkit/xmppkit/stanza"
)

const (
	nsTLS     = "urn:ietf:params:xml:ns:xmpp-tls"
	nsSASL    = "urn:ietf:params:xml:ns:xmpp-sasl"
	nsBinding = "urn:xmpp:sasl-cb:0"
	nsBind    = "urn:ietf:params:xml:ns:xmpp-bind"
	nsSession = "urn:ietf:params:xml:ns:xmpp-session"
)

// negotiate takes a connection to where stanzas flow: a client's resource is bound,
// a component has shaken hands.
func (c *conn) negotiate() error {
	first, err := c.wire.peeked.Peek(1)
	if err != nil {
		return err
	}
	if first[0] == 0x16 && c.srv.cfg.TLS != NoTLS { // a TLS handshake
		if err := c.encrypt(); err != nil {
			return err
		}
	}
	user := ""
	for {
		header, err := c.open()
		if err != nil {
			return err
		}
		if header.Name.Space == stanza.NSComponent {
			return c.handshake(header)
		}
		if to := attr(header.Attr, "to"); !strings.EqualFold(to, c.srv.cfg.Domain) {
			return &stanza.StreamError{Condition: "host-unknown"}
		}
		if err := c.put(stanza.MarshalElement(c.features(user))); err != nil {
			return err
		}
		bound, err := c.feature(&user)
		if bound || err != nil {
			return err
		}
	}
}

// encrypt takes the connection into TLS.
func (c *conn) encrypt() error {
	t := tls.Server(c.wire, c.srv.tls)
	if err := t.Handshake(); err != nil {
		return err
	}
	c.use(t)
	c.secured = true
	return nil
}

// open reads the head of a stream and writes ours. A component's is left to answer.
func (c *conn) open() (xml.StartElement, error) {
	c.xml = xml.NewDecoder(c.tap)
	c.in = stanza.NewDecoder(c.xml)
	for {
		t, err := c.xml.Token()
		if err != nil {
			return xml.StartElement{}, err
		}
		start, ok := t.(xml.StartElement)
		if !ok {
			continue
		}
		c.tap.raw = c.tap.raw[:0]
		if start.Name.Space != stanza.NSStream || start.Name.Local != "stream" {
			return start, &stanza.StreamError{Condition: "invalid-namespace"}
		}
		ns := attr(start.Attr, "xmlns")
		if ns == stanza.NSComponent {
			start.Name.Space = ns
			return start, nil
		}
		return start, c.head(stanza.NSClient, c.srv.cfg.Domain, stanza.NewID())
	}
}

// head writes the head of our stream.
func (c *conn) head(ns, from, id string) error {
	var b strings.Builder
	b.WriteString("<?xml version='1.0'?><stream:stream xmlns:stream='" + stanza.NSStream + "' version='1.0'")
	for _, a := range [][2]string{{"xmlns", ns}, {"from", from}, {"id", id}} {
		b.WriteString(" " + a[0] + "='")
		_ = xml.EscapeText(&b, []byte(a[1])) // a strings.Builder does not fail
		b.WriteString("'")
	}
	b.WriteString(">")
	return c.put([]byte(b.String()))
}

func attr(list []xml.Attr, local string) string {
	for _, a := range list {
		if a.Name.Local == local && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}

// features is what the stream offers next (RFC 6120 §4.3.2).
func (c *conn) features(user string) stanza.Element {
	f := stanza.NewElement(stanza.NSStream, "features")
	if user != "" {
		f.Children = []stanza.Element{
			stanza.NewElement(nsBind, "bind"),
			stanza.NewElement(nsSession, "session", stanza.NewElement(nsSession, "optional")),
		}
		return f
	}
	if !c.secured && c.srv.cfg.TLS != NoTLS {
		t := stanza.NewElement(nsTLS, "starttls")
		if c.srv.cfg.TLS == RequireTLS {
			t.Children = []stanza.Element{stanza.NewElement(nsTLS, "required")}
		}
		f.Children = append(f.Children, t)
		if c.srv.cfg.TLS == RequireTLS {
			return f
		}
	}
	m := stanza.NewElement(nsSASL, "mechanisms")
	for _, name := range c.mechanisms() {
		m.Children = append(m.Children, stanza.NewText(nsSASL, "mechanism", name))
	}
	f.Children = append(f.Children, m)
	if typ, _ := c.binding(); typ != "" {
		f.Children = append(f.Children, stanza.NewElement(nsBinding, "sasl-channel-binding",
			stanza.NewElement(nsBinding, "channel-binding").WithAttr("type", typ)))
	}
	return f
}

// feature does what the client asks for, until its stream starts anew or a resource
// is bound.
func (c *conn) feature(user *string) (bound bool, err error) {
	for {
		e, err := c.in.DecodeElement()
		if err != nil {
			return false, err
		}
		c.tap.raw = c.tap.raw[:0]
		switch {
		case e.Is(nsTLS, "starttls") && !c.secured && c.srv.cfg.TLS != NoTLS:
			if err := c.put(stanza.MarshalElement(stanza.NewElement(nsTLS, "proceed"))); err != nil {
				return false, err
			}
			return false, c.upgrade()
		case e.Is(nsSASL, "auth") && *user == "" && (c.secured || c.srv.cfg.TLS != RequireTLS):
			name, refused, err := c.authenticate(e)
			if err != nil {
				return false, err
			}
			if refused != "" {
				f := stanza.NewElement(nsSASL, "failure", stanza.NewElement(nsSASL, refused))
				if c.srv.cfg.AuthText != "" {
					f.Children = append(f.Children, stanza.NewText(nsSASL, "text", c.srv.cfg.AuthText))
				}
				if err := c.put(stanza.MarshalElement(f)); err != nil {
					return false, err
				}
				continue
			}
			*user = name
			return false, nil
		case e.Is(stanza.NSClient, "iq") && *user != "":
			iq, _ := stanza.FromElement(e).(*stanza.IQ)
			if x := iq.Extension(nsBind, "bind"); x != nil && iq.Type == stanza.Set {
				if done, err := c.bind(*user, iq, x.ChildText(nsBind, "resource")); done || err != nil {
					return done, err
				}
				continue
			}
			return false, &stanza.StreamError{Condition: "not-authorized"}
		default:
			return false, &stanza.StreamError{Condition: "not-authorized"}
		}
	}
}

// upgrade is STARTTLS (RFC 6120 §5). White space may follow the request.
func (c *conn) upgrade() error {
	for {
		b, err := c.wire.peeked.Peek(1)
		if err != nil {
			return err
		}
		if !strings.ContainsRune(" \t\r\n", rune(b[0])) {
			return c.encrypt()
		}
		if _, err := c.wire.peeked.Discard(1); err != nil {
			return err
		}
	}
}

// bind gives the client an address (RFC 6120 §7).
func (c *conn) bind(user string, iq *stanza.IQ, resource string) (bool, error) {
	bare := stanza.JID(user + "@" + c.srv.cfg.Domain)
	if resource == "" {
		resource = stanza.NewID()
	}
	jid, err := bare.WithResource(resource)
	if err != nil {
		answer := iq.Refuse(&stanza.Error{Condition: stanza.BadRequest})
		return false, c.put(stanza.Marshal(answer))
	}
	p, err := c.srv.bind(c, jid)
	if errors.Is(err, stanza.Conflict) {
		return false, c.put(stanza.Marshal(iq.Refuse(&stanza.Error{Condition: stanza.Conflict})))
	}
	if err != nil {
		return false, err
	}
	answer := iq.Result(stanza.NewElement(nsBind, "bind", stanza.NewText(nsBind, "jid", string(p.jid))))
	answer.From, answer.To = "", ""
	if err := c.put(stanza.Marshal(answer)); err != nil {
		return false, err
	}
	return true, nil
}

// bind begins a session. What is sent to it waits until the client knows.
func (s *Server) bind(c *conn, jid stanza.JID) (*party, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, open := s.conns[c]; !open || s.over {
		return nil, errClosed
	}
	if old := s.parties[jid]; old != nil {
		switch s.cfg.Conflict {
		case ReplaceOld:
			s.end(old, &stanza.StreamError{Condition: "conflict", Text: "Replaced by new connection"})
		case RefuseNew:
			return nil, stanza.Conflict
		case OtherForNew:
			jid = stanza.JID(fmt.Sprintf("%s-%s", jid, stanza.NewID()))
		}
	}
	c.self = s.begin(jid, c)
	s.happened()
	return c.self, nil
}
