package xmlscan

import (
	"bytes"
	"encoding/xml"
	"slices"
	"strings"
	"unicode/utf8"
)

// keepDepth is how large a stack of open elements is kept for the next stanza.
const keepDepth = 1 << 10

// tag gives what stands between < and the > that ends the tag, and goes past it.
func (s *Scanner) tag() ([]byte, error) {
	quote := byte(0)
	for i := 1; ; i++ {
		if s.pos+i >= len(s.buf) {
			if err := s.fill(); err != nil {
				return nil, unexpected(err)
			}
		}
		rest := s.buf[s.pos+i:]
		if quote != 0 {
			k := bytes.IndexByte(rest, quote)
			if k < 0 {
				i += len(rest) - 1
				continue
			}
			i += k
			quote = 0
			continue
		}
		switch c := rest[0]; c {
		case '"', '\'':
			quote = c
		case '>':
			raw := s.buf[s.pos+1 : s.pos+i]
			s.pos += i + 1
			return raw, nil
		}
	}
}

func (s *Scanner) startTag() error {
	raw, err := s.tag()
	if err != nil {
		return err
	}
	if n := len(raw); n > 0 && raw[n-1] == '/' {
		s.ended = true
		raw = raw[:n-1]
	}
	if len(s.open) == maxDepth {
		return bad("elements nested more than %d deep", maxDepth)
	}
	name, raw, err := s.name(raw)
	if err != nil {
		return err
	}
	el := element{name: name, spaces: len(s.spaces), scopes: len(s.scopes)}
	s.Attrs = nil
	if raw = space(raw); len(raw) > 0 {
		if err := s.attributes(raw); err != nil {
			return err
		}
	}
	el.parsed = s.resolve(split(name), true)
	for i := range s.Attrs {
		if a := &s.Attrs[i]; a.Name.Space != "" {
			a.Name = s.resolve(a.Name, false)
		}
	}
	s.Name = el.parsed
	s.open = append(s.open, el)
	return nil
}

// attributes reads attributes into Attrs and declarations into scopes.
func (s *Scanner) attributes(raw []byte) error {
	n := bytes.Count(raw, []byte("="))
	for len(raw) > 0 {
		name, rest, err := s.name(raw)
		if err != nil {
			return err
		}
		rest = space(rest)
		if len(rest) == 0 || rest[0] != '=' {
			return bad("an attribute without a value")
		}
		rest = space(rest[1:])
		if len(rest) == 0 || rest[0] != '"' && rest[0] != '\'' {
			return bad("an attribute value without quotes")
		}
		end := bytes.IndexByte(rest[1:], rest[0])
		if end < 0 {
			return bad("an attribute value without an end")
		}
		if err := s.decode(rest[1:1+end], true); err != nil {
			return err
		}
		value := s.values.get(s.Text)
		switch a := split(name); {
		case a.Space == "" && a.Local == "xmlns":
			s.bind("", value)
		case a.Space == "xmlns":
			s.bind(a.Local, value)
		default:
			if s.Attrs == nil {
				s.Attrs = make([]xml.Attr, 0, min(n, 8))
			}
			s.Attrs = append(s.Attrs, xml.Attr{Name: a, Value: value})
		}
		raw = space(rest[end+2:])
	}
	return nil
}

func (s *Scanner) endTag() error {
	raw, err := s.tag()
	if err != nil {
		return err
	}
	name, rest, err := s.name(raw[1:])
	if err != nil {
		return err
	}
	if len(space(rest)) > 0 {
		return bad("something behind the name in an end tag")
	}
	if len(s.open) == 0 { // of what was open before New
		s.Name = s.resolve(split(name), true)
		return nil
	}
	if name != s.open[len(s.open)-1].name {
		return bad("</%.100s> ends <%.100s>", name, s.open[len(s.open)-1].name)
	}
	s.pop()
	return nil
}

// pop ends the innermost element.
func (s *Scanner) pop() Kind {
	el := s.open[len(s.open)-1]
	s.open = s.open[:len(s.open)-1]
	s.spaces, s.scopes = s.spaces[:el.spaces], s.scopes[:el.scopes]
	if len(s.open) == 0 && cap(s.open) > keepDepth {
		s.open, s.spaces = nil, slices.Clone(s.spaces)
	}
	s.Name = el.parsed
	return End
}

// name cuts a name off, which must be one.
func (s *Scanner) name(raw []byte) (string, []byte, error) {
	end, ascii := 0, true
	for ; end < len(raw); end++ {
		c := raw[end]
		if c >= utf8.RuneSelf {
			ascii = false
		} else if !nameByte[c] {
			break
		}
	}
	if end == 0 {
		return "", nil, bad("no name where one must stand")
	}
	name := s.values.get(raw[:end])
	c := name[0]
	legal := strings.Count(name, ":") <= 1 && (!ascii || c != '-' && c != '.' && (c < '0' || c > '9'))
	if legal && !ascii {
		_, legal = ParseName(name)
	}
	if !legal {
		return "", nil, bad("a name that is none: %.100q", name)
	}
	return name, raw[end:], nil
}

// nameByte marks the bytes of ASCII names.
var nameByte = func() (t [256]bool) {
	for c := range t {
		t[c] = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
			c == '_' || c == ':' || c == '.' || c == '-'
	}
	return t
}()

// split cuts a prefix off, as encoding/xml does: a colon at either end is part of
// the name.
func split(name string) xml.Name {
	if prefix, local, ok := strings.Cut(name, ":"); ok && prefix != "" && local != "" {
		return xml.Name{Space: prefix, Local: local}
	}
	return xml.Name{Local: name}
}

// maxBindings is how many prefixes may be bound at a time, so that looking one up
// stays cheap whatever a stanza declares. Beyond it a prefix stands for itself.
const maxBindings = 256

// bind notes a declaration.
func (s *Scanner) bind(prefix, space string) {
	switch {
	case prefix == "":
		s.spaces = append(s.spaces, space)
	case len(s.scopes) < maxBindings:
		s.scopes = append(s.scopes, binding{prefix, space})
	}
}

// resolve gives a name its namespace; an unknown prefix stands for itself.
func (s *Scanner) resolve(n xml.Name, element bool) xml.Name {
	switch {
	case n.Space == "" && !element, n.Space == "xmlns":
		return n
	case n.Space == "xml":
		n.Space = nsXML
		return n
	case n.Space == "":
		if len(s.spaces) > 0 {
			n.Space = s.spaces[len(s.spaces)-1]
		}
		return n
	}
	for i := len(s.scopes) - 1; i >= 0; i-- {
		if s.scopes[i].prefix == n.Space {
			n.Space = s.scopes[i].space
			return n
		}
	}
	return n
}

// space cuts white space off the front.
func space(raw []byte) []byte {
	for len(raw) > 0 && (raw[0] == ' ' || raw[0] == '\t' || raw[0] == '\n' || raw[0] == '\r') {
		raw = raw[1:]
	}
	return raw
}
