package realserver

import (
	"crypto/tls"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"
)

// stream is the least client that can show what a server does.
type stream struct {
	tb   testing.TB
	conn net.Conn
	d    *xml.Decoder
	jid  string
}

// node is any element.
type node struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Text     string     `xml:",chardata"`
	Children []node     `xml:",any"`
}

func (n node) attr(name string) string {
	for _, a := range n.Attrs {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}

// find is the first element of that name in n, itself included.
func (n node) find(name string) (node, bool) {
	if n.XMLName.Local == name {
		return n, true
	}
	for _, c := range n.Children {
		if found, ok := c.find(name); ok {
			return found, true
		}
	}
	return node{}, false
}

const wait = 20 * time.Second

func dial(tb testing.TB, addr string) *stream {
	tb.Helper()
	conn, err := net.DialTimeout("tcp", addr, wait)
	if err != nil {
		tb.Fatal(err)
	}
	s := &stream{tb: tb, conn: conn}
	tb.Cleanup(func() { s.conn.Close() })
	s.deadline(wait)
	return s
}

func (s *stream) deadline(d time.Duration) {
	s.tb.Helper()
	if err := s.conn.SetDeadline(time.Now().Add(d)); err != nil {
		s.tb.Fatal(err)
	}
}

func (s *stream) send(format string, args ...any) {
	s.tb.Helper()
	if _, err := fmt.Fprintf(s.conn, format, args...); err != nil {
		s.tb.Fatal(err)
	}
}

// open opens the stream and returns its header's id.
func (s *stream) open(namespace, to string) string {
	s.tb.Helper()
	s.send(`<stream:stream xmlns='%s' xmlns:stream='http://etherx.jabber.org/streams' version='1.0' to='%s'>`, namespace, to)
	s.d = xml.NewDecoder(s.conn)
	for {
		token, err := s.d.Token()
		if err != nil {
			s.tb.Fatal(err)
		}
		if start, ok := token.(xml.StartElement); ok {
			return node{Attrs: start.Attr}.attr("id")
		}
	}
}

func (s *stream) next() (node, error) {
	for {
		token, err := s.d.Token()
		if err != nil {
			return node{}, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			var n node
			return n, s.d.DecodeElement(&n, &t)
		case xml.EndElement:
			return node{}, io.EOF
		}
	}
}

func (s *stream) expect(name string) node {
	s.tb.Helper()
	n, err := s.next()
	if err != nil {
		s.tb.Fatal(err)
	}
	if n.XMLName.Local != name {
		s.tb.Fatalf("got %+v, want <%s>", n, name)
	}
	return n
}

// until reads to the first stanza that ok accepts.
func (s *stream) until(what string, ok func(node) bool) node {
	s.tb.Helper()
	for {
		n, err := s.next()
		if err != nil {
			s.tb.Fatalf("waiting for %s: %v", what, err)
		}
		if ok(n) {
			return n
		}
	}
}

// request sends an IQ and returns its answer.
func (s *stream) request(kind, to, payload string) node {
	s.tb.Helper()
	id := fmt.Sprintf("q%d", time.Now().UnixNano())
	s.send(`<iq type='%s' id='%s' to='%s'>%s</iq>`, kind, id, to, payload)
	return s.until("answer to "+payload, func(n node) bool { return n.XMLName.Local == "iq" && n.attr("id") == id })
}

func mechanisms(features node) []string {
	var names []string
	list, _ := features.find("mechanisms")
	for _, c := range list.Children {
		if c.XMLName.Local == "mechanism" {
			names = append(names, strings.TrimSpace(c.Text))
		}
	}
	slices.Sort(names)
	return names
}

func (s *stream) startTLS(server *Server) {
	s.tb.Helper()
	secure := tls.Client(s.conn, &tls.Config{RootCAs: server.Roots, ServerName: server.Domain})
	if err := secure.Handshake(); err != nil {
		s.tb.Fatal(err)
	}
	s.conn = secure
}

// secure opens a stream, takes it into TLS and returns the features inside.
func secure(tb testing.TB, server *Server) (*stream, node) {
	tb.Helper()
	s := dial(tb, server.Addr)
	s.open("jabber:client", server.Domain)
	features := s.expect("features")
	if _, ok := features.find("required"); !ok {
		tb.Errorf("STARTTLS is not required: %+v", features)
	}
	s.send(`<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>`)
	s.expect("proceed")
	s.startTLS(server)
	s.open("jabber:client", server.Domain)
	return s, s.expect("features")
}

// plain authenticates and binds a stream that shows its features.
func (s *stream) plain(server *Server, account string) {
	s.tb.Helper()
	jid, password := server.Account(account)
	s.send(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>%s</auth>`,
		base64.StdEncoding.EncodeToString([]byte("\x00"+account+"\x00"+password)))
	s.expect("success")
	s.open("jabber:client", server.Domain)
	s.expect("features")
	s.send(`<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>test</resource></bind></iq>`)
	bound, ok := s.expect("iq").find("jid")
	if s.jid = bound.Text; !ok || !strings.HasPrefix(s.jid, jid+"/") {
		s.tb.Fatalf("bound to %q, want a resource of %s", s.jid, jid)
	}
	s.send(`<presence/>`)
}

func login(tb testing.TB, server *Server, account string) *stream {
	tb.Helper()
	s, _ := secure(tb, server)
	s.plain(server, account)
	return s
}

// join enters a room and returns the status codes of the self-presence.
func (s *stream) join(room, nick string) []string {
	s.tb.Helper()
	s.send(`<presence to='%s/%s'><x xmlns='http://jabber.org/protocol/muc'/></presence>`, room, nick)
	n := s.until("self-presence", func(n node) bool {
		return n.XMLName.Local == "presence" && n.attr("from") == room+"/"+nick
	})
	if n.attr("type") != "" {
		s.tb.Fatalf("join: %+v", n)
	}
	s.until("subject", func(n node) bool { _, ok := n.find("subject"); return ok })
	return codes(n)
}

func codes(n node) []string {
	var found []string
	x, _ := n.find("x")
	for _, c := range x.Children {
		if c.XMLName.Local == "status" {
			found = append(found, c.attr("code"))
		}
	}
	return found
}
