package realserver

import (
	"errors"
	"io"
	"net"
	"sync"
	"testing"
)

// Link is a way to a server that a test can break: what comes to Addr is carried to the server and back. All methods may
// be called from any goroutine. It ends with the test.
type Link struct {
	// Addr is host and port on loopback. It stays the same.
	Addr string

	to       string
	listener net.Listener
	running  sync.WaitGroup

	mu      sync.Mutex // guards everything below
	blocked bool
	ours    map[net.Conn]bool // towards the client
	theirs  map[net.Conn]bool // towards the server
}

// Link makes a way to one of the server's addresses, such as Addr.
func (s *Server) Link(addr string) *Link {
	s.tb.Helper()
	return newLink(s.tb, addr)
}

func newLink(tb testing.TB, addr string) *Link {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	l := &Link{Addr: listener.Addr().String(), to: addr, listener: listener, ours: map[net.Conn]bool{}, theirs: map[net.Conn]bool{}}
	l.running.Add(1)
	go l.accept()
	tb.Cleanup(l.close)
	return l
}

// Cut loses every connection as a dead network does: the client's end is closed, and the server is told nothing, so that
// it takes the client for present still. New connections are carried.
func (l *Link) Cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut()
}

// Block is Cut, and refuses new connections until Unblock.
func (l *Link) Block() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.blocked = true
	l.cut()
}

// Unblock ends Block.
func (l *Link) Unblock() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.blocked = false
}

func (l *Link) cut() {
	for c := range l.ours {
		_ = c.Close() // nothing is written any more that could be lost
	}
	clear(l.ours)
}

func (l *Link) close() {
	l.mu.Lock()
	l.blocked = true
	_ = l.listener.Close()
	l.cut()
	for c := range l.theirs {
		_ = c.Close()
	}
	clear(l.theirs)
	l.mu.Unlock()
	l.running.Wait()
}

func (l *Link) accept() {
	defer l.running.Done()
	for {
		client, err := l.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil {
			l.carry(client)
		}
	}
}

// carry joins a client's connection with one to the server.
func (l *Link) carry(client net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.blocked {
		_ = client.Close()
		return
	}
	server, err := net.Dial("tcp", l.to)
	if err != nil {
		_ = client.Close()
		return
	}
	l.ours[client], l.theirs[server] = true, true
	l.running.Add(2)
	go func() {
		defer l.running.Done()
		_, _ = io.Copy(server, client) // ends with the client, or by Cut: the server is not told
		if l.hasGone(client) {
			_ = server.Close()
		}
	}()
	go func() {
		defer l.running.Done()
		_, err := io.Copy(client, server)
		if err == nil { // the server has ended it
			_ = client.Close()
		}
		// After Cut the server is listened to on, so that it does not notice.
		_, _ = io.Copy(io.Discard, server)
	}()
}

// hasGone reports whether the client has ended its connection by itself.
func (l *Link) hasGone(client net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ours[client]
}
