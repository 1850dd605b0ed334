package xmpptest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/xmppkit/xmppkit/internal/xmpptest"
	"github.com/xmppkit/xmppkit/stanza"
)

const (
	nsMAM    = "urn:xmpp:mam:2"
	nsRSM    = "http://jabber.org/protocol/rsm"
	nsPubsub = "http://jabber.org/protocol/pubsub"
)

// archive asks for a page and gives what it held.
func archive(t *testing.T, c *xmpptest.Client, set ...stanza.Element) (bodies []string, fin *stanza.Element) {
	t.Helper()
	q := stanza.NewElement(nsMAM, "query", stanza.NewElement(nsRSM, "set", set...)).WithAttr("queryid", "q")
	c.Received()
	c.Send(&stanza.IQ{ID: "q", To: lobby, Type: stanza.Set, Extensions: []stanza.Element{q}})
	for _, st := range c.Received() {
		switch st := st.(type) {
		case *stanza.Message:
			r := st.Extension(nsMAM, "result")
			if r == nil || r.Attr("queryid") != "q" {
				t.Fatalf("got %+v", st)
			}
			f := r.Child("urn:xmpp:forward:0", "forwarded")
			if f.Child(stanza.NSDelay, "delay") == nil {
				t.Error("no delay")
			}
			m := stanza.FromElement(*f.Child(stanza.NSClient, "message")).(*stanza.Message)
			if m.StanzaIDBy(lobby) != r.Attr("id") {
				t.Errorf("id %q of a message with %+v", r.Attr("id"), m.StanzaIDs())
			}
			bodies = append(bodies, m.Body)
		case *stanza.IQ:
			if st.Error != nil {
				t.Fatal(st.Error)
			}
			fin = st.Extension(nsMAM, "fin")
		}
	}
	return bodies, fin
}

// XEP-0313 §4, XEP-0059.
func TestArchive(t *testing.T) {
	_, owner, guest := met(t, xmpptest.Config{Page: 4})
	var all []string
	for i := range 10 {
		all = append(all, fmt.Sprint(i))
		owner.Say(lobby, fmt.Sprint(i))
	}
	var got []string
	after := ""
	for {
		bodies, fin := archive(t, guest, stanza.NewText(nsRSM, "after", after))
		got = append(got, bodies...)
		if len(bodies) > 4 {
			t.Fatalf("a page of %d", len(bodies))
		}
		if fin.Attr("complete") == "true" {
			break
		}
		after = fin.Child(nsRSM, "set").ChildText(nsRSM, "last")
	}
	if !slices.Equal(got, all) {
		t.Errorf("forwards: %q", got)
	}
	got = nil
	before := ""
	for {
		bodies, fin := archive(t, guest, stanza.NewText(nsRSM, "before", before), stanza.NewText(nsRSM, "max", "3"))
		got = append(slices.Clone(bodies), got...)
		if fin.Attr("complete") == "true" {
			break
		}
		before = fin.Child(nsRSM, "set").ChildText(nsRSM, "first")
	}
	if !slices.Equal(got, all) {
		t.Errorf("backwards: %q", got)
	}
}

