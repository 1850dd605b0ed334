package realserver

import (
	"bufio"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// A test process that is killed leaves no server, no child of a server and no folder behind. The killed one is this
// program again, told by the environment what to start.
func TestNothingOutlivesAKilledTest(t *testing.T) {
	const key = "REALSERVER_VICTIM"
	if name := os.Getenv(key); name != "" {
		for _, k := range kinds {
			if k.name == name {
				victim(t, k)
			}
		}
		t.Fatalf("no server is called %q", name)
	}
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			k.need(t)
			cmd := exec.Command(os.Args[0], "-test.run=^"+"TestNothingOutlivesAKilledTest"+"$")
			cmd.Env = append(os.Environ(), key+"="+k.name)
			output, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			line, err := bufio.NewReader(output).ReadString('\n')
			fields := strings.Fields(line)
			if err != nil || len(fields) < 2 {
				t.Fatalf("victim said %q: %v", line, err)
			}
			var all []proc
			for _, f := range fields[1:] {
				pid, err := strconv.Atoi(f)
				if err != nil {
					t.Fatalf("victim said %q", line)
				}
				if p, ok := readProc(pid); ok && p.alive() {
					all = append(all, p)
				}
			}
			if len(all) != len(fields)-1 {
				t.Errorf("of %q only %v are alive", line, all)
			}
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Wait(); err == nil {
				t.Error("the victim ended in peace")
			}
			if !poll(wait, func() bool {
				for _, p := range all {
					if p.alive() {
						return false
					}
				}
				_, err := os.Stat(fields[0])
				return os.IsNotExist(err)
			}) {
				t.Errorf("of %q something is left", line)
			}
		})
	}
}

// victim says where its server is, and waits for death.
func victim(t *testing.T, k kind) {
	server := own(t, k, Config{})
	line := server.instance.dir
	for _, pid := range server.Pids() {
		line += " " + strconv.Itoa(pid)
	}
	if _, err := os.Stdout.WriteString(line + "\n"); err != nil {
		t.Fatal(err)
	}
	select {}
}
