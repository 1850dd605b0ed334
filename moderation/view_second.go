package moderation

// secondLook describes what a letter may stand for besides what it looks like most,
// in a word that mixes scripts; mode tells in which way to look.
func (rd *reading) secondLook(in *runeInfo, mode readMode) *runeInfo {
	var to *runeInfo
	switch {
	case mode&readCyrillic == 0:
		switch {
		case in.marks == 'ŧ' && mode&readFaux != 0:
			to = fauxLooks['ŧ']
		case in.script == latin || in.script == noScript:
			return in
		case mode&readFaux == 0:
			to = sounds[in.base]
		case in.base == 'σ' && in.flags&(isFolded|isUpper) == isFolded:
			to = fauxLooks['ς']
		default:
			to = fauxLooks[in.base]
		}
	case in.script == cyrillic || in.flags&(isInner|isSecond) != 0:
		return in
	case in.base == 'n' && in.flags&isUpper != 0:
		to = cyrillicLooks['и']
	default:
		if to = cyrillicLooks[in.base]; to == nil && in.look != 0 && (in.script == latin || in.script == greek) {
			to = cyrillicLooks[rune(in.look)]
		}
	}
	if to == nil {
		return in
	}
	rd.second = *to
	rd.second.script = in.script
	if in.marks != 'ŧ' {
		rd.second.marks = in.marks
	}
	rd.second.flags |= in.flags & (isUpper | isStroked)
	return &rd.second
}

// What Cyrillic and Greek letters look like at second sight.
var fauxLooks = secondLooks(0,
	"ийлдфцчжзєςλξψφθημυδŧן",
	"nnnaouyxzecaewoonmudfj")

// What Latin letters sound like them.
var sounds = secondLooks(isGuess,
	"бвгджзийклмнопрстуфхцыэβγδζκλμνπρσςτφχ",
	"bvgdjziyclmnoprstufhcyebgdzclmnprsstfx")

// Which Cyrillic letters the letters of others, and a digit, stand for.
var cyrillicLooks = secondLooks(isGuess,
	"zdinsflvgrphjuc1ᴎλσςφδμρи",
	"здинсфлвгрпхйуциилссфдмри")

func secondLooks(fl flags, from, to string) map[rune]*runeInfo {
	out := make(map[rune]*runeInfo)
	targets := []rune(to)
	for i, r := range []rune(from) {
		in := letterInfo(targets[i], targets[i])
		in.flags |= isFolded | isSecond | fl
		in.flags &^= isImitation
		out[r] = &in
	}
	return out
}

// mixes tells whether two scripts beside each other in a word are worth a second look.
func mixes(a, b script) bool {
	return a == cyrillic || a == greek || a == hebrew || b == cyrillic || b == greek || b == hebrew
}
