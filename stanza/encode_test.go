package stanza_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/xmppkit/xmppkit/stanza"
)

// hostile are contents that end, or mean something, in careless XML.
var hostile = []string{
	`"/><message to='x'><body>`, `'/><iq/>`, "</body></message>", "]]>", "<![CDATA[", "<!--", "-->", "<?x?>", "&amp;", "&#0;", "&x;", "%q\"\\\"",
	"\x00\x01\x1f", "\r\n\t", "\xff\xfe", "\uFFFE\uFFFF", "\xed\xa0\x80", "\u2028", "xmlns='x'", "xmlns:a0", "xml:lang", "a:b", ":", "0", "-", "", " ", "xmlns",
	"é", "ünï", "a\u0301", "\u0301", "名前", "x y", "http://www.w3.org/XML/1998/namespace", "http://www.w3.org/2000/xmlns/", "jabber:client",
}

// clean is text as it arrives: what XML cannot say is replaced.
func clean(s string) string {
	runes := []rune(s) // replaces invalid UTF-8, byte by byte
	for i, r := range runes {
		if r < ' ' && !strings.ContainsRune("\t\r\n", r) || r == 0xFFFE || r == 0xFFFF {
			runes[i] = utf8.RuneError
		}
	}
	return string(runes)
}

// cleanSpace is a namespace as it arrives.
func cleanSpace(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("\t\r\n", r) {
			return ' '
		}
		return r
	}, clean(s))
}

// fit reports whether encoding/xml takes a name as one without a prefix.
func fit(name string) bool {
	if strings.ContainsAny(name, ": \t\r\n<>&'\"/=") {
		return false
	}
	t, err := xml.NewDecoder(strings.NewReader("<" + name + "/>")).Token()
	e, ok := t.(xml.StartElement)
	return err == nil && ok && e.Name.Local == name && len(e.Attr) == 0
}

// canonical is e as it may be read: text that stands beside elements is among them,
// in one piece.
func canonical(e stanza.Element) stanza.Element {
	e.Text = clean(e.Text)
	list := slices.Clone(e.Children)
	e.Children = nil
	if len(list) == 0 {
		return e
	}
	list = slices.Insert(list, 0, stanza.Element{Text: e.Text})
	e.Text = ""
	for _, c := range list {
		if c.Name.Local != "" {
			e.Children = append(e.Children, canonical(c))
			continue
		}
		n := len(e.Children)
		switch {
		case c.Text == "":
		case n > 0 && e.Children[n-1].Name.Local == "":
			e.Children[n-1].Text += clean(c.Text)
		default:
			e.Children = append(e.Children, stanza.Element{Text: clean(c.Text)})
		}
	}
	if len(e.Children) == 1 && e.Children[0].Name.Local == "" {
		e.Text, e.Children = e.Children[0].Text, nil
	}
	return e
}

// checkSame compares what was read with what was written, which is canonical.
// Names that XML does not allow may have become anything that it does.
func checkSame(t *testing.T, want, got stanza.Element) {
	t.Helper()
	if want.Text != got.Text || len(want.Children) != len(got.Children) || (want.Name.Local == "") != (got.Name.Local == "") {
		t.Fatalf("wrote %+v\nread  %+v", want, got)
	}
	// encoding/xml reads an element that is called xmlns without its namespace.
	if space := cleanSpace(want.Name.Space); space != got.Name.Space && space != "http://www.w3.org/2000/xmlns/" && want.Name.Local != "xmlns" {
		t.Fatalf("wrote the namespace %q, read %q", space, got.Name.Space)
	}
	if fit(want.Name.Local) && want.Name.Local != got.Name.Local {
		t.Fatalf("wrote the name %q, read %q", want.Name.Local, got.Name.Local)
	}
	left := got.Attrs
	for i, a := range want.Attrs {
		name := xml.Name{Space: cleanSpace(a.Name.Space), Local: a.Name.Local}
		taken := slices.ContainsFunc(want.Attrs[:i], func(b xml.Attr) bool {
			return cleanSpace(b.Name.Space) == name.Space && (b.Name.Local == name.Local || !fit(b.Name.Local))
		})
		if taken || !fit(name.Local) || name.Space == "xmlns" || name.Space == "http://www.w3.org/2000/xmlns/" || name == (xml.Name{Local: "xmlns"}) {
			continue
		}
		n := slices.IndexFunc(left, func(b xml.Attr) bool { return b.Name == name })
		if n < 0 || left[n].Value != clean(a.Value) {
			t.Fatalf("wrote the attribute %+v, read %+v", a, got.Attrs)
		}
	}
	if len(got.Attrs) > len(want.Attrs) {
		t.Fatalf("wrote the attributes %+v, read %+v", want.Attrs, got.Attrs)
	}
	for i := range want.Children {
		checkSame(t, want.Children[i], got.Children[i])
	}
}

