package presence

import "testing"

// TestIndex compares the table with a map, with hashes that collide often.
func TestIndex(t *testing.T) {
	random := newRandom(1)
	for _, hashes := range []uint32{1, 7, 100, 1 << 31} {
		var x index
		hash(&x, 0)
		model := map[uint32]uint32{} // hash by entry
		for range 20000 {
			entry := 1 + random.Uint32N(500)
			if h, ok := model[entry]; ok {
				x.remove(h, entry)
				delete(model, entry)
			} else {
				model[entry] = random.Uint32N(hashes)
				x.add(model[entry], entry)
			}
			probe := 1 + random.Uint32N(500)
			h, ok := model[probe]
			if found := x.find(h, func(e uint32) bool { return e == probe }); (found == probe) != ok {
				t.Fatalf("entry %d with hash %d: found %d, is there: %v", probe, h, found, ok)
			}
		}
		if x.used != len(model) {
			t.Errorf("%d in use, want %d", x.used, len(model))
		}
	}
}
