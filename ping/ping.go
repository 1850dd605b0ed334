package ping

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/xmppkit/xmppkit/stanza"
)

// Ping asks an address for a sign of life and blocks until one comes, ctx ends or
// the session does. It may be called from a handler. To ping one's own server, name
// its domain.
//
// Any answer took its time to come, so rtt is set whenever there was one. If that
// was an error, err holds it as a *[stanza.Error], and what it means depends on who
// was asked: from a server, service-unavailable says that it is there but does not
// ping (XEP-0199 §4.1); for the full address of a client, its server says the same
// in its place when it is gone. Without an answer rtt is 0, and err is the end of
// ctx, [stanza.ErrLost] or [stanza.ErrOffline].
func Ping(ctx context.Context, s stanza.Session, to stanza.JID) (rtt time.Duration, err error) {
	start := time.Now()
	_, err = s.Request(ctx, &stanza.IQ{
		Type: stanza.Get, To: to,
		Extensions: []stanza.Element{stanza.NewElement(stanza.NSPing, "ping")},
	})
	if err == nil {
		return time.Since(start), nil
	}
	if answered(err) {
		rtt = time.Since(start)
	}
	return rtt, fmt.Errorf("ping %s: %w", to, err)
}

// answered reports whether an error came from the other side.
func answered(err error) bool {
	var e *stanza.Error
	return errors.As(err, &e)
}

// Answer answers a ping, whoever it is from; nil where iq is none.
func Answer(iq *stanza.IQ) *stanza.IQ {
	if iq.Type != stanza.Get || iq.Extension(stanza.NSPing, "ping") == nil {
		return nil
	}
	return iq.Result()
}
