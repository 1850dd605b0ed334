package muc

import (
	"slices"
	"time"

	"github.com/xmppkit/xmppkit/stanza"
)

// State is what is known of a wished room.
type State struct {
	Room      Room      // the wish; the password is in it
	Joined    bool      // we are in, as far as we know
	Nick      string    // ours: held, or held last
	Occupants int       // how many there are, or were when we last were in
	Since     time.Time // when we last joined
	Failures  int       // in a row: failed attempts and visits of a moment

	// Unanswered is how many self-pings in a row have decided nothing. In a room
	// that answers them itself (Info.SelfPing) several mean that the service cannot be
	// reached; elsewhere also that a client of ours does not answer.
	Unanswered  int
	SelfPingOff bool // see SelfPingDisabled
}

// Stats counts what Rooms has done and has.
type Stats struct {
	Wished    int // rooms
	Joined    int // rooms that we are in
	Joining   int // rooms that have been asked
	Queued    int // rooms whose turn to be asked is yet to come
	Waiting   int // rooms that will be asked again later
	Occupants int // of all rooms

	Joins         uint64 // that succeeded, rejoins too
	Refused       uint64 // joins that did not
	Lost          uint64 // times that we were put out of a room and shall be back
	SelfPings     uint64 // sent
	SelfPingsLost uint64 // that found out that we were not in any longer
	Strays        uint64 // stanzas from rooms that we are not in
	Dropped       uint64 // occupants not kept because there were too many
}

// Rooms lists the rooms that we are in, in order.
func (r *Rooms) Rooms() []stanza.JID {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, err := r.online(); err != nil {
		return nil
	}
	list := make([]stanza.JID, 0, len(r.rooms))
	for jid, rm := range r.rooms {
		if rm.phase == joined {
			list = append(list, jid)
		}
	}
	slices.Sort(list)
	return list
}

// Room tells what is known of a room; false if it is not wished for.
func (r *Rooms) Room(room stanza.JID) (State, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	rm := r.rooms[normal(room)]
	if rm == nil {
		return State{}, false
	}
	_, err := r.online()
	return State{Room: rm.wish, Joined: err == nil && rm.phase == joined, Nick: rm.nick, Occupants: len(rm.roster),
		Since: rm.entered, Failures: rm.failures, Unanswered: rm.missed, SelfPingOff: rm.pingOff}, true
}

// Occupants lists who is in a room, by nick, ourselves included. While we are out
// and about to return, it is who was there when we last were.
func (r *Rooms) Occupants(room stanza.JID) []Occupant {
	r.mu.Lock()
	defer r.mu.Unlock()
	if rm := r.rooms[normal(room)]; rm != nil {
		return rm.roster.occupants()
	}
	return nil
}

// Occupant is the one of that nick, from the same list.
func (r *Rooms) Occupant(room stanza.JID, nick string) (Occupant, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if rm := r.rooms[normal(room)]; rm != nil {
		return rm.roster.get(nick)
	}
	return Occupant{}, false
}

// Stats counts. It looks at every room.
func (r *Rooms) Stats() Stats {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.stats
	s.Wished = len(r.rooms)
	_, err := r.online()
	for _, rm := range r.rooms {
		s.Occupants += len(rm.roster)
		switch {
		case err != nil:
		case rm.phase == joined:
			s.Joined++
		case rm.phase == joining:
			s.Joining++
		case rm.phase == queued:
			s.Queued++
		case rm.phase == waiting:
			s.Waiting++
		}
	}
	return s
}
