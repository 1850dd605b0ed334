package main

import (
	"context"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/xmppkit/xmppkit/muc"
	"github.com/xmppkit/xmppkit/presence"
	"github.com/xmppkit/xmppkit/reconnect"
	"github.com/xmppkit/xmppkit/stanza"
)

// phone is one phone that is in a room, or about to do something. It is a
// [stanza.Service] of its address. There may be thousands: what is not needed with
// every message is on disk.
type phone struct {
	g       *gateway
	number  string
	jid     stanza.JID
	rooms   *muc.Rooms
	address *reconnect.Address

	mu         sync.Mutex // guards what follows
	room       stanza.JID // that it is to be in; see goTo
	away       bool       // and is not, as the muster has it
	saying     *saying    // nil: nothing
	tries      int        // of what is first in the inbox, over this stream
	flood      window     // what the room says
	complained bool       // it knows that the room does not let it in for now
	making     bool       // /create sees to what the room answers
	used       time.Time
	working    bool          // a text is being seen to
	wait       time.Duration // of news about others; presence.Off for none
	calm       time.Time     // until when they wait longer; zero: they do not
}

// newPhone takes the address of a number into use.
func newPhone(g *gateway, number string) (p *phone, err error) {
	p = &phone{g: g, number: number, jid: g.jid(number), used: time.Now(), wait: presence.Off}
	p.rooms = muc.New(muc.Config{
		Nick:     "phone-" + number[len(number)-4:], // the whole number is nobody's business
		OnEvent:  p.event,
		SelfPing: muc.SelfPing{Interval: time.Duration(g.cfg.Rooms.SelfPing)},
		Kicked:   muc.KickPolicy{Stop: true},
		Logger:   g.log,
	})
	p.address, err = g.component.As(p.jid, p.rooms, p)
	return p, err
}

// goTo notes where the phone is to be, "" for nowhere; mu is held.
func (p *phone) goTo(room stanza.JID) {
	p.present(true)
	p.room, p.used = room, time.Now()
	p.present(room == "")
}

// present notes whether the phone is where it is to be; mu is held.
func (p *phone) present(is bool) {
	switch {
	case p.away == !is:
		return
	case !is:
		p.g.muster.lost(p.room, time.Now())
	case p.g.muster.back(p.room):
		// The others may speak.
		p.g.inbox.kick(everybody)
	}
	p.away = !is
}

// wish puts the phone where its record says.
func (p *phone) wish(r record, making bool) {
	p.mu.Lock()
	if p.room != r.Room.JID {
		p.goTo(r.Room.JID)
	}
	p.complained, p.making, p.flood, p.wait = false, making, window{}, r.wait()
	p.mu.Unlock()
	p.rooms.Add(muc.Room{JID: r.Room.JID, Nick: r.Nick, Password: r.Room.Password, History: &stanza.MUCHistory{}})
}

// made ends what /create sees to.
func (p *phone) made() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.making = false
}

// where is the room that the phone is to be in, "" for none.
func (p *phone) where() stanza.JID {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.room
}

// isIn reports whether the phone has been told that it is in a room.
func (p *phone) isIn(room stanza.JID) bool {
	_, in := p.g.ledger.Who(p.jid, room)
	return in
}

func (p *phone) idle(now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.room == "" && p.saying == nil && !p.working && now.Sub(p.used) > idle
}

// work notes that a text is being seen to, or is not any more.
func (p *phone) work(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.working, p.used = on, time.Now()
}

// Begin forgets what was said over the last stream and not confirmed: it is said
// again.
func (p *phone) Begin(context.Context, stanza.Session) {
	p.mu.Lock()
	p.saying, p.tries = nil, 0
	p.present(p.room == "")
	p.mu.Unlock()
	p.g.inbox.kick(p.number)
}

// Answer answers for the phone as for all others.
func (p *phone) Answer(iq *stanza.IQ) *stanza.IQ { return p.g.Answer(iq) }

// Handle takes what is not about the room.
func (p *phone) Handle(ctx context.Context, s stanza.Session, st stanza.Stanza) {
	switch st := st.(type) {
	case *stanza.IQ:
		p.answered(st)
	case *stanza.Presence:
		p.g.presence(ctx, s, st)
	case *stanza.Message:
		room := p.where()
		switch {
		case st.Type == stanza.MessageError:
			p.bounced(st)
		case st.Type == stanza.GroupChat, room != "" && st.From.Bare() == room && !st.From.IsBare():
			// as an event
		default:
			p.g.message(ctx, s, st)
		}
	}
}

