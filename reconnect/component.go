package reconnect

import (
	"context"
	"crypto/sha1" // what XEP-0114 hashes with
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/xmppkit/xmppkit/internal/session"
	"github.com/xmppkit/xmppkit/stanza"
)

// ComponentConfig configures a [Component]. Addr, Domain and Secret are all it
// needs.
type ComponentConfig struct {
	Addr   string     // host:port where the server listens for components
	Domain stanza.JID // the component's own
	Secret string     // shared with the server; sent only as a hash

	// AllowRemote permits an Addr that is not on this machine. The protocol has no
	// encryption: whoever is on the way reads and changes everything.
	AllowRemote bool

	// Services take part in every session of the domain itself. They see, and
	// answer, what is for the domain and for those of its addresses that nobody
	// has asked for with As.
	Services []stanza.Service

	Software         Software
	Backoff          Backoff
	HandshakeTimeout time.Duration // of one attempt to connect, default 30 s
	Backlog          int64         // as in [Config]
	Logger           *slog.Logger  // default [slog.Default]
}

// Component keeps one external component online (XEP-0114). It reads, writes,
// paces and reconnects as a [Client] does, and carries any number of addresses over
// one stream: one reader, one writer and one timer queue for all of them. All
// methods may be called from any goroutine and any handler.
//
// A Component is itself the session of its domain: what is sent through it comes
// from the domain, unless From names another of the domain's addresses.
type Component struct {
	cfg     ComponentConfig
	count   counters
	running atomic.Bool

	mu        sync.Mutex // guards the rest
	stream    *stream    // nil when offline, and so are the next three
	ctx       context.Context
	own       *info // answers for the addresses
	live      *session.Session
	addresses map[stanza.JID]*Address
}

// NewComponent makes a component. It does nothing until [Component.Run].
func NewComponent(cfg ComponentConfig) *Component {
	cfg.Backoff.Stable = or(cfg.Backoff.Stable, time.Minute)
	cfg.HandshakeTimeout = or(cfg.HandshakeTimeout, 30*time.Second)
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	return &Component{cfg: cfg, addresses: map[stanza.JID]*Address{}}
}

// Run keeps the component online until ctx ends, as [Client.Run] does. What trying
// again cannot mend is [ErrAuth] for a refused secret, [ErrHostUnknown],
// [ErrConflict] and [ErrConfig]. To be refused for a conflict counts only until the
// first session of a Run: later it is most likely our own connection that the server
// has not missed yet. To be replaced counts always.
func (c *Component) Run(ctx context.Context) error {
	if !c.running.CompareAndSwap(false, true) {
		return fmt.Errorf("%w: Run is running already", ErrConfig)
	}
	defer c.running.Store(false)
	if err := c.check(); err != nil {
		return err
	}
	before := c.count.sessions.Load()
	return keepTrying(ctx, c.cfg.Backoff, c.cfg.Logger, &c.count, func(ctx context.Context) error {
		s, err := c.connect(ctx)
		if errors.Is(err, ErrConflict) && c.count.sessions.Load() > before {
			return errors.New(err.Error()) // words only: not for good
		}
		if err != nil {
			return err
		}
		return c.serve(ctx, s)
	})
}

// check refuses a configuration that cannot work.
func (c *Component) check() error {
	if j, err := stanza.ParseJID(string(c.cfg.Domain)); err != nil || j.Domain() != string(j) || j != c.cfg.Domain {
		return fmt.Errorf("%w: Domain %q is no domain", ErrConfig, c.cfg.Domain)
	}
	if _, _, err := net.SplitHostPort(c.cfg.Addr); err != nil {
		return fmt.Errorf("%w: Addr: %w", ErrConfig, err)
	}
	return nil
}

// connect dials and shakes hands (XEP-0114 §3), within HandshakeTimeout.
func (c *Component) connect(ctx context.Context) (*stream, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, c.cfg.HandshakeTimeout, ErrTimeout)
	defer cancel()
	var dialer net.Dialer
	if !c.cfg.AllowRemote {
		dialer.Control = onlyHere
	}
	conn, err := dialer.DialContext(ctx, "tcp", c.cfg.Addr)
	if err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return nil, fmt.Errorf("connecting to %s: %w", c.cfg.Addr, err)
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	dec := stanza.NewStreamDecoder(conn, nil)
	err = c.handshake(conn, dec)
	if !stop() {
		err = context.Cause(ctx)
	}
	if err != nil {
		_ = conn.Close() // the handshake's error is the one to report
		return nil, fmt.Errorf("component handshake with %s: %w", c.cfg.Addr, err)
	}
	return newStream(conn, dec, c.cfg.Backlog, &c.count, c.cfg.Logger), nil
}

// onlyHere lets a Dialer reach this machine only. It sees the address that a name
// turned out to be.
func onlyHere(_, addr string, _ syscall.RawConn) error {
	if a, err := netip.ParseAddrPort(addr); err == nil && a.Addr().Unmap().IsLoopback() {
		return nil
	}
	return fmt.Errorf("%w: not on this machine, and the component protocol is not encrypted; AllowRemote permits it", ErrConfig)
}

