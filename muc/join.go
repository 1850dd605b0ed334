package muc

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/xmppkit/xmppkit/internal/sched"
	"github.com/xmppkit/xmppkit/stanza"
)

// Add wishes to be in a room, from now on and over every session, until Leave or a
// refusal that is for good. It does not block; what comes of it are Joined or
// JoinFailed. For a room that is wished for already it changes the wish: a new nick is
// taken at once, the rest counts at the next join.
func (r *Rooms) Add(room Room) {
	r.mu.Lock()
	defer r.mu.Unlock()
	rm, err := r.wish(room)
	if err != nil {
		r.emit(JoinFailed{Room: room.JID, Err: err, Stopped: true})
	}
	r.post(func(t *turn) { r.want(t, rm) })
}

// Join is Add, and waits for what comes of it: that we are in, or the first refusal
// that another nick cannot mend. That is a *[JoinError]; unless it says Stopped,
// attempts go on. If there is no session it is ErrOffline, and the room will be
// joined in the next one. The end of ctx ends the waiting only. In a room that we are
// in already it returns at once.
func (r *Rooms) Join(ctx context.Context, room Room) (Joined, error) {
	r.mu.Lock()
	rm, err := r.wish(room)
	if err == nil {
		_, err = r.online()
	}
	if err != nil {
		r.mu.Unlock()
		return Joined{}, err
	}
	if rm.phase == joined {
		defer r.mu.Unlock()
		r.post(func(t *turn) { r.want(t, rm) })
		return rm.joinedNow(), nil
	}
	outcome := make(chan result[Joined], 1)
	rm.joins = append(rm.joins, outcome)
	c := caller{r.loop, r.ctx}
	r.mu.Unlock()
	return call(ctx, r, c, outcome, func(t *turn) { r.want(t, rm) })
}

// wish notes a wish.
func (r *Rooms) wish(w Room) (*room, error) {
	refuse := func(err error) (*room, error) {
		return nil, &JoinError{Room: w.JID, Nick: w.Nick, Stopped: true,
			Err: &stanza.Error{Condition: stanza.JIDMalformed, Text: err.Error()}}
	}
	jid, err := stanza.ParseJID(string(w.JID))
	if err != nil {
		return refuse(err)
	}
	full, err := jid.WithResource(w.Nick)
	if err != nil {
		return refuse(err)
	}
	w.JID, w.Nick = jid.Bare(), full.Resource()
	rm, ok := r.rooms[w.JID]
	if !ok {
		rm = &room{}
		r.rooms[w.JID] = rm
	}
	rm.wish = w
	rm.again = rm.phase == leaving
	return rm, nil
}

// normal is how rooms are known here, whatever the case of their address.
func normal(jid stanza.JID) stanza.JID {
	if j, err := stanza.ParseJID(string(jid)); err == nil {
		return j.Bare()
	}
	return jid.Bare()
}

// wishNick is the nick that we want to have in a room.
func (r *Rooms) wishNick(rm *room) string {
	nick := rm.wish.Nick
	if nick == "" {
		nick = r.cfg.Nick
	}
	if nick == "" {
		nick = r.session.JID().Local()
	}
	if nick == "" {
		nick = r.session.JID().Domain()
	}
	return nick
}

// want brings a room closer to what is wished.
func (r *Rooms) want(t *turn, rm *room) {
	if rm == nil || r.rooms[rm.wish.JID] != rm {
		return
	}
	switch rm.phase {
	case outside, waiting:
		rm.failures = 0
		r.enter(t, rm)
	case joined:
		if nick := r.wishNick(rm); nick != rm.nick && rm.change == nil {
			r.changeNick(t, rm, nick, nil)
		}
	}
}

// attempt is one try at a room.
type attempt struct {
	ticket   *sched.Ticket
	id       string // of the presence that asks
	nick     string // that it asks for
	refused  int    // nicks so far
	taken    bool   // because somebody else has them
	deadline time.Time
	seen     roster // who has been shown to us
}

func (rm *room) dropAttempt() {
	if rm.attempt != nil {
		rm.attempt.ticket.Leave()
		rm.attempt = nil
	}
}

