// Package stanza is the vocabulary of xmppkit: addresses, messages, presences,
// IQs and errors as RFC 6120 and RFC 6121 define them, the payloads that a room
// puts into them (XEP-0045), and the two interfaces everything else hangs on.
//
// A [Session] is one live stream. A [Service] takes part in sessions, one after
// the other. Whoever writes a bot writes a Service or hands a callback to one:
//
//	type echo struct{}
//
//	func (echo) Begin(ctx context.Context, s stanza.Session) {}
//
//	func (echo) Handle(ctx context.Context, s stanza.Session, st stanza.Stanza) {
//		if m, ok := st.(*stanza.Message); ok && m.Type == stanza.Chat && m.Body != "" {
//			_ = s.Send(ctx, &stanza.Message{To: m.From, Type: stanza.Chat, Body: m.Body})
//		}
//	}
//
// A stanza keeps what it was given: what has no field of its own stays in
// Extensions as raw elements, and typed views such as [Presence.MUCUser] and
// [Message.Delay] are read from there when asked for. Encoding escapes
// everything; characters that XML forbids become U+FFFD, and no field's content
// can end the element or attribute it stands in.
//
// All types are plain values. A stanza that a Service is handed is shared with
// the other services and must not be changed; otherwise nothing here starts a
// goroutine, blocks, or needs a lock.
package stanza
