package muc_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/xmppkit/xmppkit/internal/realserver"
	"github.com/xmppkit/xmppkit/muc"
	"github.com/xmppkit/xmppkit/stanza"
)

// stage is a room on a real server with its owner and romeo in it.
func stage(t *testing.T, srv *realserver.Server, name string, cfg muc.Config) (room stanza.JID, owner, romeo *person) {
	t.Helper()
	room = place(srv, name)
	owner = online(t, srv, identity{account: "owner"})
	owner.enter(muc.Room{JID: room})
	romeo = online(t, srv, identity{account: "romeo", cfg: cfg})
	romeo.enter(muc.Room{JID: room})
	waitFor(owner, func(e muc.OccupantJoined) bool { return e.Occupant.Nick == "romeo" })
	return room, owner, romeo
}

// XEP-0045 §8.2
func TestRealKick(t *testing.T) {
	servers.Each(t, func(t *testing.T, srv *realserver.Server) {
		room, owner, romeo := stage(t, srv, "kick", muc.Config{Kicked: muc.KickPolicy{After: 50 * time.Millisecond}})
		if err := romeo.Kick(romeo.ctx, room, "owner", ""); err == nil {
			t.Error("anybody may kick the owner")
		} else if c := stanza.ConditionOf(err); c != stanza.NotAllowed && c != stanza.Forbidden {
			t.Errorf("kicking the owner: %v", err)
		}
		if err := owner.Kick(owner.ctx, room, "nobody", ""); stanza.ConditionOf(err) == "" {
			t.Errorf("kicking nobody: %v", err)
		}
		const reason = `Avaunt, "you" <cullion> & so on`
		owner.must(owner.Kick(owner.ctx, room, "romeo", reason))
		e := waitFor(romeo, anyOf[muc.Left])
		if e.Cause != muc.Kicked || e.Reason != reason || !e.Statuses.Has(stanza.StatusKicked) || !e.Rejoin {
			t.Errorf("romeo heard %+v", e)
		}
		if e.Actor.Nick != "owner" {
			t.Errorf("by %+v", e.Actor)
		}
		if e := waitFor(owner, anyOf[muc.OccupantLeft]); e.Cause != muc.Kicked || e.Reason != reason || e.Occupant.Nick != "romeo" {
			t.Errorf("the owner heard %+v", e)
		}
		if e := waitFor(romeo, anyOf[muc.Joined]); !e.Rejoined || len(e.Came)+len(e.Gone) > 0 {
			t.Errorf("back with %+v", e)
		}
	})
}

// XEP-0045 §9.1: a ban names the account, whether it is there or not, and has the
// last word.
func TestRealBan(t *testing.T) {
	servers.Each(t, func(t *testing.T, srv *realserver.Server) {
		room, owner, romeo := stage(t, srv, "ban", muc.Config{})
		o, _ := owner.Occupant(room, "romeo")
		if o.JID.IsBare() {
			t.Fatalf("the owner sees no full address: %+v", o)
		}
		owner.must(owner.Ban(owner.ctx, room, o.JID, "Treason"))
		if e := waitFor(romeo, anyOf[muc.Left]); e.Cause != muc.Banned || e.Reason != "Treason" || !e.Statuses.Has(stanza.StatusBanned) || e.Rejoin {
			t.Errorf("romeo heard %+v", e)
		}
		if e := waitFor(owner, anyOf[muc.OccupantLeft]); e.Cause != muc.Banned || e.Reason != "Treason" {
			t.Errorf("the owner heard %+v", e)
		}
		absent := stanza.JID("tybalt@" + srv.Domain)
		owner.must(owner.Ban(owner.ctx, room, absent, ""))
		list, err := owner.Affiliations(owner.ctx, room, stanza.Outcast)
		owner.must(err)
		var names []stanza.JID
		for _, item := range list {
			names = append(names, item.JID)
		}
		slices.Sort(names)
		if !slices.Equal(names, []stanza.JID{romeo.jid, absent}) {
			t.Errorf("banned are %v", names)
		}
		if e := romeo.refused(muc.Room{JID: room}); !errors.Is(e, stanza.Forbidden) || !e.Stopped {
			t.Errorf("then %+v", e)
		}
		if err := owner.Ban(owner.ctx, room, owner.jid, ""); stanza.ConditionOf(err) == "" {
			t.Errorf("the owner bans himself: %v", err)
		}
	})
}

