package main

import (
	"fmt"
	"time"

	"github.com/xmppkit/xmppkit/moderation"
	"github.com/xmppkit/xmppkit/muc"
	"github.com/xmppkit/xmppkit/stanza"
)

// describe puts in words what was decided or done, for masters and the admin room.
func describe(e moderation.Event) string {
	room, o := subject(e)
	s := fmt.Sprintf("%s %s: %s: ", e.When().UTC().Format(time.DateTime), room, who(o))
	switch e := e.(type) {
	case moderation.Decision:
		s += fmt.Sprintf("rule %q found %q in the %s", e.Rule, e.Phrase, e.Kind)
		if e.Kind <= moderation.InNick {
			s += fmt.Sprintf(" (view: %s)", e.View)
		}
		s += fmt.Sprintf(", so %v", e.Actions) // with %s they would be bytes
		if e.DryRun {
			s += ", if this were no dry run"
		}
	case moderation.Outcome:
		s += e.Action.String()
		if e.Done != e.Action {
			s += ", but done was " + e.Done.String()
		}
		if e.Note != "" {
			s += " (" + e.Note + ")"
		}
		if e.Err != nil {
			s += ": " + e.Err.Error()
		}
	}
	return s
}

// subject is where and about whom an event is.
func subject(e moderation.Event) (stanza.JID, muc.Occupant) {
	switch e := e.(type) {
	case moderation.Decision:
		return e.Room, e.Occupant
	case moderation.Outcome:
		return e.Room, e.Occupant
	}
	return "", muc.Occupant{}
}

func who(o muc.Occupant) string {
	switch {
	case o.JID == "":
		return o.Nick + " (address hidden)"
	case o.Nick == "":
		return string(o.JID.Bare())
	}
	return fmt.Sprintf("%s (%s)", o.Nick, o.JID.Bare())
}
