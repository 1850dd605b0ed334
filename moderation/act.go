package moderation

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/xmppkit/xmppkit/muc"
	"github.com/xmppkit/xmppkit/stanza"
)

// begin lets the actions of a decision wait for their turn.
func (m *Moderator) begin(v verdict, about Reason, s said) {
	p, removal := s.by, Log
	m.mu.Lock()
	if p == nil {
		p = m.person(v.Room, v.Occupant)
	}
	if last := v.Actions[len(v.Actions)-1]; last.removes() && last > p.doomed {
		removal, p.doomed = last, last
		if slices.Contains(v.Actions, Retract) {
			p.pursuit = &v
		}
	}
	m.mu.Unlock()
	for _, a := range v.Actions {
		switch a {
		case Warn:
			m.push(v, p, Warn, func(ctx context.Context) { m.warn(ctx, v, p) })
		case Retract:
			m.takeBack(v, p, s)
		}
	}
	if removal == Log {
		return
	}
	if len(v.rule.words) > 0 && removal >= Kick && !s.old {
		m.push(v, p, Log, func(ctx context.Context) { m.speak(ctx, v, about) })
	}
	act := func() {
		if !m.push(v, p, removal, func(ctx context.Context) { m.remove(ctx, v, p, removal) }) {
			m.pardon(p)
		}
	}
	d := &held{run: act, drop: func() { m.report(v, p, Outcome{Action: removal, Err: ErrEnded}) }}
	if v.rule.Delay == 0 || s.old || !m.delay(v.rule.Delay, d) {
		act()
	}
}

// delay lets something wait; false if too much does, or nothing will be done any more.
func (m *Moderator) delay(d time.Duration, h *held) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.delays) >= m.cfg.Queue || m.ctx != nil && m.ctx.Err() != nil {
		return false
	}
	m.delays[h] = true
	m.timers.After(d, func() {
		m.mu.Lock()
		delete(m.delays, h)
		m.mu.Unlock()
		h.run()
	})
	return true
}

// push lets work for a room wait for its turn. What there is no place for is
// reported.
func (m *Moderator) push(v verdict, p *person, a Action, f func(context.Context)) bool {
	drop := func(err error) { m.report(v, p, Outcome{Action: a, Err: err}) }
	if m.queue.add(v.Room, job{f, func() { drop(ErrEnded) }}) {
		return true
	}
	if m.context().Err() != nil {
		drop(ErrEnded)
	} else {
		drop(ErrBusy)
	}
	return false
}

// report tells what became of an action.
func (m *Moderator) report(v verdict, p *person, e Outcome) {
	e.Decision, e.Time, e.Room = v.ID, time.Now(), v.Room
	e.Occupant, _ = m.now(p)
	m.emit(e)
}

// pardon lets the next offence count in full.
func (m *Moderator) pardon(p *person) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p.doomed, p.pursuit = Log, nil
}

func (m *Moderator) warn(ctx context.Context, v verdict, p *person) {
	o, gone := m.now(p)
	e := Outcome{Action: Warn, Done: Warn}
	text := v.Reason
	if text == "" {
		text = v.Rule
	}
	if gone {
		e.Err = ErrGone
	} else {
		_, e.Err = m.rooms.Whisper(ctx, v.Room, o.Nick, text)
	}
	if e.Err != nil {
		e.Done = Log
	}
	m.report(v, p, e)
}

// speak says words before a removal.
func (m *Moderator) speak(ctx context.Context, v verdict, about Reason) {
	text, err := v.rule.words[rand.IntN(len(v.rule.words))].text(about)
	if err == nil && text != "" {
		_, err = m.rooms.Say(ctx, v.Room, text)
	}
	if err != nil {
		m.cfg.Logger.Warn("moderation: words not said", "rule", v.Rule, "room", v.Room, "err", err)
	}
}

// remove carries out a removal.
func (m *Moderator) remove(ctx context.Context, v verdict, p *person, a Action) {
	o, _ := m.now(p)
	e := Outcome{Action: a, Done: a}
	if why := m.spared(m.set.Load(), v.Room, o); why != "" {
		e.Done, e.Note = Log, "spared meanwhile: "+why
	} else {
		e.Done, e.Note, e.Err = m.removeBy(ctx, v, p, o, a)
	}
	if (errors.Is(e.Err, stanza.ErrOffline) || errors.Is(e.Err, stanza.ErrLost)) && a >= TempBan &&
		m.hold(v.Room, held{
			run:  func() { m.push(v, p, a, func(ctx context.Context) { m.remove(ctx, v, p, a) }) },
			drop: func() { m.report(v, p, Outcome{Action: a, Err: e.Err}) },
		}) {
		return
	}
	if e.Err != nil || e.Done == Log {
		e.Done = Log
		m.pardon(p)
	}
	m.report(v, p, e)
}

// removeBy is what can be done, and why it is not what was asked for.
func (m *Moderator) removeBy(ctx context.Context, v verdict, p *person, o muc.Occupant, a Action) (done Action, note string, err error) {
	switch a {
	case Devoice:
		return a, "", m.role(ctx, p, stanza.Visitor, v.Reason)
	case Kick:
		return a, "", m.role(ctx, p, stanza.RoleNone, v.Reason)
	}
	if o.JID == "" {
		note = "the room hides the address, so no " + a.String()
		if err := m.role(ctx, p, stanza.RoleNone, v.Reason); err != nil {
			return Log, note, errors.Join(ErrHidden, err)
		}
		return Kick, note, nil
	}
	err = m.banFor(ctx, banned{v.Room, o.JID.Bare()}, v.Reason, v.ban(a))
	if c := stanza.ConditionOf(err); c == stanza.Forbidden || c == stanza.NotAllowed {
		// Who may not ban may often kick.
		if m.role(ctx, p, stanza.RoleNone, v.Reason) == nil {
			return Kick, "refused: " + err.Error(), nil
		}
	}
	return a, "", err
}

// role gives an occupant a role, by the nick of the moment.
func (m *Moderator) role(ctx context.Context, p *person, r stanza.Role, reason string) error {
	var err error
	for range 2 {
		o, gone := m.now(p)
		if gone {
			return ErrGone
		}
		ctx, cancel := context.WithTimeout(ctx, m.cfg.Timeout)
		err = m.rooms.SetRole(ctx, p.room, o.Nick, r, reason)
		cancel()
		// Without an answer, or with a nick that has changed meanwhile, once more.
		if !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, stanza.ItemNotFound) {
			return err
		}
	}
	return err
}

// ban is what is to be remembered of a ban; nil if it is for good.
func (v *verdict) ban(a Action) *ban {
	switch {
	case a == TempBan:
		return &ban{Until: time.Now().Add(v.rule.Duration).Round(0)}
	case v.rule.list != nil:
		return &ban{List: v.rule.list.id(), Hash: v.Phrase}
	}
	return nil
}

// held is something that waits until we are in the room again, or for its time.
type held struct{ run, drop func() }

// hold lets something wait; false if too much does.
func (m *Moderator) hold(room stanza.JID, h held) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.holding >= m.cfg.Queue {
		return false
	}
	m.holding++
	m.held[room] = append(m.held[room], h)
	return true
}

// unhold takes what has waited.
func (m *Moderator) unhold(room stanza.JID) []held {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := m.held[room]
	delete(m.held, room)
	m.holding -= len(list)
	return list
}
