package xmpptest

import (
	"context"

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
