package xmpptest

import (
	"github.com/xmppkit/xmppkit/stanza"
)

// found are the connections of jid: a full JID's, all of an account's, a component's,
// or every one there is where jid is the server's domain. s.mu is held.
func (s *Server) found(jid stanza.JID) []*conn {
	var list []*conn
	add := func(out outlet) {
		if c, ok := out.(*conn); ok {
			list = append(list, c)
		}
	}
	switch p := s.parties[jid]; {
	case p != nil:
		add(p.out)
	case s.components[string(jid)] != nil:
		add(s.components[string(jid)])
	case jid == s.Domain():
		for c := range s.conns {
			add(c)
		}
	default:
		for _, p := range s.accounts[jid] {
			add(p.out)
		}
	}
	return list
}

// each does something to all connections of jid and says how many there were.
func (s *Server) each(jid stanza.JID, do func(*conn)) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.found(jid)
	for _, c := range list {
		do(c)
	}
	return len(list)
}

// Kill breaks the connections of jid at once. Like all that follow it takes a full
// JID, an account, a component's domain, or the server's domain for everybody, and
// gives how many connections it found.
func (s *Server) Kill(jid stanza.JID) int { return s.each(jid, (*conn).kill) }

// KillAfter breaks the connections of jid once n more bytes of the stream have been
// sent, be it in the middle of a stanza.
func (s *Server) KillAfter(jid stanza.JID, n int) int {
	return s.each(jid, func(c *conn) { c.cut(max(n, 0)) })
}

// Ghost breaks the connections of jid, but the server goes on as if they were
// there, until the same address binds again.
func (s *Server) Ghost(jid stanza.JID) int {
	return s.each(jid, func(c *conn) {
		c.ghost = c.self != nil
		c.kill()
	})
}

// EndStream ends the streams of jid with a stream error, such as conflict or
// system-shutdown.
func (s *Server) EndStream(jid stanza.JID, why stanza.StreamError) int {
	return s.each(jid, func(c *conn) {
		if c.self != nil {
			s.end(c.self, &why)
		} else {
			s.detach(c)
			c.finish(&why)
		}
		s.happened()
	})
}

// StallReading lets nothing that jid sends arrive, until told otherwise. The
// connections stay open.
func (s *Server) StallReading(jid stanza.JID, on bool) int {
	return s.each(jid, func(c *conn) { c.wire.hold(on) })
}

// StallWriting sends nothing to jid, until told otherwise. What waits is kept
// without bound.
func (s *Server) StallWriting(jid stanza.JID, on bool) int {
	return s.each(jid, func(c *conn) { c.hold(on) })
}

// Inject sends bytes as they are, well-formed or not.
func (s *Server) Inject(jid stanza.JID, data []byte) int {
	return s.each(jid, func(c *conn) { c.enqueue(packet{data: append([]byte(nil), data...)}) })
}

// Deliver sends a stanza to jid that nobody sent. Its To is filled in where it is
// empty.
func (s *Server) Deliver(jid stanza.JID, st stanza.Stanza) int {
	to := st.Header().To
	if to == "" {
		to = jid
	}
	return s.each(jid, func(c *conn) { c.enqueue(packet{render(st), to}) })
}

// Sent is how many bytes of stream the connections of jid have been sent, for
// KillAfter to be aimed.
func (s *Server) Sent(jid stanza.JID) int64 {
	var n int64
	s.each(jid, func(c *conn) {
		c.mu.Lock()
		n += c.wrote
		c.mu.Unlock()
	})
	return n
}

// KillNext breaks the next connections after so many bytes in both directions,
// TLS and all, from the first byte of the handshake on: one connection for each n.
func (s *Server) KillNext(n ...int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, after := range n {
		s.next = append(s.next, connFault{after: max(after, 0)})
	}
}

// StallNext accepts the next connections and never says a word.
func (s *Server) StallNext(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for range n {
		s.next = append(s.next, connFault{after: -1, held: true})
	}
}

// Refuse stops listening, so that connecting is refused, or listens again. Streams
// stay.
func (s *Server) Refuse(on bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !on {
		return s.listen()
	}
	s.deafen()
	return nil
}

func (s *Server) deafen() {
	if s.listener != nil {
		_ = s.listener.Close() // it only says that it was closed before
		s.listener = nil
	}
}

// Kill9 ends the server as kill -9 does: nothing is said to anybody. Restart brings
// it back.
func (s *Server) Kill9() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stop(nil)
}

// Shutdown ends the server politely: rooms let go of their occupants with 332,
// streams end with system-shutdown. Restart brings it back.
func (s *Server) Shutdown() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rooms.stop(stanza.ServiceUnavailable)
	s.stop(&stanza.StreamError{Condition: "system-shutdown"})
}

// stop ends all there is but the rooms; s.mu is held.
func (s *Server) stop(why *stanza.StreamError) {
	s.deafen()
	s.rooms.empty()
	s.next = nil
	for c := range s.conns {
		if why == nil || c.self == nil && c.component == "" {
			c.kill()
		} else {
			c.finish(why)
		}
	}
	for _, c := range s.components {
		s.detach(c)
	}
	for _, p := range s.parties {
		p.presence, p.directed = nil, nil
		s.end(p, why)
	}
	s.happened()
}
