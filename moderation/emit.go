package moderation

import (
	"context"
	"sync/atomic"
)

// Stats counts what a moderator has done.
type Stats struct {
	Decisions uint64 // dry runs too
	Lost      uint64 // events that OnEvent was too slow for
}

type counters struct {
	decisions, lost atomic.Uint64
	untold          atomic.Int64 // events that wait for OnEvent
}

// Stats counts.
func (m *Moderator) Stats() Stats {
	return Stats{Decisions: m.count.decisions.Load(), Lost: m.count.lost.Load()}
}

// emit tells the log, the audit and OnEvent.
func (m *Moderator) emit(e Event) {
	m.remember(e)
	m.log(e)
	m.write(e)
	if m.cfg.OnEvent == nil {
		return
	}
	if m.count.untold.Load() >= int64(m.cfg.Queue) {
		m.count.lost.Add(1)
		return
	}
	m.count.untold.Add(1)
	m.told.Post(func() {
		m.cfg.OnEvent(m.context(), e)
		m.count.untold.Add(-1)
	})
}

// context is that of Run.
func (m *Moderator) context() context.Context {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ctx == nil {
		return context.Background()
	}
	return m.ctx
}

func (m *Moderator) log(e Event) {
	l := m.cfg.Logger
	switch e := e.(type) {
	case Decision:
		l.Info("moderation: decided", "room", e.Room, "nick", e.Occupant.Nick, "jid", e.Occupant.JID, "rule", e.Rule,
			"kind", e.Kind, "view", e.View, "actions", e.Actions, "dry", e.DryRun, "old", e.Old)
	case Outcome:
		log := l.Info
		if e.Err != nil {
			log = l.Warn
		}
		log("moderation: "+e.Action.String(), "room", e.Room, "nick", e.Occupant.Nick, "jid", e.Occupant.JID,
			"done", e.Done, "note", e.Note, "err", e.Err)
	}
}
