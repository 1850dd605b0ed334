package reconnect

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestBacklog(t *testing.T) {
	for name, c := range map[string]struct {
		before func(*backlog)
		during func(*backlog) // after a second of waiting
		size   int64
		ok     bool
		waited time.Duration
	}{
		"fits":                            {size: 100, ok: true},
		"too slow":                        {size: 101, waited: 10 * time.Second},
		"handled in time":                 {size: 101, during: func(b *backlog) { b.handled(1) }, ok: true, waited: time.Second},
		"a handler asks":                  {size: 101, during: func(b *backlog) { b.waits(1) }, ok: true, waited: time.Second},
		"a handler had asked":             {size: 400, before: func(b *backlog) { b.waits(1) }, ok: true},
		"a handler asks and all is full":  {size: 401, before: func(b *backlog) { b.waits(1) }},
		"a handler got its answer":        {size: 101, before: func(b *backlog) { b.waits(1); b.waits(-1) }, waited: 10 * time.Second},
		"not enough is handled":           {size: 200, during: func(b *backlog) { b.handled(1) }, waited: 10 * time.Second},
		"far too much, however it is cut": {size: 1000},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBacklog(100, 10*time.Second)
				if c.before != nil {
					c.before(b)
				}
				if c.during != nil {
					time.AfterFunc(time.Second, func() { c.during(b) })
				}
				start := time.Now()
				if ok := b.add(c.size, make(chan struct{})); ok != c.ok {
					t.Errorf("add said %v", ok)
				}
				if d := time.Since(start); d != c.waited {
					t.Errorf("waited %v, want %v", d, c.waited)
				}
			})
		})
	}
}
