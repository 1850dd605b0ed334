package stanza_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/xmppkit/xmppkit/stanza"
)

// decodeIn reads the first stanza of a stream in that namespace.
func decodeIn(t *testing.T, space, content string) stanza.Stanza {
	t.Helper()
	s, err := stanza.NewDecoder(onStream(t, space, content)).Decode()
	if err != nil {
		t.Fatalf("%s: %v", content, err)
	}
	return s
}

func decode[S stanza.Stanza](t *testing.T, content string) S {
	t.Helper()
	s, ok := decodeIn(t, stanza.NSClient, content).(S)
	if !ok {
		t.Fatalf("%s is no %T", content, s)
	}
	return s
}

func attr(local, value string) xml.Attr { return xml.Attr{Name: xml.Name{Local: local}, Value: value} }

func TestDecodeMessageRFC6121(t *testing.T) {
	empty, named := "", "Weather"
	for _, c := range []struct {
		name, in string
		want     stanza.Message
	}{
		{"5.2.1 addresses",
			`<message from='A@Example.org/x' to='b@example.org' id='1' xml:lang='ru'><body>hi</body></message>`,
			stanza.Message{ID: "1", From: "a@example.org/x", To: "b@example.org", Lang: "ru", Body: "hi"}},
		{"5.2.2 chat", `<message type='chat'/>`, stanza.Message{Type: stanza.Chat}},
		{"5.2.2 groupchat", `<message type='groupchat'/>`, stanza.Message{Type: stanza.GroupChat}},
		{"5.2.2 headline", `<message type='headline'/>`, stanza.Message{Type: stanza.Headline}},
		{"5.2.2 normal", `<message type='normal'/>`, stanza.Message{}},
		{"5.2.2 unknown is normal", `<message type='shout'/>`, stanza.Message{}},
		{"5.2.3 body in several languages",
			`<message><body>yes</body><body xml:lang='de'>ja</body></message>`,
			stanza.Message{Body: "yes", Extensions: []stanza.Element{lang("body", "de", "ja")}}},
		{"5.2.3 body with a language only",
			`<message><body xml:lang='de'>ja</body></message>`,
			stanza.Message{Body: "ja", Extensions: []stanza.Element{lang("body", "de", "ja")}}},
		{"5.2.3 body with an element in it",
			`<message><body>free <b/>coin</body></message>`,
			stanza.Message{Body: "free coin", Extensions: []stanza.Element{
				stanza.NewElement(stanza.NSClient, "body", stanza.Element{Text: "free "}, stanza.NewElement(stanza.NSClient, "b"), stanza.Element{Text: "coin"})}}},
		{"5.2.3 empty body before another",
			`<message><body/><body>x</body></message>`,
			stanza.Message{Body: "x", Extensions: []stanza.Element{stanza.NewElement(stanza.NSClient, "body")}}},
		{"5.2.3 body of another namespace",
			`<message><body xmlns='urn:x'>x</body></message>`,
			stanza.Message{Extensions: []stanza.Element{stanza.NewText("urn:x", "body", "x")}}},
		{"5.2.4 subject", `<message><subject>Weather</subject></message>`, stanza.Message{Subject: &named}},
		{"5.2.4 empty subject", `<message><subject/></message>`, stanza.Message{Subject: &empty}},
		{"5.2.5 thread", `<message><thread>t</thread></message>`, stanza.Message{Thread: "t"}},
		{"5.2.5 thread with a parent",
			`<message><thread parent='p'>t</thread></message>`,
			stanza.Message{Thread: "t", Extensions: []stanza.Element{stanza.NewText(stanza.NSClient, "thread", "t").WithAttr("parent", "p")}}},
		{"5.2.6 extended content",
			`<message><x xmlns='urn:x' a='1'><y>z</y></x></message>`,
			stanza.Message{Extensions: []stanza.Element{stanza.NewElement("urn:x", "x", stanza.NewText("urn:x", "y", "z")).WithAttr("a", "1")}}},
		{"unknown attributes",
			`<message weather='fine'/>`,
			stanza.Message{Attrs: []xml.Attr{attr("weather", "fine")}}},
		{"5.2.2 error",
			`<message type='error'><body>hi</body><error type='cancel'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>`,
			stanza.Message{Type: stanza.MessageError, Body: "hi", Error: &stanza.Error{Type: stanza.Cancel, Condition: stanza.Gone}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if m := decode[*stanza.Message](t, c.in); !reflect.DeepEqual(*m, c.want) {
				t.Errorf("got  %+v\nwant %+v", *m, c.want)
			}
		})
	}
}

