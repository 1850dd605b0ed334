package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/xmppkit/xmppkit/stanza"
)

// office is an SMS service that does as the test says.
type office struct {
	mu   sync.Mutex // guards the rest
	err  func(m outgoing) error
	sent []outgoing
	log  map[string]bool // what Sent knows
}

func (o *office) Send(_ context.Context, m outgoing) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.sent = append(o.sent, m)
	if o.err != nil {
		return o.err(m)
	}
	return nil
}

func (o *office) Run(context.Context, receiver) error { return nil }

func (o *office) Sent(id string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.log[id]
}

func (o *office) texts(to string) (list []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, m := range o.sent {
		if m.To == to {
			list = append(list, m.Text)
		}
	}
	return list
}

func newOffice(t *testing.T, o *office, adjust func(*config)) *outbox {
	t.Helper()
	cfg := defaultConfig()
	cfg.Kannel.Report = duration(50 * time.Millisecond)
	if adjust != nil {
		adjust(&cfg)
	}
	box := newOutbox(context.Background(), newState(t), cfg, o, testLog(t))
	t.Cleanup(box.lanes.close)
	return box
}

func (o *outbox) post(t *testing.T, number string, letters ...letter) {
	t.Helper()
	o.state.must(t, func(tx *bolt.Tx) error {
		for _, l := range letters {
			if _, err := o.add(tx, number, l); err != nil {
				return err
			}
		}
		return nil
	})
}

// drained waits until nothing lies there any more.
func (o *outbox) drained(t *testing.T) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for timeout := time.After(patience); ; {
		numbers, err := o.state.numbers(bucketOutbox)
		if err != nil {
			t.Fatal(err)
		}
		if len(numbers) == 0 {
			return
		}
		select {
		case <-tick.C:
		case <-timeout:
			t.Fatalf("not drained: %q", numbers)
		}
	}
}

// Issue 5: outgoing SMS are in order per phone, whatever fails in between.
func TestOutboxKeepsOrder(t *testing.T) {
	n := 0
	o := &office{err: func(outgoing) error {
		if n++; n%7 == 3 {
			return errors.New("away")
		}
		return nil
	}}
	box := newOffice(t, o, nil)
	phones := []string{ann, bob, "+15551110003", "+15551110004", "+15551110005"}
	for i := range 10 {
		for _, p := range phones {
			box.post(t, p, letter{Text: fmt.Sprint(i)})
		}
	}
	box.drained(t)
	for _, p := range phones {
		got := slices.Compact(o.texts(p)) // what failed came again
		if len(got) != 10 || !slices.IsSorted(got) {
			t.Errorf("%s got %q", p, got)
		}
	}
}

