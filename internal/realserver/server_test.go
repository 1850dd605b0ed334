package realserver

import (
	"crypto/sha1"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"net"
	"os"
	"slices"
	"testing"
	"time"
)

func TestTLSAndMechanisms(t *testing.T) {
	shared.Each(t, func(t *testing.T, server *Server) {
		s, features := secure(t, server)
		t.Logf("mechanisms: %v", mechanisms(features))
		for _, want := range []string{"PLAIN", "SCRAM-SHA-1"} {
			if !slices.Contains(mechanisms(features), want) {
				t.Errorf("%s is not offered: %v", want, mechanisms(features))
			}
		}
		if _, ok := features.find("register"); ok {
			t.Error("registration is offered")
		}
		s.plain(server, "romeo")
	})
}

func TestDirectTLS(t *testing.T) {
	shared.Each(t, func(t *testing.T, server *Server) {
		s := dial(t, server.DirectTLSAddr)
		s.startTLS(server)
		s.open("jabber:client", server.Domain)
		s.expect("features")
		s.plain(server, "romeo")
	})
}

func TestCertificateIsForTheDomainOnly(t *testing.T) {
	shared.Each(t, func(t *testing.T, server *Server) {
		conn, err := net.Dial("tcp", server.DirectTLSAddr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if err := tls.Client(conn, &tls.Config{RootCAs: server.Roots, ServerName: "example.net"}).Handshake(); err == nil {
			t.Error("verified for another domain")
		}
	})
}

func TestPlaintextWithoutPlain(t *testing.T) {
	Each(t, Config{Plaintext: true, NoPlain: true}, func(t *testing.T, server *Server) {
		s := dial(t, server.Addr)
		s.open("jabber:client", server.Domain)
		offered := mechanisms(s.expect("features"))
		if slices.Contains(offered, "PLAIN") || !slices.Contains(offered, "SCRAM-SHA-1") {
			t.Errorf("offered without TLS: %v", offered)
		}
	})
}

func TestPlaintext(t *testing.T) {
	Each(t, Config{Plaintext: true}, func(t *testing.T, server *Server) {
		s := dial(t, server.Addr)
		s.open("jabber:client", server.Domain)
		s.expect("features")
		s.plain(server, "romeo")
	})
}

func TestNothingListensBeyondLoopback(t *testing.T) {
	shared.Each(t, func(t *testing.T, server *Server) {
		addrs, err := listening(server.process.pids())
		if err != nil {
			t.Fatal(err)
		}
		if len(addrs) < 3 {
			t.Errorf("listens on %v only", addrs)
		}
		for _, a := range addrs {
			if !a.Addr().IsLoopback() {
				t.Errorf("listens on %v", a)
			}
		}
	})
}

func TestRoomsAreOpenAtOnceAndPersist(t *testing.T) {
	shared.Each(t, func(t *testing.T, server *Server) {
		for _, service := range []string{server.Rooms, server.OtherRooms} {
			room := "durable@" + service
			romeo, juliet := login(t, server, "romeo"), login(t, server, "juliet")
			romeo.join(room, "romeo")
			juliet.join(room, "juliet") // fails in a locked room
			if n := romeo.request("set", room, `<query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'>`+
				`<field var='FORM_TYPE'><value>http://jabber.org/protocol/muc#roomconfig</value></field>`+
				`<field var='muc#roomconfig_persistentroom'><value>1</value></field></x></query>`); n.attr("type") != "result" {
				t.Fatalf("configuring: %+v", n)
			}
			server.Settle()
			server.Kill()
			if len(server.Pids()) != 0 {
				t.Errorf("left after kill: %v", server.Pids())
			}
			if _, err := juliet.next(); err == nil {
				for err == nil {
					_, err = juliet.next()
				}
			}
			server.Start()
			if got := login(t, server, "juliet").join(room, "juliet"); slices.Contains(got, "201") {
				t.Errorf("%s: the room had to be made again: codes %v", service, got)
			}
		}
	})
}

func TestRoomArchive(t *testing.T) {
	shared.Each(t, func(t *testing.T, server *Server) {
		room := "archived@" + server.Rooms
		s := login(t, server, "romeo")
		s.join(room, "romeo")
		s.send(`<message type='groupchat' to='%s' id='m1'><body>remember</body></message>`, room)
		s.until("reflection", func(n node) bool { return n.attr("id") == "m1" })
		s.send(`<iq type='set' id='mam' to='%s'><query xmlns='urn:xmpp:mam:2' queryid='x'/></iq>`, room)
		n := s.until("archive", func(n node) bool {
			_, ok := n.find("result")
			return ok || n.attr("id") == "mam"
		})
		if body, _ := n.find("body"); body.Text != "remember" {
			t.Errorf("archive: %+v", n)
		}
	})
}

// Both mean to say system-shutdown; Prosody closes the connection before that is out in one case of ten.
func TestStopEndsTheStreams(t *testing.T) {
	Each(t, Config{}, func(t *testing.T, server *Server) {
		s := login(t, server, "romeo")
		server.Stop()
		for {
			n, err := s.next()
			if errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error("the stream does not end")
			}
			if err != nil {
				break
			}
			if _, ok := n.find("system-shutdown"); n.XMLName.Local == "error" && !ok {
				t.Errorf("stream error %+v", n)
			}
		}
		if len(server.Pids()) != 0 {
			t.Errorf("left after stop: %v", server.Pids())
		}
		server.Start()
		login(t, server, "romeo")
	})
}

