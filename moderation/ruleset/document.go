package ruleset

import (
	"time"

	"github.com/xmppkit/xmppkit/moderation"
	"github.com/xmppkit/xmppkit/stanza"
)

// document is a file of rules.
type document struct {
	Moderation struct {
		DryRun bool   `toml:"dry_run"`
		Reason string `toml:"reason"`
	} `toml:"moderation"`
	Rules []rule  `toml:"rule"`
	Allow []allow `toml:"allow"`
	Lists []list  `toml:"rtbl"`
	Rooms []room  `toml:"room"`
}

type rule struct {
	Name      string `toml:"name"`
	Phrases   words  `toml:"phrase"`
	Regexps   words  `toml:"regexp"`
	Except    words  `toml:"except"`
	Substring bool   `toml:"substring"`
	Whispers  bool   `toml:"whispers"`

	Nick          words `toml:"nick"`
	NickRegexps   words `toml:"nick_regexp"`
	JID           words `toml:"jid"`
	JIDRegexps    words `toml:"jid_regexp"`
	Domain        words `toml:"domain"`
	DomainRegexps words `toml:"domain_regexp"`

	Software *struct {
		Name       words `toml:"name"`
		Version    words `toml:"version"`
		OS         words `toml:"os"`
		Unanswered bool  `toml:"unanswered"`
	} `toml:"software"`
	Shouting *struct {
		Percent int `toml:"percent"`
		Letters int `toml:"letters"`
	} `toml:"shouting"`
	Flood *struct {
		Messages int      `toml:"messages"`
		Within   duration `toml:"within"`
	} `toml:"flood"`
	Repeats *struct {
		Times  int      `toml:"times"`
		Within duration `toml:"within"`
	} `toml:"repeats"`
	Joins *struct {
		Count  int      `toml:"count"`
		Within duration `toml:"within"`
	} `toml:"joins"`
	Mentions *struct {
		Count int `toml:"count"`
	} `toml:"mentions"`
	Links *struct {
		Within duration `toml:"within"`
	} `toml:"links"`

	Rooms   words `toml:"rooms"`
	Retract int   `toml:"retract"`
	consequence
}

// consequence is the keys that rules and block lists share.
type consequence struct {
	Action   actions  `toml:"action"`
	DryRun   bool     `toml:"dry_run"`
	Reason   *string  `toml:"reason"`
	Words    words    `toml:"words"`
	Delay    duration `toml:"delay"`
	Duration duration `toml:"duration"`
}

type allow struct {
	JID         words        `toml:"jid"`
	Domain      words        `toml:"domain"`
	Affiliation affiliations `toml:"affiliation"`
	Rooms       words        `toml:"rooms"`
}

type list struct {
	Name    string     `toml:"name"`
	Service stanza.JID `toml:"service"`
	Node    string     `toml:"node"`
	Rooms   words      `toml:"rooms"`
	consequence
}

type room struct {
	JID     stanza.JID         `toml:"jid"`
	DryRun  bool               `toml:"dry_run"`
	Reason  *string            `toml:"reason"`
	Archive moderation.Archive `toml:"archive"`
}

// rules is what the document says, and where.
func (d *document) rules(file string, p *survey) moderation.Rules {
	at := func(table string, i int) moderation.Position {
		return moderation.Position{File: file, Line: p.line(table, i)}
	}
	out := moderation.Rules{DryRun: d.Moderation.DryRun, Reason: d.Moderation.Reason}
	for i := range d.Rules {
		out.Rules = append(out.Rules, d.Rules[i].rule(at("rule", i)))
	}
	for i, a := range d.Allow {
		out.Allow = append(out.Allow, moderation.Allow{JID: a.JID, Domain: a.Domain, Affiliations: a.Affiliation,
			Rooms: a.Rooms, Pos: at("allow", i)})
	}
	for i, l := range d.Lists {
		out.Lists = append(out.Lists, moderation.BlockList{Name: l.Name, Service: normal(l.Service), Node: l.Node,
			Rooms: l.Rooms, Consequence: l.consequence.of(0), Pos: at("rtbl", i)})
	}
	for i, r := range d.Rooms {
		p := moderation.RoomPolicy{JID: normal(r.JID), DryRun: r.DryRun, Archive: r.Archive, Pos: at("room", i)}
		p.Reason, p.NoReason = reason(r.Reason)
		out.Rooms = append(out.Rooms, p)
	}
	return out
}

func (r *rule) rule(pos moderation.Position) moderation.Rule {
	x := moderation.Rule{
		Name: r.Name, Pos: pos, Phrases: r.Phrases, Regexps: r.Regexps, Except: r.Except,
		Substring: r.Substring, Whispers: r.Whispers, Rooms: r.Rooms,
		Nick:        moderation.Names{Globs: r.Nick, Regexps: r.NickRegexps},
		JID:         moderation.Names{Globs: r.JID, Regexps: r.JIDRegexps},
		Domain:      moderation.Names{Globs: r.Domain, Regexps: r.DomainRegexps},
		Consequence: r.consequence.of(r.Retract),
	}
	if s := r.Software; s != nil {
		x.Software = &moderation.Software{Name: s.Name, Version: s.Version, OS: s.OS, Unanswered: s.Unanswered}
	}
	if s := r.Shouting; s != nil {
		x.Shouting = &moderation.Shouting{Percent: s.Percent, Letters: s.Letters}
	}
	if s := r.Flood; s != nil {
		x.Flood = &moderation.Flood{Messages: s.Messages, Within: time.Duration(s.Within)}
	}
	if s := r.Repeats; s != nil {
		x.Repeats = &moderation.Repeats{Times: s.Times, Within: time.Duration(s.Within)}
	}
	if s := r.Joins; s != nil {
		x.Joins = &moderation.Joins{Count: s.Count, Within: time.Duration(s.Within)}
	}
	if s := r.Mentions; s != nil {
		x.Mentions = &moderation.Mentions{Count: s.Count}
	}
	if s := r.Links; s != nil {
		x.Links = &moderation.Links{Within: time.Duration(s.Within)}
	}
	return x
}

func (c *consequence) of(retract int) moderation.Consequence {
	x := moderation.Consequence{Actions: c.Action, DryRun: c.DryRun, Words: c.Words,
		Delay: time.Duration(c.Delay), Duration: time.Duration(c.Duration), Retract: retract}
	x.Reason, x.NoReason = reason(c.Reason)
	return x
}

// reason tells a reason that is empty from one that is not given.
func reason(s *string) (text string, none bool) {
	if s == nil {
		return "", false
	}
	return *s, *s == ""
}
