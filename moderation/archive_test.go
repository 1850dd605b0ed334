package moderation_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xmppkit/xmppkit/moderation"
	"github.com/xmppkit/xmppkit/stanza"
)

const nsMAM = "urn:xmpp:mam:2"

// past is what a room has in its archive.
type past struct {
	page     int
	messages []*stanza.Message // with the ids that the room gave them
	lost     string            // an id that the archive no longer has
	queries  []string          // what has been asked for
	sent     []*stanza.Message // the answers
}

// archive lets the room answer from its archive.
func (w *world) archive(p *past) {
	w.speaks = append(w.speaks, nsMAM)
	w.mu.Lock()
	defer w.mu.Unlock()
	before := w.answer
	w.refuse = func(iq *stanza.IQ) *stanza.Error {
		if q := iq.Extension(nsMAM, "query"); q != nil && p.lost != "" && q.Child(nsRSM, "set").ChildText(nsRSM, "after") == p.lost {
			return &stanza.Error{Condition: stanza.ItemNotFound}
		}
		return nil
	}
	w.answer = func(iq *stanza.IQ) []stanza.Element {
		q := iq.Extension(nsMAM, "query")
		if q == nil {
			if before != nil {
				return before(iq)
			}
			return nil
		}
		set := q.Child(nsRSM, "set")
		list := p.messages
		what := "all"
		if set.Child(nsRSM, "before") != nil {
			what = "last"
			list = list[max(0, len(list)-1):]
		} else if x := q.Child(stanza.NSData, "x"); x != nil {
			what = "since " + x.Children[1].ChildText(stanza.NSData, "value")
		} else if after := set.ChildText(nsRSM, "after"); after != "" {
			what = "after " + after
			i := slices.IndexFunc(list, func(m *stanza.Message) bool { return m.StanzaIDBy(lobby) == after })
			list = list[i+1:]
		}
		p.queries = append(p.queries, what)
		complete := len(list) <= p.page
		list = list[:min(p.page, len(list))]
		last := ""
		for _, m := range list {
			last = m.StanzaIDBy(lobby)
			p.sent = append(p.sent, archived(q.Attr("queryid"), m))
			w.s.Receive(p.sent[len(p.sent)-1])
		}
		fin := stanza.NewElement(nsMAM, "fin", stanza.NewElement(nsRSM, "set", stanza.NewText(nsRSM, "last", last)))
		if complete {
			fin = fin.WithAttr("complete", "true")
		}
		return []stanza.Element{fin}
	}
}

// archived is a message as the archive sends it.
func archived(query string, m *stanza.Message) *stanza.Message {
	inner := stanza.NewElement(stanza.NSClient, "message", append([]stanza.Element{stanza.NewText(stanza.NSClient, "body", m.Body)}, m.Extensions...)...).
		WithAttr("from", string(m.From)).WithAttr("type", "groupchat")
	forwarded := stanza.NewElement("urn:xmpp:forward:0", "forwarded", stanza.Delay{Stamp: time.Unix(1e9, 0)}.Element(), inner)
	return &stanza.Message{From: lobby, To: me, Extensions: []stanza.Element{
		stanza.NewElement(nsMAM, "result", forwarded).WithAttr("queryid", query).WithAttr("id", m.StanzaIDBy(lobby))}}
}

// by lets the archive tell whose message it is.
func by(m *stanza.Message, jid stanza.JID) *stanza.Message {
	u := stanza.MUCUser{Items: []stanza.MUCItem{{JID: jid}}}
	m.Extensions = append(m.Extensions, u.Element())
	return m
}

func withArchive(r moderation.Rules, a moderation.Archive) moderation.Rules {
	r.Rooms = append(r.Rooms, moderation.RoomPolicy{JID: lobby, Archive: a})
	return r
}

// absence lets the warden be in the lobby, see the message "seen", and be away; then
// f comes back, with the archive as it is by then.
func absence(t *testing.T, rules moderation.Rules, p *past, f func(w *world)) {
	t.Helper()
	store := shelf{}
	p.page = 2
	playWith(t, moderation.Config{Store: store}, rules, func(w *world) {
		w.archive(&past{page: 2})
		w.enter(stranger("alice"))
		w.receive(spoken("alice", "hello", "seen"))
	})
	playWith(t, moderation.Config{Store: store}, rules, func(w *world) {
		w.archive(p)
		f(w)
	})
}

