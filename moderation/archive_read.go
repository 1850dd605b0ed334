package moderation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/xmppkit/xmppkit/muc"
	"github.com/xmppkit/xmppkit/stanza"
)

// absence is the reading of one archive.
type absence struct {
	m      *Moderator
	s      stanza.Session
	room   stanza.JID
	set    *Ruleset
	people map[string]*person // who has been decided on
	last   mark               // that has been looked at
	count  int

	admins   map[stanza.JID]bool // and owners; nil: not asked for yet
	unknown  bool                // who they are
	overlaps bool                // what has been seen live has been reached
}

// read looks at everything after a mark; without one it only makes it.
func (a *absence) read(ctx context.Context, from mark) error {
	if a.s == nil {
		return stanza.ErrOffline
	}
	if info, err := a.m.rooms.Info(ctx, a.room); err != nil {
		return err
	} else if !info.Has(nsMAM) {
		return errNoArchive
	}
	if from.ID == "" {
		list, _, err := a.page(ctx, mark{}, nil)
		if n := len(list); n > 0 {
			a.last = list[n-1].mark
		}
		return err
	}
	start := &from.Time
	for range archivePages {
		list, complete, err := a.page(ctx, from, nil)
		if errors.Is(err, stanza.ItemNotFound) && start != nil {
			// The archive no longer has what we saw last: go by the time.
			list, complete, err = a.page(ctx, mark{}, start)
		}
		if err != nil {
			return err
		}
		start = nil
		for i := range list {
			if a.look(ctx, &list[i]); a.overlaps {
				return nil
			}
		}
		if complete || len(list) == 0 {
			return nil
		}
		from = list[len(list)-1].mark
	}
	return errTooMuch
}

// archived is a message from the archive.
type archived struct {
	mark
	message *stanza.Message
}

// page asks for a page: what follows a mark, or a time, or else the very last message.
func (a *absence) page(ctx context.Context, after mark, start *time.Time) (list []archived, complete bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	q := a.m.collect(a.room)
	defer a.m.drop(q)
	set := stanza.NewElement(nsRSM, "set", stanza.NewText(nsRSM, "max", strconv.Itoa(archivePage)))
	query := stanza.NewElement(nsMAM, "query").WithAttr("queryid", q.id)
	switch {
	case after.ID != "":
		set.Children = append(set.Children, stanza.NewText(nsRSM, "after", after.ID))
	case start != nil:
		field := func(name, value string) stanza.Element {
			return stanza.NewElement(stanza.NSData, "field", stanza.NewText(stanza.NSData, "value", value)).WithAttr("var", name)
		}
		query.Children = append(query.Children, stanza.NewElement(stanza.NSData, "x",
			field("FORM_TYPE", nsMAM), field("start", stanza.FormatTime(*start))).WithAttr("type", "submit"))
	default:
		set.Children = []stanza.Element{stanza.NewText(nsRSM, "max", "1"), stanza.NewElement(nsRSM, "before")}
	}
	query.Children = append(query.Children, set)
	answer, err := a.s.Request(ctx, &stanza.IQ{To: a.room, Type: stanza.Set, Extensions: []stanza.Element{query}})
	if err != nil {
		return nil, false, fmt.Errorf("archive of %s: %w", a.room, err)
	}
	fin := answer.Extension(nsMAM, "fin")
	if fin == nil {
		return nil, false, errNoArchive
	}
	last := ""
	if set := fin.Child(nsRSM, "set"); set != nil {
		last = set.ChildText(nsRSM, "last")
	}
	// The answer overtakes the messages on their way through the handlers.
	list, err = q.until(ctx, last)
	return list, fin.Attr("complete") == "true", err
}

// collector is where the messages of a page arrive.
type collector struct {
	id   string
	room stanza.JID
	list chan archived
}

// collect makes a collector. It has room for more than a page.
func (m *Moderator) collect(room stanza.JID) *collector {
	q := &collector{id: stanza.NewID(), room: room, list: make(chan archived, 2*archivePage)}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.queries[q.id] = q
	return q
}

func (m *Moderator) drop(q *collector) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.queries, q.id)
}