// XEP-0045 §8.3, §8.4: voice.
func TestRealVoice(t *testing.T) {
	servers.Each(t, func(t *testing.T, srv *realserver.Server) {
		room, owner, romeo := stage(t, srv, "voice", muc.Config{})
		owner.must(owner.Configure(owner.ctx, room, map[string][]string{"muc#roomconfig_moderatedroom": {"1"}}))
		for _, c := range []struct {
			change func(context.Context, stanza.JID, string, string) error
			role   stanza.Role
		}{{owner.RevokeVoice, stanza.Visitor}, {owner.Voice, stanza.Participant}, {owner.RevokeVoice, stanza.Visitor}} {
			owner.must(c.change(owner.ctx, room, "romeo", "because"))
			for _, p := range []*person{owner, romeo} {
				e := waitFor(p, func(e muc.OccupantChanged) bool { return e.After.Nick == "romeo" })
				if e.After.Role != c.role || e.Reason != "because" {
					t.Errorf("%s heard %+v", p.jid, e)
				}
			}
		}
		_, err := romeo.Say(romeo.ctx, room, "unheard")
		romeo.must(err)
		_, err = romeo.Info(romeo.ctx, room) // by when the room has dealt with it
		romeo.must(err)
		owner.must(owner.Voice(owner.ctx, room, "romeo", ""))
		romeo.sees(room, "romeo", func(o muc.Occupant, _ bool) bool { return o.Role == stanza.Participant })
		_, err = romeo.Say(romeo.ctx, room, "heard")
		romeo.must(err)
		if e := waitFor(owner, anyOf[muc.Message]); e.Body != "heard" {
			t.Errorf("the owner heard %q", e.Body)
		}
		if list := of[muc.Left](romeo.all()); len(list) > 0 {
			t.Errorf("a message of a visitor's: %+v", list)
		}
	})
}

// XEP-0045 §9.2 to §10.8: every affiliation can be given, seen and listed.
func TestRealAffiliations(t *testing.T) {
	servers.Each(t, func(t *testing.T, srv *realserver.Server) {
		room, owner, romeo := stage(t, srv, "affiliations", muc.Config{})
		for _, a := range []stanza.Affiliation{stanza.Member, stanza.Admin, stanza.Owner, stanza.AffiliationNone} {
			owner.must(owner.SetAffiliation(owner.ctx, room, romeo.jid+"/r", a, ""))
			e := waitFor(romeo, func(e muc.OccupantChanged) bool { return e.After.Nick == "romeo" && e.After.Affiliation == a })
			if high := a == stanza.Admin || a == stanza.Owner; high != (e.After.Role == stanza.Moderator) {
				t.Errorf("as %s romeo is a %s", a, e.After.Role)
			}
			if a == stanza.AffiliationNone {
				continue // ejabberd takes voice away with it: its rooms are moderated
			}
			list, err := owner.Affiliations(owner.ctx, room, a)
			owner.must(err)
			if !slices.ContainsFunc(list, func(i stanza.MUCItem) bool { return i.JID == romeo.jid && i.Affiliation == a }) {
				t.Errorf("%s is no %s in %+v", romeo.jid, a, list)
			}
		}
		// Somebody who is not there (§9.3).
		absent := stanza.JID("tybalt@" + srv.Domain)
		owner.must(owner.SetAffiliation(owner.ctx, room, absent, stanza.Member, ""))
		if e := waitFor(owner, anyOf[muc.AffiliationChanged]); e.Item.JID != absent || e.Item.Affiliation != stanza.Member {
			t.Errorf("the owner heard %+v", e)
		}
		if list := of[muc.OccupantJoined](romeo.all()); len(list) > 0 {
			t.Errorf("these have come: %+v", list)
		}
	})
}

