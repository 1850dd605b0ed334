package moderation

import (
	"errors"
	"fmt"
	"time"

	"github.com/xmppkit/xmppkit/stanza"
)

// Ruleset is [Rules] made ready for use. It is immutable: any number of goroutines
// may use one at a time, and [Moderator.SetRules] swaps one for another.
type Ruleset struct {
	dryRun bool
	reason *reason
	rules  []rule // those of the block lists come last
	lists  []*BlockList
	allow  []allow
	rooms  map[stanza.JID]*roomRules
	text   *Filter // of rule i in rules
	nicks  *Filter

	// Those of rules that look at something else than texts.
	named, listed, behaving, waves, asking []*rule

	newcomers bool // some rule asks when somebody came
	memory    int  // utterances that are remembered of each occupant
	joins     int  // joins that are remembered of each room
}

// rule is a Rule or a BlockList.
type rule struct {
	Rule
	list   *BlockList // nil of a Rule
	rooms  *patterns  // nil: everywhere
	reason *reason
	words  []*reason

	nick, jid, domain patterns
	software          *software
}

type software struct {
	name, version, os patterns
	unanswered        bool
}

type allow struct {
	rooms       *patterns
	jid, domain patterns
	all         Allow
}

type roomRules struct {
	RoomPolicy
	reason *reason
}

// NewRuleset makes rules ready for use. If anything in them cannot be used, it
// returns nil and every fault as a *[RuleError], joined (see errors.Join).
func NewRuleset(r Rules) (*Ruleset, error) {
	c := compiler{set: &Ruleset{dryRun: r.DryRun, rooms: map[stanza.JID]*roomRules{}}}
	c.set.reason = c.template("", Position{}, r.Reason)
	for i := range r.Rules {
		c.rule(r.Rules[i], nil)
	}
	for i := range r.Lists {
		c.list(r.Lists[i])
	}
	c.sort()
	c.filters()
	for _, a := range r.Allow {
		c.allow(a)
	}
	for _, p := range r.Rooms {
		c.room(p)
	}
	if c.faults != nil {
		return nil, errors.Join(c.faults...)
	}
	return c.set, nil
}

// compiler gathers a Ruleset and what is wrong with it.
type compiler struct {
	set    *Ruleset
	faults []error
}

func (c *compiler) fault(name string, pos Position, pattern string, err error) {
	c.faults = append(c.faults, &RuleError{Rule: name, Pos: pos, Pattern: pattern, Err: err})
}

func (c *compiler) template(name string, pos Position, text string) *reason {
	t, err := parseReason(text)
	if err != nil {
		c.fault(name, pos, text, err)
	}
	return t
}

func (c *compiler) patterns(name string, pos Position, n Names, normal func(string) (string, error)) patterns {
	p, pattern, err := compilePatterns(n, normal)
	if err != nil {
		c.fault(name, pos, pattern, err)
	}
	return p
}

// where is nil for every room.
func (c *compiler) where(name string, pos Position, rooms []string) *patterns {
	if len(rooms) == 0 {
		return nil
	}
	p := c.patterns(name, pos, Names{Globs: rooms}, bareJID)
	return &p
}

func (c *compiler) rule(r Rule, list *BlockList) {
	bad := func(what string, err error) { c.fault(r.Name, r.Pos, what, err) }
	x := rule{Rule: r, list: list}
	if len(r.Actions) == 0 {
		x.Actions = []Action{Log}
	}
	for _, a := range x.Actions {
		if a >= Lift {
			bad(a.String(), errors.New("no action of a rule"))
		}
	}
	if x.Duration == 0 {
		x.Duration = time.Hour
	}
	if x.Duration < 0 || x.Delay < 0 || x.Delay > MaxDelay {
		bad("duration or delay", fmt.Errorf("expected a duration; a delay of at most %v", MaxDelay))
	}
	if x.Retract < 0 || x.Retract > MaxRetract {
		bad("retract", fmt.Errorf("expected a number from 0 to %d", MaxRetract))
	} else if x.Retract > 0 {
		c.set.memory = max(c.set.memory, x.Retract+1)
	}
	x.rooms = c.where(r.Name, r.Pos, r.Rooms)
	x.reason = c.template(r.Name, r.Pos, r.Reason)
	for _, w := range r.Words {
		if t := c.template(r.Name, r.Pos, w); t != nil {
			x.words = append(x.words, t)
		}
	}
	// Nicks that are no globs are phrases.
	var globs []string
	for _, g := range r.Nick.Globs {
		if isGlob(g) {
			globs = append(globs, g)
		}
	}
	x.nick = c.patterns(r.Name, r.Pos, Names{Globs: globs}, anything)
	x.jid = c.patterns(r.Name, r.Pos, r.JID, bareJID)
	x.domain = c.patterns(r.Name, r.Pos, r.Domain, domain)
	if s := r.Software; s != nil {
		x.software = &software{
			name:       c.patterns(r.Name, r.Pos, Names{Globs: s.Name}, anything),
			version:    c.patterns(r.Name, r.Pos, Names{Globs: s.Version}, anything),
			os:         c.patterns(r.Name, r.Pos, Names{Globs: s.OS}, anything),
			unanswered: s.Unanswered,
		}
	}
	c.limits(&x)
	c.set.rules = append(c.set.rules, x)
}

// MaxDelay bounds Consequence.Delay.
const MaxDelay = time.Hour

