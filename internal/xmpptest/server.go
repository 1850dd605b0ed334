package xmpptest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/xmppkit/xmppkit/stanza"
)

// Config says what a Server is like. The zero value is a server that every client
// can log in to with [Password], over STARTTLS.
type Config struct {
	Addr   string // where to listen; default: a free port on 127.0.0.1
	Domain string // default: example.org
	Rooms  string // domain of the room service; default: rooms. and Domain
	Pubsub string // domain of the pubsub service; default: pubsub. and Domain

	// Accounts are localparts and their passwords. Nil: every localpart is an
	// account, of the password that Password names.
	Accounts map[string]string
	// Components are the domains of external components and their secrets.
	Components map[string]string
	// ReplaceComponent lets a second component of a domain take the place of the
	// first, instead of being refused with conflict.
	ReplaceComponent bool

	TLS TLSMode
	// Names are what the certificate is for; default: Domain, localhost, 127.0.0.1.
	Names []string
	// Mechanisms are those offered, strongest first; default: all of SCRAM-SHA-256
	// and SCRAM-SHA-1, with -PLUS over TLS, and PLAIN.
	Mechanisms []string
	Iterations int    // of SCRAM; default 4096
	AuthText   string // goes along with a refused login; default: none

	Conflict  ConflictPolicy // two sessions that want the same resource
	MaxStanza int            // bytes; default 1 MiB
	Queue     int            // stanzas waiting for a client before it is dropped; default 1048576
	Keep      int            // stanzas that Arrived remembers; default 16384
	Now       func() time.Time

	Room     RoomConfig   // of a room that somebody creates by joining
	SelfPing SelfPingMode // XEP-0410
	// GhostConflict refuses an account's second client the nick that the first one
	// holds, as ejabberd does. Otherwise they share it, as on Prosody.
	GhostConflict bool
	// OmitSelfStatus leaves code 110 out, as some services do.
	OmitSelfStatus bool
	// Tombstones makes a destroyed room answer gone, as Prosody does.
	Tombstones bool
	// NoCreate refuses to create rooms by joining them, with item-not-found.
	NoCreate bool
	// Nick is the nick that one gets who asks for another (code 210); nil: the same.
	Nick func(room stanza.JID, asked string) string
	// Moderation is the namespace of XEP-0425 that rooms speak; default
	// urn:xmpp:message-moderate:1. The :0 is the other; "none" is none.
	Moderation string
	// Page is the most that one answer holds of an archive or of a node's items;
	// default 50.
	Page int
}

// Password is every account's where Config.Accounts is nil.
const Password = "secret"

// TLSMode says how clients come to be encrypted. Direct TLS is understood on the
// same port unless there is none at all.
type TLSMode int

// The modes of TLS.
const (
	RequireTLS TLSMode = iota // STARTTLS, required
	OfferTLS                  // STARTTLS, offered
	NoTLS
)

// ConflictPolicy says who wins where two sessions want the same resource
// (RFC 6120 §7.7.2.2).
type ConflictPolicy int

// The policies.
const (
	ReplaceOld  ConflictPolicy = iota // the old session gets the stream error conflict
	RefuseNew                         // the new one's bind is refused with conflict
	OtherForNew                       // the new one is given another resource
)

// SelfPingMode says what becomes of a ping to one's own nick (XEP-0410).
type SelfPingMode int

// The modes of self-ping.
const (
	SelfPingOptimized   SelfPingMode = iota // the service answers, and announces that
	SelfPingUnannounced                     // the service answers
	SelfPingRouted                          // one of the occupant's clients has to answer
)

// Server is an XMPP server on loopback. Its methods may be called from any
// goroutine, and block only where they take a context.
type Server struct {
	cfg      Config
	identity *identity
	tls      *tls.Config
	secrets  *secrets

	running sync.WaitGroup // goroutines

	mu       sync.Mutex // guards everything below, all rooms and all parties
	listener net.Listener
	addr     string
	over     bool // closed for good
	conns    map[*conn]struct{}
	next     []connFault // of connections to come
	dials    int

	parties    map[stanza.JID]*party   // sessions, by full JID
	accounts   map[stanza.JID][]*party // sessions, by bare JID
	components map[string]*conn
	logins     []loginFault

	rooms  *roomService
	pubsub *pubsubService
	faults []*Broken
	timers map[*time.Timer]struct{}
	log    arrivals
	wakes  chan struct{} // closed at the next event; nil while nobody waits
}

