package xmpptest_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/xmppkit/xmppkit/internal/xmpptest"
	"github.com/xmppkit/xmppkit/stanza"
)

// RFC 6120 §6, RFC 5802, RFC 4616.
func TestMechanisms(t *testing.T) {
	s := xmpptest.New(t, xmpptest.Config{Accounts: map[string]string{"romeo": "wherefore"}, Iterations: 16})
	for _, m := range []string{"SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN"} {
		for _, c := range []struct{ user, password, refused string }{
			{"romeo", "wherefore", ""},
			{"romeo", "therefore", "not-authorized"},
			{"tybalt", "wherefore", "not-authorized"},
		} {
			t.Run(strings.Join([]string{m, c.user, c.password}, " "), func(t *testing.T) {
				r := dial(t, s)
				must(t, r.startTLS(s))
				f, err := r.features()
				must(t, err)
				if !strings.Contains(string(stanza.MarshalElement(f)), ">"+m+"<") {
					t.Errorf("not offered in %s", stanza.MarshalElement(f))
				}
				err = r.login(m, c.user, c.password)
				if c.refused != "" {
					if !errors.Is(err, refusal(c.refused)) {
						t.Fatalf("got %v, want %s", err, c.refused)
					}
					must(t, r.login(m, "romeo", "wherefore")) // §6.4.5 lets one try again
					return
				}
				must(t, err)
				must(t, r.bind("balcony"))
				if r.jid != "romeo@example.org/balcony" {
					t.Errorf("bound to %s", r.jid)
				}
			})
		}
	}
}

// RFC 6120 §6.5.
func TestRefusedLogins(t *testing.T) {
	s := xmpptest.New(t, xmpptest.Config{})
	for _, c := range []struct{ send, want string }{
		{"<auth xmlns='" + nsSASL + "' mechanism='MAGIC'/>", "invalid-mechanism"},
		{"<auth xmlns='" + nsSASL + "' mechanism='PLAIN'>!</auth>", "incorrect-encoding"},
		{"<auth xmlns='" + nsSASL + "' mechanism='PLAIN'>AAA=</auth>", "malformed-request"},
		{"<auth xmlns='" + nsSASL + "' mechanism='SCRAM-SHA-1'>bixhPWIsbj1hLHI9Yg==</auth>", "invalid-authzid"},
		{"<auth xmlns='" + nsSASL + "' mechanism='SCRAM-SHA-1-PLUS'>biwsbj1hLHI9Yg==</auth>", "malformed-request"},
		{"<auth xmlns='" + nsSASL + "' mechanism='SCRAM-SHA-1'>eSwsbj1hLHI9Yg==</auth>", "not-authorized"},
	} {
		r := dial(t, s)
		must(t, r.startTLS(s))
		_, err := r.features()
		must(t, err)
		if _, err := r.sasl(c.send); !errors.Is(err, refusal(c.want)) {
			t.Errorf("%s: got %v, want %s", c.send, err, c.want)
		}
	}
	s.FailLogins("temporary-auth-failure", 1)
	r := dial(t, s)
	must(t, r.startTLS(s))
	_, err := r.features()
	must(t, err)
	if err := r.login("PLAIN", "a", xmpptest.Password); !errors.Is(err, refusal("temporary-auth-failure")) {
		t.Errorf("got %v", err)
	}
	must(t, r.login("PLAIN", "a", xmpptest.Password))
}

func TestDirectTLS(t *testing.T) {
	s := xmpptest.New(t, xmpptest.Config{})
	r := dial(t, s)
	must(t, r.tls(s))
	_, err := r.features()
	must(t, err)
	must(t, r.login("SCRAM-SHA-256-PLUS", "a", xmpptest.Password))
	must(t, r.bind(""))
}

func TestNoTLS(t *testing.T) {
	s := xmpptest.New(t, xmpptest.Config{TLS: xmpptest.NoTLS})
	r := dial(t, s)
	f, err := r.features()
	must(t, err)
	if x := string(stanza.MarshalElement(f)); strings.Contains(x, "starttls") || strings.Contains(x, "PLUS") {
		t.Errorf("offered %s", x)
	}
	must(t, r.login("SCRAM-SHA-1", "a", xmpptest.Password))
	must(t, r.bind(""))
}

// RFC 6120 §5.3.1: where TLS is required nothing else is offered, or possible.
func TestRequiredTLS(t *testing.T) {
	s := xmpptest.New(t, xmpptest.Config{})
	r := dial(t, s)
	f, err := r.features()
	must(t, err)
	if len(f.Children) != 1 {
		t.Errorf("offered %s", stanza.MarshalElement(f))
	}
	if err := r.login("PLAIN", "a", xmpptest.Password); !errors.Is(err, &stanza.StreamError{Condition: "not-authorized"}) {
		t.Errorf("got %v", err)
	}
}

