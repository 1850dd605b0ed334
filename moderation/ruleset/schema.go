package ruleset

import (
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"

	"github.com/xmppkit/xmppkit/moderation"
	"github.com/xmppkit/xmppkit/stanza"
)

// field is what may stand behind a key.
type field struct {
	expected string
	kind     unstable.Kind
	list     bool               // a list of it as well
	check    func(string) error // of each string
}

var (
	flag     = field{expected: "true or false", kind: unstable.Bool}
	number   = field{expected: "a whole number", kind: unstable.Integer}
	text     = field{expected: "a string", kind: unstable.String}
	texts    = field{expected: "a string or a list of strings", kind: unstable.String, list: true}
	table    = field{expected: "a table such as { }", kind: unstable.InlineTable}
	tables   = field{kind: unstable.InlineTable, list: true}
	timespan = field{expected: `a duration such as "90s", "2h" or "7d"`, kind: unstable.String,
		check: func(s string) error { return new(duration).UnmarshalText([]byte(s)) }}
	action = field{expected: "one or several of log, warn, retract, devoice, kick, tempban, ban", kind: unstable.String,
		list: true, check: func(s string) error { return new(moderation.Action).UnmarshalText([]byte(s)) }}
	archive = field{expected: "off, log or act", kind: unstable.String,
		check: func(s string) error { return new(moderation.Archive).UnmarshalText([]byte(s)) }}
	address = field{expected: "a bare JID such as room@rooms.example.org", kind: unstable.String, check: bareJID}
)

func bareJID(s string) error {
	if j, err := stanza.ParseJID(s); err != nil {
		return err
	} else if !j.IsBare() {
		return stanza.ErrJID
	}
	return nil
}

// schema is all keys there are.
var schema = map[string]field{
	"moderation": table, "rule": tables, "allow": tables, "rtbl": tables, "room": tables,

	"moderation.dry_run": flag, "moderation.reason": text,

	"rule.name": text, "rule.rooms": texts, "rule.action": action, "rule.dry_run": flag, "rule.reason": text,
	"rule.words": texts, "rule.delay": timespan, "rule.duration": timespan, "rule.retract": number,
	"rule.phrase": texts, "rule.regexp": texts, "rule.except": texts, "rule.substring": flag, "rule.whispers": flag,
	"rule.nick": texts, "rule.nick_regexp": texts, "rule.jid": texts, "rule.jid_regexp": texts,
	"rule.domain": texts, "rule.domain_regexp": texts,
	"rule.software": table, "rule.software.name": texts, "rule.software.version": texts, "rule.software.os": texts,
	"rule.software.unanswered": flag,
	"rule.shouting":            table, "rule.shouting.percent": number, "rule.shouting.letters": number,
	"rule.flood": table, "rule.flood.messages": number, "rule.flood.within": timespan,
	"rule.repeats": table, "rule.repeats.times": number, "rule.repeats.within": timespan,
	"rule.joins": table, "rule.joins.count": number, "rule.joins.within": timespan,
	"rule.mentions": table, "rule.mentions.count": number,
	"rule.links": table, "rule.links.within": timespan,

	"allow.jid": texts, "allow.domain": texts, "allow.affiliation": texts, "allow.rooms": texts,

	"rtbl.name": text, "rtbl.service": address, "rtbl.node": text, "rtbl.rooms": texts, "rtbl.action": action,
	"rtbl.dry_run": flag, "rtbl.reason": text, "rtbl.words": texts, "rtbl.delay": timespan, "rtbl.duration": timespan,

	"room.jid": address, "room.dry_run": flag, "room.reason": text, "room.archive": archive,
}

// Known reports whether a key, or a table, is one of this package.
func Known(key []string) bool {
	_, ok := schema[strings.Join(key, ".")]
	return ok
}

// beside lists the keys that there are in a table.
func beside(table string) string {
	if table == "" {
		return "[moderation], [[rule]], [[allow]], [[rtbl]], [[room]]"
	}
	var list []string
	for k := range schema {
		if i := strings.LastIndexByte(k, '.'); i > 0 && k[:i] == table {
			list = append(list, k[i+1:])
		}
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}
