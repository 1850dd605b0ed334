package muc

import (
	"slices"
	"time"

	"github.com/xmppkit/xmppkit/stanza"
)

// Cause is why an occupant, or we, are no longer in a room.
type Cause uint8

// The causes. LeftByUs, Lost and SelfPingFailed concern ourselves only.
const (
	LeftByThemselves Cause = iota
	LeftByUs               // because of Leave
	Lost                   // we are out, and the room did not say why
	SelfPingFailed         // the room had lost us without a word (XEP-0410)
	Kicked                 // 307
	Banned                 // 301
	AffiliationLost        // 321: no longer a member
	MembersOnly            // 322: the room became members-only
	Destroyed              // the room is no more, or has moved
	ServiceShutdown        // 332
	Removed                // 333: for a technical reason
)

var causes = [...]string{"left", "left by us", "lost", "self-ping failed", "kicked", "banned",
	"affiliation lost", "members only", "destroyed", "service shutdown", "removed"}

// String is the cause in words.
func (c Cause) String() string {
	if int(c) < len(causes) {
		return causes[c]
	}
	return "unknown"
}

// causeOf reads an unavailable presence that is no nick change, by the whole set of
// its codes (XEP-0045 §15.6): what is for good goes before what passes, and what
// the service does before what a moderator does.
func causeOf(u stanza.MUCUser) Cause {
	switch {
	case u.Destroy != nil:
		return Destroyed
	case u.Statuses.Has(stanza.StatusBanned), u.Item().Affiliation == stanza.Outcast:
		return Banned
	case u.Statuses.Has(stanza.StatusAffiliationRemoved):
		return AffiliationLost
	case u.Statuses.Has(stanza.StatusMembersOnly):
		return MembersOnly
	case u.Statuses.Has(stanza.StatusServiceShutdown):
		return ServiceShutdown
	case u.Statuses.Has(stanza.StatusRemovedTechnically):
		return Removed
	case u.Statuses.Has(stanza.StatusKicked):
		return Kicked
	}
	return LeftByThemselves
}

// shutdownWait is how long a service that shuts down is left alone.
const shutdownWait = 5 * time.Second

// comeback decides whether to return after a cause that concerned us, and when.
// losses counts, this one included, how often in a row we were in for a moment only;
// kicks are the returns after a kick in the last hour, oldest first.
func comeback(c Cause, losses int, b Retry, k KickPolicy, kicks []time.Time, now time.Time) (after time.Duration, again bool) {
	switch c {
	case ServiceShutdown:
		after = between(shutdownWait, shutdownWait+shutdownWait/5)
		if losses > 1 {
			after += b.wait(losses - 1)
		}
		return after, true
	case Removed, Lost, SelfPingFailed:
		if losses > 1 {
			after = b.wait(losses - 1)
		}
		return after, true
	case Kicked:
		after = k.After
		if n := len(kicks) - k.PerHour; n >= 0 {
			after = max(after, kicks[n].Add(time.Hour).Sub(now))
		}
		return after, !k.Stop
	}
	return 0, false
}

// recent is what of kicks is less than an hour old.
func recent(kicks []time.Time, now time.Time) []time.Time {
	return slices.DeleteFunc(kicks, func(t time.Time) bool { return now.Sub(t) >= time.Hour })
}
