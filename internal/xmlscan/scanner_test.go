package xmlscan

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// event is what a reader of XML tells, in a form to compare.
type event struct {
	kind  Kind
	name  xml.Name
	attrs string
	text  string
}

// add joins runs of text, which may be cut anywhere.
func add(list []event, e event) []event {
	if n := len(list); e.kind == Text && n > 0 && list[n-1].kind == Text {
		list[n-1].text += e.text
		return list
	}
	if e.kind == Text && e.text == "" {
		return list
	}
	return append(list, e)
}

func scan(r io.Reader) (list []event, err error) {
	s := New(r, nil)
	for {
		kind, err := s.Next()
		if err != nil {
			return list, err
		}
		switch kind {
		case Start:
			list = add(list, event{kind: Start, name: s.Name, attrs: fmt.Sprintf("%q", s.Attrs)})
		case End:
			if len(s.open) == 0 && len(list) > 0 && list[len(list)-1].kind == 0 {
				return list, errors.New("end of nothing")
			}
			list = add(list, event{kind: End, name: s.Name})
		case Text:
			list = add(list, event{kind: Text, text: string(s.Text)})
		}
	}
}

// reference is the same by encoding/xml.
func referenceScan(r io.Reader) (list []event, err error) {
	d := xml.NewDecoder(r)
	for {
		t, err := d.Token()
		if err != nil {
			return list, err
		}
		switch t := t.(type) {
		case xml.StartElement:
			attrs := slices.DeleteFunc(t.Attr, func(a xml.Attr) bool {
				return a.Name.Space == "xmlns" || a.Name.Space == "" && a.Name.Local == "xmlns"
			})
			list = add(list, event{kind: Start, name: t.Name, attrs: fmt.Sprintf("%q", attrs)})
		case xml.EndElement:
			list = add(list, event{kind: End, name: t.Name})
		case xml.CharData:
			list = add(list, event{kind: Text, text: string(t)})
		}
	}
}

var documents = []string{
	"<a/>",
	"<a b='1' c=\"2\"d = '3'/>",
	"<a>text &lt;&gt;&amp;&quot;&apos;&#65;&#x42;&#xd;</a>",
	"<a xmlns='u'><b xmlns='v' p:c='1' xmlns:p='w'><p:d/></b><b/></a>",
	"<p:a xmlns:p='u'><p:a xmlns:p='v'/></p:a>",
	"<a xml:lang='ru'>Привет</a>",
	"<a>line\r\nline\rline</a>",
	"<a b='x\r\ny'/>",
	"<a><![CDATA[<b>&amp;]] ]]></a>",
	"<a><!-- comment --><b/></a>",
	"<a><!-- com--ment --></a>",
	"<?xml version='1.0'?><a/>",
	"<имя атрибут='значение'/>",
	"<q:a/>", "<:a/>", "<a:/>", "<a:b:c/>", "<1/>", "<-a/>",
	"<a></b>", "<a", "<a b", "<a b='", "<a b='<'/>", "<a b/>", "<a b=c/>", "<a></a b>", "</a>",
	"<a>&unknown;</a>", "<a>&#0;</a>", "<a>&#xD800;</a>", "<a>&#;</a>", "<a>&</a>", "<a>]]></a>", "<a b=']]>'/>",
	"<a>\x00</a>", "<a>\xff</a>", "<a>\uffff</a>", "<a b='\x01'/>",
	"<a b='1' b='2'/>", "<a xmlns=''><b xmlns='u'/></a>", "<xmlns:a xmlns:xmlns='u'/>", "<a ><b ></b ></a >",
	"<a>" + strings.Repeat("x", 3*firstBuffer) + "</a>",
	"<a b='" + strings.Repeat("x", 3*firstBuffer) + "'/>",
	strings.Repeat("<a>", 500) + strings.Repeat("</a>", 500),
}

