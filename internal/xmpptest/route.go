package xmpptest

import (
	"slices"

	"github.com/xmppkit/xmppkit/stanza"
)

// party is an address that takes part: a client's session, or one of a component's
// addresses. All of it is guarded by Server.mu.
type party struct {
	jid   stanza.JID
	out   outlet
	ended bool

	presence *stanza.Presence // broadcast last; nil while unavailable
	directed map[stanza.JID]struct{}
	rooms    map[*room]*occupant
	asked    map[string]asked // requests that a room passed on to this client
}

// outlet takes what is on its way to a client, and does not block.
type outlet interface{ enqueue(packet) }

// begin makes a session; s.mu is held.
func (s *Server) begin(jid stanza.JID, out outlet) *party {
	p := &party{jid: jid, out: out}
	s.parties[jid] = p
	s.accounts[jid.Bare()] = append(s.accounts[jid.Bare()], p)
	return p
}

// end ends a session: those who saw it see it leave, and its client, if there is
// one still, is told why. s.mu is held.
func (s *Server) end(p *party, why *stanza.StreamError) {
	if p.ended {
		return
	}
	s.unavailable(p, &stanza.Presence{Type: stanza.Unavailable})
	p.ended = true
	delete(s.parties, p.jid)
	bare := p.jid.Bare()
	s.accounts[bare] = slices.DeleteFunc(s.accounts[bare], func(q *party) bool { return q == p })
	if len(s.accounts[bare]) == 0 {
		delete(s.accounts, bare)
	}
	switch out := p.out.(type) {
	case *conn:
		out.finish(why)
	case *Client:
		out.over(why)
	}
}

// lost is told that a connection's stream has come to its end, and what the client
// is to be told of it.
func (s *Server) lost(c *conn, why *stanza.StreamError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.ghost {
		return
	}
	if c.self != nil {
		s.end(c.self, why)
	}
	if c.component != "" {
		s.detach(c)
	}
	s.happened()
}

// closed is told that nothing of a connection is left.
func (s *Server) closed(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
	s.happened()
}

// arrived takes in what a connection has read.
func (s *Server) arrived(c *conn, st stanza.Stanza, raw []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.component != "" {
		from := st.Header().From
		if from.Domain() != c.component {
			return &stanza.StreamError{Condition: "invalid-from"}
		}
		p := c.others[from]
		if p == nil {
			p = &party{jid: from, out: c}
		}
		s.submit(p, st, raw)
		return nil
	}
	if c.self.ended {
		return errClosed
	}
	s.submit(c.self, st.WithFrom(c.self.jid), raw)
	return nil
}

// submit is where every stanza comes by; s.mu is held.
func (s *Server) submit(p *party, st stanza.Stanza, raw []byte) {
	s.log.add(Arrival{From: p.jid, Stanza: st, Raw: raw})
	if !s.broken(p, st) {
		s.dispatch(p, st)
	}
	s.happened()
}

func (s *Server) dispatch(p *party, st stanza.Stanza) {
	to := st.Header().To
	if pr, ok := st.(*stanza.Presence); ok {
		switch pr.Type {
		case stanza.Subscribe, stanza.Subscribed, stanza.Unsubscribe, stanza.Unsubscribed:
			st = st.WithFrom(p.jid.Bare()) // RFC 6121 §3.1.2
		}
	}
	switch domain := to.Domain(); {
	case to == "":
		s.own(p, st)
	case domain == s.cfg.Domain:
		s.local(p, st)
	case domain == s.cfg.Rooms:
		s.rooms.handle(p, st)
	case domain == s.cfg.Pubsub:
		s.pubsub.handle(p, st)
	case s.components[domain] != nil:
		s.direct(p, st)
		c := s.components[domain]
		c.enqueue(packet{render(st), to})
	case s.cfg.Components[domain] != "":
		s.bounce(p, st, &stanza.Error{Condition: stanza.ServiceUnavailable, Type: stanza.Wait})
	default:
		s.bounce(p, st, &stanza.Error{Condition: stanza.RemoteServerNotFound})
	}
}

