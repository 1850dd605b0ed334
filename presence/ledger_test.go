package presence

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/xmppkit/xmppkit/stanza"
)

// TestLedger drives a Ledger alone: what follows => is what Commit returns.
func TestLedger(t *testing.T) {
	in := func(lines ...string) []string {
		return append([]string{"joining r", "seen r b", "seen r a", "joined r me => r self join me with a b"}, lines...)
	}
	for name, lines := range map[string][]string{
		"a join is news once":                  in("join r c => r join c", "join r c", "who r => me [a b c]"),
		"a part is news once":                  in("part r a => r part a", "part r a", "who r => me [b]"),
		"a join of someone told is none":       in("join r a"),
		"a part of someone never told is none": in("part r c"),
		"silently":                             in("silent join r c", "silent part r a", "who r => me [b c]", "join r c"),
		"rooms not joined are ignored":         {"join r a", "part r a", "nick r a b", "seen r a", "joined r me", "leave r x", "who r"},
		"§7.6 nick change":                     in("nick r a c => r nick change a c", "who r => me [b c]"),
		"§7.6 of someone never told":           in("nick r c d => r join d"),
		"§7.6 of someone never told, to known": in("nick r c a"),
		"§7.6 to a nick already told":          in("nick r a b => r part b, r nick change a b", "who r => me [b]"),
		"§7.6 to itself":                       in("nick r a a"),
		"§7.6 to no nick":                      in("nick r a => r part a"),
		"§7.6 to our nick":                     in("nick r a me => r part a"),
		"§7.6 our own":                         in("nick r me i", "who r => i [a b]"),
		"§7.6 our own to one told":             in("nick r me a => r part a", "who r => a [b]"),
		"our own nick is no occupant":          in("join r me"),
		"a rejoin is silent":                   in("joining r", "seen r a", "seen r b", "seen r me", "joined r me"),
		"a rejoin tells the difference":        in("joining r", "seen r b", "seen r c", "joined r me => r part a, r join c"),
		"a rejoin halfway changes nothing":     in("joining r", "seen r c", "who r => me [a b]", "joining r", "seen r a", "seen r b", "joined r me"),
		"seen and gone again":                  in("joining r", "seen r a", "seen r b", "seen r c", "gone r c", "gone r d", "joined r me"),
		"seen outside of a join":               in("seen r c", "gone r a", "who r => me [a b]"),
		"told during a rejoin":                 in("joining r", "seen r b", "part r a => r part a", "joined r me"),
		"a join that was not the first halfway": {"joining r", "seen r a", "joining r", "seen r b",
			"who r", "joined r me => r self join me with b"},
		"leaving forgets":                  in("leave r bye => r self part me bye", "who r", "join r a", "joining r", "seen r a", "joined r me => r self join me with a"),
		"leaving while joining":            {"joining r", "seen r a", "leave r bye", "joined r me", "who r"},
		"recipients know different things": in("joining s", "seen s a", "joined s you => s self join you with a", "join s b => s join b", "join r b", "part r a => r part a", "part s a => s part a"),
		"after a crash": in("join r c => r join c", "nick r a d => r nick change a d", "part r b => r part b", "nick r me i",
			"crash", "who r => i [c d]", "join r c", "part r b", "joining r", "seen r c", "joined r i => r part d"),
		"after a crash: what was not committed": in("note join r c", "crash", "who r => me [a b]", "join r c => r join c"),
		"after a crash: we had left":            in("leave r bye => r self part me bye", "crash", "who r"),
		"the disk is full: no news":             in("fail", "join r c", "part r a", "heal => r join c, r part a"),
	} {
		t.Run(name, func(t *testing.T) {
			store := &faultyStore{Store: &MemoryStore{}}
			l := openLedger(t, store)
			for _, line := range lines {
				line, want, _ := strings.Cut(line, " => ")
				words := append(strings.Fields(line), "", "", "")
				note := Notice{}
				if note.Silent = words[0] == "silent"; note.Silent {
					words = words[1:]
				}
				commit := words[0] != "note"
				if !commit {
					words = words[1:]
				}
				r, nick := stanza.JID(words[1]), words[2]
				note.Recipient, note.Room, note.Nick, note.NewNick = r, testRoom, nick, words[3]
				var got []string
				switch words[0] {
				case "join", "part", "nick":
					note.Kind = map[string]Kind{"join": Join, "part": Part, "nick": NickChange}[words[0]]
					l.Note(note)
				case "joining":
					l.Joining(r, testRoom)
				case "seen", "gone":
					l.Seen(r, testRoom, nick, words[0] == "seen")
				case "joined":
					l.Joined(r, testRoom, nick)
				case "leave":
					l.Leave(r, testRoom, nick)
				case "who":
					if who, in := l.Who(r, testRoom); in {
						got = append(got, fmt.Sprint(who.Nick, " ", who.Occupants))
					}
				case "fail":
					store.fail(errDiskFull)
				case "heal":
					store.fail(nil)
				case "crash":
					l = openLedger(t, store)
				default:
					t.Fatalf("unknown line %q", line)
				}
				if commit {
					notices, err := l.Commit()
					if err != nil && !errors.Is(err, errDiskFull) {
						t.Fatal(err)
					}
					for _, n := range notices {
						got = append(got, describeShort(n))
					}
				}
				if got := strings.Join(got, ", "); got != want {
					t.Fatalf("after %q: got %q, want %q", line, got, want)
				}
			}
			check(t, &l.book)
		})
	}
}

