package main

import (
	"errors"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/xmppkit/xmppkit/internal/tomlfile"
	"github.com/xmppkit/xmppkit/stanza"
)

// config is gateway.toml.
type config struct {
	State  string          `toml:"state"`  // the file that everything is kept in
	Number string          `toml:"number"` // that phones see and write to
	XMPP   componentConfig `toml:"component"`
	Rooms  roomsConfig     `toml:"rooms"`
	Kannel kannelConfig    `toml:"kannel"`
	Limits limitsConfig    `toml:"limits"`
	Chat   chatConfig      `toml:"chat"`
}

type componentConfig struct {
	Addr        string `toml:"addr"`
	Domain      string `toml:"domain"`
	Secret      string `toml:"secret"`
	AllowRemote bool   `toml:"allow_remote"`
}

type roomsConfig struct {
	Servers  []string `toml:"servers"`   // where /create makes rooms
	SelfPing duration `toml:"self_ping"` // silence before a room is asked
	// Settle is how long, after a return, news about others wait at least.
	Settle duration `toml:"settle"`
}

type kannelConfig struct {
	SendSMS     string   `toml:"sendsms"`
	Username    string   `toml:"username"`
	Password    string   `toml:"password"`
	Listen      string   `toml:"listen"`
	Secret      string   `toml:"secret"` // stands in the URLs that Kannel calls
	AllowRemote bool     `toml:"allow_remote"`
	Report      duration `toml:"report"`     // how long to wait for the report on a message in doubt
	AccessLog   string   `toml:"access_log"` // the bearerbox's, if it can be read
}

type limitsConfig struct {
	SMSPerHour      int      `toml:"sms_per_hour"`      // to one phone, from others
	ReceivedPerHour int      `toml:"received_per_hour"` // from one phone
	RoomPerMinute   int      `toml:"room_per_minute"`   // to one phone from its room
	TextLength      int      `toml:"text_length"`       // of one message from a phone
	Expire          duration `toml:"expire"`            // of what waits for the SMS service
	Wait            duration `toml:"wait"`              // of what waits for a room
}

type chatConfig struct {
	// From are the domains, and all below them, whose people may write to a phone
	// that has not written to them.
	From []string `toml:"from"`
}

// duration is a time.Duration in TOML.
type duration time.Duration

// UnmarshalText reads a duration such as 15m.
func (d *duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	*d = duration(v)
	return err
}

