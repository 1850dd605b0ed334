package xmpptest

import (
	"slices"

	"github.com/xmppkit/xmppkit/stanza"
)

const (
	nsPubsub      = "http://jabber.org/protocol/pubsub"
	nsPubsubEvent = "http://jabber.org/protocol/pubsub#event"
)

// pubsubService is nodes that everybody may read and subscribe to, and that only
// the test changes (XEP-0060). All of it is guarded by Server.mu.
type pubsubService struct {
	srv   *Server
	nodes map[string]*node
}

type node struct {
	name        string
	ids         []string // oldest first
	items       map[string]stanza.Element
	subscribers []stanza.JID
}

func newPubsubService(s *Server) *pubsubService {
	return &pubsubService{srv: s, nodes: map[string]*node{}}
}

func (v *pubsubService) handle(p *party, st stanza.Stanza) {
	iq, ok := st.(*stanza.IQ)
	if !ok || st.Header().To != v.srv.PubsubService() {
		v.srv.bounce(p, st, &stanza.Error{Condition: stanza.ServiceUnavailable})
		return
	}
	if !iq.IsRequest() {
		return
	}
	payload, refused := v.answer(p, iq)
	if refused != "" {
		p.send(iq.Refuse(&stanza.Error{Condition: refused}))
		return
	}
	p.send(iq.Result(payload...))
}

func (v *pubsubService) answer(p *party, iq *stanza.IQ) ([]stanza.Element, stanza.Condition) {
	x := iq.Payload()
	switch {
	case x == nil:
		return nil, stanza.BadRequest
	case x.Is(stanza.NSPing, "ping"):
		return nil, ""
	case x.Is(stanza.NSDiscoInfo, "query"):
		return []stanza.Element{discoInfo("pubsub", "service", "Nodes", stanza.NSDiscoInfo, stanza.NSDiscoItems,
			nsPubsub, nsPubsub+"#subscribe", nsPubsub+"#retrieve-items", nsRSM)}, ""
	case x.Is(stanza.NSDiscoItems, "query"):
		return []stanza.Element{v.list()}, ""
	case !x.Is(nsPubsub, "pubsub"):
		return nil, stanza.ServiceUnavailable
	}
	for _, ask := range x.Elements() {
		if ask.Name.Space != nsPubsub {
			continue
		}
		n := v.nodes[ask.Attr("node")]
		if n == nil {
			return nil, stanza.ItemNotFound
		}
		switch ask.Name.Local {
		case "items":
			return v.items(n, &ask, x.Child(nsRSM, "set"))
		case "subscribe", "unsubscribe":
			return v.subscribe(p, n, &ask)
		}
		return nil, stanza.Forbidden
	}
	return nil, stanza.BadRequest
}

func (v *pubsubService) list() stanza.Element {
	q := stanza.NewElement(stanza.NSDiscoItems, "query")
	for name := range v.nodes {
		q.Children = append(q.Children, stanza.NewElement(stanza.NSDiscoItems, "item").
			WithAttr("jid", v.srv.cfg.Pubsub).WithAttr("node", name))
	}
	return q
}

// items is XEP-0060 §6.5, with paging.
func (v *pubsubService) items(n *node, ask, set *stanza.Element) ([]stanza.Element, stanza.Condition) {
	list := stanza.NewElement(nsPubsub, "items").WithAttr("node", n.name)
	if wanted := ask.Elements(); len(wanted) > 0 {
		for _, w := range wanted {
			if item, ok := n.items[w.Attr("id")]; ok {
				list.Children = append(list.Children, item)
			}
		}
		return []stanza.Element{stanza.NewElement(nsPubsub, "pubsub", list)}, ""
	}
	at := func(id string) int { return slices.Index(n.ids, id) }
	lo, hi, _, refused := page(set, len(n.ids), v.srv.cfg.Page, at)
	if refused != "" {
		return nil, refused
	}
	var first, last string
	for _, id := range n.ids[lo:hi] {
		list.Children = append(list.Children, n.items[id])
		if first == "" {
			first = id
		}
		last = id
	}
	return []stanza.Element{stanza.NewElement(nsPubsub, "pubsub", list, pageSet(first, last, lo, len(n.ids)))}, ""
}

