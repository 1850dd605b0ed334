package main

import (
	"context"
	"sync"
	"time"
)

// lanes runs work for keys, here phones: never twice at a time for one of them, for a
// few of them at once, and with no goroutine while there is nothing to do.
type lanes struct {
	run   func(ctx context.Context, key string) // does what there is to do for key
	limit int

	ctx    context.Context
	cancel context.CancelFunc

	mu      sync.Mutex // guards what follows
	waiting []string
	known   map[string]*lane // of the keys that wait or run
	workers int
	paused  bool
	closed  bool
	idle    sync.Cond
}

type lane struct{ running, again bool }

func newLanes(ctx context.Context, limit int, run func(ctx context.Context, key string)) *lanes {
	l := &lanes{run: run, limit: limit, known: map[string]*lane{}}
	l.ctx, l.cancel = context.WithCancel(ctx)
	l.idle.L = &l.mu
	return l
}

// kick says that there may be something to do for key. It does not block.
func (l *lanes) kick(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return
	}
	if k := l.known[key]; k != nil {
		k.again = k.running
		return
	}
	l.known[key] = &lane{}
	l.waiting = append(l.waiting, key)
	l.spawn()
}

// after is kick in a while.
func (l *lanes) after(d time.Duration, key string) { time.AfterFunc(d, func() { l.kick(key) }) }

// pause begins nothing new for a while.
func (l *lanes) pause(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.paused {
		return
	}
	l.paused = true
	time.AfterFunc(d, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.paused = false
		for range l.limit {
			l.spawn()
		}
	})
}

// spawn starts a worker if there is work for one more.
func (l *lanes) spawn() {
	if l.closed || l.paused || l.workers >= l.limit || len(l.waiting) == 0 {
		return
	}
	l.workers++
	go l.work()
}

func (l *lanes) work() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.waiting) > 0 && !l.paused && !l.closed {
		key := l.waiting[0]
		l.waiting = l.waiting[1:]
		k := l.known[key]
		k.running = true
		l.mu.Unlock()
		l.run(l.ctx, key)
		l.mu.Lock()
		if k.again {
			*k = lane{}
			l.waiting = append(l.waiting, key)
		} else {
			delete(l.known, key)
		}
	}
	l.workers--
	l.idle.Broadcast()
}

// close cancels what runs, waits for it and begins nothing more.
func (l *lanes) close() {
	l.cancel()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	for l.workers > 0 {
		l.idle.Wait()
	}
}
