package main

import (
	"bufio"
	"encoding/json"
	"io"
	"strings"

	"github.com/xmppkit/xmppkit/moderation"
	"github.com/xmppkit/xmppkit/stanza"
)

// maxLine bounds a line of a log.
const maxLine = 16 << 20

// line is what somebody said, in a log.
type line struct {
	Text string `json:"text"`
	Nick string `json:"nick"`
	JID  string `json:"jid"`
	Room string `json:"room"`
}

// answer is what the rules find in it.
type answer struct {
	Matches []match `json:"matches"`
}

// match is one thing that was found. Start and End are bytes of what it was found in,
// which is the text unless In says otherwise.
type match struct {
	Rule   string `json:"rule"`
	Phrase string `json:"phrase"`
	View   string `json:"view"`
	Start  int    `json:"start"`
	End    int    `json:"end"`
	In     string `json:"in,omitempty"` // nick, jid, domain
}

// matchLines tries rules on a log: for each line read it writes one, and does nothing
// else.
func matchLines(rules *moderation.Ruleset, in io.Reader, out io.Writer) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxLine)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	for lines.Scan() {
		l := readLine(lines.Text())
		a := answer{Matches: []match{}}
		for _, f := range rules.Check(normal(l.Room), l.Nick, normal(l.JID), l.Text) {
			m := match{Rule: f.Rule, Phrase: f.Phrase, View: f.View.String(), Start: f.Start, End: f.End}
			if f.Kind != moderation.InText {
				m.In = f.Kind.String()
			}
			a.Matches = append(a.Matches, m)
		}
		if err := enc.Encode(a); err != nil {
			return err
		}
	}
	return lines.Err()
}

// readLine reads a JSON object; what is none is all text.
func readLine(s string) line {
	var l line
	if !strings.HasPrefix(strings.TrimSpace(s), "{") || json.Unmarshal([]byte(s), &l) != nil {
		return line{Text: s}
	}
	return l
}

// normal is an address in its normal form; a log may hold what has none.
func normal(s string) stanza.JID {
	if jid, err := stanza.ParseJID(s); err == nil {
		return jid
	}
	return stanza.JID(s)
}
