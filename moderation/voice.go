package moderation

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/xmppkit/xmppkit/muc"
	"github.com/xmppkit/xmppkit/stanza"
)

// comeback is that of somebody whom we have let in again. A server that keeps the role
// of who was banned, as ejabberd does, lets them back without voice.
type comeback struct {
	since time.Time
	busy  bool // is being seen to
}

const (
	comebackPrefix = "comeback "
	maxComebacks   = 10_000 // that are waited for
)

func (b banned) comebackKey() string { return comebackPrefix + string(b.room) + " " + string(b.jid) }

// letIn lets somebody in again. They may be back before the room has answered us.
func (m *Moderator) letIn(ctx context.Context, who banned) error {
	m.expect(who)
	err := m.rooms.SetAffiliation(ctx, who.room, who.jid, stanza.AffiliationNone, "")
	if stanza.ConditionOf(err) != "" || errors.Is(err, stanza.ErrOffline) {
		m.saveComebacks(m.forget(who)) // otherwise it may have been carried out
	}
	return err
}

// expect waits for somebody to come back. Whole domains do not.
func (m *Moderator) expect(who banned) {
	if who.jid.Local() == "" {
		return
	}
	now := time.Now().UTC()
	changes := map[string]string{who.comebackKey(): now.Format(time.RFC3339)}
	m.mu.Lock()
	m.comebacks[who] = &comeback{since: now}
	if len(m.comebacks) > maxComebacks {
		oldest := who
		for x, c := range m.comebacks {
			if c.since.Before(m.comebacks[oldest].since) {
				oldest = x
			}
		}
		delete(m.comebacks, oldest)
		changes[oldest.comebackKey()] = ""
	}
	m.mu.Unlock()
	m.saveComebacks(changes)
}

// forget waits for somebody no longer; the changes are to be stored.
func (m *Moderator) forget(who banned) (changes map[string]string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.comebacks[who] == nil {
		return nil
	}
	delete(m.comebacks, who)
	return map[string]string{who.comebackKey(): ""}
}

func (m *Moderator) saveComebacks(changes map[string]string) {
	if len(changes) == 0 {
		return
	}
	if err := m.save(changes); err != nil {
		m.cfg.Logger.Error("moderation: not stored", "err", err)
	}
}

// loadComebacks reads from what was stored who is waited for.
func (m *Moderator) loadComebacks(all map[string]string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for k, v := range all {
		rest, ok := strings.CutPrefix(k, comebackPrefix)
		if !ok || len(m.comebacks) >= maxComebacks {
			continue
		}
		since, err := time.Parse(time.RFC3339, v)
		if err != nil {
			m.cfg.Logger.Error("moderation: a stored comeback cannot be read", "key", k, "err", err)
			continue
		}
		room, jid, _ := strings.Cut(rest, " ")
		m.comebacks[banned{stanza.JID(room), stanza.JID(jid)}] = &comeback{since: since}
	}
}

// back looks whether any of those who have come is waited for, and lacks voice.
func (m *Moderator) back(room stanza.JID, list ...muc.Occupant) {
	m.mu.Lock()
	defer m.mu.Unlock()
	pl := m.place(room)
	for _, o := range list {
		if m.comebacks[banned{room, o.JID.Bare()}] == nil {
			pl.voice = voices(pl.voice, o)
		}
	}
	for _, o := range list {
		who := banned{room, o.JID.Bare()}
		if c := m.comebacks[who]; c != nil && !c.busy {
			p := m.person(room, o)
			c.busy = m.queue.push(room, func(ctx context.Context) { m.giveVoice(ctx, who, c, p) })
		}
	}
}

// voices counts a newcomer without standing: above zero, such people are given voice
// in the room. Only seeing them tells, since a room that calls itself moderated may
// well give it to everybody, and single occupants may have been given or refused it.
func voices(n int, o muc.Occupant) int {
	const most = 8 // so that what has been long ago does not count for ever
	if o.Affiliation == stanza.AffiliationNone && o.Role == stanza.Participant {
		return min(n+1, most)
	}
	if o.Affiliation == stanza.AffiliationNone && o.Role == stanza.Visitor {
		return max(n-1, -most)
	}
	return n
}

// later lets somebody be seen to when they come the next time.
func (m *Moderator) later(c *comeback) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c.busy = false
}

// giveVoice gives who is back the voice that others who come have, once (XEP-0045
// §8.3). What somebody else has made of them meanwhile stays.
func (m *Moderator) giveVoice(ctx context.Context, who banned, c *comeback, p *person) {
	m.mu.Lock()
	o, gone, current := p.occupant, p.gone, m.comebacks[who] == c
	mute := o.Role == stanza.Visitor && o.Affiliation == stanza.AffiliationNone && p.doomed == Log
	pl := m.places[who.room]
	voice := pl != nil && pl.voice > 0
	m.mu.Unlock()
	switch {
	case !current:
		return
	case !gone && !mute:
		m.saveComebacks(m.forget(who))
		return
	case gone || !voice:
		m.later(c)
		return
	}
	err := m.role(ctx, p, stanza.Participant, "")
	if ctx.Err() != nil || errors.Is(err, ErrGone) || errors.Is(err, stanza.ErrOffline) || errors.Is(err, stanza.ErrLost) {
		m.later(c)
		return
	}
	m.saveComebacks(m.forget(who))
	e := Outcome{Time: time.Now(), Room: who.room, Action: Voice, Done: Voice, Note: "let in again, but mute", Err: err}
	if e.Occupant, _ = m.now(p); err != nil {
		e.Done = Log
	}
	m.emit(e)
}
