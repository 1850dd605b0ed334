package stanza

import (
	"bytes"
	"encoding/xml"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Marshal writes a stanza as XML, fit for a stream whose default namespace is
// that of stanzas. It cannot fail: what XML does not allow is replaced.
func Marshal(s Stanza) []byte {
	var b bytes.Buffer
	e := s.element()
	writeElement(&b, &e, NSClient)
	return b.Bytes()
}

// MarshalElement writes an element as XML, with its namespace declared.
func MarshalElement(e Element) []byte {
	var b bytes.Buffer
	writeElement(&b, &e, "")
	return b.Bytes()
}

// writeElement writes e inside an element whose namespace is parent.
func writeElement(b *bytes.Buffer, e *Element, parent string) {
	if e.Name.Local == "" {
		escape(b, e.Text)
		return
	}
	name := xmlName(e.Name.Local)
	b.WriteByte('<')
	b.WriteString(name)
	if e.Name.Space != parent {
		writeAttr(b, "xmlns", e.Name.Space)
	}
	for i := range e.Attrs {
		a := &e.Attrs[i]
		switch local := xmlName(a.Name.Local); {
		case a.Name.Space == nsXML:
			writeAttr(b, "xml:"+local, a.Value)
		case a.Name.Space != "":
			prefix := "a" + strconv.Itoa(i)
			writeAttr(b, "xmlns:"+prefix, a.Name.Space)
			writeAttr(b, prefix+":"+local, a.Value)
		case local == "xmlns": // would change the meaning of what follows
		default:
			writeAttr(b, local, a.Value)
		}
	}
	if e.Text == "" && len(e.Children) == 0 {
		b.WriteString("/>")
		return
	}
	b.WriteByte('>')
	escape(b, e.Text)
	for i := range e.Children {
		writeElement(b, &e.Children[i], e.Name.Space)
	}
	b.WriteString("</")
	b.WriteString(name)
	b.WriteByte('>')
}

func writeAttr(b *bytes.Buffer, name, value string) {
	b.WriteByte(' ')
	b.WriteString(name)
	b.WriteString(`="`)
	escape(b, value)
	b.WriteByte('"')
}

func escape(b *bytes.Buffer, s string) {
	if s != "" {
		_ = xml.EscapeText(b, []byte(s)) // a bytes.Buffer does not fail
	}
}

// xmlName is a name without a prefix that is well-formed whatever it was.
func xmlName(s string) string {
	for i, r := range s {
		if !nameRune(r, i == 0) {
			return replaceName(s)
		}
	}
	if s == "" {
		return "_"
	}
	return s
}

func replaceName(s string) string {
	var b strings.Builder
	for i, r := range s {
		if !nameRune(r, i == 0) {
			r = '_'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// nameRune is stricter than XML, and agrees with every version of it.
func nameRune(r rune, first bool) bool {
	switch {
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r == '_':
		return true
	case r >= '0' && r <= '9', r == '-', r == '.':
		return !first
	case r < utf8.RuneSelf, r == utf8.RuneError:
		return false
	}
	return unicode.IsLetter(r) && r <= 0xFFFF && unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic)
}
