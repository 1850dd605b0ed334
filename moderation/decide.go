package moderation

import (
	"slices"
	"time"

	"github.com/xmppkit/xmppkit/muc"
	"github.com/xmppkit/xmppkit/stanza"
)

// exempt says why somebody is never acted on, or "". own is our bare JID, nick the
// one that we hold in the room.
func (s *Ruleset) exempt(room stanza.JID, own stanza.JID, nick string, o muc.Occupant) string {
	switch bare := o.JID.Bare(); {
	case o.Nick == "" && bare == "":
		return "the room itself"
	case o.Nick != "" && o.Nick == nick, bare != "" && bare == own:
		return "ourselves"
	case o.Affiliation == stanza.Owner, o.Affiliation == stanza.Admin:
		return string(o.Affiliation)
	case o.Role == stanza.Moderator:
		return string(o.Role)
	}
	for i := range s.allow {
		if a := &s.allow[i]; within(a.rooms, room) && a.match(o) {
			return "allow-list"
		}
	}
	return ""
}

func (a *allow) match(o muc.Occupant) bool {
	if slices.Contains(a.all.Affiliations, o.Affiliation) {
		return true
	}
	if o.JID == "" {
		return false
	}
	if _, ok := a.jid.match(string(o.JID.Bare())); ok {
		return true
	}
	_, ok := a.domain.match(o.JID.Domain())
	return ok
}

// verdict is a Decision and what it takes to carry it out.
type verdict struct {
	Decision
	rule *rule
	seen recent
}

// decide says what follows from what was found in one thing that somebody said, is
// or did. Each rule counts once. Of what would remove the offender only the gravest
// remains, in the first rule that asks for it; nothing else is done twice either.
// old is for what was said while we were away.
func (s *Ruleset) decide(room stanza.JID, o muc.Occupant, list []found, old bool, now time.Time) []verdict {
	var out []verdict
	policy := s.policy(room)
	for _, f := range list {
		if slices.ContainsFunc(out, func(v verdict) bool { return v.rule == f.rule }) {
			continue
		}
		v := verdict{rule: f.rule, seen: f.seen, Decision: Decision{
			Time: now, Room: room, Occupant: o, Finding: f.Finding, Old: old,
			DryRun:  s.dryRun || policy.DryRun || f.rule.DryRun || old && policy.Archive != ArchiveAct,
			Actions: slices.Clone(f.rule.Actions),
		}}
		slices.Sort(v.Actions)
		v.Actions = slices.Compact(v.Actions)
		out = append(out, v)
	}
	gravest := Log
	for _, v := range out {
		if last := v.Actions[len(v.Actions)-1]; !v.DryRun && last.removes() {
			gravest = max(gravest, last)
		}
	}
	done := map[Action]bool{}
	for i := range out {
		if v := &out[i]; !v.DryRun {
			v.Actions = slices.DeleteFunc(v.Actions, func(a Action) bool {
				drop := done[a] || a.removes() && a != gravest
				done[a] = a != Log
				return drop
			})
			if len(v.Actions) == 0 {
				v.Actions = []Action{Log}
			}
		}
	}
	return out
}
