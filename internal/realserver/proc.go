package realserver

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A proc is one line of the kernel's list of processes.
type proc struct {
	pid, parent, group int
	state              byte
	started            string // tells a process from a later one with the same number
}

// readProc reports false if there is no such process, or no more.
func readProc(pid int) (proc, bool) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return proc{}, false
	}
	// The second field is the program's name in parentheses, which may hold anything.
	_, rest, _ := strings.Cut(string(data[strings.LastIndexByte(string(data), ')')+1:]), " ")
	f := strings.Fields(rest)
	if len(f) < 20 {
		return proc{}, false
	}
	parent, err1 := strconv.Atoi(f[1])
	group, err2 := strconv.Atoi(f[2])
	return proc{pid: pid, parent: parent, group: group, state: f[0][0], started: f[19]}, err1 == nil && err2 == nil
}

// alive says whether p is still there and no zombie.
func (p proc) alive() bool {
	now, ok := readProc(p.pid)
	return ok && now.started == p.started && now.state != 'Z' && now.state != 'X'
}

// family is the process pid, first, all that descend from it, and the orphans of its process group: a smsbox that has
// lost its bearerbox goes on in a child and ends itself.
func family(pid int) []proc {
	all := map[int][]proc{}                   // by parent
	names, _ := filepath.Glob("/proc/[0-9]*") // the pattern is well-formed, so there is no error
	for _, name := range names {
		n, err := strconv.Atoi(filepath.Base(name))
		if err != nil {
			continue
		}
		if p, ok := readProc(n); ok && n != pid {
			if p.group == pid && p.parent == 1 {
				p.parent = pid
			}
			all[p.parent] = append(all[p.parent], p)
		}
	}
	var found []proc
	if p, ok := readProc(pid); ok {
		found = append(found, p)
	}
	for k := 0; k < len(found); k++ {
		found = append(found, all[found[k].pid]...)
	}
	return found
}

// listening is the addresses on which the processes wait for TCP connections or UDP packets.
func listening(procs []proc) ([]netip.AddrPort, error) {
	inodes := map[string]bool{}
	for _, p := range procs {
		names, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", p.pid))
		for _, name := range names {
			if link, err := os.Readlink(name); err == nil && strings.HasPrefix(link, "socket:[") {
				inodes[link[len("socket:["):len(link)-1]] = true
			}
		}
	}
	var found []netip.AddrPort
	for file, state := range map[string]string{"tcp": "0A", "tcp6": "0A", "udp": "07", "udp6": "07"} {
		addrs, err := sockets("/proc/net/"+file, state, inodes)
		if err != nil {
			return nil, err
		}
		found = append(found, addrs...)
	}
	slices.SortFunc(found, netip.AddrPort.Compare)
	return found, nil
}

// sockets reads the local addresses in the given state from one of the kernel's tables (proc_net_tcp(5)).
func sockets(file, state string, inodes map[string]bool) ([]netip.AddrPort, error) {
	f, err := os.Open(file)
	if os.IsNotExist(err) { // a kernel without IPv6
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	defer f.Close()
	var found []netip.AddrPort
	for lines := bufio.NewScanner(f); lines.Scan(); {
		field := strings.Fields(lines.Text())
		if len(field) < 10 || field[3] != state || !inodes[field[9]] {
			continue
		}
		addr, err := parseSocket(field[1])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		found = append(found, addr)
	}
	return found, nil
}

// parseSocket reads "0100007F:1466": words in the machine's order (little endian wherever these tests run), then the port.
func parseSocket(s string) (netip.AddrPort, error) {
	host, port, _ := strings.Cut(s, ":")
	raw, err := hex.DecodeString(host)
	if err != nil || len(raw)%4 != 0 {
		return netip.AddrPort{}, fmt.Errorf("address %q", s)
	}
	for word := range slices.Chunk(raw, 4) {
		slices.Reverse(word)
	}
	addr, ok := netip.AddrFromSlice(raw)
	number, err := strconv.ParseUint(port, 16, 16)
	if !ok || err != nil {
		return netip.AddrPort{}, fmt.Errorf("address %q", s)
	}
	return netip.AddrPortFrom(addr.Unmap(), uint16(number)), nil
}
