package tomlfile

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

type config struct {
	Account struct {
		JID   JID      `toml:"jid"`
		Every Duration `toml:"every"`
		On    bool     `toml:"on"`
		N     int      `toml:"n"`
		List  []string `toml:"list"`
	} `toml:"account"`
	Room []struct {
		JID JID `toml:"jid"`
	} `toml:"room"`
}

func TestDecodeErrors(t *testing.T) {
	for text, want := range map[string]string{
		"[account]\nfoo = 1\n":                       "x.toml:2: account.foo: unknown key: expected one of jid, every, on, n, list",
		"\n\n[bar]\n":                                "x.toml:3: bar: unknown key: expected one of account, room",
		"[[ROOM]]\nnik = 1\n":                        "x.toml:2: ROOM.nik: unknown key: expected one of jid",
		"[account.more.x]\n":                         "x.toml:1: account.more: unknown key: expected one of jid, every, on, n, list",
		"[account]\njid = 'a@@b'\n":                  "x.toml:2: account.jid: malformed JID",
		"[account]\nlist = 3\n":                      "x.toml:2: account.list: got an integer, expected a list",
		"[account]\nevery = 'soon'\n":                `x.toml:2: account.every: "soon" is no duration: expected one such as`,
		"[account]\nevery = '-1s'\n":                 `x.toml:2: account.every: "-1s" is no duration`,
		"[account]\nevery = 5\n":                     `x.toml:2: "5" is no duration: expected one`,
		"[account]\non = 'yes'\n":                    "x.toml:2: account.on: got a string, expected true or false",
		"[account]\nn = 'x'\n":                       "x.toml:2: account.n: got a string, expected a number",
		"[account]\nlist = 'x'\n":                    "x.toml:2: account.list: got a string, expected a list",
		"account = 3\n":                              "x.toml:1: account: got an integer, expected a table",
		"[account]\njid = 'a\n":                      "x.toml:2: expected TOML: literal strings cannot have new lines",
		"[[room]]\njid='a'\n[[room]]\n\njid = '@'\n": "x.toml:5: room.jid: malformed JID",
		"[account]\njid = 'a'\njid = 'b'\n":          "x.toml:3: jid: key jid is already defined",
	} {
		_, err := Decode("x.toml", []byte(text), &config{})
		var e *Error
		if !errors.As(err, &e) || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q:\n got %v\nwant %s", text, err, want)
		}
	}
}

// counted is a value that counts how often one is read, and refuses five.
type counted struct{}

var readings int

func (*counted) UnmarshalText(text []byte) error {
	readings++
	if string(text) == "5" {
		return errors.New("not five")
	}
	return nil
}

// What go-toml gives no line for is found without reading the file again for each
// line there is.
func TestLineOfALongFile(t *testing.T) {
	var into struct {
		Item []struct {
			V counted `toml:"v"`
		} `toml:"item"`
	}
	const before, behind = 700, 300
	item := "[[item]]\nv = '''\nx'''\n"
	text := strings.Repeat(item, before) + "[[item]]\nv = 5\n" + strings.Repeat(item, behind)
	readings = 0
	_, err := Decode("x.toml", []byte(text), &into)
	var e *Error
	if !errors.As(err, &e) || e.Line != 3*before+2 {
		t.Errorf("got %v", err)
	}
	if readings > 20*(before+behind) {
		t.Errorf("%d values were read, of %d", readings, before+behind+1)
	}
}

func TestErrorfFindsTheLine(t *testing.T) {
	var c config
	_, err := Decode("x.toml", []byte("[account]\nn = 1\n\n[[room]]\njid = 'a'\n[[room]]\njid = 'b'\n[account.more]\n"), &c)
	if err == nil {
		t.Fatal("account.more was accepted")
	}
	f, err := Decode("x.toml", []byte("[account]\nn = 1\n\n[[room]]\njid = 'a'\n[[room]]\njid = 'b'\n"), &c)
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"account.n":    "x.toml:2: account.n: bad",
		"account.jid":  "x.toml:1: account.jid: bad",
		"room[1].jid":  "x.toml:7: room.jid: bad",
		"room[1].nick": "x.toml:6: room.nick: bad",
		"rule":         "x.toml: rule: bad",
	} {
		if err := f.Errorf(key, "bad"); err.Error() != want {
			t.Errorf("%s: got %v, want %s", key, err, want)
		}
	}
}

func TestDuration(t *testing.T) {
	for s, want := range map[string]time.Duration{"90s": 90 * time.Second, "1h30m": 90 * time.Minute, "3d": 72 * time.Hour, "0s": 0} {
		var d Duration
		if err := d.UnmarshalText([]byte(s)); err != nil || d.Duration != want {
			t.Errorf("%s: %v, %v", s, d, err)
		}
	}
	for _, s := range []string{"", "d", "5", "-1s", "1e9d", "99999999999d"} {
		var d Duration
		if err := d.UnmarshalText([]byte(s)); err == nil {
			t.Errorf("%q was read as %v", s, d)
		}
	}
}

func TestLoad(t *testing.T) {
	name := filepath.Join(t.TempDir(), "x.toml")
	if _, err := Load(name, &config{}); err == nil || err.Error() != name+": no such file or directory" {
		t.Errorf("a missing file: %v", err)
	}
	if err := os.WriteFile(name, []byte("[account]\nn = 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var c config
	if _, err := Load(name, &c); err != nil || c.Account.N != 1 {
		t.Errorf("%v, %+v", err, c)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add("[account]\njid = 'a@b'\nevery = '1s'\n[[room]]\njid = 'x'\n")
	f.Add("[[room]]\n[[room]]\na.b = {c = [1, 2]}\n")
	f.Fuzz(func(t *testing.T, text string) {
		file, err := Decode("x.toml", []byte(text), &config{})
		if err != nil {
			if strings.Contains(err.Error(), "\n") || !strings.HasPrefix(err.Error(), "x.toml:") {
				t.Errorf("error %q", err)
			}
			return
		}
		_ = file.Errorf("room[0].jid", "bad")
	})
}
