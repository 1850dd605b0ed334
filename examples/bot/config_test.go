package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xmppkit/xmppkit/internal/xmpptest"
	"github.com/xmppkit/xmppkit/muc"
)

// The file of the documentation, in full.
const wholeConfig = `[account]
jid = "warden@example.org/bot"   # resource optional
password = "secret"
server = "127.0.0.1:5222"
tls = "starttls"
ca_file = ""

[ping]
interval = "60s"
timeout = "20s"

[self_ping]
interval = "15m"
timeout = "30s"

[status]
text = ["on watch", "still on watch"]
every = "72h"
splay = "96h"

[[room]]
jid = "lobby@rooms.example.org"
nick = "warden"
password = ""

[[rule]]
name = "spam"
phrase = ["free bitcoin"]
rooms = []
action = "ban"
reason = "autoban at {{.Time.Format \"2006-01-02 15:04:05\"}}"

[[allow]]
jid = ["friend@example.org"]
rooms = []
`

func TestConfig(t *testing.T) {
	c, err := readConfig(inFolder(t, "bot.toml", wholeConfig), true)
	if err != nil {
		t.Fatal(err)
	}
	if c.Account.JID.JID != "warden@example.org/bot" || c.Ping.Timeout.Duration != 20*time.Second ||
		c.SelfPing.Interval.Duration != 15*time.Minute || len(c.Status.Text) != 2 || c.Status.Splay.Duration != 96*time.Hour {
		t.Errorf("read %+v", c)
	}
	if w := c.wishes(); len(w) != 1 || w[0] != (muc.Room{JID: lobby, Nick: "warden"}) {
		t.Errorf("rooms %+v", w)
	}
	if got := c.rules.Check(lobby, "", "", "free bitcoin"); len(got) != 1 || got[0].Rule != "spam" {
		t.Errorf("rules find %+v", got)
	}
	if o := c.options(); o.User != "warden@example.org/bot" || o.Password != "secret" || o.Host != "127.0.0.1:5222" || !o.NoTLS || !o.StartTLS ||
		o.InsecureAllowUnencryptedAuth {
		t.Errorf("options %+v", o)
	}
}

// The file beside this one can be used, once it has a password.
func TestSampleFile(t *testing.T) {
	t.Setenv("XMPP_PASSWORD", "secret")
	var out, log bytes.Buffer
	if status := (program{[]string{"-config", "bot.toml", "-check"}, nil, &out, &log, nil}).run(t.Context()); status != 0 || log.Len()+out.Len() > 0 {
		t.Errorf("exit status %d: %s%s", status, &out, &log)
	}
}

// How the stream is encrypted.
func TestTLS(t *testing.T) {
	for mode, want := range map[string][3]bool{ // NoTLS, StartTLS, InsecureAllowUnencryptedAuth
		"":               {true, true, false},
		"tls='starttls'": {true, true, false},
		"tls='direct'":   {false, false, false},
		"tls='none'":     {true, false, true},
	} {
		c, err := readConfig(inFolder(t, "bot.toml", "[account]\njid='a@b'\npassword='x'\n"+mode), true)
		if err != nil {
			t.Fatal(err)
		}
		if o := c.options(); [3]bool{o.NoTLS, o.StartTLS, o.InsecureAllowUnencryptedAuth} != want || o.TLSConfig.InsecureSkipVerify {
			t.Errorf("%q gives %+v", mode, o)
		}
	}
}

