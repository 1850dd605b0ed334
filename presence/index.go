package presence

import "hash/maphash"

// index finds the entry of a key: a hash table with open addressing that holds
// numbers only. It takes a fifth of what a map of the keys does, and so with a
// million of them little of it has to come from slow memory.
type index struct {
	slots []indexSlot // a power of two, at most three quarters in use
	used  int
	seed  maphash.Seed
}

type indexSlot struct{ hash, entry uint32 } // entry 0: free

const minIndex = 16

// hash hashes a key of this table.
func hash[K comparable](x *index, key K) uint32 {
	if x.slots == nil {
		x.slots, x.seed = make([]indexSlot, minIndex), maphash.MakeSeed()
	}
	return uint32(maphash.Comparable(x.seed, key))
}

// find returns the entry with this hash that is the one, or 0.
func (x *index) find(hash uint32, is func(entry uint32) bool) uint32 {
	mask := uint32(len(x.slots) - 1)
	for i := hash & mask; x.slots[i].entry != 0; i = (i + 1) & mask {
		if s := x.slots[i]; s.hash == hash && is(s.entry) {
			return s.entry
		}
	}
	return 0
}

// add adds an entry that is not there.
func (x *index) add(hash, entry uint32) {
	if x.used++; 4*x.used > 3*len(x.slots) {
		old := x.slots
		x.slots = make([]indexSlot, 2*len(old))
		for _, s := range old {
			if s.entry != 0 {
				x.place(s)
			}
		}
	}
	x.place(indexSlot{hash, entry})
}

func (x *index) place(s indexSlot) {
	mask := uint32(len(x.slots) - 1)
	i := s.hash & mask
	for x.slots[i].entry != 0 {
		i = (i + 1) & mask
	}
	x.slots[i] = s
}

// remove takes out an entry that is there, and moves those back that had to give
// way to it.
func (x *index) remove(hash, entry uint32) {
	mask := uint32(len(x.slots) - 1)
	i := hash & mask
	for x.slots[i].entry != entry {
		i = (i + 1) & mask
	}
	for j := (i + 1) & mask; x.slots[j].entry != 0; j = (j + 1) & mask {
		if home := x.slots[j].hash & mask; (j-home)&mask >= (j-i)&mask {
			x.slots[i] = x.slots[j]
			i = j
		}
	}
	x.slots[i] = indexSlot{}
	x.used--
}
