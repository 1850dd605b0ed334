package reconnect

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"
)

func TestBackoffDelay(t *testing.T) {
	for _, c := range []struct {
		b        Backoff
		failures int
		want     time.Duration // at most; at least half of it
	}{
		{Backoff{}, 0, time.Second},
		{Backoff{}, 1, 2 * time.Second},
		{Backoff{}, 8, 256 * time.Second},
		{Backoff{}, 9, 5 * time.Minute},
		{Backoff{}, 1 << 40, 5 * time.Minute},
		{Backoff{Min: time.Minute, Max: time.Second}, 3, time.Minute},
		{Backoff{Min: time.Millisecond, Max: 3 * time.Millisecond}, 2, 3 * time.Millisecond},
	} {
		lowest, highest := c.want, time.Duration(0)
		for range 200 {
			d := c.b.delay(c.failures)
			lowest, highest = min(lowest, d), max(highest, d)
		}
		if lowest < c.want/2 || highest > c.want || lowest == highest {
			t.Errorf("%+v after %d failures: %v to %v, want within %v to %v",
				c.b, c.failures, lowest, highest, c.want/2, c.want)
		}
	}
}

// Only a session counts as stable, not the time that it took to get one.
func TestBackoffStartsOverAfterAStableSession(t *testing.T) {
	for name, c := range map[string]struct {
		connecting, online time.Duration
		over               bool
	}{
		"no session":                   {connecting: 2 * time.Minute},
		"lost at once after long work": {connecting: 2 * time.Minute, online: time.Second},
		"stable":                       {connecting: time.Second, online: time.Minute, over: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				var count counters
				var waits []time.Duration
				var ended time.Time
				err := keepTrying(ctx, Backoff{Min: time.Second, Max: time.Hour, Stable: time.Minute}, slog.New(slog.DiscardHandler), &count,
					func(context.Context) error {
						if !ended.IsZero() {
							waits = append(waits, time.Since(ended))
						}
						if len(waits) == 8 {
							cancel()
						}
						<-time.After(c.connecting)
						if c.online > 0 {
							count.online(self, &stream{})
							<-time.After(c.online)
						}
						ended = time.Now()
						return errors.New("lost")
					})
				if err != nil {
					t.Fatal(err)
				}
				if last := waits[len(waits)-1]; (last <= time.Second) != c.over {
					t.Errorf("waited %v", waits)
				}
			})
		})
	}
}

func TestBackoffBearsNonsense(t *testing.T) {
	for _, b := range []Backoff{{Min: -time.Hour}, {Min: -1, Max: -1}, {Min: time.Hour, Max: time.Second}, {Max: 1}, {Min: 1 << 62, Max: 1<<63 - 1}} {
		for failures := range 100 {
			if d := b.delay(failures); d < 0 {
				t.Errorf("%+v waits %v", b, d)
			}
		}
	}
}
