package muc

import (
	"context"

	"github.com/xmppkit/xmppkit/stanza"
)

// Leave ends the wish to be in a room, and waits until the room has said that we are
// out, at most Config.AnswerTimeout. status are the parting words. Where we are not
// in, it returns at once; a room that nobody wished for is ErrNoRoom.
func (r *Rooms) Leave(ctx context.Context, room stanza.JID, status string) error {
	r.mu.Lock()
	rm := r.rooms[normal(room)]
	if rm == nil {
		r.mu.Unlock()
		return ErrNoRoom
	}
	if _, err := r.online(); err != nil {
		defer r.mu.Unlock()
		r.forget(&turn{}, rm, Left{Cause: LeftByUs})
		return nil
	}
	outcome := make(chan result[struct{}], 1)
	rm.leaves = append(rm.leaves, outcome)
	rm.again = false
	c := caller{r.loop, r.ctx}
	r.mu.Unlock()
	_, err := call(ctx, r, c, outcome, func(t *turn) { r.leave(t, rm, status) })
	return err
}

// leave asks to be let out (XEP-0045 §7.14).
func (r *Rooms) leave(t *turn, rm *room, status string) {
	if r.rooms[rm.wish.JID] != rm {
		return // and whoever waits has been told
	}
	nick := rm.nick
	switch rm.phase {
	case joined:
	case joining:
		nick = rm.attempt.nick
	case leaving:
		return
	default:
		r.forget(t, rm, Left{Cause: LeftByUs})
		return
	}
	to, err := rm.wish.JID.WithResource(nick)
	if err != nil {
		r.forget(t, rm, Left{Cause: LeftByUs})
		return
	}
	rm.lost(ErrNotJoined)
	rm.nick, rm.phase = nick, leaving
	rm.answerJoins(result[Joined]{err: &JoinError{Room: rm.wish.JID, Nick: nick, Stopped: true, Err: ErrNotJoined}})
	r.arm(rm, r.cfg.AnswerTimeout)
	t.send(&stanza.Presence{ID: r.id(), To: to, Type: stanza.Unavailable, Status: status})
}

// left is when we are out, or the room has not said so in time.
func (r *Rooms) left(t *turn, rm *room) {
	again, w := rm.again, rm.wish
	joins := rm.joins
	rm.joins = nil
	r.forget(t, rm, Left{Cause: LeftByUs})
	if again {
		next := &room{wish: w, joins: joins}
		r.rooms[w.JID] = next
		r.enter(t, next)
	}
}