// MarshalText writes the duration as UnmarshalText reads it.
func (d duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// expected says what a key's value has to be.
var expected = map[string]string{
	"state":                    "the name of a file",
	"number":                   `a phone number such as "+15550000001"`,
	"component.addr":           `host and port of the server's component listener, such as "127.0.0.1:5347"`,
	"component.domain":         `a domain such as "sms.example.org"`,
	"component.secret":         "the secret shared with the server",
	"component.allow_remote":   "true or false",
	"rooms.servers":            `a list of room services, such as ["rooms.example.org"]`,
	"rooms.self_ping":          `a duration from "1s" up`,
	"rooms.settle":             `a duration from "0s" up`,
	"kannel.sendsms":           `a URL such as "http://127.0.0.1:13013/cgi-bin/sendsms"`,
	"kannel.username":          "the name of Kannel's sendsms-user",
	"kannel.password":          "the password of Kannel's sendsms-user",
	"kannel.listen":            `a loopback address and a port, such as "127.0.0.1:8085", unless kannel.allow_remote is true`,
	"kannel.secret":            "at least 16 letters and digits",
	"kannel.allow_remote":      "true or false",
	"kannel.report":            `a duration from "1s" up`,
	"kannel.access_log":        "the name of the bearerbox's access-log",
	"limits.sms_per_hour":      "a number from 1 up",
	"limits.received_per_hour": "a number from 1 up",
	"limits.room_per_minute":   "a number from 1 up",
	"limits.text_length":       "a number from 1 to 10000",
	"limits.expire":            `a duration from "1s" up`,
	"limits.wait":              `a duration from "1s" up`,
	"chat.from":                `a list of domains, such as ["example.org"]`,
}

func defaultConfig() config {
	return config{
		State: "gateway.db",
		Rooms: roomsConfig{SelfPing: duration(15 * time.Minute), Settle: duration(2 * time.Minute)},
		Kannel: kannelConfig{
			SendSMS: "http://127.0.0.1:13013/cgi-bin/sendsms", Listen: "127.0.0.1:8085",
			Report: duration(2 * time.Minute),
		},
		Limits: limitsConfig{
			SMSPerHour: 120, ReceivedPerHour: 120, RoomPerMinute: 20, TextLength: 3000,
			Expire: duration(24 * time.Hour), Wait: duration(time.Hour),
		},
	}
}

// readConfig reads gateway.toml. Whatever is wrong is an error of one line, which says
// where, and what was expected there.
func readConfig(file string) (config, error) {
	c := defaultConfig()
	f, err := tomlfile.Load(file, &c)
	return checked(c, f, err)
}

func parseConfig(file string, data []byte) (config, error) {
	c := defaultConfig()
	f, err := tomlfile.Decode(file, data, &c)
	return checked(c, f, err)
}

func checked(c config, f *tomlfile.File, err error) (config, error) {
	if err != nil {
		return config{}, expect(err)
	}
	if c.Chat.From == nil { // the server's own people
		if _, parent, ok := strings.Cut(c.XMPP.Domain, "."); ok {
			c.Chat.From = []string{parent}
		}
	}
	if key := c.wrong(); key != "" {
		return config{}, expect(f.Errorf(key, "wrong"))
	}
	return c, nil
}

// expect says what the value has to be at the key that is at fault.
func expect(err error) error {
	var e *tomlfile.Error
	if errors.As(err, &e) && expected[e.Key] != "" {
		e.Text = "expected " + expected[e.Key]
		e.Line = max(e.Line, 1) // not even the table is there
	}
	return err
}

// wrong is the first key whose value cannot work, or "".
func (c *config) wrong() string {
	number, isNumber := parseNumber(c.Number)
	domain, err := stanza.ParseJID(c.XMPP.Domain)
	for _, k := range []struct {
		name string
		ok   bool
	}{
		{"state", c.State != ""},
		{"number", isNumber && number == c.Number},
		{"component.addr", isAddr(c.XMPP.Addr)},
		{"component.domain", err == nil && domain.Domain() == c.XMPP.Domain},
		{"component.secret", c.XMPP.Secret != ""},
		{"rooms.servers", len(c.Rooms.Servers) > 0 && allDomains(c.Rooms.Servers)},
		{"rooms.self_ping", c.Rooms.SelfPing >= duration(time.Second)},
		{"rooms.settle", c.Rooms.Settle >= 0},
		{"kannel.sendsms", isURL(c.Kannel.SendSMS)},
		{"kannel.username", c.Kannel.Username != ""},
		{"kannel.password", c.Kannel.Password != ""},
		{"kannel.listen", isAddr(c.Kannel.Listen) && (c.Kannel.AllowRemote || isLoopback(c.Kannel.Listen))},
		{"kannel.secret", isSecret(c.Kannel.Secret)},
		{"kannel.report", c.Kannel.Report >= duration(time.Second)},
		{"limits.sms_per_hour", c.Limits.SMSPerHour > 0},
		{"limits.received_per_hour", c.Limits.ReceivedPerHour > 0},
		{"limits.room_per_minute", c.Limits.RoomPerMinute > 0},
		{"limits.text_length", c.Limits.TextLength > 0 && c.Limits.TextLength <= 10000},
		{"limits.expire", c.Limits.Expire >= duration(time.Second)},
		{"limits.wait", c.Limits.Wait >= duration(time.Second)},
		{"chat.from", allDomains(c.Chat.From)},
	} {
		if !k.ok {
			return k.name
		}
	}
	return ""
}

func isAddr(s string) bool {
	host, port, err := net.SplitHostPort(s)
	if err != nil || host == "" {
		return false
	}
	_, err = net.LookupPort("tcp", port)
	return err == nil
}

func isLoopback(addr string) bool {
	host, _, _ := net.SplitHostPort(addr) // isAddr has seen to it
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

func isURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.RawQuery == ""
}

// isSecret reports whether s is long enough and can stand in a URL as it is.
func isSecret(s string) bool {
	return len(s) >= 16 && strings.IndexFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}) < 0
}

func allDomains(list []string) bool {
	for _, s := range list {
		if j, err := stanza.ParseJID(s); err != nil || j.Domain() != s {
			return false
		}
	}
	return true
}
