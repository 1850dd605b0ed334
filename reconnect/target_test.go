package reconnect

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"slices"
	"testing"
)

type srv map[string][]*net.SRV

func (s srv) LookupSRV(_ context.Context, service, _, _ string) (string, []*net.SRV, error) {
	list, ok := s[service]
	if !ok {
		return "", nil, errors.New("no such host")
	}
	return "", list, nil
}

// RFC 6120 §3.2.1 and XEP-0368 §3: one order for both kinds of records.
func TestLookup(t *testing.T) {
	for name, c := range map[string]struct {
		records srv
		want    []target
	}{
		"no records": {srv{}, []target{{"example.org:5222", false}}},
		"by priority, over both kinds": {srv{
			"xmpp-client":  {{Target: "b.example.org.", Port: 5222, Priority: 20}, {Target: "c.example.org.", Port: 5222, Priority: 30}},
			"xmpps-client": {{Target: "a.example.org.", Port: 443, Priority: 10}},
		}, []target{{"a.example.org:443", true}, {"b.example.org:5222", false}, {"c.example.org:5222", false}}},
		"one kind refused": {srv{
			"xmpps-client": {{Target: "."}},
			"xmpp-client":  {{Target: "a.example.org.", Port: 5222}},
		}, []target{{"a.example.org:5222", false}}},
		"all refused": {srv{"xmpp-client": {{Target: "."}}}, nil},
	} {
		got, err := lookup(t.Context(), c.records, "example.org")
		if !slices.Equal(got, c.want) || (err != nil) != (c.want == nil) {
			t.Errorf("%s: got %v, %v, want %v", name, got, err, c.want)
		}
	}
}

// RFC 2782: within one priority, at random by weight.
func TestLookupWeights(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2)).IntN
	first := map[string]int{}
	const rounds = 10000
	for range rounds {
		list := order([]record{
			{&net.SRV{Target: "heavy", Weight: 3, Priority: 1}, false},
			{&net.SRV{Target: "light", Weight: 1, Priority: 1}, true},
			{&net.SRV{Target: "none", Weight: 0, Priority: 1}, false},
			{&net.SRV{Target: "later", Weight: 9, Priority: 2}, false},
		}, random)
		if len(list) != 4 || list[3].Target != "later" {
			t.Fatalf("order %v", list)
		}
		first[list[0].Target]++
	}
	// RFC 2782's running sum includes 0, which gives "none" its small chance: 1 in 5.
	for name, want := range map[string]int{"heavy": rounds * 3 / 5, "light": rounds / 5, "none": rounds / 5} {
		if got := first[name]; got < want*9/10 || got > want*11/10 {
			t.Errorf("%s came first %d times of %d, want about %d", name, got, rounds, want)
		}
	}
}