// until waits for the messages up to the last one.
func (q *collector) until(ctx context.Context, last string) ([]archived, error) {
	var list []archived
	if last == "" {
		return nil, nil
	}
	for {
		select {
		case x := <-q.list:
			if list = append(list, x); x.ID == last {
				return list, nil
			}
		case <-ctx.Done():
			return nil, fmt.Errorf("archive of %s: %w", q.room, ctx.Err())
		}
	}
}

// archiveResult takes in a message of an archive; false if nobody asked for it.
func (m *Moderator) archiveResult(from stanza.JID, e *stanza.Element) bool {
	m.mu.Lock()
	q := m.queries[e.Attr("queryid")]
	m.mu.Unlock()
	if q == nil || q.room != from {
		return false
	}
	x := archived{mark: mark{ID: e.Attr("id")}}
	if f := e.Child(nsForward, "forwarded"); f != nil && len(x.ID) <= maxID {
		if d := f.Child(stanza.NSDelay, "delay"); d != nil {
			x.Time, _ = stanza.ParseTime(d.Attr("stamp")) // without one it counts as long ago
		}
		if msg := f.Child(stanza.NSClient, "message"); msg != nil {
			own := *msg // others read the stanza too
			own.Attrs, own.Children = slices.Clone(msg.Attrs), slices.Clone(msg.Children)
			x.message, _ = stanza.FromElement(own).(*stanza.Message)
		}
	}
	select {
	case q.list <- x:
	default: // more than was asked for
	}
	return true
}

// look looks at one message.
func (a *absence) look(ctx context.Context, x *archived) {
	m, msg := a.m, x.message
	m.mu.Lock()
	a.overlaps = x.ID != "" && m.progress(a.room).first == x.ID
	m.mu.Unlock()
	if a.overlaps {
		return
	}
	a.last = x.mark
	if a.last.Time.IsZero() {
		a.last.Time = time.Now().UTC()
	}
	if msg == nil || msg.From.Bare() != a.room || msg.From.Resource() == "" || msg.Type == stanza.MessageError {
		return
	}
	a.count++
	list := a.set.lookText(a.room, texts(msg), false)
	if len(list) == 0 { // as nearly always; who it was is not asked for nothing
		return
	}
	o, by := a.speaker(msg)
	if m.spared(a.set, a.room, o) != "" || a.isAdmin(ctx, o.JID) {
		return
	}
	// Who has left, and cannot be told from an admin, is not acted on.
	s := said{message: msg, id: x.ID, old: true, by: by, dry: by != nil && (a.unknown || o.JID == "")}
	m.judge(a.set, a.room, o, list, s)
}

// speaker is who said something, as far as the room tells: who is present now is
// known again by their address or lasting id, never by their nick.
func (a *absence) speaker(msg *stanza.Message) (muc.Occupant, *person) {
	o := muc.Occupant{Nick: msg.From.Resource(), ID: msg.OccupantID()}
	if u, ok := msg.MUCUser(); ok {
		o.JID = u.Item().JID
		o.Affiliation = u.Item().Affiliation
	}
	for _, here := range a.m.rooms.Occupants(a.room) {
		if o.ID != "" && here.ID == o.ID || o.JID != "" && here.JID.Bare() == o.JID.Bare() {
			return here, nil
		}
	}
	key := string(o.JID.Bare()) + " " + o.ID
	if key == " " {
		key = "/" + o.Nick
	}
	p := a.people[key]
	if p == nil {
		p = &person{room: a.room, occupant: o, gone: true}
		a.people[key] = p
	}
	return o, p
}

// isAdmin reports whether an address is an owner's or an admin's, who may not be
// present.
func (a *absence) isAdmin(ctx context.Context, jid stanza.JID) bool {
	if a.admins == nil {
		a.admins = map[stanza.JID]bool{}
		for _, f := range []stanza.Affiliation{stanza.Owner, stanza.Admin} {
			list, err := a.m.rooms.Affiliations(ctx, a.room, f)
			if err != nil {
				a.unknown = true
			}
			for _, it := range list {
				a.admins[it.JID.Bare()] = true
			}
		}
	}
	return jid != "" && a.admins[jid.Bare()]
}
