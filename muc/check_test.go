package muc_test

import (
	"testing"

	"github.com/xmppkit/xmppkit/muc"
	"github.com/xmppkit/xmppkit/stanza"
)

// XEP-0410 §1: whoever has reason to doubt it asks at once, and once.
func TestCheckAsksAtOnce(t *testing.T) {
	play(t, muc.Config{}, func(w *world) {
		w.enter("warden")
		sent[stanza.Stanza](w)
		w.Check(lobby)
		w.Check(lobby)
		w.pass(0)
		ping := one(w, sent[*stanza.IQ](w))
		w.told()
		w.receive(pong(ping, stanza.NotAcceptable))
		if e, ok := one(w, w.told()).(muc.Left); !ok || e.Cause != muc.SelfPingFailed || !e.Rejoin {
			w.Errorf("got %+v", e)
		}
		w.Check("elsewhere@rooms.example.org")
	})
}
