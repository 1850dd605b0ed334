package muc

import (
	"context"
	"fmt"

	"github.com/xmppkit/xmppkit/internal/sched"
	"github.com/xmppkit/xmppkit/stanza"
)

// nickChange is one that the room has not answered yet (XEP-0045 §7.6).
type nickChange struct {
	id, nick string
	timer    *sched.Timer
	outcome  chan result[struct{}] // nil: nobody waits
}

func (c *nickChange) end(err error) {
	c.timer.Stop()
	if c.outcome != nil {
		c.outcome <- result[struct{}]{err: err}
	}
}

// SetNick takes another nick in a room, also for later joins, and waits until we have
// it. An error, a *[stanza.Error] such as one of stanza.Conflict or ErrNoAnswer,
// leaves all as it was. If we are not in the room it returns at once, and the nick
// is for the next join.
func (r *Rooms) SetNick(ctx context.Context, room stanza.JID, nick string) error {
	to, err := normal(room).WithResource(nick)
	if err != nil || nick == "" {
		return fmt.Errorf("muc: nick %q: %w", nick, stanza.ErrJID)
	}
	r.mu.Lock()
	rm := r.rooms[to.Bare()]
	if rm == nil {
		r.mu.Unlock()
		return ErrNoRoom
	}
	if _, err := r.online(); err != nil || rm.phase != joined {
		rm.wish.Nick = to.Resource()
		r.mu.Unlock()
		return nil
	}
	c := caller{r.loop, r.ctx}
	r.mu.Unlock()
	outcome := make(chan result[struct{}], 1)
	_, err = call(ctx, r, c, outcome, func(t *turn) {
		switch {
		case rm.phase != joined:
			outcome <- result[struct{}]{err: ErrNotJoined}
		case rm.nick == to.Resource():
			outcome <- result[struct{}]{}
		default:
			r.changeNick(t, rm, to.Resource(), outcome)
		}
	})
	return err
}

// changeNick asks for another nick.
func (r *Rooms) changeNick(t *turn, rm *room, nick string, outcome chan result[struct{}]) {
	fail := func(err error) {
		if outcome != nil {
			outcome <- result[struct{}]{err: err}
		}
	}
	to, err := rm.wish.JID.WithResource(nick)
	if err != nil {
		fail(err)
		return
	}
	if rm.change != nil {
		rm.change.end(ErrSuperseded)
	}
	c := &nickChange{id: r.id(), nick: to.Resource(), outcome: outcome}
	rm.change = c
	c.timer = r.loop.After(r.cfg.AnswerTimeout, func() {
		t := r.lock()
		defer r.unlock(&t)
		if rm.change == c {
			rm.change = nil
			c.end(ErrNoAnswer)
			r.check(&t, rm)
		}
	})
	t.send(r.ownPresence(rm, c.id, to))
}

// nickDone is when the room has given us the nick that we asked for, or one of its
// own choice.
func (rm *room) nickDone() {
	c := rm.change
	rm.change = nil
	if c.outcome != nil {
		rm.wish.Nick, rm.regain = rm.nick, false
	}
	c.end(nil)
}

// nickRefused is when the room has not (XEP-0045 §7.6).
func (r *Rooms) nickRefused(t *turn, rm *room, e *stanza.Error) {
	c := rm.change
	rm.change = nil
	c.end(e)
	if onRefusal(e.Condition) == tryNick && c.outcome == nil {
		rm.regain = true
	}
	// Anything but conflict may as well mean that the room has lost us.
	if e.Condition != stanza.Conflict {
		r.check(t, rm)
	}
}

// ownRenamed is when we go by another nick.
func (r *Rooms) ownRenamed(t *turn, rm *room, o Occupant, u stanza.MUCUser) {
	old := rm.nick
	rm.roster.remove(old)
	o = rm.roster.put(o, nil)
	rm.nick = o.Nick
	if rm.nick == r.wishNick(rm) {
		rm.regain = false
	}
	r.emit(NickChanged{Room: rm.wish.JID, Occupant: o, Old: old, Own: true})
	if c := rm.change; c != nil && (c.nick == rm.nick || u.Statuses.Has(stanza.StatusNickAssigned)) {
		rm.nickDone()
	}
	if len(rm.roster) == 1 {
		// Prosody 0.12 takes the room for empty in between, and forgets it.
		r.check(t, rm)
	}
}

// takeBack asks for the nick we wish for, once whoever had it is gone.
func (r *Rooms) takeBack(t *turn, rm *room) {
	if rm.phase != joined || !rm.regain || rm.change != nil {
		return
	}
	if nick := r.wishNick(rm); nick != rm.nick && !rm.roster.has(nick) {
		r.changeNick(t, rm, nick, nil)
	}
}
