package moderation

import "unicode"

// plainLetter returns the ASCII letter or digit (folded) that a character is drawn
// around, where Unicode gives no decomposition: letters in squares and circles,
// flags, negative digits.
func plainLetter(r rune) byte {
	switch {
	case r >= 0x1F150 && r <= 0x1F169: // negative circled
		return 'a' + byte(r-0x1F150)
	case r >= 0x1F170 && r <= 0x1F189: // negative squared
		return 'a' + byte(r-0x1F170)
	case r >= 0x1F1E6 && r <= 0x1F1FF: // regional indicators
		return 'a' + byte(r-0x1F1E6)
	case r >= 0x24EB && r <= 0x24F4 || r == 0x24FF, r >= 0x2776 && r <= 0x2793:
		switch { // negative circled digits, dingbats
		case r == 0x24FF:
			return '0'
		case r >= 0x2776 && r <= 0x277E:
			return '1' + byte(r-0x2776)
		case r >= 0x2780 && r <= 0x2788:
			return '1' + byte(r-0x2780)
		case r >= 0x278A && r <= 0x2792:
			return '1' + byte(r-0x278A)
		}
	}
	return 0
}

// lookalikes are the resemblances that package confusable lacks: it is about
// identifiers that cannot be told apart, spam only has to be readable. Where the
// cases of a letter look like different things, each stands for itself. Digits and
// signs stand for Cyrillic letters that share their look.
var lookalikes = map[rune]byte{
	// Small capitals and their kin.
	'ᴀ': 'a', 'ʙ': 'b', 'ᴄ': 'c', 'ᴅ': 'd', 'ᴇ': 'e', 'ꜰ': 'f', 'ɢ': 'g', 'ʜ': 'h', 'ɪ': 'i', 'ᴊ': 'j',
	'ᴋ': 'k', 'ʟ': 'l', 'ᴍ': 'm', 'ɴ': 'n', 'ᴏ': 'o', 'ᴘ': 'p', 'ꞯ': 'q', 'ʀ': 'r', 'ꜱ': 's', 'ᴛ': 't',
	'ᴜ': 'u', 'ᴠ': 'v', 'ᴡ': 'w', 'ʏ': 'y', 'ᴢ': 'z', 'ᴦ': 'r', 'ᴨ': 'n', 'ᴩ': 'p', 'ᴧ': 'a', 'ᴃ': 'b',
	'ᴌ': 'l', 'ᴎ': 'n', 'ᴐ': 'c', 'ᴙ': 'r', 'ᴚ': 'r', 'ǫ': 'q', 'ꟻ': 'f', 'ꟼ': 'p', 'ꟽ': 'm',
	'ĸ': 'k', 'ꞧ': 'r', 'Ꞧ': 'r', 'ꞩ': 's', 'ꞡ': 'g', 'ꞣ': 'k', 'ꞥ': 'n',
	// Phonetic letters, hooks and tails.
	'ɑ': 'a', 'ɐ': 'a', 'ɒ': 'a', 'ɓ': 'b', 'ƀ': 'b', 'ɕ': 'c', 'ƈ': 'c', 'ɖ': 'd', 'ɗ': 'd', 'ɘ': 'e',
	'ə': 'e', 'ɛ': 'e', 'ɜ': 'e', 'ǝ': 'e', 'ɟ': 'f', 'ƒ': 'f', 'ɠ': 'g', 'ɡ': 'g', 'ɣ': 'y', 'ɥ': 'h',
	'ɦ': 'h', 'ɧ': 'h', 'ɨ': 'i', 'ı': 'i', 'ᴉ': 'i', 'ɩ': 'i', 'ʝ': 'j', 'ɾ': 'r', 'ƙ': 'k', 'ʞ': 'k',
	'ɫ': 'l', 'ɬ': 'l', 'ɭ': 'l', 'ɯ': 'm', 'ɰ': 'm', 'ɱ': 'm', 'ɲ': 'n', 'ɳ': 'n', 'ŋ': 'n', 'ɵ': 'o',
	'ɔ': 'c', 'ƥ': 'p', 'ʠ': 'q', 'ɹ': 'r', 'ɻ': 'r', 'ɼ': 'r', 'ɽ': 'r', 'ʁ': 'r', 'ʂ': 's', 'ʃ': 's',
	'ſ': 's', 'ƭ': 't', 'ʇ': 't', 'ʈ': 't', 'ʉ': 'u', 'ʊ': 'u', 'ʋ': 'v', 'ʌ': 'v', 'ʍ': 'm',
	'ƃ': 'g', 'ʎ': 'y', 'ƴ': 'y', 'ʐ': 'z', 'ʑ': 'z', 'ƶ': 'z', 'ʒ': '3', 'ʔ': '7',
	// Cyrillic, in both directions: и for u, u for и.
	'а': 'a', 'б': '6', 'в': 'b', 'г': 'r', 'д': 'g', 'е': 'e', 'ж': 'x', 'з': '3', 'и': 'u', 'й': 'u', 'к': 'k', 'м': 'm',
	'н': 'h', 'о': 'o', 'п': 'n', 'р': 'p', 'с': 'c', 'т': 't', 'у': 'y', 'х': 'x', 'ц': 'u', 'ч': '4', 'ш': 'w',
	'щ': 'w', 'ъ': 'b', 'ь': 'b', 'э': '3', 'я': 'r', 'ѕ': 's', 'і': 'i', 'ї': 'i', 'ј': 'j', 'є': 'e',
	'ґ': 'r', 'ў': 'y', 'ԁ': 'd', 'ԛ': 'q', 'ԝ': 'w', 'һ': 'h', 'ӏ': 'l', 'ѵ': 'v', 'ғ': 'f', 'қ': 'k',
	'ң': 'h', 'ұ': 'y', 'ү': 'y', 'ҳ': 'x', 'ҽ': 'e', 'ө': 'o', 'ә': 'e', 'ѡ': 'w', 'ԍ': 'g', 'ҭ': 't',
	// Greek, by case.
	'Α': 'a', 'Β': 'b', 'Γ': 'r', 'Ε': 'e', 'Ζ': 'z', 'Η': 'h', 'Ι': 'i', 'Κ': 'k', 'Μ': 'm', 'Ν': 'n',
	'Ο': 'o', 'Ρ': 'p', 'Σ': 'e', 'Τ': 't', 'Υ': 'y', 'Χ': 'x',
	'α': 'a', 'β': 'b', 'γ': 'y', 'δ': 'd', 'ε': 'e', 'η': 'n', 'ι': 'i', 'κ': 'k', 'μ': 'u', 'ν': 'v',
	'ο': 'o', 'π': 'n', 'ρ': 'p', 'σ': 'o', 'ς': 'o', 'τ': 't', 'υ': 'u', 'χ': 'x', 'ω': 'w', 'ϲ': 'c',
	// Armenian, by case.
	'Ս': 'u', 'Օ': 'o', 'Տ': 's', 'Լ': 'l', 'Զ': 'q', 'Ի': 'h', 'Ն': 'u', 'Ո': 'n',
	'ա': 'w', 'ս': 'u', 'օ': 'o', 'ո': 'n', 'ռ': 'n', 'հ': 'h', 'ց': 'g', 'զ': 'q', 'յ': 'j', 'ք': 'p',
	'լ': 'l', 'ւ': 'i', 'պ': 'm', 'կ': 'k',
	// Cherokee that the skeleton passes over.
	'Ꭼ': 'e', 'Ꮶ': 'k', 'Ꮃ': 'w', 'Ꮇ': 'm', 'Ꮋ': 'h', 'Ꮮ': 'l', 'Ꮯ': 'c', 'Ꮲ': 'p', 'Ꭲ': 't', 'Ꭺ': 'a',
	'Ꭰ': 'd', 'Ꭱ': 'r', 'Ꮪ': 's', 'Ꮩ': 'v', 'Ꮓ': 'z', 'Ᏼ': 'b', 'Ꮐ': 'g', 'Ꭻ': 'j', 'Ꭵ': 'i', 'Ꮎ': 'o',
	'Ꮍ': 'y', 'Ꮑ': 'n', 'Ꮒ': 'h', 'Ꮜ': 'u', 'Ꭶ': 'f', 'Ꮖ': 'i', 'Ꮧ': 'a', 'Ᏸ': 'b', 'ፈ': 'c', 'Ꮄ': 'd', 'Ꮛ': 'e', 'Ꮰ': 'j', 'Ꮠ': 'j', 'Ꮭ': 'l', 'Ꮝ': 'l',
	'Ꭷ': 'o', 'Ꭾ': 'p', 'Ꭴ': 'q', 'Ꮢ': 'r', 'Ꮥ': 's', 'Ꮦ': 't', 'Ꮼ': 'u', 'Ꮙ': 'v', 'Ꮗ': 'w', 'ጀ': 'x', 'Ꭹ': 'y', 'ፚ': 'z',
	// Syllabics, ideographs and the like that fancy alphabets are made of.
	'ᖴ': 'f', 'ᗴ': 'e', 'ᗷ': 'b', 'ᑎ': 'n', 'ᑕ': 'c', 'ᗩ': 'a', 'ᗪ': 'd', 'ᘜ': 'g', 'ᕼ': 'h', 'ᒍ': 'j', 'ᒪ': 'l', 'ᗰ': 'm',
	'ᑭ': 'p', 'ᖇ': 'r', 'ᔕ': 's', 'ᑌ': 'u', 'ᐯ': 'v', 'ᗯ': 'w', 'ᗅ': 'a', 'ᑫ': 'q', 'ᒎ': 'j', 'ᖶ': 't', 'ᛕ': 'k', 'Ꮆ': 'g',
	'卂': 'a', '乃': 'b', '匚': 'c', '乇': 'e', '千': 'f', '卄': 'h', '丨': 'i', 'ㄥ': 'l', '爪': 'm', '几': 'n', 'ㄖ': 'o',
	'卩': 'p', '尺': 'r', '丂': 's', 'ㄒ': 't', 'ㄩ': 'u', '山': 'w', '乂': 'x', 'ㄚ': 'y', '乙': 'z',
	// Letters of other scripts that fancy alphabets are made of.
	'ᚠ': 'f', 'ᚱ': 'r', 'ᛒ': 'b', 'ᛁ': 'i', 'ᛏ': 't', 'ᚲ': 'c', 'ᛟ': 'o', 'ᚾ': 'n', 'ᛖ': 'm', 'ᚨ': 'a', 'ᛞ': 'm', 'ᚺ': 'h', 'ᚢ': 'u', 'ᛚ': 'l', 'ᛋ': 's',
	'૮': 'c', '૨': 'r', 'ค': 'a', '๒': 'b', '๔': 'd', 'ђ': 'h', 'ћ': 'h', 'เ': 'i', 'נ': 'j', '๓': 'm', 'ภ': 'n', '๏': 'o', 'ק': 'p', 'ร': 's', 'ย': 'u',
	'ש': 'v', 'ฬ': 'w', 'א': 'x', 'ץ': 'y', 'ﻮ': 'g', 'ყ': 'y', 'ﾌ': 'j', 'ժ': 'd', 'ղ': 'n', 'է': 't', 'մ': 'u', 'վ': 'y', 'ֆ': 's',
	'ƨ': 's', 'ɮ': 'b', 'ʄ': 'f', 'ȶ': 't', 'ꞅ': 'r', 'ɋ': 'q', 'ᵾ': 'u', 'ɏ': 'y', 'ɉ': 'j', 'ꝁ': 'k', 'ᵽ': 'p', 'ꝗ': 'q', 'ⱥ': 'a', 'ɍ': 'r', 'ǥ': 'g',
	'ⱨ': 'h', 'ⱡ': 'l', 'ⱬ': 'z', 'ȼ': 'c', 'ɇ': 'e',
	'ⲁ': 'a', 'ⲃ': 'b', 'ⲥ': 'c', 'ⲇ': 'd', 'ⲉ': 'e', 'ⲏ': 'h', 'ⲓ': 'i', 'ⲕ': 'k', 'ⳑ': 'l', 'ⲙ': 'm', 'ⲛ': 'n', 'ⲟ': 'o', 'ⲣ': 'p', 'ⲧ': 't', 'ⲩ': 'y', 'ⲱ': 'w', 'ⲭ': 'x', 'ⲍ': 'z',
	'ꍏ': 'a', 'ꌃ': 'b', 'ꉓ': 'c', 'ꀸ': 'd', 'ꍟ': 'e', 'ꎇ': 'f', 'ꁅ': 'g', 'ꃅ': 'h', 'ꀤ': 'i', 'ꀭ': 'j', 'ꀘ': 'k', '꒒': 'l', 'ꂵ': 'm', 'ꈤ': 'n', 'ꂦ': 'o', 'ꉣ': 'p', 'ꆰ': 'q',
	'ꋪ': 'r', 'ꌗ': 's', '꓄': 't', 'ꀎ': 'u', 'ꃴ': 'v', 'ꅏ': 'w', 'ꊼ': 'x', 'ꌩ': 'y', 'ꁴ': 'z', 'ꁲ': 'a', 'ꃃ': 'b', 'ꏂ': 'e', 'ꊰ': 'f', 'ꍌ': 'g', 'ꍩ': 'h', 'ꂑ': 'i', 'ꋊ': 'n', 'ꄲ': 'o', 'ꇙ': 's', 'ꋖ': 't', 'ꀯ': 'c', 'ꈼ': 'e', 'ꍞ': 'u',
	// Signs of money and trade.
	'€': 'e', '£': 'l', '¥': 'y', '¢': 'c', '₿': 'b', '฿': 'b', '₽': 'p', '₳': 'a', '₵': 'c', '₡': 'c',
	'₣': 'f', '₦': 'n', '₮': 't', '₩': 'w', '₱': 'p', '₭': 'k', '₤': 'l', '₥': 'm', '₫': 'd', '₹': 'r',
	'₺': 'l', '₲': 'g', '₴': 's', '₸': 't', '§': 's', '©': 'c', '®': 'r', '×': 'x', '¡': 'i', 'µ': 'u', '∂': 'd', '∆': 'a', '∑': 'e',
	'∩': 'n', '∪': 'u', '∨': 'v', '℮': 'e', '†': 't', '‡': 't', '∅': 'o', '◯': 'o', '●': 'o', '○': 'o', '◉': 'o', '◎': 'o', '⊙': 'o', '⊘': 'o', '⦿': 'o', '⭕': 'o', '°': 'o', '√': 'v', '❌': 'x', '✖': 'x', '✕': 'x', '❎': 'x', '✝': 't', '✞': 't', '💲': 's',
	'⓪': '0',
}

