package reconnect

import (
	"encoding/xml"
	"fmt"
	"net"
	"reflect"
	"unsafe"

	"github.com/xmppo/go-xmpp"
)

// takeOver reads the connection and the decoder out of a client whose handshake is
// done. go-xmpp has no accessor for them, and its Recv loses what rooms depend on
// and can be made to send what a stranger wants (TestRecvCanBeInjected). A client
// whose fields differ from what this file knows is an [ErrUnsupported].
func takeOver(c *xmpp.Client) (net.Conn, *xml.Decoder, error) {
	if c == nil {
		return nil, nil, fmt.Errorf("%w: no client", ErrUnsupported)
	}
	conn, err := field[net.Conn](c, "conn")
	if err != nil {
		return nil, nil, err
	}
	dec, err := field[*xml.Decoder](c, "p")
	if err != nil {
		return nil, nil, err
	}
	if conn == nil || dec == nil {
		return nil, nil, fmt.Errorf("%w: the client is not connected", ErrUnsupported)
	}
	return conn, dec, nil
}

// field is the value of an unexported field of exactly type T.
func field[T any](c *xmpp.Client, name string) (value T, err error) {
	f := reflect.ValueOf(c).Elem().FieldByName(name)
	if !f.IsValid() {
		return value, fmt.Errorf("%w: xmpp.Client has no field %q", ErrUnsupported, name)
	}
	if want := reflect.TypeFor[T](); f.Type() != want {
		return value, fmt.Errorf("%w: xmpp.Client.%s is a %v, not a %v", ErrUnsupported, name, f.Type(), want)
	}
	return *(*T)(unsafe.Pointer(f.UnsafeAddr())), nil
}
