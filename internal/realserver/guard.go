package realserver

import (
	"errors"
	"io"
	"os/exec"
)

// A guard is a shell that outlives this process if it must: it waits for a word from us, and if the pipe ends without
// one (a panic, the test's timeout, kill -9), it kills the process groups named in the folder's *.group files and
// removes the folder. A parent-death signal would not do: it is bound to the thread that started the process, not to
// the whole test, and ejabberd's own start script would not pass it on.
type guard struct {
	cmd  *exec.Cmd
	pipe io.WriteCloser
}

const guardScript = `
if read -r word && [ "$word" = dismissed ]; then exit 0; fi
for file in "$1"/*.group; do
	[ -f "$file" ] && kill -s KILL -- "-$(cat "$file")"
done
for try in 1 2 3 4 5; do
	rm -rf -- "$1" && exit 0
	sleep 1
done
`

func newGuard(dir string) (*guard, error) {
	cmd := exec.Command("/bin/sh", "-c", guardScript, "realserver-guard", dir)
	cmd.Env = []string{searchPath}
	if err := detach(cmd, nil); err != nil {
		return nil, err
	}
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	return &guard{cmd, pipe}, cmd.Start()
}

func (g *guard) dismiss() error {
	_, err := io.WriteString(g.pipe, "dismissed\n")
	return errors.Join(err, g.pipe.Close(), g.cmd.Wait())
}
