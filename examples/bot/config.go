package main

import (
	"bytes"
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/xmppo/go-xmpp"

	"github.com/xmppkit/xmppkit/internal/tomlfile"
	"github.com/xmppkit/xmppkit/moderation"
	"github.com/xmppkit/xmppkit/moderation/ruleset"
	"github.com/xmppkit/xmppkit/muc"
	"github.com/xmppkit/xmppkit/stanza"
)

// config is bot.toml. A duration that is missing or 0 is the package's own default.
type config struct {
	Account struct {
		JID          tomlfile.JID `toml:"jid"`
		Password     string       `toml:"password"`
		PasswordFile string       `toml:"password_file"`
		Server       string       `toml:"server"` // host and port; default: DNS SRV
		TLS          tlsMode      `toml:"tls"`
		CAFile       string       `toml:"ca_file"` // a root to trust beside the system's
	} `toml:"account"`
	Ping     interval `toml:"ping"`
	SelfPing interval `toml:"self_ping"`
	Status   struct {
		Text  []string          `toml:"text"`
		Every tomlfile.Duration `toml:"every"`
		Splay tomlfile.Duration `toml:"splay"`
	} `toml:"status"`
	Room []struct {
		JID      tomlfile.JID `toml:"jid"`
		Nick     string       `toml:"nick"` // default: the localpart of the account
		Password string       `toml:"password"`

		// Of package ruleset, as are the tables below.
		DryRun  any `toml:"dry_run"`
		Reason  any `toml:"reason"`
		Archive any `toml:"archive"`
	} `toml:"room"`

	Bot struct {
		// Masters may command: accounts that a room shows us, or that write to us.
		Masters   []tomlfile.JID `toml:"masters"`
		Rules     string         `toml:"rules"`      // a file with more of them
		Audit     string         `toml:"audit"`      // a file of what is decided and done, in lines of JSON
		State     string         `toml:"state"`      // a file of what has to outlive the bot, such as temporary bans
		AdminRoom tomlfile.JID   `toml:"admin_room"` // a room that is told, from which masters command all; one of the others, or one more
	} `toml:"bot"`

	Moderation any `toml:"moderation"`
	Rule       any `toml:"rule"`
	Allow      any `toml:"allow"`
	RTBL       any `toml:"rtbl"`

	file  string // where all this was read
	rules *moderation.Ruleset
	roots *x509.CertPool // with CAFile; nil: the system's
}

type interval struct {
	Interval tomlfile.Duration `toml:"interval"`
	Timeout  tomlfile.Duration `toml:"timeout"`
}

// tlsMode says how the stream is encrypted.
type tlsMode string

const (
	startTLS  tlsMode = "starttls"
	directTLS tlsMode = "direct"
	noTLS     tlsMode = "none"
)

