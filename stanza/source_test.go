package stanza_test

import (
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/xmppkit/xmppkit/stanza"
)

// elements reads all that there is, and what ended it.
func elements(d *stanza.Decoder) (list []stanza.Element, err error) {
	for {
		e, err := d.DecodeElement()
		if err != nil {
			return list, err
		}
		list = append(list, e)
	}
}

func compareSources(t *testing.T, content string) {
	t.Helper()
	want, wantErr := elements(stanza.NewDecoder(onStream(t, stanza.NSClient, content)))
	got, gotErr := elements(stanza.NewStreamDecoder(strings.NewReader(content+"</stream:stream>"),
		map[string]string{"": stanza.NSClient, "stream": stanza.NSStream}))
	if errors.Is(wantErr, io.EOF) && (!errors.Is(gotErr, io.EOF) || !reflect.DeepEqual(got, want)) {
		t.Errorf("%q:\n got %+v, %v\nwant %+v", content, got, gotErr, want)
	}
	if errors.Is(gotErr, io.EOF) != errors.Is(wantErr, io.EOF) {
		t.Errorf("%q: ended with %v, want %v", content, gotErr, wantErr)
	}
}

var streams = []string{
	roomPresences(3),
	"<message><body>a&lt;b<!-- c --><![CDATA[<d>]]></body> <x xmlns='u'>mixed <b/> text</x></message>\n<iq/>",
	"<stream:error><conflict xmlns='" + stanza.NSStreams + "'/></stream:error>",
	"<p:presence xmlns:p='" + stanza.NSClient + "' xml:lang='ru' p:a='1'/>",
	"<message xmlns='" + stanza.NSComponent + "'><body/></message>",
	strings.Repeat("<a>", 200) + strings.Repeat("</a>", 200),
}

// Reading XML ourselves gives what encoding/xml gives.
func TestStreamDecoderAgrees(t *testing.T) {
	for _, s := range streams {
		compareSources(t, s)
	}
}

func FuzzStreamDecoder(f *testing.F) {
	for _, s := range streams {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, content string) {
		if strings.Contains(content, "<?") || strings.Contains(strings.NewReplacer("<![CDATA[", "", "<!--", "").Replace(content), "<!") {
			t.Skip("declarations, which encoding/xml looks into")
		}
		compareSources(t, content)
	})
}

// What is larger than any server lets through is cut, and the stream goes on.
func TestStreamDecoderBoundsAStanza(t *testing.T) {
	huge := "<message><body>" + strings.Repeat("x", 5<<20) + "</body><a/></message><iq id='1'/>"
	d := stanza.NewStreamDecoder(strings.NewReader(huge), map[string]string{"": stanza.NSClient})
	st, err := d.Decode()
	if err != nil {
		t.Fatal(err)
	}
	if m := st.(*stanza.Message); len(m.Body) > 4<<20 || m.Extension(stanza.NSClient, "a") != nil {
		t.Errorf("kept %d bytes and %d elements", len(m.Body), len(m.Extensions))
	}
	if st, err = d.Decode(); err != nil || st.Header().ID != "1" {
		t.Errorf("then %v, %v", st, err)
	}
}

func BenchmarkDecodeStream(b *testing.B) {
	text := roomPresences(benchmarkStanzas)
	benchmark(b, func() {
		d := stanza.NewStreamDecoder(strings.NewReader(text), map[string]string{"": stanza.NSClient})
		for {
			_, err := d.Decode()
			if errors.Is(err, io.ErrUnexpectedEOF) {
				return
			}
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}
