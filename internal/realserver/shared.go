package realserver

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
)

// Shared is one server of each kind for all tests of a package: each is started when the first test asks for it and
// ended after the last. Rooms and accounts stay from test to test, so each test takes names of its own. A test may stop,
// kill or pause the server, but not while another runs in parallel; the next one gets it running again.
//
// The zero value is ready, and is put around the tests by [Shared.Around] in TestMain.
type Shared struct {
	// Config is how both servers are made. It must not change once a test has asked for one.
	Config Config

	mu        sync.Mutex // guards instances
	instances map[string]*instance
}

// Tests is what [testing.M] and goleak.VerifyTestMain have in common.
type Tests interface{ Run() int }

// Around returns tests that end the servers after m. Hand it to goleak.VerifyTestMain, or call Run and exit with its result.
func (s *Shared) Around(m Tests) Tests { return around{s, m} }

type around struct {
	shared *Shared
	tests  Tests
}

func (a around) Run() int {
	status := a.tests.Run()
	if err := a.shared.close(); err != nil {
		fmt.Fprintln(os.Stderr, "realserver:", err)
		status = max(status, 1)
	}
	return status
}

// Prosody is the shared Prosody, running. The first call blocks as [Prosody] does.
func (s *Shared) Prosody(tb testing.TB) *Server {
	tb.Helper()
	return s.get(tb, prosody)
}

// Ejabberd is the shared ejabberd, running. The first call blocks as [Ejabberd] does.
func (s *Shared) Ejabberd(tb testing.TB) *Server {
	tb.Helper()
	return s.get(tb, ejabberd)
}

// Each runs f as a subtest with each of the shared servers.
func (s *Shared) Each(t *testing.T, f func(t *testing.T, s *Server)) {
	t.Helper()
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) { f(t, s.get(t, k)) })
	}
}

func (s *Shared) get(tb testing.TB, k kind) *Server {
	tb.Helper()
	k.need(tb)
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.instances[k.name]
	if i == nil {
		var err error
		if i, err = launch(k, s.Config); err != nil {
			tb.Fatalf("%s: %v", k.name, err)
		}
		if s.instances == nil {
			s.instances = map[string]*instance{}
		}
		s.instances[k.name] = i
	}
	server := i.server(tb)
	server.Resume()
	server.Start()
	return server
}

func (s *Shared) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, i := range s.instances {
		errs = append(errs, i.close())
	}
	s.instances = nil
	return errors.Join(errs...)
}
