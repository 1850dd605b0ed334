package moderation

import "strconv"

// A View is a way of reading a text: how far one has to look away from what was
// written before the phrase appears. A Match carries the loosest view it needed;
// the constants stand in that order.
type View uint8

// The views. The strict ones come first; see Loose.
const (
	// Literal: the phrase stands there as the rule has it.
	Literal View = iota
	// Folded: after case folding and compatibility forms (full width,
	// mathematical alphabets, superscripts), with any white space.
	Folded
	// Decoded: written with character references (&#99;), percent or backslash
	// escapes.
	Decoded
	// Stripped: after removing what is not seen: zero-width and bidi controls,
	// soft hyphens, fillers, variation selectors, tags.
	Stripped
	// Demarked: after removing diacritics and strokes laid over the letters.
	Demarked
	// Skeleton: letters of other scripts, or of the other case, that look the same.
	Skeleton
	// Leet: digits and signs read as letters.
	Leet
	// Squeezed: letters repeated more often than the phrase has them.
	Squeezed
	// Joined: with separators where the phrase has none, or the other way round.
	Joined
	// Reversed: read from right to left, after an override or upside down.
	Reversed
)

var viewNames = [...]string{
	"literal", "folded", "decoded", "stripped", "demarked", "skeleton",
	"leet", "squeezed", "joined", "reversed",
}

// String returns the lower-case name of the view, as in logs and audit files.
func (v View) String() string {
	if int(v) < len(viewNames) {
		return viewNames[v]
	}
	return "View(" + strconv.Itoa(int(v)) + ")"
}

// MarshalText returns the name that String returns.
func (v View) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// Loose tells whether the view guesses (leet, squeezed, joined, reversed). Loose
// views serve long phrases and runs of single letters only.
func (v View) Loose() bool { return v >= Leet }