func lang(local, lang, text string) stanza.Element {
	e := stanza.NewText(stanza.NSClient, local, text)
	e.Attrs = []xml.Attr{{Name: xml.Name{Space: "http://www.w3.org/XML/1998/namespace", Local: "lang"}, Value: lang}}
	return e
}

// RFC 6121 §5.2.3: whoever judges a message must see what any reader may be shown.
func TestMessageBodies(t *testing.T) {
	for _, c := range []struct {
		in   string
		want []stanza.Text
	}{
		{`<message/>`, nil},
		{`<message><body/></message>`, nil},
		{`<message><body>a</body></message>`, []stanza.Text{{Text: "a"}}},
		{`<message><body xml:lang='de'>a</body></message>`, []stanza.Text{{Lang: "de", Text: "a"}}},
		{`<message><body>a</body><body xml:lang='de'>b</body><body xmlns='urn:x'>c</body></message>`,
			[]stanza.Text{{Text: "a"}, {Lang: "de", Text: "b"}}},
		{`<message><body xml:lang='de'>a</body><body>b</body></message>`, []stanza.Text{{Lang: "de", Text: "a"}, {Text: "b"}}},
	} {
		if got := decode[*stanza.Message](t, c.in).Bodies(); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.in, got, c.want)
		}
	}
}

func TestDecodePresenceRFC6121(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     stanza.Presence
	}{
		{"4.2 available", `<presence/>`, stanza.Presence{}},
		{"4.5 unavailable", `<presence type='unavailable' from='a@b/c'/>`, stanza.Presence{Type: stanza.Unavailable, From: "a@b/c"}},
		{"4.7.2 all fields",
			`<presence><show>dnd</show><status>busy</status><priority>-5</priority></presence>`,
			stanza.Presence{Show: stanza.DoNotDisturb, Status: "busy", Priority: -5}},
		{"4.7.2.2 status in several languages",
			`<presence><status xml:lang='de'>weg</status><status>gone</status></presence>`,
			stanza.Presence{Status: "weg", Extensions: []stanza.Element{lang("status", "de", "weg"), stanza.NewText(stanza.NSClient, "status", "gone")}}},
		{"4.7.2.3 priority out of range",
			`<presence><priority>128</priority></presence>`,
			stanza.Presence{Extensions: []stanza.Element{stanza.NewText(stanza.NSClient, "priority", "128")}}},
		{"4.7.2.3 priority zero is kept",
			`<presence><priority>0</priority></presence>`,
			stanza.Presence{Extensions: []stanza.Element{stanza.NewText(stanza.NSClient, "priority", "0")}}},
		{"error",
			`<presence type='error'><error type='auth' by='R@B'><forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>no</text></error></presence>`,
			stanza.Presence{Type: stanza.PresenceError, Error: &stanza.Error{Type: stanza.Auth, By: "r@b", Condition: stanza.Forbidden, Text: "no", Lang: "en"}}},
		{"an error that is none",
			`<presence><error/></presence>`,
			stanza.Presence{Extensions: []stanza.Element{stanza.NewElement(stanza.NSClient, "error")}}},
		{"an address that is none is kept",
			`<presence from='a@b/&#x200B;'/>`,
			stanza.Presence{From: "a@b/\u200b"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if p := decode[*stanza.Presence](t, c.in); !reflect.DeepEqual(*p, c.want) {
				t.Errorf("got  %+v\nwant %+v", *p, c.want)
			}
		})
	}
}

