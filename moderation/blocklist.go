package moderation

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/xmppkit/xmppkit/internal/sched"
	"github.com/xmppkit/xmppkit/stanza"
)

// hash is the name of an entry of a block list.
type hash [sha256.Size]byte

// hashJID is the entry that a bare JID, or a domain, would have.
func hashJID(j string) hash { return sha256.Sum256([]byte(j)) }

// String is the item's id.
func (h hash) String() string { return hex.EncodeToString(h[:]) }

func parseHash(id string) (h hash, ok bool) {
	if len(id) != 2*len(h) {
		return h, false
	}
	_, err := hex.Decode(h[:], []byte(strings.ToLower(id)))
	return h, err == nil
}

// blockList is what is known of a list.
type blockList struct {
	*BlockList
	entries map[hash]string // to what is reported
	changed map[hash]bool   // while it is fetched: what has come (true) or gone meanwhile
	again   bool            // it is to be fetched once more
	timer   *sched.Timer    // after which it is
}

// maxEntries bounds what is kept of a list.
const maxEntries = 500_000

// find is the entry for somebody; their address goes before their domain.
func (l *blockList) find(jid stanza.JID) (h hash, report string, ok bool) {
	if jid == "" || len(l.entries) == 0 {
		return h, "", false
	}
	for _, s := range []string{string(jid.Bare()), jid.Domain()} {
		h = hashJID(s)
		if report, ok = l.entries[h]; ok {
			return h, report, true
		}
	}
	return h, "", false
}

func (l *blockList) add(h hash, report string) (isNew bool) {
	if l.changed != nil {
		l.changed[h] = true
	}
	_, known := l.entries[h]
	if !known && len(l.entries) >= maxEntries {
		return false
	}
	l.entries[h] = report
	return !known
}

func (l *blockList) remove(h hash) {
	if l.changed != nil {
		l.changed[h] = false
	}
	delete(l.entries, h)
}

func (l *blockList) clear() {
	if l.changed != nil {
		for h := range l.entries {
			l.changed[h] = false
		}
		for h := range l.changed {
			l.changed[h] = false
		}
	}
	clear(l.entries)
}

// replace takes over what has been fetched: only a complete answer makes anything
// go. What has changed since the fetching began stays so.
func (l *blockList) replace(fetched map[hash]string, complete bool) (came []hash, went int) {
	for h := range l.entries {
		if _, ok := fetched[h]; !ok && complete && !l.changed[h] {
			delete(l.entries, h)
			went++
		}
	}
	for h, report := range fetched {
		if there, changed := l.changed[h]; changed && !there {
			continue // has gone meanwhile
		}
		if _, ok := l.entries[h]; !ok && len(l.entries) < maxEntries {
			came = append(came, h)
			l.entries[h] = report
		}
	}
	l.changed = nil
	return came, went
}

// lookLists looks whether somebody is on a list, through one of the fresh entries if
// there are any; m.mu is held.
func (m *Moderator) lookLists(set *Ruleset, room stanza.JID, jid stanza.JID, fresh map[hash]bool) []found {
	var list []found
	for _, r := range set.listed {
		if !r.here(room) {
			continue
		}
		if l := m.lists[r.list.id()]; l != nil {
			if h, report, ok := l.find(jid); ok && (len(fresh) == 0 || fresh[h]) {
				list = append(list, found{Finding: Finding{Rule: r.Name, Kind: ByList, Phrase: h.String(), Text: report}, rule: r})
			}
		}
	}
	return list
}