// subscribe is XEP-0060 §6.1 and §6.2.
func (v *pubsubService) subscribe(p *party, n *node, ask *stanza.Element) ([]stanza.Element, stanza.Condition) {
	jid, err := stanza.ParseJID(ask.Attr("jid"))
	if err != nil || jid.Bare() != p.jid.Bare() {
		return nil, stanza.BadRequest
	}
	has := slices.Contains(n.subscribers, jid)
	if ask.Name.Local == "unsubscribe" {
		if !has {
			return nil, stanza.UnexpectedRequest
		}
		n.subscribers = slices.DeleteFunc(n.subscribers, func(j stanza.JID) bool { return j == jid })
		return nil, ""
	}
	if !has {
		n.subscribers = append(n.subscribers, jid)
	}
	return []stanza.Element{stanza.NewElement(nsPubsub, "pubsub", stanza.NewElement(nsPubsub, "subscription").
		WithAttr("node", n.name).WithAttr("jid", string(jid)).WithAttr("subscription", "subscribed"))}, ""
}

// notify tells all subscribers (XEP-0060 §7.1.2).
func (v *pubsubService) notify(n *node, what stanza.Element) {
	for _, jid := range n.subscribers {
		v.srv.toAddress(jid, &stanza.Message{
			ID: stanza.NewID(), From: v.srv.PubsubService(), To: jid, Type: stanza.Headline,
			Extensions: []stanza.Element{stanza.NewElement(nsPubsubEvent, "event", what)},
		})
	}
}

// change does something to a node, which is made if need be, and tells what is to be
// told.
func (v *pubsubService) change(name string, do func(*node) *stanza.Element) {
	v.srv.mu.Lock()
	defer v.srv.mu.Unlock()
	n := v.nodes[name]
	if n == nil {
		n = &node{name: name, items: map[string]stanza.Element{}}
		v.nodes[name] = n
	}
	if what := do(n); what != nil {
		v.notify(n, *what)
	}
	v.srv.happened()
}

// Publish puts an item into a node of the pubsub service, and tells the subscribers.
// The node is created if need be.
func (s *Server) Publish(name, id string, payload ...stanza.Element) {
	s.pubsub.change(name, func(n *node) *stanza.Element {
		if _, ok := n.items[id]; !ok {
			n.ids = append(n.ids, id)
		}
		n.items[id] = stanza.NewElement(nsPubsub, "item", payload...).WithAttr("id", id)
		item := stanza.NewElement(nsPubsubEvent, "item", payload...).WithAttr("id", id)
		e := stanza.NewElement(nsPubsubEvent, "items", item).WithAttr("node", name)
		return &e
	})
}

// Retract takes an item out of a node, and tells the subscribers.
func (s *Server) Retract(name, id string) {
	s.pubsub.change(name, func(n *node) *stanza.Element {
		if _, ok := n.items[id]; !ok {
			return nil
		}
		delete(n.items, id)
		n.ids = slices.DeleteFunc(n.ids, func(i string) bool { return i == id })
		item := stanza.NewElement(nsPubsubEvent, "retract").WithAttr("id", id)
		e := stanza.NewElement(nsPubsubEvent, "items", item).WithAttr("node", name)
		return &e
	})
}

// Purge empties a node, and tells the subscribers.
func (s *Server) Purge(name string) {
	s.pubsub.change(name, func(n *node) *stanza.Element {
		n.ids = nil
		clear(n.items)
		e := stanza.NewElement(nsPubsubEvent, "purge").WithAttr("node", name)
		return &e
	})
}

// Subscribers is who is subscribed to a node.
func (s *Server) Subscribers(name string) []stanza.JID {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := s.pubsub.nodes[name]; n != nil {
		return slices.Clone(n.subscribers)
	}
	return nil
}

// ForgetSubscribers loses a node's subscriptions; nobody is told.
func (s *Server) ForgetSubscribers(name string) {
	s.pubsub.change(name, func(n *node) *stanza.Element {
		n.subscribers = nil
		return nil
	})
}
