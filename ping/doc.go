// Package ping is XMPP Ping (XEP-0199, https://xmpp.org/extensions/xep-0199.html)
// for anything that has to stay online: [Keepalive] keeps a stream alive and finds
// out when it is dead, and answers the pings of others; [Ping] measures the way to
// any address and back.
//
//	client := reconnect.New(reconnect.Config{
//		Options:  options,
//		Services: []stanza.Service{&ping.Keepalive{}, rooms},
//	})
//
// Without further ado that pings the server after a minute of silence, and ends a
// session in which no answer comes within twenty seconds, so that whoever owns it
// can begin another. Pings that others send, those that come through a room
// included, are answered on the goroutine that reads the stream: step two of
// XEP-0410 works however busy the handlers are.
//
// Everything may be called from any goroutine. At rest a Keepalive has a timer and
// no goroutine; it has one while a ping of its own is under way.
package ping