// XEP-0045 §9.4, §10.2: members-only rooms put out who is no member.
func TestRealMembersOnly(t *testing.T) {
	servers.Each(t, func(t *testing.T, srv *realserver.Server) {
		room, owner, romeo := stage(t, srv, "members", muc.Config{})
		owner.must(owner.Configure(owner.ctx, room, map[string][]string{"muc#roomconfig_membersonly": {"1"}}))
		if e := waitFor(romeo, anyOf[muc.Left]); e.Cause != muc.MembersOnly || e.Rejoin {
			t.Errorf("322: romeo heard %+v", e)
		}
		owner.must(owner.SetAffiliation(owner.ctx, room, romeo.jid, stanza.Member, ""))
		romeo.enter(muc.Room{JID: room})
		owner.must(owner.SetAffiliation(owner.ctx, room, romeo.jid, stanza.AffiliationNone, "no longer"))
		if e := waitFor(romeo, anyOf[muc.Left]); e.Cause != muc.AffiliationLost || e.Rejoin {
			t.Errorf("321: romeo heard %+v", e)
		}
	})
}

// XEP-0045 §10.9
func TestRealDestroy(t *testing.T) {
	servers.Each(t, func(t *testing.T, srv *realserver.Server) {
		room, owner, romeo := stage(t, srv, "destroy", muc.Config{JoinTimeout: time.Second})
		owner.must(owner.Configure(owner.ctx, room, map[string][]string{"muc#roomconfig_persistentroom": {"1"}}))
		alternate := stanza.JID("elsewhere@" + srv.Rooms)
		if err := romeo.Destroy(romeo.ctx, room, "", ""); !errors.Is(err, stanza.Forbidden) {
			t.Errorf("by a participant: %v", err)
		}
		owner.must(owner.Destroy(owner.ctx, room, alternate, "Macbeth doth come."))
		for _, p := range []*person{owner, romeo} {
			e := waitFor(p, anyOf[muc.Left])
			if e.Cause != muc.Destroyed || e.Rejoin || e.Alternate != alternate || e.Reason != "Macbeth doth come." {
				t.Errorf("%s heard %+v", p.jid, e)
			}
		}
		// Prosody remembers rooms that were persistent; ejabberd makes a new one, once
		// the old one, which says nothing any more, is out of its way.
		if srv.Name == "prosody" {
			if e := romeo.refused(muc.Room{JID: room}); !errors.Is(e, stanza.Gone) || !e.Stopped || e.Alternate != alternate {
				t.Errorf("a destroyed room: %+v", e)
			}
			return
		}
		romeo.Add(muc.Room{JID: room})
		if e := waitFor(romeo, anyOf[muc.Joined]); e.Rejoined || !e.Statuses.Has(stanza.StatusRoomCreated) {
			t.Errorf("a destroyed room: %+v", e)
		}
	})
}

// XEP-0045 §7.8.2, XEP-0249
func TestRealInvitations(t *testing.T) {
	servers.Each(t, func(t *testing.T, srv *realserver.Server) {
		room, owner, romeo := stage(t, srv, "invitations", muc.Config{})
		juliet := online(t, srv, identity{account: "juliet"})
		owner.must(owner.Configure(owner.ctx, room, map[string][]string{
			map[string]string{"prosody": "{http://prosody.im/protocol/muc}roomconfig_allowmemberinvites", "ejabberd": "muc#roomconfig_allowinvites"}[srv.Name]: {"1"},
		}))
		const reason = "Hey <b>juliet</b> & co"
		romeo.must(romeo.Invite(romeo.ctx, room, juliet.jid, reason))
		e := waitFor(juliet, anyOf[muc.Invited])
		if e.Room != room || e.Direct || e.Reason != reason {
			t.Errorf("mediated: %+v", e)
		}
		// Prosody names the occupant, ejabberd the account.
		if e.From != room+"/romeo" && e.From.Bare() != romeo.jid {
			t.Errorf("from %s", e.From)
		}
		juliet.must(juliet.Decline(juliet.ctx, room, e.From, "No, <thanks>"))
		if e := waitFor(romeo, anyOf[muc.Declined]); e.Room != room || e.From.Bare() != juliet.jid || e.Reason != "No, <thanks>" {
			t.Errorf("declined: %+v", e)
		}
		romeo.must(romeo.InviteDirect(romeo.ctx, room, juliet.client.JID(), reason))
		if e := waitFor(juliet, func(e muc.Invited) bool { return e.Direct }); e.Room != room || e.From.Bare() != romeo.jid || e.Reason != reason {
			t.Errorf("direct: %+v", e)
		}
		if list := of[muc.Invited](juliet.all()); len(list) != 2 {
			t.Errorf("two invitations came as %+v", list)
		}
		// Into a members-only room an admin's invitation opens the door.
		owner.must(owner.Configure(owner.ctx, room, map[string][]string{"muc#roomconfig_membersonly": {"1"}}))
		owner.must(owner.Invite(owner.ctx, room, juliet.jid, ""))
		waitFor(juliet, func(e muc.Invited) bool { return !e.Direct })
		juliet.enter(muc.Room{JID: room})
	})
}

