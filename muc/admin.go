package muc

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/xmppkit/xmppkit/stanza"
)

// Kick removes an occupant (XEP-0045 §8.2). Like all requests here it blocks until
// the room answers, ctx ends or the session does, and may be called from OnEvent; the
// error holds the room's *[stanza.Error], so that errors.Is(err, stanza.NotAllowed)
// works.
func (r *Rooms) Kick(ctx context.Context, room stanza.JID, nick, reason string) error {
	return r.SetRole(ctx, room, nick, stanza.RoleNone, reason)
}

// Voice lets an occupant speak in a moderated room (XEP-0045 §8.3).
func (r *Rooms) Voice(ctx context.Context, room stanza.JID, nick, reason string) error {
	return r.SetRole(ctx, room, nick, stanza.Participant, reason)
}

// RevokeVoice ends that (XEP-0045 §8.4).
func (r *Rooms) RevokeVoice(ctx context.Context, room stanza.JID, nick, reason string) error {
	return r.SetRole(ctx, room, nick, stanza.Visitor, reason)
}

// SetRole gives an occupant a role for this visit (XEP-0045 §8, §9.6). It is not
// tried again when no answer comes: by then somebody else may have that nick.
func (r *Rooms) SetRole(ctx context.Context, room stanza.JID, nick string, role stanza.Role, reason string) error {
	return r.administer(ctx, room, stanza.MUCItem{Nick: nick, Role: role, Reason: reason}, false)
}

// Ban bans an account, whether it is in the room or not (XEP-0045 §9.1): the bare
// JID of jid. Without an answer, or with one that may pass, it is tried once more.
func (r *Rooms) Ban(ctx context.Context, room, jid stanza.JID, reason string) error {
	return r.SetAffiliation(ctx, room, jid, stanza.Outcast, reason)
}

// SetAffiliation gives an account, the bare JID of jid, a lasting affiliation
// (XEP-0045 §9, §10). AffiliationNone takes any away. It is tried twice like Ban.
func (r *Rooms) SetAffiliation(ctx context.Context, room, jid stanza.JID, a stanza.Affiliation, reason string) error {
	return r.administer(ctx, room, stanza.MUCItem{JID: jid.Bare(), Affiliation: a, Reason: reason}, true)
}

// administer sends one item and sees to it that the room has taken it. twice tries
// once more when there is no answer: a service that is busy may lose a ban.
func (r *Rooms) administer(ctx context.Context, room stanza.JID, item stanza.MUCItem, twice bool) error {
	try := func() error {
		ctx, cancel := ctx, context.CancelFunc(func() {})
		if twice {
			ctx, cancel = context.WithTimeoutCause(ctx, r.cfg.AnswerTimeout, ErrNoAnswer)
		}
		defer cancel()
		_, err := r.request(ctx, normal(room), stanza.Set,
			stanza.NewElement(stanza.NSMUCAdmin, "query", item.Element(stanza.NSMUCAdmin)))
		if err != nil && context.Cause(ctx) == ErrNoAnswer {
			return ErrNoAnswer
		}
		return err
	}
	err := try()
	if passes(err) || errors.Is(err, ErrNoAnswer) {
		if err = pause(ctx, retryPause); err == nil {
			err = try()
		}
	}
	if err != nil {
		what := fmt.Sprintf("%s %s", item.Role, item.Nick)
		if item.JID != "" {
			what = fmt.Sprintf("%s %s", item.Affiliation, item.JID)
		}
		return fmt.Errorf("muc: %s in %s: %w", what, room, err)
	}
	return nil
}

// retryPause is between the two tries of a request.
const retryPause = time.Second

// passes reports whether an error says that the room has done nothing, but may do it
// in a moment. The condition tells, never the error's type.
func passes(err error) bool {
	switch stanza.ConditionOf(err) {
	case stanza.InternalServerError, stanza.RemoteServerNotFound, stanza.RemoteServerTimeout,
		stanza.ResourceConstraint, stanza.RecipientUnavailable, stanza.ServiceUnavailable:
		return true
	}
	return false
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Affiliations lists the accounts of an affiliation (XEP-0045 §9.2, §9.5, §10.5).
func (r *Rooms) Affiliations(ctx context.Context, room stanza.JID, a stanza.Affiliation) ([]stanza.MUCItem, error) {
	answer, err := r.request(ctx, normal(room), stanza.Get, stanza.NewElement(stanza.NSMUCAdmin, "query",
		stanza.MUCItem{Affiliation: a}.Element(stanza.NSMUCAdmin)))
	if err != nil {
		return nil, fmt.Errorf("muc: list of affiliation %s in %s: %w", a, room, err)
	}
	q := answer.Extension(stanza.NSMUCAdmin, "query")
	if q == nil {
		return nil, nil
	}
	var items []stanza.MUCItem
	for _, e := range q.Children {
		if e.Is(stanza.NSMUCAdmin, "item") {
			items = append(items, stanza.MUCItemOf(e))
		}
	}
	return items, nil
}

// request asks a room something and waits for the answer.
func (r *Rooms) request(ctx context.Context, room stanza.JID, typ stanza.IQType, payload stanza.Element) (*stanza.IQ, error) {
	s, err := r.current()
	if err != nil {
		return nil, err
	}
	return s.Request(ctx, &stanza.IQ{ID: r.id(), To: room, Type: typ, Extensions: []stanza.Element{payload}})
}