func TestUnknownHost(t *testing.T) {
	s := xmpptest.New(t, xmpptest.Config{})
	r := dial(t, s)
	must(t, r.open(stanza.NSClient, "elsewhere.org"))
	if _, err := r.in.Decode(); !errors.Is(err, &stanza.StreamError{Condition: "host-unknown"}) {
		t.Errorf("got %v", err)
	}
}

// RFC 6120 §7.7.2.2.
func TestResourceConflict(t *testing.T) {
	for _, c := range []struct {
		name   string
		policy xmpptest.ConflictPolicy
	}{{"the new one wins", xmpptest.ReplaceOld}, {"the old one wins", xmpptest.RefuseNew}, {"both stay", xmpptest.OtherForNew}} {
		t.Run(c.name, func(t *testing.T) {
			s := xmpptest.New(t, xmpptest.Config{Conflict: c.policy})
			old := online(t, s, "a", "x")
			r := dial(t, s)
			err := r.upTo(s, "a", "x")
			switch c.policy {
			case xmpptest.ReplaceOld:
				must(t, err)
				for {
					if _, err = old.in.Decode(); err != nil {
						break
					}
				}
				if !errors.Is(err, &stanza.StreamError{Condition: "conflict"}) {
					t.Errorf("the old one got %v", err)
				}
				if got := s.Online(); len(got) != 1 {
					t.Errorf("online: %v", got)
				}
			case xmpptest.RefuseNew:
				if !errors.Is(err, stanza.Conflict) {
					t.Errorf("the new one got %v", err)
				}
			case xmpptest.OtherForNew:
				must(t, err)
				if r.jid == old.jid || len(s.Online()) != 2 {
					t.Errorf("online: %v", s.Online())
				}
			}
		})
	}
}

// XEP-0114.
func TestComponent(t *testing.T) {
	s := xmpptest.New(t, xmpptest.Config{Components: map[string]string{"sms.example.org": "key"}})
	if _, err := component(t, s, "sms.example.org", "wrong"); !errors.Is(err, &stanza.StreamError{Condition: "not-authorized"}) {
		t.Errorf("wrong secret: %v", err)
	}
	if _, err := component(t, s, "other.example.org", "key"); !errors.Is(err, &stanza.StreamError{Condition: "host-unknown"}) {
		t.Errorf("unknown host: %v", err)
	}
	c, err := component(t, s, "sms.example.org", "key")
	must(t, err)
	if _, err := component(t, s, "sms.example.org", "key"); !errors.Is(err, &stanza.StreamError{Condition: "conflict"}) {
		t.Errorf("a second one: %v", err)
	}
	a := online(t, s, "a", "x")
	must(t, a.send(&stanza.Message{To: "+1555@sms.example.org", Type: stanza.Chat, Body: "hi"}))
	m := await(t, c, func(*stanza.Message) bool { return true })
	if m.From != a.jid || m.To != "+1555@sms.example.org" || m.Body != "hi" {
		t.Errorf("got %+v", m)
	}
	must(t, c.send(&stanza.Message{From: m.To, To: m.From, Type: stanza.Chat, Body: "ho"}))
	if m := await(t, a, func(*stanza.Message) bool { return true }); m.From != "+1555@sms.example.org" || m.Body != "ho" {
		t.Errorf("got %+v", m)
	}
	must(t, c.send(&stanza.Presence{From: "+1555@sms.example.org/phone", To: "r@rooms.example.org/phone", Extensions: []stanza.Element{stanza.MUCJoin{}.Element()}}))
	must(t, s.WaitOccupant(within(t), "r@rooms.example.org", "phone"))
	must(t, c.net.Close())
	must(t, s.WaitOffline(within(t), "sms.example.org"))
	if s.InRoom("r@rooms.example.org", "phone") {
		t.Error("an address of a lost component stays in its room")
	}
	must(t, a.send(&stanza.IQ{ID: "q", Type: stanza.Get, To: "sms.example.org", Extensions: []stanza.Element{stanza.NewElement(stanza.NSPing, "ping")}}))
	if iq := await(t, a, func(*stanza.IQ) bool { return true }); !errors.Is(iq.Error, stanza.ServiceUnavailable) {
		t.Errorf("ping to a lost component: %v", iq.Error)
	}
}

func TestComponentMaySpeakForItsDomainOnly(t *testing.T) {
	s := xmpptest.New(t, xmpptest.Config{Components: map[string]string{"sms.example.org": "key"}})
	c, err := component(t, s, "sms.example.org", "key")
	must(t, err)
	must(t, c.send(&stanza.Message{From: "a@example.org", To: "b@example.org", Body: "x"}))
	if _, err := c.in.Decode(); !errors.Is(err, &stanza.StreamError{Condition: "invalid-from"}) {
		t.Errorf("got %v", err)
	}
}
