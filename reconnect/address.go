package reconnect

import (
	"context"
	"fmt"

	"github.com/xmppkit/xmppkit/internal/session"
	"github.com/xmppkit/xmppkit/stanza"
)

// Address is one of a component's addresses, and the [stanza.Session] of the moment
// for it: what is sent through it comes from it, and stanza.ErrOffline is the answer
// while the component has no stream. What arrives for it reaches its services only,
// each of which it begins with every stream anew.
type Address struct {
	component *Component
	jid       stanza.JID
	services  []stanza.Service

	live *session.Session // guarded by component.mu; nil when offline
}

// As takes one of the domain's addresses, given as a bare JID, into use, for these
// services. It does not block. An address that is in use already is an error, and
// so is one of another domain.
func (c *Component) As(jid stanza.JID, services ...stanza.Service) (*Address, error) {
	if !jid.IsBare() || jid.Local() == "" || jid.Domain() != string(c.cfg.Domain) {
		return nil, fmt.Errorf("%w: %q is no address of %s", ErrConfig, jid, c.cfg.Domain)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.addresses[jid] != nil {
		return nil, fmt.Errorf("%w: %s is in use already", ErrConfig, jid)
	}
	a := &Address{component: c, jid: jid, services: services}
	c.addresses[jid] = a
	if c.stream != nil {
		a.begin()
	}
	return a, nil
}

// Remove takes the address out of use: its session ends, and what arrives for it is
// the domain's again. It sends nothing.
func (a *Address) Remove() {
	c := a.component
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.addresses[a.jid] == a {
		delete(c.addresses, a.jid)
	}
	if a.live != nil {
		a.live.Close(stanza.ErrOffline)
		a.live = nil
	}
}

// begin starts the address's session on the live stream; component.mu is held.
func (a *Address) begin() {
	s := a.component.stream
	a.live = s.session(a.component.ctx, session.Config{
		JID:      a.jid,
		Services: a.services,
		Own:      a.component.own,
		Write: func(ctx context.Context, st stanza.Stanza) error {
			return s.send(ctx, a.stamp(st))
		},
		Answer: func(iq *stanza.IQ) { s.queue(a.stamp(iq)) },
	})
	a.live.Begin()
}

// stamp says that a stanza comes from the address; its own word for a resource
// stays.
func (a *Address) stamp(st stanza.Stanza) stanza.Stanza {
	if st.Header().From.Bare() == a.jid {
		return st
	}
	return st.WithFrom(a.jid)
}

// JID is the address.
func (a *Address) JID() stanza.JID { return a.jid }

func (a *Address) session() (*session.Session, error) {
	a.component.mu.Lock()
	defer a.component.mu.Unlock()
	if a.live == nil {
		return nil, stanza.ErrOffline
	}
	return a.live, nil
}

// Send is [stanza.Session].Send, from the address.
func (a *Address) Send(ctx context.Context, st stanza.Stanza) error {
	s, err := a.session()
	if err != nil {
		return err
	}
	return s.Send(ctx, st)
}

// Request is [stanza.Session].Request, from the address.
func (a *Address) Request(ctx context.Context, iq *stanza.IQ) (*stanza.IQ, error) {
	s, err := a.session()
	if err != nil {
		return nil, err
	}
	return s.Request(ctx, iq)
}

// End gives up the stream that the address shares with all others.
func (a *Address) End(cause error) { a.component.End(cause) }
