package stanza_test

import (
	"errors"
	"fmt"
	"reflect"
	"testing"

	"github.com/xmppkit/xmppkit/stanza"
)

// RFC 6120 §8.3.3: every defined condition, and the type that goes with it.
var conditions = map[stanza.Condition]stanza.ErrorType{
	stanza.BadRequest:            stanza.Modify,
	stanza.Conflict:              stanza.Cancel,
	stanza.FeatureNotImplemented: stanza.Cancel,
	stanza.Forbidden:             stanza.Auth,
	stanza.Gone:                  stanza.Cancel,
	stanza.InternalServerError:   stanza.Cancel,
	stanza.ItemNotFound:          stanza.Cancel,
	stanza.JIDMalformed:          stanza.Modify,
	stanza.NotAcceptable:         stanza.Modify,
	stanza.NotAllowed:            stanza.Cancel,
	stanza.NotAuthorized:         stanza.Auth,
	stanza.PolicyViolation:       stanza.Modify,
	stanza.RecipientUnavailable:  stanza.Wait,
	stanza.Redirect:              stanza.Modify,
	stanza.RegistrationRequired:  stanza.Auth,
	stanza.RemoteServerNotFound:  stanza.Cancel,
	stanza.RemoteServerTimeout:   stanza.Wait,
	stanza.ResourceConstraint:    stanza.Wait,
	stanza.ServiceUnavailable:    stanza.Cancel,
	stanza.SubscriptionRequired:  stanza.Auth,
	stanza.UndefinedCondition:    stanza.Cancel,
	stanza.UnexpectedRequest:     stanza.Wait,
}

func TestErrorConditionsRFC6120(t *testing.T) {
	for condition, typ := range conditions {
		sent := &stanza.IQ{ID: "1", Type: stanza.IQError, Error: &stanza.Error{Condition: condition}}
		got := stanza.FromElement(readOnly(t, stanza.Marshal(sent))).(*stanza.IQ)
		if got.Error == nil || got.Error.Condition != condition || got.Error.Type != typ {
			t.Errorf("%s: got %+v, want the type %s", condition, got.Error, typ)
		}
		if !errors.Is(got.Error, condition) || stanza.ConditionOf(fmt.Errorf("joining: %w", got.Error)) != condition {
			t.Errorf("%s is not found in the error", condition)
		}
	}
}

func TestErrorDecodeRFC6120(t *testing.T) {
	const ns = ` xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'`
	for name, c := range map[string]struct {
		in   string
		want stanza.Error
	}{
		"8.3.1 by":                {`<error type='wait' by='Example.org'><remote-server-timeout` + ns + `/></error>`, stanza.Error{Type: stanza.Wait, By: "example.org", Condition: stanza.RemoteServerTimeout}},
		"8.3.2 another type":      {`<error type='modify'><item-not-found` + ns + `/></error>`, stanza.Error{Type: stanza.Modify, Condition: stanza.ItemNotFound}},
		"8.3.2 no type":           {`<error><forbidden` + ns + `/></error>`, stanza.Error{Type: stanza.Auth, Condition: stanza.Forbidden}},
		"8.3.2 text":              {`<error type='auth'><text` + ns + ` xml:lang='en'>Go away</text><forbidden` + ns + `/></error>`, stanza.Error{Type: stanza.Auth, Condition: stanza.Forbidden, Text: "Go away", Lang: "en"}},
		"8.3.3.5 gone":            {`<error type='cancel'><gone` + ns + `>xmpp:new@rooms.example.org?join</gone></error>`, stanza.Error{Type: stanza.Cancel, Condition: stanza.Gone, URI: "xmpp:new@rooms.example.org?join"}},
		"8.3.3 unknown condition": {`<error type='cancel'><bored` + ns + `/></error>`, stanza.Error{Type: stanza.Cancel, Condition: "bored"}},
		"8.3.3 no condition":      {`<error type='cancel'/>`, stanza.Error{Type: stanza.Cancel, Condition: stanza.UndefinedCondition}},
		"8.3.3 condition beyond":  {`<error type='cancel'><gone xmlns='urn:x'/></error>`, stanza.Error{Type: stanza.Cancel, Condition: stanza.UndefinedCondition, Details: []stanza.Element{stanza.NewElement("urn:x", "gone")}}},
		"8.3.4 application's own": {`<error type='cancel'><undefined-condition` + ns + `/> <too-hot xmlns='urn:x'>40</too-hot></error>`, stanza.Error{Type: stanza.Cancel, Condition: stanza.UndefinedCondition, Details: []stanza.Element{stanza.NewText("urn:x", "too-hot", "40")}}},
		"several conditions":      {`<error type='cancel'><gone` + ns + `/><conflict` + ns + `/></error>`, stanza.Error{Type: stanza.Cancel, Condition: stanza.Gone, Details: []stanza.Element{stanza.NewElement(stanza.NSStanzas, "conflict")}}},
	} {
		t.Run(name, func(t *testing.T) {
			p := decode[*stanza.Presence](t, "<presence type='error'>"+c.in+"</presence>")
			if p.Error == nil || !reflect.DeepEqual(*p.Error, c.want) {
				t.Errorf("got  %+v\nwant %+v", p.Error, c.want)
			}
			checkFixed(t, p)
		})
	}
}

