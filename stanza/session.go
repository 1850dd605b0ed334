package stanza

import (
	"context"
	"errors"
)

// ErrOffline is what a Session answers that has ended, and a service that has
// none: nothing was sent.
var ErrOffline = errors.New("xmpp: not online")

// ErrLost is what a [Session.Request] answers whose session ended before the
// answer came, and a [Session.Send] that ended its session by failing halfway:
// whether it was carried out is not known.
var ErrLost = errors.New("xmpp: session lost while waiting for an answer")

// A Session is one live stream, from bind to loss, or one address on a stream that
// carries many (XEP-0114). All methods may be called from any goroutine and from
// any handler, and none of them deadlocks there.
type Session interface {
	// JID is the address that the session is bound to: a client's full JID, a
	// component's bare one.
	JID() JID

	// Send writes a stanza, in the order of the calls, and does not change it. It
	// blocks until the stanza is handed to the network, ctx ends or the session
	// does, which a write that gets nowhere brings about (ErrLost). After the session
	// it is ErrOffline at once, even where ctx ended with the session, as that of a
	// handler does. No error does not mean that anybody received it.
	Send(ctx context.Context, s Stanza) error

	// Request sends a get or a set and blocks until its answer comes, ctx ends or
	// the session does (ErrLost; ErrOffline if nothing was sent). An IQ without an
	// ID is given one; two at a time may not have the same. The answer is matched by ID
	// and by sender, so To must be normalised, as [ParseJID] does; an answer of type
	// error comes back as an *[Error].
	Request(ctx context.Context, iq *IQ) (*IQ, error)

	// End gives up the stream under the session, because of cause. It does not
	// block; the context that services were given ends soon after.
	End(cause error)
}

// A Service takes part in sessions, one after another. Its methods are called one
// at a time, never two at once, for one session after the other.
type Service interface {
	// Begin is told that a session has begun. ctx ends with it, whichever way it
	// ends. Begin may send; stanzas arrive once all services have begun.
	Begin(ctx context.Context, s Session)

	// Handle sees every stanza that arrives, in order: all messages and presences,
	// and the IQ answers that no Request was waiting for. It may block, and may
	// call anything in this library, but what follows then waits behind it, up to
	// the limit that the session's owner sets. What still waits when the session ends
	// is dropped, as is what was on its way: a room's archive has it (XEP-0313).
	Handle(ctx context.Context, s Session, st Stanza)
}

// An Answerer is a Service that answers requests. Answer is called on the
// goroutine that reads the stream, so that pings are answered however busy the
// handlers are: it must not block and must not call the session.
type Answerer interface {
	// Answer gives the answer to a get or a set, made with [IQ.Result] or
	// [IQ.Refuse], or nil if the request is none of the service's business. A
	// request that is nobody's is refused with service-unavailable (RFC 6120 §8.4).
	Answer(iq *IQ) *IQ
}

// A Featurer is a Service that lets others know what it speaks.
type Featurer interface {
	// Features are namespaces for disco#info (XEP-0030) and caps (XEP-0115); they do
	// not change.
	Features() []string
}

// Answers reports whether iq can be the answer to request as it was sent by self:
// of the same id, and from where the request went (RFC 6120 §8.1.2.1, §8.2.3).
func (iq *IQ) Answers(request *IQ, self JID) bool {
	if iq.Type != Result && iq.Type != IQError || iq.ID != request.ID {
		return false
	}
	if iq.From == request.To {
		return true
	}
	// What goes to one's own account or server may be answered in several names.
	own := func(j JID) bool { return j == "" || j == self || j == self.Bare() }
	switch request.To {
	case "", self.Bare():
		return own(iq.From) || iq.From == JID(self.Domain()) && request.To == ""
	case JID(self.Domain()):
		return iq.From == ""
	}
	return false
}
