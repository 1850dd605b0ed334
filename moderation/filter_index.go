package moderation

import (
	"encoding/binary"
	"math/bits"
	"sort"
)

// index finds the phrases whose squeezed classes begin at some place of a text's.
// Of a text without any, it reads eight bytes and two bits a word.
type index struct {
	ids   []int32 // sorted by classes
	keys  []string
	byKey map[uint32]span // places in ids, by the first shortKey classes
	short [shortKey]map[uint32]span
	long  bitmap // the first keyLength classes of those that have as many
	mid   bitmap // the first shortKey of those that have as many, but not more
}

type span struct{ lo, hi int32 }

const shortKey = 4

func newIndex(phrases []phrase, ids []int32) index {
	ix := index{ids: ids}
	if len(ids) == 0 {
		return ix
	}
	sort.SliceStable(ids, func(i, j int) bool { return phrases[ids[i]].classes < phrases[ids[j]].classes })
	ix.keys = make([]string, len(ids))
	ix.byKey = make(map[uint32]span)
	ix.long, ix.mid = newBitmap(len(ids)), newBitmap(len(ids))
	for i, id := range ids {
		k := phrases[id].classes
		ix.keys[i] = k
		var first [keyLength]byte
		copy(first[:], k)
		key := binary.LittleEndian.Uint64(first[:])
		table := ix.byKey
		switch n := len(k); {
		case n >= keyLength:
			ix.long.add(key)
		case n >= shortKey:
			ix.mid.add(key & (1<<(8*shortKey) - 1))
		default:
			if ix.short[n] == nil {
				ix.short[n] = make(map[uint32]span)
			}
			table = ix.short[n]
		}
		s, ok := table[uint32(key)]
		if !ok {
			s.lo = int32(i)
		}
		s.hi = int32(i) + 1
		table[uint32(key)] = s
	}
	return ix
}

// mayBegin tells whether any phrase might begin with these eight classes.
func (ix *index) mayBegin(key uint64) bool {
	if ix.long.has(key) || ix.mid.has(key&(1<<(8*shortKey)-1)) {
		return true
	}
	for n := 1; n < shortKey; n++ {
		if ix.short[n] != nil {
			if _, ok := ix.short[n][uint32(key&(1<<(8*n)-1))]; ok {
				return true
			}
		}
	}
	return false
}

// each calls try for each phrase whose classes the text has at this place, in the
// order of their length.
func (ix *index) each(classes []byte, try func(id int32)) {
	key := binary.LittleEndian.Uint64(classes)
	for n := 1; n < shortKey; n++ {
		if ix.short[n] != nil {
			if s, ok := ix.short[n][uint32(key&(1<<(8*n)-1))]; ok {
				for _, id := range ix.ids[s.lo:s.hi] {
					try(id)
				}
			}
		}
	}
	if !ix.long.has(key) && !ix.mid.has(key&(1<<(8*shortKey)-1)) {
		return
	}
	s, ok := ix.byKey[uint32(key)]
	if !ok {
		return
	}
	lo, hi := int(s.lo), int(s.hi)
	for depth := shortKey; lo < hi; {
		for lo < hi && len(ix.keys[lo]) == depth {
			try(ix.ids[lo])
			lo++
		}
		if lo == hi || depth >= len(classes) || classes[depth] == 0 {
			return
		}
		// What the first and the last have in common, all have.
		a, b := ix.keys[lo], ix.keys[hi-1]
		for depth < len(a) && depth < len(b) && a[depth] == b[depth] {
			if depth >= len(classes) || classes[depth] != a[depth] {
				return
			}
			depth++
		}
		if depth == len(a) || depth >= len(classes) {
			continue
		}
		c := classes[depth]
		at := depth
		n := hi
		hi = lo + sort.Search(n-lo, func(i int) bool { return ix.keys[lo+i][at] > c })
		lo += sort.Search(hi-lo, func(i int) bool { return ix.keys[lo+i][at] >= c })
		depth++
	}
}

// bitmap is a set of hashes that says no for certain.
type bitmap struct {
	words []uint64
	shift uint
}

// newBitmap makes room for n keys at 32 bits each: one word in thirty that is not
// there seems to be, and ten thousand keys still fit the processor's first cache.
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