func (c *Component) handshake(conn net.Conn, dec *stanza.Decoder) error {
	if _, err := fmt.Fprintf(conn, "<?xml version='1.0'?><stream:stream xmlns='%s' xmlns:stream='%s' to='%s'>",
		stanza.NSComponent, stanza.NSStream, escaped(string(c.cfg.Domain))); err != nil {
		return err
	}
	root, err := dec.Open()
	if err != nil {
		return err
	}
	if !root.Is(stanza.NSStream, "stream") {
		return fmt.Errorf("got <%s/> instead of a stream", root.Name.Local)
	}
	sum := sha1.Sum([]byte(root.Attr("id") + c.cfg.Secret))
	hash := hex.EncodeToString(sum[:])
	if _, err := conn.Write([]byte("<handshake>" + hash + "</handshake>")); err != nil {
		return err
	}
	e, err := dec.DecodeElement()
	var refused *stanza.StreamError
	switch {
	case errors.As(err, &refused):
		return refusal(refused)
	case errors.Is(err, io.EOF):
		return fmt.Errorf("%w: the server closed the stream", ErrAuth)
	case err != nil:
		return err
	case e.Name.Local != "handshake":
		return fmt.Errorf("got <%s/> instead of <handshake/>", e.Name.Local)
	}
	return nil
}

// refusal gives a stream error during the handshake its type.
func refusal(e *stanza.StreamError) error {
	switch e.Condition {
	case "not-authorized":
		return fmt.Errorf("%w: %w", ErrAuth, e)
	case "host-unknown", "host-gone":
		return fmt.Errorf("%w: %w", ErrHostUnknown, e)
	case "conflict":
		return fmt.Errorf("%w: %w", ErrConflict, e)
	}
	return e
}

// serve runs all sessions over one stream and returns what ended it; nil if ctx did.
func (c *Component) serve(ctx context.Context, s *stream) error {
	all, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	live := s.session(all, session.Config{
		JID:      c.cfg.Domain,
		Services: c.cfg.Services,
		Own:      newInfo(c.cfg.Software, c.cfg.Services, componentIdentity, s),
		Write: func(ctx context.Context, st stanza.Stanza) error {
			return s.send(ctx, c.stamp(st, c.cfg.Domain))
		},
		Answer: func(iq *stanza.IQ) { s.queue(c.stamp(iq, c.cfg.Domain)) },
	})
	s.route = c.route
	c.mu.Lock()
	c.stream, c.ctx, c.live = s, all, live
	c.own = newInfo(c.cfg.Software, nil, addressIdentity, s)
	for _, a := range c.addresses {
		a.begin()
	}
	live.Begin()
	c.mu.Unlock()
	c.count.online(c.cfg.Domain, s)
	c.cfg.Logger.Info("online", "jid", c.cfg.Domain)
	return s.run(ctx, func(cause error) {
		c.count.ended()
		c.mu.Lock()
		defer c.mu.Unlock()
		c.stream, c.ctx, c.own, c.live = nil, nil, nil, nil
		for _, a := range c.addresses {
			a.live = nil
		}
		cancel(cause)
	})
}

// stamp says where a stanza comes from: where it says itself, if that is in our
// domain, else from.
func (c *Component) stamp(st stanza.Stanza, from stanza.JID) stanza.Stanza {
	if h := st.Header(); h.From != "" && h.From.Domain() == string(c.cfg.Domain) {
		return st
	}
	return st.WithFrom(from)
}

// route finds the session that a stanza is for.
func (c *Component) route(st stanza.Stanza) *session.Session {
	to := st.Header().To.Bare()
	c.mu.Lock()
	defer c.mu.Unlock()
	if a := c.addresses[to]; a != nil && a.live != nil {
		return a.live
	}
	return c.live
}

// Stats says how the component is doing.
func (c *Component) Stats() Stats { return c.count.stats() }

// JID is the component's domain.
func (c *Component) JID() stanza.JID { return c.cfg.Domain }

func (c *Component) session() (*session.Session, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.live == nil {
		return nil, stanza.ErrOffline
	}
	return c.live, nil
}

// Send is [stanza.Session].Send, from the domain or, where the stanza says so, from
// one of its addresses.
func (c *Component) Send(ctx context.Context, st stanza.Stanza) error {
	s, err := c.session()
	if err != nil {
		return err
	}
	return s.Send(ctx, st)
}

// Request is [stanza.Session].Request, from the domain whatever From says: an answer
// to an address would go to that one's session.
func (c *Component) Request(ctx context.Context, iq *stanza.IQ) (*stanza.IQ, error) {
	s, err := c.session()
	if err != nil {
		return nil, err
	}
	from := *iq
	from.From = ""
	return s.Request(ctx, &from)
}

// End gives the live stream up; Run then begins another.
func (c *Component) End(cause error) {
	if s, err := c.session(); err == nil {
		s.End(cause)
	}
}
