package xmpptest

import (
	"context"
	"slices"

	"github.com/xmppkit/xmppkit/stanza"
)

// Arrival is a stanza that reached the server.
type Arrival struct {
	Seq    int        // counts all stanzas since Start, from 1
	From   stanza.JID // whose it is; Stanza comes from there too
	Stanza stanza.Stanza
	Raw    []byte // as it was on the wire; nil from a Client
}

// arrivals is the last stanzas that arrived.
type arrivals struct {
	keep  int
	count int
	list  []Arrival // up to twice as many as are kept
}

func (a *arrivals) add(x Arrival) {
	a.count++
	x.Seq = a.count
	if len(a.list) >= 2*a.keep {
		a.list = append(a.list[:0], a.list[len(a.list)-a.keep:]...)
	}
	a.list = append(a.list, x)
}

// since is what is kept of those after seq.
func (a *arrivals) since(seq int) []Arrival {
	return a.list[len(a.list)-min(max(a.count-seq, 0), len(a.list)):]
}

// happened lets those who wait look again; s.mu is held.
func (s *Server) happened() {
	if s.wakes != nil {
		close(s.wakes)
		s.wakes = nil
	}
}

// Count is how many stanzas have reached the server; the last one's Seq.
func (s *Server) Count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.count
}

// Dials is how many connections have been accepted.
func (s *Server) Dials() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dials
}

// Open is how many connections there are.
func (s *Server) Open() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// Online is the full JIDs of all sessions, and the domains of the components that
// are there, sorted.
func (s *Server) Online() []stanza.JID {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []stanza.JID
	for jid := range s.parties {
		list = append(list, jid)
	}
	for domain := range s.components {
		list = append(list, stanza.JID(domain))
	}
	slices.Sort(list)
	return list
}

// Arrived is what has reached the server after the stanza of that Seq, so far as it
// is kept; 0 is the beginning.
func (s *Server) Arrived(since int) []Arrival {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.log.since(since))
}

// WaitArrival blocks until a stanza has reached the server, after that of Seq since,
// that matches, or ctx ends.
func (s *Server) WaitArrival(ctx context.Context, since int, match func(Arrival) bool) (Arrival, error) {
	var found Arrival
	err := s.wait(ctx, func() bool {
		list := s.log.since(since)
		since = s.log.count
		i := slices.IndexFunc(list, match)
		if i >= 0 {
			found = list[i]
		}
		return i >= 0
	})
	return found, err
}

// Wait blocks until cond holds, which is looked at whenever something has happened
// on the server, or ctx ends. cond may call the server.
func (s *Server) Wait(ctx context.Context, cond func() bool) error {
	for {
		s.mu.Lock()
		wake := s.waking()
		s.mu.Unlock()
		if cond() {
			return nil
		}
		select {
		case <-wake:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// wait is Wait with s.mu held in cond.
func (s *Server) wait(ctx context.Context, cond func() bool) error {
	for {
		s.mu.Lock()
		if cond() {
			s.mu.Unlock()
			return nil
		}
		wake := s.waking()
		s.mu.Unlock()
		select {
		case <-wake:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (s *Server) waking() chan struct{} {
	if s.wakes == nil {
		s.wakes = make(chan struct{})
	}
	return s.wakes
}

// WaitOnline blocks until jid, a full JID or a component's domain, is online.
func (s *Server) WaitOnline(ctx context.Context, jid stanza.JID) error {
	return s.wait(ctx, func() bool { return s.parties[jid] != nil || s.components[string(jid)] != nil })
}

// WaitOffline blocks until jid is not online.
func (s *Server) WaitOffline(ctx context.Context, jid stanza.JID) error {
	return s.wait(ctx, func() bool { return s.parties[jid] == nil && s.components[string(jid)] == nil })
}
