package moderation

import (
	"time"

	"github.com/xmppkit/xmppkit/stanza"
)

// Rules is everything that a moderator goes by. The zero value does nothing. A file
// of rules is read by package ruleset; [NewRuleset] makes it ready for use.
type Rules struct {
	// DryRun turns every action in every room into a log entry.
	DryRun bool
	// Reason is the template of the reason that the room gives for an action, where
	// neither rule nor room has one: see [Reason]. Empty: no reason is given.
	Reason string

	Rules []Rule
	Allow []Allow
	Lists []BlockList
	Rooms []RoomPolicy
}

// A Rule says what it looks at, where, and what follows. Each thing that it names is
// looked at by itself, and one of them is enough. A rule that names nothing matches
// nothing.
type Rule struct {
	Name string // in logs, events and reasons

	// What is said, in public: bodies in any language, subjects, and what hides in
	// other parts of a message.
	Phrases   []string // as in [TextRule]
	Regexps   []string
	Except    []string
	Substring bool
	Whispers  bool // also what is whispered to us, which nobody else reads

	// Who is there. A nick that is no glob is a phrase: it matches whole words, in
	// any view.
	Nick   Names
	JID    Names // bare
	Domain Names

	Software *Software // what their client is

	// How they behave.
	Shouting *Shouting
	Flood    *Flood
	Repeats  *Repeats
	Joins    *Joins
	Mentions *Mentions
	Links    *Links

	Rooms []string // bare JIDs or globs. Default: every room
	Consequence

	Pos Position // where the rule was read, for errors
}

// Consequence is what follows from a match.
type Consequence struct {
	Actions []Action // Default: Log
	DryRun  bool     // log what would have been done
	// Reason is the template of the reason. Default: the room's or the global one.
	Reason   string
	NoReason bool // give no reason, not even a default one

	// Words are templates like Reason. One of them, chosen at random, is said in the
	// room before somebody is kicked or banned.
	Words []string
	// Delay is how long to wait before somebody is kicked or banned.
	Delay time.Duration
	// Duration is that of a TempBan. Default: one hour.
	Duration time.Duration
	// Retract is how many of the offender's latest messages Retract takes back
	// beside what the rule has seen, at most [MaxRetract].
	Retract int
}

// MaxRetract bounds Consequence.Retract.
const MaxRetract = 32

// Names says which names are meant. Case does not count.
type Names struct {
	Globs   []string // with * for any text and ? for one character; \ takes their meaning away
	Regexps []string // RE2
}

// Software says which clients are meant (XEP-0092). All of Name, Version and OS that
// are given have to match.
type Software struct {
	Name, Version, OS []string // globs
	// Unanswered means clients that do not say.
	Unanswered bool
}

// Shouting is a message mostly in capitals. Only letters of scripts that have case
// are counted.
type Shouting struct {
	Percent int // of the letters, that are capitals. Default: 80
	Letters int // in a message, for it to count. Default: 16
}

// Flood is more than so many messages within a time.
type Flood struct {
	Messages int           // Default: 8, at most [MaxCount]
	Within   time.Duration // Default: 10 s
}

// Repeats is the same text more than so many times within a time, whatever the case
// and spacing.
type Repeats struct {
	Times  int           // Default: 3, at most [MaxCount]
	Within time.Duration // Default: one minute
}

// Joins is more than so many newcomers in the room within a time. All of them who
// are still there are meant.
type Joins struct {
	Count  int           // Default: 12, at most [MaxCount]
	Within time.Duration // Default: one minute
}

// Mentions is a message that names more than so many of those who are there.
type Mentions struct {
	Count int // Default: 6
}

// Links is a message with a link from somebody who has just come.
type Links struct {
	Within time.Duration // since the join. Default: 5 min
}

// MaxCount bounds what is remembered of an occupant.
const MaxCount = 64

// Allow says who is never acted on, by whatever rule. One that names nobody matches
// nobody.
type Allow struct {
	JID          []string // bare JIDs or globs; never matches where JIDs are hidden
	Domain       []string
	Affiliations []stanza.Affiliation // such as stanza.Member
	Rooms        []string             // bare JIDs or globs. Default: every room

	Pos Position
}

// BlockList is a list of offenders that many share: a node of a pubsub service, whose
// items are named with hashes of bare JIDs and domains.
type BlockList struct {
	Name    string     // in logs, events and reasons. Default: the service's address
	Service stanza.JID // such as xmppbl.org
	Node    string     // Default: muc_bans_sha256
	Rooms   []string   // bare JIDs or globs. Default: every room
	Consequence

	Pos Position
}

// id tells lists apart, also after a restart.
func (l *BlockList) id() string { return string(l.Service) + " " + l.Node }

// RoomPolicy is what is different in one room.
type RoomPolicy struct {
	JID      stanza.JID
	DryRun   bool
	Reason   string // template. Default: the global one
	NoReason bool
	// Archive says what becomes of what was said while we were away.
	Archive Archive
	Pos     Position
}

// Archive says what becomes of what was said while we were away (XEP-0313).
type Archive uint8

// The ways to treat an archive.
const (
	ArchiveOff Archive = iota // not read
	ArchiveLog                // read, and what is found is logged
	ArchiveAct                // acted on as if it had just been said
)

var archives = names[Archive]{"off", "log", "act"}

// String is the name in a file of rules.
func (a Archive) String() string { return archives.of(a) }

// UnmarshalText reads that name.
func (a *Archive) UnmarshalText(b []byte) error { return archives.read(a, b, "archive") }

// Action is something that follows from a match.
type Action uint8

// The actions. Of Devoice to Ban only the gravest is carried out.
const (
	Log     Action = iota // nothing but the events and the log
	Warn                  // whisper the reason to the offender
	Retract               // take the message back (XEP-0425)
	Devoice               // XEP-0045 §8.4
	Kick                  // XEP-0045 §8.2
	TempBan               // a ban that is lifted after Consequence.Duration
	Ban                   // XEP-0045 §9.1: the bare JID
	Lift                  // the end of a ban; no rule can ask for it, nor for
	Voice                 // XEP-0045 §8.3: for who comes back mute from a ban that was lifted
)

var actions = names[Action]{"log", "warn", "retract", "devoice", "kick", "tempban", "ban", "lift", "voice"}

// String is the name in a file of rules.
func (a Action) String() string { return actions.of(a) }

// MarshalText is String.
func (a Action) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads what String writes.
func (a *Action) UnmarshalText(b []byte) error {
	var got Action
	if err := actions[:Lift].read(&got, b, "action"); err != nil {
		return err
	}
	*a = got
	return nil
}

// removes reports whether the offender can no longer speak, or is gone, afterwards.
func (a Action) removes() bool { return a >= Devoice && a <= Ban }
