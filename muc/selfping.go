package muc

import (
	"time"

	"github.com/xmppkit/xmppkit/stanza"
)

// selfPing is one that the room has not answered yet (XEP-0410).
type selfPing struct {
	id    string
	to    stanza.JID
	again bool // the second in a row
}

// firstPing arms the first self-ping of a visit. After a rejoin that a self-ping
// brought about it comes at once: does the room mean what it says?
func (r *Rooms) firstPing(t *turn, rm *room) {
	switch {
	case rm.suspect && !rm.pingOff:
		r.sendPing(t, rm, false)
	default:
		r.nextPing(rm, r.cfg.SelfPing.Interval/2)
	}
}

// nextPing arms the next self-ping, after a silence of least to a whole interval, so
// that the pings of many rooms lie apart.
func (r *Rooms) nextPing(rm *room, least time.Duration) {
	rm.ping = nil
	if r.cfg.SelfPing.Off || rm.pingOff {
		rm.disarm()
		return
	}
	rm.silent = between(least, r.cfg.SelfPing.Interval)
	r.arm(rm, rm.silent)
}

// pingDue is when a self-ping may be due, or has not been answered.
func (r *Rooms) pingDue(t *turn, rm *room) {
	if rm.ping != nil {
		rm.missed++
		r.judged(t, rm, silence, ErrNoAnswer)
		return
	}
	if rest := rm.silent - t.now.Sub(rm.heard); rest > 0 {
		r.arm(rm, rest)
		return
	}
	r.takeBack(t, rm)
	if rm.change != nil || r.inDoubt(t.now) {
		r.arm(rm, r.cfg.SelfPing.Timeout)
		return
	}
	r.sendPing(t, rm, false)
}

// inDoubt reports whether the stream itself may be dead: pings are out, and since
// then nothing at all has arrived. If it is not over soon, it was only quiet.
func (r *Rooms) inDoubt(now time.Time) bool {
	since := now.Sub(r.unheard)
	return !r.unheard.IsZero() && since > r.cfg.SelfPing.Timeout/4 && since < 2*r.cfg.SelfPing.Timeout
}

// sendPing pings ourselves in the room (XEP-0410 §3.1). No goroutine waits for the
// answer: it comes in order with the presences.
func (r *Rooms) sendPing(t *turn, rm *room, again bool) {
	to, err := rm.wish.JID.WithResource(rm.nick)
	if err != nil {
		r.nextPing(rm, r.cfg.SelfPing.Interval)
		return
	}
	p := &selfPing{id: r.id(), to: to, again: again}
	rm.ping = p
	r.stats.SelfPings++
	if r.unheard.IsZero() || t.now.Sub(r.unheard) >= 2*r.cfg.SelfPing.Timeout {
		r.unheard = t.now
	}
	r.arm(rm, r.cfg.SelfPing.Timeout)
	t.send(&stanza.IQ{ID: p.id, To: to, Type: stanza.Get,
		Extensions: []stanza.Element{stanza.NewElement(stanza.NSPing, "ping")}})
}

// check pings at once: something suggests that the room has lost us.
func (r *Rooms) check(t *turn, rm *room) {
	if rm.phase == joined && rm.ping == nil && rm.change == nil && !rm.pingOff {
		r.sendPing(t, rm, false)
	}
}

// pingAnswer takes in the answer to a self-ping: it is one by its id and its sender.
func (r *Rooms) pingAnswer(t *turn, iq *stanza.IQ) {
	rm := r.rooms[iq.From.Bare()]
	if rm == nil || rm.ping == nil || rm.phase != joined || iq.ID != rm.ping.id || iq.From != rm.ping.to {
		return
	}
	switch {
	case iq.Type == stanza.Result:
		r.judged(t, rm, answered, nil)
	case iq.Type == stanza.IQError && iq.Error != nil:
		r.judged(t, rm, iq.Error.Condition, iq.Error)
	case iq.Type == stanza.IQError:
		r.judged(t, rm, stanza.UndefinedCondition, &stanza.Error{Condition: stanza.UndefinedCondition})
	}
}

// judged does what the verdict on a self-ping asks for.
func (r *Rooms) judged(t *turn, rm *room, c stanza.Condition, err error) {
	again := rm.ping.again
	rm.ping = nil
	v := judge(c, again)
	if v != undecided {
		rm.missed = 0
	}
	switch v {
	case stillIn:
		rm.suspect = false
		if rm.unsure {
			r.out(t, rm, Left{Cause: Lost})
			return
		}
		r.nextPing(rm, r.cfg.SelfPing.Interval*9/10)
	case undecided:
		r.nextPing(rm, r.cfg.SelfPing.Interval/2)
	case askAgain:
		r.sendPing(t, rm, true)
	case movedAway:
		e := Left{Cause: Destroyed}
		if se, ok := err.(*stanza.Error); ok {
			e.Alternate, e.Reason = se.Address(), se.Text
		}
		r.out(t, rm, e)
	case notIn:
		r.stats.SelfPingsLost++
		if rm.suspect {
			rm.suspect, rm.pingOff = false, true
			rm.disarm()
			r.emit(SelfPingDisabled{Room: rm.wish.JID, Err: err})
			return
		}
		rm.suspect = true
		r.out(t, rm, Left{Cause: SelfPingFailed})
	}
}
