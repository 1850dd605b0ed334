package stanza

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/secure/precis"
)

// JID is an XMPP address, localpart@domainpart/resourcepart (RFC 7622). One that
// came from [ParseJID] is normalised, so two of them are the same address exactly
// when they are ==. The zero value is no address.
//
// The methods only cut the string up and never fail; a JID made by conversion
// from an arbitrary string is as good as that string.
type JID string

// ErrJID is what every error of [ParseJID] is.
var ErrJID = errors.New("malformed JID")

// maxPart is the most bytes that each part of an address may have (RFC 7622 §3.1).
const maxPart = 1023

// ParseJID checks and normalises an address (RFC 7622 §3): the localpart is
// case-mapped, the domainpart lower-cased in its Unicode form, the resourcepart
// left in its case. The error is an [ErrJID].
func ParseJID(s string) (JID, error) {
	if plainJID(s) {
		return JID(s), nil
	}
	if !utf8.ValidString(s) {
		return "", fmt.Errorf("%w %q: not UTF-8", ErrJID, s)
	}
	local, domain, resource, err := split(s)
	if err != nil {
		return "", err
	}
	domain, err = normalDomain(domain)
	if err != nil {
		return "", fmt.Errorf("%w %q: domain: %w", ErrJID, s, err)
	}
	if local != "" {
		if local, err = precis.UsernameCaseMapped.String(local); err != nil {
			return "", fmt.Errorf("%w %q: localpart: %w", ErrJID, s, err)
		}
		if strings.ContainsAny(local, `"&'/:<>@`) {
			return "", fmt.Errorf("%w %q: forbidden character in localpart", ErrJID, s)
		}
	}
	if resource != "" {
		if resource, err = precis.OpaqueString.String(resource); err != nil {
			return "", fmt.Errorf("%w %q: resource: %w", ErrJID, s, err)
		}
	}
	if len(local) > maxPart || len(domain) > maxPart || len(resource) > maxPart {
		return "", fmt.Errorf("%w: a part of over %d bytes", ErrJID, maxPart)
	}
	return join(local, domain, resource), nil
}

// MustJID is [ParseJID] for constants: it panics where that fails.
func MustJID(s string) JID {
	j, err := ParseJID(s)
	if err != nil {
		panic(err)
	}
	return j
}

// Bare is the address without its resourcepart.
func (j JID) Bare() JID {
	if i := strings.IndexByte(string(j), '/'); i >= 0 {
		return j[:i]
	}
	return j
}

// IsBare reports whether there is an address and it has no resourcepart.
func (j JID) IsBare() bool { return j != "" && strings.IndexByte(string(j), '/') < 0 }

// Local is the part before the @, empty where there is none.
func (j JID) Local() string {
	b := j.Bare()
	if i := strings.IndexByte(string(b), '@'); i >= 0 {
		return string(b[:i])
	}
	return ""
}

// Domain is the part between @ and /.
func (j JID) Domain() string {
	b := j.Bare()
	return string(b[strings.IndexByte(string(b), '@')+1:])
}

// Resource is the part after the first /; in a room, the nick.
func (j JID) Resource() string {
	if i := strings.IndexByte(string(j), '/'); i >= 0 {
		return string(j[i+1:])
	}
	return ""
}

// WithResource is the bare address with another resourcepart, normalised; an
// empty one gives the bare address. The error is an [ErrJID].
func (j JID) WithResource(resource string) (JID, error) {
	if resource == "" {
		return j.Bare(), nil
	}
	return ParseJID(string(j.Bare()) + "/" + resource)
}

// MarshalText makes a JID usable in JSON, TOML and the like.
func (j JID) MarshalText() ([]byte, error) { return []byte(j), nil }

// UnmarshalText is [ParseJID]; empty text is no address.
func (j *JID) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*j = ""
		return nil
	}
	p, err := ParseJID(string(b))
	if err == nil {
		*j = p
	}
	return err
}

