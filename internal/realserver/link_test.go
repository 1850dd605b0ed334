package realserver

import (
	"io"
	"net"
	"testing"
)

func TestLink(t *testing.T) {
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	l := newLink(t, server.Addr().String())
	connect := func() (client, peer net.Conn) {
		client, err := net.Dial("tcp", l.Addr)
		if err != nil {
			t.Fatal(err)
		}
		peer, err = server.Accept()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { client.Close(); peer.Close() })
		return client, peer
	}
	carries := func(from, to net.Conn) {
		t.Helper()
		if _, err := from.Write([]byte("hello")); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(to, make([]byte, 5)); err != nil {
			t.Fatal(err)
		}
	}
	ended := func(c net.Conn) {
		t.Helper()
		if _, err := c.Read(make([]byte, 1)); err == nil {
			t.Error("still open")
		}
	}

	client, peer := connect()
	carries(client, peer)
	carries(peer, client)
	client.Close()
	ended(peer)

	client, peer = connect()
	peer.Close()
	ended(client)

	client, peer = connect()
	l.Cut()
	ended(client)
	if _, err := peer.Write(make([]byte, 1<<20)); err != nil {
		t.Errorf("the server has noticed: %v", err)
	}
	client, peer = connect()
	carries(client, peer)

	l.Block()
	ended(client)
	if c, err := net.Dial("tcp", l.Addr); err == nil {
		ended(c)
		c.Close()
	}
	l.Unblock()
	carries(connect())
}
