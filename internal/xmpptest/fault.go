package xmpptest

import (
	"slices"
	"time"

	"github.com/xmppkit/xmppkit/stanza"
)

// Fault is what becomes of some of the stanzas that reach the server. Without an
// Error or a Delay they vanish, and are never answered.
type Fault struct {
	// From and To choose them by address; an address covers all that lie beneath
	// it: a bare JID its resources, a domain its localparts. Empty: any.
	From, To stanza.JID
	Match    func(stanza.Stanza) bool // and by content; nil: any. It must not call the server
	Times    int                      // so many of them; 0: all

	Error *stanza.Error // answered instead of being handled
	Delay time.Duration // before they are handled, or answered with Error
}

// Broken is a fault that is in force.
type Broken struct {
	srv   *Server
	fault Fault
	hits  int
}

// Break puts a fault in force. Of several that match, the oldest acts.
func (s *Server) Break(f Fault) *Broken {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := &Broken{srv: s, fault: f}
	s.faults = append(s.faults, b)
	return b
}

// Mend ends the fault.
func (b *Broken) Mend() {
	b.srv.mu.Lock()
	defer b.srv.mu.Unlock()
	b.srv.mend(b)
}

// Hits is how many stanzas the fault has met.
func (b *Broken) Hits() int {
	b.srv.mu.Lock()
	defer b.srv.mu.Unlock()
	return b.hits
}

func (s *Server) mend(b *Broken) {
	s.faults = slices.DeleteFunc(s.faults, func(o *Broken) bool { return o == b })
}

// FailJoins answers the next joins of a room, or of all rooms of a service, with an
// error; all of them if times is 0.
func (s *Server) FailJoins(room stanza.JID, condition stanza.Condition, times int) *Broken {
	return s.Break(Fault{To: room, Match: IsJoin, Times: times, Error: &stanza.Error{Condition: condition}})
}

// FailRequests answers the next gets and sets to an address with an error; all of
// them if times is 0.
func (s *Server) FailRequests(to stanza.JID, condition stanza.Condition, times int) *Broken {
	return s.Break(Fault{To: to, Match: IsRequest, Times: times, Error: &stanza.Error{Condition: condition}})
}

// SilencePings leaves pings to an address without an answer.
func (s *Server) SilencePings(to stanza.JID) *Broken { return s.Break(Fault{To: to, Match: IsPing}) }

// Silence leaves everything to an address without any effect.
func (s *Server) Silence(to stanza.JID) *Broken { return s.Break(Fault{To: to}) }

// IsJoin reports whether a stanza asks a room to be let in.
func IsJoin(st stanza.Stanza) bool {
	p, ok := st.(*stanza.Presence)
	return ok && p.Type == stanza.Available && p.Extension(stanza.NSMUC, "x") != nil
}

// IsRequest reports whether a stanza is a get or a set.
func IsRequest(st stanza.Stanza) bool {
	iq, ok := st.(*stanza.IQ)
	return ok && iq.IsRequest()
}

// IsPing reports whether a stanza is a ping (XEP-0199).
func IsPing(st stanza.Stanza) bool {
	iq, ok := st.(*stanza.IQ)
	return ok && iq.Type == stanza.Get && iq.Extension(stanza.NSPing, "ping") != nil
}

func beneath(j, top stanza.JID) bool {
	return top == "" || j == top || j.Bare() == top || stanza.JID(j.Domain()) == top
}

// broken lets the first fault that matches act; s.mu is held.
func (s *Server) broken(p *party, st stanza.Stanza) bool {
	for _, b := range s.faults {
		f, to := b.fault, st.Header().To
		if to == "" {
			to = p.jid.Bare()
		}
		if !beneath(p.jid, f.From) || !beneath(to, f.To) || f.Match != nil && !f.Match(st) {
			continue
		}
		b.hits++
		if f.Times > 0 && b.hits == f.Times {
			s.mend(b)
		}
		act := func() {
			switch {
			case p.ended:
			case f.Error != nil:
				e := *f.Error
				s.bounce(p, st, &e)
			case f.Delay > 0:
				s.dispatch(p, st)
			}
		}
		if f.Delay > 0 {
			s.later(f.Delay, act)
		} else {
			act()
		}
		return true
	}
	return false
}

// later runs f with s.mu held; s.mu is held.
func (s *Server) later(d time.Duration, f func()) {
	var t *time.Timer
	t = time.AfterFunc(d, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if _, ok := s.timers[t]; ok {
			delete(s.timers, t)
			f()
			s.happened()
		}
	})
	s.timers[t] = struct{}{}
}

type loginFault struct {
	condition string
	times     int
}

// FailLogins refuses the next logins, whatever the password, with a condition of
// RFC 6120 §6.5 such as temporary-auth-failure; an empty condition lets them in again.
func (s *Server) FailLogins(condition string, times int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.logins = nil
	if condition != "" {
		s.logins = []loginFault{{condition, times}}
	}
}

func (s *Server) refusesLogin() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.logins) == 0 {
		return ""
	}
	f := &s.logins[0]
	condition := f.condition
	if f.times--; f.times == 0 {
		s.logins = nil
	}
	return condition
}
