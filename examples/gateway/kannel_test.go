package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"
)

// GATEWAY.md, Kannel's traps: what is beyond the old alphabet needs coding=2, and what
// is longer than ten parts is cut by us, visibly.
func TestFit(t *testing.T) {
	for _, c := range []struct {
		name, in string
		plain    bool
		cut      bool
	}{
		{"plain", "hello, \"you\" @ 5$\n[{}]\\^~|", true, false},
		{"backtick", "`", false, false},
		{"russian", "привет", false, false},
		{"emoji", "😀", false, false},
		{"full", strings.Repeat("a", 1530), true, false},
		{"too long", strings.Repeat("a", 1531), true, true},
		{"double characters", strings.Repeat("[", 766), true, true},
		{"full, emoji", strings.Repeat("😀", 335), false, false},
		{"too long, emoji", strings.Repeat("😀", 336), false, true},
		{"64 KiB", strings.Repeat("ж", 32<<10), false, true},
	} {
		got, plain := fit(c.in)
		size := len(utf16.Encode([]rune(got)))
		if plain != c.plain || (got != c.in) != c.cut || plain && size > maxPlain || !plain && size > maxUCS2 {
			t.Errorf("%s: plain %v, %d units: %.40q", c.name, plain, size, got)
		}
		if c.cut && !strings.HasSuffix(got, "...") && !strings.HasSuffix(got, "…") {
			t.Errorf("%s: cut without a sign", c.name)
		}
	}
}

func TestDecode(t *testing.T) {
	for _, c := range []struct{ body, charset, coding, want string }{
		{"hi", "UTF-8", "0", "hi"},
		{"\x04\x3f\x04\x40", "UTF-16BE", "2", "пр"},
		{"\xd8\x3d\xde\x00", "utf-16be", "2", "😀"},
		{"\x04\x3f\x04", "UTF-16BE", "2", "п"},
		{"\xd8\x3d", "UTF-16BE", "2", "\uFFFD"},
		{"\x04\x3f", "", "2", "п"},
		{"caf\xe9", "ISO-8859-1", "0", "café"},
		{"caf\xe9", "UTF-8", "0", "café"},
		{"caf\xc3\xa9", "", "", "café"},
		{"", "", "", ""},
	} {
		if got := decode([]byte(c.body), c.charset, c.coding); got != c.want {
			t.Errorf("%q %s: got %q", c.body, c.charset, got)
		}
	}
}

// taker is a receiver that notes what it is given.
type taker struct {
	err error
	got []string
}

func (r *taker) receive(_ context.Context, m incoming) error {
	r.got = append(r.got, m.ID+" "+m.From+" "+m.Text)
	return r.err
}

func (r *taker) report(_ context.Context, id string, sent bool) error {
	r.got = append(r.got, "report "+id+map[bool]string{true: " sent", false: " refused"}[sent])
	return r.err
}

// GATEWAY.md, Kannel: what it posts, and who is not it.
func TestKannelPosts(t *testing.T) {
	const s = "/abcdefghijklmnop"
	for _, c := range []struct {
		name, target, body string
		err                error
		status             int
		got                string
	}{
		{"text", s + "/in?from=%2B15551110001&id=1&charset=UTF-8&coding=0", "hi", nil, 200, "1 +15551110001 hi"},
		{"not stored", s + "/in?from=%2B15551110001&id=1", "hi", errors.New("disk full"), 503, "1 +15551110001 hi"},
		{"too big", s + "/in?from=1", strings.Repeat("x", maxPosted+5), nil, 200, " 1 " + strings.Repeat("x", maxPosted)},
		{"sent", s + "/report?type=8&id=ab", "", nil, 200, "report ab sent"},
		{"refused", s + "/report?type=16&id=ab", "", nil, 200, "report ab refused"},
		{"buffered", s + "/report?type=4&id=ab", "", nil, 200, ""},
		{"nonsense", s + "/report?type=x", "", nil, 200, ""},
		{"no secret", "/in?from=1", "hi", nil, 404, ""},
		{"wrong secret", "/abcdefghijklmnoq/in?from=1", "hi", nil, 404, ""},
		{"secret only", s, "hi", nil, 404, ""},
		{"something else", s + "/out", "hi", nil, 404, ""},
	} {
		r := &taker{err: c.err}
		k := newKannel(config{Kannel: kannelConfig{Secret: s[1:]}}, testLog(t))
		w := httptest.NewRecorder()
		k.handler(r).ServeHTTP(w, httptest.NewRequest("POST", c.target, strings.NewReader(c.body)))
		if w.Code != c.status || strings.Join(r.got, ";") != c.got {
			t.Errorf("%s: %d %.80q", c.name, w.Code, r.got)
		}
		if w.Code == 200 && w.Body.Len() > 0 {
			t.Errorf("%s: an answer would become an SMS: %q", c.name, w.Body)
		}
	}
}