// limits gives behaviours their defaults.
func (c *compiler) limits(x *rule) {
	check := func(what string, n *int, standard int, d *time.Duration, usual time.Duration, most int) {
		if *n == 0 {
			*n = standard
		}
		if d != nil && *d == 0 {
			*d = usual
		}
		if *n < 1 || *n > most || d != nil && *d < 0 {
			c.fault(x.Name, x.Pos, what, fmt.Errorf("expected a number from 1 to %d and a duration", most))
		}
	}
	if x.Shouting != nil {
		s := *x.Shouting
		check("shouting", &s.Percent, 80, nil, 0, 100)
		check("shouting", &s.Letters, 16, nil, 0, 1<<20)
		x.Shouting = &s
	}
	if x.Flood != nil {
		f := *x.Flood
		check("flood", &f.Messages, 8, &f.Within, 10*time.Second, MaxCount)
		x.Flood = &f
		c.set.memory = max(c.set.memory, f.Messages+1)
	}
	if x.Repeats != nil {
		f := *x.Repeats
		check("repeats", &f.Times, 3, &f.Within, time.Minute, MaxCount)
		x.Repeats = &f
		c.set.memory = max(c.set.memory, min(4*(f.Times+1), MaxCount+1)) // others may stand between
	}
	if x.Joins != nil {
		f := *x.Joins
		check("joins", &f.Count, 12, &f.Within, time.Minute, MaxCount)
		x.Joins = &f
		c.set.joins = max(c.set.joins, f.Count+1)
	}
	if x.Mentions != nil {
		f := *x.Mentions
		check("mentions", &f.Count, 6, nil, 0, 1000)
		x.Mentions = &f
	}
	if x.Links != nil {
		f, one := *x.Links, 1
		check("links", &one, 1, &f.Within, 5*time.Minute, 1)
		x.Links = &f
		c.set.newcomers = true
	}
}

func (c *compiler) list(l BlockList) {
	if l.Node == "" {
		l.Node = "muc_bans_sha256"
	}
	if l.Name == "" {
		l.Name = string(l.Service)
	}
	if len(l.Actions) == 0 {
		l.Actions = []Action{Ban}
	}
	if !l.Service.IsBare() {
		c.fault(l.Name, l.Pos, string(l.Service), errors.New("expected the bare JID of a pubsub service"))
	}
	c.set.lists = append(c.set.lists, &l)
	c.rule(Rule{Name: l.Name, Rooms: l.Rooms, Consequence: l.Consequence, Pos: l.Pos}, &l)
}

// sort sorts the rules by what they look at.
func (c *compiler) sort() {
	s := c.set
	for i := range s.rules {
		r := &s.rules[i]
		for list, wanted := range map[*[]*rule]bool{
			&s.named:    !r.nick.empty() || !r.jid.empty() || !r.domain.empty(),
			&s.listed:   r.list != nil,
			&s.behaving: r.Flood != nil || r.Repeats != nil || r.Shouting != nil || r.Mentions != nil || r.Links != nil,
			&s.waves:    r.Joins != nil,
			&s.asking:   r.software != nil,
		} {
			if wanted {
				*list = append(*list, r)
			}
		}
	}
}

// filters makes those for texts and nicks. Their indexes are those of the rules.
func (c *compiler) filters() {
	texts := make([]TextRule, len(c.set.rules))
	nicks := make([]TextRule, len(c.set.rules))
	for i := range c.set.rules {
		r := &c.set.rules[i]
		texts[i] = TextRule{Name: r.Name, Pos: r.Pos, Phrases: r.Phrases, Regexps: r.Regexps, Except: r.Except, Substring: r.Substring}
		nicks[i] = TextRule{Name: r.Name, Pos: r.Pos, Regexps: r.Nick.Regexps}
		for _, g := range r.Nick.Globs {
			if !isGlob(g) {
				nicks[i].Phrases = append(nicks[i].Phrases, unescapeGlob(g))
			}
		}
	}
	var err, err2 error
	c.set.text, err = Compile(texts)
	c.set.nicks, err2 = Compile(nicks)
	for _, err := range []error{err, err2} {
		if err != nil {
			c.faults = append(c.faults, err)
		}
	}
}

func (c *compiler) allow(a Allow) {
	const name = "allow"
	for _, f := range a.Affiliations {
		switch f {
		case stanza.AffiliationNone, stanza.Member, stanza.Admin, stanza.Owner:
		default:
			c.fault(name, a.Pos, string(f), errors.New("expected an affiliation: none, member, admin or owner"))
		}
	}
	c.set.allow = append(c.set.allow, allow{
		rooms:  c.where(name, a.Pos, a.Rooms),
		jid:    c.patterns(name, a.Pos, Names{Globs: a.JID}, bareJID),
		domain: c.patterns(name, a.Pos, Names{Globs: a.Domain}, domain),
		all:    a,
	})
}

func (c *compiler) room(p RoomPolicy) {
	if !p.JID.IsBare() {
		c.fault("room", p.Pos, string(p.JID), errors.New("expected the bare JID of a room"))
	}
	c.set.rooms[p.JID] = &roomRules{p, c.template("room", p.Pos, p.Reason)}
}

// here reports whether a rule is for this room.
func (r *rule) here(room stanza.JID) bool { return within(r.rooms, room) }

func within(rooms *patterns, room stanza.JID) bool {
	if rooms == nil {
		return true
	}
	_, ok := rooms.match(string(room))
	return ok
}

// policy is what is different in this room.
func (s *Ruleset) policy(room stanza.JID) roomRules {
	if p := s.rooms[room]; p != nil {
		return *p
	}
	return roomRules{}
}

// reasonFor is the template for this rule in this room.
func (s *Ruleset) reasonFor(r *rule, room stanza.JID) *reason {
	p := s.policy(room)
	switch {
	case r.NoReason:
		return nil
	case r.reason != nil:
		return r.reason
	case p.NoReason:
		return nil
	case p.reason != nil:
		return p.reason
	}
	return s.reason
}
