package muc

import "github.com/xmppkit/xmppkit/stanza"

// refusal is what to do about a room that did not let us in.
type refusal uint8

const (
	tryAgain refusal = iota // later, with a growing delay
	tryNick                 // the next nick, at once
	giveUp                  // and report
)

// onRefusal decides by the condition, never by the error's type (XEP-0045 §7.2).
// What it does not know is taken for something that passes.
func onRefusal(c stanza.Condition) refusal {
	switch c {
	case stanza.Conflict, stanza.NotAcceptable:
		return tryNick
	case stanza.NotAuthorized, stanza.Forbidden, stanza.RegistrationRequired, stanza.JIDMalformed,
		stanza.SubscriptionRequired, stanza.Gone:
		return giveUp
	}
	return tryAgain
}
