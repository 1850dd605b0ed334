package moderation

import (
	"errors"
	"fmt"
	"regexp"
	"sort"
	"strings"
)

// A Filter finds the phrases and regular expressions of a set of rules in texts.
// It is immutable: any number of goroutines may call Match at once, and a program
// that reloads its rules swaps one Filter for another (an atomic.Pointer will do).
// The zero value and a nil Filter match nothing.
type Filter struct {
	rules   []compiledRule
	phrases []phrase
	words   index // phrases that stand as whole words
	parts   index // phrases of substring rules
	signs   map[rune][]int32
	exprs   []expression
}

// A TextRule is what one rule looks for in a text. Without a usable phrase or
// expression it matches nothing.
type TextRule struct {
	// Name is what a Match and an error call the rule; it need not be unique.
	Name string
	// Phrases are literals. A phrase matches whole words, in any view, whatever
	// its case and spacing. In scripts written without spaces (Han, Hiragana,
	// Thai, Lao, Khmer, Myanmar) there are no words to see, so there it matches
	// between any two characters that do not belong together.
	Phrases []string
	// Regexps are RE2 expressions (package regexp), tried on the text as it is,
	// and once more with what is invisible removed and compatibility forms
	// replaced. They are case-sensitive unless they say (?i).
	Regexps []string
	// Substring lets the phrases match inside words, in the strict views.
	Substring bool
	// Except are phrases that excuse what stands inside them: "class" excuses
	// "ass". They match in the strict views, inside words if Substring is set.
	Except []string
	// Pos is where the rule was read, for errors.
	Pos Position
}

// A Position is a place in a rules file. The zero value is no place.
type Position struct {
	File string
	Line int // from 1; 0 is unknown
}

// String returns "file:line", or as much of it as is known.
func (p Position) String() string {
	switch {
	case p.Line == 0:
		return p.File
	case p.File == "":
		return fmt.Sprintf("line %d", p.Line)
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

// A RuleError tells which rule cannot be used, and why.
type RuleError struct {
	Rule    string
	Pos     Position
	Pattern string // the phrase or expression at fault
	Err     error
}

func (e *RuleError) Error() string {
	at := ""
	if s := e.Pos.String(); s != "" {
		at = s + ": "
	}
	return fmt.Sprintf("%srule %q: %.100q: %v", at, e.Rule, e.Pattern, e.Err)
}

// Unwrap returns the cause.
func (e *RuleError) Unwrap() error { return e.Err }

// ErrPhraseTooLong is the cause in a RuleError for a phrase of more than
// MaxPhrase letters.
var ErrPhraseTooLong = fmt.Errorf("phrase of more than %d letters", MaxPhrase)

// MaxPhrase is the number of letters a phrase may have. It bounds the work that a
// hostile text can cause at each of its letters.
const MaxPhrase = 200

// A Match is one phrase or expression found in a text.
type Match struct {
	Rule   string // the rule's name
	Index  int    // the rule's index in what Compile was given
	Phrase string // the phrase or expression, as the rule has it
	View   View
	Start  int // bytes in the original text, on character boundaries
	End    int
}

type compiledRule struct {
	name   string
	except []phrase
}

// Compile prepares rules for matching. Rules, phrases and expressions that are
// empty match nothing and are no error. If anything cannot be used it returns nil
// and every fault as a *RuleError, joined (see errors.Join).
func Compile(rules []TextRule) (*Filter, error) {
	f := &Filter{rules: make([]compiledRule, len(rules))}
	var faults []error
	var b phraseSet
	for i := range rules {
		r := &rules[i]
		fault := func(pattern string, err error) {
			faults = append(faults, &RuleError{Rule: r.Name, Pos: r.Pos, Pattern: pattern, Err: err})
		}
		f.rules[i].name = r.Name
		for j, s := range r.Phrases {
			if err := b.add(s, r.Substring, phraseRef{rule: int32(i), phrase: int32(j), text: s}); err != nil {
				fault(s, err)
			}
		}
		for _, s := range r.Except {
			variants, err := parsePhrase(s, r.Substring)
			if err != nil {
				fault(s, err)
			}
			f.rules[i].except = append(f.rules[i].except, variants...)
		}
		for j, s := range r.Regexps {
			if strings.TrimSpace(s) == "" {
				continue
			}
			re, err := regexp.Compile(s)
			if err != nil {
				fault(s, err)
				continue
			}
			f.exprs = append(f.exprs, expression{re: re, rule: int32(i), order: int32(len(r.Phrases) + j)})
		}
	}
	if faults != nil {
		return nil, errors.Join(faults...)
	}
	f.phrases = b.phrases
	f.words, f.parts, f.signs = b.indexes()
	return f, nil
}

// Match returns what the rules find in the text: each phrase and expression at
// most once, where it first stands, in the order of the rules. It takes time linear
// in the text, allocates nothing when nothing is found, and never blocks. It is
// meant for messages: a caller bounds the size of the text it passes on.
func (f *Filter) Match(text string) []Match {
	if f == nil || text == "" {
		return nil
	}
	var found []hit
	if len(f.phrases) > 0 {
		found = f.matchPhrases(text)
	}
	if len(f.exprs) > 0 {
		found = f.matchExprs(text, found)
	}
	if len(found) == 0 {
		return nil
	}
	sort.Slice(found, func(i, j int) bool {
		a, b := &found[i], &found[j]
		if a.rule != b.rule {
			return a.rule < b.rule
		}
		return a.order < b.order
	})
	out := make([]Match, len(found))
	for i, h := range found {
		out[i] = Match{
			Rule: f.rules[h.rule].name, Index: int(h.rule), Phrase: h.phrase,
			View: h.view, Start: h.start, End: h.end,
		}
	}
	return out
}

// hit is a Match before its rule's name is looked up; order is the place of the
// phrase or expression in its rule.
type hit struct {
	rule, order int32
	phrase      string
	view        View
	start, end  int
}
