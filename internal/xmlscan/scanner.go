// Package xmlscan reads the XML of a stream: what RFC 6120 §11 leaves of it, which
// has no document types and no entities of its own. It reads what encoding/xml
// reads (a fuzz test holds it to that), several times as fast and with a bound on
// everything it keeps.
package xmlscan

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"unicode/utf8"
)

const (
	firstBuffer = 4 << 10
	// maxToken bounds one tag, or one run of text; a server's limit for a whole
	// stanza is far below it (XEP-0478).
	maxToken = 16 << 20
	// maxDepth bounds the stack of open elements; it is more than a server's limit
	// for a stanza leaves room for.
	maxDepth = 1 << 20
	// maxEmptyReads bounds how often a Reader may give nothing, and no error either.
	maxEmptyReads = 100
	// keepBuffer is how large a buffer is kept once a large token is through.
	keepBuffer = 256 << 10

	nsXML = "http://www.w3.org/XML/1998/namespace"
)

// Kind says what Next has found.
type Kind int

// What there is in a stream.
const (
	Start Kind = iota + 1
	End
	Text
)

// SyntaxError says that the stream is no XML, or none that XMPP allows.
type SyntaxError struct{ Reason string }

// Error gives the reason.
func (e *SyntaxError) Error() string { return "XML: " + e.Reason }

func bad(format string, args ...any) error { return &SyntaxError{fmt.Sprintf(format, args...)} }

// Scanner reads one stream. It is for one goroutine.
type Scanner struct {
	// Name is that of the tag just read, and Attrs those of a start tag, without
	// namespace declarations. Attrs is the caller's to keep.
	Name  xml.Name
	Attrs []xml.Attr
	// Text is the character data just read, until the next call of Next.
	Text []byte

	r       io.Reader
	err     error // of r
	buf     []byte
	pos     int   // of the next byte in buf
	dropped int64 // bytes that have left buf

	open   []element
	spaces []string  // default namespaces, innermost last
	scopes []binding // of prefixes, innermost last
	ended  bool      // the tag just read was an empty element's: its end comes next
	clean  []byte    // character data after decoding
	values values
}

// element is an open element.
type element struct {
	name           string // as it was written
	parsed         xml.Name
	spaces, scopes int // how many of each there were outside it
}

// binding gives a prefix its namespace.
type binding struct{ prefix, space string }

// New reads from r. Where r stands inside a document, inside says which prefixes are
// bound there; "" is the default namespace.
func New(r io.Reader, inside map[string]string) *Scanner {
	s := &Scanner{r: r, buf: make([]byte, 0, firstBuffer)}
	s.values.seed = maphash.MakeSeed()
	for prefix, space := range inside {
		s.bind(prefix, space)
	}
	return s
}

// Offset is how many bytes have been read up to the end of what Next found.
func (s *Scanner) Offset() int64 { return s.dropped + int64(s.pos) }

// Next blocks until it has read the next tag or run of text. The error is io.EOF at
// the end of the input, io.ErrUnexpectedEOF inside a tag, a *[SyntaxError], or the
// reader's. An end tag where nothing is open closes what was open before New.
func (s *Scanner) Next() (Kind, error) {
	if s.ended {
		s.ended = false
		return s.pop(), nil
	}
	for {
		c, err := s.peek(0)
		if err != nil {
			return 0, err
		}
		if c != '<' {
			return Text, s.text()
		}
		c, err = s.peek(1)
		if err != nil {
			return 0, unexpected(err)
		}
		switch c {
		case '/':
			return End, s.endTag()
		case '!':
			data, err := s.special()
			if err != nil || data {
				return Text, err
			}
		case '?':
			if err := s.instruction(); err != nil {
				return 0, err
			}
		default:
			return Start, s.startTag()
		}
	}
}

