package main

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/xmppkit/xmppkit/moderation"
	"github.com/xmppkit/xmppkit/muc"
	"github.com/xmppkit/xmppkit/stanza"
)

// history is what has been decided and done lately, for those who ask why.
type history struct {
	mu   sync.Mutex // guards those below
	ring [1000]moderation.Event
	next int
}

func (h *history) add(e moderation.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ring[h.next%len(h.ring)] = e
	h.next++
}

// tellAtMost is how many events an answer holds.
const tellAtMost = 10

// about says what is remembered of somebody by that address or nick, in one room or,
// if that is empty, in all: the latest last.
func (h *history) about(room stanza.JID, whom string) string {
	jid, _ := stanza.ParseJID(whom)
	h.mu.Lock()
	defer h.mu.Unlock()
	var list []string
	for i := h.next - 1; i >= max(0, h.next-len(h.ring)) && len(list) < tellAtMost; i-- {
		e := h.ring[i%len(h.ring)]
		where, o := subject(e)
		if (room == "" || room == where) && whom != "" && (o.Nick == whom || jid != "" && o.JID.Bare() == jid.Bare()) {
			list = append(list, describe(e))
		}
	}
	if list == nil {
		return "Nothing is remembered of that address or nick."
	}
	slices.Reverse(list)
	return strings.Join(list, "\n")
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

// describe is an event in words.
func describe(e moderation.Event) string {
	at := e.When().UTC().Format(time.DateTime)
	switch e := e.(type) {
	case moderation.Decision:
		verb := "decided"
		if e.DryRun {
			verb = "would have decided"
		}
		return fmt.Sprintf("%s %s: %s (%s): rule %s found %q in %s (%s); %s %v", at, e.Room, e.Occupant.Nick, e.Occupant.JID.Bare(),
			e.Rule, e.Phrase, e.Kind, e.View, verb, e.Actions)
	case moderation.Outcome:
		s := fmt.Sprintf("%s %s: %s (%s): %s", at, e.Room, e.Occupant.Nick, e.Occupant.JID.Bare(), e.Action)
		if e.Done != e.Action {
			s += ", but done was " + e.Done.String()
		}
		if e.Note != "" {
			s += " (" + e.Note + ")"
		}
		if e.Err != nil {
			s += ": " + e.Err.Error()
		}
		return s
	}
	return at
}
