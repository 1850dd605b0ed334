package moderation

import (
	"strings"
	"sync/atomic"
	"unicode"
	"unicode/utf8"

	"go.mau.fi/util/confusable"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// runeInfo is what is known of one character: what kind it is and, if it is a
// letter, how it reads.
type runeInfo struct {
	base   rune
	marks  uint32
	more   *[]runeInfo // further letters, as in ß or ﬁ
	flags  flags
	kind   kind
	class  byte
	look   byte
	script script
}

// kind is what a character does to the text around it.
type kind uint8

const (
	kindPunct kind = iota
	kindLetter
	kindSign         // punctuation that is read as a letter inside a word
	kindIgnorable    // not seen at all
	kindZero         // zero-width space
	kindSpace        // white space
	kindOddSpace     // white space no keyboard types
	kindSentence     // ends a clause when white space follows
	kindDash         // the same when white space surrounds it
	kindApostrophe   // joins what is around it
	kindMark         // a diacritic that languages use
	kindStroke       // a mark that none uses: overlays, enclosures, rare ones
	kindOptionalMark // vowel points and the like, written or not as one pleases
)

// Characters are looked up in pages that are computed when first seen, 256 at a
// time; computing is pure, so two goroutines that race store the same page.
type runePage [256]runeInfo

var runePages [0x20000 >> 8]atomic.Pointer[runePage]

// lookUp returns what is known of r.
func lookUp(r rune) *runeInfo {
	if r < 0 || r >= 0x20000 {
		return lookUpFar(r)
	}
	page := &runePages[r>>8]
	p := page.Load()
	if p == nil {
		p = new(runePage)
		for i := range p {
			p[i] = describe(r&^0xFF | rune(i))
		}
		page.Store(p)
	}
	return &p[r&0xFF]
}

var (
	farIgnorable = runeInfo{kind: kindIgnorable}
	farPunct     = runeInfo{kind: kindPunct}
	farHan       = func() (infos [128]runeInfo) {
		for i := range infos {
			infos[i] = runeInfo{kind: kindLetter, class: 0x80 | byte(i), script: han, flags: isContinua | isWide}
		}
		return infos
	}()
)

// lookUpFar serves the planes that hold ideographs, tags and nothing else. The
// base of an ideograph is the character itself, which the caller fills in.
func lookUpFar(r rune) *runeInfo {
	switch {
	case r >= 0xE0000 && r < 0xE1000:
		return &farIgnorable
	case unicode.Is(unicode.Han, r):
		return &farHan[classOfRune(r)&0x7F]
	}
	return &farPunct
}

func describe(r rune) runeInfo {
	if r < utf8.RuneSelf {
		return describeASCII(byte(r))
	}
	if k, ok := describeSpecial(r); ok {
		return runeInfo{kind: k}
	}
	if c := plainLetter(r); c != 0 {
		in := letterInfo(rune(c), r)
		in.flags |= isFolded | isImitation
		if c >= '0' && c <= '9' {
			in.flags &^= isImitation
		}
		return in
	}
	if unicode.Is(unicode.M, r) {
		return describeMark(r)
	}
	if unicode.IsLetter(r) || unicode.IsNumber(r) {
		return describeLetter(r)
	}
	return describeSymbol(r)
}

func describeASCII(c byte) runeInfo {
	switch {
	case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
		return letterInfo(rune(c), rune(c))
	case c >= 'A' && c <= 'Z':
		in := letterInfo(rune(c)+'a'-'A', rune(c))
		in.flags |= isUpper | isFolded
		return in
	}
	switch c {
	case ' ', '\t', '\n', '\r', '\v', '\f':
		return runeInfo{kind: kindSpace}
	case '.', ',', ';', ':', '?':
		return runeInfo{kind: kindSentence}
	case '-':
		return runeInfo{kind: kindDash}
	case '\'':
		return runeInfo{kind: kindApostrophe}
	case '@', '$', '!', '|', '+':
		return runeInfo{kind: kindSign, base: rune(c), class: classOf(c), look: c, script: noScript, flags: isSign}
	}
	if c < ' ' || c == 0x7F {
		return runeInfo{kind: kindIgnorable}
	}
	if masks(rune(c)) {
		return runeInfo{kind: kindPunct, flags: isMask}
	}
	return runeInfo{kind: kindPunct}
}

// describeSpecial knows the characters that are neither letters nor signs.
func describeSpecial(r rune) (kind, bool) {
	switch r {
	case 0x200B:
		return kindZero, true
	case 0x2018, 0x2019, 0x02BC, 0x02B9, 0xFF07:
		return kindApostrophe, true
	case 0x2026, 0x3001, 0x3002, 0xFF0C, 0xFF01, 0xFF1F, 0xFF1A, 0xFF1B, 0x060C, 0x061B, 0x061F, 0x0964, 0x0965, 0x203D:
		return kindSentence, true
	case 0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2015, 0x2212:
		return kindDash, true
	case 0x2028, 0x2029, 0x0085:
		return kindSpace, true
	case '™', '℠':
		return kindPunct, true // set behind a word, not part of it
	case 0x0640, 0x2800: // tatweel and the blank braille cell are seen as nothing
		return kindIgnorable, true
	}
	if ignorable(r) {
		return kindIgnorable, true
	}
	if unicode.IsSpace(r) || unicode.Is(unicode.Zs, r) {
		return kindOddSpace, true
	}
	return 0, false
}

// ignorable is Unicode's Default_Ignorable_Code_Point and the control and format
// characters, which are shown as nothing.
func ignorable(r rune) bool {
	return unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Cc, r) ||
		unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) ||
		unicode.Is(unicode.Variation_Selector, r)
}

