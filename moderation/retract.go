package moderation

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/xmppkit/xmppkit/stanza"
)

// retraction is a message to be taken back.
type retraction struct {
	id     string // that the room gave it
	reason string
}

const (
	nsModerate1 = "urn:xmpp:message-moderate:1"
	nsModerate0 = "urn:xmpp:message-moderate:0"
	nsRetract1  = "urn:xmpp:message-retract:1"
	nsRetract0  = "urn:xmpp:message-retract:0"
	nsFasten    = "urn:xmpp:fasten:0"
)

var (
	errNoModeration = errors.New("moderation: the room takes no messages back (XEP-0425)")
	errNoStanzaID   = errors.New("moderation: the room gave the message no id")
)

// takeBack lets messages wait to be taken back: the one that was caught, those that
// the rule has seen before it, and as many more of the offender's as the rule says.
// What the same offender says meanwhile goes with them.
func (m *Moderator) takeBack(v verdict, p *person, s said) {
	m.mu.Lock()
	list := p.toRetract(v.seen, s.id, v.rule.Retract)
	waiting := len(p.retract) > 0
	for _, id := range list {
		p.retract = append(p.retract, retraction{id, v.Reason})
	}
	m.mu.Unlock()
	switch {
	case len(list) == 0 && s.message != nil && s.id == "":
		m.report(v, p, Outcome{Action: Retract, Err: errNoStanzaID})
	case len(list) > 0 && !waiting && !m.push(v, p, Retract, func(ctx context.Context) { m.retractAll(ctx, v, p) }):
		m.mu.Lock()
		p.retract = nil
		m.mu.Unlock()
	}
}

// toRetract is the ids of messages that are to be taken back, each once; m.mu is held.
func (p *person) toRetract(seen recent, id string, more int) []string {
	var list []string
	add := func(id string) {
		if id != "" && !slices.Contains(list, id) {
			list = append(list, id)
		}
	}
	for _, u := range seen {
		// One that is on its way already is no longer among the recent ones.
		if slices.ContainsFunc(p.recent, func(r utterance) bool { return r.id == u.id }) {
			add(u.id)
		}
	}
	for _, u := range p.recent[max(0, len(p.recent)-more-1):] {
		if more > 0 {
			add(u.id)
		}
	}
	add(id)
	for i := range p.recent {
		if slices.Contains(list, p.recent[i].id) {
			p.recent[i].id = ""
		}
	}
	return list
}

// atOnce is how many messages are taken back at a time.
const atOnce = 8

// retractAll takes back what waits. Each message is tried twice; one that fails stops
// no other.
func (m *Moderator) retractAll(ctx context.Context, v verdict, p *person) {
	m.mu.Lock()
	list, s := p.retract, m.session
	p.retract = nil
	m.mu.Unlock()
	ns, err := m.moderates(ctx, v.Room)
	var left []retraction
	if err == nil {
		left, err = retractThrough(ctx, s, v.Room, ns, list, m.cfg.Timeout)
	} else {
		left = list
	}
	if errors.Is(err, stanza.ErrOffline) || errors.Is(err, stanza.ErrLost) {
		drop := func() { m.report(v, p, Outcome{Action: Retract, Count: len(list) - len(left), Err: err}) }
		if m.hold(v.Room, held{run: func() { m.retractLater(v, p, left) }, drop: drop}) {
			return
		}
	}
	e := Outcome{Action: Retract, Done: Retract, Count: len(list) - len(left), Err: err}
	if e.Count == 0 {
		e.Done = Log
	}
	m.report(v, p, e)
}

// retractLater lets messages wait once more.
func (m *Moderator) retractLater(v verdict, p *person, left []retraction) {
	m.mu.Lock()
	p.retract = append(p.retract, left...)
	m.mu.Unlock()
	m.push(v, p, Retract, func(ctx context.Context) { m.retractAll(ctx, v, p) })
}

// moderates is the namespace of XEP-0425 that the room announces.
func (m *Moderator) moderates(ctx context.Context, room stanza.JID) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, m.cfg.Timeout)
	defer cancel()
	info, err := m.rooms.Info(ctx, room)
	switch {
	case err != nil:
		return "", err
	case info.Has(nsModerate1):
		return nsModerate1, nil
	case info.Has(nsModerate0):
		return nsModerate0, nil
	}
	return "", errNoModeration
}

// retractThrough sends the requests, several at a time, and gives back those that
// failed, with the last error.
func retractThrough(ctx context.Context, s stanza.Session, room stanza.JID, ns string, list []retraction, timeout time.Duration) ([]retraction, error) {
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex // guards failed, last, next
		last  error
		next  int
		fails []retraction
	)
	work := func() {
		for {
			mu.Lock()
			i := next
			next++
			mu.Unlock()
			if i >= len(list) {
				return
			}
			if err := retractOne(ctx, s, room, ns, list[i], timeout); err != nil {
				mu.Lock()
				last, fails = err, append(fails, list[i])
				mu.Unlock()
			}
		}
	}
	for range min(atOnce, len(list)) {
		wg.Go(work)
	}
	wg.Wait()
	return fails, last
}

func retractOne(ctx context.Context, s stanza.Session, room stanza.JID, ns string, r retraction, timeout time.Duration) error {
	var err error
	for range 2 {
		ctx, cancel := context.WithTimeout(ctx, timeout)
		_, err = s.Request(ctx, &stanza.IQ{To: room, Type: stanza.Set, Extensions: []stanza.Element{retractElement(ns, r)}})
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, &stanza.Error{Type: stanza.Wait}) {
			return err
		}
	}
	return err
}

// retractElement is the request in one of its two forms (XEP-0425 §4, and version 0.2
// of it).
func retractElement(ns string, r retraction) stanza.Element {
	var reason []stanza.Element
	if r.reason != "" {
		reason = []stanza.Element{stanza.NewText(ns, "reason", r.reason)}
	}
	if ns == nsModerate1 {
		return stanza.NewElement(ns, "moderate", append([]stanza.Element{stanza.NewElement(nsRetract1, "retract")}, reason...)...).
			WithAttr("id", r.id)
	}
	return stanza.NewElement(nsFasten, "apply-to",
		stanza.NewElement(ns, "moderate", append([]stanza.Element{stanza.NewElement(nsRetract0, "retract")}, reason...)...)).
		WithAttr("id", r.id)
}
