package muc

import (
	"testing"
	"time"

	"github.com/xmppkit/xmppkit/stanza"
)

// XEP-0410 §3.2.
func TestJudge(t *testing.T) {
	for _, c := range []struct {
		answer stanza.Condition
		again  bool
		want   verdict
	}{
		{answered, false, stillIn},
		{answered, true, stillIn},
		{stanza.ServiceUnavailable, false, stillIn},
		{stanza.ServiceUnavailable, true, stillIn},
		{stanza.FeatureNotImplemented, false, stillIn},
		{stanza.ItemNotFound, false, askAgain},
		{stanza.ItemNotFound, true, notIn},
		{stanza.RemoteServerNotFound, false, undecided},
		{stanza.RemoteServerTimeout, false, undecided},
		{silence, false, undecided},
		{silence, true, undecided},
		{stanza.NotAcceptable, false, notIn},
		{stanza.NotAllowed, false, notIn},
		{stanza.BadRequest, false, notIn},
		{stanza.Forbidden, false, notIn},
		{stanza.UndefinedCondition, false, notIn},
		{"made-up", false, notIn},
		{stanza.Gone, false, movedAway},
		{stanza.Gone, true, movedAway},
	} {
		if got := judge(c.answer, c.again); got != c.want {
			t.Errorf("judge(%q, %v) = %v, want %v", c.answer, c.again, got, c.want)
		}
	}
}

// XEP-0045 §7.2.5 to §7.2.11.
func TestOnRefusal(t *testing.T) {
	for c, want := range map[stanza.Condition]refusal{
		stanza.Conflict:             tryNick,
		stanza.NotAcceptable:        tryNick,
		stanza.NotAuthorized:        giveUp,
		stanza.Forbidden:            giveUp,
		stanza.RegistrationRequired: giveUp,
		stanza.JIDMalformed:         giveUp,
		stanza.Gone:                 giveUp,
		stanza.ServiceUnavailable:   tryAgain,
		stanza.ResourceConstraint:   tryAgain,
		stanza.InternalServerError:  tryAgain,
		stanza.RemoteServerNotFound: tryAgain,
		stanza.RemoteServerTimeout:  tryAgain,
		stanza.RecipientUnavailable: tryAgain,
		stanza.NotAllowed:           tryAgain,
		stanza.ItemNotFound:         tryAgain,
		"made-up":                   tryAgain,
	} {
		if got := onRefusal(c); got != want {
			t.Errorf("onRefusal(%q) = %v, want %v", c, got, want)
		}
	}
}

// XEP-0045 §15.6: the whole set of codes decides.
func TestCauseOf(t *testing.T) {
	codes := func(list ...stanza.Status) stanza.MUCUser {
		return stanza.MUCUser{Statuses: append(list, stanza.StatusSelfPresence)}
	}
	for _, c := range []struct {
		u    stanza.MUCUser
		want Cause
	}{
		{codes(), LeftByThemselves},
		{stanza.MUCUser{}, LeftByThemselves},
		{codes(301), Banned},
		{codes(301, 307), Banned},
		{codes(307, 301, 333), Banned},
		{stanza.MUCUser{Items: []stanza.MUCItem{{Affiliation: stanza.Outcast}}}, Banned},
		{codes(321), AffiliationLost},
		{codes(321, 307), AffiliationLost},
		{codes(322), MembersOnly},
		{codes(322, 307), MembersOnly},
		{codes(332), ServiceShutdown},
		{codes(307, 332), ServiceShutdown},
		{codes(332, 333), ServiceShutdown},
		{codes(333), Removed},
		{codes(307, 333), Removed},
		{codes(307), Kicked},
		{stanza.MUCUser{Destroy: &stanza.MUCDestroy{}}, Destroyed},
		{stanza.MUCUser{Destroy: &stanza.MUCDestroy{}, Statuses: stanza.Statuses{332}}, Destroyed},
		{codes(999), LeftByThemselves},
	} {
		if got := causeOf(c.u); got != c.want {
			t.Errorf("causeOf(%+v) = %v, want %v", c.u, got, c.want)
		}
	}
}