func describeMark(r rune) runeInfo {
	switch {
	case r >= 0x0300 && r <= 0x036F:
		if naturalMark(r) {
			return runeInfo{kind: kindMark, base: r}
		}
		return runeInfo{kind: kindStroke}
	case unicode.Is(unicode.Me, r), r >= 0x1AB0 && r <= 0x1AFF, r >= 0x1DC0 && r <= 0x1DFF,
		r >= 0x20D0 && r <= 0x20FF, r >= 0xFE20 && r <= 0xFE2F, unicode.Is(unicode.Cyrillic, r):
		return runeInfo{kind: kindStroke}
	case unicode.In(r, unicode.Hebrew, unicode.Arabic, unicode.Syriac), r >= 0x064B && r <= 0x0655, r == 0x0670:
		return runeInfo{kind: kindOptionalMark}
	}
	// Everywhere else, Hindi and Thai among them, a mark is part of the spelling.
	in := letterInfo(r, r)
	in.flags |= isJoined
	if in.script == southeast {
		in.flags |= isContinua
	}
	if r == 0x17D2 || r == 0x1039 { // Khmer and Myanmar stack the next consonant
		in.flags |= isBinding
	}
	return in
}

// naturalMark tells the diacritics that European languages write.
func naturalMark(r rune) bool {
	switch {
	case r <= 0x030C, r == 0x030F, r == 0x0311, r == 0x031B, r == 0x0342, r == 0x0345:
		return true
	case r >= 0x0323 && r <= 0x0328, r == 0x0331, r == 0x0313, r == 0x0314, r == 0x0308:
		return true
	}
	return false
}

