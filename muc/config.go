package muc

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/xmppkit/xmppkit/stanza"
)

// Config says how Rooms behaves. The zero value works.
type Config struct {
	// Nick is the nick in rooms that name none. Default: the localpart of the
	// session's address.
	Nick string

	// NextNick gives the nick to try after as many (1 and more) have been refused
	// because they are taken or reserved; nick is the one that was wished for. ""
	// gives up for now. Default: nick_2, nick_3 and so on. It must not block nor
	// call Rooms.
	NextNick func(attempt int, nick string) string

	// Presence stands in every available presence that is sent to a room, beside
	// what the room needs.
	Presence []stanza.Element

	// OnEvent is told what happens, in order and one event at a time. It may block
	// and may call everything in this library; what arrives meanwhile waits. There,
	// Join, Leave and SetNick do not wait: see ErrPending. ctx ends with the session.
	OnEvent func(ctx context.Context, e Event)

	SelfPing SelfPing
	Retry    Retry
	Kicked   KickPolicy

	// Joins is how many joins are under way at a time on the stream, which other
	// Rooms may share. Default: 64.
	Joins int

	// JoinTimeout is how long a room may be silent while it lets us in; a presence
	// begins it anew, and it grows with failed attempts. Default: 30 s.
	JoinTimeout time.Duration

	// AnswerTimeout is how long a nick change and a leave may take, and each of the
	// two tries of a request that is tried twice. Default: 15 s.
	AnswerTimeout time.Duration

	// MaxOccupants is how many occupants of a room are kept; more are counted in
	// Stats.Dropped. Default: 50,000.
	MaxOccupants int

	// Logger gets what happens to the rooms. Default: slog.Default().
	Logger *slog.Logger
}

// SelfPing is how Rooms finds out that a room has lost it without a word (XEP-0410).
type SelfPing struct {
	Off      bool          // no pings, except where something suggests a loss
	Interval time.Duration // of silence from a room before it is pinged. Default: 15 min
	Timeout  time.Duration // for the answer. Default: 30 s
}

// Retry says how long to wait between attempts at a room: each wait is twice the one
// before, jittered.
type Retry struct {
	Min time.Duration // Default: 5 s
	Max time.Duration // Default: 10 min
}

// KickPolicy says what follows a kick.
type KickPolicy struct {
	Stop    bool          // do not return
	After   time.Duration // return after that. Default: one minute
	PerHour int           // but not more often in an hour. Default: 3
}

func (c Config) withDefaults() Config {
	set(&c.SelfPing.Interval, 15*time.Minute)
	set(&c.SelfPing.Timeout, 30*time.Second)
	set(&c.Retry.Min, 5*time.Second)
	set(&c.Retry.Max, 10*time.Minute)
	set(&c.Kicked.After, time.Minute)
	set(&c.Kicked.PerHour, 3)
	set(&c.JoinTimeout, 30*time.Second)
	set(&c.AnswerTimeout, 15*time.Second)
	set(&c.MaxOccupants, 50_000)
	if j, err := stanza.ParseJID("muc/" + c.Nick); err == nil {
		c.Nick = j.Resource()
	}
	if c.NextNick == nil {
		c.NextNick = nextNick
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c
}

func set[T ~int | ~int64](v *T, value T) {
	if *v <= 0 {
		*v = value
	}
}

func nextNick(attempt int, nick string) string { return nick + "_" + strconv.Itoa(attempt+1) }

// wait is how long to wait after so many (1 and more) failures in a row.
func (b Retry) wait(failures int) time.Duration {
	d := b.Min
	for i := 1; i < failures && d < b.Max; i++ {
		d *= 2
	}
	d = min(d, b.Max)
	return between(d/2, d)
}

// between is a random duration of at least low and less than high.
func between(low, high time.Duration) time.Duration {
	if high <= low {
		return low
	}
	return low + rand.N(high-low)
}