// Start starts a server.
func Start(cfg Config) (*Server, error) {
	cfg.defaults()
	id, err := newIdentity(cfg.Names)
	if err != nil {
		return nil, fmt.Errorf("xmpptest: making a certificate: %w", err)
	}
	s := &Server{
		cfg: cfg, identity: id, secrets: newSecrets(cfg),
		tls:        &tls.Config{Certificates: []tls.Certificate{id.leaf}, MinVersion: tls.VersionTLS12},
		addr:       cfg.Addr,
		conns:      map[*conn]struct{}{},
		parties:    map[stanza.JID]*party{},
		accounts:   map[stanza.JID][]*party{},
		components: map[string]*conn{},
		timers:     map[*time.Timer]struct{}{},
		log:        arrivals{keep: cfg.Keep},
	}
	s.rooms = newRoomService(s)
	s.pubsub = newPubsubService(s)
	if err := s.Restart(); err != nil {
		return nil, err
	}
	return s, nil
}

func (c *Config) defaults() {
	set := func(s *string, v string) {
		if *s == "" {
			*s = v
		}
	}
	set(&c.Addr, "127.0.0.1:0")
	set(&c.Domain, "example.org")
	set(&c.Rooms, "rooms."+c.Domain)
	set(&c.Pubsub, "pubsub."+c.Domain)
	set(&c.Moderation, nsModerate1)
	if c.Names == nil {
		c.Names = []string{c.Domain, "localhost", "127.0.0.1"}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	for _, d := range []struct {
		n *int
		v int
	}{{&c.Iterations, 4096}, {&c.MaxStanza, 1 << 20}, {&c.Queue, 1 << 20}, {&c.Keep, 1 << 14}, {&c.Page, 50}} {
		if *d.n <= 0 {
			*d.n = d.v
		}
	}
}

// Addr is where the server listens, also while it does not.
func (s *Server) Addr() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addr
}

// Domain is the server's own.
func (s *Server) Domain() stanza.JID { return stanza.JID(s.cfg.Domain) }

// RoomService is the address of the room service.
func (s *Server) RoomService() stanza.JID { return stanza.JID(s.cfg.Rooms) }

// PubsubService is the address of the pubsub service.
func (s *Server) PubsubService() stanza.JID { return stanza.JID(s.cfg.Pubsub) }

// CA is what the server's certificate is verified with.
func (s *Server) CA() *x509.CertPool { return s.identity.pool() }

// CAPEM is the same as a file would hold it.
func (s *Server) CAPEM() []byte { return s.identity.pem }

// SetPassword makes an account, or changes its password. Sessions stay.
func (s *Server) SetPassword(local, password string) { s.secrets.set(local, password) }

// Close ends everything the server runs and blocks until it has ended.
func (s *Server) Close() {
	s.mu.Lock()
	s.over = true
	s.stop(nil)
	for t := range s.timers {
		t.Stop()
	}
	clear(s.timers)
	s.mu.Unlock()
	s.running.Wait()
}

// errClosed is what waits when the server is closed.
var errClosed = errors.New("xmpptest: the server is closed")

// Restart listens again, on the same port as before, and lets the room service
// serve. Rooms are as they were, without occupants.
func (s *Server) Restart() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rooms.down, s.rooms.silent = "", false
	return s.listen()
}

// listen begins to accept; s.mu is held.
func (s *Server) listen() error {
	if s.over {
		return errClosed
	}
	if s.listener != nil {
		return nil
	}
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", s.addr)
	if err != nil {
		return fmt.Errorf("xmpptest: %w", err)
	}
	s.listener, s.addr = l, l.Addr().String()
	s.running.Go(func() { s.accept(l) })
	return nil
}

func (s *Server) accept(l net.Listener) {
	for {
		nc, err := l.Accept()
		if err != nil {
			return // closed
		}
		s.mu.Lock()
		if s.listener != l {
			s.mu.Unlock()
			_ = nc.Close()
			return
		}
		c := newConn(s, nc)
		s.conns[c] = struct{}{}
		s.dials++
		if len(s.next) > 0 {
			c.wire.fault(s.next[0])
			s.next = s.next[1:]
		}
		s.happened()
		s.running.Go(c.serve)
		s.mu.Unlock()
	}
}
