package reconnect

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/xmppo/go-xmpp"

	"github.com/xmppkit/xmppkit/internal/session"
	"github.com/xmppkit/xmppkit/stanza"
)

// Config configures a [Client]. Options.User and Options.Password are all it needs.
type Config struct {
	// Options is what go-xmpp connects with. User is the account's address; a
	// resource in it counts as Options.Resource. An empty Host means DNS SRV; then
	// whether TLS comes first or by STARTTLS is as the record says. Without a
	// TLSConfig the certificate must verify for the domain of the address. Status
	// and StatusMessage become show and status of Presence where that has none. Debug
	// shows the handshake only. The fields about pings and software versions are not
	// used.
	Options xmpp.Options

	// Services take part in every session, in this order.
	Services []stanza.Service

	// Presence is sent when a session begins, after the services have begun. Its
	// zero value is plainly online, which go-xmpp has already said at login.
	Presence stanza.Presence

	// Software is what others may know of us.
	Software Software

	// Backoff is for the time between attempts.
	Backoff Backoff

	// HandshakeTimeout bounds one attempt to connect, from TCP to bind. Default
	// 30 s.
	HandshakeTimeout time.Duration

	// Backlog is how many bytes of memory, about, may be taken by stanzas that wait
	// for the handlers. With more the reader waits, ten seconds at most before the
	// session is given up with [ErrBacklog]. Default 32 MiB; four times as much while
	// a handler waits for an answer.
	Backlog int64

	// Resolver looks SRV records up. Default [net.DefaultResolver].
	Resolver Resolver

	// Logger gets what happens to the connection. Default [slog.Default].
	Logger *slog.Logger
}

// Client keeps one account online. It is also the [stanza.Session] of the moment:
// what is sent through it goes through the session that is live, and is
// stanza.ErrOffline when none is. All methods may be called from any goroutine and
// any handler.
type Client struct {
	cfg     Config
	count   counters
	running atomic.Bool
	given   *attached // by Attach; nil otherwise

	mu   sync.Mutex       // guards live
	live *session.Session // nil when offline
}

// New makes a client. It does nothing until [Client.Run].
func New(cfg Config) *Client {
	cfg.Backoff.Stable = or(cfg.Backoff.Stable, time.Minute)
	cfg.HandshakeTimeout = or(cfg.HandshakeTimeout, 30*time.Second)
	if cfg.Resolver == nil {
		cfg.Resolver = net.DefaultResolver
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	return &Client{cfg: cfg}
}

// Run keeps the account online until ctx ends; then it says goodbye, which takes at
// most five seconds, and returns nil. Before that it returns only what trying again
// cannot mend: [ErrAuth], [ErrMechanism], [ErrCertificate], [ErrNoTLS],
// [ErrConflict], [ErrUnsupported] or [ErrConfig]. It may be called again, but not
// while it runs.
//
// Run starts three goroutines for a session and one for each handshake, and waits
// for all of them. Only two things may outlive it: a handler that does not heed the
// end of its context, and a handshake that hangs in go-xmpp, which cannot be
// cancelled (see [Stats]) and is closed as soon as it comes back.
func (c *Client) Run(ctx context.Context) error {
	if !c.running.CompareAndSwap(false, true) {
		return fmt.Errorf("%w: Run is running already", ErrConfig)
	}
	defer c.running.Store(false)
	if c.given != nil {
		return c.given.run(ctx, c)
	}
	acc, err := newAccount(c.cfg)
	if err != nil {
		return err
	}
	return keepTrying(ctx, c.cfg.Backoff, c.cfg.Logger, &c.count, func(ctx context.Context) error {
		late := c.count.late.Load()
		x, err := acc.connect(ctx, &c.count)
		if err != nil {
			return err
		}
		s, err := c.take(x)
		if err != nil {
			return err
		}
		err = c.serve(ctx, x, s)
		if errors.Is(err, ErrConflict) && c.replacedItself(late) {
			return errors.New(err.Error()) // words only: not for good
		}
		return err
	})
}

// replacedItself reports whether it may have been a handshake of our own that took
// the session's place: one that was given up, but cannot be cancelled, and has not
// come back, or has come back after all since there were so many late ones.
func (c *Client) replacedItself(late uint64) bool {
	return c.count.handshakes.Load() > 0 || c.count.late.Load() != late
}

// keepTrying calls once until it fails for good or ctx ends. Delays grow until a
// session has been stable.
func keepTrying(ctx context.Context, b Backoff, log *slog.Logger, count *counters, once func(context.Context) error) error {
	for failures := 0; ; failures++ {
		count.attempts.Add(1)
		err := once(ctx)
		if ctx.Err() != nil {
			count.offline(nil)
			return nil
		}
		lasted := count.offline(err)
		if permanent(err) {
			return err
		}
		if lasted >= b.Stable {
			failures = 0
		}
		wait := b.delay(failures)
		log.Warn("offline", "err", err, "retry", wait.Round(time.Millisecond))
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil
		}
	}
}