// describeLetter takes a letter or number apart: compatibility forms, marks, case.
func describeLetter(r rune) runeInfo {
	s := norm.NFKD.String(string(r))
	s = strings.Trim(s, "().,\u3014\u3015") // ⒜, ⒈, 🄁, 🄪
	if two, ok := ligatures[r]; ok {
		s = two
	}
	if s == "" {
		s = string(r)
	}
	var out []runeInfo
	for _, d := range s {
		if unicode.Is(unicode.M, d) && len(out) > 0 {
			m := lookUpPlain(d)
			last := &out[len(out)-1]
			if m.kind != kindLetter {
				addMark(&last.base, &last.marks, &last.flags, &m)
				continue
			}
		}
		if !unicode.IsLetter(d) && !unicode.IsNumber(d) && !unicode.Is(unicode.M, d) {
			continue
		}
		upper := unicode.IsUpper(d) || unicode.IsTitle(d)
		folded := foldRune(d)
		for i, c := range folded {
			var in runeInfo
			if unicode.Is(unicode.M, c) {
				in = lookUpPlain(c)
				if in.kind != kindLetter {
					continue // the dot that İ keeps when folded
				}
			} else {
				orig := d
				if _, ok := lookalikes[r]; ok {
					orig = r
				}
				if i > 0 || len(folded) > utf8.RuneLen(c) {
					orig = c
				}
				in = letterInfo(c, orig)
			}
			if upper {
				in.flags |= isUpper
			}
			out = append(out, in)
		}
	}
	if len(out) == 0 || len(out) > 4 {
		out = []runeInfo{letterInfo(r, r)}
	}
	if len(out) > 1 || out[0].base != r {
		for i := range out {
			out[i].flags |= isFolded
		}
	}
	for i := range out[1:] {
		out[i+1].flags |= isInner
		if _, ok := ligatures[r]; ok {
			out[i+1].marks = uint32(r) // a letter of its own where it is written
		}
	}
	in := out[0]
	if len(out) > 1 {
		rest := out[1:]
		in.more = &rest
	}
	return in
}

// lookUpPlain describes a mark without going through the pages, which may be the
// very page that is being computed.
func lookUpPlain(r rune) runeInfo {
	if k, ok := describeSpecial(r); ok {
		return runeInfo{kind: k}
	}
	return describeMark(r)
}

// addMark puts a mark on a letter.
func addMark(base *rune, marks *uint32, fl *flags, m *runeInfo) {
	switch m.kind {
	case kindStroke:
		*fl |= isStroked
	case kindMark:
		switch {
		case *base == 'и' && m.base == 0x0306:
			*base = 'й' // a letter of its own, not an и with something on it
		case *base == 'е' && m.base == 0x0308:
			// ё and е are written for each other.
		case *base >= 0x0370 && *base <= 0x03FF:
			// Greek is written with or without its accents.
		default:
			*marks = *marks*31 + uint32(m.base)
		}
	}
}

// foldRune folds fully, ß to ss. A Caser may not be shared, so each call has its own.
func foldRune(r rune) string {
	c := cases.Fold()
	return c.String(string(r))
}

// letterInfo describes one folded letter that was written as orig.
func letterInfo(base, orig rune) runeInfo {
	in := runeInfo{kind: kindLetter, base: base, script: scriptOf(base)}
	switch in.script {
	case han:
		in.flags |= isContinua | isWide
	case hiragana:
		in.flags |= isContinua | isWide
	case katakana:
		in.flags |= isContinua | isWide
	case southeast:
		in.flags |= isContinua
		switch {
		case base >= 0x0E40 && base <= 0x0E44, base >= 0x0EC0 && base <= 0x0EC4:
			in.flags |= isBinding // a vowel written before its consonant
		case base == 0x0E30, base == 0x0E32, base == 0x0E33, base == 0x0E45, base == 0x0EB0, base == 0x0EB2, base == 0x0EB3:
			in.flags |= isJoined // a vowel written after it
		}
	case hangul:
		switch {
		case base >= 0x1161 && base <= 0x1175, base >= 0x11A8 && base <= 0x11C2:
			in.flags |= isJoined // the vowel and the coda of a syllable
		default:
			in.flags |= isWide
		}
	}
	if base < utf8.RuneSelf {
		in.look = byte(base)
		in.class = classOf(in.look)
		if base <= '9' {
			in.flags |= isDigit
			in.script = noScript
		}
		if orig != base {
			in.flags |= isFolded
		}
		return in
	}
	if plain, ok := cyrillicVariants[base]; ok {
		in = letterInfo(plain, plain)
		in.marks = uint32(base)
		in.flags |= isFolded
		return in
	}
	in.class = classOfRune(base)
	look, stroked := lookOf(orig, base)
	if look == 0 {
		return in
	}
	in.look, in.class = look, classOf(look)
	switch {
	case in.script == latin && stroked:
		// ø, đ, ł: the letter with a diacritic, in languages that have it.
		in.base, in.marks = rune(look), uint32(base)
		in.flags |= isFolded
	case imitating(base):
		in.flags |= isImitation
	}
	return in
}

