package ruleset

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/pelletier/go-toml/v2"

	"github.com/xmppkit/xmppkit/moderation"
)

// MaxSize is how many bytes a file of rules has at most.
const MaxSize = 32 << 20

// Load reads the file of that name; otherwise it is as [Parse].
func Load(file string, foreign func(key []string) bool) (moderation.Rules, error) {
	f, err := os.Open(file)
	if err != nil {
		return moderation.Rules{}, err
	}
	data, err := io.ReadAll(io.LimitReader(f, MaxSize+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return moderation.Rules{}, fmt.Errorf("%s: %w", file, err)
	}
	return Parse(file, data, foreign)
}

// Parse reads rules. file is its name in errors, which are an *[Error]. What it
// returns is good for [moderation.NewRuleset].
//
// A key that is not of this package is an error, unless it is foreign: with others'
// keys in the same file, foreign says which they are. [Known] is its counterpart.
func Parse(file string, data []byte, foreign func(key []string) bool) (moderation.Rules, error) {
	if len(data) > MaxSize {
		return moderation.Rules{}, &Error{File: file, Message: fmt.Sprintf("expected at most %d bytes", MaxSize)}
	}
	seen := look(file, data, foreign)
	if seen.err != nil {
		return moderation.Rules{}, seen.err
	}
	var d document
	if err := toml.Unmarshal(data, &d); err != nil {
		return moderation.Rules{}, noTOML(file, err)
	}
	rules := d.rules(file, seen)
	if _, err := moderation.NewRuleset(rules); err != nil {
		return moderation.Rules{}, unusable(file, seen, err)
	}
	return rules, nil
}
