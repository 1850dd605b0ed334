package xmpptest

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha1" // of SCRAM-SHA-1
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"hash"
	"slices"
	"strings"
	"sync"

	"github.com/xmppkit/xmppkit/stanza"
)

// mechanisms are those that this connection may use.
func (c *conn) mechanisms() []string {
	list := c.srv.cfg.Mechanisms
	if list == nil {
		list = []string{"SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN"}
	}
	if c.secured {
		return list
	}
	plus := func(m string) bool { return strings.HasSuffix(m, "-PLUS") }
	return slices.DeleteFunc(slices.Clone(list), plus)
}

// binding is the type of channel binding that the connection has, and its data
// (RFC 9266, RFC 5929).
func (c *conn) binding() (string, []byte) {
	t, ok := c.net.(*tls.Conn)
	if !ok {
		return "", nil
	}
	state := t.ConnectionState()
	if state.Version == tls.VersionTLS13 {
		if data, err := state.ExportKeyingMaterial("EXPORTER-Channel-Binding", nil, 32); err == nil {
			return "tls-exporter", data
		}
		return "", nil
	}
	if len(state.TLSUnique) > 0 {
		return "tls-unique", state.TLSUnique
	}
	return "", nil
}

// authenticate runs one exchange (RFC 6120 §6). refused is the condition of its
// failure.
func (c *conn) authenticate(auth stanza.Element) (user, refused string, err error) {
	if condition := c.srv.refusesLogin(); condition != "" {
		return "", condition, nil
	}
	mechanism := auth.Attr("mechanism")
	if !slices.Contains(c.mechanisms(), mechanism) {
		return "", "invalid-mechanism", nil
	}
	first, ok := decode64(auth.Content())
	if !ok {
		return "", "incorrect-encoding", nil
	}
	if mechanism == "PLAIN" {
		user, refused = c.srv.secrets.plain(first)
		if refused == "" {
			err = c.put(stanza.MarshalElement(stanza.NewElement(nsSASL, "success")))
		}
		return user, refused, err
	}
	x := scram{secrets: c.srv.secrets, plus: strings.HasSuffix(mechanism, "-PLUS"), offers: c.mechanisms()}
	x.newHash = sha256.New
	if strings.HasPrefix(mechanism, "SCRAM-SHA-1") {
		x.newHash = sha1.New
	}
	x.bindType, x.bindData = c.binding()
	challenge, refused := x.first(first)
	if refused != "" {
		return "", refused, nil
	}
	if err := c.put(stanza.MarshalElement(stanza.NewText(nsSASL, "challenge", encode64(challenge)))); err != nil {
		return "", "", err
	}
	e, err := c.in.DecodeElement()
	if err != nil {
		return "", "", err
	}
	if !e.Is(nsSASL, "response") {
		return "", "aborted", nil
	}
	final, ok := decode64(e.Content())
	if !ok {
		return "", "incorrect-encoding", nil
	}
	success, refused := x.final(final)
	if refused != "" {
		return "", refused, nil
	}
	return x.user, "", c.put(stanza.MarshalElement(stanza.NewText(nsSASL, "success", encode64(success))))
}

func encode64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

func decode64(s string) (string, bool) {
	if s == "=" {
		return "", true
	}
	b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(s))
	return string(b), err == nil
}

// scram is the server's side of one exchange (RFC 5802).
type scram struct {
	secrets  *secrets
	newHash  func() hash.Hash
	plus     bool
	offers   []string
	bindType string
	bindData []byte

	user      string
	gs2       string
	firstBare string
	challenge string
	nonce     string
	salted    []byte
	known     bool
}

// first takes the client's first message and gives the challenge.
func (x *scram) first(m string) (challenge, refused string) {
	parts := strings.SplitN(m, ",", 3)
	if len(parts) < 3 {
		return "", "malformed-request"
	}
	switch flag := parts[0]; {
	case x.plus && flag != "p="+x.bindType:
		return "", "malformed-request"
	case x.plus:
	case flag == "y" && x.bindType != "" && slices.ContainsFunc(x.offers, func(m string) bool {
		return strings.HasSuffix(m, "-PLUS")
	}):
		return "", "not-authorized" // somebody hid the -PLUS from the client
	case flag != "n" && flag != "y":
		return "", "malformed-request"
	}
	if authzid := parts[1]; authzid != "" {
		return "", "invalid-authzid"
	}
	x.gs2, x.firstBare = parts[0]+","+parts[1]+",", parts[2]
	attrs := strings.Split(x.firstBare, ",")
	if len(attrs) < 2 || !strings.HasPrefix(attrs[0], "n=") || !strings.HasPrefix(attrs[1], "r=") || attrs[1] == "r=" {
		return "", "malformed-request"
	}
	name := strings.NewReplacer("=2C", ",", "=3D", "=").Replace(attrs[0][2:])
	x.user, x.known = localpart(name), false
	password, salt, ok := x.secrets.get(x.user)
	x.known = ok
	if x.salted = x.secrets.salted(x.user, password, salt, x.newHash); x.salted == nil {
		return "", "temporary-auth-failure"
	}
	x.nonce = attrs[1][2:] + rand.Text()
	x.challenge = fmt.Sprintf("r=%s,s=%s,i=%d", x.nonce, encode64(string(salt)), x.secrets.iterations)
	return x.challenge, ""
}