// event takes what happens in the room. Nothing here waits.
func (p *phone) event(ctx context.Context, e muc.Event) {
	room := p.where()
	if e.Where() != room || room == "" {
		return // an answer to what is not wished any more
	}
	n := p.g.notifier
	switch e := e.(type) {
	case muc.Joined:
		if p.isIn(room) {
			p.calmDown()
		}
		n.Joining(p.jid, room)
		for _, o := range e.Occupants {
			if o.Nick != e.Nick {
				n.Join(p.jid, room, o.Nick)
			}
		}
		n.Joined(p.jid, room, e.Nick)
		p.mu.Lock()
		p.present(true)
		p.mu.Unlock()
		p.g.inbox.kick(p.number)
	case muc.OccupantJoined:
		n.Join(p.jid, room, e.Occupant.Nick)
	case muc.OccupantLeft:
		if e.Cause != muc.ServiceShutdown { // then we are next, and shall see who returns
			n.Part(p.jid, room, e.Occupant.Nick)
		}
	case muc.NickChanged:
		n.NickChange(p.jid, room, e.Old, e.Occupant.Nick)
	case muc.Message:
		p.heard(e)
	case muc.JoinFailed:
		p.notLetIn(e)
	case muc.Left:
		if e.Rejoin {
			p.mu.Lock()
			p.present(false)
			p.mu.Unlock()
		} else if e.Cause != muc.LeftByUs {
			p.out(room)
			n.Leave(p.jid, room, sayOut(e))
		}
	}
}

// setWait sets how long news about others wait.
func (p *phone) setWait(wait time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.wait = wait; p.calm.IsZero() {
		p.g.notifier.SetWait(p.jid, wait)
	}
}

// longWait is beyond any calm.
const longWait = 365 * 24 * time.Hour

// calmDown lets news wait after a return: whatever put us out has put others out,
// too, who need a moment to come back. Nobody is told of that, nor is it written down.
func (p *phone) calmDown() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.calm.IsZero() {
		p.g.notifier.SetWait(p.jid, longWait)
	}
	p.calm = time.Now().Add(p.g.settle())
}

// calmed ends the wait when its time has come.
func (p *phone) calmed(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.calm.IsZero() && !now.Before(p.calm) {
		p.calm = time.Time{}
		p.g.notifier.SetWait(p.jid, p.wait)
	}
}

// notLetIn is when the room did not let the phone in, now or for good.
func (p *phone) notLetIn(e muc.JoinFailed) {
	p.mu.Lock()
	making := p.making
	p.mu.Unlock()
	wasIn := p.isIn(e.Room)
	switch {
	case making:
	case e.Stopped && wasIn:
		p.out(e.Room)
		p.g.notifier.Leave(p.jid, e.Room, sayRefused(e, true))
	case e.Stopped:
		p.out(e.Room)
		p.answer(sayRefused(e, false))
	case !wasIn && !p.complain():
		p.answer(sayStillTrying(e))
	}
}

// complain reports whether the phone has been told that the room does not let it in.
func (p *phone) complain() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	done := p.complained
	p.complained = true
	return done
}

// out notes that the phone is to be in no room. What it says next is said to nobody.
func (p *phone) out(room stanza.JID) {
	p.mu.Lock()
	p.goTo("")
	p.mu.Unlock()
	p.g.state.later(func(tx *bolt.Tx) error {
		return change(tx, p.number, func(r *record) {
			if r.Room.JID == room {
				r.Room = wish{}
			}
		})
	})
	p.g.inbox.kick(p.number)
}

func (p *phone) answer(text string) {
	p.g.state.later(func(tx *bolt.Tx) error { return p.g.outbox.answer(tx, p.number, text) })
}

// heard brings what is said in the room to the phone, unless it has said so itself.
func (p *phone) heard(e muc.Message) {
	text := clean(e.Body)
	if p.reflected(e.ID, e.OriginID(), e.Body, e.Own) || !e.Live || text == "" || e.Occupant.Nick == "" {
		return
	}
	l := letter{Text: saySaid(e.Occupant.Nick, text)}
	if e.Private {
		l.Text = sayWhispered(e.Occupant.Nick, text)
	}
	p.mu.Lock()
	v := p.flood.take(time.Now(), time.Minute, p.g.cfg.Limits.RoomPerMinute)
	p.mu.Unlock()
	switch v {
	case silent:
		return
	case over:
		l = letter{Text: sayFlood(e.Room), Notice: true}
	}
	id := e.ID
	p.g.state.later(func(tx *bolt.Tx) error {
		if p.g.state.ours(id) { // another phone's, which may have to be said twice
			if again, err := seen(tx, p.number+" "+id, time.Now()); err != nil || again {
				return err
			}
		}
		_, err := p.g.outbox.add(tx, p.number, l)
		return err
	})
}

// enter goes from one room to another, or from none.
func (p *phone) enter(ctx context.Context, r record) {
	if old := p.where(); old != "" && old != r.Room.JID {
		p.exit(ctx, old, statusSwitch, "")
	}
	p.wish(r, false)
}

// exit leaves a room, which has a moment to say so; told is what the phone is told.
func (p *phone) exit(ctx context.Context, room stanza.JID, status, told string) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	p.mu.Lock()
	p.goTo("")
	p.mu.Unlock()
	p.g.notifier.Leave(p.jid, room, told)
	if err := p.rooms.Leave(ctx, room, status); err != nil {
		p.g.log.Debug("leaving", "phone", p.number, "room", room, "err", err)
	}
}