// send is for an answer or a notice to a party.
func (p *party) send(st stanza.Stanza) { p.out.enqueue(packet{render(st), p.jid}) }

// bounce answers a stanza that asks for one with an error from where it went.
func (s *Server) bounce(p *party, st stanza.Stanza, e *stanza.Error) {
	h := st.Header()
	switch st := st.(type) {
	case *stanza.IQ:
		if st.IsRequest() {
			p.send(st.Refuse(e))
		}
	case *stanza.Message:
		if st.Type != stanza.MessageError {
			p.send(&stanza.Message{ID: h.ID, From: h.To, Type: stanza.MessageError, Body: st.Body, Error: e})
		}
	case *stanza.Presence:
		if st.Type != stanza.PresenceError && st.Type != stanza.Unavailable {
			p.send(&stanza.Presence{ID: h.ID, From: h.To, Type: stanza.PresenceError, Error: e, Extensions: joinOnly(st.Extensions)})
		}
	}
}

// joinOnly is what an error says of the presence that it answers.
func joinOnly(list []stanza.Element) []stanza.Element {
	for _, e := range list {
		if e.Is(stanza.NSMUC, "x") {
			return []stanza.Element{stanza.NewElement(stanza.NSMUC, "x")}
		}
	}
	return nil
}

// own is what a client sends without an address: to its account, or to all who
// may see its presence.
func (s *Server) own(p *party, st stanza.Stanza) {
	switch st := st.(type) {
	case *stanza.IQ:
		s.account(p, st)
	case *stanza.Message:
		s.toAccount(p, p.jid.Bare(), st)
	case *stanza.Presence:
		switch st.Type {
		case stanza.Available:
			fresh := p.presence == nil
			p.presence = st
			for _, q := range s.accounts[p.jid.Bare()] {
				if q.presence == nil {
					continue
				}
				q.send(st)
				if fresh && q != p {
					p.send(q.presence)
				}
			}
		case stanza.Unavailable:
			s.unavailable(p, st)
		}
	}
}

// unavailable is the end of a presence: all who saw it are told (RFC 6121 §4.5, §4.6).
func (s *Server) unavailable(p *party, st *stanza.Presence) {
	out := st.WithFrom(p.jid)
	if p.presence != nil {
		for _, q := range s.accounts[p.jid.Bare()] {
			if q.presence != nil && q != p {
				q.send(out)
			}
		}
		p.presence = nil
	}
	for jid := range p.directed {
		s.toAddress(jid, out)
	}
	p.directed = nil
	s.rooms.gone(p)
}

// direct keeps in mind who was sent presence.
func (s *Server) direct(p *party, st stanza.Stanza) {
	pr, ok := st.(*stanza.Presence)
	if !ok || s.parties[p.jid] != p {
		return
	}
	switch pr.Type {
	case stanza.Available:
		if p.directed == nil {
			p.directed = map[stanza.JID]struct{}{}
		}
		if len(p.directed) < 1<<16 {
			p.directed[pr.To] = struct{}{}
		}
	case stanza.Unavailable:
		delete(p.directed, pr.To)
	}
}

// local is for the server itself and its accounts (RFC 6121 §8).
func (s *Server) local(p *party, st stanza.Stanza) {
	to := st.Header().To
	if to.Local() == "" {
		if iq, ok := st.(*stanza.IQ); ok && iq.IsRequest() {
			p.send(s.serve(iq))
		}
		return
	}
	s.direct(p, st)
	q := s.parties[to]
	if q != nil {
		q.send(st)
		return
	}
	unavailable := &stanza.Error{Condition: stanza.ServiceUnavailable}
	switch st := st.(type) {
	case *stanza.IQ:
		if to == p.jid.Bare() && st.IsRequest() {
			s.account(p, st)
			return
		}
		s.bounce(p, st, unavailable)
	case *stanza.Message:
		if to.IsBare() || st.Type == stanza.Chat || st.Type == stanza.Normal {
			s.toAccount(p, to.Bare(), st)
			return
		}
		s.bounce(p, st, unavailable)
	case *stanza.Presence:
		if to.IsBare() {
			s.toAddress(to, st)
		}
	}
}

