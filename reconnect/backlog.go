package reconnect

import (
	"sync"
	"time"
)

// backlog bounds what has been read and not been seen by the handlers.
//
// Up to limit the reader runs ahead of them. Past it the reader waits for them,
// for patience at the longest, because pings wait with it; but not while a handler
// waits for the answer to a Request, which may stand right behind what is being
// read: then it runs ahead to four times the limit.
type backlog struct {
	limit    int64
	patience time.Duration
	changed  chan struct{} // of one

	mu       sync.Mutex // guards size, requests
	size     int64
	requests int
}

func newBacklog(limit int64, patience time.Duration) *backlog {
	return &backlog{limit: limit, patience: patience, changed: make(chan struct{}, 1)}
}

// add counts what was read; false if that is more than can be borne.
func (b *backlog) add(size int64, done <-chan struct{}) bool {
	b.mu.Lock()
	b.size += size
	b.mu.Unlock()
	if fits, _ := b.state(); fits {
		return true
	}
	timeout := time.NewTimer(b.patience)
	defer timeout.Stop()
	for {
		fits, full := b.state()
		if fits || full {
			return fits
		}
		select {
		case <-b.changed:
		case <-done:
			return true
		case <-timeout.C:
			return false
		}
	}
}

func (b *backlog) state() (fits, full bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.size <= b.limit || b.requests > 0 && b.size <= 4*b.limit, b.size > 4*b.limit
}

// handled takes back what add counted.
func (b *backlog) handled(size int64) { b.change(-size, 0) }

// waits counts the requests that wait for an answer.
func (b *backlog) waits(n int) { b.change(0, n) }

func (b *backlog) change(size int64, requests int) {
	b.mu.Lock()
	b.size += size
	b.requests += requests
	b.mu.Unlock()
	select {
	case b.changed <- struct{}{}:
	default:
	}
}

func (b *backlog) bytes() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.size
}
