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