// toAccount delivers a message to an account's clients.
func (s *Server) toAccount(p *party, bare stanza.JID, m *stanza.Message) {
	data, found := render(m), false
	for _, q := range s.accounts[bare] {
		if q.presence != nil && q.presence.Priority >= 0 {
			q.out.enqueue(packet{data, m.To})
			found = true
		}
	}
	if !found && m.Type != stanza.Headline {
		s.bounce(p, m, &stanza.Error{Condition: stanza.ServiceUnavailable})
	}
}

// toAddress delivers what needs no answer, if there is somebody.
func (s *Server) toAddress(to stanza.JID, st stanza.Stanza) {
	if c := s.components[to.Domain()]; c != nil {
		c.enqueue(packet{render(st), to})
		return
	}
	if q := s.parties[to]; q != nil {
		q.send(st)
		return
	}
	if !to.IsBare() {
		return
	}
	for _, q := range s.accounts[to] {
		if q.presence != nil {
			q.out.enqueue(packet{render(st), to})
		}
	}
}

// account answers what a client asks its own account.
func (s *Server) account(p *party, iq *stanza.IQ) {
	switch x := iq.Payload(); {
	case !iq.IsRequest():
	case x == nil:
		p.send(iq.Refuse(&stanza.Error{Condition: stanza.BadRequest}))
	case x.Is(stanza.NSPing, "ping"), x.Is(nsSession, "session"):
		p.send(iq.Result())
	case x.Is("jabber:iq:roster", "query"):
		if iq.Type == stanza.Get {
			p.send(iq.Result(stanza.NewElement("jabber:iq:roster", "query")))
		} else {
			p.send(iq.Result())
		}
	case x.Is(stanza.NSDiscoInfo, "query"):
		p.send(iq.Result(discoInfo("account", "registered", "", stanza.NSDiscoInfo, stanza.NSPing)))
	default:
		p.send(iq.Refuse(&stanza.Error{Condition: stanza.ServiceUnavailable}))
	}
}

// serve answers what is asked of the server.
func (s *Server) serve(iq *stanza.IQ) *stanza.IQ {
	switch x := iq.Payload(); {
	case x == nil:
		return iq.Refuse(&stanza.Error{Condition: stanza.BadRequest})
	case x.Is(stanza.NSPing, "ping"):
		return iq.Result()
	case x.Is(stanza.NSDiscoInfo, "query"):
		return iq.Result(discoInfo("server", "im", "xmpptest", stanza.NSDiscoInfo, stanza.NSDiscoItems, stanza.NSPing))
	case x.Is(stanza.NSDiscoItems, "query"):
		items := stanza.NewElement(stanza.NSDiscoItems, "query")
		for _, jid := range []string{s.cfg.Rooms, s.cfg.Pubsub} {
			items.Children = append(items.Children, stanza.NewElement(stanza.NSDiscoItems, "item").WithAttr("jid", jid))
		}
		return iq.Result(items)
	}
	return iq.Refuse(&stanza.Error{Condition: stanza.ServiceUnavailable})
}

// discoInfo is an identity and features (XEP-0030).
func discoInfo(category, typ, name string, features ...string) stanza.Element {
	q := stanza.NewElement(stanza.NSDiscoInfo, "query", stanza.NewElement(stanza.NSDiscoInfo, "identity").
		WithAttr("category", category).WithAttr("type", typ).WithAttr("name", name))
	for _, f := range features {
		q.Children = append(q.Children, stanza.NewElement(stanza.NSDiscoInfo, "feature").WithAttr("var", f))
	}
	return q
}