// lookOf returns the ASCII letter or digit that a letter looks like, and whether
// only a stroke tells them apart.
func lookOf(orig, base rune) (look byte, stroked bool) {
	for _, r := range [...]rune{orig, base, unicode.ToUpper(base)} {
		if c, ok := lookalikes[r]; ok {
			return c, false
		}
	}
	for _, r := range [...]rune{orig, base, unicode.ToUpper(base)} {
		if c, stroked := asciiSkeleton(confusable.GetReplacement(r)); c != 0 {
			return c, stroked
		}
	}
	return 0, false
}

// asciiSkeleton returns the one ASCII letter or digit that a skeleton consists of
// apart from marks, folded, and 0 if it is anything else.
func asciiSkeleton(s string) (c byte, stroked bool) {
	if s == "rn" {
		return 'm', false
	}
	for _, d := range norm.NFKD.String(s) {
		switch {
		case unicode.Is(unicode.M, d):
			stroked = true
		case c != 0:
			return 0, false
		case d >= 'a' && d <= 'z' || d >= '0' && d <= '9':
			c = byte(d)
		case d >= 'A' && d <= 'Z':
			c = byte(d) + 'a' - 'A'
		default:
			l, ok := lookalikes[d]
			if !ok {
				return 0, false
			}
			c = l
		}
	}
	return c, stroked
}

func describeSymbol(r rune) runeInfo {
	s := norm.NFKD.String(string(r))
	if s != string(r) { // full-width punctuation, small forms, ⓐ, ⒜, ™
		if strings.ContainsFunc(s, unicode.IsLetter) {
			return describeLetter(r)
		}
		if len(s) == 1 {
			return describeASCII(s[0])
		}
	}
	c, ok := lookalikes[r]
	if !ok && unicode.IsSymbol(r) {
		c, _ = asciiSkeleton(confusable.GetReplacement(r))
	}
	if c != 0 {
		return runeInfo{kind: kindSign, base: r, class: classOf(c), look: c, script: noScript, flags: isSign}
	}
	if masks(r) {
		return runeInfo{kind: kindPunct, flags: isMask}
	}
	return runeInfo{kind: kindPunct}
}

func scriptOf(r rune) script {
	switch {
	case r < utf8.RuneSelf:
		if r >= 'a' && r <= 'z' {
			return latin
		}
		return noScript
	case r == 0x30FC:
		return katakana
	case r >= 0x3099 && r <= 0x309C:
		return hiragana
	case r == 0x3005 || r == 0x3007:
		return han
	}
	for _, s := range scripts {
		if unicode.Is(s.table, r) {
			return s.script
		}
	}
	return otherScript
}

var scripts = []struct {
	table  *unicode.RangeTable
	script script
}{
	{unicode.Latin, latin}, {unicode.Cyrillic, cyrillic}, {unicode.Greek, greek},
	{unicode.Han, han}, {unicode.Hangul, hangul}, {unicode.Hiragana, hiragana},
	{unicode.Katakana, katakana}, {unicode.Arabic, arabic}, {unicode.Hebrew, hebrew},
	{unicode.Armenian, armenian}, {unicode.Thai, southeast}, {unicode.Lao, southeast},
	{unicode.Khmer, southeast}, {unicode.Myanmar, southeast},
}
