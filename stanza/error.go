package stanza

import (
	"encoding/xml"
	"errors"
	"net/url"
	"strings"
)

// Condition is a defined condition of a stanza error (RFC 6120 §8.3.3). It is an
// error itself, for errors.Is:
//
//	if errors.Is(err, stanza.ItemNotFound) { … }
type Condition string

// The defined conditions.
const (
	BadRequest            Condition = "bad-request"
	Conflict              Condition = "conflict"
	FeatureNotImplemented Condition = "feature-not-implemented"
	Forbidden             Condition = "forbidden"
	Gone                  Condition = "gone"
	InternalServerError   Condition = "internal-server-error"
	ItemNotFound          Condition = "item-not-found"
	JIDMalformed          Condition = "jid-malformed"
	NotAcceptable         Condition = "not-acceptable"
	NotAllowed            Condition = "not-allowed"
	NotAuthorized         Condition = "not-authorized"
	PolicyViolation       Condition = "policy-violation"
	RecipientUnavailable  Condition = "recipient-unavailable"
	Redirect              Condition = "redirect"
	RegistrationRequired  Condition = "registration-required"
	RemoteServerNotFound  Condition = "remote-server-not-found"
	RemoteServerTimeout   Condition = "remote-server-timeout"
	ResourceConstraint    Condition = "resource-constraint"
	ServiceUnavailable    Condition = "service-unavailable"
	SubscriptionRequired  Condition = "subscription-required"
	UndefinedCondition    Condition = "undefined-condition"
	UnexpectedRequest     Condition = "unexpected-request"
)

// Error is the condition's name.
func (c Condition) Error() string { return string(c) }

// ErrorType says what to do about an error (RFC 6120 §8.3.2).
type ErrorType string

// The types of errors.
const (
	Auth     ErrorType = "auth"
	Cancel   ErrorType = "cancel"
	Continue ErrorType = "continue"
	Modify   ErrorType = "modify"
	Wait     ErrorType = "wait"
)

// Error is a stanza error (RFC 6120 §8.3), and a Go error.
type Error struct {
	Type      ErrorType // empty when sending: the one that RFC 6120 §8.3.3 gives the condition
	By        JID       // who raised it, where that is said
	Condition Condition // one of the defined ones, or what the peer sent in its place
	URI       string    // of Gone and Redirect: the new address
	Text      string
	Lang      string    // of Text
	Details   []Element // application-specific conditions and whatever else there was
}

// Error gives condition and text.
func (e *Error) Error() string {
	s := string(e.Condition)
	if s == "" {
		s = string(UndefinedCondition)
	}
	if e.Text != "" {
		s += ": " + e.Text
	}
	return s
}

// Is makes errors.Is match a [Condition], and another *Error as a pattern in which
// empty fields match anything (Details do not take part).
func (e *Error) Is(target error) bool {
	if c, ok := target.(Condition); ok {
		return c == e.Condition
	}
	t, ok := target.(*Error)
	return ok &&
		(t.Type == "" || t.Type == e.Type) &&
		(t.By == "" || t.By == e.By) &&
		(t.Condition == "" || t.Condition == e.Condition) &&
		(t.URI == "" || t.URI == e.URI) &&
		(t.Text == "" || t.Text == e.Text) &&
		(t.Lang == "" || t.Lang == e.Lang)
}

// Address is the room or account that a Gone or Redirect names as the new one
// (RFC 6120 §8.3.3.5) with an URI as in RFC 5122, or "".
func (e *Error) Address() JID {
	u, err := url.Parse(strings.TrimSpace(e.URI))
	if err != nil || u.Scheme != "xmpp" {
		return ""
	}
	s := u.Opaque
	if s == "" {
		s = strings.TrimPrefix(u.EscapedPath(), "/") // xmpp://account/address: as the account
	}
	if s, err = url.PathUnescape(s); err != nil {
		return ""
	}
	j, err := ParseJID(s)
	if err != nil {
		return ""
	}
	return j
}

// ConditionOf is the condition of the stanza error in err's tree, or "".
func ConditionOf(err error) Condition {
	var e *Error
	if errors.As(err, &e) {
		return e.Condition
	}
	return ""
}

func (e *Error) element() Element {
	c := e.Condition
	if c == "" || c == "text" {
		c = UndefinedCondition
	}
	typ := e.Type
	if typ == "" {
		typ = typeOf(c)
	}
	x := NewElement(NSClient, "error", NewText(NSStanzas, string(c), e.URI)).
		WithAttr("type", string(typ)).WithAttr("by", string(e.By))
	if e.Text != "" {
		t := NewText(NSStanzas, "text", e.Text)
		if e.Lang != "" {
			t.Attrs = []xml.Attr{{Name: xml.Name{Space: nsXML, Local: "lang"}, Value: e.Lang}}
		}
		x.Children = append(x.Children, t)
	}
	x.Children = append(x.Children, e.Details...)
	return x
}

func errorOf(x Element) *Error {
	e := &Error{Type: ErrorType(x.Attr("type")), By: receivedJID(x.Attr("by"))}
	for _, c := range x.Children {
		switch {
		case c.Name.Local == "":
		case c.Is(NSStanzas, "text") && e.Text == "" && c.Content() != "":
			e.Text, e.Lang = c.Content(), c.Lang()
		case c.Name.Space == NSStanzas && c.Name.Local != "text" && e.Condition == "":
			e.Condition, e.URI = Condition(c.Name.Local), c.Content()
		default:
			e.Details = append(e.Details, c)
		}
	}
	if e.Condition == "" {
		e.Condition = UndefinedCondition
	}
	if e.Type == "" {
		e.Type = typeOf(e.Condition)
	}
	return e
}

// typeOf is the error type that RFC 6120 §8.3.3 associates with a condition.
func typeOf(c Condition) ErrorType {
	switch c {
	case Forbidden, NotAuthorized, RegistrationRequired, SubscriptionRequired:
		return Auth
	case BadRequest, JIDMalformed, NotAcceptable, PolicyViolation, Redirect:
		return Modify
	case RecipientUnavailable, RemoteServerTimeout, ResourceConstraint, UnexpectedRequest:
		return Wait
	default:
		return Cancel
	}
}