// Where the password comes from, and what if from nowhere.
func TestPassword(t *testing.T) {
	for _, c := range []struct{ name, text, file, env, want, err string }{
		{name: "in the file", text: "password='a'", env: "c", want: "a"},
		{name: "in a file of its own", text: "password_file='pw'", file: "b\r\n", env: "c", want: "b"},
		{name: "with spaces and a backslash", text: "password_file='pw'", file: ` b\ ` + "\n", want: ` b\ `},
		{name: "in the environment", env: "c", want: "c"},
		{name: "nowhere", err: "bot.toml:1: account.password: missing: expected one, or password_file, or XMPP_PASSWORD"},
		{name: "twice", text: "password='a'\npassword_file='pw'", file: "b", err: "bot.toml:4: account.password_file: there is a password, too: expected one of the two"},
		{name: "in no file", text: "password_file='other'", file: "b", err: "bot.toml:3: account.password_file: open "},
		{name: "in an empty file", text: "password_file='pw'", file: "\n", err: "bot.toml:3: account.password_file: pw is empty: expected"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("XMPP_PASSWORD", c.env)
			file := inFolder(t, "bot.toml", "[account]\njid='a@b'\n"+c.text, "pw", c.file)
			cfg, err := readConfig(file, true)
			if c.err != "" {
				if err == nil || !strings.HasPrefix(err.Error(), filepath.Join(filepath.Dir(file), c.err)) {
					t.Errorf("got %v, want %s", err, c.err)
				}
				return
			}
			if err != nil || cfg.Account.Password != c.want {
				t.Errorf("got %v, %v", cfg, err)
			}
		})
	}
}

func TestCAFile(t *testing.T) {
	srv := xmpptest.New(t, xmpptest.Config{})
	c, err := readConfig(inFolder(t, "bot.toml", "[account]\njid='a@b'\npassword='x'\nca_file='ca.pem'", "ca.pem", string(srv.CAPEM())), true)
	if err != nil || c.options().TLSConfig.RootCAs == nil {
		t.Errorf("%v, %+v", err, c)
	}
}

