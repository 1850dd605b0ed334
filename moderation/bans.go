package moderation

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/xmppkit/xmppkit/stanza"
)

// banned is who is banned where.
type banned struct{ room, jid stanza.JID }

// ban is a ban that is to be lifted one day. All others are not remembered.
type ban struct {
	Until time.Time `json:"until,omitzero"` // zero: until the list says so
	List  string    `json:"list,omitempty"` // service and node of the block list that caused it
	Hash  string    `json:"hash,omitempty"` // of the entry

	tries int // to lift it that have failed
}

const banPrefix = "ban "

func (b banned) key() string { return banPrefix + string(b.room) + " " + string(b.jid) }

// loadBans reads bans from what was stored, and lets them wait for their end.
func (m *Moderator) loadBans(all map[string]string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for k, v := range all {
		rest, ok := strings.CutPrefix(k, banPrefix)
		if !ok {
			continue
		}
		room, jid, _ := strings.Cut(rest, " ")
		b := &ban{}
		if err := json.Unmarshal([]byte(v), b); err != nil {
			m.cfg.Logger.Error("moderation: a stored ban cannot be read", "key", k, "err", err)
			continue
		}
		who := banned{stanza.JID(room), stanza.JID(jid)}
		m.bans[who] = b
		m.schedule(who, b)
	}
}

// schedule lets a ban wait for its end; m.mu is held.
func (m *Moderator) schedule(who banned, b *ban) {
	if !b.Until.IsZero() {
		m.timers.At(b.Until, func() { m.due(who, b) })
	}
}

// keep remembers a ban before it is asked for, so that no crash makes it last for
// ever. undo is for when it is refused.
func (m *Moderator) keep(who banned, b *ban) (undo func(), err error) {
	m.mu.Lock()
	before := m.bans[who]
	if b != nil && before != nil && before.List == "" && b.List == "" && before.Until.After(b.Until) {
		b.Until = before.Until // the longer one counts
	}
	m.mu.Unlock()
	if err := m.saveBan(who, b); err != nil {
		return nil, err
	}
	return func() {
		if err := m.saveBan(who, before); err != nil {
			m.cfg.Logger.Error("moderation: not stored", "err", err)
		}
	}, nil
}

func (m *Moderator) saveBan(who banned, b *ban) error {
	value := ""
	if b != nil {
		v, err := json.Marshal(b)
		if err != nil {
			return err
		}
		value = string(v)
	}
	m.mu.Lock()
	if m.bans[who] == nil && b == nil {
		m.mu.Unlock()
		return nil
	}
	if b == nil {
		delete(m.bans, who)
	} else {
		m.bans[who] = b
		m.schedule(who, b)
	}
	m.mu.Unlock()
	return m.save(map[string]string{who.key(): value})
}

// save stores changes, one Save at a time.
func (m *Moderator) save(changes map[string]string) error {
	m.storing.Lock()
	defer m.storing.Unlock()
	return m.cfg.Store.Save(changes)
}

// banFor bans somebody, for good if b is nil, otherwise until b ends.
func (m *Moderator) banFor(ctx context.Context, who banned, reason string, b *ban) error {
	undo, err := m.keep(who, b)
	if err != nil {
		return err
	}
	m.saveComebacks(m.forget(who))
	err = m.rooms.Ban(ctx, who.room, who.jid, reason)
	if stanza.ConditionOf(err) != "" || errors.Is(err, stanza.ErrOffline) {
		undo() // otherwise it may have been carried out
	}
	return err
}

// due is when a ban is to end.
func (m *Moderator) due(who banned, b *ban) {
	m.mu.Lock()
	current := m.bans[who] == b
	m.mu.Unlock()
	if current && !m.queue.push(who.room, func(ctx context.Context) { m.lift(ctx, who, b, "its time is over") }) {
		m.again(who, b)
	}
}

// lift ends a ban, unless it is another by now or has been ended by somebody else.
func (m *Moderator) lift(ctx context.Context, who banned, b *ban, why string) {
	m.mu.Lock()
	current := m.bans[who] == b
	m.mu.Unlock()
	if !current {
		return
	}
	done, note, err := Lift, why, error(nil)
	if out, unknown := m.isOutcast(ctx, who); out || unknown != nil {
		err = m.letIn(ctx, who)
	} else {
		done, note = Log, "has been lifted by somebody else"
	}
	if err != nil {
		m.again(who, b)
		if errors.Is(err, stanza.ErrOffline) || errors.Is(err, stanza.ErrLost) {
			return // once the room is there again
		}
		done = Log
	} else if e := m.saveBan(who, nil); e != nil {
		m.cfg.Logger.Error("moderation: not stored", "err", e)
	}
	m.emit(Outcome{Time: time.Now(), Room: who.room, Occupant: occupantOf(who.jid), Action: Lift, Done: done, Note: note, Err: err})
}

// isOutcast reports whether somebody is banned, as far as the room tells us: what an
// admin has made of them meanwhile stays.
func (m *Moderator) isOutcast(ctx context.Context, who banned) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, m.cfg.Timeout)
	defer cancel()
	list, err := m.rooms.Affiliations(ctx, who.room, stanza.Outcast)
	return slices.ContainsFunc(list, func(it stanza.MUCItem) bool { return it.JID.Bare() == who.jid }), err
}

// again lets a ban that could not be lifted wait.
func (m *Moderator) again(who banned, b *ban) {
	m.mu.Lock()
	defer m.mu.Unlock()
	wait := min(time.Minute<<min(b.tries, 6), time.Hour)
	b.tries++
	m.timers.After(wait, func() { m.due(who, b) })
}

// liftDue lifts what is due in a room that we have just joined.
func (m *Moderator) liftDue(room stanza.JID) {
	m.mu.Lock()
	var list []banned
	for who, b := range m.bans {
		if who.room == room && b.tries > 0 && !b.Until.IsZero() && !b.Until.After(time.Now()) {
			list = append(list, who)
		}
	}
	bans := m.bansOf(list)
	m.mu.Unlock()
	for i, who := range list {
		m.due(who, bans[i])
	}
}

func (m *Moderator) bansOf(list []banned) []*ban {
	bans := make([]*ban, len(list))
	for i, who := range list {
		bans[i] = m.bans[who]
	}
	return bans
}
