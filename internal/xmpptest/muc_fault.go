package xmpptest

import (
	"context"
	"fmt"
	"slices"

	"github.com/xmppkit/xmppkit/stanza"
)

// Occupant is somebody in a room, as the server knows it.
type Occupant struct {
	Nick        string
	Clients     []stanza.JID // full JIDs; several where an account shares its nick
	Affiliation stanza.Affiliation
	Role        stanza.Role
	ID          string // occupant-id
	Presence    *stanza.Presence
}

// Occupants is who is in a room, in the order of joining.
func (s *Server) Occupants(room stanza.JID) []Occupant {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.rooms.rooms[room]
	if r == nil {
		return nil
	}
	list := make([]Occupant, 0, len(r.list))
	for _, o := range r.list {
		x := Occupant{Nick: o.nick, Affiliation: o.affiliation, Role: o.role, ID: o.id, Presence: o.presence}
		for _, p := range o.clients {
			x.Clients = append(x.Clients, p.jid)
		}
		list = append(list, x)
	}
	return list
}

// InRoom reports whether a nick is taken in a room.
func (s *Server) InRoom(room stanza.JID, nick string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.rooms.rooms[room]
	return r != nil && r.byNick[nick] != nil
}

// WaitOccupant blocks until a nick is taken in a room.
func (s *Server) WaitOccupant(ctx context.Context, room stanza.JID, nick string) error {
	return s.wait(ctx, func() bool {
		r := s.rooms.rooms[room]
		return r != nil && r.byNick[nick] != nil
	})
}

// RoomsOf is how many rooms a full JID is in.
func (s *Server) RoomsOf(jid stanza.JID) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.partyOf(jid); p != nil {
		return len(p.rooms)
	}
	return 0
}

// WaitRooms blocks until a full JID is in n rooms.
func (s *Server) WaitRooms(ctx context.Context, jid stanza.JID, n int) error {
	return s.wait(ctx, func() bool {
		p := s.partyOf(jid)
		return p != nil && len(p.rooms) == n || p == nil && n == 0
	})
}

// CreateRoom makes a room, or configures one that exists, telling its occupants.
func (s *Server) CreateRoom(jid stanza.JID, cfg RoomConfig) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.rooms.rooms[jid]; r != nil {
		r.configure(cfg)
	} else {
		s.rooms.create(jid, cfg)
	}
	s.happened()
}

// RoomConfig is a room's configuration; false where there is no such room.
func (s *Server) RoomConfig(jid stanza.JID) (RoomConfig, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.rooms.rooms[jid]; r != nil {
		return r.cfg, true
	}
	return RoomConfig{}, false
}

// Affiliate gives a bare JID an affiliation with a room, as an owner's request would.
// The room is created if need be.
func (s *Server) Affiliate(room, bare stanza.JID, a stanza.Affiliation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.rooms.rooms[room]
	if r == nil {
		r = s.rooms.create(room, s.cfg.Room)
	}
	r.affiliate(bare.Bare(), a, "", "", stanza.MUCActor{})
	s.happened()
}

// Reserve keeps a nick in a room for a member.
func (s *Server) Reserve(room, bare stanza.JID, nick string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.rooms.rooms[room]
	if r == nil {
		r = s.rooms.create(room, s.cfg.Room)
	}
	a := r.affiliation(bare)
	if ranks[a] <= 0 {
		a = stanza.Member
	}
	r.affiliate(bare, a, nick, "", stanza.MUCActor{})
	s.happened()
}

// Affiliation is what a bare JID has with a room, and the reason that was given.
func (s *Server) Affiliation(room, bare stanza.JID) (stanza.Affiliation, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.rooms.rooms[room]; r != nil {
		return r.affiliation(bare), r.affiliations[bare].reason
	}
	return stanza.AffiliationNone, ""
}

// WaitAffiliation blocks until a bare JID has an affiliation with a room.
func (s *Server) WaitAffiliation(ctx context.Context, room, bare stanza.JID, a stanza.Affiliation) error {
	return s.wait(ctx, func() bool {
		r := s.rooms.rooms[room]
		return r != nil && r.affiliation(bare) == a
	})
}

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