func TestDecodeIQRFC6120(t *testing.T) {
	iq := decode[*stanza.IQ](t, `<iq type='get' id='1' from='a@b/c' to='d@e'><ping xmlns='urn:xmpp:ping'/></iq>`)
	if !iq.IsRequest() || iq.Payload() == nil || !iq.Payload().Is(stanza.NSPing, "ping") {
		t.Errorf("§8.2.3: got %+v", iq)
	}
	want := stanza.IQ{ID: "1", From: "d@e", To: "a@b/c", Type: stanza.Result}
	if r := iq.Result(); !reflect.DeepEqual(*r, want) {
		t.Errorf("§8.2.3: the result is %+v", r)
	}
	r := decode[*stanza.IQ](t, `<iq type='error' id='1'><ping xmlns='urn:xmpp:ping'/>`+
		`<error type='modify'><not-acceptable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>`)
	if !errors.Is(r.Error, stanza.NotAcceptable) || r.Extension(stanza.NSPing, "ping") == nil || r.IsRequest() {
		t.Errorf("§8.3.1: got %+v", r)
	}
	if r := decode[*stanza.IQ](t, `<iq type='result' id='1'> </iq>`); r.Payload() != nil {
		t.Errorf("an empty result has the payload %+v", r.Payload())
	}
}

// RFC 6120 §8.1.2.1, §8.2.3: only a result and an error answer anything.
func TestAnswersNeedsATypeOfAnswer(t *testing.T) {
	request := &stanza.IQ{Type: stanza.Get, ID: "1", To: "a@b"}
	for typ, want := range map[stanza.IQType]bool{stanza.Result: true, stanza.IQError: true, stanza.Get: false, stanza.Set: false, "": false, "x": false} {
		if got := (&stanza.IQ{Type: typ, ID: "1", From: "a@b"}).Answers(request, "me@b/c"); got != want {
			t.Errorf("type %q: %v", typ, got)
		}
	}
}

// XEP-0114: a component's stanzas are those of a client; other elements may not
// pass for stanzas by its namespace.
func TestDecodeComponentXEP0114(t *testing.T) {
	const in = `<message><body>a</body><x xmlns='urn:x'><body xmlns='jabber:component:accept'/></x></message>`
	m := decodeIn(t, stanza.NSComponent, in).(*stanza.Message)
	if m.Body != "a" {
		t.Errorf("component: got %+v", m)
	}
	m = decode[*stanza.Message](t, `<message><body xmlns='jabber:component:accept'>a</body></message>`)
	if m.Body != "" {
		t.Errorf("client: got %+v", m)
	}
}

func TestDecodeForwardedXEP0297(t *testing.T) {
	m := decode[*stanza.Message](t, `<message><forwarded xmlns='urn:xmpp:forward:0'>`+
		`<message xmlns='jabber:client' from='a@b' type='chat'><body>x</body></message></forwarded></message>`)
	in := m.Extension("urn:xmpp:forward:0", "forwarded").Child(stanza.NSClient, "message")
	inner, ok := stanza.FromElement(*in).(*stanza.Message)
	if !ok || inner.Body != "x" || inner.From != "a@b" {
		t.Errorf("got %+v", inner)
	}
	if s := stanza.FromElement(stanza.NewElement("urn:x", "message")); s != nil {
		t.Errorf("an element of another namespace is %+v", s)
	}
}

