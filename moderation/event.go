package moderation

import (
	"time"

	"github.com/xmppkit/xmppkit/muc"
	"github.com/xmppkit/xmppkit/stanza"
)

// Event is something that the moderator has decided or done: one of the structs of
// this package that have a field Time.
type Event interface {
	// When is the time.
	When() time.Time
}

// Decision is what follows from a rule and something that somebody said, is or did.
type Decision struct {
	ID       uint64 // for the Outcomes; counts from 1 since the start
	Time     time.Time
	Room     stanza.JID
	Occupant muc.Occupant // as it was then
	Finding
	Actions []Action
	Reason  string // that the room will give
	DryRun  bool   // Actions are what would have been done
	Old     bool   // said while we were away
}

// Outcome is what became of one action.
type Outcome struct {
	Decision uint64 // 0: not from a rule
	Time     time.Time
	Room     stanza.JID
	Occupant muc.Occupant // as it was when the action was carried out
	Action   Action       // that was asked for
	Done     Action       // that was carried out; Log: none
	Count    int          // of messages taken back
	Note     string       // why it was another, or none
	Err      error        // the last answer, if it was an error
}

// When is the time.
func (e Decision) When() time.Time { return e.Time }

// When is the time.
func (e Outcome) When() time.Time { return e.Time }
