// Package xmpptest holds what stands in for a server in tests: a [Session] in
// memory, and a [Server] on loopback with rooms (XEP-0045), external components
// (XEP-0114), a room archive (XEP-0313), moderation (XEP-0425), pubsub nodes
// (XEP-0060), and faults on command. The demos run on it, too.
//
//	s := xmpptest.New(t, xmpptest.Config{})
//	// a client logs in to s.Addr() as anybody@example.org with xmpptest.Password,
//	// trusting s.CA(), and joins lobby@rooms.example.org as warden
//	err := s.WaitOccupant(ctx, "lobby@rooms.example.org", "warden")
//	ann, err := s.Connect("ann@example.org") // somebody to meet there
//	ann.Join("lobby@rooms.example.org", "ann")
//	ann.Say("lobby@rooms.example.org", "hello")
//	err = s.Forget("lobby@rooms.example.org", "warden") // and nobody is told
//	s.Kill9()
//	err = s.Restart()
//
// What arrived at the server is to be seen through [Server.Arrived] and waited for
// with [Server.WaitArrival]; nothing needs to sleep. Faults that concern stanzas are
// put in force with [Server.Break], those of streams and of connections to come
// have methods of their own, as have those of rooms.
//
// All methods may be called from several goroutines. The server runs two goroutines
// per connection and one that listens; Close ends them all.
package xmpptest
