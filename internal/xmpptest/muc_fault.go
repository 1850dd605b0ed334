package xmpptest

import (
	"fmt"
	"slices"

	"github.com/xmppkit/xmppkit/stanza"
)

// Forget loses an occupant: it is not in the room any more, and nobody is told. The
// error says that it was not there.
func (s *Server) Forget(jid stanza.JID, nick string) error {
	return s.occupant(jid, nick, func(r *room, o *occupant) { r.forget(o) })
}

// Remove removes an occupant with whatever the room shall say of it: any codes, an
// item (its zero value: the affiliation it has, role none), destroy.
func (s *Server) Remove(jid stanza.JID, nick string, u stanza.MUCUser) error {
	return s.occupant(jid, nick, func(r *room, o *occupant) { r.remove(o, o.left(u, nil)) })
}

// ForgetRoom loses a room with all its occupants; nobody is told, and the room is
// not there any more.
func (s *Server) ForgetRoom(jid stanza.JID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.rooms.rooms[jid]; r != nil {
		for _, o := range slices.Clone(r.list) {
			r.forget(o)
		}
		delete(s.rooms.rooms, jid)
	}
	s.happened()
}

// Destroy destroys a room, as its owner would.
func (s *Server) Destroy(jid stanza.JID, d stanza.MUCDestroy) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.rooms.rooms[jid]; r != nil {
		r.destroy(d)
	}
	s.happened()
}

func (s *Server) occupant(jid stanza.JID, nick string, do func(*room, *occupant)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.rooms.rooms[jid]; r != nil {
		if o := r.byNick[nick]; o != nil {
			do(r, o)
			s.happened()
			return nil
		}
	}
	return fmt.Errorf("xmpptest: no occupant %s/%s", jid, nick)
}

// StopRooms shuts the room service down: every occupant is told with code 332, and
// from then on everything is answered with condition; an empty one means that there
// is no answer at all. Rooms stay as they are.
func (s *Server) StopRooms(condition stanza.Condition) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rooms.stop(condition)
	s.rooms.silent = condition == ""
	s.happened()
}

// StartRooms brings the room service back.
func (s *Server) StartRooms() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rooms.down, s.rooms.silent = "", false
	s.happened()
}

// LoseRooms makes the room service forget every occupant of every room, as its
// crash does. It goes on at once.
func (s *Server) LoseRooms() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rooms.empty()
	s.happened()
}
