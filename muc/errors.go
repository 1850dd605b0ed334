package muc

import (
	"errors"
	"fmt"
	"time"

	"github.com/xmppkit/xmppkit/stanza"
)

var (
	// ErrNoRoom is what is said of a room that nobody wishes to be in.
	ErrNoRoom = errors.New("muc: no such room among the wished ones")

	// ErrNotJoined is what is said of a room that one is not in at the moment.
	ErrNotJoined = errors.New("muc: not in the room")

	// ErrNoAnswer means that the room did not say anything in time.
	ErrNoAnswer = errors.New("muc: no answer from the room")

	// ErrPending is what Join, Leave and SetNick return where they cannot wait: what
	// was asked for is under way, and its outcome comes as an event. They cannot in
	// OnEvent, whose return the outcome has to wait for, nor while another
	// handler has held up the stream for seconds.
	ErrPending = errors.New("muc: under way; the outcome comes as an event")

	// ErrSuperseded is what SetNick returns when a later one has taken its place.
	ErrSuperseded = errors.New("muc: superseded by a later nick change")
)

// JoinError is why a room did not let us in.
type JoinError struct {
	Room      stanza.JID
	Nick      string        // the last that was tried
	Retry     time.Duration // until the next attempt, unless Stopped
	Stopped   bool          // there is none: the room is not wished for any longer
	Alternate stanza.JID    // where the room has moved to, if it says so
	Err       error         // a *[stanza.Error] or ErrNoAnswer
}

// Error names room and reason.
func (e *JoinError) Error() string { return fmt.Sprintf("muc: join %s: %v", e.Room, e.Err) }

// Unwrap is the reason, so that errors.Is(err, stanza.Forbidden) works.
func (e *JoinError) Unwrap() error { return e.Err }
