package moderation

import (
	"context"
	"fmt"
	"sync/atomic"
)

// Stats counts what a moderator has done and has to do.
type Stats struct {
	Decisions uint64 // dry runs too
	Outcomes  uint64 // of actions
	Failed    uint64 // of those
	Lost      uint64 // events that OnEvent was too slow for

	Waiting int // actions whose turn is yet to come
	Delayed int // kicks and bans whose delay is not over
	Held    int // actions that wait for us to be in their rooms again
	Bans    int // that will be lifted
	Listed  int // entries of all block lists
}

type counters struct {
	decisions, outcomes, failed, lost atomic.Uint64

	untold atomic.Int64 // events that wait for OnEvent
}

// Stats counts.
func (m *Moderator) Stats() Stats {
	s := Stats{
		Decisions: m.count.decisions.Load(), Outcomes: m.count.outcomes.Load(), Failed: m.count.failed.Load(),
		Lost: m.count.lost.Load(), Waiting: m.queue.load(),
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	s.Delayed, s.Held, s.Bans = len(m.delays), m.holding, len(m.bans)
	for _, l := range m.lists {
		s.Listed += len(l.entries)
	}
	return s
}

// emit tells the log, the audit and OnEvent.
func (m *Moderator) emit(e Event) {
	if o, ok := e.(Outcome); ok {
		m.count.outcomes.Add(1)
		if o.Err != nil {
			m.count.failed.Add(1)
		}
	}
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
			"kind", e.Kind, "view", e.View, "actions", fmt.Sprint(e.Actions), // slog takes the slice itself for bytes
			"dry", e.DryRun, "old", e.Old)
	case Outcome:
		log := l.Info
		if e.Err != nil {
			log = l.Warn
		}
		log("moderation: "+e.Action.String(), "room", e.Room, "nick", e.Occupant.Nick, "jid", e.Occupant.JID,
			"done", e.Done, "note", e.Note, "err", e.Err)
	}
}