// A letter that the service may have goes out again only if no report comes.
func TestOutboxInDoubt(t *testing.T) {
	for name, c := range map[string]struct {
		settle func(o *office, box *outbox, id string) error
		want   []string // what the service was handed
	}{
		"a report says it went out":    {func(_ *office, box *outbox, id string) error { return box.reported(id, true) }, []string{"1", "2"}},
		"a report says it was refused": {func(_ *office, box *outbox, id string) error { return box.reported(id, false) }, []string{"1", "2", sayExpired(1)}},
		"the access log has it": {func(o *office, _ *outbox, id string) error {
			o.mu.Lock()
			defer o.mu.Unlock()
			o.log = map[string]bool{id: true}
			return nil
		}, []string{"1", "2"}},
		"nothing is heard": {func(*office, *outbox, string) error { return nil }, []string{"1", "1", "2"}},
		"a stranger's report": {func(_ *office, box *outbox, id string) error {
			return errors.Join(box.reported("zz", true), box.reported("", true), box.reported(hex.EncodeToString(letterKey(ann, 1)), true))
		}, []string{"1", "1", "2"}},
	} {
		t.Run(name, func(t *testing.T) {
			doubt := make(chan string, 1)
			first := true
			o := &office{err: func(m outgoing) error {
				if first {
					first = false
					doubt <- m.ID
					return errDoubt
				}
				return nil
			}}
			box := newOffice(t, o, nil)
			box.post(t, ann, letter{Text: "1"}, letter{Text: "2"})
			if err := c.settle(o, box, <-doubt); err != nil {
				t.Fatal(err)
			}
			box.drained(t)
			if got := o.texts(ann); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// A letter that was being handed over when the gateway was killed is in doubt.
func TestOutboxAfterAKill(t *testing.T) {
	o := &office{}
	box := newOffice(t, o, nil)
	box.lanes.close() // killed
	box.post(t, ann, letter{Text: "1"}, letter{Text: "2"})
	key, _, err := box.state.first(bucketOutbox, ann)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := box.mark(key, time.Now().Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	cfg := defaultConfig()
	cfg.Kannel.Report = duration(time.Hour)
	again := newOutbox(context.Background(), box.state, cfg, o, testLog(t))
	defer again.lanes.close()
	if err := again.start(); err != nil {
		t.Fatal(err)
	}
	if err := again.reported(again.id(key), true); err != nil {
		t.Fatal(err)
	}
	again.drained(t)
	if got := o.texts(ann); !slices.Equal(got, []string{"2"}) {
		t.Errorf("got %q", got)
	}
}

// Issue 5: what expires is reported, to who wrote it or to the phone, and so is what
// the service refuses.
func TestOutboxReports(t *testing.T) {
	for name, fail := range map[string]error{"expired": errors.New("away"), "refused": errRefused} {
		t.Run(name, func(t *testing.T) {
			var mu sync.Mutex
			failing := fail
			o := &office{}
			o.err = func(m outgoing) error {
				mu.Lock()
				defer mu.Unlock()
				if m.Text == sayExpired(2) {
					failing = nil
				}
				return failing
			}
			box := newOffice(t, o, func(c *config) { c.Limits.Expire = duration(50 * time.Millisecond) })
			told := make(chan string, 10)
			box.undelivered = func(to stanza.JID, number, id string) { told <- string(to) + " " + number + " " + id }
			box.state.must(t, func(tx *bolt.Tx) error {
				for _, l := range []letter{{Text: "1"}, {Text: "2", From: "romeo@example.org/x", Stanza: "id2"}, {Text: "3"}} {
					if _, err := box.add(tx, ann, l); err != nil {
						return err
					}
				}
				return box.answer(tx, ann, "4")
			})
			if got := <-told; got != "romeo@example.org/x "+ann+" id2" {
				t.Error(got)
			}
			// The rest is the phone's: together if they expire together.
			tick := time.NewTicker(5 * time.Millisecond)
			defer tick.Stop()
			for timeout := time.After(patience); ; {
				box.sweep()
				texts := o.texts(ann)
				if slices.Contains(texts, sayExpired(2)) || slices.Contains(texts, sayExpired(1)) {
					break
				}
				select {
				case <-tick.C:
				case <-timeout:
					t.Fatalf("the phone is told nothing: %q", texts)
				}
			}
		})
	}
}

// Issue 5: never an SMS storm: a cap per phone and hour, told once when it is reached.
func TestOutboxCap(t *testing.T) {
	o := &office{}
	box := newOffice(t, o, func(c *config) { c.Limits.SMSPerHour = 3 })
	for i := range 10 {
		box.post(t, ann, letter{Text: fmt.Sprint(i)})
	}
	box.post(t, bob, letter{Text: "x"})
	box.state.must(t, func(tx *bolt.Tx) error { return box.answer(tx, ann, "answer") })
	box.drained(t)
	if got := o.texts(ann); !slices.Equal(got, []string{"0", "1", "2", sayTooMuch, "answer"}) {
		t.Errorf("got %q", got)
	}
	if got := o.texts(bob); !slices.Equal(got, []string{"x"}) {
		t.Errorf("got %q", got)
	}
}