// cyrillicVariants are letters of the wider Cyrillic alphabet that look like a letter
// of the narrower with something on it.
var cyrillicVariants = map[rune]rune{
	'қ': 'к', 'ҡ': 'к', 'ҝ': 'к', 'ҟ': 'к', 'ӄ': 'к', 'ң': 'н', 'ӊ': 'н', 'ӈ': 'н', 'ҥ': 'н', 'ҙ': 'з', 'ӡ': 'з', 'ҳ': 'х', 'ӽ': 'х', 'ӿ': 'х',
	'ү': 'у', 'ұ': 'у', 'ө': 'о', 'ҕ': 'г', 'ҫ': 'с', 'ҭ': 'т', 'ҷ': 'ч', 'ҹ': 'ч', 'җ': 'ж', 'ҏ': 'р', 'ԥ': 'п', 'ҧ': 'п', 'ѻ': 'о',
	'ӎ': 'м', 'ӆ': 'л', 'ԓ': 'л', 'ҍ': 'ь', 'ҋ': 'й',
}

// sharpS is ß when it is read as a sign for b.
var sharpS = runeInfo{kind: kindLetter, base: 'ß', class: classOf('b'), look: 'b', script: noScript, flags: isSign}

// ligatures are letters that stand for two and have no decomposition.
var ligatures = map[rune]string{'æ': "ae", 'Æ': "AE", 'œ': "oe", 'Œ': "OE"}

