package reconnect

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"net"
	"reflect"
	"unsafe"

	"github.com/xmppo/go-xmpp"

	"github.com/xmppkit/xmppkit/stanza"
)

// takeOver reads the connection and the decoder out of a client whose handshake is
// done. go-xmpp has no accessor for them, and its Recv loses what rooms depend on
// and can be made to send what a stranger wants (TestRecvCanBeInjected). A client
// whose fields differ from what this file knows is an [ErrUnsupported].
func takeOver(c *xmpp.Client) (net.Conn, *stanza.Decoder, error) {
	if c == nil {
		return nil, nil, fmt.Errorf("%w: no client", ErrUnsupported)
	}
	conn, err := field[net.Conn](c, "conn")
	if err != nil {
		return nil, nil, err
	}
	tokens, err := field[*xml.Decoder](c, "p")
	if err != nil {
		return nil, nil, err
	}
	if conn == nil || tokens == nil {
		return nil, nil, fmt.Errorf("%w: the client is not connected", ErrUnsupported)
	}
	return conn, takeOverDecoder(tokens, conn), nil
}

// takeOverDecoder reads on from r where tokens stands: with a reader of our own where
// what tokens has read ahead can be had, and through tokens, which is slower, where
// this version of encoding/xml is not one that this file knows.
func takeOverDecoder(tokens *xml.Decoder, r io.Reader) *stanza.Decoder {
	ahead, err := field[io.ByteReader](tokens, "r")
	next, err1 := field[int](tokens, "nextByte")
	inside, err2 := field[map[string]string](tokens, "ns")
	buffered, ok := ahead.(*bufio.Reader)
	if err != nil || err1 != nil || err2 != nil || !ok || next >= 0 {
		return stanza.NewDecoder(tokens)
	}
	read, err := buffered.Peek(buffered.Buffered())
	if err != nil {
		return stanza.NewDecoder(tokens)
	}
	return stanza.NewStreamDecoder(io.MultiReader(bytes.NewReader(read), r), maps.Clone(inside))
}

// field is the value of an unexported field of exactly type T.
func field[T, S any](s *S, name string) (value T, err error) {
	f := reflect.ValueOf(s).Elem().FieldByName(name)
	if !f.IsValid() {
		return value, fmt.Errorf("%w: %v has no field %q", ErrUnsupported, reflect.TypeFor[S](), name)
	}
	if want := reflect.TypeFor[T](); f.Type() != want {
		return value, fmt.Errorf("%w: field %s of %v is a %v, not a %v", ErrUnsupported, name, reflect.TypeFor[S](), f.Type(), want)
	}
	return *(*T)(unsafe.Pointer(f.UnsafeAddr())), nil
}
