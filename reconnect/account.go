package reconnect

import (
	"context"
	"crypto/tls"
	"encoding/xml"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/xmppo/go-xmpp"
	"golang.org/x/net/idna"

	"github.com/xmppkit/xmppkit/stanza"
)

// maxHandshakes is how many handshakes may hang in go-xmpp at a time.
const maxHandshakes = 4

// account is where and as whom a client connects.
type account struct {
	cfg    Config
	domain string
	slots  chan struct{} // of maxHandshakes

	// mechanism is the one to use where the server's own channel binding fails.
	mechanism string
}

// newAccount checks the options and makes them safe to hand to go-xmpp, which puts
// several of them into XML as they are.
func newAccount(cfg Config) (*account, error) {
	o := &cfg.Options
	jid, err := stanza.ParseJID(o.User)
	if err != nil {
		return nil, fmt.Errorf("%w: Options.User: %w", ErrConfig, err)
	}
	if jid.Resource() != "" && o.Resource == "" {
		o.Resource = jid.Resource()
	}
	o.User = string(jid.Bare())
	for _, s := range []*string{&o.Resource, &o.UserAgentSW, &o.UserAgentDev, &o.UserAgentID} {
		*s = escaped(*s)
	}
	o.Status, o.StatusMessage = "", "" // ours follow in a presence that is escaped
	o.PeriodicServerPings = false      // would start a goroutine that writes to the stream
	if o.Debug && o.DebugWriter == nil {
		o.DebugWriter = os.Stderr
	}
	if o.DialTimeout == 0 || o.DialTimeout > cfg.HandshakeTimeout {
		o.DialTimeout = cfg.HandshakeTimeout
	}
	domain := jid.Domain()
	if strings.HasPrefix(domain, "[") {
		return nil, fmt.Errorf("%w: Options.User: go-xmpp cannot log in to a domain that is an IPv6 address", ErrConfig)
	}
	if ascii, err := idna.Lookup.ToASCII(domain); err == nil {
		domain = ascii
	}
	if o.TLSConfig == nil {
		o.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	o.TLSConfig = o.TLSConfig.Clone()
	if o.TLSConfig.ServerName == "" {
		o.TLSConfig.ServerName = domain // RFC 6120 §13.7.2.1: not the SRV target
	}
	return &account{cfg: cfg, domain: domain, slots: make(chan struct{}, maxHandshakes)}, nil
}

// connect tries the places where the server may be, one after the other.
func (a *account) connect(ctx context.Context, count *counters) (*xmpp.Client, error) {
	targets := []target{{addr: a.cfg.Options.Host, direct: !a.cfg.Options.NoTLS}}
	if a.cfg.Options.Host == "" {
		wait, cancel := context.WithTimeout(ctx, a.cfg.HandshakeTimeout)
		defer cancel()
		var err error
		if targets, err = lookup(wait, a.cfg.Resolver, a.domain); err != nil {
			return nil, fmt.Errorf("looking up %s: %w", a.domain, err)
		}
	}
	var failed []error
	for _, t := range targets {
		x, err := a.login(ctx, t, count)
		if err == nil {
			return x, nil
		}
		err = fmt.Errorf("connecting to %s: %w", t.addr, err)
		if permanent(err) || ctx.Err() != nil {
			return nil, err
		}
		failed = append(failed, err)
	}
	return nil, errors.Join(failed...)
}

// login connects to one place. A server may offer SCRAM with channel binding and
// then refuse it: ejabberd 23.01 does so over TLS 1.3. That is no wrong password, so
// SCRAM without it comes next, as it would on a server that offers no other.
func (a *account) login(ctx context.Context, t target, count *counters) (*xmpp.Client, error) {
	x, err := a.handshake(ctx, t, count)
	if errors.Is(err, ErrMechanism) && a.mechanism != "" {
		a.mechanism = "" // what the server offers has changed since
		x, err = a.handshake(ctx, t, count)
	}
	if !errors.Is(err, errBinding) || a.cfg.Options.Mechanism != "" {
		return x, err
	}
	a.cfg.Logger.Warn("the server refuses its own channel binding; logging in without", "server", t.addr)
	for _, m := range []string{xmpp.SCRAM_SHA_512, xmpp.SCRAM_SHA_256, xmpp.SCRAM_SHA_1} {
		a.mechanism = m
		if x, err = a.handshake(ctx, t, count); !errors.Is(err, ErrMechanism) {
			return x, err
		}
	}
	a.mechanism = ""
	return nil, err
}

// handshake lets go-xmpp connect, aside, because it cannot be told to stop. A
// success that comes too late is closed at once.
func (a *account) handshake(ctx context.Context, t target, count *counters) (*xmpp.Client, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, a.cfg.HandshakeTimeout, ErrTimeout)
	defer cancel()
	select {
	case a.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("%d handshakes hang: %w", maxHandshakes, context.Cause(ctx))
	}
	o := a.options(t)
	heard := &overheard{}
	if o.Debug {
		heard.debug = o.DebugWriter
	}
	o.Debug, o.DebugWriter = true, heard
	type result struct {
		x   *xmpp.Client
		err error
	}
	done := make(chan result)
	count.handshakes.Add(1)
	go func() {
		x, err := o.NewClient()
		if x != nil && ctx.Err() != nil {
			count.late.Add(1) // before it is no longer under way: see Client.replacedItself
		}
		count.handshakes.Add(-1)
		<-a.slots
		select {
		case done <- result{x, err}:
		case <-ctx.Done():
			if x != nil {
				discard(x)
			}
		}
	}()
	select {
	case r := <-done:
		if r.err != nil {
			return nil, handshakeError(r.err, heard)
		}
		if !r.x.IsEncrypted() && !o.InsecureAllowUnencryptedAuth {
			discard(r.x)
			return nil, errors.New("sent to another host, and there without encryption") // by see-other-host
		}
		return r.x, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// options are those for one place.
func (a *account) options(t target) xmpp.Options {
	o := a.cfg.Options
	o.Host = t.addr
	o.TLSConfig = o.TLSConfig.Clone()
	o.Mechanism = or(o.Mechanism, a.mechanism)
	if a.cfg.Options.Host == "" {
		o.NoTLS = !t.direct
		o.StartTLS = o.StartTLS || !t.direct && !o.InsecureAllowUnencryptedAuth
	}
	if t.direct && o.TLSConfig.NextProtos == nil {
		o.TLSConfig.NextProtos = []string{"xmpp-client"} // XEP-0368
	}
	return o
}

// discard closes a client that nobody wants any more.
func discard(x *xmpp.Client) {
	if conn, _, err := takeOver(x); err == nil {
		_ = closeNow(conn) // there is nobody to tell
	}
}

func escaped(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a strings.Builder does not fail
	return b.String()
}
