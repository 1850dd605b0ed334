package moderation

import (
	"fmt"
	"hash/maphash"
	"regexp"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/xmppkit/xmppkit/stanza"
)

// utterance is what is remembered of a message.
type utterance struct {
	at   time.Time
	hash uint64 // of the text
	id   string // that the room gave it; may be empty
}

// recent is the last few utterances of somebody, oldest first.
type recent []utterance

// add keeps at most n.
func (r *recent) add(u utterance, n int) {
	if len(*r) >= n && n > 0 {
		copy(*r, (*r)[len(*r)-n+1:])
		*r = (*r)[:n-1]
	}
	if n > 0 {
		*r = append(*r, u)
	}
}

// since is those after a time, of which the last has just been added.
func (r recent) since(t time.Time) recent {
	for i := range r {
		if r[i].at.After(t) {
			return r[i:]
		}
	}
	return nil
}

// same is those of a text.
func (r recent) same(hash uint64) recent {
	var list recent
	for _, u := range r {
		if u.hash == hash {
			list = append(list, u)
		}
	}
	return list
}

// hashes seeds those of utterances.
var hashes = maphash.MakeSeed()

// hashOf is the same for texts that differ in case, spacing, punctuation and what
// cannot be seen only.
func hashOf(text string) uint64 {
	var h maphash.Hash
	h.SetSeed(hashes)
	for _, r := range norm.NFKC.String(text) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsSymbol(r) {
			writeRune(&h, unicode.ToLower(r))
		}
	}
	return h.Sum64()
}

func writeRune(h *maphash.Hash, r rune) {
	var b [4]byte
	b[0], b[1], b[2], b[3] = byte(r), byte(r>>8), byte(r>>16), byte(r>>24)
	_, _ = h.Write(b[:]) // it never fails
}

// shouts reports whether a text is mostly capitals.
func (s *Shouting) shouts(text string) (percent int, yes bool) {
	capitals, cased := 0, 0
	for _, r := range text {
		switch {
		case unicode.IsUpper(r), unicode.IsTitle(r):
			capitals++
			cased++
		case unicode.IsLower(r):
			cased++
		}
	}
	if cased < s.Letters || cased == 0 {
		return 0, false
	}
	percent = 100 * capitals / cased
	return percent, percent >= s.Percent
}

// link finds addresses as people write them.
var link = regexp.MustCompile(`(?i)(?:^|[^\pL\pN_])(?:[a-z][a-z0-9+.-]{1,20}://[^\s/]|(?:mailto|xmpp|magnet|tel|geo|sms):[^\s]|www\.[\pL\pN-]+\.|` +
	`[\pL\pN][\pL\pN-]*(?:\.[\pL\pN-]+)*\.\pL{2,24}(?::\d+)?/[^\s]|(?:t|telegram|wa)\.me\b|` +
	`[a-z0-9][a-z0-9-]*\.(?:com|net|org|info|biz|xyz|top|site|online|club|shop|ru|su|io|app|link|click|onion|i2p)\b)`)

// links reports whether there is a link in a message.
func links(m *stanza.Message, texts []string) bool {
	if m != nil && m.Extension(nsOOB, "x") != nil {
		return true
	}
	for _, t := range texts {
		if link.MatchString(t) {
			return true
		}
	}
	return false
}

// maxWords bounds the words that are looked at for mentions.
const maxWords = 4000

// mentions counts the occupants that a text names, up to three words each. present
// tells who is one.
func mentions(texts []string, present func(nick string) bool) int {
	seen := map[string]bool{}
	words := 0
	for _, t := range texts {
		list := strings.Fields(t)
		for i := range list {
			if words++; words > maxWords {
				return len(seen)
			}
			for n := 1; n <= 3 && i+n <= len(list); n++ {
				w := strings.Join(list[i:i+n], " ")
				for _, nick := range [...]string{w, strings.Trim(w, "@,:;.!?()[]<>\"'")} {
					if nick != "" && !seen[nick] && present(nick) {
						seen[nick] = true
						break
					}
				}
			}
		}
	}
	return len(seen)
}

// habits is what somebody does, at the moment of a message.
type habits struct {
	recent  recent // this message last
	came    time.Time
	fired   map[*rule]time.Time // when a rule last had its say
	message *stanza.Message
	texts   []string
	present func(nick string) bool
}

// lookBehaviour looks at how somebody behaves.
func (s *Ruleset) lookBehaviour(room stanza.JID, h habits) []found {
	if len(s.behaving) == 0 || len(h.texts) == 0 {
		return nil
	}
	var list []found
	now := h.recent[len(h.recent)-1]
	named := -1
	add := func(r *rule, k Kind, limit string, ids recent) {
		list = append(list, found{Finding: Finding{Rule: r.Name, Kind: k, Phrase: limit, Text: h.texts[0]}, rule: r, seen: ids})
	}
	for _, r := range s.behaving {
		if !r.here(room) {
			continue
		}
		since := func(d time.Duration) recent {
			t := now.at.Add(-d)
			if f := h.fired[r]; f.After(t) {
				t = f
			}
			return h.recent.since(t)
		}
		if r.Flood != nil {
			if l := since(r.Flood.Within); len(l) > r.Flood.Messages {
				add(r, ByFlood, fmt.Sprintf("%d messages in %v", len(l), r.Flood.Within), l)
			}
		}
		if r.Repeats != nil {
			if l := since(r.Repeats.Within).same(now.hash); len(l) > r.Repeats.Times {
				add(r, ByRepeats, fmt.Sprintf("%d times in %v", len(l), r.Repeats.Within), l)
			}
		}
		if r.Shouting != nil {
			for _, t := range h.texts {
				if n, ok := r.Shouting.shouts(t); ok {
					add(r, ByShouting, fmt.Sprintf("%d%% capitals", n), nil)
					break
				}
			}
		}
		if r.Mentions != nil {
			if named < 0 {
				named = mentions(h.texts, h.present)
			}
			if named > r.Mentions.Count {
				add(r, ByMentions, fmt.Sprintf("%d occupants", named), nil)
			}
		}
		if r.Links != nil && !h.came.IsZero() && now.at.Sub(h.came) < r.Links.Within && links(h.message, h.texts) {
			add(r, ByLinks, fmt.Sprintf("within %v of joining", r.Links.Within), nil)
		}
	}
	return list
}
