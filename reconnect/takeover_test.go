package reconnect

import (
	"encoding/xml"
	"errors"
	"net"
	"testing"

	"github.com/xmppo/go-xmpp"
)

// A go-xmpp whose fields are others must fail here first.
func TestTakeOverKnowsThisGoXMPP(t *testing.T) {
	if _, err := field[net.Conn](new(xmpp.Client), "conn"); err != nil {
		t.Error(err)
	}
	if _, err := field[*xml.Decoder](new(xmpp.Client), "p"); err != nil {
		t.Error(err)
	}
}

func TestTakeOverRefuses(t *testing.T) {
	_, gone := field[net.Conn](new(xmpp.Client), "connection")
	_, other := field[*net.TCPConn](new(xmpp.Client), "conn")
	_, _, idle := takeOver(new(xmpp.Client))
	_, _, none := takeOver(nil)
	_, attach := Attach(new(xmpp.Client), Config{})
	for name, err := range map[string]error{
		"a field that is gone": gone, "a field of another type": other,
		"a client that is not connected": idle, "no client": none, "Attach": attach,
	} {
		if !errors.Is(err, ErrUnsupported) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