// XEP-0045 §7.2.13, §7.2.15, §8.1: history is never taken for live, and neither is the
// subject that follows it.
func TestRealHistory(t *testing.T) {
	servers.Each(t, func(t *testing.T, srv *realserver.Server) {
		room, owner, romeo := stage(t, srv, "history", muc.Config{})
		const subject = "Fire <burn> & cauldron bubble"
		owner.must(owner.SetSubject(owner.ctx, room, subject))
		for _, p := range []*person{owner, romeo} {
			e := waitFor(p, func(e muc.SubjectChanged) bool { return e.Subject != "" })
			if e.Subject != subject || !e.Live || e.Nick != "owner" {
				t.Errorf("%s heard %+v", p.jid, e)
			}
		}
		for _, body := range []string{"one", "two <&>"} {
			id, err := romeo.Say(romeo.ctx, room, body)
			romeo.must(err)
			for _, p := range []*person{owner, romeo} {
				e := waitFor(p, anyOf[muc.Message])
				if e.Body != body || !e.Live || e.History || e.Own != (p == romeo) || e.Occupant.Nick != "romeo" {
					t.Errorf("%s heard %+v", p.jid, e)
				}
				if e.ID != id {
					t.Errorf("id %s has become %s", id, e.ID)
				}
			}
		}
		if _, err := owner.Whisper(owner.ctx, room, "romeo", "psst"); err != nil {
			t.Error(err)
		}
		if e := waitFor(romeo, anyOf[muc.Message]); !e.Private || e.Body != "psst" || e.Occupant.Nick != "owner" || !e.Live {
			t.Errorf("whispered: %+v", e)
		}

		juliet := online(t, srv, identity{account: "juliet"})
		juliet.enter(muc.Room{JID: room})
		for _, body := range []string{"one", "two <&>"} {
			e := waitFor(juliet, anyOf[muc.Message])
			if e.Body != body || e.Live || !e.History || e.Own || e.Delay.Stamp.IsZero() || time.Since(e.Delay.Stamp).Abs() > time.Hour {
				t.Errorf("history: %+v", e)
			}
		}
		if e := waitFor(juliet, anyOf[muc.SubjectChanged]); e.Subject != subject || e.Live {
			t.Errorf("the subject: %+v", e)
		}
		_, err := owner.Say(owner.ctx, room, "three")
		owner.must(err)
		if e := waitFor(juliet, anyOf[muc.Message]); e.Body != "three" || !e.Live || e.History {
			t.Errorf("live: %+v", e)
		}
		// Whoever asks for none gets none.
		juliet.must(juliet.Leave(juliet.ctx, room, ""))
		juliet.enter(muc.Room{JID: room, History: &stanza.MUCHistory{}})
		_, err = owner.Say(owner.ctx, room, "four")
		owner.must(err)
		if e := waitFor(juliet, anyOf[muc.Message]); e.Body != "four" {
			t.Errorf("asked for no history, heard %+v", e)
		}
	})
}
