package xmpptest

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"net"
	"slices"
	"sync"

	"github.com/xmppkit/xmppkit/stanza"
)

// conn is one client's or component's connection: a goroutine that reads and, once
// the stream stands, one that writes.
type conn struct {
	srv  *Server
	wire *wire
	net  net.Conn // wire, or TLS over it
	tap  *tap
	xml  *xml.Decoder
	in   *stanza.Decoder

	secured   bool
	component string // domain, once the stream is a component's

	// guarded by Server.mu
	self   *party                // a client's
	others map[stanza.JID]*party // a component's addresses that are in rooms
	ghost  bool                  // broken, but the server shall not notice

	mu     sync.Mutex // guards what follows
	wake   *sync.Cond
	queue  []packet
	ending bool // to be closed when the queue is written
	held   bool // the writer waits
	loose  bool // stalled once, on purpose: the queue has no bound
	dead   bool
	left   int // bytes of the stream until it is cut; negative: no end
	wrote  int64
}

// packet is something on its way to a client. A stanza stands in it without an
// address, so that one rendering serves a whole room.
type packet struct {
	data []byte
	to   stanza.JID
}

func newConn(s *Server, nc net.Conn) *conn {
	c := &conn{srv: s, wire: newWire(nc), left: -1, others: map[stanza.JID]*party{}}
	c.wake = sync.NewCond(&c.mu)
	c.use(c.wire)
	return c
}

// use reads and writes nc from now on.
func (c *conn) use(nc net.Conn) {
	c.net = nc
	c.tap = newTap(nc, c.srv.cfg.MaxStanza)
}

// serve runs the connection to its end.
func (c *conn) serve() {
	defer c.srv.closed(c)
	if err := c.negotiate(); err != nil {
		c.srv.lost(c, nil)
		if e := conditionOf(err); e != nil && c.put(append(streamError(e), streamEnd...)) == nil {
			c.hangUp()
		}
		c.kill()
		return
	}
	written := make(chan struct{})
	go func() {
		defer close(written)
		c.write()
	}()
	err := c.read()
	why := conditionOf(err)
	if why == nil && !errors.Is(err, io.EOF) && !errors.Is(err, errClosed) {
		c.kill() // but what the client is being told when its session ends still goes out
	}
	c.srv.lost(c, why)
	c.finish(why)
	<-written
}

// read passes what arrives on.
func (c *conn) read() error {
	for {
		st, raw, err := c.next()
		if err != nil {
			return err
		}
		if err := c.srv.arrived(c, st, raw); err != nil {
			return err
		}
	}
}

func (c *conn) next() (stanza.Stanza, []byte, error) {
	for {
		e, err := c.in.DecodeElement()
		if err != nil {
			return nil, nil, err
		}
		raw := bytes.Clone(bytes.TrimSpace(c.tap.raw))
		c.tap.raw = c.tap.raw[:0]
		if st := stanza.FromElement(e); st != nil {
			return st, raw, nil
		}
	}
}

// enqueue sends without blocking.
func (c *conn) enqueue(p packet) {
	c.mu.Lock()
	if !c.dead && !c.ending {
		c.queue = append(c.queue, p)
		if len(c.queue) == 1 {
			c.wake.Broadcast()
		}
	}
	over := len(c.queue) > c.srv.cfg.Queue && !c.loose
	c.mu.Unlock()
	if over {
		c.kill()
	}
}

var streamEnd = []byte("</stream:stream>")