// readConfig reads bot.toml, and the files that it names. Whatever is wrong is an
// error that names file, line and what was expected. Without login it does not ask
// for what it takes to log in.
func readConfig(file string, login bool) (*config, error) {
	c := &config{file: file}
	f, err := tomlfile.Load(file, c)
	if err != nil {
		return nil, err
	}
	if err := c.checkRooms(f); err != nil {
		return nil, err
	}
	if err := c.checkRules(f); err != nil {
		return nil, err
	}
	if login {
		err = c.checkAccount(f)
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

// checkAccount checks what it takes to log in.
func (c *config) checkAccount(f *tomlfile.File) error {
	a := &c.Account
	if a.JID.Local() == "" {
		return f.Errorf("account.jid", `expected an address such as "warden@example.org"`)
	}
	switch a.TLS {
	case "":
		a.TLS = startTLS
	case startTLS, directTLS, noTLS:
	default:
		return f.Errorf("account.tls", `%q is none of the modes: expected "starttls", "direct" or "none"`, string(a.TLS))
	}
	if host, port, err := net.SplitHostPort(a.Server); a.Server != "" && (err != nil || host == "" || port == "") {
		return f.Errorf("account.server", `%q is no server: expected host and port such as "127.0.0.1:5222"`, a.Server)
	}
	if err := c.findPassword(f); err != nil {
		return err
	}
	if a.CAFile == "" {
		return nil
	}
	pem, err := os.ReadFile(c.beside(a.CAFile))
	if err != nil {
		return f.Errorf("account.ca_file", "%v: expected a file of PEM certificates", err)
	}
	if c.roots, err = x509.SystemCertPool(); err != nil {
		c.roots = x509.NewCertPool()
	}
	if !c.roots.AppendCertsFromPEM(pem) {
		return f.Errorf("account.ca_file", "no certificate in %s: expected PEM", a.CAFile)
	}
	return nil
}

// findPassword looks in the file, in a file that it names, and in the environment.
func (c *config) findPassword(f *tomlfile.File) error {
	a := &c.Account
	if a.Password != "" && a.PasswordFile != "" {
		return f.Errorf("account.password_file", "there is a password, too: expected one of the two")
	}
	if a.PasswordFile != "" {
		text, err := os.ReadFile(c.beside(a.PasswordFile))
		if err != nil {
			return f.Errorf("account.password_file", "%v: expected a file that holds the password", err)
		}
		a.Password = string(bytes.TrimRight(text, "\r\n"))
		if a.Password == "" {
			return f.Errorf("account.password_file", "%s is empty: expected a file that holds the password", a.PasswordFile)
		}
	}
	if a.Password == "" {
		a.Password = os.Getenv("XMPP_PASSWORD")
	}
	if a.Password == "" {
		return f.Errorf("account.password", "missing: expected one, or password_file, or XMPP_PASSWORD in the environment")
	}
	return nil
}

// beside is the path of a file that the configuration names, relative to its own.
func (c *config) beside(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(filepath.Dir(c.file), name)
}

// checkRooms checks rooms, admin room and masters.
func (c *config) checkRooms(f *tomlfile.File) error {
	seen := map[stanza.JID]bool{}
	for i, r := range c.Room {
		key := "room[" + strconv.Itoa(i) + "]"
		if !r.JID.IsBare() || r.JID.Local() == "" {
			return f.Errorf(key+".jid", `expected the address of a room such as "lobby@rooms.example.org"`)
		}
		if seen[r.JID.JID] {
			return f.Errorf(key+".jid", "%s stands here for the second time: expected each room once", r.JID.JID)
		}
		seen[r.JID.JID] = true
		if _, err := r.JID.WithResource(r.Nick); err != nil {
			return f.Errorf(key+".nick", "%q cannot be a nick: expected what can stand in an address behind the /", r.Nick)
		}
	}
	for i, m := range c.Bot.Masters {
		if !m.IsBare() || m.Local() == "" {
			return f.Errorf("bot.masters", "%q, number %d, is no account: expected addresses such as \"name@example.org\"", m.JID, i+1)
		}
	}
	if a := c.Bot.AdminRoom; a.JID != "" && (!a.IsBare() || a.Local() == "") {
		return f.Errorf("bot.admin_room", `expected the address of a room such as "admins@rooms.example.org"`)
	}
	return nil
}

// checkRules makes the rules ready. Masters are never acted on.
func (c *config) checkRules(f *tomlfile.File) error {
	r, err := ruleset.Load(c.file, func(key []string) bool { return !ruleset.Known(key[:1]) || key[0] == "room" })
	if err != nil {
		return err
	}
	if c.Bot.Rules != "" {
		more, err := ruleset.Load(c.beside(c.Bot.Rules), nil)
		if errors.Is(err, fs.ErrNotExist) {
			return f.Errorf("bot.rules", "%v: expected a file of rules", err)
		}
		if err != nil {
			return err
		}
		r.DryRun = r.DryRun || more.DryRun
		r.Reason = cmp.Or(r.Reason, more.Reason)
		r.Rules = append(r.Rules, more.Rules...)
		r.Allow = append(r.Allow, more.Allow...)
		r.Lists = append(r.Lists, more.Lists...)
		r.Rooms = append(r.Rooms, more.Rooms...)
	}
	var masters []string
	for _, m := range c.Bot.Masters {
		masters = append(masters, globEscaper.Replace(string(m.JID)))
	}
	r.Allow = append(r.Allow, moderation.Allow{JID: masters})
	c.rules, err = moderation.NewRuleset(r)
	return err
}

// globEscaper makes a glob that matches its text.
var globEscaper = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`)

// options is what go-xmpp connects with.
func (c *config) options() xmpp.Options {
	a := &c.Account
	return xmpp.Options{
		Host: a.Server, User: string(a.JID.JID), Password: a.Password,
		NoTLS: a.TLS != directTLS, StartTLS: a.TLS == startTLS, InsecureAllowUnencryptedAuth: a.TLS == noTLS,
		TLSConfig: &tls.Config{RootCAs: c.roots, MinVersion: tls.VersionTLS12},
	}
}

// wishes are the rooms to be in.
func (c *config) wishes() []muc.Room {
	var list []muc.Room
	for _, r := range c.Room {
		list = append(list, muc.Room{JID: r.JID.JID, Nick: r.Nick, Password: r.Password})
	}
	admin := c.Bot.AdminRoom.JID
	if admin != "" && !slices.ContainsFunc(list, func(r muc.Room) bool { return r.JID == admin }) {
		list = append(list, muc.Room{JID: admin})
	}
	return list
}

// master reports whether a bare address is a master's.
func (c *config) master(jid stanza.JID) bool {
	return jid != "" && slices.Contains(c.Bot.Masters, tomlfile.JID{JID: jid})
}
