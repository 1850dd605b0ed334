package realserver

import "testing"

// Program is a started server program, as one test sees it. An operation that fails ends the test and shows the log.
type Program struct {
	tb      testing.TB
	process *process
}

// Start starts the program again, on the same ports and with the data it left, and blocks until it listens. It does
// nothing if the program runs.
func (p *Program) Start() {
	p.tb.Helper()
	p.check("start", p.process.start())
}

// Stop ends the program in good order, so that it closes its streams, and blocks until nothing of it is left.
// It does nothing if the program does not run. A paused one is resumed for it.
func (p *Program) Stop() {
	p.tb.Helper()
	p.check("stop", p.process.stop())
}

// Kill ends the program at once, as kill -9 does, and blocks until nothing of it is left.
func (p *Program) Kill() {
	p.tb.Helper()
	p.check("kill", p.process.kill())
}

// Pause stops the process (SIGSTOP): its connections stay open and nobody answers. The kernel still accepts new ones.
func (p *Program) Pause() {
	p.tb.Helper()
	p.check("pause", p.process.pause())
}

// Resume lets a paused process go on.
func (p *Program) Resume() {
	p.tb.Helper()
	p.check("resume", p.process.resume())
}

// Log is what the program has logged and printed so far: of each of its files the last 32 KiB.
func (p *Program) Log() string { return p.process.log() }

// Pids is the program's processes; none if it does not run.
func (p *Program) Pids() []int {
	var pids []int
	for _, m := range p.process.pids() {
		pids = append(pids, m.pid)
	}
	return pids
}

func (p *Program) check(what string, err error) {
	p.tb.Helper()
	if err != nil {
		p.tb.Fatalf("%s %s: %v\n%s", what, p.process.name, err, p.process.log())
	}
}

// showLog shows the log at the end of the test if it fails.
func (p *Program) showLog() {
	p.tb.Cleanup(func() {
		if p.tb.Failed() {
			p.tb.Logf("log of %s:\n%s", p.process.name, p.process.log())
		}
	})
}