// finish closes the stream politely once everything is written, with an error
// first if there is one.
func (c *conn) finish(e *stanza.StreamError) {
	data := slices.Clone(streamEnd)
	if e != nil {
		data = append(streamError(e), streamEnd...)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.dead || c.ending {
		return
	}
	c.queue = append(c.queue, packet{data: data})
	c.ending = true
	c.wake.Broadcast()
}

// kill breaks the connection at once.
func (c *conn) kill() {
	c.mu.Lock()
	c.dead = true
	c.queue = nil
	c.wake.Broadcast()
	c.mu.Unlock()
	_ = c.wire.Close()
}

// write writes the queue out until the connection ends.
func (c *conn) write() {
	var buf bytes.Buffer
	for {
		c.mu.Lock()
		for !c.dead && (c.held || len(c.queue) == 0) {
			c.wake.Wait()
		}
		if c.dead {
			c.mu.Unlock()
			return
		}
		batch, ending := c.queue, c.ending
		c.queue = nil
		c.mu.Unlock()
		for _, p := range batch {
			p.writeTo(&buf)
			if buf.Len() > 1<<15 {
				if c.put(buf.Bytes()) != nil {
					return
				}
				buf.Reset()
			}
		}
		if c.put(buf.Bytes()) != nil {
			return
		}
		buf.Reset()
		if ending {
			c.hangUp()
			return
		}
	}
}

// hangUp ends the connection so that what was written still arrives.
func (c *conn) hangUp() {
	if c.net != net.Conn(c.wire) {
		_ = c.net.Close() // says so within TLS first
	}
	c.kill()
}

// put writes bytes of the stream. One goroutine at a time does.
func (c *conn) put(data []byte) error {
	c.mu.Lock()
	for c.held && !c.dead {
		c.wake.Wait()
	}
	cut := false
	if c.left >= 0 && len(data) >= c.left {
		data, cut = data[:c.left], true
	}
	if c.left >= 0 {
		c.left -= len(data)
	}
	c.wrote += int64(len(data))
	c.mu.Unlock()
	_, err := c.net.Write(data)
	if cut {
		err = errCut
	}
	if err != nil {
		c.kill()
	}
	return err
}

// cut ends the connection after n more bytes of the stream.
func (c *conn) cut(n int) {
	c.mu.Lock()
	c.left = n
	c.mu.Unlock()
	if n == 0 {
		c.kill()
	}
}

// hold makes the writer wait, or go on.
func (c *conn) hold(on bool) {
	c.mu.Lock()
	c.held = on
	c.loose = true
	c.wake.Broadcast()
	c.mu.Unlock()
}

func (p packet) writeTo(b *bytes.Buffer) {
	if p.to == "" {
		b.Write(p.data)
		return
	}
	i := bytes.IndexAny(p.data, " />") // behind the name of the stanza
	b.Write(p.data[:i])
	b.WriteString(` to="`)
	_ = xml.EscapeText(b, []byte(p.to)) // a bytes.Buffer does not fail
	b.WriteByte('"')
	b.Write(p.data[i:])
}

// render writes a stanza without its address.
func render(st stanza.Stanza) []byte { return stanza.Marshal(withTo(st, "")) }

// withTo is a shallow copy to another address.
func withTo(st stanza.Stanza, to stanza.JID) stanza.Stanza {
	switch st := st.(type) {
	case *stanza.Message:
		c := *st
		c.To = to
		return &c
	case *stanza.Presence:
		c := *st
		c.To = to
		return &c
	case *stanza.IQ:
		c := *st
		c.To = to
		return &c
	}
	return st
}

func streamError(e *stanza.StreamError) []byte {
	x := stanza.NewElement(stanza.NSStream, "error", stanza.NewElement(stanza.NSStreams, e.Condition))
	if e.Text != "" {
		x.Children = append(x.Children, stanza.NewText(stanza.NSStreams, "text", e.Text))
	}
	x.Children = append(x.Children, e.Details...)
	return stanza.MarshalElement(x)
}

// conditionOf is the stream error that an error of reading amounts to, or nil where
// there is nobody left to tell.
func conditionOf(err error) *stanza.StreamError {
	var se *stanza.StreamError
	var syntax *xml.SyntaxError
	switch {
	case errors.As(err, &se):
		return se
	case errors.Is(err, errTooLong):
		return &stanza.StreamError{Condition: "policy-violation", Text: "stanza too long"}
	case errors.As(err, &syntax) && syntax.Msg != "unexpected EOF":
		return &stanza.StreamError{Condition: "not-well-formed"}
	}
	return nil
}
