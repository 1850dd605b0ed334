package boltstore

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"testing"

	"github.com/xmppkit/xmppkit/presence"
	"github.com/xmppkit/xmppkit/stanza"
)

// writerEnv names the file that the test binary is to write to until it is killed.
const writerEnv = "XMPPKIT_BOLTSTORE_WRITER"

// batch is the i-th thing that happens: a deterministic change of several rooms,
// which also says which one it was.
func batch(i int) []presence.Notice {
	random := rand.New(rand.NewPCG(uint64(i), 9))
	notices := []presence.Notice{notice(presence.SelfJoin, "counter", "x", strconv.Itoa(i))}
	for range 20 {
		room := stanza.JID(fmt.Sprint("room", random.IntN(5)))
		nick := fmt.Sprint("nick", random.IntN(200))
		switch random.IntN(10) {
		case 0:
			notices = append(notices, notice(presence.SelfPart, "r", room, "me"))
		case 1, 2:
			notices = append(notices, notice(presence.SelfJoin, "r", room, "me", nick, "b", "c"))
		default:
			// A ledger never lets anybody in who is not in the room.
			notices = append(notices, notice(presence.SelfJoin, "s"+room, room, "me", "a"), notice(presence.Join, "s"+room, room, nick))
		}
	}
	return notices
}

// writeForEver records one batch after the other, from where the file ends, and
// says so after each.
func writeForEver(path string) {
	s, err := Open(path, Config{})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for i := last(contentsOf(s)) + 1; ; i++ {
		if err := s.Record(batch(i)); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(i)
	}
}

func contentsOf(s *Store) []presence.Membership {
	all, err := s.load()
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	return all
}

// last returns the batch that a store has seen last, or -1.
func last(all []presence.Membership) int {
	for _, m := range all {
		if m.Recipient == "counter" {
			if i, err := strconv.Atoi(m.Nick); err == nil {
				return i
			}
		}
	}
	return -1
}

// TestKill kills a writing process again and again, at random moments. The file
// must hold the last batch that it said was recorded, or one more, whole.
func TestKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	random := rand.New(rand.NewPCG(1, 2))
	var memory presence.MemoryStore
	applied := -1
	for range 15 {
		said := run(t, path, 1+random.IntN(40))
		s := openStore(t, path, Config{})
		got := contents(t, s)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		now := last(got)
		if now != said && now != said+1 {
			t.Fatalf("the file holds batch %d, the process had recorded %d", now, said)
		}
		for ; applied < now; applied++ {
			if err := memory.Record(batch(applied + 1)); err != nil {
				t.Fatal(err)
			}
		}
		if want := contents(t, &memory); !reflect.DeepEqual(got, want) {
			t.Fatalf("after batch %d:\ngot  %v\nwant %v", now, got, want)
		}
	}
}

// run lets a process record n batches and kills it in the middle of the next. It
// returns the last batch that the process said it had recorded.
func run(t *testing.T, path string, n int) int {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), writerEnv+"="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said, killed := -1, false
	for lines := bufio.NewScanner(out); lines.Scan(); n-- {
		if said, err = strconv.Atoi(lines.Text()); err != nil {
			t.Fatalf("the process said %q", lines.Text())
		}
		if n <= 0 && !killed {
			killed = true
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil || !killed {
		t.Fatalf("the process ended by itself, after batch %d: %v", said, err)
	}
	return said
}
