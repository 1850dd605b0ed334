package reconnect

import (
	"bytes"
	"errors"
	"io"

	"github.com/xmppkit/xmppkit/stanza"
)

// overheard is the end of what a server says in a handshake. go-xmpp tells of a
// refused login by its text alone, in whatever language that is, and of a stream
// error not even the condition; but it shows what it reads as debug output, and
// this is where that goes.
type overheard struct {
	last  []byte
	debug io.Writer // where the options want debug output; nil for nowhere
}

// maxOverheard is how many bytes are kept of it.
const maxOverheard = 16 << 10

// Write takes a piece of debug output. What we say ourselves is not kept: there are
// secrets in it.
func (o *overheard) Write(p []byte) (int, error) {
	if said, ok := bytes.CutPrefix(p, []byte("RECV ")); ok {
		o.last = append(o.last, bytes.TrimSuffix(said, []byte("\n"))...)
		if extra := len(o.last) - maxOverheard; extra > 0 {
			o.last = append(o.last[:0], o.last[extra:]...)
		}
	}
	if o.debug != nil {
		return o.debug.Write(p)
	}
	return len(p), nil
}

// streamError is the error that the server ended the stream with, or nil.
func (o *overheard) streamError() *stanza.StreamError {
	_, err := o.element("<stream:error")
	var e *stanza.StreamError
	errors.As(err, &e)
	return e
}

// refused is the condition for which a login was refused (RFC 6120 §6.5), or "".
func (o *overheard) refused() string {
	const ns = "urn:ietf:params:xml:ns:xmpp-sasl" // also that of SASL2's conditions (XEP-0388)
	e, err := o.element("<failure")
	if err != nil {
		return ""
	}
	for _, c := range e.Children {
		if c.Name.Space == ns && c.Name.Local != "text" {
			return c.Name.Local
		}
	}
	return ""
}

// element is the last one that begins like this.
func (o *overheard) element(start string) (stanza.Element, error) {
	i := bytes.LastIndex(o.last, []byte(start))
	if i < 0 {
		return stanza.Element{}, io.EOF
	}
	inside := map[string]string{"": stanza.NSClient, "stream": stanza.NSStream}
	return stanza.NewStreamDecoder(bytes.NewReader(o.last[i:]), inside).DecodeElement()
}
