package muc

import (
	"time"

	"github.com/xmppkit/xmppkit/stanza"
)

// Event is something that happened in or to a room: one of the structs of this
// package that have a field Room. What it holds is the receiver's to keep, except
// for a stanza, which is shared.
type Event interface {
	// Where is the room.
	Where() stanza.JID
}

// Joined means that we are in the room (XEP-0045 §7.2.2).
type Joined struct {
	Room      stanza.JID
	Nick      string     // ours, as the room gave it
	Occupants []Occupant // everybody, ourselves included, by nick
	Statuses  stanza.Statuses

	// Rejoined means that we had been there before: Came and Gone, which leave
	// ourselves out, are all that is news. Whoever has another role or affiliation
	// now follows as OccupantChanged.
	Rejoined   bool
	Came, Gone []Occupant
}

// JoinFailed means that the room did not let us in, or not in again. If it is Stopped,
// that is the end of any visit before.
type JoinFailed struct {
	Room      stanza.JID
	Err       error         // a *[JoinError]
	Retry     time.Duration // until the next attempt, unless Stopped
	Stopped   bool          // there is none: the room is not wished for any longer
	Alternate stanza.JID    // where the room has moved to, if it says so
}

// Left means that we are no longer in the room.
type Left struct {
	Room      stanza.JID
	Cause     Cause
	Statuses  stanza.Statuses
	Actor     stanza.MUCActor // who did it, where the room says so
	Reason    string
	Alternate stanza.JID // of a room that was destroyed or has moved: where to

	// Rejoin means that we shall be back, after After, and silently. Otherwise the
	// room is not wished for any longer.
	Rejoin bool
	After  time.Duration
}

// OccupantJoined means that somebody has entered.
type OccupantJoined struct {
	Room     stanza.JID
	Occupant Occupant

	// Returned means that they were there before we were lost, and have only come
	// back later than we have: after the restart of a service everybody does. Joined
	// has listed them as Gone.
	Returned bool
}

// OccupantLeft means that somebody is gone.
type OccupantLeft struct {
	Room     stanza.JID
	Occupant Occupant
	Cause    Cause // LeftByThemselves, Kicked, Banned, …
	Statuses stanza.Statuses
	Actor    stanza.MUCActor
	Reason   string
	Status   string // their parting words
}

// OccupantChanged means that somebody's role or affiliation, or ours, is another.
type OccupantChanged struct {
	Room          stanza.JID
	Before, After Occupant
	Actor         stanza.MUCActor
	Reason        string
}

// NickChanged means that somebody, or ourselves, goes by another nick.
type NickChanged struct {
	Room     stanza.JID
	Occupant Occupant // with the new nick
	Old      string
	Own      bool
}

// Message is something said in the room, or to us alone.
type Message struct {
	Room stanza.JID
	// Occupant is who said it: as present now if the message is live; otherwise
	// Nick and ID only, for somebody else may hold that nick today. It is zero for
	// what the room says itself.
	Occupant Occupant
	*stanza.Message

	// Live means that it was said just now. Otherwise Delay tells when, as far as
	// it can be believed: an occupant may forge it.
	Live  bool
	Delay stanza.Delay
	// History means that it is among what the room repeats for newcomers. A message
	// that is neither Live nor History was sent now by somebody who calls it old.
	History bool
	Own     bool // from our nick: the reflection of what we said
	Private bool // whispered to us (XEP-0045 §7.5)
}

// SubjectChanged means that the subject is another than the last one known.
type SubjectChanged struct {
	Room    stanza.JID
	Nick    string // who set it, where the room says so
	Subject string
	Live    bool // set just now, and not what we found when we came
}

// RoomConfigChanged means that the room is configured otherwise now (XEP-0045
// §10.2.1); Statuses say how far it concerns privacy.
type RoomConfigChanged struct {
	Room     stanza.JID
	Statuses stanza.Statuses
}

// AffiliationChanged means that the affiliation of somebody who is not there is
// another (XEP-0045 §9).
type AffiliationChanged struct {
	Room stanza.JID
	Item stanza.MUCItem
}

// Invited means that somebody invites us to a room (XEP-0045 §7.8.2, XEP-0249).
type Invited struct {
	Room     stanza.JID
	From     stanza.JID // as the room says, if it is not Direct
	Reason   string
	Password string
	Direct   bool
}

// Declined means that somebody does not follow our invitation (XEP-0045 §7.8.2).
type Declined struct {
	Room   stanza.JID
	From   stanza.JID
	Reason string
}

// SelfPingDisabled means that the room denied that we are in it right after it had
// let us in again: until the next session it is not asked any longer.
type SelfPingDisabled struct {
	Room stanza.JID
	Err  error // the room's answer
}

// Where is the room.
func (e Joined) Where() stanza.JID { return e.Room }

// Where is the room.
func (e JoinFailed) Where() stanza.JID { return e.Room }

// Where is the room.
func (e Left) Where() stanza.JID { return e.Room }

// Where is the room.
func (e OccupantJoined) Where() stanza.JID { return e.Room }

// Where is the room.
func (e OccupantLeft) Where() stanza.JID { return e.Room }

// Where is the room.
func (e OccupantChanged) Where() stanza.JID { return e.Room }

// Where is the room.
func (e NickChanged) Where() stanza.JID { return e.Room }

// Where is the room.
func (e Message) Where() stanza.JID { return e.Room }

// Where is the room.
func (e SubjectChanged) Where() stanza.JID { return e.Room }

// Where is the room.
func (e RoomConfigChanged) Where() stanza.JID { return e.Room }

// Where is the room.
func (e AffiliationChanged) Where() stanza.JID { return e.Room }

// Where is the room.
func (e Invited) Where() stanza.JID { return e.Room }

// Where is the room.
func (e Declined) Where() stanza.JID { return e.Room }

// Where is the room.
func (e SelfPingDisabled) Where() stanza.JID { return e.Room }
