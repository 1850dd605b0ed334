// Package benchcompare runs the benchmarks of package moderation's filter beside
// other ways to find phrases. It is a module of its own, so that the matchers it
// measures are no dependency of anybody else's:
//
//	cd moderation/benchcompare && go test -bench .
package benchcompare
