package reconnect

import (
	"context"
	"math/rand/v2"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/xmppkit/xmppkit/internal/xmpptest"
	"github.com/xmppkit/xmppkit/stanza"
)

// usage is what must not grow.
type usage struct {
	goroutines, files int
	heap              uint64
}

func measure(t *testing.T) usage {
	t.Helper()
	runtime.GC()
	runtime.GC() // what the first one found unused, go-xmpp's lost connections among it, is closed by now
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	u := usage{goroutines: runtime.NumGoroutine(), heap: m.HeapAlloc}
	if list, err := os.ReadDir("/proc/self/fd"); err == nil {
		u.files = len(list)
	}
	return u
}

// settled measures until use is no more than before, or ctx ends.
func settled(t *testing.T, ctx context.Context, before usage) usage {
	t.Helper()
	for {
		u := measure(t)
		if u.goroutines <= before.goroutines && u.files <= before.files {
			return u
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			return u
		}
	}
}

// Two hundred streams, killed at every kind of point, inside stanzas and inside
// handshakes: nothing is left behind, goroutines, files or memory.
func TestTwoHundredReconnectsLeaveNothing(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	srv := xmpptest.New(t, xmpptest.Config{Iterations: 16, Keep: 16})
	b := make(begins)
	c := New(quick(options(srv), b))
	stop := run(t, c)
	s := b.next(t, ctx)
	before := measure(t)
	random := rand.New(rand.NewPCG(1, 2))
	long := &stanza.Message{From: "a@example.org/b", Body: string(make([]byte, 2000))}
	for i := range 200 {
		me := s.JID()
		switch i % 5 {
		case 0: // at rest
			srv.Kill(me)
		case 1: // inside a stanza
			srv.KillAfter(me, 1+random.IntN(1500))
			srv.Deliver(me, long)
		case 2: // with a request under way
			go func(s stanza.Session) { _, _ = s.Request(ctx, ping("example.org")) }(s)
			srv.Kill(me)
		case 3: // and the next handshakes at whatever byte
			srv.KillNext(random.IntN(200), 200+random.IntN(2500))
			srv.Kill(me)
		case 4: // by a server that goes down
			srv.EndStream(me, stanza.StreamError{Condition: "system-shutdown"})
		}
		s = b.next(t, ctx)
	}
	after := settled(t, ctx, before)
	if after.goroutines > before.goroutines || after.files > before.files {
		t.Errorf("before: %+v, after: %+v", before, after)
	}
	if grown := int64(after.heap) - int64(before.heap); grown > 1<<20 {
		t.Errorf("the heap grew by %d bytes", grown)
	}
	if st := c.Stats(); st.Sessions != 201 || st.Handshakes != 0 {
		t.Errorf("%+v", st)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}