func TestComeback(t *testing.T) {
	now := time.Now()
	retry := Retry{Min: 5 * time.Second, Max: time.Minute}
	kicked := KickPolicy{After: time.Minute, PerHour: 3}
	ago := func(list ...time.Duration) (kicks []time.Time) {
		for _, d := range list {
			kicks = append(kicks, now.Add(-d))
		}
		return kicks
	}
	for name, c := range map[string]struct {
		cause     Cause
		losses    int
		policy    KickPolicy
		kicks     []time.Time
		low, high time.Duration
		again     bool
	}{
		"lost":                   {cause: Lost, losses: 1, again: true},
		"lost right after":       {cause: Lost, losses: 2, low: 2500 * time.Millisecond, high: 5 * time.Second, again: true},
		"lost over and over":     {cause: Lost, losses: 50, low: 30 * time.Second, high: time.Minute, again: true},
		"removed":                {cause: Removed, losses: 1, again: true},
		"self-ping":              {cause: SelfPingFailed, losses: 1, again: true},
		"shutdown":               {cause: ServiceShutdown, losses: 1, low: 5 * time.Second, high: 6 * time.Second, again: true},
		"shutdown again":         {cause: ServiceShutdown, losses: 3, low: 10 * time.Second, high: 16 * time.Second, again: true},
		"kicked":                 {cause: Kicked, policy: kicked, low: time.Minute, high: time.Minute, again: true},
		"kicked for the third":   {cause: Kicked, policy: kicked, kicks: ago(30*time.Minute, 10*time.Minute), low: time.Minute, high: time.Minute, again: true},
		"kicked for the fourth":  {cause: Kicked, policy: kicked, kicks: ago(30*time.Minute, 20*time.Minute, 10*time.Minute), low: 30 * time.Minute, high: 30 * time.Minute, again: true},
		"kicked, and stays away": {cause: Kicked, policy: KickPolicy{Stop: true, After: time.Minute, PerHour: 3}, low: time.Minute, high: time.Minute},
		"banned":                 {cause: Banned},
		"affiliation lost":       {cause: AffiliationLost},
		"members only":           {cause: MembersOnly},
		"destroyed":              {cause: Destroyed},
		"left":                   {cause: LeftByUs},
	} {
		after, again := comeback(c.cause, c.losses, retry, c.policy, c.kicks, now)
		if again != c.again || after < c.low || after > c.high {
			t.Errorf("%s: after %v, %v; want %v to %v, %v", name, after, again, c.low, c.high, c.again)
		}
	}
}

func TestRetryGrowsAndIsBounded(t *testing.T) {
	r := Retry{Min: time.Second, Max: 10 * time.Second}
	high := time.Second
	for n := 1; n < 100; n++ {
		if d := r.wait(n); d < high/2 || d > high {
			t.Errorf("after %d failures: %v, want %v to %v", n, d, high/2, high)
		}
		high = min(2*high, 10*time.Second)
	}
}

func TestCompare(t *testing.T) {
	list := func(occupants ...Occupant) (l roster) {
		for _, o := range occupants {
			l.put(o, nil)
		}
		return l
	}
	ann, bob, cid := Occupant{Nick: "ann"}, Occupant{Nick: "bob", JID: "bob@x"}, Occupant{Nick: "cid", Role: stanza.Visitor}
	voiced, other := cid, bob
	voiced.Role = stanza.Participant
	other.JID = "rob@x"
	came, gone, moved := compare(list(bob, ann, cid), list(voiced, other, Occupant{Nick: "dan"}), true)
	if len(came) != 2 || came[0] != other || came[1].Nick != "dan" ||
		len(gone) != 2 || gone[0] != ann || gone[1] != bob ||
		len(moved) != 1 || moved[0] != (changed{cid, voiced}) {
		t.Errorf("came %v, gone %v, changed %v", came, gone, moved)
	}
}

func TestPasses(t *testing.T) {
	for c, want := range map[stanza.Condition]bool{
		stanza.InternalServerError: true, stanza.ResourceConstraint: true, stanza.RemoteServerTimeout: true,
		stanza.Forbidden: false, stanza.NotAllowed: false, stanza.ItemNotFound: false, stanza.Conflict: false,
	} {
		if got := passes(&stanza.Error{Type: stanza.Wait, Condition: c}); got != want {
			t.Errorf("passes(%s) = %v", c, got)
		}
	}
	if passes(nil) {
		t.Error("success passes")
	}
}