// readOnly is the one element that text holds.
func readOnly(t *testing.T, text []byte) stanza.Element {
	t.Helper()
	if !utf8.Valid(text) {
		t.Fatalf("not UTF-8: %q", text)
	}
	d := stanza.NewDecoder(onStream(t, stanza.NSClient, string(text)))
	e, err := d.DecodeElement()
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	if more, err := d.DecodeElement(); !errors.Is(err, io.EOF) {
		t.Fatalf("%q holds more than one element: %+v, %v", text, more, err)
	}
	return e
}

// maker makes elements of what a fuzzer says, hostile strings in every place.
type maker struct{ data []byte }

func (m *maker) byte() byte {
	if len(m.data) == 0 {
		return 0
	}
	b := m.data[0]
	m.data = m.data[1:]
	return b
}

func (m *maker) string() string {
	switch n := int(m.byte()); {
	case n < 128:
		return hostile[n%len(hostile)]
	default:
		n = min(n%16, len(m.data))
		s := string(m.data[:n])
		m.data = m.data[n:]
		return s
	}
}

func (m *maker) name() xml.Name { return xml.Name{Space: m.string(), Local: m.string()} }

func (m *maker) element(depth int) stanza.Element {
	e := stanza.Element{Name: m.name(), Text: m.string()}
	if e.Name.Local == "" && depth == 0 {
		e.Name.Local = "x"
	}
	for range m.byte() % 4 {
		e.Attrs = append(e.Attrs, xml.Attr{Name: m.name(), Value: m.string()})
	}
	if e.Name.Local == "" {
		return stanza.Element{Text: e.Text}
	}
	if depth < 4 {
		for range m.byte() % 4 {
			e.Children = append(e.Children, m.element(depth+1))
		}
	}
	return e
}

func (m *maker) elements() []stanza.Element {
	var list []stanza.Element
	for range m.byte() % 3 {
		list = append(list, m.element(0))
	}
	return list
}

func (m *maker) error() *stanza.Error {
	if m.byte()%2 == 0 {
		return nil
	}
	return &stanza.Error{
		Type: stanza.ErrorType(m.string()), By: stanza.JID(m.string()), Condition: stanza.Condition(m.string()),
		URI: m.string(), Text: m.string(), Lang: m.string(), Details: m.elements(),
	}
}

func (m *maker) stanza() stanza.Stanza {
	id, from, to, lang := m.string(), stanza.JID(m.string()), stanza.JID(m.string()), m.string()
	var attrs []xml.Attr
	for range m.byte() % 3 {
		attrs = append(attrs, xml.Attr{Name: m.name(), Value: m.string()})
	}
	switch m.byte() % 3 {
	case 0:
		s := &stanza.Message{ID: id, From: from, To: to, Lang: lang, Attrs: attrs,
			Type: stanza.MessageType(m.string()), Body: m.string(), Thread: m.string(), Extensions: m.elements(), Error: m.error()}
		if m.byte()%2 == 0 {
			subject := m.string()
			s.Subject = &subject
		}
		if s.Error != nil {
			s.Type = stanza.MessageError
		}
		return s
	case 1:
		return &stanza.Presence{ID: id, From: from, To: to, Lang: lang, Attrs: attrs, Type: stanza.PresenceType(m.string()), Show: stanza.Show(m.string()),
			Status: m.string(), Priority: int8(m.byte()), Extensions: m.elements(), Error: m.error()}
	default:
		return &stanza.IQ{ID: id, From: from, To: to, Lang: lang, Attrs: attrs, Type: stanza.IQType(m.string()), Extensions: m.elements(), Error: m.error()}
	}
}

