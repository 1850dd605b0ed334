package reconnect

import (
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/xmppkit/xmppkit/stanza"
)

// What ends Run for good. The errors that Run returns match these with errors.Is,
// and say the rest in words.
var (
	// ErrAuth: the server knows no such account, or the password is wrong.
	ErrAuth = errors.New("authentication refused")
	// ErrMechanism: the server offers no way to authenticate that the options allow.
	ErrMechanism = errors.New("no acceptable authentication mechanism")
	// ErrCertificate: the server's certificate does not verify for the domain.
	ErrCertificate = errors.New("certificate not valid for the domain")
	// ErrNoTLS: the server offers no encryption and the options demand it.
	ErrNoTLS = errors.New("no encryption offered")
	// ErrConflict: another session has taken our place.
	ErrConflict = errors.New("replaced by another session")
	// ErrHostUnknown: the server does not serve the component's domain.
	ErrHostUnknown = errors.New("domain not served here")
	// ErrUnsupported: this go-xmpp is not one whose stream can be taken over.
	ErrUnsupported = errors.New("unsupported version of go-xmpp")
	// ErrConfig: the configuration cannot work.
	ErrConfig = errors.New("bad configuration")
)

// What ends a session but not Run.
var (
	// ErrBacklog: the handlers did not keep up with what arrived.
	ErrBacklog = errors.New("handlers too slow, backlog full")
	// ErrTimeout: a handshake took longer than allowed.
	ErrTimeout = errors.New("handshake took too long")
)

// errBinding: the server refuses the channel binding that it offers.
var errBinding = errors.New("channel binding refused")

// permanent reports whether trying again is of no use.
func permanent(err error) bool {
	return slices.ContainsFunc([]error{
		ErrAuth, ErrMechanism, ErrCertificate, ErrNoTLS, ErrConflict, ErrHostUnknown, ErrUnsupported, ErrConfig,
	}, func(target error) bool { return errors.Is(err, target) })
}

// handshakeError gives what NewClient said its type, by what was overheard and, as
// go-xmpp has only words for the rest, by those. An error that may pass has no type
// or is a *stanza.StreamError.
func handshakeError(err error, heard *overheard) error {
	var cert *tls.CertificateVerificationError
	s := err.Error()
	switch has := func(sub string) bool { return strings.Contains(s, sub) }; {
	case errors.As(err, &cert), has("failed to verify certificate"), has("x509: certificate is"):
		return fmt.Errorf("%w: %w", ErrCertificate, err)
	case heard.streamError() != nil:
		return heard.streamError()
	case strings.HasPrefix(s, "auth failure: "):
		return authError(err, heard.refused())
	case has("no viable authentication method"), has("ANONYMOUS authentication is not an option"),
		has("unsupported auth mechanism"):
		return fmt.Errorf("%w: %w", ErrMechanism, err)
	case has("StartTLS is required but"), has("StartTLS is not supported"), has("refusing to authenticate over unencrypted"):
		return fmt.Errorf("%w: %w", ErrNoTLS, err)
	}
	return err
}

// authError gives a refused login its type, by its condition, or where that was not
// heard by its text.
func authError(err error, condition string) error {
	text := err.Error()
	switch {
	case condition == "temporary-auth-failure", condition == "" && strings.Contains(text, "emporary"):
		return fmt.Errorf("temporary-auth-failure: %w", err) // RFC 6120 §6.5.11
	case strings.Contains(text, "channel binding"):
		return fmt.Errorf("%w: %w: %w", ErrAuth, errBinding, err)
	}
	return fmt.Errorf("%w: %w", ErrAuth, err)
}

// streamEnded gives what ended a running stream its type.
func streamEnded(err error) error {
	if errors.Is(err, &stanza.StreamError{Condition: "conflict"}) {
		return fmt.Errorf("%w: %w", ErrConflict, err)
	}
	return err
}
