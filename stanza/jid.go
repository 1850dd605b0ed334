package stanza

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/secure/precis"
	"golang.org/x/text/unicode/norm"
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

const (
	maxPart   = 1023 // bytes in each part of an address (RFC 7622 §3.1)
	maxDomain = 253  // bytes in a domain name on the wire of the DNS
	maxLabel  = 63
	maxInput  = 16 << 10 // bytes that are worth normalising

	notInLocal = `"&'/:<>@` // RFC 7622 §3.3.1
)

// ParseJID checks and normalises an address (RFC 7622 §3): the localpart is
// case-mapped, the domainpart lower-cased in its Unicode form, the resourcepart
// left in its case. The error is an [ErrJID].
func ParseJID(s string) (JID, error) {
	if plainJID(s) {
		return JID(s), nil
	}
	if len(s) > maxInput {
		return "", fmt.Errorf("%w: %d bytes", ErrJID, len(s))
	}
	j, err := normalise(s)
	if err != nil {
		return "", err
	}
	// Some mappings open the way for others (RFC 8264 §7): what does not come to
	// rest is no address.
	if string(j) != s {
		if again, err := normalise(string(j)); err != nil || again != j {
			return "", fmt.Errorf("%w %q: no stable form", ErrJID, s)
		}
	}
	return j, nil
}

func normalise(s string) (JID, error) {
	if !utf8.ValidString(s) {
		return "", fmt.Errorf("%w %q: not UTF-8", ErrJID, s)
	}
	if miscomposed(s) {
		return "", fmt.Errorf("%w %q: cannot be normalised", ErrJID, s)
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
		if strings.ContainsAny(local, notInLocal) {
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
	bare, resource, full := strings.Cut(s, "/")
	local, domain, hasLocal := strings.Cut(bare, "@")
	if !hasLocal {
		domain = local
	} else if !plainLocal(local) {
		return false
	}
	return plainDomain(domain) && (!full || plainResource(resource))
}

func plainLocal(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c <= ' ' || c > '~' || c >= 'A' && c <= 'Z' || strings.IndexByte(notInLocal, c) >= 0 {
			return false
		}
	}
	return s != "" && len(s) <= maxPart
}

// plainDomain reports whether every label is lower-case letters, digits and inner
// hyphens, is of a fit length and is not an A-label.
func plainDomain(s string) bool {
	if len(s) > maxDomain {
		return false
	}
	for more := true; more; {
		var label string
		label, s, more = strings.Cut(s, ".")
		if label == "" || len(label) > maxLabel || label[0] == '-' || label[len(label)-1] == '-' ||
			len(label) > 3 && label[2:4] == "--" {
			return false
		}
		for i := 0; i < len(label); i++ {
			if c := label[i]; c != '-' && (c < '0' || c > '9') && (c < 'a' || c > 'z') {
				return false
			}
		}
	}
	return true
}

// plainResource knows printable ASCII and the letters of the Latin and Cyrillic
// blocks, which no rule of OpaqueString touches.
func plainResource(s string) bool {
	for _, r := range s {
		switch {
		case r >= ' ' && r <= '~':
		case r >= 0xC0 && r <= 0x24F:
		case r >= 0x400 && r <= 0x482, r >= 0x48A && r <= 0x52F:
		default:
			return false
		}
	}
	return s != "" && len(s) <= maxPart
}

// miscomposed reports whether NFC as golang.org/x/text v0.38 has it makes another
// character of one: it takes the lower half of a code point above U+FFFF for the
// whole, so that U+10041 with an acute becomes Á, and one occupant another.
func miscomposed(s string) bool {
	if strings.IndexFunc(s, func(r rune) bool { return r > 0xFFFF }) < 0 {
		return false
	}
	return norm.NFD.String(norm.NFC.String(s)) != norm.NFD.String(s)
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
	if len(s) > maxPart { // first of all: IDNA takes the square of a label's length
		return "", errors.New("bad length")
	}
	if strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]") {
		ip, err := netip.ParseAddr(s[1 : len(s)-1])
		if err != nil || !ip.Is6() || ip.Zone() != "" {
			return "", errors.New("not an IPv6 address")
		}
		return "[" + ip.String() + "]", nil
	}
	ascii, err := domains.ToASCII(s)
	if err != nil {
		return "", err
	}
	ascii = strings.TrimSuffix(ascii, ".") // RFC 7622 §3.2
	if ascii == "" || len(ascii) > maxDomain {
		return "", errors.New("bad length")
	}
	for label := range strings.SplitSeq(ascii, ".") {
		if label == "" || len(label) > maxLabel {
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
