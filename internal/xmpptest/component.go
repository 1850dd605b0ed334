package xmpptest

import (
	"crypto/sha1" // of XEP-0114
	"crypto/subtle"
	"encoding/hex"
	"encoding/xml"
	"strings"

	"github.com/xmppkit/xmppkit/stanza"
)

// handshake is a component's login (XEP-0114).
func (c *conn) handshake(header xml.StartElement) error {
	domain, id := attr(header.Attr, "to"), stanza.NewID()
	if err := c.head(stanza.NSComponent, domain, id); err != nil {
		return err
	}
	secret, ok := c.srv.cfg.Components[domain]
	if !ok {
		return &stanza.StreamError{Condition: "host-unknown"}
	}
	e, err := c.in.DecodeElement()
	if err != nil {
		return err
	}
	c.tap.raw = c.tap.raw[:0]
	sum := sha1.Sum([]byte(id + secret))
	got := strings.ToLower(strings.TrimSpace(e.Content()))
	// The decoder reads a component's namespace as a client's.
	if !e.Is(stanza.NSClient, "handshake") || subtle.ConstantTimeCompare([]byte(got), []byte(hex.EncodeToString(sum[:]))) != 1 {
		return &stanza.StreamError{Condition: "not-authorized"}
	}
	if err := c.srv.attach(c, domain); err != nil {
		return err
	}
	return c.put([]byte("<handshake/>"))
}

// attach makes c the component of a domain. What is sent to it waits until the
// handshake is answered.
func (s *Server) attach(c *conn, domain string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, open := s.conns[c]; !open || s.over {
		return errClosed
	}
	if old := s.components[domain]; old != nil {
		conflict := &stanza.StreamError{Condition: "conflict", Text: "Component already connected"}
		if !s.cfg.ReplaceComponent {
			return conflict
		}
		s.detach(old)
		old.finish(conflict)
	}
	c.component = domain
	s.components[domain] = c
	s.happened()
	return nil
}

// detach takes a component's addresses out of all rooms; s.mu is held.
func (s *Server) detach(c *conn) {
	if s.components[c.component] == c {
		delete(s.components, c.component)
	}
	for _, p := range c.others {
		s.rooms.gone(p)
	}
	clear(c.others)
}

// address is the party behind one of a component's addresses, made when first
// needed; s.mu is held.
func (c *conn) address(jid stanza.JID) *party {
	p := c.others[jid]
	if p == nil {
		p = &party{jid: jid, out: c}
		c.others[jid] = p
	}
	return p
}
