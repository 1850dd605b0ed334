package main

import (
	"slices"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/xmppkit/xmppkit/presence"
	"github.com/xmppkit/xmppkit/stanza"
)

// record is what is kept of one phone. It is in memory only while it is looked at.
type record struct {
	Nick      string       `json:",omitempty"`
	Room      wish         `json:",omitzero"`  // where it is, or is to be
	Invite    wish         `json:",omitzero"`  // the last
	Invited   []string     `json:",omitempty"` // rooms and inviters that it has been told of
	InvitedAt time.Time    `json:",omitzero"`  // when it was told of Invite
	ByNick    bool         `json:",omitempty"` // and that an occupant invites to it
	Bookmarks []wish       `json:",omitempty"` // the latest first
	Debounce  *int         `json:",omitempty"` // seconds; nil: off
	Creating  string       `json:",omitempty"` // by which text Room is being made
	Contacts  []stanza.JID `json:",omitempty"` // whom it has written to, the latest first
}

// wait is how long news about others wait.
func (r *record) wait() time.Duration {
	if r.Debounce == nil {
		return presence.Off
	}
	return time.Duration(*r.Debounce) * time.Second
}

// wish is a room to be in.
type wish struct {
	JID      stanza.JID `json:",omitempty"`
	Password string     `json:",omitempty"`
}

// Bounds of a record.
const (
	maxBookmarks = 50
	maxInvited   = 100
	maxContacts  = 50
)

// bookmark puts a room first among the bookmarks.
func (r *record) bookmark(w wish) {
	if len(r.Bookmarks) > 0 && r.Bookmarks[0] == w {
		return
	}
	r.Bookmarks = slices.DeleteFunc(r.Bookmarks, func(b wish) bool { return b.JID == w.JID })
	r.Bookmarks = slices.Insert(r.Bookmarks, 0, w)
	r.Bookmarks = r.Bookmarks[:min(len(r.Bookmarks), maxBookmarks)]
}

// sameInvitation is how long after one form of an invitation the other may come.
const sameInvitation = time.Minute

// invited notes an invitation and reports whether the phone knows of it.
func (r *record) invited(w wish, from string, byNick bool, now time.Time) (known bool) {
	what := string(w.JID) + " " + from
	known = slices.Contains(r.Invited, what)
	again := r.Invite.JID == w.JID
	if again && w.Password == "" { // the other form may have had it
		w.Password = r.Invite.Password
	}
	r.Invite = w
	if known {
		return true
	}
	r.Invited = append(r.Invited, what)
	r.Invited = r.Invited[max(0, len(r.Invited)-maxInvited):]
	if again && r.ByNick != byNick && now.Sub(r.InvitedAt) < sameInvitation {
		return true
	}
	r.InvitedAt, r.ByNick = now, byNick
	return false
}

// find is the room that a name means: a whole address, or the local part of a
// bookmark or of the last invitation, with the password that is known for it.
func (r *record) find(name string) (wish, bool) {
	known := append([]wish{r.Invite}, r.Bookmarks...)
	jid, err := stanza.ParseJID(name)
	if err != nil {
		return wish{}, false
	}
	if jid.Local() != "" {
		w := wish{JID: jid.Bare()}
		for _, b := range known {
			if b.JID == w.JID && w.Password == "" {
				w.Password = b.Password
			}
		}
		return w, true
	}
	for _, b := range r.Bookmarks {
		if strings.EqualFold(b.JID.Local(), name) {
			return b, true
		}
	}
	if r.Invite.JID != "" && strings.EqualFold(r.Invite.JID.Local(), name) {
		return r.Invite, true
	}
	return wish{}, false
}

// contact notes that the phone has written to somebody, who may then answer.
func (r *record) contact(jid stanza.JID) {
	r.Contacts = slices.DeleteFunc(r.Contacts, func(c stanza.JID) bool { return c == jid })
	r.Contacts = slices.Insert(r.Contacts, 0, jid)
	r.Contacts = r.Contacts[:min(len(r.Contacts), maxContacts)]
}

// readRecord is what is kept of a phone; a zero one if there is nothing.
func readRecord(tx *bolt.Tx, number string) (record, error) {
	var r record
	return r, readJSON(tx.Bucket(bucketPhones), []byte(number), &r)
}

func writeRecord(tx *bolt.Tx, number string, r record) error {
	return writeJSON(tx.Bucket(bucketPhones), []byte(number), r)
}

// change is a transaction's change of one record.
func change(tx *bolt.Tx, number string, f func(*record)) error {
	r, err := readRecord(tx, number)
	if err != nil {
		return err
	}
	f(&r)
	return writeRecord(tx, number, r)
}

// record reads what is kept of a phone.
func (s *state) record(number string) (r record, err error) {
	err = s.view(func(tx *bolt.Tx) error {
		r, err = readRecord(tx, number)
		return err
	})
	return r, err
}
