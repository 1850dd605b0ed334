package moderation

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/xmppkit/xmppkit/stanza"
)

const (
	nsMAM     = "urn:xmpp:mam:2"
	nsForward = "urn:xmpp:forward:0"

	archivePage  = 100              // messages that are asked for at a time
	archivePages = 500              // that are read after one absence
	markEvery    = 30 * time.Second // after which it is stored how far we have read
	archiveRetry = time.Minute      // after no answer
	markPrefix   = "mark "
)

// ArchiveRead means that what was said in a room while we were away has been read
// (XEP-0313).
type ArchiveRead struct {
	Time     time.Time
	Room     stanza.JID
	Messages int   // that were looked at
	Err      error // not nil: there may be others
}

// When is the time.
func (e ArchiveRead) When() time.Time { return e.Time }

// MarshalJSON is the line of an audit file.
func (e ArchiveRead) MarshalJSON() ([]byte, error) {
	return json.Marshal(entry{Time: e.Time, Event: "archive", Room: e.Room, Count: e.Messages, Error: message(e.Err)})
}

var (
	errNoArchive = errors.New("moderation: the room keeps no archive (XEP-0313)")
	errTooMuch   = errors.New("moderation: more has been said than is read after one absence")
)

// mark is how far a room has been seen.
type mark struct {
	ID   string    `json:"id"`
	Time time.Time `json:"time"`
}

// progress is how far the archive of a room has been read.
type progress struct {
	mark    mark   // of the last message seen; zero: of none
	behind  bool   // something may have been said since that we have not seen
	pending bool   // the archive is being read, or is about to be
	again   bool   // and once more after that
	first   string // id of the first message seen live since we came
	live    mark   // of the last one
}

// loadMarks reads marks from what was stored.
func (m *Moderator) loadMarks(all map[string]string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for k, v := range all {
		if room, ok := strings.CutPrefix(k, markPrefix); ok {
			var x mark
			if err := json.Unmarshal([]byte(v), &x); err != nil {
				m.cfg.Logger.Error("moderation: a stored mark cannot be read", "key", k, "err", err)
				continue
			}
			m.marks[stanza.JID(room)] = &progress{mark: x}
		}
	}
}

// seen notes that a message has been seen live.
func (m *Moderator) seen(set *Ruleset, room stanza.JID, id string) {
	if id == "" || len(id) > maxID || set.policy(room).Archive == ArchiveOff {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.progress(room)
	x := mark{id, time.Now().UTC().Round(0)}
	if r.behind {
		if r.first == "" {
			r.first = id
		}
		r.live = x
		return
	}
	r.mark = x
	m.dirty(room)
}

// progress makes one if need be; m.mu is held.
func (m *Moderator) progress(room stanza.JID) *progress {
	r := m.marks[room]
	if r == nil {
		r = &progress{}
		m.marks[room] = r
	}
	return r
}

// dirty lets a mark wait for being stored; m.mu is held.
func (m *Moderator) dirty(room stanza.JID) {
	if len(m.unsaved) == 0 {
		m.timers.After(markEvery, func() { m.reads.push("", func(context.Context) { m.saveMarks() }) })
	}
	m.unsaved[room] = true
}

// saveMarks stores how far the rooms have been seen.
func (m *Moderator) saveMarks() {
	changes := map[string]string{}
	m.mu.Lock()
	for room := range m.unsaved {
		if v, err := json.Marshal(m.progress(room).mark); err == nil {
			changes[markPrefix+string(room)] = string(v)
		}
	}
	clear(m.unsaved)
	m.mu.Unlock()
	if err := m.save(changes); err != nil {
		m.cfg.Logger.Error("moderation: not stored", "err", err)
	}
}

// readArchive lets the archive of a room that we have just joined wait for being
// read.
func (m *Moderator) readArchive(room stanza.JID) {
	if m.set.Load().policy(room).Archive == ArchiveOff {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.progress(room)
	r.behind, r.first, r.live = true, "", mark{}
	m.read(room, r)
}

// read lets an archive wait for being read; m.mu is held.
func (m *Moderator) read(room stanza.JID, r *progress) {
	if r.pending {
		r.again = true
		return
	}
	r.pending = m.reads.push(room, func(ctx context.Context) { m.catchUp(ctx, room) })
}

// catchUp reads what was said while we were away.
func (m *Moderator) catchUp(ctx context.Context, room stanza.JID) {
	m.mu.Lock()
	s, from := m.session, m.progress(room).mark
	m.mu.Unlock()
	a := &absence{m: m, s: s, room: room, set: m.set.Load(), people: map[string]*person{}}
	err := a.read(ctx, from)
	m.mu.Lock()
	r := m.progress(room)
	r.pending = false
	if a.last.ID != "" {
		r.mark = a.last
	}
	offline := errors.Is(err, stanza.ErrOffline) || errors.Is(err, stanza.ErrLost)
	switch {
	case r.again:
		r.again = false
		m.read(room, r)
	case offline: // until we are back
	case errors.Is(err, context.DeadlineExceeded):
		m.timers.After(archiveRetry, func() { m.retryArchive(room, r) })
	default:
		r.behind = false
		if r.live.ID != "" {
			r.mark = r.live
		}
	}
	m.dirty(room)
	m.mu.Unlock()
	m.saveMarks()
	if !offline {
		m.emit(ArchiveRead{Time: time.Now(), Room: room, Messages: a.count, Err: err})
	}
}

func (m *Moderator) retryArchive(room stanza.JID, r *progress) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r.behind && !r.pending {
		m.read(room, r)
	}
}
