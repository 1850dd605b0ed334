package reconnect

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/xmppkit/xmppkit/stanza"
)

// Stats says how a Client or a Component is doing. It is a plain value to export
// as one likes.
type Stats struct {
	Online   bool
	JID      stanza.JID // what the session is bound to, when online
	Since    time.Time  // when the last session began, or ended
	Attempts uint64     // at connecting
	Sessions uint64     // begun
	LastErr  error      // that ended the last attempt or session; nil so far

	Handshakes int    // begun by go-xmpp that have not come back, given-up ones included
	Received   uint64 // stanzas
	Sent       uint64 // stanzas, answers to requests not included
	Dropped    uint64 // answers to requests, because too many were waiting
	Backlog    int64  // bytes of memory of stanzas that the handlers have not seen yet
}

// counters is what Stats is made of.
type counters struct {
	attempts, sessions, received, sent, dropped atomic.Uint64
	handshakes                                  atomic.Int64
	late                                        atomic.Uint64 // handshakes that succeeded once given up

	mu      sync.Mutex // guards the rest
	jid     stanza.JID // empty when offline
	stream  *stream
	since   time.Time
	lasted  time.Duration // the session that has just ended
	lastErr error
}

func (c *counters) stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := Stats{
		Online: c.jid != "", JID: c.jid, Since: c.since, LastErr: c.lastErr,
		Attempts: c.attempts.Load(), Sessions: c.sessions.Load(), Handshakes: int(c.handshakes.Load()),
		Received: c.received.Load(), Sent: c.sent.Load(), Dropped: c.dropped.Load(),
	}
	if c.stream != nil {
		s.Backlog = c.stream.backlog.bytes()
	}
	return s
}

func (c *counters) online(jid stanza.JID, s *stream) {
	c.sessions.Add(1)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.jid, c.stream, c.since = jid, s, time.Now()
}

// ended notes that nothing more may be sent in a session.
func (c *counters) ended() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.jid != "" {
		now := time.Now()
		c.lasted, c.since = now.Sub(c.since), now
	}
	c.jid, c.stream = "", nil
}

// offline notes why a session ended, or an attempt became none, and gives how long
// the session lasted.
func (c *counters) offline(err error) (lasted time.Duration) {
	c.ended()
	c.mu.Lock()
	defer c.mu.Unlock()
	lasted, c.lasted, c.lastErr = c.lasted, 0, err
	return lasted
}
