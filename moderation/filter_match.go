package moderation

import (
	"encoding/binary"
	"strings"
	"sync"
	"unicode/utf8"
)

var readings = sync.Pool{New: func() any { return new(reading) }}

// matchPhrases looks for the phrases. Most texts are plain and hold nothing that
// begins like a phrase; they are told apart without being taken apart.
func (f *Filter) matchPhrases(text string) []hit {
	maybe := len(f.words.ids) > 0 && f.glance(text)
	if !maybe && len(f.parts.ids) == 0 && f.signs == nil {
		return nil
	}
	rd := readings.Get().(*reading)
	var found []hit
	if f.signs != nil {
		found = f.matchSigns(rd, text, found)
	}
	if maybe || len(f.parts.ids) > 0 && f.suspect(rd, text) {
		found = f.matchViews(rd, text, found)
	}
	if len(rd.told) > 0 {
		clear(rd.seen)
		clear(rd.told)
	}
	rd.release()
	return found
}

// matchViews takes a text apart and looks for the phrases in all views.
func (f *Filter) matchViews(rd *reading, text string, found []hit) []hit {
	rd.read(text, readPlain)
	backwards, hints := rd.override || rd.upsideDown > 1, rd.hints
	found = f.search(rd, false, found)
	if backwards {
		rd.reverse()
		found = f.search(rd, true, found)
	}
	for _, mode := range [...]readMode{readSigns, readDrawn, readFaux, readSound, readCyrillic} {
		if hints&mode == 0 {
			continue
		}
		if mode > readDrawn {
			mode |= hints & readDrawn
		}
		rd.read(text, readSigns|mode)
		found = f.search(rd, false, found)
	}
	if hints&readMasks != 0 {
		rd.read(text, readSigns|readMasks)
		found = f.searchMasked(rd, found)
	}
	return found
}

// search tries the phrases at each letter where one may begin.
func (f *Filter) search(rd *reading, reversed bool, found []hit) []hit {
	ls := rd.letters
	for i := range ls {
		key := binary.LittleEndian.Uint64(rd.classes[ls[i].canon:])
		if len(f.words.ids) > 0 && boundaryBefore(ls, i) && f.words.mayBegin(key, f.words.masks) {
			f.words.each(rd.classes[ls[i].canon:], func(id int32) { found = f.try(rd, id, i, reversed, found) })
		}
		if len(f.parts.ids) > 0 && ls[i].flags&isInner == 0 && f.parts.mayBegin(key, f.parts.masks) {
			f.parts.each(rd.classes[ls[i].canon:], func(id int32) { found = f.try(rd, id, i, reversed, found) })
		}
	}
	return found
}

// try looks for one phrase at one place.
func (f *Filter) try(rd *reading, id int32, at int, reversed bool, found []hit) []hit {
	if rd.seen[id] {
		return found
	}
	p := &f.phrases[id]
	v, start, end, ok := p.find(rd, at)
	if !ok {
		return found
	}
	if reversed {
		if p.weight < minLong {
			return found
		}
		v = Reversed
	}
	return f.tell(rd, id, hit{view: v, start: start, end: end}, found)
}

// tell adds a hit for each rule that has the phrase, has not been told of it and
// does not excuse it here.
func (f *Filter) tell(rd *reading, id int32, h hit, found []hit) []hit {
	all := true
	for _, ref := range f.phrases[id].refs {
		key := uint64(ref.rule)<<32 | uint64(uint32(ref.phrase))
		if rd.told[key] {
			continue
		}
		if f.excused(rd, ref.rule, h.start, h.end) {
			all = false
			continue
		}
		if rd.told == nil {
			rd.told = make(map[uint64]bool)
		}
		rd.told[key] = true
		h.rule, h.order, h.phrase = ref.rule, ref.phrase, ref.text
		found = append(found, h)
	}
	if all {
		if rd.seen == nil {
			rd.seen = make(map[int32]bool)
		}
		rd.seen[id] = true
	}
	return found
}

