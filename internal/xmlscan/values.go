package xmlscan

import "hash/maphash"

const (
	valueSlots = 1 << 11
	maxValue   = 64
)

// values makes strings of bytes and remembers the short ones it has just made:
// names, namespaces, one's own address and the like come again and again. It never
// holds more than valueSlots strings of maxValue bytes.
type values struct {
	seed maphash.Seed
	seen []string
}

func (v *values) get(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if len(b) > maxValue {
		return string(b)
	}
	if v.seen == nil {
		v.seen = make([]string, valueSlots)
	}
	slot := &v.seen[maphash.Bytes(v.seed, b)%valueSlots]
	if *slot != string(b) {
		*slot = string(b)
	}
	return *slot
}
