package realserver

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// ports is a run of consecutive loopback ports that belongs to one server for its lifetime, so that it can come back on
// the same ones after a kill. The ports lie below the range from which the kernel takes those of outgoing connections:
// there, any connection made while the server is down could take its place. The first port of the run is held open as a
// sign to other test processes that the run is taken.
type ports struct {
	first int
	claim net.Listener
}

// The uses of the ports of a run, as offsets.
const (
	clientPort = iota + 1
	directPort
	componentPort
	adminPort
	distributionPort
	smsboxPort
	smscPort
	sendSMSPort

	runLength = 16
)

const (
	lowestPort  = 20000
	highestPort = 32000
)

func claimPorts() (*ports, error) {
	const runs = (highestPort - lowestPort) / runLength
	start := rand.IntN(runs)
	for n := range runs {
		p := &ports{first: lowestPort + (start+n)%runs*runLength}
		claim, err := net.Listen("tcp4", p.addr(0))
		if err != nil {
			continue
		}
		if p.claim = claim; p.free() {
			return p, nil
		}
		if err := claim.Close(); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("no %d free consecutive ports between %d and %d", runLength, lowestPort, highestPort)
}

// free says whether something can listen on each port of the run, on loopback.
func (p *ports) free() bool {
	for use := 1; use < runLength; use++ {
		l, err := net.Listen("tcp4", p.addr(use))
		if err != nil || l.Close() != nil {
			return false
		}
	}
	return true
}

func (p *ports) port(use int) int { return p.first + use }

func (p *ports) addr(use int) string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(p.port(use)))
}

func (p *ports) release() error {
	if err := p.claim.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}
