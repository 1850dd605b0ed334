package moderation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/xmppkit/xmppkit/stanza"
)

const (
	nsPubsub      = "http://jabber.org/protocol/pubsub"
	nsPubsubEvent = "http://jabber.org/protocol/pubsub#event"
	nsRSM         = "http://jabber.org/protocol/rsm"
	nsReporting   = "urn:xmpp:reporting:1"

	listPage    = 500              // items that are asked for at a time
	maxPages    = 10_000           // of one list
	listEvery   = time.Hour        // between two fetches
	listRetry   = 5 * time.Minute  // after one that failed
	listTimeout = 60 * time.Second // for each page
	maxReport   = 256              // bytes that are kept of a report
)

// ListFetched means that a block list has been fetched (XEP-0060 §6.5), or not.
type ListFetched struct {
	Time    time.Time
	List    string // its name
	Entries int    // that it has now
	Came    int
	Went    int
	Err     error // not nil: nothing went
}

// When is the time.
func (e ListFetched) When() time.Time { return e.Time }

// MarshalJSON is the line of an audit file.
func (e ListFetched) MarshalJSON() ([]byte, error) {
	return json.Marshal(entry{Time: e.Time, Event: "list", Rule: e.List, Count: e.Entries, Error: message(e.Err)})
}

// fetchLists brings all lists up to date, and forgets those that no rule asks for.
func (m *Moderator) fetchLists() {
	set := m.set.Load()
	m.mu.Lock()
	online := m.session != nil
	wanted := map[string]bool{}
	for _, l := range set.lists {
		id := l.id()
		wanted[id] = true
		if m.lists[id] == nil {
			m.lists[id] = &blockList{entries: map[hash]string{}}
		}
		m.lists[id].BlockList = l
	}
	for id, l := range m.lists {
		if !wanted[id] {
			delete(m.lists, id)
			gone := l.BlockList
			m.reads.push(gone.Service, func(ctx context.Context) { m.unsubscribe(ctx, gone) })
		}
	}
	m.mu.Unlock()
	if online {
		for id := range wanted {
			m.fetchList(id)
		}
	}
}

// fetchList lets a list wait for being fetched, unless it does already.
func (m *Moderator) fetchList(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	l := m.lists[id]
	if l == nil || l.again {
		return
	}
	l.again = m.reads.push(l.Service, func(ctx context.Context) { m.fetch(ctx, id, l) })
}

// fetch subscribes to a list and reads it.
func (m *Moderator) fetch(ctx context.Context, id string, l *blockList) {
	m.mu.Lock()
	current, s, own := m.lists[id] == l, m.session, m.own
	l.again, l.changed = false, map[hash]bool{}
	name, service, node := l.Name, l.Service, l.Node
	m.mu.Unlock()
	if !current {
		return
	}
	err := m.subscribe(ctx, s, service, "subscribe", node, own)
	fetched, complete, err2 := fetchItems(ctx, s, service, node)
	err = errors.Join(err, err2)
	m.mu.Lock()
	came, went := l.replace(fetched, complete)
	e := ListFetched{Time: time.Now(), List: name, Entries: len(l.entries), Came: len(came), Went: went, Err: err}
	m.mu.Unlock()
	wait := listEvery
	if err != nil {
		wait = listRetry
	}
	wait = wait*9/10 + rand.N(wait/5)
	m.mu.Lock()
	l.timer.Stop() // of a fetch before this one
	l.timer = m.timers.After(wait, func() { m.refetch(id, l) })
	m.mu.Unlock()
	m.emit(e)
	if len(came) > 0 {
		m.lookAround(false, came)
	}
	if complete {
		m.liftUnlisted(id)
	}
}

// refetch fetches a list again, if it is still that list and nobody has done so since.
func (m *Moderator) refetch(id string, l *blockList) {
	m.mu.Lock()
	current := m.lists[id] == l && m.session != nil
	m.mu.Unlock()
	if current {
		m.fetchList(id)
	}
}

func (m *Moderator) subscribe(ctx context.Context, s stanza.Session, service stanza.JID, verb, node string, own stanza.JID) error {
	if s == nil {
		return stanza.ErrOffline
	}
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	_, err := s.Request(ctx, &stanza.IQ{To: service, Type: stanza.Set, Extensions: []stanza.Element{
		stanza.NewElement(nsPubsub, "pubsub", stanza.NewElement(nsPubsub, verb).WithAttr("node", node).WithAttr("jid", string(own)))}})
	if err != nil {
		return fmt.Errorf("%s: %s %s: %w", verb, service, node, err)
	}
	return nil
}

func (m *Moderator) unsubscribe(ctx context.Context, l *BlockList) {
	m.mu.Lock()
	s, own := m.session, m.own
	m.mu.Unlock()
	if err := m.subscribe(ctx, s, l.Service, "unsubscribe", l.Node, own); err != nil {
		m.cfg.Logger.Debug("moderation: still subscribed", "list", l.Name, "err", err)
	}
}