// XEP-0425, in both of its kinds.
func TestModeration(t *testing.T) {
	const retract = "urn:xmpp:message-retract:"
	for _, ns := range []string{"urn:xmpp:message-moderate:1", "urn:xmpp:message-moderate:0", "none"} {
		t.Run(ns, func(t *testing.T) {
			s, owner, guest := met(t, xmpptest.Config{Moderation: ns})
			guest.Say(lobby, "spam")
			id := messages(owner.Received())[0].StanzaIDBy(lobby)
			ask := func(ns, id string) stanza.Element {
				if strings.HasSuffix(ns, ":0") {
					m := stanza.NewElement(ns, "moderate", stanza.NewElement(retract+"0", "retract"), stanza.NewText(ns, "reason", "why"))
					return stanza.NewElement("urn:xmpp:fasten:0", "apply-to", m).WithAttr("id", id)
				}
				return stanza.NewElement(ns, "moderate", stanza.NewElement(retract+"1", "retract"), stanza.NewText(ns, "reason", "why")).WithAttr("id", id)
			}
			request := func(c *xmpptest.Client, ns, id string) stanza.Condition {
				_, err := c.Request(within(t), &stanza.IQ{To: lobby, Type: stanza.Set, Extensions: []stanza.Element{ask(ns, id)}})
				return stanza.ConditionOf(err)
			}
			if ns == "none" {
				for _, other := range []string{"urn:xmpp:message-moderate:1", "urn:xmpp:message-moderate:0"} {
					if got := request(owner, other, id); got != stanza.ServiceUnavailable {
						t.Errorf("%s: %q", other, got)
					}
				}
				return
			}
			if got := request(guest, ns, id); got != stanza.Forbidden {
				t.Errorf("a guest: %q", got)
			}
			if got := request(owner, ns, "nil"); got != stanza.ItemNotFound {
				t.Errorf("no such message: %q", got)
			}
			guest.Received()
			if got := request(owner, ns, id); got != "" {
				t.Fatalf("refused: %q", got)
			}
			m := messages(guest.Received())[0]
			said := string(stanza.Marshal(m))
			if m.From != lobby || !strings.Contains(said, id) || !strings.Contains(said, ns) || !strings.Contains(said, "why") {
				t.Errorf("announced as %s", said)
			}
			if !s.Retracted(lobby, id) {
				t.Error("not retracted")
			}
			if bodies, _ := archive(t, owner); slices.Contains(bodies, "spam") {
				t.Error("still in the archive")
			}
		})
	}
}

// XEP-0060 §6.1, §6.5, §7.1, §7.2, §8.5.
func TestPubsub(t *testing.T) {
	const node = "muc_bans_sha256"
	s := xmpptest.New(t, xmpptest.Config{Page: 2})
	c := client(t, s, "a@example.org/x")
	ask := func(typ stanza.IQType, list ...stanza.Element) (*stanza.IQ, error) {
		return c.Request(within(t), &stanza.IQ{To: s.PubsubService(), Type: typ, Extensions: []stanza.Element{stanza.NewElement(nsPubsub, "pubsub", list...)}})
	}
	items := stanza.NewElement(nsPubsub, "items").WithAttr("node", node)
	subscribe := stanza.NewElement(nsPubsub, "subscribe").WithAttr("node", node)
	if _, err := ask(stanza.Get, items); stanza.ConditionOf(err) != stanza.ItemNotFound {
		t.Errorf("no such node: %v", err)
	}
	for i := range 5 {
		s.Publish(node, fmt.Sprint(i))
	}
	if _, err := ask(stanza.Set, subscribe.WithAttr("jid", "b@example.org")); stanza.ConditionOf(err) != stanza.BadRequest {
		t.Errorf("for somebody else: %v", err)
	}
	_, err := ask(stanza.Set, subscribe.WithAttr("jid", string(c.JID())))
	must(t, err)
	if got := s.Subscribers(node); !slices.Equal(got, []stanza.JID{c.JID()}) {
		t.Errorf("subscribed: %v", got)
	}
	var got []string
	after := ""
	for {
		iq, err := ask(stanza.Get, items, stanza.NewElement(nsRSM, "set", stanza.NewText(nsRSM, "after", after)))
		must(t, err)
		page := iq.Payload().Child(nsPubsub, "items").Elements()
		if len(page) == 0 {
			break
		}
		for _, e := range page {
			got = append(got, e.Attr("id"))
		}
		after = iq.Payload().Child(nsRSM, "set").ChildText(nsRSM, "last")
	}
	if !slices.Equal(got, []string{"0", "1", "2", "3", "4"}) {
		t.Errorf("items %q", got)
	}
	s.Publish(node, "5")
	s.Retract(node, "0")
	s.Purge(node)
	s.ForgetSubscribers(node)
	s.Publish(node, "6")
	var events []string
	for _, m := range messages(c.Received()) {
		if m.From != s.PubsubService() {
			t.Errorf("an event from %s", m.From)
		}
		e := m.Extension(nsPubsub+"#event", "event").Elements()[0]
		for _, i := range e.Elements() {
			events = append(events, i.Name.Local+" "+i.Attr("id"))
		}
		if e.Name.Local == "purge" {
			events = append(events, "purge")
		}
	}
	if !slices.Equal(events, []string{"item 5", "retract 0", "purge"}) {
		t.Errorf("events %q", events)
	}
}