// No content of an element ends the element or attribute that it stands in, and
// what is read is what was written.
func FuzzMarshalElement(f *testing.F) {
	for i := range hostile {
		n := byte(i)
		f.Add([]byte{0, n, n, 3, n, n, n, n, n, n, n, n, n, 3, n, 24, n, 0, 0, n, n, n, 0, 0, n, 24, n, 0, 0})
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m := maker{data}
		e := m.element(0)
		text := stanza.MarshalElement(e)
		got := readOnly(t, text)
		checkSame(t, canonical(e), got)
		if again := readOnly(t, stanza.MarshalElement(got)); !reflect.DeepEqual(again, got) {
			t.Fatalf("%s\nread  %+v\nagain %+v", text, got, again)
		}
	})
}

// The same for stanzas: one goes out, one arrives, of the same kind and fields.
func FuzzMarshal(f *testing.F) {
	for i := range hostile {
		n := byte(i)
		f.Add(slices.Repeat([]byte{n}, 60))
		f.Add(slices.Concat(slices.Repeat([]byte{n}, 4), []byte{0, n}, slices.Repeat([]byte{n, 1}, 30)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m := maker{data}
		s := m.stanza()
		text := stanza.Marshal(s)
		got := stanza.FromElement(readOnly(t, text))
		if got == nil || reflect.TypeOf(got) != reflect.TypeOf(s) {
			t.Fatalf("%s\nis read as %T", text, got)
		}
		want, have := s.Header(), got.Header()
		if clean(want.ID) != have.ID {
			t.Fatalf("wrote the id %q, read %q", want.ID, have.ID)
		}
		if j, err := stanza.ParseJID(clean(string(want.To))); err == nil && j != have.To || err != nil && clean(string(want.To)) != string(have.To) {
			t.Fatalf("wrote the address %q, read %q", want.To, have.To)
		}
		switch s := s.(type) {
		case *stanza.Message:
			r := got.(*stanza.Message)
			if s.Body != "" && clean(s.Body) != r.Body || s.Thread != "" && clean(s.Thread) != r.Thread || s.Subject != nil && clean(*s.Subject) != *r.Subject {
				t.Fatalf("%s\nread as %+v", text, r)
			}
		case *stanza.Presence:
			r := got.(*stanza.Presence)
			if s.Status != "" && clean(s.Status) != r.Status || s.Priority != 0 && r.Priority != s.Priority {
				t.Fatalf("%s\nread as %+v", text, r)
			}
		}
		checkFixed(t, got)
	})
}

// checkFixed holds a stanza that was read against what is read of it again.
func checkFixed(t *testing.T, s stanza.Stanza) {
	t.Helper()
	text := stanza.Marshal(s)
	again := stanza.FromElement(readOnly(t, text))
	if !reflect.DeepEqual(again, s) {
		t.Fatalf("%s\nread  %+v\nagain %+v", text, s, again)
	}
	if text2 := stanza.Marshal(again); !bytes.Equal(text, text2) {
		t.Fatalf("written as\n%s\nand then as\n%s", text, text2)
	}
}

// Whatever arrives, reading it does not panic, nor do its views, and it can be
// sent on as it is.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		roomPresences(2),
		`<message xml:lang='en'><body>a</body><body xml:lang='de'>b<c/></body><subject/><subject>x</subject><thread parent='p'>t</thread></message>`,
		`<message type='error'><error/><error type='wait'><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>xmpp:a@b</gone><x xmlns='y'/></error></message>`,
		`<iq type='result'>a<b:c xmlns:b='d' b:e='f' e='g'/><![CDATA[<>]]><!-- c --><?p i?></iq>`,
		`<presence><xml:x/><y xmlns='http://www.w3.org/2000/xmlns/' xmlns:q='http://www.w3.org/2000/xmlns/' q:r='s'/><z: :a='' b:=''/></presence>`,
		`<message from='' to='@' id='&#x9;&#10;'><é ö='1' ö='2'/><x xmlns='jabber:x:delay' stamp='20020910T23:08:25'/></message>`,
		`<message><x xmlns='http://jabber.org/protocol/muc#user'><invite to='a'/><decline/><destroy/><status code='110'/><item><actor/></item></x></message>`,
		`<presence><priority>5</priority><priority>6</priority><show>x</show><show/></presence>`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, content string) {
		for _, space := range []string{stanza.NSClient, stanza.NSComponent} {
			d := stanza.NewDecoder(onStream(t, space, content))
			for {
				s, err := d.Decode()
				if err != nil {
					if s != nil {
						t.Fatalf("%v with %v", s, err)
					}
					break
				}
				view(s)
				checkFixed(t, s)
			}
		}
	})
}