// A bad file: exit status 2 and one line with file, line and what was expected.
func TestConfigErrors(t *testing.T) {
	const account = "[account]\njid = 'warden@example.org'\npassword = 'x'\n" // lines 1 to 3
	for _, c := range []struct{ name, text, want string }{
		{"no TOML", "[account\n", "bot.toml:1: "},
		{"wrong table", account + "[acount]\n", "bot.toml:4: acount: unknown key: expected one of account, ping, self_ping, status, room, bot, "},
		{"wrong key", account + "pasword = 'y'\n", "bot.toml:4: account.pasword: unknown key: expected one of jid, password, password_file, "},
		{"wrong key in a room", account + "[[room]]\njid = 'a@b'\nnik = 'c'\n", "bot.toml:6: room.nik: unknown key: expected one of jid, nick, "},
		{"wrong key in a rule", account + "[[rule]]\nphrases = ['a']\n", "bot.toml:5: unknown key rule.phrases; expected one of action, "},
		{"wrong key of the status", account + "[status]\ntexts = ['a']\n", "bot.toml:5: status.texts: unknown key: expected one of text, every, splay"},
		{"key twice", account + "jid = 'x@y'\n", "bot.toml:4: "},
		{"no account", "[ping]\n", "bot.toml: account.jid: expected an address such as"},
		{"no address", "[account]\npassword = 'x'\n", "bot.toml:1: account.jid: expected an address such as"},
		{"bad address", "[account]\npassword = 'x'\njid = 'a@@b'\n", "bot.toml:3: account.jid: malformed JID"},
		{"only a domain", "[account]\npassword = 'x'\njid = 'example.org'\n", "bot.toml:3: account.jid: expected an address such as"},
		{"number for an address", "[account]\njid = 3\n", "bot.toml:2: "},
		{"bad mode of TLS", account + "tls = 'yes'\n", `bot.toml:4: account.tls: "yes" is none of the modes: expected "starttls", "direct" or "none"`},
		{"server without port", account + "server = 'example.org'\n", `bot.toml:4: account.server: "example.org" is no server: expected host and port`},
		{"port without server", account + "server = ':5222'\n", `bot.toml:4: account.server: ":5222" is no server: expected host and port`},
		{"no CA file", account + "ca_file = 'none.pem'\n", "bot.toml:4: account.ca_file: open "},
		{"no certificate", account + "ca_file = 'bot.toml'\n", "bot.toml:4: account.ca_file: no certificate in bot.toml: expected PEM"},
		{"bad duration", account + "[ping]\ninterval = 'soon'\n", `bot.toml:5: ping.interval: "soon" is no duration: expected one such as`},
		{"number for a duration", account + "[self_ping]\ntimeout = 5\n", `bot.toml:5: "5" is no duration: expected one such as`},
		{"negative duration", account + "[status]\nevery = '-1h'\n", `bot.toml:5: status.every: "-1h" is no duration: expected one such as`},
		{"string for a list", account + "[status]\ntext = 'on watch'\n", "bot.toml:5: status.text: got a string, expected a list"},
		{"bad room", account + "[[room]]\njid = '@rooms'\n", "bot.toml:5: room.jid: malformed JID"},
		{"room without address", account + "[[room]]\nnick = 'x'\n", "bot.toml:4: room.jid: expected the address of a room"},
		{"room with resource", account + "[[room]]\njid = 'a@b/c'\n", "bot.toml:5: room.jid: expected the address of a room"},
		{"room service", account + "[[room]]\njid = 'rooms.example.org'\n", "bot.toml:5: room.jid: expected the address of a room"},
		{"room twice", account + "[[room]]\njid = 'a@b'\n[[room]]\njid = 'A@b'\n", "bot.toml:7: room.jid: a@b stands here for the second time: expected each room once"},
		{"bad nick", account + "[[room]]\njid = 'a@b'\nnick = \"\\u0007\"\n", `bot.toml:6: room.nick: "\a" cannot be a nick: expected`},
		{"bad archive", account + "[[room]]\njid = 'a@b'\narchive = 'x'\n", `bot.toml:6: room.archive: "x": expected off, log or act`},
		{"bad master", account + "[bot]\nmasters = ['a@b', 'a@b/c']\n", `bot.toml:5: bot.masters: "a@b/c", number 2, is no account: expected addresses such as`},
		{"malformed master", account + "[bot]\nmasters = ['@']\n", "bot.toml:5: bot.masters: malformed JID"},
		{"bad admin room", account + "[bot]\nadmin_room = 'b'\n", "bot.toml:5: bot.admin_room: expected the address of a room"},
		{"no file of rules", account + "[bot]\nrules = 'none.toml'\n", "bot.toml:5: bot.rules: open "},
		{"wrong in the file of rules", account + "[bot]\nrules = 'rules.toml'\n", "rules.toml:2: unknown key rule.x; expected one of"},
		{"bad action", account + "[[rule]]\naction = 'bann'\n", `bot.toml:5: rule.action: "bann": expected one or several of log, warn,`},
		{"bad expression", account + "[[rule]]\nname = 'n'\nregexp = ['(']\n", `bot.toml:6: "n": "(": error parsing regexp`},
		{"bad template", account + "[[rule]]\nname = 'n'\nreason = '{{.Nick'\n", `bot.toml:6: "n": "{{.Nick": `},
		{"bad allowed address", account + "[[allow]]\njid = ['a@']\n", `bot.toml:5: allow: "a@": `},
	} {
		file := inFolder(t, "bot.toml", c.text, "rules.toml", "[[rule]]\nx = 1\n")
		for _, more := range []string{"-check", "-json"} { // neither -check nor without it anything runs
			var out, log bytes.Buffer
			status := program{[]string{"-config", file, more}, nil, &out, &log, nil}.run(t.Context())
			got := strings.TrimPrefix(log.String(), filepath.Dir(file)+"/")
			if status != 2 || !strings.HasPrefix(got, c.want) || strings.Count(got, "\n") != 1 || out.Len() > 0 {
				t.Errorf("%s: exit status %d, got\n%swant\n%s", c.name, status, got, c.want)
			}
		}
	}
}

// A separate file of rules counts beside the rules of the first.
func TestRulesFile(t *testing.T) {
	c, err := readConfig(inFolder(t, "bot.toml", "[bot]\nrules = 'more.toml'\n[[rule]]\nname='a'\nphrase='free bitcoin'\n",
		"more.toml", "[moderation]\nreason='x'\n[[rule]]\nname='b'\nphrase='casino'\n"), false)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.rules.Check(lobby, "", "", "free bitcoin casino"); len(got) != 2 || got[0].Rule != "a" || got[1].Rule != "b" {
		t.Errorf("found %+v", got)
	}
}

func FuzzConfig(f *testing.F) {
	f.Add(wholeConfig)
	f.Add("room = [{jid='a@b'}]\nrule = 3\n[bot]\nmasters=['a@b']\n")
	f.Add("[account]\nx = 1\n[[room]]\n[room.x]\n")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		file := filepath.Join(dir, "bot.toml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := readConfig(file, true); err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("not one line: %q", err)
		}
	})
}