// imitating tells whether a letter belongs to an alphabet that a chat sees only as
// decoration, so that a whole word of it is no word. The alphabets of living
// languages do not: there a word has to mix them.
func imitating(r rune) bool {
	switch r {
	case 'ѕ', 'ԁ', 'ԛ', 'ԝ', 'ӏ', 'ѵ', 'ѡ', 'ϲ':
		return true
	case '卂', '乃', '匚', '乇', '千', '卄', '丨', '爪', '几', '卩', '尺', '丂', '山', '乂', '乙':
		return true
	}
	return unicode.In(r, unicode.Latin, unicode.Bopomofo, unicode.Lisu, unicode.Cherokee, unicode.Canadian_Aboriginal, unicode.Vai, unicode.Yi,
		unicode.Deseret, unicode.Tifinagh, unicode.Old_Italic, unicode.Gothic, unicode.Carian, unicode.Lycian,
		unicode.Lydian, unicode.Runic, unicode.Ogham, unicode.Warang_Citi, unicode.Osage, unicode.Miao, unicode.Bamum,
		unicode.Elbasan, unicode.Caucasian_Albanian, unicode.Old_Permic, unicode.Coptic, unicode.Phoenician,
		unicode.Linear_B, unicode.Cypriot, unicode.Duployan, unicode.Medefaidrin)
}

// turnedLetters are those that hardly anything but text turned upside down has.
var turnedLetters = map[rune]bool{
	'ɐ': true, 'ǝ': true, 'ɟ': true, 'ƃ': true, 'ɥ': true, 'ᴉ': true, 'ɾ': true, 'ʞ': true, 'ɯ': true, 'ɹ': true,
	'ʇ': true, 'ʌ': true, 'ʍ': true, 'ʎ': true, 'ɔ': true,
}

// turnedASCII are the letters that, turned, are other letters.
var turnedASCII = [128]byte{'b': 'q', 'q': 'b', 'd': 'p', 'p': 'd', 'n': 'u', 'u': 'n'}
