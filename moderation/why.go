package moderation

import (
	"slices"

	"github.com/xmppkit/xmppkit/muc"
	"github.com/xmppkit/xmppkit/stanza"
)

// remembered is how many events Why looks at.
const remembered = 2048

// Why is the latest decisions about somebody and what became of them, oldest first,
// as far as they are remembered: the last two thousand events since the start. jid is
// an address of theirs, or room and nick.
func (m *Moderator) Why(jid stanza.JID) []Event {
	m.mu.Lock()
	defer m.mu.Unlock()
	var list []Event
	for i := range m.past {
		e := m.past[(m.next+i)%len(m.past)]
		if room, o := subject(e); room != "" && isAbout(room, o, jid) {
			list = append(list, e)
		}
	}
	return slices.Clip(list)
}

func isAbout(room stanza.JID, o muc.Occupant, jid stanza.JID) bool {
	return o.JID != "" && o.JID.Bare() == jid.Bare() || jid.Bare() == room && o.Nick != "" && o.Nick == jid.Resource()
}

// subject is whom an event is about.
func subject(e Event) (stanza.JID, muc.Occupant) {
	switch e := e.(type) {
	case Decision:
		return e.Room, e.Occupant
	case Outcome:
		return e.Room, e.Occupant
	}
	return "", muc.Occupant{}
}

// remember keeps an event for Why.
func (m *Moderator) remember(e Event) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if d, ok := e.(Decision); ok {
		d.Text = cut(d.Text, maxAuditText)
		e = d
	}
	if len(m.past) < remembered {
		m.past = append(m.past, e)
		return
	}
	m.past[m.next] = e
	m.next = (m.next + 1) % remembered
}