// receivedJID normalises an address from the stream. One that no address may look
// like is kept as it stands: what to make of it is for whoever reads the stanza.
func receivedJID(s string) JID {
	if j, err := ParseJID(s); err == nil {
		return j
	}
	return JID(s)
}

// plainJID reports whether s is an address in which nothing is left to normalise.
// It is true for most of what is ever seen, and costs no allocation.
func plainJID(s string) bool {
	i, part := 0, 0
	for ; i < len(s) && s[i] != '/'; i++ {
		switch c := s[i]; {
		case c == '@':
			if part != 0 || i == 0 || i > maxPart {
				return false
			}
			part = i + 1
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '-' && i > part, c == '.' && i > part:
		case (c == '_' || c == '+' || c == '=') && strings.IndexByte(s[i:], '@') > 0:
		default:
			return false
		}
	}
	domain := s[part:i]
	if domain == "" || len(domain) > 253 || !plainDomain(domain) {
		return false
	}
	if i == len(s) {
		return true
	}
	resource := s[i+1:]
	if resource == "" || len(resource) > maxPart {
		return false
	}
	for k := 0; k < len(resource); k++ {
		if c := resource[k]; c < ' ' || c > '~' {
			return false
		}
	}
	return true
}

// plainDomain reports whether every label is lower-case letters, digits and inner
// hyphens, is of a fit length and is not an A-label.
func plainDomain(s string) bool {
	for s != "" {
		label, rest, more := strings.Cut(s, ".")
		if label == "" || len(label) > 63 || label[len(label)-1] == '-' || label[0] == '-' ||
			len(label) > 3 && label[2:4] == "--" || more && rest == "" {
			return false
		}
		for i := 0; i < len(label); i++ {
			if c := label[i]; c != '-' && (c < '0' || c > '9') && (c < 'a' || c > 'z') {
				return false
			}
		}
		s = rest
	}
	return true
}

// split cuts at the first / and, before it, at the first @ (RFC 7622 §3.1).
func split(s string) (local, domain, resource string, err error) {
	domain = s
	if i := strings.IndexByte(s, '/'); i >= 0 {
		domain, resource = s[:i], s[i+1:]
		if resource == "" {
			return "", "", "", fmt.Errorf("%w %q: empty resource", ErrJID, s)
		}
	}
	if i := strings.IndexByte(domain, '@'); i >= 0 {
		local, domain = domain[:i], domain[i+1:]
		if local == "" {
			return "", "", "", fmt.Errorf("%w %q: empty localpart", ErrJID, s)
		}
	}
	if domain == "" {
		return "", "", "", fmt.Errorf("%w %q: empty domain", ErrJID, s)
	}
	return local, domain, resource, nil
}

var domains = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.ValidateLabels(true), idna.StrictDomainName(true))

func normalDomain(s string) (string, error) {
	if strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]") {
		ip, err := netip.ParseAddr(s[1 : len(s)-1])
		if err != nil || !ip.Is6() || ip.Zone() != "" {
			return "", errors.New("not an IPv6 address")
		}
		return "[" + ip.String() + "]", nil
	}
	s = strings.TrimSuffix(s, ".")
	ascii, err := domains.ToASCII(s)
	if err != nil {
		return "", err
	}
	if ascii == "" || len(ascii) > 253 {
		return "", errors.New("bad length")
	}
	for label := range strings.SplitSeq(ascii, ".") {
		if label == "" || len(label) > 63 {
			return "", errors.New("bad label")
		}
	}
	return domains.ToUnicode(ascii)
}

func join(local, domain, resource string) JID {
	var b strings.Builder
	b.Grow(len(local) + len(domain) + len(resource) + 2)
	if local != "" {
		b.WriteString(local)
		b.WriteByte('@')
	}
	b.WriteString(domain)
	if resource != "" {
		b.WriteByte('/')
		b.WriteString(resource)
	}
	return JID(b.String())
}