func compare(t *testing.T, doc string) {
	t.Helper()
	want, wantErr := referenceScan(strings.NewReader(doc))
	for name, r := range map[string]io.Reader{
		"whole":          strings.NewReader(doc),
		"byte by byte":   iotest.OneByteReader(strings.NewReader(doc)),
		"error with EOF": iotest.DataErrReader(strings.NewReader(doc)),
	} {
		got, err := scan(r)
		whole := errors.Is(err, io.EOF)
		if wantWhole := errors.Is(wantErr, io.EOF) || unfinished(wantErr); whole != wantWhole && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("%s: %q: error %v, encoding/xml says %v", name, doc, err, wantErr)
		}
		if !slices.Equal(got, want) && wantErr == io.EOF {
			t.Fatalf("%s: %q:\n got %q\nwant %q", name, doc, got, want)
		}
	}
}

// unfinished reports whether encoding/xml missed end tags at the end of the input,
// which for a stream is the end of the connection.
func unfinished(err error) bool {
	var s *xml.SyntaxError
	return errors.As(err, &s) && s.Msg == "unexpected EOF"
}

func TestScannerAgreesWithEncodingXML(t *testing.T) {
	for _, doc := range documents {
		if doc != "</a>" { // which ends what was open before
			compare(t, doc)
		}
	}
}

func FuzzScanner(f *testing.F) {
	for _, doc := range documents {
		f.Add(doc)
	}
	f.Fuzz(func(t *testing.T, doc string) {
		if strings.Contains(doc, "<?") || strings.Contains(strings.NewReplacer("<![CDATA[", "", "<!--", "").Replace(doc), "<!") {
			t.Skip("declarations, which encoding/xml looks into")
		}
		doc = "<root>" + doc + "</root>"
		compare(t, doc)
	})
}

func TestScannerInsideAStream(t *testing.T) {
	s := New(strings.NewReader("<message/><stream:error/></stream:stream>"),
		map[string]string{"": "jabber:client", "stream": "http://etherx.jabber.org/streams"})
	var got []string
	for {
		kind, err := s.Next()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				t.Error(err)
			}
			break
		}
		got = append(got, fmt.Sprint(kind, " ", s.Name.Space, " ", s.Name.Local, " ", len(s.open)))
	}
	want := []string{
		"1 jabber:client message 1", "2 jabber:client message 0",
		"1 http://etherx.jabber.org/streams error 1", "2 http://etherx.jabber.org/streams error 0",
		"2 http://etherx.jabber.org/streams stream 0",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestScannerBoundsATag(t *testing.T) {
	s := New(io.MultiReader(strings.NewReader("<a b='"), zeros{}), nil)
	var syntax *SyntaxError
	if _, err := s.Next(); !errors.As(err, &syntax) {
		t.Errorf("got %v", err)
	}
	s = New(zeros{}, nil)
	if _, err := s.Next(); !errors.As(err, &syntax) {
		t.Errorf("got %v", err)
	}
}

// However many namespaces are declared, looking one up stays cheap, and the default
// one right.
func TestScannerBoundsBindings(t *testing.T) {
	var doc strings.Builder
	doc.WriteString("<a")
	for i := range 2 * maxBindings {
		fmt.Fprintf(&doc, " xmlns:p%d='u%d'", i, i)
	}
	doc.WriteString("><p0:b/><p500:b/><b xmlns='v'/></a>")
	list, err := scan(strings.NewReader(doc.String()))
	if !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	for i, want := range map[int]string{1: "u0", 3: "p500", 5: "v"} {
		if got := list[i].name.Space; got != want {
			t.Errorf("element %d is in %q, want %q", i, got, want)
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '0'
	}
	return len(p), nil
}

func TestValuesAreBounded(t *testing.T) {
	s := New(nil, nil)
	for i := range 100000 {
		if v := fmt.Sprint(i); s.values.get([]byte(v)) != v {
			t.Fatal("another value")
		}
	}
	if n := len(s.values.seen); n != valueSlots {
		t.Errorf("%d values are kept", n)
	}
}

type nothing struct{}

func (nothing) Read([]byte) (int, error) { return 0, nil }

func TestScannerGivesUpOnAReaderThatGivesNothing(t *testing.T) {
	if _, err := New(nothing{}, nil).Next(); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("got %v", err)
	}
}
