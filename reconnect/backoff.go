package reconnect

import (
	"math/rand/v2"
	"time"
)

// Backoff says how long to wait between attempts. The zero value waits from one
// second to five minutes.
type Backoff struct {
	Min    time.Duration // before the first new attempt, default 1 s
	Max    time.Duration // at most, default 5 min
	Stable time.Duration // a session this long starts the delays over, default 1 min
}

// delay is how long to wait after so many failures in a row, from 0: twice as long
// each time, and anything from half of that up, so that a thousand bots do not
// come back at once.
func (b Backoff) delay(failures int) time.Duration {
	d, limit := b.Min, b.Max
	if d <= 0 {
		d = time.Second
	}
	if limit <= 0 {
		limit = 5 * time.Minute
	}
	limit = max(limit, d)
	for range failures {
		if d >= limit/2 {
			d = limit
			break
		}
		d *= 2
	}
	return d/2 + rand.N(d/2+1)
}

// or is d, or what it is by default.
func or[T comparable](d, byDefault T) T {
	var zero T
	if d == zero {
		return byDefault
	}
	return d
}
