package reconnect

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"strings"
)

// target is one place to connect to.
type target struct {
	addr   string // host:port
	direct bool   // TLS from the first byte (XEP-0368)
}

// Resolver looks SRV records up; *[net.Resolver] is one.
type Resolver interface {
	LookupSRV(ctx context.Context, service, proto, name string) (string, []*net.SRV, error)
}

type record struct {
	*net.SRV
	direct bool
}

// lookup finds where a domain's server listens (RFC 6120 §3.2, XEP-0368), the best
// place first. A domain without records is its own host.
func lookup(ctx context.Context, r Resolver, domain string) ([]target, error) {
	var records []record
	refused := false
	for _, kind := range []struct {
		service string
		direct  bool
	}{{"xmpps-client", true}, {"xmpp-client", false}} {
		_, list, err := r.LookupSRV(ctx, kind.service, "tcp", domain)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			continue // as if there were none (RFC 6120 §3.2.1)
		}
		for _, s := range list {
			if s.Target == "." { // RFC 2782: decidedly not available
				refused = true
				continue
			}
			records = append(records, record{s, kind.direct})
		}
	}
	if len(records) == 0 {
		if refused {
			return nil, errors.New("the domain offers no service to clients")
		}
		return []target{{addr: net.JoinHostPort(domain, "5222")}}, nil
	}
	targets := make([]target, 0, len(records))
	for _, s := range order(records, rand.IntN) {
		targets = append(targets, target{
			addr:   net.JoinHostPort(strings.TrimSuffix(s.Target, "."), strconv.Itoa(int(s.Port))),
			direct: s.direct,
		})
	}
	return targets, nil
}

// order sorts records by priority and, within one, at random by weight (RFC 2782).
func order(records []record, random func(int) int) []record {
	slices.SortStableFunc(records, func(a, b record) int {
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.Weight, b.Weight))
	})
	for i := range records {
		total, end := 0, i
		for ; end < len(records) && records[end].Priority == records[i].Priority; end++ {
			total += int(records[end].Weight)
		}
		pick := random(total + 1)
		for k := i; k < end; k++ {
			if pick -= int(records[k].Weight); pick <= 0 {
				chosen := records[k]
				records = slices.Delete(records, k, k+1)
				records = slices.Insert(records, i, chosen)
				break
			}
		}
	}
	return records
}
