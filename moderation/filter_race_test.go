//go:build race

package moderation

// raceEnabled: with the race detector a pool forgets at random and everything
// takes its time, so that neither can be measured.
const raceEnabled = true
