package muc

import "github.com/xmppkit/xmppkit/stanza"

// Check finds out at once whether a room still has us (XEP-0410), for whoever has
// reason to doubt it: something of theirs came back, say. It does not block; if the
// room has lost us, Left says so, and a rejoin follows. Where we are not in, or a
// self-ping is under way already, it does nothing.
func (r *Rooms) Check(room stanza.JID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	rm := r.rooms[normal(room)]
	r.post(func(t *turn) {
		if rm != nil && r.rooms[rm.wish.JID] == rm {
			r.check(t, rm)
		}
	})
}
