package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
)

const goodConfig = `number = "+15550000001"
state = "gateway.db"

[component]
addr = "127.0.0.1:5347"
domain = "sms.example.org"
secret = "s"

[rooms]
servers = ["rooms.example.org"]

[kannel]
username = "u"
password = "p"
secret = "abcdefghijklmnop"
`

func TestConfigDefaults(t *testing.T) {
	c, err := parseConfig("f", []byte(goodConfig+"[limits]\nexpire = \"90m\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	if time.Duration(c.Limits.Expire) != 90*time.Minute || c.Kannel.Listen != "127.0.0.1:8085" ||
		len(c.Chat.From) != 1 || c.Chat.From[0] != "example.org" {
		t.Errorf("got %+v", c)
	}
}

// Issue 5: strict, and every mistake is one line: file, line and what was expected.
func TestConfigMistakes(t *testing.T) {
	change := func(old, now string) string { return strings.Replace(goodConfig, old, now, 1) }
	for name, c := range map[string]struct{ text, want string }{
		"not TOML":         {"number = \n", "f:1: expected TOML"},
		"unknown key":      {change("secret = \"s\"", "secret = \"s\"\nsecrets = 1"), "f:8: component.secrets: unknown key: expected one of addr, domain, secret, allow_remote"},
		"unknown table":    {goodConfig + "[kanel]\n", "f:16: kanel: unknown key: expected one of state, number, component, rooms, kannel, limits, chat"},
		"missing":          {change("secret = \"s\"\n", ""), "f:4: component.secret: expected the secret"},
		"missing table":    {"number = \"+15550000001\"\n", "f:1: component.addr: expected host and port"},
		"no number":        {change("+15550000001", "5550000001"), "f:1: number: expected a phone number"},
		"wrong type":       {change(`["rooms.example.org"]`, `"rooms.example.org"`), "f:10: rooms.servers: expected a list"},
		"empty list":       {change(`["rooms.example.org"]`, `[]`), "f:10: rooms.servers: expected a list"},
		"not a domain":     {change("sms.example.org", "a@b"), "f:6: component.domain: expected a domain"},
		"not loopback":     {goodConfig + "listen = \"0.0.0.0:80\"\n", "f:16: kannel.listen: expected a loopback address"},
		"short secret":     {change("abcdefghijklmnop", "abc"), "f:15: kannel.secret: expected at least 16"},
		"secret for a URL": {change("abcdefghijklmnop", "abcdefgh/jklmnop"), "f:15: kannel.secret: expected at least 16"},
		"duration":         {goodConfig + "[limits]\nexpire = \"soon\"\n", "f:17: limits.expire: expected a duration"},
		"negative":         {goodConfig + "[limits]\nsms_per_hour = -1\n", "f:17: limits.sms_per_hour: expected a number"},
		"a huge number":    {goodConfig + "[limits]\nsms_per_hour = 99999999999999999999\n", "f:17: "},
	} {
		_, err := parseConfig("f", []byte(c.text))
		if err == nil || !strings.HasPrefix(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
	}
}

func FuzzConfig(f *testing.F) {
	f.Add([]byte(goodConfig))
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := parseConfig("f", data); err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("more than a line: %v", err)
		}
	})
}

func TestCheckExits(t *testing.T) {
	dir := t.TempDir()
	good, bad := filepath.Join(dir, "good.toml"), filepath.Join(dir, "bad.toml")
	for name, text := range map[string]string{good: goodConfig, bad: "x = 1\n"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		args   []string
		status int
		says   string
	}{
		{[]string{"-config", good, "-check"}, 0, ""},
		{[]string{"-config", bad, "-check"}, 2, bad + ":1: x: unknown key"},
		{[]string{"-config", bad}, 2, bad + ":1: x: unknown key"},
		{[]string{"-config", filepath.Join(dir, "none.toml"), "-check"}, 2, filepath.Join(dir, "none.toml") + ": no such file"},
		{[]string{"-check"}, 2, "gateway: -check needs -config"},
		{[]string{"-frobnicate"}, 2, "flag provided but not defined"},
		{[]string{"surplus"}, 2, "gateway: unexpected"},
	} {
		var stderr bytes.Buffer
		if status := start(context.Background(), c.args, &stderr, &stderr); status != c.status || !strings.HasPrefix(stderr.String(), c.says) {
			t.Errorf("%v: status %d, %s", c.args, status, stderr.String())
		}
	}
}

// The example is complete: it works, and what is commented out in it is the default.
func TestExampleConfig(t *testing.T) {
	data, err := os.ReadFile("gateway.toml")
	if err != nil {
		t.Fatal(err)
	}
	short, err := parseConfig("gateway.toml", data)
	if err != nil {
		t.Fatal(err)
	}
	full := regexp.MustCompile(`(?m)^# (\[|[a-z_]+ = )`).ReplaceAll(data, []byte("$1"))
	if bytes.Count(full, []byte("\n# ")) >= bytes.Count(data, []byte("\n# ")) {
		t.Fatal("nothing is commented out")
	}
	long, err := parseConfig("gateway.toml", full)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(long, short) {
		t.Errorf("got %+v\nwant %+v", long, short)
	}
	for key := range expected {
		_, name, found := strings.Cut(key, ".")
		if !found {
			name = key
		}
		if !regexp.MustCompile(`(?m)^` + name + ` = `).Match(full) {
			t.Errorf("%s is not in the example", key)
		}
	}
}