func TestPauseAndResume(t *testing.T) {
	shared.Each(t, func(t *testing.T, server *Server) {
		s := login(t, server, "romeo")
		const ping = `<ping xmlns='urn:xmpp:ping'/>`
		s.request("get", server.Domain, ping)
		server.Pause()
		s.send(`<iq type='get' id='late' to='%s'>%s</iq>`, server.Domain, ping)
		for _, pid := range server.Pids() {
			if p, ok := readProc(pid); ok && p.group == server.Pids()[0] && p.state != 'T' {
				t.Errorf("process %d is in state %c", pid, p.state)
			}
		}
		server.Resume()
		s.until("late answer", func(n node) bool { return n.attr("id") == "late" })
	})
}

func TestKillWhilePaused(t *testing.T) {
	shared.Each(t, func(t *testing.T, server *Server) {
		s := login(t, server, "romeo")
		server.Pause()
		server.Kill()
		for {
			if n, err := s.next(); err != nil {
				break
			} else if n.attr("type") == "unavailable" {
				t.Errorf("a killed server said goodbye: %+v", n)
			}
		}
	})
}

func TestPublisherMayPublish(t *testing.T) {
	shared.Each(t, func(t *testing.T, server *Server) {
		s := login(t, server, Publisher)
		const pubsub = `<pubsub xmlns='http://jabber.org/protocol/pubsub'>`
		for _, payload := range []string{
			pubsub + `<create node='muc_bans_sha256'/></pubsub>`,
			pubsub + `<publish node='muc_bans_sha256'><item id='abc'><report xmlns='urn:xmpp:reporting:1' reason='urn:xmpp:reporting:spam'/></item></publish></pubsub>`,
		} {
			if n := s.request("set", server.Pubsub, payload); n.attr("type") != "result" {
				t.Fatalf("%s: %+v", payload, n)
			}
		}
		reader := login(t, server, "romeo")
		n := reader.request("get", server.Pubsub, pubsub+`<items node='muc_bans_sha256'/></pubsub>`)
		if item, ok := n.find("item"); !ok || item.attr("id") != "abc" {
			t.Errorf("items: %+v", n)
		}
	})
}

func TestComponents(t *testing.T) {
	Each(t, Config{Components: []string{"sms", "mms"}}, func(t *testing.T, server *Server) {
		if want := []string{"sms.example.org", "mms.example.org"}; !slices.Equal(server.Components, want) {
			t.Errorf("components %v, want %v", server.Components, want)
		}
		for _, host := range server.Components {
			s := dial(t, server.ComponentAddr)
			id := s.open("jabber:component:accept", host)
			sum := sha1.Sum([]byte(id + server.Secret)) // XEP-0114 §3
			s.send(`<handshake>%s</handshake>`, hex.EncodeToString(sum[:]))
			s.expect("handshake")
		}
	})
}

func TestServerIsGoneWithItsTest(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			var all []proc
			var dir string
			var took time.Duration
			t.Run("life", func(t *testing.T) {
				begin := time.Now()
				server := own(t, k, Config{})
				took = time.Since(begin)
				all, dir = server.process.pids(), server.instance.dir
			})
			if len(all) == 0 {
				t.Skip("not started")
			}
			t.Logf("started in %v with %d processes", took.Round(time.Millisecond), len(all))
			for _, p := range all {
				if p.alive() {
					t.Errorf("process %d is left", p.pid)
				}
			}
			if _, err := os.Stat(dir); !os.IsNotExist(err) {
				t.Errorf("folder %s is left: %v", dir, err)
			}
		})
	}
}
