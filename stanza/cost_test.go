package stanza_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/xmppkit/xmppkit/stanza"
)

// heavy is what a stranger may fill a stanza with.
var heavy = map[string]string{
	"elements":                  "<a/>",
	"elements in elements":      "<a><b/></a>",
	"text between":              "x<a/>",
	"attributes":                "<a b='' c='' d=''/>",
	"names that are not ASCII":  "<é/>",
	"the same in attributes":    "<a é=''/>",
	"names that cannot be sent": "<p:\u0301 xmlns:p='u'/>",
	"namespaces":                "<a xmlns='u'/>",
	"prefixes":                  "<p:a xmlns:p='u'/>",
	"references":                "&amp;",
	"white space":               " ",
	"status codes":              "<status code='110'/>",
	"stanza-ids":                "<stanza-id xmlns='urn:xmpp:sid:0' id='1' by='a@b'/>",
}

// most is how many bytes of memory one byte of a stanza may cost on the way through,
// there and gone.
const most = 350

// allocated is how many bytes f takes, whether it keeps them or not.
func allocated(f func()) float64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return float64(after.TotalAlloc - before.TotalAlloc)
}

// What a stanza costs grows with its length and no faster, whatever is in it.
func TestHostileStanzasCostWhatTheyWeigh(t *testing.T) {
	for name, unit := range heavy {
		var cost [2]float64
		for i, size := range []int{16 << 10, 128 << 10} {
			in := "<message>" + strings.Repeat(unit, size/len(unit)) + "</message>"
			r := strings.NewReader(in)
			d := stanza.NewStreamDecoder(r, map[string]string{"": stanza.NSClient})
			cost[i] = allocated(func() {
				st, err := d.Decode()
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				m := st.(*stanza.Message)
				_, _ = m.MUCUser()
				_ = m.StanzaIDs()
				_ = stanza.Marshal(m)
			}) / float64(len(in))
		}
		if cost[1] > most || cost[1] > 2*cost[0]+10 {
			t.Errorf("%s: a byte costs %.0f bytes in 16 KiB, %.0f in 128 KiB, more than %.0f", name, cost[0], cost[1], float64(most))
		}
	}
}

// IDNA takes the square of a label's length, so RFC 7622 §3.2 holds before it begins,
// even for a domain that would turn out short: soft hyphens are dropped.
func TestLongDomainIsNotNormalised(t *testing.T) {
	for n, ok := range map[int]bool{400: true, 600: false} {
		domain := strings.Repeat("\u00AD", n) + "example"
		if j, err := stanza.ParseJID(domain); (err == nil) != ok {
			t.Errorf("a domain of %d bytes: %q, %v", len(domain), j, err)
		}
	}
}

// The size of a stanza is what it takes while it waits, and small elements take more
// than their letters.
func TestSizeIsWhatIsKept(t *testing.T) {
	for name, unit := range heavy {
		in := "<message>" + strings.Repeat(unit, 256<<10/len(unit)) + "</message>"
		d := stanza.NewStreamDecoder(strings.NewReader(in), map[string]string{"": stanza.NSClient})
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		st, err := d.Decode()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		runtime.KeepAlive(st)
		kept := int64(after.HeapAlloc) - int64(before.HeapAlloc)
		if kept > 2*d.Size()+256<<10 { // and the decoder's own
			t.Errorf("%s: %d bytes are kept, %d are said to be", name, kept, d.Size())
		}
	}
}
