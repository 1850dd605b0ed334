// Package reconnect keeps one account online ([Client]) or one component
// ([Component]), for bots and gateways that must be there tomorrow: it connects,
// runs services over one session after another, and comes back after every loss
// with a jittered, growing delay.
//
//	client := reconnect.New(reconnect.Config{
//		Options: xmpp.Options{
//			User: "warden@example.org", Password: password, NoTLS: true, StartTLS: true,
//		},
//		Services: []stanza.Service{&ping.Keepalive{}, rooms},
//	})
//	err := client.Run(ctx) // nil once ctx has ended; else what trying again cannot mend
//
// go-xmpp dials, negotiates TLS, authenticates and binds; then this package takes
// the stream over, because go-xmpp's Recv loses what rooms depend on and lets a
// stranger inject stanzas. [Attach] does so with a
// connection that a bot already has.
//
// The client answers for itself, whatever its handlers are doing: ping (XEP-0199),
// disco#info with caps (XEP-0030, XEP-0115), software version (XEP-0092), time
// (XEP-0202) and last activity (XEP-0012). A component speaks XEP-0114.
//
// Concurrency: a live stream has three goroutines, which read, write answers and
// run services, and Run waits for them all; everything exported may be called from
// any of them and from anywhere else.
package reconnect
