package reconnect

import (
	"errors"
	"strings"
	"testing"

	"github.com/xmppkit/xmppkit/stanza"
)

func TestHandshakeError(t *testing.T) {
	refused := func(condition string) string {
		return "RECV <failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><text>temporary-auth-failure</text><" + condition + "/></failure>\n"
	}
	ended := func(condition string) string {
		return "RECV <stream:error><" + condition + " xmlns='" + stanza.NSStreams + "'/></stream:error>\n"
	}
	for name, c := range map[string]struct {
		heard, words string
		want         error
	}{
		"wrong password":                  {"", "auth failure: not-authorized", ErrAuth},
		"the same in words":               {"", "auth failure: Invalid username or password", ErrAuth},
		"the same in other words":         {refused("not-authorized"), "auth failure: Временно не подходит", ErrAuth},
		"the same, odd":                   {refused("not-authorized"), "auth failure: Temporary passwords are not allowed", ErrAuth},
		"SASL2":                           {"RECV <failure xmlns='urn:xmpp:sasl:2'><not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/></failure>\n", "auth failure: x", ErrAuth},
		"channel binding":                 {refused("not-authorized"), "auth failure: Invalid channel binding", errBinding},
		"passing":                         {"", "auth failure: temporary-auth-failure", nil},
		"passing, in words":               {"", "auth failure: Temporary failure of the backend", nil},
		"passing, in other words":         {refused("temporary-auth-failure"), "auth failure: Ошибка базы данных", nil},
		"passing, SASL2":                  {"RECV <failure xmlns='urn:xmpp:sasl:2'><temporary-auth-failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/></failure>\n", "auth failure: x", nil},
		"no mechanism":                    {"", "no viable authentication method available: [EXTERNAL]", ErrMechanism},
		"no TLS":                          {"", "StartTLS is required but the server doesn't support it", ErrNoTLS},
		"no TLS, found later":             {"", "refusing to authenticate over unencrypted TCP connection", ErrNoTLS},
		"sent elsewhere behind TLS":       {ended("see-other-host"), "refusing to authenticate over unencrypted TCP connection", &stanza.StreamError{Condition: "see-other-host"}},
		"certificate":                     {"", "starttls handshake: tls: failed to verify certificate: x509: …", ErrCertificate},
		"another place's certificate":     {ended("see-other-host"), "tls: failed to verify certificate: x509: …", ErrCertificate},
		"nobody listens":                  {"", "dial tcp 127.0.0.1:5222: connect: connection refused", nil},
		"the server goes down":            {ended("system-shutdown"), "stream error: ", &stanza.StreamError{Condition: "system-shutdown"}},
		"too many tries":                  {ended("policy-violation"), "stream error: Too many", &stanza.StreamError{Condition: "policy-violation"}},
		"unknown domain":                  {ended("host-unknown"), "stream error: ", &stanza.StreamError{Condition: "host-unknown"}},
		"the same, said in several reads": {"RECV <stream:er\nRECV ror><host-un\nRECV known xmlns='" + stanza.NSStreams + "'/></stream:error>\n", "stream error: ", &stanza.StreamError{Condition: "host-unknown"}},
		"said by ourselves":               {"SEND " + ended("host-unknown")[5:], "stream error: ", nil},
		"nonsense":                        {"RECV <failure <stream:error <failure><\n", "EOF", nil},
	} {
		var heard overheard
		for piece := range strings.SplitAfterSeq(c.heard, "\n") {
			_, _ = heard.Write([]byte(piece)) // does not fail
		}
		err := handshakeError(errors.New(c.words), &heard)
		var passes *stanza.StreamError
		final := c.want != nil && !errors.As(c.want, &passes)
		if permanent(err) != final || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %q became %v, want %v", name, c.words, err, c.want)
		}
	}
}

func TestOverheardIsBounded(t *testing.T) {
	var debug strings.Builder
	o := overheard{debug: &debug}
	piece := "RECV " + strings.Repeat("x", 4096) + "\n"
	for range 100 {
		if _, err := o.Write([]byte(piece)); err != nil {
			t.Fatal(err)
		}
	}
	if len(o.last) != maxOverheard || strings.Contains(string(o.last), "RECV") || debug.Len() != 100*len(piece) {
		t.Errorf("%d bytes are kept, %d were passed on", len(o.last), debug.Len())
	}
}

// RFC 6120 §4.9.3.3: a conflict means that somebody else is online in our place.
func TestStreamErrors(t *testing.T) {
	for condition, final := range map[string]bool{"conflict": true, "system-shutdown": false, "reset": false, "": false} {
		if err := streamEnded(&stanza.StreamError{Condition: condition}); permanent(err) != final {
			t.Errorf("%q: final %v, want %v", condition, !final, final)
		}
	}
}