// view calls everything that looks into a stanza.
func view(s stanza.Stanza) {
	switch s := s.(type) {
	case *stanza.Message:
		s.MUCUser()
		s.Delay()
		s.DirectInvite()
		s.StanzaIDs()
		s.OriginID()
		s.OccupantID()
		s.Bodies()
		if s.Error != nil {
			s.Error.Address()
		}
	case *stanza.Presence:
		s.MUCUser()
		s.MUCJoin()
		s.Delay()
		s.OccupantID()
	case *stanza.IQ:
		s.Payload()
		s.Answers(s, "a@b")
		s.Refuse(s.Error)
	}
}

func TestMarshal(t *testing.T) {
	subject := ""
	for name, c := range map[string]struct {
		s    stanza.Stanza
		want string
	}{
		"fields": {&stanza.Message{ID: "1", To: "a@b", Type: stanza.Chat, Lang: "en", Body: "<&>", Subject: &subject, Thread: "t"},
			`<message type="chat" id="1" to="a@b" xml:lang="en"><subject/><body>&lt;&amp;&gt;</body><thread>t</thread></message>`},
		"presence": {&stanza.Presence{Show: stanza.Away, Status: "x", Priority: -1}, `<presence><show>away</show><status>x</status><priority>-1</priority></presence>`},
		"error": {(&stanza.IQ{ID: `"`, From: "a@b/c", Type: stanza.Get}).Refuse(&stanza.Error{Condition: stanza.NotAllowed, Text: "no"}),
			`<iq type="error" id="&quot;" to="a@b/c"><error type="cancel"><not-allowed xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/><text xmlns="urn:ietf:params:xml:ns:xmpp-stanzas">no</text></error></iq>`},
		"namespaces": {&stanza.Message{Extensions: []stanza.Element{stanza.NewElement("urn:x", "x", stanza.NewElement("urn:x", "y"), stanza.NewElement("", "z"), stanza.NewElement(stanza.NSClient, "w"))}},
			`<message><x xmlns="urn:x"><y/><z xmlns=""/><w xmlns="jabber:client"/></x></message>`},
		"attribute with a namespace": {&stanza.Presence{Attrs: []xml.Attr{{Name: xml.Name{Space: "urn:a", Local: "b"}, Value: "c"}}},
			`<presence xmlns:a0="urn:a" a0:b="c"/>`},
		"field and attribute of one name": {&stanza.Message{ID: "1", Attrs: []xml.Attr{attr("id", "2"), attr("xmlns", "x")}}, `<message id="1"/>`},
		"namespace in two lines":          {&stanza.Message{Extensions: []stanza.Element{stanza.NewElement("urn:x\njabber:client", "x")}}, `<message><x xmlns="urn:x jabber:client"/></message>`},
		"namespace of XML":                {&stanza.Message{Extensions: []stanza.Element{stanza.NewElement("http://www.w3.org/XML/1998/namespace", "x", stanza.NewElement(stanza.NSClient, "y"))}}, `<message><xml:x><y/></xml:x></message>`},
	} {
		t.Run(name, func(t *testing.T) {
			if got := string(stanza.Marshal(c.s)); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
	if got := string(stanza.MarshalElement(stanza.NewElement("", "x"))); got != `<x xmlns=""/>` {
		t.Errorf("an element without a namespace would take that of the stream: %s", got)
	}
}

// What is read from an element that has more to it than its text is not written
// twice, and nothing is written once that was there twice.
func TestMarshalFieldsOnce(t *testing.T) {
	for _, in := range []string{
		`<message><body>x</body><body>x</body></message>`,
		`<message><body xml:lang='de'>x</body><body>x</body></message>`,
		`<message><body/><body xml:lang='de'>x</body></message>`,
		`<message><subject/><subject/></message>`,
		`<message><subject a='1'/><subject/></message>`,
		`<message><thread parent='p'>t</thread><thread>t</thread></message>`,
		`<presence><status>x</status><status>x</status><show/><show>away</show><show>away</show></presence>`,
		`<presence><status xml:lang='de'>x</status></presence>`,
		`<presence><priority>5</priority><priority>5</priority></presence>`,
		`<message type='error'><error/><error type='wait'/></message>`,
	} {
		e := readOnly(t, []byte(in))
		n := len(e.Children)
		s := stanza.FromElement(e)
		checkFixed(t, s)
		if out := readOnly(t, stanza.Marshal(s)); len(out.Children) != n {
			t.Errorf("%s\nis written as %s", in, stanza.Marshal(s))
		}
	}
}

// Two attributes that become one by what XML does not allow would end a stream.
func TestMarshalAttributesThatBecomeOne(t *testing.T) {
	for _, pair := range [][2]xml.Name{
		{{Local: "a b"}, {Local: "a>b"}},
		{{Space: "urn:\x00", Local: "a"}, {Space: "urn:\x01", Local: "a"}},
		{{Space: "urn:\n", Local: "a"}, {Space: "urn:\t", Local: "a"}},
	} {
		e := stanza.NewElement("urn:x", "x")
		for _, name := range pair {
			e.Attrs = append(e.Attrs, xml.Attr{Name: name, Value: "1"})
		}
		if got := readXML(t, stanza.MarshalElement(e)); len(got) != 1 {
			t.Errorf("%q: written as %v", pair, got)
		}
	}
}

// readXML is the attributes that encoding/xml sees, without declarations.
func readXML(t *testing.T, text []byte) []xml.Attr {
	t.Helper()
	tok, err := xml.NewDecoder(bytes.NewReader(text)).Token()
	start, ok := tok.(xml.StartElement)
	if err != nil || !ok {
		t.Fatalf("%s: %v", text, err)
	}
	return slices.DeleteFunc(start.Attr, func(a xml.Attr) bool {
		return a.Name.Space == "xmlns" || a.Name == xml.Name{Local: "xmlns"}
	})
}

func TestMarshalNames(t *testing.T) {
	for name, want := range map[string]string{
		"a": "a", "_": "_", "a-1.b": "a-1.b", "é": "é", "имя": "имя", "名前": "名前", "a\u0301": "a\u0301",
		"": "_", "1": "_", "-a": "_a", "a b": "a_b", "a:b": "a_b", "a>": "a_", "\u0301a": "_a", "a\xff": "a_", "a\u2028": "a_", "♚": "_", "é>": "__", "a/": "a_",
	} {
		e := stanza.Element{Name: xml.Name{Local: "x"}, Attrs: []xml.Attr{{Name: xml.Name{Local: name}, Value: "1"}}}
		if name != "" {
			e.Name.Local = name
		}
		got := readOnly(t, stanza.MarshalElement(e))
		if name != "" && got.Name.Local != want || got.Attrs[0].Name.Local != want {
			t.Errorf("%q became %q and %q, want %q", name, got.Name.Local, got.Attrs[0].Name.Local, want)
		}
	}
}

// Every character goes through as itself or as the one that stands for what cannot.
func TestMarshalEveryCharacter(t *testing.T) {
	var b strings.Builder
	for r := rune(0); r <= 0x10FFFF; r++ {
		if r > 0x3000 && r < 0xFF00 || r > 0x10100 && r < 0x10FF00 {
			continue
		}
		b.WriteRune(r)
	}
	s := b.String()
	want := stanza.Message{ID: clean(s), Body: clean(s)}
	got := stanza.FromElement(readOnly(t, stanza.Marshal(&stanza.Message{ID: s, Body: s})))
	if !reflect.DeepEqual(got, &want) {
		t.Error("a character changed on its way")
	}
}
