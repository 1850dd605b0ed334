package muc

import "github.com/xmppkit/xmppkit/stanza"

// verdict is what the answer to a self-ping means.
type verdict uint8

const (
	stillIn   verdict = iota
	undecided         // ask again later, change nothing
	askAgain          // at once, with the nick we now hold
	notIn             // rejoin
	movedAway         // the room has moved or ended: stop
)

// In place of the condition of an error, for the other two outcomes of a self-ping.
const (
	answered stanza.Condition = ""
	silence  stanza.Condition = "no answer"
)

// judge decides what became of a self-ping (XEP-0410 §3.2) by the condition of the
// answer, never by the error's type. again says that it was the second in a row.
func judge(c stanza.Condition, again bool) verdict {
	switch c {
	case answered, stanza.ServiceUnavailable, stanza.FeatureNotImplemented:
		return stillIn
	case silence, stanza.RemoteServerNotFound, stanza.RemoteServerTimeout:
		return undecided
	case stanza.ItemNotFound:
		if again {
			return notIn
		}
		return askAgain
	case stanza.Gone:
		return movedAway
	}
	return notIn
}
