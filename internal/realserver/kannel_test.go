package realserver

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// incoming is what Kannel posts to the test.
type incoming struct{ query, charset, body string }

func startKannel(t *testing.T) (*Gateway, <-chan incoming) {
	t.Helper()
	posts := make(chan incoming, 10)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		posts <- incoming{r.URL.Query().Get("from") + " " + r.URL.Query().Get("to"), r.URL.Query().Get("charset"), string(body)}
	}))
	t.Cleanup(web.Close)
	return Kannel(t, KannelConfig{PostURL: web.URL + "/in?from=%p&to=%P&coding=%c&charset=%C&id=%I"}), posts
}

func sendSMS(t *testing.T, g *Gateway, text string, more url.Values) string {
	t.Helper()
	query := url.Values{"username": {g.Username}, "password": {g.Password}, "from": {"+15550000001"}, "to": {"+15551234567"},
		"charset": {"UTF-8"}, "text": {text}}
	for k, v := range more {
		query[k] = v
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: wait}
	answer, err := client.Get(g.SendSMSURL + "?" + query.Encode())
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.Status + " " + string(body)
}

func receive[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(wait):
		t.Fatal("nothing came")
		panic("unreachable")
	}
}

func TestKannelSends(t *testing.T) {
	g, _ := startKannel(t)
	ucs2 := url.Values{"coding": {"2"}}
	for _, c := range []struct {
		name, text string
		more       url.Values
		parts      int
	}{
		{"plain", "hello +%& world", nil, 1},
		{"newline", "two\nlines", nil, 1},
		{"russian and emoji", "привет 😀", ucs2, 1},
		{"long", strings.TrimSpace(strings.Repeat("long ", 60)), nil, 2},
		{"long russian and emoji", strings.Repeat("длинно😀 ", 20) + ".", ucs2, 3},
		{"long chinese", strings.Repeat("中文", 50), ucs2, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			if status := sendSMS(t, g, c.text, c.more); !strings.HasPrefix(status, "202") {
				t.Fatal(status)
			}
			want := SMS{"+15550000001", "+15551234567", c.text, c.parts}
			if got := receive(t, g.SMSC.Received()); got != want {
				t.Errorf("got %+v\nwant %+v", got, want)
			}
		})
	}
}

func TestKannelPosts(t *testing.T) {
	g, posts := startKannel(t)
	for _, c := range []struct{ text, charset, body string }{
		{"hello there +%20", "UTF-8", "hello there +%20"},
		{"при\n", "UTF-16BE", "\x04\x3f\x04\x40\x04\x38\x00\n"},
		{"😀", "UTF-16BE", "\xd8\x3d\xde\x00"},
	} {
		g.SMSC.Send("+15551112222", "+15550000001", c.text)
		want := incoming{"+15551112222 +15550000001", c.charset, c.body}
		if got := receive(t, posts); got != want {
			t.Errorf("%q: got %+q, want %+q", c.text, got, want)
		}
	}
}

func TestKannelIsKilledAndStartedAgain(t *testing.T) {
	g, posts := startKannel(t)
	g.Bearerbox.Kill()
	g.Bearerbox.Start()
	g.Smsbox.Start() // the old one is still about to find out
	g.SMSC.Connect()
	g.SMSC.Send("+15551112222", "+15550000001", "again")
	if got := receive(t, posts); got.body != "again" {
		t.Errorf("got %+v", got)
	}
	g.Smsbox.Kill()
	g.SMSC.Send("+15551112222", "+15550000001", "kept")
	g.Smsbox.Start()
	if got := receive(t, posts); got.body != "kept" {
		t.Errorf("got %+v", got)
	}
	g.SMSC.Disconnect()
	if status := sendSMS(t, g, "later", nil); !strings.HasPrefix(status, "202") {
		t.Error(status)
	}
	g.SMSC.Connect()
	if got := receive(t, g.SMSC.Received()); got.Text != "later" {
		t.Errorf("got %+v", got)
	}
	g.Smsbox.Stop()
	g.Bearerbox.Stop()
}

func TestKannelListensOnLoopbackOnly(t *testing.T) {
	g, _ := startKannel(t)
	for _, p := range []*Program{g.Bearerbox, g.Smsbox} {
		addrs, err := listening(p.process.pids())
		if err != nil || len(addrs) == 0 {
			t.Fatal(addrs, err)
		}
		for _, a := range addrs {
			if !a.Addr().IsLoopback() {
				t.Errorf("%s listens on %v", p.process.name, a)
			}
		}
	}
}

func TestSMSCLines(t *testing.T) {
	parts := map[string][]string{}
	for _, c := range []struct {
		line string
		want SMS
		ok   bool
	}{
		{"1 2 text a b", SMS{"1", "2", "a b", 1}, true},
		{"1 2 ucs-2 %04%1F%04%40", SMS{"1", "2", "Пр", 1}, true},
		{"1 2 udh %05%00%03%07%02%02 data b+c", SMS{}, false},
		{"1 2 udh %05%00%03%07%02%01 data a+", SMS{"1", "2", "a b c", 2}, true},
		{"1 2 udh %05%00%03%08%02%01 data %D8%3D", SMS{}, false},
		{"1 2 udh %05%00%03%08%02%02 data %DE%00", SMS{"1", "2", "😀", 2}, true},
		{"1 2 udh %05%00%03%08%02%03 data x", SMS{Text: "1 2 udh %05%00%03%08%02%03 data x"}, true},
		{"1 2 udh % data x", SMS{Text: "1 2 udh % data x"}, true},
		{"nonsense", SMS{Text: "nonsense"}, true},
	} {
		if got, ok := parseSMS(c.line, parts); got != c.want || ok != c.ok {
			t.Errorf("%q: got %+v, %v; want %+v, %v", c.line, got, ok, c.want, c.ok)
		}
	}
	if len(parts) != 0 {
		t.Errorf("parts left: %v", parts)
	}
}
