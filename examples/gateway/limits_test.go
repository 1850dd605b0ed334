package main

import (
	"slices"
	"testing"
	"time"
)

// Issue 5: a cap per phone and hour, told once when it is reached.
func TestWindow(t *testing.T) {
	var w window
	start := time.Unix(1_000_000, 0)
	var got []verdict
	for _, at := range []time.Duration{0, 1, 2, 3, 3599, 3600, 3601, 3602, 3603, 1} {
		got = append(got, w.take(start.Add(at*time.Second), time.Hour, 2))
	}
	want := []verdict{within, within, over, silent, silent, within, within, over, silent, within}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
