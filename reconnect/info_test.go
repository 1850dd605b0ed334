package reconnect

import (
	"slices"
	"strings"
	"testing"

	"github.com/xmppkit/xmppkit/stanza"
)

func ask(local, space string, attrs ...string) *stanza.IQ {
	e := stanza.NewElement(space, local)
	for i := 0; i+1 < len(attrs); i += 2 {
		e = e.WithAttr(attrs[i], attrs[i+1])
	}
	return &stanza.IQ{Type: stanza.Get, ID: "1", From: "a@b/c", To: self, Extensions: []stanza.Element{e}}
}

type speaks string

func (f speaks) Features() []string { return []string{string(f), stanza.NSPing} }

func testInfo(software Software) *info {
	here := newStream(nil, nil, 0, &counters{}, nil)
	return newInfo(software, nil, clientIdentity, here)
}

// XEP-0115 §5.2: the verification string of the specification's own simple example.
func TestCapsVer(t *testing.T) {
	i := testInfo(Software{Name: "Exodus 0.9.1"})
	i.identity.kind = "pc"
	i.features = []string{
		"http://jabber.org/protocol/caps", "http://jabber.org/protocol/disco#info",
		"http://jabber.org/protocol/disco#items", "http://jabber.org/protocol/muc",
	}
	if got, want := i.ver(), "QgayPKawpkPSDYmwT/WM94uAlu0="; got != want {
		t.Errorf("ver is %s, want %s", got, want)
	}
}

func TestAnswersForItself(t *testing.T) {
	i := testInfo(Software{Name: "<&>", Version: "1", OS: "os"})
	for name, c := range map[string]struct {
		iq   *stanza.IQ
		want []string // in the answer's XML; nil for no answer
	}{
		"XEP-0199":                    {ask("ping", stanza.NSPing), []string{`type="result"`, `to="a@b/c"`}},
		"XEP-0092":                    {ask("query", stanza.NSVersion), []string{"<name>&lt;&amp;&gt;</name><version>1</version><os>os</os>"}},
		"XEP-0202":                    {ask("time", "urn:xmpp:time"), []string{"<tzo>", "<utc>"}},
		"XEP-0012":                    {ask("query", "jabber:iq:last"), []string{`seconds="0"`}},
		"XEP-0030 info":               {ask("query", stanza.NSDiscoInfo), []string{`category="client" type="bot"`, `var="urn:xmpp:ping"`}},
		"XEP-0030 items":              {ask("query", stanza.NSDiscoItems), []string{`<query xmlns="` + stanza.NSDiscoItems + `"/>`}},
		"XEP-0115 §6.2: node of caps": {ask("query", stanza.NSDiscoInfo, "node", i.software.Node+"#"+i.ver()), []string{`node="` + i.software.Node}},
		"XEP-0030 §7: other node":     {ask("query", stanza.NSDiscoInfo, "node", "x"), []string{"item-not-found"}},
		"something else":              {ask("query", "jabber:iq:roster"), nil},
	} {
		answer := i.Answer(c.iq)
		if answer == nil {
			if c.want != nil {
				t.Errorf("%s: no answer", name)
			}
			continue
		}
		if c.want == nil {
			t.Errorf("%s: answered %s", name, stanza.Marshal(answer))
		}
		for _, w := range c.want {
			if got := string(stanza.Marshal(answer)); !strings.Contains(got, w) {
				t.Errorf("%s: %s lacks %s", name, got, w)
			}
		}
	}
	set := ask("ping", stanza.NSPing)
	set.Type = stanza.Set
	if i.Answer(set) != nil {
		t.Error("a set of ping was answered")
	}
}

func TestFeaturesOfServices(t *testing.T) {
	i := newInfo(Software{}, []stanza.Service{struct {
		handler
		speaks
	}{handler(idle), "urn:x"}}, clientIdentity, newStream(nil, nil, 0, &counters{}, nil))
	if !slices.Contains(i.features, "urn:x") || !slices.IsSorted(i.features) ||
		len(slices.Compact(slices.Clone(i.features))) != len(i.features) {
		t.Errorf("features are %v", i.features)
	}
}

func TestCapsGoWithPresence(t *testing.T) {
	caps := testInfo(Software{}).caps()
	join := &stanza.Presence{To: "room@x/me", Extensions: []stanza.Element{stanza.MUCJoin{}.Element()}}
	got := withCaps(join, caps).(*stanza.Presence)
	if got.Extension(stanza.NSCaps, "c") == nil || len(join.Extensions) != 1 {
		t.Errorf("sent %s, left %s", stanza.Marshal(got), stanza.Marshal(join))
	}
	for _, st := range []stanza.Stanza{got, &stanza.Presence{Type: stanza.Unavailable}, &stanza.Message{}} {
		if withCaps(st, caps) != st {
			t.Errorf("%s was changed", stanza.Marshal(st))
		}
	}
}
