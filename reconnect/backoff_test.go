package reconnect

import (
	"testing"
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