// find tells whether the phrase stands at letter at, and where it is in the text.
func (p *phrase) find(rd *reading, at int) (v View, start, end int, ok bool) {
	s, stop, ok := p.align(rd, at)
	if !ok {
		return 0, 0, 0, false
	}
	v, ok = p.judge(s, rd, at, stop)
	if !ok {
		return 0, 0, 0, false
	}
	ls := rd.letters
	if stop < len(ls) && ls[stop].flags&isInner != 0 {
		return 0, 0, 0, false // ends inside a character
	}
	start, end = int(ls[at].start), int(ls[stop-1].end)
	if start > int(ls[stop-1].start) {
		start, end = int(ls[stop-1].start), int(ls[at].end)
	}
	begins := p.lead != "" || boundaryBefore(ls, at)
	ends := p.trail != "" || boundaryBefore(ls, stop)
	if !begins || !ends {
		if !p.substring || v.Loose() || stop < len(ls) && ls[stop].flags&isJoined != 0 && ls[stop].gap == 0 {
			return 0, 0, 0, false
		}
	}
	if !strings.HasSuffix(rd.text[:start], p.lead) || !strings.HasPrefix(rd.text[end:], p.trail) {
		return 0, 0, 0, false
	}
	start, end = start-len(p.lead), end+len(p.trail)
	if v == Literal && rd.text[start:end] != p.source {
		v = Folded
	}
	return v, start, end, true
}

// excuse is where an exception of a rule stands.
type excuse struct {
	rule       int32
	start, end int
}

// excused tells whether an exception of the rule covers this part of the text.
func (f *Filter) excused(rd *reading, rule int32, start, end int) bool {
	except := f.rules[rule].except
	if len(except) == 0 {
		return false
	}
	if e := &rd.excuse; e.rule == rule && e.start <= start && end <= e.end {
		return true
	}
	ls := rd.letters
	if len(ls) > 0 && ls[0].start > ls[len(ls)-1].start {
		return false // read backwards: nobody means that
	}
	lo, hi := 0, len(ls)
	for lo < hi { // the last letter that begins no later than the match
		if m := (lo + hi) / 2; int(ls[m].start) <= start {
			lo = m + 1
		} else {
			hi = m
		}
	}
	for i := range except {
		p := &except[i]
		if len(p.letters) == 0 {
			for at := max(0, end-len(p.lead)); at <= start; at++ {
				if strings.HasPrefix(rd.text[at:], p.lead) {
					return true
				}
			}
			continue
		}
		for at := lo - 1; at >= 0 && at >= lo-len(p.letters)-exceptSlack; at-- {
			if classes := rd.classes[ls[at].canon:]; len(classes) < len(p.classes) || string(classes[:len(p.classes)]) != p.classes {
				continue
			}
			if v, s, e, ok := p.find(rd, at); ok && !v.Loose() && s <= start && e >= end {
				rd.excuse = excuse{rule, s, e}
				return true
			}
		}
	}
	return false
}

// exceptSlack is how many letters longer than written an exception may stand there.
const exceptSlack = 8

// matchSigns looks for phrases without a letter in them.
func (f *Filter) matchSigns(rd *reading, text string, found []hit) []hit {
	for i, r := range text {
		for _, id := range f.signs[r] {
			lead := f.phrases[id].lead
			n := prefixStripped(text[i:], lead)
			if n == 0 || rd.seen[id] {
				continue
			}
			if rd.text != text {
				rd.read(text, readPlain) // exceptions look at it
			}
			h := hit{view: Literal, start: i, end: i + n}
			if n > len(lead) {
				h.view = Stripped
			}
			found = f.tell(rd, id, h, found)
		}
	}
	return found
}

// prefixStripped is how many bytes of s, ignorable characters among them, begin s
// with prefix; 0 if it does not.
func prefixStripped(s, prefix string) int {
	i := 0
	for _, want := range prefix {
		for {
			r, n := utf8.DecodeRuneInString(s[i:])
			if n == 0 {
				return 0
			}
			i += n
			if r == want {
				break
			}
			if !ignorable(r) {
				return 0
			}
		}
	}
	return i
}
