package main

import "time"

// window counts what happens in a stretch of time, and says once that it is too much.
// The zero value has counted nothing.
type window struct {
	Start int64 `json:",omitempty"` // Unix seconds
	Count int   `json:",omitempty"`
	Told  bool  `json:",omitempty"`
}

// verdict is what to do with one thing more.
type verdict uint8

const (
	within verdict = iota // the limit
	over                  // it, for the first time in this stretch: say so
	silent                // over, and that has been said
)

// take counts one more.
func (w *window) take(now time.Time, stretch time.Duration, limit int) verdict {
	if s := now.Unix() - w.Start; s >= int64(stretch/time.Second) || s < 0 {
		*w = window{Start: now.Unix()}
	}
	switch {
	case w.Count < limit:
		w.Count++
		return within
	case !w.Told:
		w.Told = true
		return over
	}
	return silent
}

// limits is what is counted of one phone, in its own record so that a restart does
// not begin anew.
type limits struct {
	Out   window // SMS to it because of others
	In    window // SMS from it
	Hints window // that it is not in a group
}
