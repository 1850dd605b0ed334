package main

import (
	"strings"
	"testing"
	"time"

	"github.com/xmppkit/xmppkit/presence"
)

// GATEWAY.md: parsing, and the column of commands.
func TestParse(t *testing.T) {
	for _, c := range []struct {
		text string
		want command
	}{
		{"hello", command{verb: speak, arg: "hello"}},
		{" hello\n/join ", command{verb: speak, arg: "hello\n/join"}},
		{"/me waves", command{verb: speak, arg: "/me waves"}},
		{"join us", command{verb: meant, arg: "us"}}, // in a room it is said
		{"join us tonight", command{verb: speak, arg: "join us tonight"}},
		{"joined", command{verb: speak, arg: "joined"}},
		{"/join", command{verb: join}},
		{"/JOIN Lobby", command{verb: join, arg: "Lobby"}},
		{"/join\nlobby", command{verb: join, arg: "lobby"}},
		{"join", command{verb: meant}},
		{"JOIN", command{verb: meant}},
		{"/leave", command{verb: leave}},
		{"/Part", command{verb: leave}},
		{"/create den", command{verb: create, arg: "den"}},
		{"/create", command{verb: misused, arg: "/create NAME"}},
		{"/who", command{verb: who}},
		{"/list", command{verb: list}},
		{"/invite +15551234567", command{verb: invite, arg: "+15551234567"}},
		{"/invite", command{verb: misused, arg: usages[invite]}},
		{"/nick Ann Lee", command{verb: nick, arg: "Ann Lee"}},
		{"/nick", command{verb: misused, arg: usages[nick]}},
		{"/msg bob hi", command{verb: tell, arg: "bob hi"}},
		{"/msg bob", command{verb: misused, arg: usages[tell]}},
		{"/debounce 30", command{verb: debounce, wait: 30 * time.Second}},
		{"/debounce 0", command{verb: debounce}},
		{"/debounce OFF", command{verb: debounce, wait: presence.Off}},
		{"/debounce -1", command{verb: misused, arg: usages[debounce]}},
		{"/debounce 99999999999999999999", command{verb: misused, arg: usages[debounce]}},
		{"/debounce", command{verb: misused, arg: usages[debounce]}},
		{"/help me", command{verb: help, arg: "me"}},
		{"/", command{verb: unknown, arg: "/"}},
		{"/frobnicate now", command{verb: unknown, arg: "/frobnicate"}},
	} {
		if got := parse(c.text); got != c.want {
			t.Errorf("%q: got %+v, want %+v", c.text, got, c.want)
		}
	}
}

// GATEWAY.md, /msg WHO TEXT: an address, else a number, else a nick in the room.
func TestAddressee(t *testing.T) {
	nicks := []string{"Ann", "Ann Lee", "bob", "+15550001111", "/join", "жук"}
	for _, c := range []struct{ arg, whom, text string }{
		{"juliet@example.org hi there", "juliet@example.org", "hi there"},
		{"+15550001111 hi", "+15550001111", "hi"},
		{"bob hi", "bob", "hi"},
		{"BOB hi", "bob", "hi"},
		{"Ann hi", "Ann", "hi"},
		{"ann lee hi", "Ann Lee", "hi"},
		{"Ann Leeward hi", "Ann", "Leeward hi"},
		{"/join hi", "/join", "hi"},
		{"жук привет", "жук", "привет"},
		{"nobody hi", "nobody", "hi"},
		{"bob", "bob", ""},
	} {
		if whom, text := addressee(c.arg, nicks); whom != c.whom || text != c.text {
			t.Errorf("%q: got %q %q", c.arg, whom, text)
		}
	}
}

// GATEWAY.md: iq:gateway.
func TestParseNumber(t *testing.T) {
	for s, want := range map[string]string{
		"+15551234567": "+15551234567", " +15551234567\n": "+15551234567", "5551234567": "+15551234567",
		"15551234567": "+15551234567", "+79991234567": "+79991234567", "+4930123456": "+4930123456",
		"": "", "+": "", "+1": "", "+0123456789": "", "555123456": "", "25551234567": "", "0551234567": "",
		"+1234567890123456": "", "++15551234567": "", "+1555123456x": "", "(555) 123-4567": "", "BANK": "",
		"+１５５５１２３４５６７": "", "sip:15551234567": "",
	} {
		got, ok := parseNumber(s)
		if ok != (want != "") || ok && got != want {
			t.Errorf("%q: got %q, %v", s, got, ok)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"hello", "/msg a b", "/join\x00", "/debounce 5", "join \xff", strings.Repeat("/", 100)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c := parse(clean(s))
		addressee(c.arg, []string{s, "Ann", "ﬀ", "İ"})
		if c.verb > misused {
			t.Errorf("%q: %+v", s, c)
		}
	})
}
