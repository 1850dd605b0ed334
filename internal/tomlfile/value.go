package tomlfile

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/xmppkit/xmppkit/stanza"
)

// The types here are structs because go-toml asks the UnmarshalText of no other kind
// of type.

// JID is an address.
type JID struct{ stanza.JID }

// UnmarshalText reads an address that is not empty.
func (j *JID) UnmarshalText(text []byte) (err error) {
	if j.JID, err = stanza.ParseJID(string(text)); err != nil {
		return fmt.Errorf("%w: expected an address such as \"name@example.org\"", err)
	}
	return nil
}

// Duration is a time.Duration that is written as "90s" or "1h30m", with "d" for 24
// hours as well.
type Duration struct{ time.Duration }

// UnmarshalText reads a duration that is not negative.
func (d *Duration) UnmarshalText(text []byte) error {
	s := string(text)
	v, err := time.ParseDuration(s)
	if days, ok := strings.CutSuffix(s, "d"); err != nil && ok {
		if v, err = time.ParseDuration(days + "h"); err == nil && v > 1<<62/24 {
			err = errors.New("too long")
		}
		v *= 24
	}
	if err != nil || v < 0 {
		return fmt.Errorf(`%q is no duration: expected one such as "90s" or "1h30m"`, s)
	}
	d.Duration = v
	return nil
}