// fetchItems reads all items of a node, page by page where the service has pages
// (XEP-0059). complete means that there are no others.
func fetchItems(ctx context.Context, s stanza.Session, service stanza.JID, node string) (all map[hash]string, complete bool, err error) {
	all = map[hash]string{}
	if s == nil {
		return all, false, stanza.ErrOffline
	}
	after, total := "", 0
	for page := range maxPages {
		list, set, err := fetchPage(ctx, s, service, node, after)
		if err != nil {
			return all, false, fmt.Errorf("items of %s %s: %w", service, node, err)
		}
		total += len(list)
		for i := range list {
			if h, ok := parseHash(list[i].Attr("id")); ok && len(all) < maxEntries {
				all[h] = report(&list[i])
			}
		}
		if set == nil {
			// A service without pages has sent everything, one that has some and says
			// nothing any more has not.
			return all, page == 0, pageError(page == 0)
		}
		last := set.ChildText(nsRSM, "last")
		count, err := strconv.Atoi(set.ChildText(nsRSM, "count"))
		switch {
		case len(list) == 0, err == nil && total >= count:
			return all, true, nil
		case last == "" || last == after:
			return all, false, pageError(false)
		}
		after = last
	}
	return all, false, pageError(false)
}

var errPages = errors.New("moderation: the service's pages lead nowhere")

func pageError(fine bool) error {
	if fine {
		return nil
	}
	return errPages
}

func fetchPage(ctx context.Context, s stanza.Session, service stanza.JID, node, after string) (list []stanza.Element, set *stanza.Element, err error) {
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	ask := stanza.NewElement(nsRSM, "set", stanza.NewText(nsRSM, "max", strconv.Itoa(listPage)))
	if after != "" {
		ask.Children = append(ask.Children, stanza.NewText(nsRSM, "after", after))
	}
	answer, err := s.Request(ctx, &stanza.IQ{To: service, Type: stanza.Get, Extensions: []stanza.Element{
		stanza.NewElement(nsPubsub, "pubsub", stanza.NewElement(nsPubsub, "items").WithAttr("node", node), ask)}})
	if err != nil {
		return nil, nil, err
	}
	p := answer.Extension(nsPubsub, "pubsub")
	if p == nil {
		return nil, nil, errors.New("not a pubsub answer")
	}
	if items := p.Child(nsPubsub, "items"); items != nil {
		for _, e := range items.Children {
			if e.Is(nsPubsub, "item") {
				list = append(list, e)
			}
		}
	}
	return list, p.Child(nsRSM, "set"), nil
}

// report is why somebody is on a list (XEP-0377), as far as it says.
func report(item *stanza.Element) string {
	r := item.Child(nsReporting, "report")
	if r == nil {
		return ""
	}
	if t := r.ChildText(nsReporting, "text"); t != "" {
		return cut(t, maxReport)
	}
	return cut(r.Attr("reason"), maxReport)
}

// listEvent takes in what the service of a list tells (XEP-0060 §7); from is the
// message's sender, whose word counts for its own nodes only.
func (m *Moderator) listEvent(from stanza.JID, e *stanza.Element) {
	var came []hash
	var touched []string
	m.mu.Lock()
	for i := range e.Children {
		c := &e.Children[i]
		id := string(from) + " " + c.Attr("node")
		l := m.lists[id]
		if l == nil {
			continue
		}
		switch {
		case c.Is(nsPubsubEvent, "purge"), c.Is(nsPubsubEvent, "delete"):
			l.clear()
			touched = append(touched, id)
		case c.Is(nsPubsubEvent, "items"):
			for j := range c.Children {
				x := &c.Children[j]
				h, ok := parseHash(x.Attr("id"))
				switch {
				case !ok:
				case x.Is(nsPubsubEvent, "item"):
					if l.add(h, report(x)) {
						came = append(came, h)
					}
				case x.Is(nsPubsubEvent, "retract"):
					l.remove(h)
					touched = append(touched, id)
				}
			}
		}
	}
	m.mu.Unlock()
	if len(came) > 0 {
		m.lookAround(false, came)
	}
	for _, id := range touched {
		m.liftUnlisted(id)
	}
}

// liftUnlisted lifts the bans that a list has caused and has no entry for any more. One
// that another list would cause becomes that one's.
func (m *Moderator) liftUnlisted(id string) {
	set := m.set.Load()
	type change struct {
		who banned
		b   *ban
		to  *ban
	}
	var list []change
	m.mu.Lock()
	l := m.lists[id]
	for who, b := range m.bans {
		if l == nil || b.List != id {
			continue
		}
		if h, ok := parseHash(b.Hash); ok {
			if _, listed := l.entries[h]; listed {
				continue
			}
		}
		c := change{who, b, nil}
		for _, f := range m.lookLists(set, who.room, who.jid, nil) {
			if f.rule.DryRun || !slices.Contains(f.rule.Actions, Ban) {
				continue
			}
			c.to = &ban{List: f.rule.list.id(), Hash: f.Phrase}
		}
		list = append(list, c)
	}
	m.mu.Unlock()
	for _, c := range list {
		if c.to != nil {
			if err := m.saveBan(c.who, c.to); err != nil {
				m.cfg.Logger.Error("moderation: not stored", "err", err)
			}
			continue
		}
		m.unlisted(c.who, c.b)
	}
}

// unlisted lets a list's ban be lifted.
func (m *Moderator) unlisted(who banned, b *ban) {
	if !m.queue.push(who.room, func(ctx context.Context) { m.lift(ctx, who, b, "no longer on the list") }) {
		m.again(who, b)
	}
}