// GATEWAY.md, Kannel: what it answers, and whether the message may have gone out.
func TestKannelSends(t *testing.T) {
	for _, c := range []struct {
		name    string
		status  int
		refused bool
		doubt   bool
		fails   bool
	}{
		{"accepted", 202, false, false, false},
		{"bad password", 403, false, false, true},
		{"no receiver", 400, true, false, true},
		{"overloaded", 503, false, false, true},
		{"hangs up", 0, false, true, true},
		{"not there", -1, false, false, true},
	} {
		asked := make(chan url.Values, 1)
		web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked <- r.URL.Query()
			if c.status == 0 {
				conn, _, err := http.NewResponseController(w).Hijack()
				if err == nil {
					err = conn.Close()
				}
				if err != nil {
					t.Error(err)
				}
				return
			}
			w.WriteHeader(c.status)
			if _, err := io.WriteString(w, "0: Accepted for delivery"); err != nil {
				t.Error(err)
			}
		}))
		addr := web.URL
		if c.status < 0 {
			web.Close()
		}
		k := newKannel(config{Number: "+15550000001", Kannel: kannelConfig{SendSMS: addr + "/cgi-bin/sendsms",
			Username: "u", Password: "hush", Listen: "127.0.0.1:1", Secret: "abcdefghijklmnop"}}, testLog(t))
		err := k.Send(context.Background(), outgoing{ID: "ab", To: ann, Text: "привет & <b>"})
		web.Close()
		if (err != nil) != c.fails || errors.Is(err, errRefused) != c.refused || errors.Is(err, errDoubt) != c.doubt {
			t.Errorf("%s: %v", c.name, err)
		}
		if err != nil && strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: the password is in %v", c.name, err)
		}
		if c.status < 0 {
			continue
		}
		q := <-asked
		for key, want := range map[string]string{"from": "+15550000001", "to": ann, "coding": "2", "charset": "UTF-8",
			"text": "привет & <b>", "dlr-mask": "24", "dlr-url": "http://127.0.0.1:1/abcdefghijklmnop/report?type=%d&id=ab"} {
			if q.Get(key) != want {
				t.Errorf("%s: %s is %q", c.name, key, q.Get(key))
			}
		}
		if len(asked) > 0 {
			t.Errorf("%s: asked twice", c.name)
		}
	}
}

func TestAccessLog(t *testing.T) {
	name := filepath.Join(t.TempDir(), "access.log")
	if err := os.WriteFile(name, []byte(`2026-01-01 00:00:00 Sent SMS [SMSC:FAKE] [SVC:gateway] [ACT:] [BINF:2b31] [FID:] [META:] [from:+1] [to:+2] [flags:-1:0:-1:-1:24] [msg:2:hi] [udh:0:]
2026-01-01 00:00:00 FAILED Send SMS [SMSC:FAKE] [SVC:gateway] [ACT:] [BINF:2b32] [FID:] [META:] [msg:2:hi]
2026-01-01 00:00:00 Sent SMS [SMSC:FAKE] [BINF:] [msg:2: [BINF:2b33`), 0o600); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]bool{"2b31": true, "2b32": false, "2b33": false, "2b3": false} {
		if got, err := inLog(name, id); got != want || err != nil {
			t.Errorf("%s: %v %v", id, got, err)
		}
	}
	if _, err := inLog(name+"x", "2b31"); err == nil {
		t.Error("no error for no file")
	}
}

// Run listens until its context ends, and says so if it cannot.
func TestKannelListens(t *testing.T) {
	addr := freeAddr(t)
	k := newKannel(config{Kannel: kannelConfig{Listen: addr, Secret: "abcdefghijklmnop"}}, testLog(t))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- k.Run(ctx, &taker{}) }()
	var d net.Dialer
	for {
		conn, err := d.DialContext(t.Context(), "tcp", addr)
		if err == nil {
			if err := conn.Close(); err != nil {
				t.Error(err)
			}
			break
		}
	}
	if err := k.Run(ctx, &taker{}); err == nil {
		t.Error("two listen on one port")
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
