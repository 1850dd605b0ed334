package reconnect

import (
	"errors"
	"testing"

	"github.com/xmppkit/xmppkit/stanza"
)

func TestHandshakeError(t *testing.T) {
	for words, want := range map[string]error{
		"auth failure: not-authorized":                                   ErrAuth,
		"auth failure: Invalid username or password":                     ErrAuth,
		"auth failure: temporary-auth-failure":                           nil,
		"auth failure: Temporary failure of the backend":                 nil,
		"no viable authentication method available: [EXTERNAL]":          ErrMechanism,
		"StartTLS is required but the server doesn't support it":         ErrNoTLS,
		"refusing to authenticate over unencrypted TCP connection":       ErrNoTLS,
		"starttls handshake: tls: failed to verify certificate: x509: …": ErrCertificate,
		"dial tcp 127.0.0.1:5222: connect: connection refused":           nil,
		"stream error: system-shutdown":                                  nil,
	} {
		err := handshakeError(errors.New(words))
		if want == nil && permanent(err) || want != nil && !(errors.Is(err, want) && permanent(err)) {
			t.Errorf("%q became %v, want %v", words, err, want)
		}
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
