package main

import (
	"sync"
	"time"

	"github.com/xmppkit/xmppkit/stanza"
)

// muster counts, for each room, the phones that are to be in it and are not. When a
// room has lost them all, what one of them says first would not reach the others: it
// waits for them, but not for long.
type muster struct {
	mu   sync.Mutex // guards away
	away map[stanza.JID]*absence
}

type absence struct {
	phones int
	since  time.Time // when the first of them was lost
}

// musterTime is how long what is said waits for phones that are away.
const musterTime = 30 * time.Second

// lost counts one more that is away.
func (m *muster) lost(room stanza.JID, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	a := m.away[room]
	if a == nil {
		a = &absence{since: now}
		if m.away == nil {
			m.away = map[stanza.JID]*absence{}
		}
		m.away[room] = a
	}
	a.phones++
}

// back counts one less, because it is in or is not to be in any more, and reports
// whether that was the last.
func (m *muster) back(room stanza.JID) (complete bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	a := m.away[room]
	if a == nil {
		return false
	}
	if a.phones--; a.phones == 0 {
		delete(m.away, room)
	}
	return a.phones == 0
}

// complete reports whether a room need not be waited for.
func (m *muster) complete(room stanza.JID, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	a := m.away[room]
	return a == nil || now.Sub(a.since) > musterTime
}
