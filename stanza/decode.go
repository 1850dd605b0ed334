package stanza

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
)

// maxDepth bounds how deep elements may nest; what lies deeper is left out, so
// that nobody can end our stream, or our stack, with a nested stanza.
const maxDepth = 64

// A Decoder reads the stanzas of one stream. It is for one goroutine.
type Decoder struct {
	tokens xml.TokenReader
	offset func() int64
	size   int64
}

// NewDecoder reads from t, which stands inside a stream, past its opening tag. A
// *[xml.Decoder] is such a reader.
func NewDecoder(t xml.TokenReader) *Decoder {
	d := &Decoder{tokens: t}
	if x, ok := t.(interface{ InputOffset() int64 }); ok {
		d.offset = x.InputOffset
	}
	return d
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

// Size is how many bytes the last element took on the wire, 0 where the reader
// cannot tell.
func (d *Decoder) Size() int64 { return d.size }

// DecodeElement is Decode for any element of the stream.
func (d *Decoder) DecodeElement() (Element, error) {
	for {
		var start int64
		if d.offset != nil {
			start = d.offset()
		}
		t, err := d.tokens.Token()
		if err != nil {
			return Element{}, streamEnd(err)
		}
		switch t := t.(type) {
		case xml.StartElement:
			e, err := d.element(t, 1)
			if err != nil {
				return Element{}, streamEnd(err)
			}
			if d.offset != nil {
				d.size = d.offset() - start
			}
			if e.Name.Space == NSStream && e.Name.Local == "error" {
				return Element{}, streamErrorOf(e)
			}
			return e, nil
		case xml.EndElement:
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

func (d *Decoder) element(start xml.StartElement, depth int) (Element, error) {
	e := Element{Name: start.Name, Attrs: plainAttrs(start.Attr)}
	if e.Name.Space == NSComponent {
		e.Name.Space = NSClient
	}
	for {
		t, err := d.tokens.Token()
		if err != nil {
			return e, err
		}
		switch t := t.(type) {
		case xml.StartElement:
			if depth == maxDepth {
				if err := d.skip(); err != nil {
					return e, err
				}
				continue
			}
			if e.Text != "" {
				e.Children = append(e.Children, Element{Text: e.Text})
				e.Text = ""
			}
			c, err := d.element(t, depth+1)
			if err != nil {
				return e, err
			}
			if e.Children == nil {
				e.Children = make([]Element, 0, room(depth))
			}
			e.Children = append(e.Children, c)
		case xml.CharData:
			switch n := len(e.Children); {
			case len(t) == 0:
			case n == 0:
				e.Text += string(t)
			case e.Children[n-1].Name.Local == "":
				e.Children[n-1].Text += string(t)
			default:
				e.Children = append(e.Children, Element{Text: string(t)})
			}
		case xml.EndElement:
			return e, nil
		}
	}
}

// room is a first guess at how many children an element has: a stanza a handful,
// what is in it one or two.
func room(depth int) int {
	if depth == 1 {
		return 4
	}
	return 1
}

func (d *Decoder) skip() error {
	for depth := 1; depth > 0; {
		t, err := d.tokens.Token()
		if err != nil {
			return err
		}
		switch t.(type) {
		case xml.StartElement:
			depth++
		case xml.EndElement:
			depth--
		}
	}
	return nil
}

// plainAttrs drops namespace declarations; the names carry what they declare.
func plainAttrs(attrs []xml.Attr) []xml.Attr {
	rest := attrs[:0]
	for _, a := range attrs {
		if a.Name.Space != "xmlns" && (a.Name.Space != "" || a.Name.Local != "xmlns") {
			rest = append(rest, a)
		}
	}
	if len(rest) == 0 {
		return nil
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

// StreamError is why the peer ended the stream (RFC 6120 §4.9).
type StreamError struct {
	Condition string // one of RFC 6120 §4.9.3, such as "conflict"
	Text      string
	Details   []Element
}

// Error gives condition and text.
func (e *StreamError) Error() string {
	if e.Text == "" {
		return "stream error " + e.Condition
	}
	return fmt.Sprintf("stream error %s: %s", e.Condition, e.Text)
}

// Is makes errors.Is take another *StreamError as a pattern in which empty fields
// match anything (Details do not take part).
func (e *StreamError) Is(target error) bool {
	t, ok := target.(*StreamError)
	return ok && (t.Condition == "" || t.Condition == e.Condition) && (t.Text == "" || t.Text == e.Text)
}

func streamErrorOf(x Element) *StreamError {
	e := &StreamError{}
	for _, c := range x.Children {
		switch {
		case c.Name.Local == "":
		case c.Is(NSStreams, "text"):
			e.Text = c.Content()
		case c.Name.Space == NSStreams && e.Condition == "":
			e.Condition = c.Name.Local
		default:
			e.Details = append(e.Details, c)
		}
	}
	return e
}
