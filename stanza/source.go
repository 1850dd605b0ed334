package stanza

import (
	"encoding/xml"

	"github.com/xmppkit/xmppkit/internal/xmlscan"
)

// token is a tag or a run of text.
type token struct {
	kind  xmlscan.Kind
	name  xml.Name
	attrs []xml.Attr
	text  []byte // until the next token
}

// source is where a Decoder has its tokens from.
type source interface {
	next(*token) error
	offset() int64 // how many bytes have been read, 0 where that is not known
}

// scanSource reads XML itself.
type scanSource struct{ *xmlscan.Scanner }

func (s scanSource) next(t *token) (err error) {
	if t.kind, err = s.Next(); err != nil {
		return err
	}
	t.name, t.attrs, t.text = s.Name, s.Attrs, s.Text
	return nil
}

func (s scanSource) offset() int64 { return s.Offset() }

// tokenSource lets somebody else read XML.
type tokenSource struct {
	r  xml.TokenReader
	at func() int64
}

func newTokenSource(r xml.TokenReader) tokenSource {
	s := tokenSource{r: r, at: func() int64 { return 0 }}
	if x, ok := r.(interface{ InputOffset() int64 }); ok {
		s.at = x.InputOffset
	}
	return s
}

func (s tokenSource) next(t *token) error {
	for {
		read, err := s.r.Token()
		if err != nil {
			return err
		}
		switch x := read.(type) {
		case xml.StartElement:
			*t = token{kind: xmlscan.Start, name: x.Name, attrs: x.Attr}
		case xml.EndElement:
			*t = token{kind: xmlscan.End, name: x.Name}
		case xml.CharData:
			*t = token{kind: xmlscan.Text, text: x}
		default:
			continue
		}
		return nil
	}
}

func (s tokenSource) offset() int64 { return s.at() }
