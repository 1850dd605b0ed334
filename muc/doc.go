// Package muc keeps a bot or a gateway in its rooms: Multi-User Chat (XEP-0045,
// https://xmpp.org/extensions/xep-0045.html) and MUC Self-Ping (XEP-0410,
// https://xmpp.org/extensions/xep-0410.html).
//
// [Rooms] is a [stanza.Service] for any number of rooms. It is told which rooms to
// be in, and from then on joins them, knows who is there, notices when it has been
// lost from one, and comes back: after a lost stream, a restarted server, a kick.
// What comes of it are events:
//
//	rooms := muc.New(muc.Config{
//		Nick: "warden",
//		OnEvent: func(ctx context.Context, e muc.Event) {
//			switch e := e.(type) {
//			case muc.Joined:
//				fmt.Println("in", e.Room, "with", len(e.Occupants), "occupants")
//			case muc.Message:
//				fmt.Println(e.Occupant.Nick, "says", e.Body)
//			}
//		},
//	})
//	rooms.Add(muc.Room{JID: "lobby@rooms.example.org"})
//
// A rejoin is silent: whoever was there before is not said to have joined.
//
// All methods may be called from any goroutine and from OnEvent. Rooms has no
// goroutine of its own, whatever the number of rooms: everything, OnEvent included,
// runs on the goroutine that shows the session's services what arrives.
package muc