// final checks the client's proof and gives the server's.
func (x *scram) final(m string) (success, refused string) {
	i := strings.LastIndex(m, ",p=")
	if i < 0 {
		return "", "malformed-request"
	}
	bare := m[:i]
	proof, ok := decode64(m[i+3:])
	attrs := strings.Split(bare, ",")
	if !ok || len(attrs) < 2 || !strings.HasPrefix(attrs[0], "c=") {
		return "", "malformed-request"
	}
	want := x.gs2
	if x.plus {
		want += string(x.bindData)
	}
	if bound, ok := decode64(attrs[0][2:]); !ok || bound != want || attrs[1] != "r="+x.nonce {
		return "", "not-authorized"
	}
	authMessage := x.firstBare + "," + x.challenge + "," + bare
	clientKey := x.mac(x.salted, "Client Key")
	stored := x.newHash()
	stored.Write(clientKey)
	expect := x.mac(stored.Sum(nil), authMessage)
	subtle.XORBytes(expect, expect, clientKey)
	if !hmac.Equal(expect, []byte(proof)) || !x.known {
		return "", "not-authorized"
	}
	return "v=" + encode64(string(x.mac(x.mac(x.salted, "Server Key"), authMessage))), ""
}

func (x *scram) mac(key []byte, text string) []byte {
	h := hmac.New(x.newHash, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// secrets are the accounts and what is derived from their passwords.
type secrets struct {
	iterations int
	salt       []byte

	mu       sync.Mutex // guards what follows
	accounts map[string]string
	any      bool // every name is an account
	keys     map[[3]string][]byte
}

func newSecrets(cfg Config) *secrets {
	s := &secrets{
		iterations: cfg.Iterations, salt: []byte(rand.Text()), any: cfg.Accounts == nil,
		accounts: map[string]string{}, keys: map[[3]string][]byte{},
	}
	for name, password := range cfg.Accounts {
		s.accounts[localpart(name)] = password
	}
	return s
}

// localpart is a name as it stands in addresses, or "" where it cannot.
func localpart(name string) string {
	j, err := stanza.ParseJID(name + "@x")
	if err != nil || j.Local() == "" {
		return ""
	}
	return j.Local()
}

func (s *secrets) set(name, password string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accounts[localpart(name)] = password
}

// get is an account's password; of one that does not exist too, but false.
func (s *secrets) get(name string) (password string, salt []byte, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	password, ok = s.accounts[name]
	if !ok && s.any && name != "" {
		password, ok = Password, true
	}
	return password, s.salt, ok
}

// salted is SaltedPassword; one derivation serves all logins of an account.
func (s *secrets) salted(name, password string, salt []byte, h func() hash.Hash) []byte {
	id := [3]string{name, password, fmt.Sprint(h().Size())}
	s.mu.Lock()
	key, ok := s.keys[id]
	s.mu.Unlock()
	if ok {
		return key
	}
	key, err := pbkdf2.Key(h, password, salt, s.iterations, h().Size())
	if err != nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.keys) < 1<<16 {
		s.keys[id] = key
	}
	return key
}

// plain checks the message of PLAIN (RFC 4616).
func (s *secrets) plain(m string) (user, refused string) {
	parts := strings.Split(m, "\x00")
	if len(parts) != 3 || parts[1] == "" {
		return "", "malformed-request"
	}
	user = localpart(parts[1])
	password, _, ok := s.get(user)
	if !ok || subtle.ConstantTimeCompare([]byte(password), []byte(parts[2])) != 1 {
		return "", "not-authorized"
	}
	if authzid := parts[0]; authzid != "" && localpart(strings.Split(authzid, "@")[0]) != user {
		return "", "invalid-authzid"
	}
	return user, ""
}
