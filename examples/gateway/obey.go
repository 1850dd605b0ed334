package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/xmppkit/xmppkit/muc"
	"github.com/xmppkit/xmppkit/stanza"
)

// order is a text of the inbox that is being seen to. What it changes and what is
// answered is one transaction with its removal; what it does besides comes after, or
// may be done twice.
type order struct {
	p       *phone
	key     []byte
	rec     record
	changes []func(*bolt.Tx) error
	after   []func()
	answers []string
}

var (
	// errLater means that something has to happen before the text can be seen to.
	errLater = errors.New("later")
	// errSaying means that it has been said: the inbox goes on when that is confirmed.
	errSaying = errors.New("being said")
)

// work sees to the texts of a phone, one after the other.
func (g *gateway) work(ctx context.Context, number string) {
	if number == everybody {
		g.kickAll()
		return
	}
	p, err := g.phone(number)
	if err == nil {
		p.work(true)
		defer p.work(false)
	}
	for err == nil && ctx.Err() == nil && !p.busy() {
		var key []byte
		var l letter
		if key, l, err = g.state.first(bucketInbox, number); key == nil || err != nil {
			break
		}
		if !p.attend(ctx, key, l) {
			return
		}
	}
	if err != nil {
		g.log.Error("inbox: not seen to", "phone", number, "err", err)
	}
}

// attend sees to one text; false if the next one has to wait.
func (p *phone) attend(ctx context.Context, key []byte, l letter) bool {
	o := &order{p: p, key: key}
	var err error
	if o.rec, err = p.g.state.record(p.number); err == nil {
		if time.Since(l.At) > time.Duration(p.g.cfg.Limits.Wait) {
			o.answer(sayNotSent(l.Text, whyOffline))
		} else {
			err = o.obey(ctx, parse(l.Text))
		}
	}
	if err == nil {
		err = o.finish()
	}
	switch {
	case err == nil:
		return true
	case errors.Is(err, errSaying), errors.Is(err, errLater), errors.Is(err, stanza.ErrOffline):
	case ctx.Err() == nil:
		p.g.log.Warn("inbox: later", "phone", p.number, "err", err)
	}
	return false
}

// finish makes what the order brought about lasting, and does the rest.
func (o *order) finish() error {
	number := o.p.number
	err := o.p.g.state.update(func(tx *bolt.Tx) error {
		for _, f := range o.changes {
			if err := f(tx); err != nil {
				return err
			}
		}
		for _, text := range o.answers {
			if err := o.p.g.outbox.answer(tx, number, text); err != nil {
				return err
			}
		}
		return tx.Bucket(bucketInbox).Delete(o.key)
	})
	if err == nil {
		for _, f := range o.after {
			f()
		}
	}
	return err
}

func (o *order) answer(text string) { o.answers = append(o.answers, text) }

// change changes the phone's record, here and in the transaction.
func (o *order) change(f func(*record)) {
	f(&o.rec)
	o.changes = append(o.changes, func(tx *bolt.Tx) error { return change(tx, o.p.number, f) })
}

func (o *order) obey(ctx context.Context, c command) error {
	room := o.p.where()
	if c.verb == meant {
		if room != "" {
			c = command{verb: speak, arg: strings.TrimSpace("join " + c.arg)}
		} else {
			o.answer(sayMeantJoin)
			c.verb = join
		}
	}
	switch c.verb {
	case speak:
		return o.speak(ctx, room, c.arg)
	case join:
		o.join(ctx, room, c.arg)
	case leave:
		o.leave(ctx, room)
	case create:
		return o.create(ctx, c.arg)
	case who:
		o.who(room)
	case list:
		o.answer(sayList(o.rec.Bookmarks))
	case invite:
		return o.invite(ctx, room, c.arg)
	case nick:
		return o.nick(ctx, room, c.arg)
	case tell:
		return o.tell(ctx, room, c.arg)
	case debounce:
		o.debounce(c.wait)
	case help:
		o.answer(sayHelp1)
		o.answer(sayHelp2)
	case unknown:
		o.answer(sayUnknown(c.arg))
	case misused:
		o.answer(sayUsage(c.arg))
	}
	return nil
}

// speak says something in the room.
func (o *order) speak(ctx context.Context, room stanza.JID, text string) error {
	if room == "" {
		o.hint()
		return nil
	}
	own, err := o.p.own(room)
	if errors.Is(err, errLater) {
		leaves, err := o.p.g.state.leavesLater(o.p.number, o.key)
		if err == nil && leaves { // and is not to be kept from it by what cannot be said
			o.answer(sayNotSent(text, whyLeft))
			return nil
		}
		return errors.Join(errLater, err)
	}
	if err != nil {
		return err
	}
	return o.p.say(ctx, o.key, &stanza.Message{To: room, Type: stanza.GroupChat, Body: text}, own)
}

// own is the phone's address in a room that it is in.
func (p *phone) own(room stanza.JID) (stanza.JID, error) {
	st, ok := p.rooms.Room(room)
	if !ok || !st.Joined || !p.g.muster.complete(room, time.Now()) {
		return "", errLater
	}
	return room.WithResource(st.Nick)
}

// hint says that the phone is in no group, once an hour.
func (o *order) hint() {
	o.changes = append(o.changes, func(tx *bolt.Tx) error {
		lim, err := readLimits(tx, o.p.number)
		if err != nil || lim.Hints.take(time.Now(), time.Hour, 1) != within {
			return err
		}
		return errors.Join(writeLimits(tx, o.p.number, lim), o.p.g.outbox.answer(tx, o.p.number, sayNotJoined))
	})
}

