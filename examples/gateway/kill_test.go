package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pelletier/go-toml/v2"

	"github.com/xmppkit/xmppkit/internal/realserver"
	"github.com/xmppkit/xmppkit/muc"
	"github.com/xmppkit/xmppkit/stanza"
)

// child is the gateway as a process that can be killed.
type child struct {
	testing.TB
	file string
	log  string
	cmd  *exec.Cmd
}

func newChild(tb testing.TB, cfg config) *child {
	tb.Helper()
	dir := tb.TempDir()
	c := &child{TB: tb, file: filepath.Join(dir, "gateway.toml"), log: filepath.Join(dir, "gateway.log")}
	data, err := toml.Marshal(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(c.file, data, 0o600); err != nil {
		tb.Fatal(err)
	}
	c.start()
	tb.Cleanup(func() {
		c.kill()
		if !tb.Failed() {
			return
		}
		if data, err := os.ReadFile(c.log); err == nil {
			tb.Logf("the gateway's log:\n%s", data[max(0, len(data)-20000):])
		}
	})
	return c
}

func (c *child) start() {
	c.Helper()
	log, err := os.OpenFile(c.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		c.Fatal(err)
	}
	defer log.Close()
	c.cmd = exec.Command(os.Args[0])
	c.cmd.Env = append(os.Environ(), asGateway+"="+c.file)
	c.cmd.Stdout, c.cmd.Stderr = log, log
	if err := c.cmd.Start(); err != nil {
		c.Fatal(err)
	}
}

// kill is kill -9.
func (c *child) kill() {
	c.Helper()
	if c.cmd == nil {
		return
	}
	if err := c.cmd.Process.Kill(); err != nil {
		c.Error(err)
	}
	_ = c.cmd.Wait() // it was killed
	c.cmd = nil
}

// witness stands between Kannel and the gateway and notes what the gateway has taken.
type witness struct {
	*httptest.Server
	mu    sync.Mutex // guards taken
	taken map[string]bool
}

func newWitness(tb testing.TB, listen string) *witness {
	w := &witness{taken: map[string]bool{}}
	to := &url.URL{Scheme: "http", Host: listen}
	proxy := &httputil.ReverseProxy{
		Rewrite:      func(r *httputil.ProxyRequest) { r.SetURL(to) },
		Transport:    &http.Transport{DisableKeepAlives: true},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
		ModifyResponse: func(r *http.Response) error {
			if r.StatusCode == http.StatusOK {
				w.mu.Lock()
				defer w.mu.Unlock()
				w.taken[r.Request.Header.Get("X-Text")] = true
			}
			return nil
		},
	}
	w.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			rw.WriteHeader(http.StatusBadRequest)
			return
		}
		r.Header.Set("X-Text", decode(body, r.URL.Query().Get("charset"), ""))
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		proxy.ServeHTTP(rw, r)
	}))
	tb.Cleanup(w.Close)
	return w
}

// all is what the gateway has taken, of one sender's texts.
func (w *witness) all(prefix string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var list []string
	for text := range w.taken {
		if strings.HasPrefix(text, prefix) {
			list = append(list, text)
		}
	}
	return list
}