func TestDecodeElementXML(t *testing.T) {
	text := func(s string) stanza.Element { return stanza.Element{Text: s} }
	x := func(children ...stanza.Element) stanza.Element { return stanza.NewElement("urn:x", "x", children...) }
	y := stanza.NewElement("urn:x", "y")
	for name, c := range map[string]struct {
		in   string
		want stanza.Element
	}{
		"empty":                     {`<x xmlns='urn:x'/>`, x()},
		"text":                      {`<x xmlns='urn:x'>a &lt;b&gt; &#x21;</x>`, stanza.NewText("urn:x", "x", "a <b> !")},
		"CDATA":                     {`<x xmlns='urn:x'>a<![CDATA[<y/>&amp;]]>b</x>`, stanza.NewText("urn:x", "x", "a<y/>&amp;b")},
		"comment":                   {`<x xmlns='urn:x'>a<!-- <y/> -->b</x>`, stanza.NewText("urn:x", "x", "ab")},
		"processing instruction":    {`<x xmlns='urn:x'>a<?php y ?>b</x>`, stanza.NewText("urn:x", "x", "ab")},
		"mixed content":             {`<x xmlns='urn:x'>a<y/>b<y/> </x>`, x(text("a"), y, text("b"), y, text(" "))},
		"default namespace ends":    {`<x xmlns='urn:x'><y xmlns=''/></x>`, x(stanza.NewElement("", "y"))},
		"prefix":                    {`<p:x xmlns:p='urn:x'><p:y/></p:x>`, x(y)},
		"prefix on an attribute":    {`<x xmlns='urn:x' xmlns:p='urn:p' p:a='1' a='2'/>`, stanza.Element{Name: x().Name, Attrs: []xml.Attr{{Name: xml.Name{Space: "urn:p", Local: "a"}, Value: "1"}, attr("a", "2")}}},
		"attribute twice":           {`<x xmlns='urn:x' a='1' a='2'/>`, x().WithAttr("a", "1")},
		"name that ends in a colon": {`<x xmlns='urn:x' b:='2'><y:/></x>`, stanza.NewElement("urn:x", "x", stanza.NewElement("urn:x", "y_")).WithAttr("b_", "2")},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := stanza.NewDecoder(onStream(t, stanza.NSClient, c.in)).DecodeElement()
			if err != nil || !reflect.DeepEqual(e, c.want) {
				t.Errorf("got %+v, %v\nwant %+v", e, err, c.want)
			}
		})
	}
}

func TestElementContent(t *testing.T) {
	e, err := stanza.NewDecoder(onStream(t, stanza.NSClient, `<x xmlns='urn:x' xml:lang='en'>a<y>c</y>b<z/></x>`)).DecodeElement()
	if err != nil {
		t.Fatal(err)
	}
	if e.Content() != "ab" || e.ChildText("urn:x", "y") != "c" || e.ChildText("urn:x", "none") != "" || len(e.Elements()) != 2 || e.Lang() != "en" {
		t.Errorf("got %+v", e)
	}
	if len(e.Children) != 4 {
		t.Errorf("Elements changed the element: %+v", e)
	}
}

func TestElementWithAttrLeavesTheOriginal(t *testing.T) {
	e := stanza.NewElement("urn:x", "x").WithAttr("a", "1")
	b, c := e.WithAttr("b", "2"), e.WithAttr("c", "3")
	if b.Attr("c") != "" || c.Attr("b") != "" || b.Attr("a") != "1" || e.Attr("b") != "" || len(e.WithAttr("d", "").Attrs) != 1 {
		t.Errorf("got %v, %v, %v", e, b, c)
	}
}

func TestDecodeDepth(t *testing.T) {
	const deep = 10_000
	in := "<message><body>before</body>" + strings.Repeat("<x xmlns='urn:x'>", deep) + strings.Repeat("</x>", deep) + "<thread>after</thread></message>"
	m := decode[*stanza.Message](t, in)
	if m.Body != "before" || m.Thread != "after" {
		t.Errorf("what stands beside it was lost: %+v", m)
	}
	depth := 1
	for e := m.Extension("urn:x", "x"); e != nil; e = e.Child("urn:x", "x") {
		depth++
	}
	if depth < 32 || depth > 128 {
		t.Errorf("kept %d levels", depth)
	}
}

// What costs one byte to send must not cost the reader a copy of everything before.
func TestDecodeManyPieces(t *testing.T) {
	const pieces = 200_000
	for name, in := range map[string]string{
		"text":       strings.Repeat("a<![CDATA[b]]>", pieces),
		"attributes": "",
	} {
		start := "<message><body"
		if name == "attributes" {
			var b strings.Builder
			for i := range pieces {
				fmt.Fprintf(&b, " a%d=''", i)
			}
			start += b.String()
		}
		m := decode[*stanza.Message](t, start+">"+in+"</body></message>")
		if name == "text" && len(m.Body) != 2*pieces {
			t.Errorf("the body has %d bytes", len(m.Body))
		}
	}
}

