package moderation

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

var errDuration = errors.New(`expected a duration such as "90s", "2h", "7d" or "1w"`)

// ParseDuration reads a duration as [time.ParseDuration] does, and knows days and
// weeks (of 24 hours each) too. It is never negative.
func ParseDuration(s string) (time.Duration, error) {
	var days time.Duration
	rest := s
	for _, unit := range []struct {
		sign byte
		time.Duration
	}{{'w', 7 * 24 * time.Hour}, {'d', 24 * time.Hour}} {
		i := strings.IndexByte(rest, unit.sign)
		if i < 0 {
			continue
		}
		n := 0
		for _, c := range []byte(rest[:i]) {
			if c < '0' || c > '9' || n > 10_000 {
				return 0, fmt.Errorf("%.40q: %w", s, errDuration)
			}
			n = 10*n + int(c-'0')
		}
		if i == 0 || n > 10_000 {
			return 0, fmt.Errorf("%.40q: %w", s, errDuration)
		}
		days += time.Duration(n) * unit.Duration
		rest = rest[i+1:]
	}
	if rest == "" && s != "" {
		return days, nil
	}
	d, err := time.ParseDuration(rest)
	if err != nil || d < 0 || rest[0] == '+' || rest[0] == '-' || days+d < days {
		return 0, fmt.Errorf("%.40q: %w", s, errDuration)
	}
	return days + d, nil
}