// Other services see the same stanzas.
func TestReadingTheArchiveChangesNoStanza(t *testing.T) {
	p := &past{messages: []*stanza.Message{spoken("alice", "hello", "seen"), spoken("alice", "bye", "1")}}
	absence(t, withArchive(moderation.Rules{}, moderation.ArchiveAct), p, func(w *world) {
		w.enter()
		got := one(w, p.sent).Extension(nsMAM, "result")
		want := archived(got.Attr("queryid"), p.messages[1]).Extension(nsMAM, "result")
		if !reflect.DeepEqual(got, want) {
			w.Errorf("left %+v, want %+v", got, want)
		}
	})
}

func TestArchiveIsReadUpToWhatWasSeen(t *testing.T) {
	p := &past{messages: []*stanza.Message{spoken("alice", "free bitcoin", "before"), spoken("alice", "hello", "seen"),
		by(spoken("mallory", "free bitcoin", "1"), "mallory@example.net/x"), spoken("alice", "no", "2"), by(spoken("trent", "free bitcoin", "3"), "trent@example.net")}}
	absence(t, withArchive(spam(moderation.Ban), moderation.ArchiveAct), p, func(w *world) {
		w.enter(stranger("alice"))
		var got []stanza.JID
		for _, it := range w.items() {
			if it.Affiliation == stanza.Outcast {
				got = append(got, it.JID)
			}
		}
		if want := []stanza.JID{"mallory@example.net", "trent@example.net"}; !slices.Equal(got, want) {
			w.Errorf("banned %v, want %v", got, want)
		}
		if want := []string{"after seen", "after 2"}; !slices.Equal(p.queries, want) {
			w.Errorf("asked for %q, want %q", p.queries, want)
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, e := range w.events {
			if d, ok := e.(moderation.Decision); ok && (!d.Old || d.DryRun) {
				w.Errorf("decided %+v", d)
			}
		}
	})
}

func TestArchiveIsOnlyLogged(t *testing.T) {
	p := &past{messages: []*stanza.Message{spoken("alice", "hello", "seen"), by(spoken("mallory", "free bitcoin", "1"), "mallory@example.net/x")}}
	absence(t, withArchive(spam(moderation.Ban), moderation.ArchiveLog), p, func(w *world) {
		w.enter()
		if got := w.items(); slices.ContainsFunc(got, func(it stanza.MUCItem) bool { return it.Affiliation == stanza.Outcast }) {
			w.Errorf("asked for %+v", got)
		}
		if d := one(w, told[moderation.Decision](w)); !d.DryRun || !d.Old {
			w.Errorf("decided %+v", d)
		}
	})
}

func TestArchiveIsNotReadUnasked(t *testing.T) {
	p := &past{messages: []*stanza.Message{by(spoken("mallory", "free bitcoin", "1"), "mallory@example.net/x")}}
	absence(t, spam(moderation.Ban), p, func(w *world) {
		w.enter()
		if len(p.queries) > 0 || len(w.items()) > 0 {
			w.Errorf("asked for %v", p.queries)
		}
	})
}

// The first time there is nothing to go back to.
func TestArchiveOfANewRoom(t *testing.T) {
	p := &past{page: 2, messages: []*stanza.Message{by(spoken("mallory", "free bitcoin", "1"), "mallory@example.net/x"), spoken("alice", "x", "2")}}
	store := shelf{}
	play2 := func(f func(w *world)) {
		playWith(t, moderation.Config{Store: store}, withArchive(spam(moderation.Ban), moderation.ArchiveAct), func(w *world) {
			w.archive(p)
			f(w)
		})
	}
	play2(func(w *world) {
		w.enter()
		if len(told[moderation.Decision](w)) > 0 || !slices.Equal(p.queries, []string{"last"}) {
			w.Errorf("asked for %v", p.queries)
		}
	})
	p.queries = nil
	play2(func(w *world) {
		w.enter()
		if !slices.Equal(p.queries, []string{"after 2"}) {
			w.Errorf("then asked for %v", p.queries)
		}
	})
}

// What has been seen live since is not looked at again.
func TestArchiveMeetsWhatIsSaidLive(t *testing.T) {
	rules := withArchive(spam(moderation.Warn), moderation.ArchiveAct)
	p := &past{messages: []*stanza.Message{spoken("alice", "hello", "seen"), spoken("alice", "x", "1"), spoken("mallory", "free bitcoin", "live")}}
	absence(t, rules, p, func(w *world) {
		hold := true
		w.locked(func() { w.ignore = func(iq *stanza.IQ) bool { return hold && iq.Extension(nsMAM, "query") != nil } })
		w.enter(stranger("mallory"))
		w.receive(spoken("mallory", "free bitcoin", "live"))
		w.locked(func() { hold = false })
		w.pass(5 * time.Minute) // the query is given up and tried again
		if n := len(told[moderation.Decision](w)); n != 1 {
			w.Errorf("%d decisions", n)
		}
	})
}

// The archive no longer has what was seen last: go by the time.
func TestArchiveThatHasForgotten(t *testing.T) {
	p := &past{lost: "seen", messages: []*stanza.Message{by(spoken("mallory", "free bitcoin", "1"), "mallory@example.net/x")}}
	absence(t, withArchive(spam(moderation.Ban), moderation.ArchiveAct), p, func(w *world) {
		w.enter()
		if len(p.queries) != 1 || !strings.HasPrefix(p.queries[0], "since 2000-01-01T00:00:") {
			w.Errorf("asked for %q", p.queries)
		}
		if d := one(w, told[moderation.Decision](w)); d.Occupant.JID != "mallory@example.net/x" {
			w.Errorf("decided %+v", d)
		}
	})
}

// Never acted on, even from the archive: owners and admins who are away, and friends.
func TestArchiveSpares(t *testing.T) {
	rules := withArchive(spam(moderation.Ban), moderation.ArchiveAct)
	rules.Allow = []moderation.Allow{{JID: []string{"friend@example.net"}}}
	p := &past{messages: []*stanza.Message{spoken("alice", "hello", "seen"), by(spoken("a", "free bitcoin", "1"), "admin@example.net"),
		by(spoken("f", "free bitcoin", "2"), "friend@example.net/x"), by(spoken("m", "free bitcoin", "3"), "mod@example.net/x"), by(spoken("w", "free bitcoin", "4"), "warden@example.org")}}
	absence(t, rules, p, func(w *world) {
		archive := w.answer
		w.locked(func() {
			w.answer = func(iq *stanza.IQ) []stanza.Element {
				if q := iq.Extension(stanza.NSMUCAdmin, "query"); q != nil && iq.Type == stanza.Get {
					it := stanza.MUCItem{JID: "admin@example.net", Affiliation: stanza.Admin}
					return []stanza.Element{stanza.NewElement(stanza.NSMUCAdmin, "query", it.Element(stanza.NSMUCAdmin))}
				}
				return archive(iq)
			}
		})
		w.enter(someone("moderator", "mod@example.net/x", stanza.AffiliationNone, stanza.Moderator))
		if got := told[moderation.Decision](w); len(got) > 0 {
			w.Errorf("decided %+v", got)
		}
	})
}

// Who cannot be told from an admin is not acted on.
func TestArchiveOfTheUnknown(t *testing.T) {
	p := &past{messages: []*stanza.Message{spoken("alice", "hello", "seen"), spoken("mallory", "free bitcoin", "1")}}
	absence(t, withArchive(spam(moderation.Ban), moderation.ArchiveAct), p, func(w *world) {
		w.enter(stranger("mallory")) // somebody of that nick, today
		if got := one(w, told[moderation.Decision](w)); !got.DryRun {
			w.Errorf("decided %+v", got)
		}
	})
}

// Nor is anybody who may have been one, as long as the room does not say who is.
func TestArchiveWithoutLists(t *testing.T) {
	p := &past{messages: []*stanza.Message{spoken("alice", "hello", "seen"), by(spoken("mallory", "free bitcoin", "1"), "mallory@example.net/x")}}
	absence(t, withArchive(spam(moderation.Ban), moderation.ArchiveAct), p, func(w *world) {
		w.locked(func() {
			w.refuse = func(iq *stanza.IQ) *stanza.Error {
				if iq.Extension(stanza.NSMUCAdmin, "query") != nil && iq.Type == stanza.Get {
					return &stanza.Error{Condition: stanza.Forbidden}
				}
				return nil
			}
		})
		w.enter(stranger("alice"))
		if got := one(w, told[moderation.Decision](w)); !got.DryRun {
			w.Errorf("decided %+v", got)
		}
	})
}

// A lasting id tells who it was.
func TestArchiveByOccupantID(t *testing.T) {
	withID := func(list *[]stanza.Element) {
		*list = append(*list, stanza.NewElement(stanza.NSOccupantID, "occupant-id").WithAttr("id", "occ-1"))
	}
	m := spoken("mallory", "free bitcoin", "1")
	withID(&m.Extensions)
	p := &past{messages: []*stanza.Message{spoken("alice", "hello", "seen"), m}}
	absence(t, withArchive(spam(moderation.Ban), moderation.ArchiveAct), p, func(w *world) {
		x := stranger("innocent-looking")
		withID(&x.Extensions)
		w.enter(x)
		banned, _ := w.outcome()
		if !slices.Equal(banned, []stanza.JID{"innocent-looking@example.net"}) {
			w.Errorf("banned %v", banned)
		}
	})
}

// Results that nobody asked for, or from others than the room, do not count.
func TestArchiveForged(t *testing.T) {
	p := &past{messages: []*stanza.Message{spoken("alice", "hello", "seen"), spoken("alice", "no", "2")}}
	absence(t, withArchive(spam(moderation.Ban), moderation.ArchiveAct), p, func(w *world) {
		query := ""
		archive := w.answer
		w.locked(func() {
			w.answer = func(iq *stanza.IQ) []stanza.Element {
				if q := iq.Extension(nsMAM, "query"); q != nil {
					query = q.Attr("queryid")
					for _, from := range []stanza.JID{"evil@example.net", lobby + "/mallory", "rooms.example.org"} {
						m := archived(query, by(spoken("alice", "free bitcoin", "9"), "alice@example.net"))
						m.From = from
						w.s.Receive(m)
					}
					w.s.Receive(archived("another", by(spoken("alice", "free bitcoin", "9"), "alice@example.net")))
					other := spoken("alice", "free bitcoin", "8")
					other.From = "hall@rooms.example.org/alice"
					w.s.Receive(archived(query, by(other, "alice@example.net")))
				}
				return archive(iq)
			}
		})
		w.enter(stranger("alice"))
		w.pass(time.Hour)
		if got := told[moderation.Decision](w); len(got) > 0 || query == "" {
			w.Errorf("decided %+v", got)
		}
	})
}

func TestArchiveThatIsNone(t *testing.T) {
	play(t, withArchive(spam(moderation.Ban), moderation.ArchiveAct), func(w *world) {
		w.enter(stranger("mallory"))
		if e := one(w, told[moderation.ArchiveRead](w)); e.Err == nil {
			w.Errorf("read %+v", e)
		}
		w.receive(spoken("mallory", "free bitcoin", "1")) // live it counts all the same
		if banned, _ := w.outcome(); len(banned) != 1 {
			w.Errorf("banned %v", banned)
		}
	})
}

// A session that is lost while the archive is read takes nothing away from it.
func TestArchiveAcrossALostSession(t *testing.T) {
	p := &past{messages: []*stanza.Message{spoken("alice", "hello", "seen"), by(spoken("mallory", "free bitcoin", "1"), "mallory@example.net/x"),
		spoken("alice", "live", "5")}}
	absence(t, withArchive(spam(moderation.Ban), moderation.ArchiveAct), p, func(w *world) {
		hold := true
		w.locked(func() { w.ignore = func(iq *stanza.IQ) bool { return hold && iq.Extension(nsMAM, "query") != nil } })
		w.enter(stranger("alice"))
		w.receive(spoken("alice", "live", "5"))
		w.s.Close()
		synctest.Wait()
		w.locked(func() { hold = false })
		w.begin()
		w.admit(stranger("alice"))
		if banned, _ := w.outcome(); !slices.Equal(banned, []stanza.JID{"mallory@example.net"}) {
			w.Errorf("banned %v, asked for %q", banned, p.queries)
		}
	})
}

// An archive without end is read up to a bound.
func TestArchiveWithoutEnd(t *testing.T) {
	p := &past{}
	absence(t, withArchive(spam(moderation.Ban), moderation.ArchiveLog), p, func(w *world) {
		archive := w.answer
		n := 0
		w.locked(func() {
			w.answer = func(iq *stanza.IQ) []stanza.Element {
				if iq.Extension(nsMAM, "query") != nil {
					n++
					p.messages = append(p.messages, spoken("alice", "x", strconv.Itoa(3*n)), spoken("alice", "x", strconv.Itoa(3*n+1)), spoken("alice", "x", strconv.Itoa(3*n+2)))
				}
				return archive(iq)
			}
		})
		w.enter()
		w.pass(time.Minute)
		if e := one(w, told[moderation.ArchiveRead](w)); e.Err == nil || errors.Is(e.Err, stanza.ErrLost) || n > 1000 {
			w.Errorf("after %d pages: %s", n, fmt.Sprint(e.Err))
		}
	})
}
