// Package realserver starts real XMPP servers for the integration tests: Prosody and ejabberd, and for the gateway Kannel.
//
// Each runs in a temporary folder of its own, on loopback ports of its own, with a certificate made on the spot, and is
// gone when the test is, whichever way the test ends. Where a program is not installed the test is skipped with the
// name of the Debian package; with XMPPKIT_REAL=1 in the environment it fails instead.
//
//	var servers realserver.Shared
//
//	func TestMain(m *testing.M) { goleak.VerifyTestMain(servers.Around(m)) }
//
//	func TestReturn(t *testing.T) {
//		servers.Each(t, func(t *testing.T, s *realserver.Server) {
//			jid, password := s.Account("romeo")
//			// connect to s.Addr with RootCAs: s.Roots, ServerName: s.Domain
//			s.Kill()
//			s.Start()
//		})
//	}
//
// What the servers offer, both alike: STARTTLS and direct TLS, SCRAM and PLAIN, two room services where anyone may make
// rooms at once and permanent ones too, with archives (XEP-0313), a publish-subscribe service (XEP-0060) and an entrance
// for external components (XEP-0114). There are no rate limits, no registration in band and no other servers.
//
// Server, Program, Gateway and SMSC belong to one test and its goroutine, because they end the test when an operation
// fails; [Program.Log] and [SMSC.Received] may be called from any. The package itself leaves no goroutine waiting.
package realserver

import (
	"crypto/rand"
	"crypto/x509"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Publisher is the account that may create nodes at [Server.Pubsub] on every server. (ejabberd would let any account.)
const Publisher = "publisher"

// Config says what a server is to be like. The zero value is what a careful operator would run.
type Config struct {
	// Plaintext lets clients log in without TLS, which is still offered. Default: TLS is required.
	Plaintext bool
	// NoPlain takes SASL PLAIN away and leaves SCRAM. Default: both.
	NoPlain bool
	// Components are the names of the external components, which become hosts below the domain. Default: "sms".
	Components []string
}

// Server is a running XMPP server, as one test sees it.
type Server struct {
	Program

	// Name is "prosody" or "ejabberd".
	Name string
	// Domain is the virtual host, which exists in no DNS: connect to Addr and verify the certificate against Domain.
	Domain string
	// Rooms and OtherRooms are two room services (XEP-0045).
	Rooms, OtherRooms string
	// Pubsub is a publish-subscribe service (XEP-0060).
	Pubsub string
	// Components are the hosts that an external component can be, each with Secret.
	Components []string
	Secret     string

	// Addr, DirectTLSAddr and ComponentAddr are host and port on loopback. They stay the same after a restart.
	Addr, DirectTLSAddr, ComponentAddr string
	// Roots holds the authority that signed the certificate for Domain, and no other.
	Roots *x509.CertPool

	instance *instance
}

// Prosody starts a Prosody and stops it when the test ends. It blocks until every port listens, a fraction of a second.
func Prosody(tb testing.TB, cfg Config) *Server {
	tb.Helper()
	return own(tb, prosody, cfg)
}

// Ejabberd starts an ejabberd and stops it when the test ends. It blocks until every port listens, about a second.
func Ejabberd(tb testing.TB, cfg Config) *Server {
	tb.Helper()
	return own(tb, ejabberd, cfg)
}

// Each runs f as a subtest with a fresh server of each kind. A package with many tests does better with [Shared].
func Each(t *testing.T, cfg Config, f func(t *testing.T, s *Server)) {
	t.Helper()
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) { f(t, own(t, k, cfg)) })
	}
}

// Account returns the bare JID and the password of an account at Domain, which is made if it is new. It needs a running
// server and blocks until the account can log in.
func (s *Server) Account(name string) (jid, password string) {
	s.tb.Helper()
	password, err := s.instance.account(name)
	if err != nil {
		s.tb.Fatalf("%s: account %s: %v\n%s", s.Name, name, err, s.Log())
	}
	return name + "@" + s.Domain, password
}

// Settle blocks until everything that the server has accepted so far is on disk, where a kill cannot take it away:
// accounts, rooms made persistent, archives. Prosody writes at once, ejabberd may take two seconds.
func (s *Server) Settle() {
	s.tb.Helper()
	if s.instance.written == nil {
		return
	}
	s.Account("settled-" + strings.ToLower(rand.Text())) // what is written after the rest
	s.check("settle", s.instance.settle())
}

// Kill ends the server at once, as kill -9 does, and blocks until nothing of it is left. Only the accounts made by
// Account are safe; what else the server has accepted may be lost, which [Server.Settle] prevents. A fresh account can
// make Kill wait for two seconds.
func (s *Server) Kill() {
	s.tb.Helper()
	s.saveAccounts()
	s.Program.Kill()
}

// Pause stops the process as [Program.Pause] says. It too may wait for a fresh account, as the server may be killed next.
func (s *Server) Pause() {
	s.tb.Helper()
	s.saveAccounts()
	s.Program.Pause()
}

func (s *Server) saveAccounts() {
	s.tb.Helper()
	if !s.process.halted() {
		s.check("settle", s.instance.settle())
	}
}

func own(tb testing.TB, k kind, cfg Config) *Server {
	tb.Helper()
	k.need(tb)
	i, err := launch(k, cfg)
	if err != nil {
		tb.Fatalf("%s: %v", k.name, err)
	}
	tb.Cleanup(func() {
		if err := i.close(); err != nil {
			tb.Errorf("%s: %v", k.name, err)
		}
	})
	return i.server(tb)
}

// A kind is a server program that the package knows how to run.
type kind struct {
	name, program, debian, user string
	prepare                     func(*instance, Config) error
}

var (
	prosody  = kind{"prosody", "prosody", "prosody", "prosody", (*instance).prepareProsody}
	ejabberd = kind{"ejabberd", "ejabberdctl", "ejabberd", "ejabberd", (*instance).prepareEjabberd}
	kinds    = []kind{prosody, ejabberd}
)

// need skips or fails the test if the program is missing.
func (k kind) need(tb testing.TB) {
	tb.Helper()
	tell := tb.Skipf
	if os.Getenv("XMPPKIT_REAL") == "1" {
		tell = tb.Fatalf
	}
	if !supported {
		tell("real servers are started on Linux only")
	}
	if find(k.program) == "" {
		tell("%s is not installed; on Debian: apt-get install %s", k.program, k.debian)
	}
}

// find is exec.LookPath that also looks where an ordinary user's PATH does not lead.
func find(program string) string {
	for _, name := range []string{program, "/usr/sbin/" + program, "/usr/local/sbin/" + program} {
		if path, err := exec.LookPath(name); err == nil {
			if path, err = filepath.Abs(path); err == nil {
				return path
			}
		}
	}
	return ""
}