// describeShort leaves out the age.
func describeShort(n Notice) string {
	if n.Kind == Join || n.Kind == Part {
		return fmt.Sprintf("%s %s %s", n.Recipient, n.Kind, n.Nick)
	}
	return describe(n)
}

func openLedger(t testing.TB, store Store) *Ledger {
	t.Helper()
	l, err := OpenLedger(store, LedgerConfig{})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestLedgerNoteReportsNews(t *testing.T) {
	l := openLedger(t, nil)
	join := Notice{Kind: Join, Recipient: "r", Room: testRoom, Nick: "a"}
	if l.Note(join) {
		t.Error("a join in a room not joined is news")
	}
	l.Joining("r", testRoom)
	if l.Note(join) {
		t.Error("a join in a room not yet joined is news")
	}
	l.Joined("r", testRoom, "me")
	if !l.Note(join) || l.Note(join) {
		t.Error("a join is not news exactly once")
	}
	for _, kind := range []Kind{0, SelfJoin, SelfPart, SelfNickChange, 99} {
		if l.Note(Notice{Kind: kind, Recipient: "r", Room: testRoom, Nick: "b"}) {
			t.Errorf("%v was noted", kind)
		}
	}
}

func TestLedgerRooms(t *testing.T) {
	l := openLedger(t, nil)
	for _, room := range []stanza.JID{"x", "y", "z"} {
		l.Joining("r", room)
		l.Joined("r", room, "me")
	}
	l.Joining("s", "x")
	l.Joined("s", "x", "you")
	l.Joining("s", "y") // and no more
	l.Leave("r", "y", "")
	rooms := func(recipient stanza.JID) string {
		var all []string
		for m := range l.Rooms(recipient) {
			l.Who(m.Recipient, m.Room) // the ledger may be used meanwhile
			all = append(all, fmt.Sprintf("%s in %s as %s", m.Recipient, m.Room, m.Nick))
		}
		slices.Sort(all)
		return strings.Join(all, ", ")
	}
	for recipient, want := range map[stanza.JID]string{
		"r": "r in x as me, r in z as me",
		"s": "s in x as you",
		"t": "",
		"":  "r in x as me, r in z as me, s in x as you",
	} {
		if got := rooms(recipient); got != want {
			t.Errorf("%q: %q, want %q", recipient, got, want)
		}
	}
	for range l.Rooms("") {
		break // and nothing breaks
	}
	check(t, &l.book)
}

func TestLedgerIsBounded(t *testing.T) {
	l, err := OpenLedger(nil, LedgerConfig{MaxOccupants: 10})
	if err != nil {
		t.Fatal(err)
	}
	n := NewNotifier(l, NotifierConfig{})
	n.Joining("r", testRoom)
	n.Join("r", testRoom, "a")
	for i := range 1000 {
		n.Join("r", testRoom, fmt.Sprint("during", i))
	}
	n.Joined("r", testRoom, "me")
	n.Join("r", testRoom, strings.Repeat("x", maxNick+1))
	for i := range 1000 {
		n.Join("r", testRoom, fmt.Sprint("after", i))
		n.NickChange("r", testRoom, fmt.Sprint("unknown", i), fmt.Sprint("changed", i))
		n.Join("r", stanza.JID(fmt.Sprint("other", i)), "a")
		n.Joining("r", testRoom)
		n.Join("r", testRoom, fmt.Sprint("again", i))
	}
	if err := n.Close(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	if slots, rooms := len(l.book.rooms[testRoom].slots), len(l.book.rooms); slots > 10 || rooms != 1 {
		t.Errorf("%d slots, %d rooms", slots, rooms)
	}
	check(t, &l.book)
}

func TestOpenLedgerFailsAsItsStore(t *testing.T) {
	if _, err := OpenLedger(brokenStore{}, LedgerConfig{}); !errors.Is(err, errDiskFull) {
		t.Errorf("got %v", err)
	}
}

type brokenStore struct{ Store }

func (brokenStore) Load() iter.Seq2[Membership, error] {
	return func(yield func(Membership, error) bool) { yield(Membership{}, errDiskFull) }
}
