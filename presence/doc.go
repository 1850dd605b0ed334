// Package presence says only what is news about who is in a room, once, and shows a
// status of our own that changes from time to time.
//
// It is for gateways and bots that report joins and parts of a multi-user chat
// (XEP-0045, https://xmpp.org/extensions/xep-0045.html) to people: a flapping
// client, a reconnect, a restart of the room, of the server or of the program
// itself is no news to anybody.
//
//   - [Debouncer] lets a join or part wait, and forgets both when the opposite
//     follows in time. It knows nothing of rooms and fits any keys.
//   - [Ledger] remembers what each recipient has been told about who is in which
//     room; only differences to it are news. A [Store] lets it survive a crash.
//   - [Notifier] is the two of them put together, and what most programs want.
//   - [Rotator] changes the status that rooms see, ten thousand of them at a pace.
//
// A program tells a Notifier what its rooms do:
//
//	ledger, err := presence.OpenLedger(store, presence.LedgerConfig{})
//	…
//	notifier := presence.NewNotifier(ledger, presence.NotifierConfig{Tell: func(notices []presence.Notice) {
//		for _, n := range notices {
//			send(n.Recipient, n.Kind, n.Nick, time.Since(n.At))
//		}
//	}})
//	notifier.SetWait(recipient, 30*time.Second)
//	notifier.Joining(recipient, room)     // the join or rejoin goes out
//	notifier.Join(recipient, room, nick)  // an occupant's presence
//	notifier.Joined(recipient, room, own) // self-presence
//
// All types may be used from several goroutines and from inside their own
// callbacks; callbacks come one at a time and never under a lock. At rest none
// of them has a goroutine, and each has one timer whatever it has pending.
package presence
