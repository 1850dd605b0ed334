package stanza_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/xmppkit/xmppkit/stanza"
)

// roomPresences is a stream of presences as rooms send them to a newcomer.
func roomPresences(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "<presence from='room%d@conference.example.org/Nick Name %d' to='warden@example.org/bot' id='p%d' xml:lang='en'>"+
			"<show>away</show><status>back in a while</status>"+
			"<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='https://client.example' ver='QgayPKawpkPSDYmwT/WM94uAlu0='/>"+
			"<x xmlns='http://jabber.org/protocol/muc#user'>"+
			"<item affiliation='member' role='participant' jid='user%d@example.net/phone'/><status code='110'/></x>"+
			"</presence>", i%100, i, i, i)
	}
	return b.String()
}

// onStream is a decoder that stands behind a stream's opening tag.
func onStream(tb testing.TB, space, content string) *xml.Decoder {
	tb.Helper()
	d := xml.NewDecoder(strings.NewReader("<stream:stream xmlns='" + space +
		"' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>" + content + "</stream:stream>"))
	if _, err := d.Token(); err != nil {
		tb.Fatal(err)
	}
	return d
}

const benchmarkStanzas = 1000

// BenchmarkDecode is beside BenchmarkDecodeReference, the tokens of encoding/xml
// alone.
func BenchmarkDecode(b *testing.B) {
	text := roomPresences(benchmarkStanzas)
	benchmark(b, func() {
		d := stanza.NewDecoder(onStream(b, stanza.NSClient, text))
		for {
			_, err := d.Decode()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkDecodeReference(b *testing.B) {
	text := roomPresences(benchmarkStanzas)
	benchmark(b, func() {
		d := onStream(b, stanza.NSClient, text)
		for {
			_, err := d.Token()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}

// benchmark reports what f costs per stanza, of which it handles benchmarkStanzas.
func benchmark(b *testing.B, f func()) {
	b.Helper()
	for b.Loop() {
		f()
	}
	perStanza := float64(b.N * benchmarkStanzas)
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/perStanza, "ns/stanza")
	b.ReportMetric(testing.AllocsPerRun(1, f)/benchmarkStanzas, "allocs/stanza")
}

func BenchmarkMarshal(b *testing.B) {
	s, err := stanza.NewDecoder(onStream(b, stanza.NSClient, roomPresences(1))).Decode()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		stanza.Marshal(s)
	}
}

func BenchmarkParseJID(b *testing.B) {
	for name, s := range map[string]string{
		"plain":    "room@conference.example.org/Nick Name",
		"cyrillic": "room@conference.example.org/Иван",
		"emoji":    "room@conference.example.org/🐎",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := stanza.ParseJID(s); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
