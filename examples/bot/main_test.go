package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/xmppkit/xmppkit/internal/realserver"
	"github.com/xmppkit/xmppkit/internal/xmpptest"
	"github.com/xmppkit/xmppkit/stanza"
)

var servers realserver.Shared

// childMark in the environment makes the test program the bot itself.
const childMark = "XMPPKIT_TEST_BOT"

func TestMain(m *testing.M) {
	if os.Getenv(childMark) != "" {
		main()
	}
	goleak.VerifyTestMain(servers.Around(m))
}

// child is the bot as a process of its own.
type child struct {
	cmd            *exec.Cmd
	stdout, stderr buffer
	ended          chan error
}

func startChild(t *testing.T, stdin string, args ...string) *child {
	t.Helper()
	c := &child{cmd: exec.Command(os.Args[0], args...), ended: make(chan error, 1)}
	c.cmd.Env = append(os.Environ(), childMark+"=1", "XMPP_PASSWORD=")
	c.cmd.Stdin, c.cmd.Stdout, c.cmd.Stderr = strings.NewReader(stdin), &c.stdout, &c.stderr
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { c.ended <- c.cmd.Wait() }()
	t.Cleanup(func() {
		if c.cmd.ProcessState == nil {
			_ = c.cmd.Process.Kill() // it has ended meanwhile
		}
	})
	return c
}

func (c *child) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := c.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// status waits for the end and gives the exit status.
func (c *child) status(t *testing.T, within time.Duration) int {
	t.Helper()
	select {
	case err := <-c.ended:
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		c.ended <- nil
		return c.cmd.ProcessState.ExitCode()
	case <-time.After(within):
		t.Fatalf("it did not end within %v:\n%s", within, &c.stderr)
		return 0
	}
}

// buffer is what a process writes, and wakes who waits for it.
type buffer struct {
	mu      sync.Mutex // guards those below
	b       bytes.Buffer
	written chan struct{}
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.written != nil {
		close(b.written)
		b.written = nil
	}
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// wait waits until a text has been written.
func (b *buffer) wait(ctx context.Context, t *testing.T, text string) {
	t.Helper()
	for {
		b.mu.Lock()
		if b.written == nil {
			b.written = make(chan struct{})
		}
		got, more := b.b.String(), b.written
		b.mu.Unlock()
		if strings.Contains(got, text) {
			return
		}
		select {
		case <-more:
		case <-ctx.Done():
			t.Fatalf("%q was not written, but:\n%s", text, got)
		}
	}
}

// inFolder writes files into a new folder and gives the path of the first.
func inFolder(t *testing.T, namesAndTexts ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(namesAndTexts); i += 2 {
		if err := os.WriteFile(filepath.Join(dir, namesAndTexts[i]), []byte(namesAndTexts[i+1]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, namesAndTexts[0])
}

func withLimit(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// Without arguments: the demo, in plain words, in less than half a minute.
func TestDemo(t *testing.T) {
	c := startChild(t, "")
	if got := c.status(t, 30*time.Second); got != 0 {
		t.Errorf("exit status %d: %s", got, &c.stderr)
	}
	story, at := c.stdout.String(), 0
	for _, word := range []string{"JOIN", "BAN", "301", "LOSS", "self-ping", "STATUS", "STATUS", "RESTART", "is in its room", "END"} {
		i := strings.Index(story[at:], word)
		if i < 0 {
			t.Fatalf("%q is missing behind %q:\n%s", word, story[:at], story)
		}
		at += i + len(word)
	}
	if c.stderr.String() != "" {
		t.Errorf("the demo logs: %s", &c.stderr)
	}
}

func TestArguments(t *testing.T) {
	for _, c := range []struct {
		args   string
		status int
		says   string
	}{
		{"-check", 2, "expected -config with a file"},
		{"-match", 2, "expected -config with a file"},
		{"bot.toml", 2, "no other arguments"},
		{"-config x.toml more", 2, "no other arguments"},
		{"-nonsense", 2, "-nonsense"},
		{"-config /nowhere/bot.toml", 2, "/nowhere/bot.toml: no such file"},
		{"-config /nowhere/bot.toml -check", 2, "/nowhere/bot.toml: no such file"},
		{"-help", 0, "-config"},
	} {
		var out, log bytes.Buffer
		status := program{strings.Fields(c.args), strings.NewReader(""), &out, &log, nil}.run(t.Context())
		if status != c.status || !strings.Contains(log.String(), c.says) {
			t.Errorf("%s: exit status %d, want %d with %q:\n%s", c.args, status, c.status, c.says, &log)
		}
		if out.Len() > 0 {
			t.Errorf("%s: written to standard output: %s", c.args, &out)
		}
	}
}

// What trying again cannot mend ends the bot at once, with exit status 1.
func TestGivesUp(t *testing.T) {
	const jid = "warden@example.org/bot"
	for _, c := range []struct {
		name   string
		server xmpptest.Config
		more   string // of the account
		ca     bool
		says   string
	}{
		{"refused password", xmpptest.Config{}, "password = 'wrong'", true, "authentication refused"},
		{"unknown certificate", xmpptest.Config{}, "password = 'secret'", false, "certificate not valid for the domain"},
		{"no TLS", xmpptest.Config{TLS: xmpptest.NoTLS}, "password = 'secret'", true, "no encryption offered"},
		{"no mechanism", xmpptest.Config{Mechanisms: []string{"X-OTHER"}}, "password = 'secret'", true, "no acceptable authentication mechanism"},
		{"replaced by another session", xmpptest.Config{}, "password = 'secret'", true, "replaced by another session"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx := withLimit(t, 20*time.Second)
			srv := xmpptest.New(t, c.server)
			text := fmt.Sprintf("[account]\njid = '%s'\nserver = '%s'\n%s\n", jid, srv.Addr(), c.more)
			if c.ca {
				text += "ca_file = 'ca.pem'\n"
			}
			file := inFolder(t, "bot.toml", text, "ca.pem", string(srv.CAPEM()))
			var log buffer
			ended := make(chan int, 1)
			go func() { ended <- program{[]string{"-config", file}, nil, nil, &log, nil}.run(ctx) }()
			if strings.HasPrefix(c.name, "replaced") {
				if _, err := srv.WaitArrival(ctx, 0, func(a xmpptest.Arrival) bool { _, ok := a.Stanza.(*stanza.Presence); return ok }); err != nil {
					t.Fatal(err)
				}
				srv.EndStream(jid, stanza.StreamError{Condition: "conflict"})
			}
			if status := <-ended; status != 1 || ctx.Err() != nil {
				t.Errorf("exit status %d, %v", status, ctx.Err())
			}
			if lines := strings.Split(strings.TrimSpace(log.String()), "\n"); !strings.Contains(lines[len(lines)-1], c.says) || srv.Dials() > 2 {
				t.Errorf("says not %q, or not at once:\n%s", c.says, &log)
			}
		})
	}
}
