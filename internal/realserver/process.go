package realserver

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	startTimeout = 60 * time.Second
	stopTimeout  = 30 * time.Second
	pollInterval = 10 * time.Millisecond
	logLimit     = 32 << 10 // of each file, from its end

	// What is started finds its tools wherever the test was called from.
	searchPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
)

// A process is one server program and what it takes to start it again. Its leader may be a script that waits for the
// server proper; signals go to the server.
type process struct {
	name string // for messages and files
	dir  string
	args []string
	env  []string
	user *user.User
	// ports are those that must listen before the program counts as started; ready, if set, must hold too.
	ports []int
	ready func() bool
	// polite is the signal upon which the program ends in good order; goodbye, if set, is a better way.
	polite  syscall.Signal
	goodbye func() error
	logs    []string // files, beside the output

	mu     sync.Mutex // guards those below
	cmd    *exec.Cmd  // nil: not started
	paused bool
}

// start does nothing if the program runs and is ready.
func (p *process) start() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd != nil {
		if leader, ok := readProc(p.cmd.Process.Pid); ok && leader.alive() && (p.ready == nil || p.ready()) {
			return nil
		}
		if err := p.end(syscall.SIGKILL); err != nil { // it ended by itself, or is about to
			return err
		}
	}
	output, err := os.OpenFile(p.file("out"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer output.Close()
	cmd := exec.Command(p.args[0], p.args[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = p.dir, output, output
	cmd.Env = append([]string{searchPath, "HOME=" + p.dir, "LANG=C.UTF-8"}, p.env...)
	if err := detach(cmd, p.user); err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	p.cmd, p.paused = cmd, false
	if err := os.WriteFile(p.file("group"), []byte(strconv.Itoa(cmd.Process.Pid)), 0o600); err != nil {
		return errors.Join(err, p.end(syscall.SIGKILL))
	}
	if err := p.await(); err != nil {
		return errors.Join(err, p.end(syscall.SIGKILL))
	}
	return nil
}

// await waits until the program listens everywhere it should.
func (p *process) await() error {
	var err error
	if !poll(startTimeout, func() bool {
		leader, ok := readProc(p.cmd.Process.Pid)
		if !ok || !leader.alive() {
			err = fmt.Errorf("%s ended while starting", p.name)
			return true
		}
		var open map[int]bool
		if open, err = p.open(); err != nil {
			return true
		}
		for _, port := range p.ports {
			if !open[port] {
				return false
			}
		}
		return p.ready == nil || p.ready()
	}) {
		err = fmt.Errorf("%s does not listen on all of %v after %v", p.name, p.ports, startTimeout)
	}
	return err
}

func (p *process) open() (map[int]bool, error) {
	addrs, err := listening(family(p.cmd.Process.Pid))
	open := map[int]bool{}
	for _, a := range addrs {
		open[int(a.Port())] = true
	}
	return open, err
}

// stop and kill do nothing if the program does not run.
func (p *process) stop() error { return p.finish(p.polite) }
func (p *process) kill() error { return p.finish(syscall.SIGKILL) }

func (p *process) finish(sig syscall.Signal) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd == nil {
		return nil
	}
	if sig != syscall.SIGKILL && p.paused {
		p.paused = false
		if err := proceed(p.cmd.Process.Pid); err != nil {
			return errors.Join(err, p.end(syscall.SIGKILL))
		}
	}
	return p.end(sig)
}

// end tells the server to end, waits until nothing of it is left, and sees to the rest if that takes too long.
func (p *process) end(sig syscall.Signal) error {
	leader := p.cmd.Process.Pid
	all := family(leader)
	var servers, scripts []proc
	for _, m := range all {
		switch {
		case m.pid == leader:
			scripts = append(scripts, m)
		case m.group == leader:
			servers = append(servers, m)
		}
	}
	if len(servers) == 0 {
		servers = scripts
	}
	var err error
	if sig != syscall.SIGKILL && p.goodbye != nil {
		err = p.goodbye()
	} else {
		err = signal(servers, sig)
	}
	if p.paused { // after the signal, so that a kill leaves no time to say goodbye
		err = errors.Join(err, proceed(leader))
	}
	if !poll(stopTimeout, func() bool { return len(all) == 0 || !all[0].alive() }) {
		err = errors.Join(err, fmt.Errorf("%s did not end within %v", p.name, stopTimeout), signal(all, syscall.SIGKILL))
	}
	return errors.Join(err, p.reap(all))
}

// reap collects the leader, which has ended, and waits for the others.
func (p *process) reap(all []proc) error {
	waiting := p.cmd.Wait()
	p.cmd, p.paused = nil, false
	var exit *exec.ExitError
	if errors.As(waiting, &exit) { // with what status it ended is not our business
		waiting = nil
	}
	gone := func() bool {
		for _, m := range all {
			if m.alive() {
				return false
			}
		}
		return true
	}
	if !poll(stopTimeout, gone) {
		waiting = errors.Join(waiting, fmt.Errorf("%s left processes behind", p.name), signal(all, syscall.SIGKILL))
	}
	return errors.Join(waiting, os.Remove(p.file("group")))
}

// signal sends sig to those of the processes that are still there.
func signal(procs []proc, sig syscall.Signal) error {
	var errs []error
	for _, m := range procs {
		if !m.alive() {
			continue
		}
		q, err := os.FindProcess(m.pid)
		if err == nil {
			err = q.Signal(sig)
		}
		if err != nil && !errors.Is(err, os.ErrProcessDone) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func (p *process) pause() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd == nil {
		return fmt.Errorf("%s is not running", p.name)
	}
	p.paused = true
	group := p.cmd.Process.Pid
	if err := suspend(group); err != nil {
		return err
	}
	if !poll(stopTimeout, func() bool { // the signal takes effect when the process is next on
		for _, m := range family(group) {
			if m.group == group && m.state != 'T' {
				return false
			}
		}
		return true
	}) {
		return fmt.Errorf("%s did not stop within %v", p.name, stopTimeout)
	}
	return nil
}

func (p *process) resume() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd == nil || !p.paused {
		return nil
	}
	p.paused = false
	return proceed(p.cmd.Process.Pid)
}

// halted says whether the program is down or paused, so that waiting for it would be in vain.
func (p *process) halted() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cmd == nil || p.paused
}

// pids is nil if the program does not run.
func (p *process) pids() []proc {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd == nil {
		return nil
	}
	return family(p.cmd.Process.Pid)
}

// log is the end of every log file, each under its name.
func (p *process) log() string {
	var b strings.Builder
	for _, name := range append([]string{p.file("out")}, p.logs...) {
		data, err := os.ReadFile(name)
		if err != nil {
			if !os.IsNotExist(err) {
				fmt.Fprintf(&b, "%v\n", err)
			}
			continue
		}
		if len(data) == 0 {
			continue
		}
		fmt.Fprintf(&b, "--- %s\n%s", filepath.Base(name), data[max(0, len(data)-logLimit):])
	}
	return b.String()
}

func (p *process) file(suffix string) string {
	return filepath.Join(p.dir, p.name+"."+suffix)
}

// poll asks until the answer is yes, or reports false when the time is up.
func poll(limit time.Duration, yes func() bool) bool {
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for end := time.After(limit); ; {
		if yes() {
			return true
		}
		select {
		case <-tick.C:
		case <-end:
			return yes()
		}
	}
}
