package moderation

import (
	"github.com/xmppkit/xmppkit/stanza"
)

// Kind is what a rule found something in.
type Kind uint8

// The kinds.
const (
	InText Kind = iota
	InNick
	InJID
	InDomain
	InSoftware
	ByShouting
	ByFlood
	ByRepeats
	ByJoins
	ByMentions
	ByLinks
	ByList // a shared block list
)

var kinds = names[Kind]{"text", "nick", "jid", "domain", "software", "shouting", "flood", "repeats", "joins",
	"mentions", "links", "list"}

// String is the kind in a word.
func (k Kind) String() string { return kinds.of(k) }

// MarshalText is String.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// Finding is what one rule has found.
type Finding struct {
	Rule   string
	Kind   Kind
	Phrase string // the phrase, pattern or limit
	View   View   // of a text or a nick
	Text   string // what was looked at
	Start  int    // where in Text, in bytes
	End    int
}

// found is a Finding and the rule.
type found struct {
	Finding
	rule *rule
	seen recent // all messages that it was found in, if several
}

// Check is what the rules say to a text from somebody of that nick and address in a
// room; each may be empty. Nobody is exempt. It is for trying rules out: behaviour,
// software and block lists do not count.
func (s *Ruleset) Check(room stanza.JID, nick string, jid stanza.JID, text string) []Finding {
	var out []Finding
	for _, f := range append(s.lookText(room, []string{text}, false), s.lookNames(room, nick, jid)...) {
		out = append(out, f.Finding)
	}
	return out
}

// lookText looks at what was said.
func (s *Ruleset) lookText(room stanza.JID, texts []string, whispered bool) []found {
	var list []found
	for _, text := range texts {
		for _, m := range s.text.Match(text) {
			if r := &s.rules[m.Index]; r.here(room) && (r.Whispers || !whispered) {
				list = append(list, found{Finding{m.Rule, InText, m.Phrase, m.View, text, m.Start, m.End}, r, nil})
			}
		}
	}
	return list
}

// lookNames looks at who somebody is.
func (s *Ruleset) lookNames(room stanza.JID, nick string, jid stanza.JID) []found {
	var list []found
	add := func(r *rule, f Finding) {
		if r.here(room) {
			f.Rule = r.Name
			list = append(list, found{f, r, nil})
		}
	}
	for _, m := range s.nicks.Match(nick) {
		add(&s.rules[m.Index], Finding{Kind: InNick, Phrase: m.Phrase, View: m.View, Text: nick, Start: m.Start, End: m.End})
	}
	bare := string(jid.Bare())
	for _, r := range s.named {
		if p, ok := r.nick.match(nick); ok {
			add(r, whole(InNick, p, nick))
		}
		if p, ok := r.jid.match(bare); ok {
			add(r, whole(InJID, p, bare))
		}
		if p, ok := r.domain.match(jid.Domain()); ok {
			add(r, whole(InDomain, p, jid.Domain()))
		}
	}
	return list
}

func whole(k Kind, pattern, text string) Finding {
	return Finding{Kind: k, Phrase: pattern, Text: text, End: len(text)}
}

// texts is everything in a message that somebody may read.
func texts(m *stanza.Message) []string {
	var list []string
	add := func(s string) {
		if s != "" {
			list = append(list, s)
		}
	}
	for _, b := range m.Bodies() {
		add(b.Text)
	}
	if m.Subject != nil {
		add(*m.Subject)
	}
	for i := range m.Extensions {
		switch e := &m.Extensions[i]; {
		case e.Is(stanza.NSClient, "subject"):
			if s := e.Content(); m.Subject == nil || s != *m.Subject {
				add(s)
			}
		case e.Is(nsXHTML, "html"):
			add(deepText(e, 0))
		case e.Is(nsOOB, "x"):
			add(e.ChildText(nsOOB, "url"))
			add(e.ChildText(nsOOB, "desc"))
		}
	}
	return list
}

const (
	nsXHTML = "http://jabber.org/protocol/xhtml-im" // XEP-0071
	nsOOB   = "jabber:x:oob"                        // XEP-0066
	deepest = 64
)

// deepText is all text in an element.
func deepText(e *stanza.Element, depth int) string {
	if len(e.Children) == 0 || depth > deepest {
		return e.Text
	}
	s := ""
	for i := range e.Children {
		s += deepText(&e.Children[i], depth+1)
	}
	return s
}
