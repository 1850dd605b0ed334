package muc

import (
	"context"
	"fmt"
	"strings"

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

// SetNick wishes for another nick in a room and waits until we have it: the error
// is a *[stanza.Error], such as one of stanza.Conflict, or ErrNoAnswer. If we are
// not in the room it returns at once, and the nick is for the next join.
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
	rm.wish.Nick = to.Resource()
	if _, err := r.online(); err != nil || rm.phase != joined {
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
func (r *Rooms) nickDone(t *turn, rm *room) {
	if c := rm.change; c != nil {
		rm.change = nil
		c.end(nil)
	}
}

// nickRefused is when the room has not (XEP-0045 §7.6).
func (r *Rooms) nickRefused(t *turn, rm *room, e *stanza.Error) {
	c := rm.change
	rm.change = nil
	c.end(e)
	switch onRefusal(e.Condition) {
	case tryNick:
		// Not ours to have now; a room that has lost us says not-acceptable, too.
		if e.Condition == stanza.NotAcceptable {
			r.check(t, rm)
		}
	default:
		r.check(t, rm)
	}
}

// ownRenamed is when we go by another nick.
func (r *Rooms) ownRenamed(t *turn, rm *room, o Occupant, u stanza.MUCUser) {
	old := rm.nick
	rm.roster.remove(old)
	rm.nick = strings.Clone(o.Nick)
	rm.roster.put(o, nil)
	if rm.nick == r.wishNick(rm) {
		rm.regain = false
	}
	r.emit(NickChanged{Room: rm.wish.JID, Occupant: clone(o), Old: old, Own: true})
	if c := rm.change; c != nil && (c.nick == rm.nick || u.Statuses.Has(stanza.StatusNickAssigned)) {
		r.nickDone(t, rm)
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