// fill reads more. The bytes from pos on stay where they are, relative to pos.
func (s *Scanner) fill() error {
	if s.err != nil {
		return s.err
	}
	if len(s.buf) == cap(s.buf) {
		rest := s.buf[s.pos:]
		size := cap(s.buf)
		switch {
		case len(rest) > maxToken:
			return bad("a token of over %d bytes", maxToken)
		case len(rest) > size/2:
			size *= 2
		case size > keepBuffer && len(rest) < firstBuffer:
			size = firstBuffer
		}
		next := s.buf[:0]
		if size != cap(s.buf) {
			next = make([]byte, 0, size)
		}
		s.dropped += int64(s.pos)
		s.buf, s.pos = append(next, rest...), 0
	}
	for range maxEmptyReads {
		n, err := s.r.Read(s.buf[len(s.buf):cap(s.buf)])
		s.buf = s.buf[:len(s.buf)+n]
		s.err = err
		if n > 0 {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return io.ErrNoProgress
}

// peek is the byte i after pos.
func (s *Scanner) peek(i int) (byte, error) {
	for s.pos+i >= len(s.buf) {
		if err := s.fill(); err != nil {
			return 0, err
		}
	}
	return s.buf[s.pos+i], nil
}

// find gives the bytes from pos to before the first of sep, not looking at the
// first skip. What it gives is good until the next fill.
func (s *Scanner) find(sep []byte, skip int) ([]byte, error) {
	for from := skip; ; {
		if rest := s.buf[s.pos:]; from <= len(rest) {
			if i := bytes.Index(rest[from:], sep); i >= 0 {
				return rest[:from+i], nil
			}
			from = max(skip, len(rest)-len(sep)+1)
		}
		if err := s.fill(); err != nil {
			return nil, unexpected(err)
		}
	}
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// text reads character data up to the next tag.
func (s *Scanner) text() error {
	for from := 0; ; {
		rest := s.buf[s.pos:]
		if i := bytes.IndexByte(rest[from:], '<'); i >= 0 {
			s.pos += from + i
			return s.decode(rest[:from+i], false)
		}
		from = len(rest)
		switch err := s.fill(); {
		case errors.Is(err, io.EOF):
			rest = s.buf[s.pos:]
			s.pos = len(s.buf)
			return s.decode(rest, false)
		case err != nil:
			return err
		}
	}
}

// decode puts raw character data into Text.
func (s *Scanner) decode(raw []byte, attr bool) error {
	plain := true
	for _, c := range raw {
		if special[c] {
			plain = false
			break
		}
	}
	if plain {
		s.Text = raw
		return nil
	}
	s.clean = s.clean[:0]
	if cap(s.clean) > keepBuffer {
		s.clean = nil
	}
	for i := 0; i < len(raw); {
		switch c := raw[i]; {
		case c == '&':
			r, n, err := reference(raw[i:])
			if err != nil {
				return err
			}
			s.clean = utf8.AppendRune(s.clean, r)
			i += n
		case c == '\r':
			s.clean = append(s.clean, '\n')
			i++
			if i < len(raw) && raw[i] == '\n' {
				i++
			}
		case c == '<' && attr:
			return bad("< in an attribute")
		case c == ']' && !attr && bytes.HasPrefix(raw[i:], []byte("]]>")):
			return bad("]]> in character data")
		case c < utf8.RuneSelf:
			if c < ' ' && c != '\t' && c != '\n' {
				return bad("forbidden character U+%04X", c)
			}
			s.clean = append(s.clean, c)
			i++
		default:
			r, n := utf8.DecodeRune(raw[i:])
			if r == utf8.RuneError && n == 1 {
				return bad("invalid UTF-8")
			}
			if !allowed(r) {
				return bad("forbidden character U+%04X", r)
			}
			s.clean = append(s.clean, raw[i:i+n]...)
			i += n
		}
	}
	s.Text = s.clean
	return nil
}

// special marks the bytes of which character data is not simply a copy.
var special = func() (t [256]bool) {
	for c := range t {
		t[c] = c < ' ' && c != '\t' && c != '\n' || c >= utf8.RuneSelf || c == '&' || c == '<' || c == ']'
	}
	return t
}()

// allowed reports whether XML 1.0 §2.2 knows the character.
func allowed(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' ||
		r >= ' ' && r <= 0xD7FF || r >= 0xE000 && r <= 0xFFFD || r >= 0x10000 && r <= 0x10FFFF
}

// reference reads one of the five entities that XML itself has, or a character
// reference.
func reference(raw []byte) (rune, int, error) {
	end := bytes.IndexByte(raw, ';')
	if end < 0 {
		return 0, 0, bad("an & that begins no reference")
	}
	name := raw[1:end]
	switch string(name) {
	case "lt":
		return '<', end + 1, nil
	case "gt":
		return '>', end + 1, nil
	case "amp":
		return '&', end + 1, nil
	case "quot":
		return '"', end + 1, nil
	case "apos":
		return '\'', end + 1, nil
	}
	if len(name) < 2 || name[0] != '#' {
		return 0, 0, bad("unknown entity")
	}
	base, digits := rune(10), name[1:]
	if digits[0] == 'x' {
		base, digits = 16, digits[1:]
	}
	r := rune(0)
	for _, c := range digits {
		d := rune(99)
		switch {
		case c >= '0' && c <= '9':
			d = rune(c - '0')
		case c >= 'a' && c <= 'f':
			d = rune(c-'a') + 10
		case c >= 'A' && c <= 'F':
			d = rune(c-'A') + 10
		}
		if r = r*base + d; d >= base || r > utf8.MaxRune {
			return 0, 0, bad("a character reference to no character")
		}
	}
	if surrogate := r >= 0xD800 && r <= 0xDFFF; len(digits) == 0 || !surrogate && !allowed(r) {
		return 0, 0, bad("a character reference to no character")
	}
	return r, end + 1, nil
}

// special reads what begins with <!: a comment, which is passed over, or a CDATA
// section, which is Text.
func (s *Scanner) special() (data bool, err error) {
	if _, err := s.peek(3); err != nil {
		return false, unexpected(err)
	}
	if bytes.HasPrefix(s.buf[s.pos:], []byte("<!--")) {
		raw, err := s.find([]byte("--"), 4)
		if err != nil {
			return false, err
		}
		n := len(raw)
		if c, err := s.peek(n + 2); err != nil || c != '>' {
			return false, bad("-- in a comment")
		}
		s.pos += n + 3
		return false, nil
	}
	const open = "<![CDATA["
	if _, err := s.peek(len(open) - 1); err != nil {
		return false, unexpected(err)
	}
	if !bytes.HasPrefix(s.buf[s.pos:], []byte(open)) {
		return false, bad("a document type declaration")
	}
	raw, err := s.find([]byte("]]>"), len(open))
	if err != nil {
		return false, err
	}
	s.pos += len(raw) + 3
	return true, s.cdata(raw[len(open):])
}

// cdata puts the content of a CDATA section into Text.
func (s *Scanner) cdata(raw []byte) error {
	s.clean = s.clean[:0]
	for len(raw) > 0 {
		r, n := utf8.DecodeRune(raw)
		switch {
		case r == utf8.RuneError && n == 1:
			return bad("invalid UTF-8")
		case !allowed(r):
			return bad("forbidden character U+%04X", r)
		case r == '\r':
			s.clean = append(s.clean, '\n')
			if bytes.HasPrefix(raw, []byte("\r\n")) {
				n = 2
			}
		default:
			s.clean = append(s.clean, raw[:n]...)
		}
		raw = raw[n:]
	}
	s.Text = s.clean
	return nil
}

// instruction passes over a processing instruction, such as the XML declaration.
func (s *Scanner) instruction() error {
	raw, err := s.find([]byte("?>"), 2)
	if err != nil {
		return err
	}
	s.pos += len(raw) + 2
	return nil
}