func (o *order) join(ctx context.Context, room stanza.JID, name string) {
	w := o.rec.Invite
	if name != "" {
		var ok bool
		if w, ok = o.rec.find(name); !ok || w.JID.Domain() == string(o.p.g.domain) {
			o.answer(sayNoRoom(name))
			return
		}
	}
	switch w.JID {
	case "":
		o.answer(sayNoInvite)
	case room:
		o.answer(sayInAlready)
	default:
		o.change(func(r *record) { r.Room = w })
		o.after = append(o.after, func() { o.p.enter(ctx, o.rec) })
	}
}

func (o *order) leave(ctx context.Context, room stanza.JID) {
	if room == "" {
		o.answer(sayNotJoined)
		return
	}
	o.change(func(r *record) { r.Room = wish{} })
	if !o.p.isIn(room) {
		o.answer(sayLeft(room))
	}
	o.after = append(o.after, func() { o.p.exit(ctx, room, statusLeave, sayLeft(room)) })
}

func (o *order) who(room stanza.JID) {
	m, in := o.p.g.notifier.Who(o.p.jid, room)
	switch {
	case in:
		o.answer(sayWho(m))
	case room != "":
		o.answer(sayNotYet(room))
	default:
		o.answer(sayNotJoined)
	}
}

func (o *order) debounce(wait time.Duration) {
	o.change(func(r *record) {
		r.Debounce = nil
		if wait >= 0 {
			seconds := int(wait / time.Second)
			r.Debounce = &seconds
		}
	})
	o.after = append(o.after, func() { o.p.setWait(wait) })
	o.answer(sayDebounce(wait))
}

func (o *order) nick(ctx context.Context, room stanza.JID, nick string) error {
	nick = strings.Join(strings.Fields(nick), " ")
	if strings.HasPrefix(nick, "/") {
		o.answer(saySlashNick)
		return nil
	}
	full, err := o.p.jid.WithResource(nick)
	if err != nil || len([]rune(nick)) > showNick {
		o.answer(sayBadName(nick))
		return nil
	}
	nick = full.Resource()
	if room != "" {
		err := o.p.rooms.SetNick(ctx, room, nick)
		var refused *stanza.Error
		switch {
		case err == nil, errors.Is(err, muc.ErrNoRoom):
		case errors.As(err, &refused), errors.Is(err, muc.ErrNoAnswer):
			o.answer(sayNickRefused(nick, err))
			return nil
		default:
			return err
		}
	}
	o.change(func(r *record) { r.Nick = nick })
	o.answer(sayNick(nick))
	return nil
}

func (o *order) invite(ctx context.Context, room stanza.JID, whom string) error {
	if room == "" {
		o.answer(sayNotJoined)
		return nil
	}
	jid, ok := o.p.g.somebody(whom)
	if !ok {
		o.answer(sayNobody(whom))
		return nil
	}
	if _, err := o.p.own(room); err != nil {
		return err
	}
	rooms := o.p.rooms
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	info, err := rooms.Info(ctx, room)
	if err == nil && info.Has("muc_membersonly") {
		// Without the standing for that, the invitation itself may do.
		err = rooms.SetAffiliation(ctx, room, jid, stanza.Member, "")
	}
	if errors.Is(err, stanza.ErrLost) {
		return err
	}
	// Nothing to say in them: they are shown with who sends them.
	if err := rooms.Invite(ctx, room, jid, ""); err != nil {
		return err
	}
	if err := rooms.InviteDirect(ctx, room, jid, ""); err != nil {
		return err
	}
	o.answer(sayInvitedThem(whom))
	return nil
}

// requestTimeout is for what another server is asked.
const requestTimeout = 20 * time.Second

// somebody is the address that a phone means by a number or an address.
func (g *gateway) somebody(s string) (stanza.JID, bool) {
	if number, ok := parseNumber(s); ok {
		return g.jid(number), true
	}
	jid, err := stanza.ParseJID(s)
	return jid.Bare(), err == nil && jid.Local() != ""
}

// tell says something to one person: an address, a number, or somebody in the room.
func (o *order) tell(ctx context.Context, room stanza.JID, arg string) error {
	g := o.p.g
	var present []string
	if m, in := g.notifier.Who(o.p.jid, room); in {
		present = m.Occupants
	}
	whom, text := addressee(arg, present)
	if text == "" {
		o.answer(sayUsage(usages[tell]))
		return nil
	}
	if slices.Contains(present, whom) {
		own, err := o.p.own(room)
		if err != nil {
			return err
		}
		to, err := room.WithResource(whom)
		if err != nil {
			return err
		}
		return o.p.say(ctx, o.key, &stanza.Message{To: to, Type: stanza.Chat, Body: text,
			Extensions: []stanza.Element{stanza.MUCUser{}.Element()}}, own)
	}
	jid, ok := g.somebody(whom)
	if !ok {
		o.answer(sayNobody(whom))
		return nil
	}
	if jid.Domain() != string(g.domain) {
		if err := g.state.update(func(tx *bolt.Tx) error {
			return change(tx, o.p.number, func(r *record) { r.contact(jid) })
		}); err != nil {
			return err
		}
		return o.p.say(ctx, o.key, &stanza.Message{To: jid, Type: stanza.Chat, Body: text}, stanza.JID(jid.Domain()))
	}
	o.change(func(r *record) { r.contact(jid) })
	// From phone to phone: no server need know.
	number, ok := numberOf(jid, g.domain)
	if !ok {
		o.answer(sayNobody(whom))
		return nil
	}
	o.changes = append(o.changes, func(tx *bolt.Tx) error {
		taken, err := g.outbox.add(tx, number, letter{Text: sayWhispered(o.p.number, text), From: o.p.jid})
		if err == nil && !taken {
			err = g.outbox.answer(tx, o.p.number, sayNotSent(text, whyFull))
		}
		return err
	})
	return nil
}
