package muc_test

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xmppkit/xmppkit/muc"
	"github.com/xmppkit/xmppkit/stanza"
)

// invariants holds after whatever a room may do: what the events told is what is
// known, and a room that we are in has us in its list.
func (w *world) invariants(seen map[string]muc.Occupant) {
	w.Helper()
	follow(w.T, seen, w.told())
	s, wished := w.Room(lobby)
	list := w.Occupants(lobby)
	if !wished && len(list) > 0 {
		w.Fatalf("%d occupants of no room", len(list))
	}
	for i, o := range list {
		if i > 0 && list[i-1].Nick >= o.Nick {
			w.Fatalf("%q before %q", list[i-1].Nick, o.Nick)
		}
	}
	if !sameOccupants(seen, list) {
		w.Fatalf("the events lead to %v\nthe list is %v", seen, list)
	}
	if _, ok := w.Occupant(lobby, s.Nick); s.Joined && !ok {
		w.Fatalf("in as %q, but not in the list %v", s.Nick, list)
	}
}

// A room that says anything in any order: nothing contradicts itself, and once the
// room behaves again we are back in.
func TestHostileRoom(t *testing.T) {
	names := []string{"ann", "bob", "cid", "warden", "warden_2", "guard"}
	codes := []stanza.Status{110, 110, 110, 201, 210, 301, 303, 303, 307, 321, 322, 332, 333, 100, 104, 999}
	roles := []stanza.Role{stanza.RoleNone, stanza.Visitor, stanza.Participant, stanza.Moderator, "king", ""}
	conditions := []stanza.Condition{"", stanza.Conflict, stanza.NotAcceptable, stanza.ItemNotFound, stanza.Forbidden,
		stanza.ServiceUnavailable, stanza.RemoteServerTimeout, stanza.Gone, "made-up"}
	for seed := range uint64(150) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 410))
			pick := func(n int) int { return random.IntN(n) }
			play(t, muc.Config{}, func(w *world) {
				seen := map[string]muc.Occupant{}
				var asked []stanza.Stanza
				w.Add(muc.Room{JID: lobby})
				synctest.Wait()
				for range 200 {
					switch pick(16) {
					case 0:
						w.pass(time.Duration(pick(int(20 * time.Minute))))
					case 1:
						w.reconnect()
					case 2:
						w.Add(muc.Room{JID: lobby, Nick: names[pick(len(names))]})
						synctest.Wait()
					case 3:
						go func() { _ = w.SetNick(w.Context(), lobby, names[pick(len(names))]) }()
						synctest.Wait()
					case 4:
						if pick(4) == 0 {
							go func() { _ = w.Leave(w.Context(), lobby, "") }()
							synctest.Wait()
						}
					case 5, 6, 7: // an honest answer to something, perhaps late
						if len(asked) == 0 {
							break
						}
						switch st := asked[pick(len(asked))].(type) {
						case *stanza.Presence:
							p := in(st.To.Resource(), 110)
							p.Type = st.Type
							w.receive(p)
						case *stanza.IQ:
							w.receive(pong(st, conditions[pick(len(conditions))]))
						}
					case 8: // a refusal
						p := &stanza.Presence{To: lobby + "/" + stanza.JID(names[pick(len(names))])}
						if len(asked) > 0 {
							if q, ok := asked[pick(len(asked))].(*stanza.Presence); ok {
								p = q
							}
						}
						w.receive(refusal(p, conditions[1+pick(len(conditions)-1)]))
					default:
						p := is(names[pick(len(names))], stanza.MUCItem{Role: roles[pick(len(roles))], Nick: names[pick(len(names))]})
						if pick(3) == 0 {
							p.Type = stanza.Unavailable
						}
						var set []stanza.Status
						for range pick(3) {
							set = append(set, codes[pick(len(codes))])
						}
						u, _ := p.MUCUser()
						u.Statuses = set
						p.Extensions[0] = u.Element()
						w.receive(p)
					}
					for _, st := range w.s.Sent() {
						if asked = append(asked, st); len(asked) > 5 {
							asked = asked[1:]
						}
					}
					w.invariants(seen)
				}
				w.s.Respond(func(st stanza.Stanza) []stanza.Stanza {
					if p, ok := st.(*stanza.Presence); ok && p.Type == stanza.Available {
						return []stanza.Stanza{in(p.To.Resource(), 110)}
					}
					return hospitable(st)
				})
				w.Add(muc.Room{JID: lobby, Nick: "warden"})
				w.pass(5 * time.Hour)
				if s, _ := w.Room(lobby); !s.Joined {
					t.Fatalf("not back: %+v", s)
				}
				w.invariants(seen)
			})
		})
	}
}

// FuzzHandle feeds a joined, a joining and an unknown room whatever decodes.
func FuzzHandle(f *testing.F) {
	for _, st := range []stanza.Stanza{in("ann", 110), gone("warden", 110, 332), is303("warden", "x", 110), subject("x"),
		refusal(&stanza.Presence{To: lobby + "/warden"}, stanza.Conflict),
		&stanza.Message{From: lobby, Extensions: []stanza.Element{stanza.DirectInvite{Room: lobby}.Element()}},
		&stanza.IQ{From: lobby + "/warden", Type: stanza.Result, ID: "1"}} {
		f.Add(stanza.Marshal(st))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		play(t, muc.Config{}, func(w *world) {
			w.Add(muc.Room{JID: "joining@rooms.example.org"})
			w.Add(muc.Room{JID: lobby})
			synctest.Wait()
			w.receive(in("ann"), in("warden", 110))
			seen := map[string]muc.Occupant{}
			x := xml.NewDecoder(bytes.NewReader(append([]byte("<s xmlns='jabber:client'>"), data...)))
			if _, err := x.Token(); err != nil {
				return
			}
			d := stanza.NewDecoder(x)
			for range 20 {
				st, err := d.Decode()
				if err != nil {
					break
				}
				w.receive(st)
			}
			w.pass(time.Hour)
			w.mu.Lock()
			list := w.events[:0:0]
			for _, e := range w.events {
				if e.Where() == lobby {
					list = append(list, e)
				}
			}
			w.events = list
			w.mu.Unlock()
			w.invariants(seen)
		})
	})
}
