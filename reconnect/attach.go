package reconnect

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/xmppo/go-xmpp"

	"github.com/xmppkit/xmppkit/stanza"
)

// attached is a connection that somebody else made.
type attached struct {
	x      *xmpp.Client
	stream *stream
	spent  atomic.Bool
}

// Attach makes a Client of a connection that somebody else made: Run runs the
// services over that one session and returns what ended it, nil if ctx did, and
// stanza.ErrOffline when called again. The stream is the Client's from now on, and
// closed when Run returns, so Run must be called, and nobody may call Recv, Close or a
// sending method of x any more. Of cfg, what is about connecting is not used.
//
// The error is [ErrConfig] where x sends pings of its own
// (Options.PeriodicServerPings), whose answers it would miss, and else
// [ErrUnsupported].
func Attach(x *xmpp.Client, cfg Config) (*Client, error) {
	if x != nil && x.Options != nil && x.Options.PeriodicServerPings {
		return nil, fmt.Errorf("%w: Options.PeriodicServerPings", ErrConfig)
	}
	c := New(cfg)
	s, err := c.take(x)
	if err != nil {
		return nil, err
	}
	c.given = &attached{x: x, stream: s}
	return c, nil
}

func (a *attached) run(ctx context.Context, c *Client) error {
	if a.spent.Swap(true) {
		return stanza.ErrOffline
	}
	c.count.attempts.Add(1)
	err := c.serve(ctx, a.x, a.stream)
	c.count.offline(err)
	return err
}