// Issue 5, 2: kill -9 of the gateway, the server, Kannel, each and all at once, in the
// middle of traffic. Afterwards everybody is back, nobody got an SMS because of it, no
// message that was acknowledged is lost, and none came twice to a phone.
func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("starts servers")
	}
	servers.Each(t, func(t *testing.T, s *realserver.Server) {
		listen := freeAddr(t)
		w := newWitness(t, listen)
		k := realserver.Kannel(t, realserver.KannelConfig{PostURL: postURL(strings.TrimPrefix(w.URL, "http://"))})
		cfg := realConfig(t, s, k, listen, realSecret)
		cfg.Kannel.Report = duration(8 * time.Second)
		g := newChild(t, cfg)
		h := &handsets{TB: t, smsc: k.SMSC, got: map[string][]string{}}
		romeo := newFriend(t, s, "kromeo")
		room := stanza.JID("kill@" + s.Rooms)
		romeo.joins(room)
		if err := romeo.rooms.Configure(context.Background(), room, map[string][]string{"muc#roomconfig_persistentroom": {"1"}}); err != nil {
			t.Fatal(err)
		}
		s.Settle()
		for _, p := range []string{ann, bob} {
			h.text(p, "/join "+string(room))
			h.expect(p, "* You have joined "+string(room))
		}
		for _, p := range []string{ann, bob} { // all news at once, as there should be none
			h.text(p, "/debounce 0")
			h.expect(p, "You will be told")
		}
		restartKannel := func() {
			k.Bearerbox.Start()
			k.Smsbox.Start()
			k.SMSC.Connect()
		}
		for _, c := range []struct {
			name          string
			kill, restart func()
		}{
			{"gateway", g.kill, g.start},
			{"server", s.Kill, s.Start},
			{"kannel", func() { k.Smsbox.Kill(); k.Bearerbox.Kill() }, restartKannel},
			{"all", func() {
				var all sync.WaitGroup
				all.Go(g.kill)
				all.Go(s.Kill)
				all.Go(k.Smsbox.Kill)
				all.Go(k.Bearerbox.Kill)
				all.Wait()
			}, func() { s.Start(); restartKannel(); g.start() }},
		} {
			t.Run(c.name, func(t *testing.T) {
				said := map[string]string{ann: "a " + c.name, bob: "b " + c.name}
				speak := func(from, to int) {
					for i := from; i < to; i++ {
						for p, text := range said {
							h.smsc.Send(p, cfg.Number, fmt.Sprintf("%s %d;", text, i))
						}
						// A client that is offline says nothing, and that is fine.
						_, _ = romeo.rooms.Say(context.Background(), room, fmt.Sprintf("r %s %d;", c.name, i))
					}
				}
				speak(0, 40)
				h.await(bob, "(phone-0001) "+said[ann], 3) // in the middle
				c.kill()
				c.restart()
				speak(40, 60)
				h.TB = t
				h.settle(map[string]string{ann: "(phone-0002) ", bob: "(phone-0001) "}, func() bool {
					return len(w.all(said[ann])) >= 20 && len(w.all(said[bob])) >= 20
				}, func(p string) []string {
					other := map[string]string{ann: said[bob], bob: said[ann]}[p]
					return w.all(other)
				})
				for _, p := range []string{ann, bob} {
					h.text(p, "/who")
				}
				for p, other := range map[string]string{ann: "phone-0002", bob: "phone-0001"} {
					if list := h.awaitWho(p); !strings.HasPrefix(list, "You are in "+string(room)) || !strings.Contains(list, other) {
						t.Errorf("%s: %s", p, list)
					}
					h.check(t, p, func(text string) bool {
						return strings.HasPrefix(text, "("+other+") ") || strings.HasPrefix(text, "(kromeo) r ")
					})
				}
				heard := map[string]bool{}
				for len(romeo.events) > 0 {
					if m, ok := (<-romeo.events).(muc.Message); ok {
						heard[m.Body] = true
					}
				}
				for _, text := range append(w.all(said[ann]), w.all(said[bob])...) {
					if !heard[text] {
						t.Errorf("%s has not heard %q", romeo.jid, text)
					}
				}
				t.Logf("taken: %d of %s, %d of %s", len(w.all(said[ann])), ann, len(w.all(said[bob])), bob)
			})
		}
	})
}

// await waits until so many SMS that begin so have come, and leaves them.
func (h *handsets) await(to, prefix string, n int) {
	h.Helper()
	h.until(func() bool {
		count := 0
		for _, text := range h.take()[to] {
			if strings.HasPrefix(text, prefix) {
				count++
			}
		}
		return count >= n
	}, func() string { return fmt.Sprintf("%s lacks %d of %q", to, n, prefix) })
}

func (h *handsets) until(holds func() bool, or func() string) {
	h.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for timeout := time.After(2 * time.Minute); !holds(); {
		select {
		case <-tick.C:
		case <-timeout:
			h.Fatal(or())
		}
	}
}

// settle waits until every phone has what it should have.
func (h *handsets) settle(prefix map[string]string, ready func() bool, want func(p string) []string) {
	h.Helper()
	missing := func() (list []string) {
		got := h.take()
		for p, pre := range prefix {
			have := map[string]bool{}
			for _, text := range got[p] {
				have[text] = true
			}
			for _, text := range want(p) {
				if !have[pre+text] {
					list = append(list, p+": "+pre+text)
				}
			}
		}
		return list
	}
	h.until(func() bool { return ready() && len(missing()) == 0 }, func() string { return fmt.Sprintf("lost: %q", missing()) })
}

// awaitWho takes the answer to /who out of what has come.
func (h *handsets) awaitWho(p string) (answer string) {
	h.Helper()
	h.until(func() bool {
		list := h.take()[p]
		for i, text := range list {
			if strings.HasPrefix(text, "You are") {
				answer = text
				h.got[p] = append(list[:i:i], list[i+1:]...)
				return true
			}
		}
		return false
	}, func() string { return p + " gets no answer to /who" })
	return answer
}

// check looks at everything that has come for a phone, and forgets it: nothing twice,
// and nothing but what is allowed.
func (h *handsets) check(t *testing.T, p string, allowed func(string) bool) {
	t.Helper()
	seen := map[string]bool{}
	for _, text := range h.take()[p] {
		if seen[text] {
			t.Errorf("%s got twice: %s", p, text)
		}
		if !allowed(text) {
			t.Errorf("%s got: %s", p, text)
		}
		seen[text] = true
	}
	h.got[p] = nil
}
