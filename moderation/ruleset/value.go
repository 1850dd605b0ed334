package ruleset

import (
	"github.com/xmppkit/xmppkit/moderation"
	"github.com/xmppkit/xmppkit/stanza"
)

// words is a list, or one string.
type words []string

// UnmarshalText reads the one.
func (s *words) UnmarshalText(b []byte) error {
	*s = words{string(b)}
	return nil
}

// actions is a list, or one action.
type actions []moderation.Action

// UnmarshalText reads the one.
func (a *actions) UnmarshalText(b []byte) error {
	*a = make(actions, 1)
	return (*a)[0].UnmarshalText(b)
}

// affiliations is a list, or one affiliation.
type affiliations []stanza.Affiliation

// UnmarshalText reads the one.
func (a *affiliations) UnmarshalText(b []byte) error {
	*a = affiliations{stanza.Affiliation(b)}
	return nil
}

type duration int64

// UnmarshalText is [moderation.ParseDuration].
func (d *duration) UnmarshalText(b []byte) error {
	x, err := moderation.ParseDuration(string(b))
	*d = duration(x)
	return err
}

// normal is the address in its normal form. That it has one has been seen before.
func normal(j stanza.JID) stanza.JID {
	if x, err := stanza.ParseJID(string(j)); err == nil {
		return x
	}
	return j
}
