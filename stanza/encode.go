package stanza

import (
	"bytes"
	"encoding/xml"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Marshal writes a stanza as XML, fit for a stream whose default namespace is
// that of stanzas. It cannot fail: what XML does not allow is replaced.
func Marshal(s Stanza) []byte {
	var b bytes.Buffer
	e := s.element()
	writeElement(&b, &e, NSClient, false)
	return b.Bytes()
}

// MarshalElement writes an element as XML, with its namespace declared.
func MarshalElement(e Element) []byte {
	var b bytes.Buffer
	writeElement(&b, &e, "", true)
	return b.Bytes()
}

// writeElement writes e where space is the default namespace, and says its own
// where that is another, or where told to.
func writeElement(b *bytes.Buffer, e *Element, space string, declare bool) {
	if e.Name.Local == "" {
		escape(b, e.Text)
		return
	}
	n := plainName(e.Name)
	name := xmlName(n.Local)
	b.WriteByte('<')
	switch {
	case n.Space == nsXML: // may not be declared, and need not
		name = "xml:" + name
		b.WriteString(name)
		if declare {
			writeAttr(b, "xmlns", space)
		}
	case n.Space != space || declare:
		space = n.Space
		b.WriteString(name)
		writeAttr(b, "xmlns", space)
	default:
		b.WriteString(name)
	}
	writeAttrs(b, e.Attrs)
	if e.Text == "" && len(e.Children) == 0 {
		b.WriteString("/>")
		return
	}
	b.WriteByte('>')
	escape(b, e.Text)
	for i := range e.Children {
		writeElement(b, &e.Children[i], space, false)
	}
	b.WriteString("</")
	b.WriteString(name)
	b.WriteByte('>')
}

func writeAttrs(b *bytes.Buffer, attrs []xml.Attr) {
	var room [8]xml.Attr
	list := room[:0]
	for _, a := range attrs {
		if !isDeclaration(a.Name) { // would change the meaning of what follows
			a.Name = plainName(a.Name)
			a.Name = xml.Name{Space: xmlText(a.Name.Space), Local: xmlName(a.Name.Local)}
			list = append(list, a)
		}
	}
	for i, a := range uniqueAttrs(list) {
		switch a.Name.Space {
		case "":
			writeAttr(b, a.Name.Local, a.Value)
		case nsXML:
			writeAttr(b, "xml:"+a.Name.Local, a.Value)
		default:
			prefix := "a" + strconv.Itoa(i)
			writeAttr(b, "xmlns:"+prefix, a.Name.Space)
			writeAttr(b, prefix+":"+a.Name.Local, a.Value)
		}
	}
}

func writeAttr(b *bytes.Buffer, name, value string) {
	b.WriteByte(' ')
	b.WriteString(name)
	b.WriteString(`="`)
	escape(b, value)
	b.WriteByte('"')
}

// escape writes s as character data that may stand in an attribute as well. White
// space other than a blank is spelled out, as XML would change it.
func escape(b *bytes.Buffer, s string) {
	done := 0
	for i := 0; i < len(s); {
		width, with := 1, ""
		switch c := s[i]; {
		case c >= utf8.RuneSelf:
			var legal bool
			if width, legal = legalRune(s[i:]); !legal {
				with = "\uFFFD"
			}
		case c == '<':
			with = "&lt;"
		case c == '>':
			with = "&gt;"
		case c == '&':
			with = "&amp;"
		case c == '"':
			with = "&quot;"
		case c == '\'':
			with = "&apos;"
		case c == '\t', c == '\n', c == '\r':
			with = "&#" + strconv.Itoa(int(c)) + ";"
		case c < ' ':
			with = "\uFFFD"
		}
		if with != "" {
			b.WriteString(s[done:i])
			b.WriteString(with)
			done = i + width
		}
		i += width
	}
	b.WriteString(s[done:])
}

// legalRune reports whether XML allows what s, which is not ASCII, begins with.
func legalRune(s string) (width int, ok bool) {
	r, width := utf8.DecodeRuneInString(s)
	return width, (r != utf8.RuneError || width > 1) && r != 0xFFFE && r != 0xFFFF
}

// xmlText is s as it arrives once written: what XML does not allow is replaced.
func xmlText(s string) string {
	legal := true
	for i := 0; i < len(s) && legal; {
		width := 1
		if c := s[i]; c >= utf8.RuneSelf {
			width, legal = legalRune(s[i:])
		} else {
			legal = c >= ' ' || c == '\t' || c == '\n' || c == '\r'
		}
		i += width
	}
	if legal {
		return s
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
			return utf8.RuneError
		}
		return r
	}, s)
}