// enter queues a room for its join.
func (r *Rooms) enter(t *turn, rm *room) {
	rm.disarm()
	rm.dropAttempt()
	if _, err := r.online(); err != nil {
		rm.phase = outside
		return
	}
	a := &attempt{}
	rm.attempt, rm.phase = a, queued
	loop := r.loop
	a.ticket = loop.Joins.Enter(func() {
		loop.Post(func() {
			t := r.lock()
			defer r.unlock(&t)
			if rm.attempt == a {
				r.ask(&t, rm, r.wishNick(rm))
			}
		})
	})
}

// slow is how long a join keeps its place; after that it goes on without, so that a
// room that does not answer holds up nobody.
const slow = 2 * time.Second

// ask asks to be let in (XEP-0045 §7.2.1).
func (r *Rooms) ask(t *turn, rm *room, nick string) {
	a := rm.attempt
	to, err := rm.wish.JID.WithResource(nick)
	if err != nil || to.Resource() == "" {
		r.refused(t, rm, &stanza.Error{Condition: stanza.JIDMalformed, Text: "not a nick: " + nick})
		return
	}
	rm.phase = joining
	a.nick, a.id = to.Resource(), r.id()
	a.seen = a.seen[:0]
	a.deadline = t.now.Add(r.joinTimeout(rm))
	r.arm(rm, min(slow, r.joinTimeout(rm)))
	join := stanza.MUCJoin{Password: rm.wish.Password, History: rm.wish.History}
	t.send(r.ownPresence(rm, a.id, to, join.Element()))
}

// ownPresence is how we show ourselves in a room.
func (r *Rooms) ownPresence(rm *room, id string, to stanza.JID, more ...stanza.Element) *stanza.Presence {
	return &stanza.Presence{ID: id, To: to, Show: rm.wish.Show, Status: rm.wish.Status,
		Extensions: append(more, r.cfg.Presence...)}
}

// joinTimeout grows with failure: a service that is slower than we thought must not
// be asked more and more often.
func (r *Rooms) joinTimeout(rm *room) time.Duration {
	return r.cfg.JoinTimeout << min(rm.failures, 3)
}

// joinDue is when a room has been slow to let us in, or silent for too long.
func (r *Rooms) joinDue(t *turn, rm *room) {
	a := rm.attempt
	a.ticket.Leave()
	if rest := a.deadline.Sub(t.now); rest > 0 {
		r.arm(rm, rest)
		return
	}
	r.retry(t, rm, ErrNoAnswer, "")
}

// maxNicks is how many nicks are tried in a row.
const maxNicks = 10

// refused is when a room did not let us in (XEP-0045 §7.2.5 to §7.2.11).
func (r *Rooms) refused(t *turn, rm *room, e *stanza.Error) {
	a := rm.attempt
	switch onRefusal(e.Condition) {
	case tryNick:
		a.refused++
		a.taken = true
		if next := r.cfg.NextNick(a.refused, r.wishNick(rm)); next != "" && next != a.nick && a.refused < maxNicks {
			r.ask(t, rm, next)
			return
		}
		r.retry(t, rm, e, "")
	case giveUp:
		je := &JoinError{Room: rm.wish.JID, Nick: a.nick, Stopped: true, Alternate: e.Address(), Err: e}
		r.stats.Refused++
		rm.lost(ErrNotJoined)
		delete(r.rooms, je.Room)
		r.emit(JoinFailed{Room: je.Room, Err: je, Stopped: true, Alternate: je.Alternate})
		rm.answerJoins(result[Joined]{err: je})
	default:
		r.retry(t, rm, e, e.Address())
	}
}

// retry is when an attempt has failed and there will be another.
func (r *Rooms) retry(t *turn, rm *room, err error, alternate stanza.JID) {
	rm.failures++
	je := &JoinError{Room: rm.wish.JID, Nick: rm.attempt.nick, Retry: r.cfg.Retry.wait(rm.failures),
		Alternate: alternate, Err: err}
	r.stats.Refused++
	rm.lost(ErrNotJoined)
	r.emit(JoinFailed{Room: je.Room, Err: je, Retry: je.Retry, Alternate: alternate})
	rm.answerJoins(result[Joined]{err: je})
	r.later(t, rm, je.Retry)
}

