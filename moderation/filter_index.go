package moderation

import (
	"encoding/binary"
	"math/bits"
	"sort"
	"strings"
)

// index finds the phrases whose squeezed classes begin at some place of a text's.
// Of a place where none does, it reads eight bytes and a bit or two.
type index struct {
	ids   []int32 // sorted by classes
	keys  []string
	spans map[uint64]span // places in ids, by the first keyLength classes, or all if they are fewer
	some  bitmap          // the keys of spans, roughly
	masks []uint64        // for the lengths that keys have
	plain []uint64        // and of these, for those that an ASCII text may have

	opening opening
}

type span struct{ lo, hi int32 }

// keyLength is how many classes an index looks up at once.
const keyLength = 8

func newIndex(phrases []phrase, ids []int32) index {
	ix := index{ids: ids}
	if len(ids) == 0 {
		return ix
	}
	sort.SliceStable(ids, func(i, j int) bool { return phrases[ids[i]].classes < phrases[ids[j]].classes })
	ix.keys = make([]string, len(ids))
	ix.spans = make(map[uint64]span, len(ids))
	ix.some = newBitmap(len(ids))
	var lengths, plain [keyLength + 1]bool
	for i, id := range ids {
		k := phrases[id].classes
		ix.keys[i] = k
		lengths[min(len(k), keyLength)] = true
		var first [keyLength]byte
		copy(first[:], k)
		key := binary.LittleEndian.Uint64(first[:])
		plain[min(len(k), keyLength)] = plain[min(len(k), keyLength)] || key&highs == 0
		s, ok := ix.spans[key]
		if !ok {
			s.lo = int32(i)
			ix.some.add(key)
			ix.opening.add(k)
		}
		s.hi = int32(i) + 1
		ix.spans[key] = s
	}
	for n := range lengths {
		mask := ^uint64(0) >> (8 * (keyLength - n))
		if lengths[n] {
			ix.masks = append(ix.masks, mask)
		}
		if plain[n] {
			ix.plain = append(ix.plain, mask)
		}
	}
	return ix
}

// mayBegin tells whether any phrase might begin with these eight classes; masks are
// those of the index.
func (ix *index) mayBegin(key uint64, masks []uint64) bool {
	for _, m := range masks {
		if ix.some.has(key&m) && ix.has(key&m) {
			return true
		}
	}
	return false
}

func (ix *index) has(key uint64) bool {
	_, ok := ix.spans[key]
	return ok
}

// each calls try for each phrase whose classes the text has at this place, in the
// order of their length.
func (ix *index) each(classes []byte, try func(id int32)) {
	key := binary.LittleEndian.Uint64(classes)
	for _, m := range ix.masks {
		if !ix.some.has(key & m) {
			continue
		}
		s, ok := ix.spans[key&m]
		switch {
		case !ok:
		case m == ^uint64(0):
			ix.narrow(int(s.lo), int(s.hi), classes, try)
		default:
			for _, id := range ix.ids[s.lo:s.hi] {
				try(id)
			}
		}
	}
}

// narrow goes on where the key ends: it calls try for those of the phrases from lo
// to hi whose classes the text has to their end.
func (ix *index) narrow(lo, hi int, classes []byte, try func(id int32)) {
	for depth := keyLength; lo < hi; {
		for lo < hi && len(ix.keys[lo]) == depth {
			try(ix.ids[lo])
			lo++
		}
		if lo == hi || classes[depth] == 0 { // zeros end the classes
			return
		}
		// What the first and the last have in common, all have.
		a, b := ix.keys[lo], ix.keys[hi-1]
		shared := depth
		for shared < len(a) && shared < len(b) && a[shared] == b[shared] {
			shared++
		}
		if !strings.HasPrefix(string(classes[depth:min(shared, len(classes))]), a[depth:shared]) {
			return
		}
		if depth = shared; depth == len(a) {
			continue
		}
		at, c := depth, classes[depth]
		hi = lo + sort.Search(hi-lo, func(i int) bool { return ix.keys[lo+i][at] > c })
		lo += sort.Search(hi-lo, func(i int) bool { return ix.keys[lo+i][at] >= c })
		depth++
	}
}

// bitmap is a set of hashes that says no for certain.
type bitmap struct {
	words []uint64
	shift uint
}

// newBitmap makes room for n keys at 16 to 32 bits each: one word in twenty that is
// not there seems to be, and ten thousand keys still fit the processor's first cache.
func newBitmap(n int) bitmap {
	b := max(10, bits.Len(uint(n*16)))
	return bitmap{words: make([]uint64, 1<<(b-6)), shift: uint(64 - b)}
}

func (b *bitmap) add(key uint64) {
	h := key * 0x9E3779B97F4A7C15 >> b.shift
	b.words[h>>6] |= 1 << (h & 63)
}

func (b *bitmap) has(key uint64) bool {
	h := key * 0x9E3779B97F4A7C15 >> b.shift
	return b.words[h>>6]&(1<<(h&63)) != 0
}
