package xmpptest

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"slices"
	"sync"

	"github.com/xmppkit/xmppkit/stanza"
)

// Client is a session that lives in the server's process: somebody for the client
// under test to meet, without a connection of its own. What it is sent is kept for
// the test to look at; it answers nothing by itself.
type Client struct {
	srv  *Server
	self *party

	mu     sync.Mutex // guards what follows
	inbox  []packet
	muted  bool
	closed *stanza.StreamError
	wake   chan struct{}
}

// Connect begins a session of jid, which is given a resource if it has none. The
// error is that of a malformed or taken address.
func (s *Server) Connect(jid stanza.JID) (*Client, error) {
	if jid.Resource() == "" {
		jid += stanza.JID("/" + stanza.NewID())
	}
	jid, err := stanza.ParseJID(string(jid))
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if jid.Domain() != s.cfg.Domain || s.over {
		return nil, fmt.Errorf("xmpptest: %s cannot connect here", jid)
	}
	if s.parties[jid] != nil {
		return nil, stanza.Conflict
	}
	c := &Client{srv: s}
	c.self = s.begin(jid, c)
	s.happened()
	return c, nil
}

// JID is the client's full address.
func (c *Client) JID() stanza.JID { return c.self.jid }

// Send lets stanzas reach the server; after Close nothing happens.
func (c *Client) Send(list ...stanza.Stanza) {
	c.srv.mu.Lock()
	defer c.srv.mu.Unlock()
	for _, st := range list {
		if !c.self.ended {
			c.srv.submit(c.self, st.WithFrom(c.self.jid), nil)
		}
	}
}

// Join asks room to be let in under nick.
func (c *Client) Join(room stanza.JID, nick string) {
	c.Send(&stanza.Presence{To: room + stanza.JID("/"+nick), Extensions: []stanza.Element{stanza.MUCJoin{}.Element()}})
}

// Say speaks in a room, and gives the message's id.
func (c *Client) Say(room stanza.JID, body string) string {
	id := stanza.NewID()
	c.Send(&stanza.Message{ID: id, To: room, Type: stanza.GroupChat, Body: body})
	return id
}

// Mute throws away what has come and will come.
func (c *Client) Mute() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.muted, c.inbox = true, nil
}

// Close ends the session.
func (c *Client) Close() {
	c.srv.mu.Lock()
	defer c.srv.mu.Unlock()
	c.srv.end(c.self, nil)
	c.srv.happened()
}

// Received takes everything that has come since it was last taken.
func (c *Client) Received() []stanza.Stanza {
	c.mu.Lock()
	list := c.inbox
	c.inbox = nil
	c.mu.Unlock()
	var got []stanza.Stanza
	for _, p := range list {
		if st := p.stanza(); st != nil {
			got = append(got, st)
		}
	}
	return got
}

// Wait blocks until a stanza comes that matches, and takes it and all before it. The
// error is that of ctx, or the *stanza.StreamError that ended the session.
func (c *Client) Wait(ctx context.Context, match func(stanza.Stanza) bool) (stanza.Stanza, error) {
	for {
		c.mu.Lock()
		if len(c.inbox) == 0 {
			if c.closed != nil {
				c.mu.Unlock()
				return nil, c.closed
			}
			if c.wake == nil {
				c.wake = make(chan struct{})
			}
			wake := c.wake
			c.mu.Unlock()
			select {
			case <-wake:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
			continue
		}
		p := c.inbox[0]
		c.inbox = c.inbox[1:]
		c.mu.Unlock()
		if st := p.stanza(); st != nil && match(st) {
			return st, nil
		}
	}
}

// Request sends a get or set and blocks until its answer comes, taking all before
// it. An answer of type error comes back as an *stanza.Error.
func (c *Client) Request(ctx context.Context, iq *stanza.IQ) (*stanza.IQ, error) {
	ask := *iq
	if ask.ID == "" {
		ask.ID = stanza.NewID()
	}
	c.Send(&ask)
	st, err := c.Wait(ctx, func(st stanza.Stanza) bool {
		a, ok := st.(*stanza.IQ)
		return ok && a.Answers(&ask, c.self.jid)
	})
	if err != nil {
		return nil, err
	}
	answer := st.(*stanza.IQ)
	if answer.Error != nil {
		return nil, answer.Error
	}
	return answer, nil
}

func (c *Client) enqueue(p packet) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.muted || c.closed != nil {
		return
	}
	if len(c.inbox) > c.srv.cfg.Queue {
		c.inbox = slices.Delete(c.inbox, 0, len(c.inbox)/2)
	}
	c.inbox = append(c.inbox, p)
	c.awake()
}

func (c *Client) awake() {
	if c.wake != nil {
		close(c.wake)
		c.wake = nil
	}
}

func (c *Client) over(why *stanza.StreamError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if why == nil {
		why = &stanza.StreamError{Condition: "undefined-condition", Text: "closed"}
	}
	c.closed = why
	c.awake()
}

// stanza reads what a packet holds, as a client would; nil where it is none.
func (p packet) stanza() stanza.Stanza {
	e, err := p.element()
	if err != nil {
		return nil
	}
	return stanza.FromElement(e)
}

func (p packet) element() (stanza.Element, error) {
	var b bytes.Buffer
	b.WriteString("<stream xmlns='" + stanza.NSClient + "'>")
	p.writeTo(&b)
	x := xml.NewDecoder(&b)
	if _, err := x.Token(); err != nil {
		return stanza.Element{}, err
	}
	return stanza.NewDecoder(x).DecodeElement()
}