// take makes a stream of a connected client.
func (c *Client) take(x *xmpp.Client) (*stream, error) {
	conn, dec, err := takeOver(x)
	if err != nil {
		return nil, err
	}
	return newStream(conn, dec, c.cfg.Backlog, &c.count, c.cfg.Logger), nil
}

// serve runs the services over one stream and returns what ended it; nil if ctx did.
func (c *Client) serve(ctx context.Context, x *xmpp.Client, s *stream) error {
	jid, err := stanza.ParseJID(x.JID())
	if err != nil {
		s.abort()
		return fmt.Errorf("bound to no address: %w", err)
	}
	own := newInfo(c.cfg.Software, c.cfg.Services, clientIdentity, s)
	caps := own.caps()
	live := s.session(context.WithoutCancel(ctx), session.Config{
		JID:      jid,
		Services: c.cfg.Services,
		Own:      own,
		Write: func(ctx context.Context, st stanza.Stanza) error {
			return s.send(ctx, withCaps(st, caps))
		},
		Answer: func(iq *stanza.IQ) {
			s.queue(iq.WithFrom("")) // the server knows best who we are
		},
	})
	s.route = func(stanza.Stanza) *session.Session { return live }
	c.set(live)
	c.count.online(jid, s)
	c.cfg.Logger.Info("online", "jid", jid)
	live.Begin()
	s.loop.Post(func() {
		if err := live.Send(live.Context(), c.presence()); err != nil && !errors.Is(err, stanza.ErrOffline) {
			c.cfg.Logger.Warn("initial presence", "err", err)
		}
	})
	return s.run(ctx, func(cause error) {
		c.set(nil)
		c.count.ended()
		live.Close(cause)
	}, &stanza.Presence{Type: stanza.Unavailable})
}

// presence is the one that a session begins with.
func (c *Client) presence() *stanza.Presence {
	p := c.cfg.Presence
	p.Show = or(p.Show, stanza.Show(c.cfg.Options.Status))
	p.Status = or(p.Status, c.cfg.Options.StatusMessage)
	return &p
}

func (c *Client) set(live *session.Session) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.live = live
}

func (c *Client) session() (*session.Session, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.live == nil {
		return nil, stanza.ErrOffline
	}
	return c.live, nil
}

// Stats says how the client is doing.
func (c *Client) Stats() Stats { return c.count.stats() }

// JID is the full address that the live session is bound to, or "".
func (c *Client) JID() stanza.JID {
	if s, err := c.session(); err == nil {
		return s.JID()
	}
	return ""
}

// Send is [stanza.Session].Send of the live session.
func (c *Client) Send(ctx context.Context, st stanza.Stanza) error {
	s, err := c.session()
	if err != nil {
		return err
	}
	return s.Send(ctx, st)
}

// Request is [stanza.Session].Request of the live session.
func (c *Client) Request(ctx context.Context, iq *stanza.IQ) (*stanza.IQ, error) {
	s, err := c.session()
	if err != nil {
		return nil, err
	}
	return s.Request(ctx, iq)
}

// End gives the live session up; Run then begins another.
func (c *Client) End(cause error) {
	if s, err := c.session(); err == nil {
		s.End(cause)
	}
}