func TestDecodeStreamEnd(t *testing.T) {
	const open = "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"
	for name, c := range map[string]struct {
		in   string
		want error
	}{
		"closed":            {" <presence/> </stream:stream>", io.EOF},
		"cut off":           {"<presence/>", nil},
		"cut off in a text": {"<presence/><message><body>ab", nil},
		"cut off in a tag":  {"<presence/><mess", nil},
		"no XML":            {"<presence/><a></b>", nil},
	} {
		t.Run(name, func(t *testing.T) {
			d := xml.NewDecoder(strings.NewReader(open + c.in))
			if _, err := d.Token(); err != nil {
				t.Fatal(err)
			}
			dec := stanza.NewDecoder(d)
			if _, err := dec.Decode(); err != nil {
				t.Fatal(err)
			}
			s, err := dec.Decode()
			if s != nil || err == nil || c.want != nil && !errors.Is(err, c.want) || c.want == nil && errors.Is(err, io.EOF) {
				t.Errorf("got %v, %v", s, err)
			}
		})
	}
}

func TestDecodeStreamErrorRFC6120(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		want stanza.StreamError
	}{
		"4.9.2 with text": {`<conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>Replaced</text>`,
			stanza.StreamError{Condition: "conflict", Text: "Replaced"}},
		"4.9.2 text first": {`<text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>Bye</text><system-shutdown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>`,
			stanza.StreamError{Condition: "system-shutdown", Text: "Bye"}},
		"4.9.3.19 see-other-host": {`<see-other-host xmlns='urn:ietf:params:xml:ns:xmpp-streams'>[2001:db8::1]:9222</see-other-host>`,
			stanza.StreamError{Condition: "see-other-host", Host: "[2001:db8::1]:9222"}},
		"4.9.4 application": {`<undefined-condition xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><tired xmlns='urn:x'/>`,
			stanza.StreamError{Condition: "undefined-condition", Details: []stanza.Element{stanza.NewElement("urn:x", "tired")}}},
	} {
		t.Run(name, func(t *testing.T) {
			d := stanza.NewDecoder(onStream(t, stanza.NSClient, "<stream:error>"+c.in+"</stream:error>"))
			_, err := d.Decode()
			var se *stanza.StreamError
			if !errors.As(err, &se) || !reflect.DeepEqual(*se, c.want) {
				t.Fatalf("got %#v", err)
			}
			if !errors.Is(err, &stanza.StreamError{Condition: c.want.Condition}) || errors.Is(err, &stanza.StreamError{Condition: "reset"}) ||
				!errors.Is(err, &stanza.StreamError{}) || errors.Is(err, &stanza.StreamError{Text: "x"}) {
				t.Error("errors.Is does not take empty fields as wildcards, and only them")
			}
			if !strings.Contains(err.Error(), c.want.Condition) || !strings.Contains(err.Error(), c.want.Text) {
				t.Errorf("says %q", err)
			}
		})
	}
}

func TestDecodeSkipsWhatIsNoStanza(t *testing.T) {
	const presence = "<presence from='a@b'/>"
	d := stanza.NewDecoder(onStream(t, stanza.NSClient, " <a xmlns='urn:xmpp:sm:3' h='1'/><message xmlns='urn:x'/>\n"+presence))
	s, err := d.Decode()
	if p, ok := s.(*stanza.Presence); !ok || p.From != "a@b" || err != nil {
		t.Fatalf("got %v, %v", s, err)
	}
	if n := d.Size(); n < int64(len(presence)) || n > 1000 {
		t.Errorf("a presence of %d bytes is said to take %d", len(presence), n)
	}
}

func TestWithFrom(t *testing.T) {
	for _, s := range []stanza.Stanza{&stanza.Message{From: "a@b"}, &stanza.Presence{From: "a@b"}, &stanza.IQ{From: "a@b"}} {
		if c := s.WithFrom("c@d"); c.Header().From != "c@d" || s.Header().From != "a@b" || reflect.TypeOf(c) != reflect.TypeOf(s) {
			t.Errorf("%T: got %+v of %+v", s, c.Header(), s.Header())
		}
	}
}
