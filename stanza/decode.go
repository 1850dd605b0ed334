package stanza

import (
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"unsafe"

	"github.com/xmppkit/xmppkit/internal/xmlscan"
)

// maxDepth bounds how deep elements may nest; what lies deeper is left out, so
// that nobody can end our stream, or our stack, with a nested stanza.
const maxDepth = 64

// maxText is the size of a text buffer that is worth keeping for the next element.
const maxText = 64 << 10

// maxStanza bounds what is kept of a stanza; servers' own limits are lower
// (XEP-0478). What goes beyond is left out.
const maxStanza = 4 << 20

// What is kept of an element beside its letters, as one in a growing list of them,
// and of an attribute.
const (
	elementSize = 2 * int64(unsafe.Sizeof(Element{}))
	attrSize    = int64(unsafe.Sizeof(xml.Attr{}))
)

// A Decoder reads the stanzas of one stream. It is for one goroutine.
type Decoder struct {
	tokens    source
	start     int64  // where the last element began
	size      int64  // of the last element
	made      int64  // bytes of elements and attributes
	component bool   // the element being read began in NSComponent
	text      []byte // character data that has no place yet
}

// NewDecoder reads from t, which stands inside a stream, past its opening tag. A
// *[xml.Decoder] is such a reader.
func NewDecoder(t xml.TokenReader) *Decoder { return &Decoder{tokens: newTokenSource(t)} }

// NewStreamDecoder reads from r itself, several times as fast as through a
// TokenReader, and with a bound on everything. inside says which prefixes the
// stream's opening tag has bound, "" being the default namespace; where r stands
// before that tag, it is nil and Open comes first.
func NewStreamDecoder(r io.Reader, inside map[string]string) *Decoder {
	return &Decoder{tokens: scanSource{xmlscan.New(r, inside)}}
}

// Open blocks until it has read the stream's opening tag, and returns it without
// content.
func (d *Decoder) Open() (Element, error) {
	var t token
	for {
		if err := d.tokens.next(&t); err != nil {
			return Element{}, streamEnd(err)
		}
		if t.kind == xmlscan.Start {
			return Element{Name: plainName(t.name), Attrs: plainAttrs(t.attrs)}, nil
		}
	}
}

// Decode blocks until the next stanza has been read whole. The error is io.EOF
// when the peer closed its stream, a *[StreamError] when it said why, and whatever
// the reader said otherwise; no error leaves the stream usable. Elements that are
// no stanzas are passed over.
func (d *Decoder) Decode() (Stanza, error) {
	for {
		e, err := d.DecodeElement()
		if err != nil {
			return nil, err
		}
		if s := FromElement(e); s != nil {
			return s, nil
		}
	}
}

// Size is about how many bytes the last element takes: its letters, where the reader
// can tell, and what they were made into, which is more where elements are small.
func (d *Decoder) Size() int64 { return d.size }

// DecodeElement is Decode for any element of the stream.
func (d *Decoder) DecodeElement() (Element, error) {
	var t token
	for {
		d.start = d.tokens.offset()
		if err := d.tokens.next(&t); err != nil {
			return Element{}, streamEnd(err)
		}
		switch t.kind {
		case xmlscan.Start:
			var e Element
			d.component = t.name.Space == NSComponent
			d.text = d.text[:0]
			d.made = 0
			if err := d.element(&e, &t, 1); err != nil {
				return Element{}, streamEnd(err)
			}
			d.size = d.tokens.offset() - d.start + d.made
			if e.Name.Space == NSStream && e.Name.Local == "error" {
				return Element{}, streamErrorOf(e)
			}
			return e, nil
		case xmlscan.End:
			if t.name.Local != "stream" {
				return Element{}, &xmlscan.SyntaxError{Reason: "the end of an element that has not begun"}
			}
			return Element{}, io.EOF
		}
	}
}

// FromElement reads a stanza that stands in an element, such as a forwarded
// message (XEP-0297); nil where it is none. It takes the element over.
func FromElement(e Element) Stanza {
	if e.Name.Space != NSClient {
		return nil
	}
	switch e.Name.Local {
	case "message":
		return messageOf(e)
	case "presence":
		return presenceOf(e)
	case "iq":
		return iqOf(e)
	}
	return nil
}

// element reads what start began into e, to its end tag.
func (d *Decoder) element(e *Element, t *token, depth int) error {
	e.Name, e.Attrs = plainName(t.name), plainAttrs(t.attrs)
	d.made += elementSize + attrSize*int64(cap(e.Attrs))
	if d.component && e.Name.Space == NSComponent {
		e.Name.Space = NSClient
	}
	for {
		if err := d.tokens.next(t); err != nil {
			return err
		}
		full := d.tokens.offset()-d.start > maxStanza
		switch t.kind {
		case xmlscan.Text:
			if !full {
				d.text = append(d.text, t.text...)
			}
		case xmlscan.Start:
			if depth == maxDepth || full {
				if err := d.skip(t); err != nil {
					return err
				}
				continue
			}
			if e.Children == nil {
				e.Children = make([]Element, 0, room(depth))
			}
			if len(d.text) > 0 {
				e.Children = append(e.Children, Element{Text: d.takeText()})
				d.made += elementSize
			}
			e.Children = append(e.Children, Element{})
			if err := d.element(&e.Children[len(e.Children)-1], t, depth+1); err != nil {
				return err
			}
		case xmlscan.End:
			switch {
			case len(d.text) == 0:
			case len(e.Children) == 0:
				e.Text = d.takeText()
			default:
				e.Children = append(e.Children, Element{Text: d.takeText()})
			}
			return nil
		}
	}
}

func (d *Decoder) takeText() string {
	s := string(d.text)
	if d.text = d.text[:0]; cap(d.text) > maxText {
		d.text = nil
	}
	return s
}

// room is a first guess at how many children an element has: a stanza a handful,
// a payload an item and a status, what is in it one.
func room(depth int) int {
	switch depth {
	case 1:
		return 4
	case 2:
		return 2
	default:
		return 1
	}
}

func (d *Decoder) skip(t *token) error {
	for depth := 1; depth > 0; {
		if err := d.tokens.next(t); err != nil {
			return err
		}
		switch t.kind {
		case xmlscan.Start:
			depth++
		case xmlscan.End:
			depth--
		}
	}
	return nil
}

// plainAttrs drops namespace declarations, as the names carry what they declare,
// and all but the first attribute of a name. It reuses attrs.
func plainAttrs(attrs []xml.Attr) []xml.Attr {
	rest := attrs[:0]
	for _, a := range attrs {
		if !isDeclaration(a.Name) {
			a.Name = plainName(a.Name)
			rest = append(rest, a)
		}
	}
	if rest = uniqueAttrs(rest); len(rest) == 0 {
		return nil
	}
	return rest
}

// uniqueAttrs drops attributes whose name an earlier one has, which no server lets
// stand. It works in place.
func uniqueAttrs(attrs []xml.Attr) []xml.Attr {
	if len(attrs) > 16 {
		seen := make(map[xml.Name]bool, len(attrs))
		return slices.DeleteFunc(attrs, func(a xml.Attr) bool {
			again := seen[a.Name]
			seen[a.Name] = true
			return again
		})
	}
	rest := attrs[:0]
	for _, a := range attrs {
		if !slices.ContainsFunc(rest, func(b xml.Attr) bool { return a.Name == b.Name }) {
			rest = append(rest, a)
		}
	}
	return rest
}

// streamEnd makes an end in the middle of things an error of its own.
func streamEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
