package muc

import (
	"context"

	"github.com/xmppkit/xmppkit/stanza"
)

// Say says something to the whole room (XEP-0045 §7.4). id is that of the message,
// which the room reflects. It does not wait for that: only until the message is
// handed to the network. The error may be ErrNoRoom, ErrNotJoined or ErrOffline.
func (r *Rooms) Say(ctx context.Context, room stanza.JID, body string) (id string, err error) {
	return r.say(ctx, room, "", &stanza.Message{Type: stanza.GroupChat, Body: body})
}

// Whisper says something to one occupant alone (XEP-0045 §7.5); otherwise it is as
// Say.
func (r *Rooms) Whisper(ctx context.Context, room stanza.JID, nick, body string) (id string, err error) {
	return r.say(ctx, room, nick, &stanza.Message{Type: stanza.Chat, Body: body,
		Extensions: []stanza.Element{stanza.MUCUser{}.Element()}})
}

// SetSubject sets the room's subject (XEP-0045 §8.1), as Say says something: whether
// it was allowed shows in SubjectChanged.
func (r *Rooms) SetSubject(ctx context.Context, room stanza.JID, subject string) error {
	_, err := r.say(ctx, room, "", &stanza.Message{Type: stanza.GroupChat, Subject: &subject})
	return err
}

func (r *Rooms) say(ctx context.Context, room stanza.JID, nick string, m *stanza.Message) (string, error) {
	s, _, err := r.inside(room)
	if err != nil {
		return "", err
	}
	if m.To, err = normal(room).WithResource(nick); err != nil {
		return "", err
	}
	m.ID = r.id()
	return m.ID, s.Send(ctx, m)
}

// SetPresence shows us otherwise in a room from now on, also after a rejoin. Where we
// are not in at the moment it returns ErrNotJoined or ErrOffline, and counts at the
// next join.
func (r *Rooms) SetPresence(ctx context.Context, room stanza.JID, show stanza.Show, status string) error {
	r.mu.Lock()
	rm := r.rooms[normal(room)]
	if rm == nil {
		r.mu.Unlock()
		return ErrNoRoom
	}
	rm.wish.Show, rm.wish.Status = show, status
	r.mu.Unlock()
	s, to, err := r.inside(room)
	if err != nil {
		return err
	}
	return s.Send(ctx, &stanza.Presence{ID: r.id(), To: to, Show: show, Status: status, Extensions: r.cfg.Presence})
}

// inside is the session, and our own address in a room that we are in.
func (r *Rooms) inside(room stanza.JID) (stanza.Session, stanza.JID, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	rm := r.rooms[normal(room)]
	if rm == nil {
		return nil, "", ErrNoRoom
	}
	s, err := r.online()
	if err != nil {
		return nil, "", err
	}
	if rm.phase != joined {
		return nil, "", ErrNotJoined
	}
	to, err := rm.wish.JID.WithResource(rm.nick)
	return s, to, err
}
