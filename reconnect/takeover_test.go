package reconnect

import (
	"encoding/xml"
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/xmppo/go-xmpp"

	"github.com/xmppkit/xmppkit/stanza"
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

// The same for encoding/xml: without its read-ahead we would read through its
// tokens, and be slow.
func TestTakeOverKnowsThisEncodingXML(t *testing.T) {
	r := strings.NewReader("<stream:stream xmlns='jabber:client' xmlns:stream='" + stanza.NSStream +
		"'><message to='a@b'/><stream:error/>")
	tokens := xml.NewDecoder(io.LimitReader(r, 90)) // the rest has not been read ahead
	if _, err := tokens.Token(); err != nil {
		t.Fatal(err)
	}
	if _, err := field[io.ByteReader](tokens, "r"); err != nil {
		t.Error(err)
	}
	if next, err := field[int](tokens, "nextByte"); err != nil || next != -1 {
		t.Errorf("next byte %d, %v", next, err)
	}
	if ns, err := field[map[string]string](tokens, "ns"); err != nil || ns["stream"] != stanza.NSStream {
		t.Errorf("namespaces %v, %v", ns, err)
	}
	dec := takeOverDecoder(tokens, r)
	if st, err := dec.Decode(); err != nil || st.Header().To != "a@b" {
		t.Errorf("read %v, %v", st, err)
	}
	if _, err := dec.Decode(); !errors.Is(err, &stanza.StreamError{}) {
		t.Errorf("read %v", err)
	}
}
