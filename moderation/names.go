package moderation

import (
	"fmt"
	"slices"
	"strings"
)

// names is the words for the values of a small enumeration.
type names[T ~uint8] []string

func (n names[T]) of(v T) string {
	if int(v) < len(n) {
		return n[v]
	}
	return "unknown"
}

// read finds the value of a word. The error says which words there are.
func (n names[T]) read(v *T, b []byte, what string) error {
	i := slices.Index(n, string(b))
	if i < 0 {
		return fmt.Errorf("%.40q is no %s; expected one of %s", b, what, strings.Join(n, ", "))
	}
	*v = T(i)
	return nil
}
