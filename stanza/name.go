package stanza

import (
	"encoding/xml"
	"strings"
	"unicode/utf8"

	"github.com/xmppkit/xmppkit/internal/xmlscan"
)

const (
	nsXML   = "http://www.w3.org/XML/1998/namespace"
	nsXMLNS = "http://www.w3.org/2000/xmlns/"
)

// plainName is a received name as it can be sent again. encoding/xml leaves a colon
// in some names, and a digit at the front of others that had a prefix, which
// Namespaces in XML does not allow, and lets two things stand that end a stream: the
// namespace of declarations, and a namespace with a line break in it, which is what
// some servers' parsers join names with.
func plainName(n xml.Name) xml.Name {
	if n.Space == nsXMLNS {
		n.Space = ""
	}
	if strings.ContainsAny(n.Space, "\t\r\n") {
		n.Space = lineBreaks.Replace(n.Space)
	}
	n.Local = xmlName(n.Local)
	return n
}

var lineBreaks = strings.NewReplacer("\t", " ", "\r", " ", "\n", " ")

// isDeclaration reports whether an attribute of that name would declare a
// namespace.
func isDeclaration(n xml.Name) bool {
	return n.Space == "xmlns" || n.Space == nsXMLNS || n.Space == "" && n.Local == "xmlns"
}

// xmlName is a name without a prefix that is well-formed whatever it was: a
// character that no name may have becomes an underscore.
func xmlName(s string) string {
	ascii := s != ""
	for i := 0; i < len(s); i++ {
		if c := s[i]; !nameByte(c, i == 0) {
			if c < utf8.RuneSelf {
				return asciiName(s)
			}
			ascii = false
		}
	}
	if ascii || legalName(s) {
		return s
	}
	return asciiName(s)
}

// nameByte reports whether a byte may stand in an ASCII name without a prefix.
func nameByte(c byte, first bool) bool {
	switch {
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_':
		return true
	case c >= '0' && c <= '9', c == '-', c == '.':
		return !first
	}
	return false
}

// legalName goes by the tables that servers go by. Nothing in s may be ASCII but name
// characters.
func legalName(s string) bool {
	if s == "" || s[0] < utf8.RuneSelf && !nameByte(s[0], true) {
		return false
	}
	n, ok := xmlscan.ParseName(s)
	return ok && n == xml.Name{Local: s}
}

func asciiName(s string) string {
	if s == "" {
		return "_"
	}
	var b strings.Builder
	for i, r := range s {
		if r >= utf8.RuneSelf || !nameByte(byte(r), i == 0) {
			r = '_'
		}
		b.WriteRune(r)
	}
	return b.String()
}