// joinPresence takes in a presence of a room that is letting us in.
func (r *Rooms) joinPresence(t *turn, rm *room, p *stanza.Presence, u stanza.MUCUser, nick string) {
	a := rm.attempt
	a.deadline = t.now.Add(r.joinTimeout(rm))
	if p.Type == stanza.Unavailable {
		r.joinUnavailable(t, rm, u, nick)
		return
	}
	own := nick == a.nick || u.Statuses.Has(stanza.StatusSelfPresence) || u.Statuses.Has(stanza.StatusNickAssigned)
	if !own && len(a.seen) >= r.cfg.MaxOccupants && !a.seen.has(nick) {
		r.stats.Dropped++
		return
	}
	a.seen.put(occupantOf(p, nick, u.Item()), rm.roster)
	if own {
		r.arrived(t, rm, u, nick)
	}
}

// joinUnavailable takes in that somebody leaves while we enter. Our own nick leaves,
// too, when a ghost of ours does, or the visit before ends late: that says nothing
// of this attempt, unless there is no getting in.
func (r *Rooms) joinUnavailable(t *turn, rm *room, u stanza.MUCUser, nick string) {
	a := rm.attempt
	own := nick == a.nick || nick == rm.nick || u.Statuses.Has(stanza.StatusSelfPresence)
	next := rm.nickIn(u)
	if own && next == "" {
		switch cause := causeOf(u); cause {
		case Banned, AffiliationLost, MembersOnly, Destroyed, ServiceShutdown:
			r.out(t, rm, leftBecause(cause, u))
			return
		}
	}
	o, ok := a.seen.get(nick)
	a.seen.remove(nick)
	if ok && next != "" {
		o.Nick = next
		a.seen.put(o, rm.roster)
	}
}

// arrived is when our own presence has come: we are in (XEP-0045 §7.2.2).
func (r *Rooms) arrived(t *turn, rm *room, u stanza.MUCUser, nick string) {
	a, before, known, old := rm.attempt, rm.roster, rm.known, rm.nick
	rm.disarm()
	rm.phase, rm.known, rm.fresh = joined, true, true
	rm.entered, rm.heard = t.now, t.now
	rm.nick, rm.roster = strings.Clone(nick), slices.Clone(a.seen) // no spare capacity
	rm.info, rm.missed = nil, 0
	// A nick that the service chose is what it wants us to have.
	rm.regain = a.taken && nick == a.nick
	rm.dropAttempt()
	r.stats.Joins++

	e := rm.joinedNow()
	e.Statuses = u.Statuses
	var other []changed
	if e.Rejoined = known; known {
		was, _ := before.get(old)
		is, _ := rm.roster.get(nick)
		ids := was.ID == is.ID // or they are of another room of this name
		e.Came, e.Gone, other = compare(before, rm.roster, ids)
		self := func(o Occupant) bool { return o.Nick == nick || o.Nick == old }
		e.Came = slices.DeleteFunc(e.Came, func(o Occupant) bool { return o.Nick == nick })
		e.Gone = slices.DeleteFunc(e.Gone, self)
		if len(e.Gone) > 0 {
			rm.absent = &absence{ids: ids, until: t.now.Add(returnTime)}
			for _, o := range e.Gone {
				rm.absent.list.put(o, before)
			}
		}
	}
	r.emit(e)
	for _, c := range other {
		r.emit(OccupantChanged{Room: rm.wish.JID, Before: c.before, After: c.after})
	}
	rm.answerJoins(result[Joined]{value: e})
	r.firstPing(t, rm)
	r.takeBack(t, rm)
}

// joinedNow tells that we are in as things stand.
func (rm *room) joinedNow() Joined {
	return Joined{Room: rm.wish.JID, Nick: rm.nick, Occupants: rm.roster.occupants()}
}

// joinRefused takes in an error presence of a room that we have asked to let us in.
func (r *Rooms) joinRefused(t *turn, rm *room, p *stanza.Presence, e *stanza.Error) {
	a := rm.attempt
	if p.ID != a.id && r.sentByUs(p.ID) {
		return // the answer to an earlier presence
	}
	if nick := p.From.Resource(); nick != "" && nick != a.nick {
		return
	}
	r.refused(t, rm, e)
}
