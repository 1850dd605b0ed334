package xmpptest

import (
	"cmp"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"github.com/xmppkit/xmppkit/stanza"
)

// RoomConfig is how a room is configured (XEP-0045 §10.2). The zero value is an
// open, lasting, semi-anonymous room.
type RoomConfig struct {
	Name           string
	Description    string
	Password       string
	MembersOnly    bool
	Moderated      bool // newcomers are visitors
	NonAnonymous   bool
	Hidden         bool // not among the service's items
	Temporary      bool // ends with its last occupant
	MembersInvite  bool // in a members-only room whoever is in may invite
	AnyoneSubjects bool // not only moderators set the subject
	Logged         bool // code 170
	Occupants      int  // at most so many; 0: any number
	History        int  // messages a newcomer is sent; 0: 20; negative: none
}

// roomService is the rooms. All of it is guarded by Server.mu.
type roomService struct {
	srv       *Server
	jid       stanza.JID
	rooms     map[stanza.JID]*room
	destroyed map[stanza.JID]stanza.MUCDestroy
	down      stanza.Condition // every stanza is answered with it
	silent    bool             // or with nothing
	key       []byte           // of occupant-ids
}

type room struct {
	svc          *roomService
	jid          stanza.JID
	cfg          RoomConfig
	affiliations map[stanza.JID]affiliated
	byNick       map[string]*occupant
	list         []*occupant // in the order of joining
	subject      string
	subjectFrom  stanza.JID
	archive      []archived
}

type affiliated struct {
	affiliation stanza.Affiliation
	nick        string // reserved
	reason      string
}

// occupant is a nick and who holds it: one client, or several of one account.
type occupant struct {
	room        *room
	nick        string
	jid         stanza.JID // room and nick
	bare        stanza.JID
	id          string // occupant-id
	affiliation stanza.Affiliation
	role        stanza.Role
	clients     []*party
	presence    *stanza.Presence
	views       [2][]byte // the presence as rendered without and with the real JID
}

func newRoomService(s *Server) *roomService {
	return &roomService{
		srv: s, jid: stanza.JID(s.cfg.Rooms), key: []byte(rand.Text()),
		rooms: map[stanza.JID]*room{}, destroyed: map[stanza.JID]stanza.MUCDestroy{},
	}
}

// handle is for everything that is sent to the service's domain.
func (v *roomService) handle(p *party, st stanza.Stanza) {
	to := st.Header().To
	if v.silent {
		return
	}
	if v.down != "" {
		v.srv.bounce(p, st, &stanza.Error{Condition: v.down})
		return
	}
	if to.Local() == "" {
		if iq, ok := st.(*stanza.IQ); ok && iq.IsRequest() {
			p.send(v.answer(iq))
		}
		return
	}
	r, nick := v.rooms[to.Bare()], to.Resource()
	if d, ok := v.destroyed[to.Bare()]; ok && r == nil {
		e := &stanza.Error{Condition: stanza.Gone, Text: d.Reason}
		if d.JID != "" {
			e.URI = "xmpp:" + string(d.JID) + "?join"
		}
		v.srv.bounce(p, st, e)
		return
	}
	switch st := st.(type) {
	case *stanza.Presence:
		v.presence(p, r, nick, st)
	case *stanza.Message:
		switch {
		case r == nil:
			v.srv.bounce(p, st, &stanza.Error{Condition: stanza.ItemNotFound})
		case nick == "":
			r.message(p, st)
		default:
			r.whisper(p, nick, st)
		}
	case *stanza.IQ:
		switch {
		case r == nil:
			v.srv.bounce(p, st, &stanza.Error{Condition: stanza.ItemNotFound})
		case nick == "":
			r.iq(p, st)
		default:
			r.pass(p, nick, st)
		}
	}
}

// create makes a room.
func (v *roomService) create(jid stanza.JID, cfg RoomConfig) *room {
	r := &room{
		svc: v, jid: jid, cfg: cfg,
		affiliations: map[stanza.JID]affiliated{}, byNick: map[string]*occupant{},
	}
	v.rooms[jid] = r
	delete(v.destroyed, jid)
	return r
}

// gone takes a party out of all its rooms.
func (v *roomService) gone(p *party) {
	for r, o := range p.rooms {
		r.leave(p, o, nil)
	}
	p.rooms, p.asked = nil, nil
}

// empty takes everybody out without a word.
func (v *roomService) empty() {
	for jid, r := range v.rooms {
		for _, o := range r.list {
			for _, p := range o.clients {
				delete(p.rooms, r)
				v.release(p)
			}
		}
		r.list = nil
		clear(r.byNick)
		if r.cfg.Temporary {
			delete(v.rooms, jid)
		}
	}
}

// stop removes everybody with code 332.
func (v *roomService) stop(condition stanza.Condition) {
	for _, r := range v.rooms {
		for _, o := range slices.Clone(r.list) {
			// Only to the occupant: everybody else leaves, too.
			u := stanza.MUCUser{
				Items:    []stanza.MUCItem{{Affiliation: o.affiliation, Role: stanza.RoleNone}},
				Statuses: stanza.Statuses{stanza.StatusServiceShutdown},
			}
			r.tell(o, o.left(u, nil))
		}
	}
	v.empty()
	v.down = condition
}

// partyOf is the party of a full JID, or of a component's address that is in a room.
func (s *Server) partyOf(jid stanza.JID) *party {
	if p := s.parties[jid]; p != nil {
		return p
	}
	if c := s.components[jid.Domain()]; c != nil {
		return c.others[jid]
	}
	return nil
}

// affiliation is what a bare JID has with the room.
func (r *room) affiliation(bare stanza.JID) stanza.Affiliation {
	return cmp.Or(r.affiliations[bare].affiliation, stanza.AffiliationNone)
}

// standing is the role that comes with an affiliation (XEP-0045 §5.1.2).
func (r *room) standing(a stanza.Affiliation) stanza.Role {
	switch {
	case a == stanza.Owner || a == stanza.Admin:
		return stanza.Moderator
	case a == stanza.Member || !r.cfg.Moderated:
		return stanza.Participant
	}
	return stanza.Visitor
}

// occupantID is the same for an account in a room for ever (XEP-0421).
func (v *roomService) occupantID(room, bare stanza.JID) string {
	h := hmac.New(sha256.New, v.key)
	h.Write([]byte(room + " " + bare))
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// archived is a message that the room keeps (XEP-0313).
type archived struct {
	id    string
	stamp time.Time
	from  stanza.JID // real, bare
	msg   *stanza.Message
}