// RFC 6120 §8.3.2: text is no condition, and cannot be sent as one.
func TestErrorConditionText(t *testing.T) {
	sent := &stanza.IQ{Type: stanza.IQError, Error: &stanza.Error{Condition: "text", URI: "x"}}
	got := stanza.FromElement(readOnly(t, stanza.Marshal(sent))).(*stanza.IQ)
	if got.Error.Condition != stanza.UndefinedCondition || got.Error.Text != "" {
		t.Errorf("got %+v", got.Error)
	}
}

func TestErrorAddressRFC6120(t *testing.T) {
	for uri, want := range map[string]stanza.JID{
		"xmpp:room@rooms.example.org?join":             "room@rooms.example.org",
		"xmpp:Room@Rooms.example.org":                  "room@rooms.example.org",
		"XMPP:room@rooms.example.org":                  "room@rooms.example.org",
		" xmpp:room@rooms.example.org\n":               "room@rooms.example.org",
		"xmpp:nasty%25node@example.com/some%20thing#x": "nasty%node@example.com/some thing",
		"xmpp://guest@example.com/room@example.org":    "room@example.org",
		"xmpp:%D1%8F@example.org":                      "я@example.org",
		"xmpp:":                                        "",
		"xmpp:a%00@b":                                  "",
		"xmpp:%zz@b":                                   "",
		"xmpp:a@b@c":                                   "",
		"https://example.org/a@b":                      "",
		"room@example.org":                             "",
		"":                                             "",
		"\x7f:":                                        "",
	} {
		e := &stanza.Error{Condition: stanza.Gone, URI: uri}
		if got := e.Address(); got != want {
			t.Errorf("%q names %q, want %q", uri, got, want)
		}
	}
}

func TestErrorIs(t *testing.T) {
	e := &stanza.Error{Type: stanza.Cancel, By: "room@x", Condition: stanza.Gone, URI: "xmpp:a@b", Text: "closed", Lang: "en", Details: []stanza.Element{{}}}
	err := fmt.Errorf("joining: %w", e)
	for _, c := range []struct {
		target error
		want   bool
	}{
		{stanza.Gone, true},
		{stanza.Conflict, false},
		{&stanza.Error{}, true},
		{&stanza.Error{Condition: stanza.Gone}, true},
		{&stanza.Error{Type: stanza.Cancel, By: "room@x", Condition: stanza.Gone, URI: "xmpp:a@b", Text: "closed", Lang: "en"}, true},
		{&stanza.Error{Type: stanza.Wait}, false},
		{&stanza.Error{By: "room@y"}, false},
		{&stanza.Error{Condition: stanza.Conflict}, false},
		{&stanza.Error{URI: "xmpp:c@d"}, false},
		{&stanza.Error{Text: "open"}, false},
		{&stanza.Error{Lang: "de"}, false},
		{stanza.ErrOffline, false},
	} {
		if errors.Is(err, c.target) != c.want {
			t.Errorf("errors.Is %#v: not %v", c.target, c.want)
		}
	}
	var as *stanza.Error
	if !errors.As(err, &as) || as.Text != "closed" {
		t.Error("errors.As does not find it")
	}
	if stanza.ConditionOf(stanza.ErrLost) != "" {
		t.Error("another error has a condition")
	}
	if e.Error() != "gone: closed" || (&stanza.Error{}).Error() != "undefined-condition" {
		t.Errorf("says %q", e)
	}
}
