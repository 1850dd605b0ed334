package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	bolt "go.etcd.io/bbolt"

	"github.com/xmppkit/xmppkit/muc"
	"github.com/xmppkit/xmppkit/stanza"
)

// create makes a room that nobody else has: at a service of ours, in any order, or
// else with a number behind its name.
func (o *order) create(ctx context.Context, name string) error {
	servers := slices.Clone(o.p.g.cfg.Rooms.Servers)
	rand.Shuffle(len(servers), func(i, j int) { servers[i], servers[j] = servers[j], servers[i] })
	tries := make([]stanza.JID, 0, 1+len(servers)+numbered)
	if o.rec.Creating == o.p.g.state.id(o.p.number, o.key) {
		tries = append(tries, o.rec.Room.JID)
	}
	for i := range len(servers) + numbered {
		local := name
		if i >= len(servers) {
			local = fmt.Sprintf("%s_%d", name, 2+rand.N(9998))
		}
		jid, err := stanza.ParseJID(local + "@" + servers[i%len(servers)])
		if err != nil || jid.Local() == "" || jid.Resource() != "" || strings.ContainsAny(name, "@/ ") {
			o.answer(sayBadName(name))
			return nil
		}
		tries = append(tries, jid)
	}
	var last error
	for _, jid := range tries {
		made, err := o.make(ctx, jid)
		switch {
		case made:
			return nil
		case errors.Is(err, stanza.ErrOffline), errors.Is(err, stanza.ErrLost):
			return err
		case err != nil:
			last = err
		}
	}
	o.answer(sayNotCreated(name, last))
	return nil
}

// numbered is how many numbers are tried behind a name that is taken everywhere.
const numbered = 3

// make makes one room, if its name is free, and goes there.
func (o *order) make(ctx context.Context, jid stanza.JID) (made bool, err error) {
	p := o.p
	ask, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	id := p.g.state.id(p.number, o.key)
	if o.rec.Creating != id || o.rec.Room.JID != jid { // else we were killed on the way
		_, err = p.rooms.Info(ask, jid)
		if err == nil || stanza.ConditionOf(err) != stanza.ItemNotFound {
			return false, err
		}
	}
	if old := p.where(); old != "" && old != jid {
		p.exit(ctx, old, statusSwitch, "")
	}
	set := func(room wish, id string) error {
		o.rec.Room, o.rec.Creating = room, id
		return p.g.state.update(func(tx *bolt.Tx) error {
			return change(tx, p.number, func(r *record) { r.Room, r.Creating = room, id })
		})
	}
	if err := set(wish{JID: jid}, id); err != nil {
		return false, err
	}
	p.wish(o.rec, true)
	defer p.made()
	if _, err = p.rooms.Join(ask, muc.Room{JID: jid, Nick: o.rec.Nick, History: &stanza.MUCHistory{}}); err == nil {
		err = p.private(ask, jid)
	}
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, stanza.ErrOffline), errors.Is(err, stanza.ErrLost):
		return false, err // tried again
	case p.isIn(jid) && !errors.Is(err, stanza.Forbidden) && !errors.Is(err, stanza.NotAllowed):
		o.answer(sayNotConfigured(jid))
		return true, nil
	}
	// It did not let us in, or somebody was faster and owns it.
	p.exit(ctx, jid, statusLeave, "")
	return false, errors.Join(err, set(wish{}, ""))
}

// private configures a room that was made just now: not public, lasting, for members
// only, who may invite others. What a service does not know is left out.
func (p *phone) private(ctx context.Context, room stanza.JID) error {
	form, err := p.rooms.Configuration(ctx, room)
	if err != nil {
		return err
	}
	values := map[string][]string{}
	for name, value := range map[string]string{
		"muc#roomconfig_publicroom":     "0",
		"public_list":                   "0",
		"muc#roomconfig_persistentroom": "1",
		"muc#roomconfig_membersonly":    "1",
		"muc#roomconfig_allowinvites":   "1",
		"{http://prosody.im/protocol/muc}roomconfig_allowmemberinvites": "1",
		"allow_user_invites": "1",
	} {
		if _, ok := form[name]; ok {
			values[name] = []string{value}
		}
	}
	return p.rooms.Configure(ctx, room, values)
}
