package stanza_test

import (
	"testing"
	"time"

	"github.com/xmppkit/xmppkit/stanza"
)

func TestDelay(t *testing.T) {
	at := time.Date(2002, 9, 10, 23, 8, 25, 0, time.UTC)
	for name, c := range map[string]struct {
		in   string
		want stanza.Delay
	}{
		"XEP-0203":              {`<delay xmlns='urn:xmpp:delay' from='Room@Example.org' stamp='2002-09-10T23:08:25Z'>Offline</delay>`, stanza.Delay{Stamp: at, From: "room@example.org", Reason: "Offline"}},
		"XEP-0082 fraction":     {`<delay xmlns='urn:xmpp:delay' stamp='2002-09-10T23:08:25.123456Z'/>`, stanza.Delay{Stamp: at.Add(123456 * time.Microsecond)}},
		"XEP-0082 offset":       {`<delay xmlns='urn:xmpp:delay' stamp='2002-09-11T01:38:25+02:30'/>`, stanza.Delay{Stamp: at}},
		"XEP-0082 offset west":  {`<delay xmlns='urn:xmpp:delay' stamp='2002-09-10T18:08:25.5-05:00'/>`, stanza.Delay{Stamp: at.Add(time.Second / 2)}},
		"XEP-0091":              {`<x xmlns='jabber:x:delay' from='a@b' stamp='20020910T23:08:25'>Old</x>`, stanza.Delay{Stamp: at, From: "a@b", Reason: "Old"}},
		"both: the new one":     {`<x xmlns='jabber:x:delay' stamp='19990101T00:00:00'/><delay xmlns='urn:xmpp:delay' stamp='2002-09-10T23:08:25Z'/>`, stanza.Delay{Stamp: at}},
		"unreadable: still old": {`<delay xmlns='urn:xmpp:delay' stamp='yesterday'/>`, stanza.Delay{}},
		"no stamp: still old":   {`<x xmlns='jabber:x:delay'/>`, stanza.Delay{}},
		"endless stamp":         {`<delay xmlns='urn:xmpp:delay' stamp='2002-09-10T23:08:25.` + zeros(1000) + `Z'/>`, stanza.Delay{}},
		"spaces around":         {`<delay xmlns='urn:xmpp:delay' stamp=' 2002-09-10T23:08:25Z '/>`, stanza.Delay{Stamp: at}},
	} {
		t.Run(name, func(t *testing.T) {
			m, ok := decode[*stanza.Message](t, "<message>"+c.in+"</message>").Delay()
			if !ok || m != c.want {
				t.Errorf("message: got %+v, %v; want %+v", m, ok, c.want)
			}
			p, ok := decode[*stanza.Presence](t, "<presence>"+c.in+"</presence>").Delay()
			if !ok || p != c.want {
				t.Errorf("presence: got %+v, %v; want %+v", p, ok, c.want)
			}
		})
	}
	if _, ok := (&stanza.Message{Body: "now"}).Delay(); ok {
		t.Error("a live message is delayed")
	}
}

func zeros(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = '0'
	}
	return string(b)
}

func TestDelayElement(t *testing.T) {
	d := stanza.Delay{Stamp: time.Date(2025, 1, 2, 4, 4, 5, 678e6, time.FixedZone("", 3600)), From: "a@b", Reason: "<late>"}
	m := stanza.Message{Extensions: []stanza.Element{d.Element()}}
	got, ok := stanza.FromElement(readOnly(t, stanza.Marshal(&m))).(*stanza.Message).Delay()
	if !ok || !got.Stamp.Equal(d.Stamp) || got.From != d.From || got.Reason != d.Reason {
		t.Errorf("got %+v", got)
	}
	if s := m.Extensions[0].Attr("stamp"); s != "2025-01-02T03:04:05.678Z" {
		t.Errorf("XEP-0082: wrote %s", s)
	}
}

func TestParseTimeXEP0082(t *testing.T) {
	for s, want := range map[string]string{
		"1969-07-21T02:56:15Z":          "1969-07-21T02:56:15Z",
		"1969-07-20T21:56:15-05:00":     "1969-07-21T02:56:15Z",
		"1969-07-21T02:56:15.123+00:00": "1969-07-21T02:56:15.123Z",
		"1969-07-21T02:56:15+0000":      "1969-07-21T02:56:15Z",
		"19690721T02:56:15":             "1969-07-21T02:56:15Z",
		"19690721T02:56:15Z":            "1969-07-21T02:56:15Z",
		"1969-07-21":                    "",
		"1969-13-21T02:56:15Z":          "",
		"02:56:15Z":                     "",
		"":                              "",
	} {
		got, err := stanza.ParseTime(s)
		if (err == nil) != (want != "") || err == nil && stanza.FormatTime(got) != want {
			t.Errorf("%q: got %v, %v", s, got, err)
		}
	}
}
