package moderation

import (
	"strings"
	"testing"
)

// Each of the texts is the phrase, as somebody might write it to get past a filter.
type evasion struct {
	text string
	view View
}

// The table of the design, for one phrase.
var freeBitcoin = []evasion{
	{"free bitcoin", Literal},
	{"FREE BitCoin", Folded},
	{"free\nbitcoin", Folded},
	{"fr\u200bee bit\u200dcoin", Stripped},
	{"free bit\u00adcoin", Stripped},
	{"free bit\u2800coin", Stripped},
	{"ｆｒｅｅ ｂｉｔｃｏｉｎ", Folded},
	{"𝐟𝐫𝐞𝐞 𝓫𝓲𝓽𝓬𝓸𝓲𝓷", Folded},
	{"ḟréé bïtćöîn", Demarked},
	{"f̶r̶e̶e̶ b̶i̶t̶c̶o̶i̶n̶", Demarked},
	{"free bitсоin", Skeleton}, // Cyrillic с, о
	{"ꓝꓣꓰꓰ ꓐꓲꓔꓚꓳꓲꓠ", Skeleton},
	{"FREE BlTCOlN", Skeleton},
	{"fr33 b1tc01n", Leet},
	{"freeeee bittttcoiiiin", Squeezed},
	{"f r e e  b i t c o i n", Joined},
	{"f.r.e.e b-i-t-c-o-i-n", Joined},
	{"freebitcoin", Joined},
	{"free bit\u2009coin", Joined},
	{"free bit&#99;oin", Decoded},
	{"fᴦee ʙɪᴛᴄᴏɪɴ", Skeleton},
}

func TestEvasionOfDesign(t *testing.T) {
	checkEvasions(t, "free bitcoin", freeBitcoin)
}

func checkEvasions(t *testing.T, phrase string, table []evasion) {
	t.Helper()
	f := mustCompile(t, TextRule{Name: "r", Phrases: []string{phrase}})
	for _, e := range table {
		for _, around := range [...][2]string{{"", ""}, {"well, ", " today"}, {"Привет! ", ", да"}, {"(", ")!"}} {
			text := around[0] + e.text + around[1]
			found := f.Match(text)
			if len(found) != 1 {
				t.Errorf("%q: %q (%+q) is not seen", phrase, text, e.text)
				break
			}
			m := found[0]
			if m.View != e.view {
				t.Errorf("%q: %q is seen as %v, want %v", phrase, text, m.View, e.view)
				break
			}
			if got := text[m.Start:m.End]; got != e.text {
				t.Errorf("%q in %q: stands at %q, want %q", phrase, text, got, e.text)
				break
			}
		}
	}
}

func mustCompile(t testing.TB, rules ...TextRule) *Filter {
	t.Helper()
	f, err := Compile(rules)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// More of them, of several kinds and scripts, and combined.
var evasions = []struct {
	phrase string
	table  []evasion
}{
	{"free bitcoin", []evasion{
		// What is not seen.
		{"fr\u2060ee bit\ufeffcoin", Stripped}, {"fr\u180eee bitcoin", Stripped}, {"f\ufe0fr\ufe0fe\ufe0fe bitcoin", Stripped},
		{"fr\U000E0065\U000E0066ee bitcoin", Stripped}, {"free \u202abitcoin", Stripped}, {"f\u2066ree bit\u2069coin", Stripped},
		{"free bit\u3164coin", Stripped}, {"free bit\uffa0coin", Stripped}, {"free bit\u115fcoin", Stripped},
		{"free bit\u034fcoin", Stripped}, {"free\u200bbitcoin", Stripped}, {"free \u200b bitcoin", Stripped}, {"free bit\u0007coin", Stripped},
		{"free bit\u2063coin", Stripped}, {"fr\u061cee bitcoin", Stripped}, {"free bit\U000E0100coin", Stripped},
		// White space.
		{"free\u00a0bitcoin", Folded}, {"free\tbitcoin", Folded}, {"free  \r\n  bitcoin", Folded}, {"free\u3000bitcoin", Folded},
		{"free\u2028bitcoin", Folded}, {"free\u202fbitcoin", Folded},
		// Compatibility forms.
		{"ⓕⓡⓔⓔ ⓑⓘⓣⓒⓞⓘⓝ", Folded}, {"ᶠʳᵉᵉ ᵇⁱᵗᶜᵒⁱⁿ", Folded}, {"⒡⒭⒠⒠ ⒝⒤⒯⒞⒪⒤⒩", Folded}, {"𝖋𝖗𝖊𝖊 𝖇𝖎𝖙𝖈𝖔𝖎𝖓", Folded}, {"𝔣𝔯𝔢𝔢 𝔟𝔦𝔱𝔠𝔬𝔦𝔫", Folded},
		{"𝚏𝚛𝚎𝚎 𝚋𝚒𝚝𝚌𝚘𝚒𝚗", Folded}, {"𝕗𝕣𝕖𝕖 𝕓𝕚𝕥𝕔𝕠𝕚𝕟", Folded}, {"𝑓𝑟𝑒𝑒 𝑏𝑖𝑡𝑐𝑜𝑖𝑛", Folded}, {"ＦＲＥＥ　ＢＩＴＣＯＩＮ", Folded}, {"🄵🅁🄴🄴 🄱🄸🅃🄲🄾🄸🄽", Folded},
		{"🅵🆁🅴🅴 🅱🅸🆃🅲🅾🅸🅽", Skeleton}, {"🅕🅡🅔🅔 🅑🅘🅣🅒🅞🅘🅝", Skeleton}, {"🇫🇷🇪🇪 🇧🇮🇹🇨🇴🇮🇳", Skeleton}, {"ℱℛℰℰ ℬℐ𝒯𝒞𝒪ℐ𝒩", Folded},
		// Marks.
		{"f\u0337r\u0337e\u0337e\u0337 b\u0337itcoin", Demarked}, {"f̲r̲e̲e̲ b̲i̲t̲c̲o̲i̲n̲", Demarked}, {"f͓̽r͓̽e͓̽e͓̽ b͓̽i͓̽t͓̽c͓̽o͓̽i͓̽n͓̽", Demarked}, {"frée bitcoin", Demarked}, {"fre\u0301e bitcoin", Demarked},
		{"f\u0300\u0301\u0302\u0303r\u0310\u0316ee bit\u0489coin", Demarked}, {"f⃠ree bitcoin", Demarked}, {"ƒɽɇɇ ƀɨŧȼøɨn", Skeleton}, {"free bıtcoın", Skeleton}, {"free bitcoiñ", Demarked}, {"free bitcøin", Demarked},
		{"f͜r͜e͜e b͜i͜t͜c͜o͜i͜n", Demarked}, {"f⃣r⃣e⃣e⃣ bitcoin", Demarked},
		// Look-alikes.
		{"frее bitcoin", Skeleton}, {"FRЕЕ ВITCОIN", Skeleton}, {"frεε bitcοin", Skeleton}, {"free biτcoin", Skeleton}, {"FREE ΒITCOIN", Skeleton}, {"free bitcօin", Skeleton}, {"fгee bitcoin", Skeleton},
		{"free bitᴄoin", Skeleton}, {"ᖴᖇᗴᗴ ᗷᎥTᑕOᎥᑎ", Skeleton}, {"千尺乇乇 乃丨ㄒ匚ㄖ丨几", Skeleton}, {"free ьitcoin", Skeleton}, {"ғʀᴇᴇ ʙɪᴛᴄᴏɪɴ", Skeleton}, {"free bitcoiп", Skeleton}, {"fяee bitcoin", Skeleton}, {"free BITCOlN", Skeleton},
		{"free bitϲoin", Skeleton}, {"ϝree bitcoin", Skeleton}, {"free ɓitcoin", Skeleton}, {"free bitcoᎥn", Skeleton},
		// Escapes.
		{"free bit&#x63;oin", Decoded}, {"free bit&#0099;oin", Decoded}, {"free&nbsp;bitcoin", Folded}, {"free bit&amp;#99;oin", Decoded}, {"%66ree bitcoin", Decoded}, {"free bit\\u0063oin", Decoded},
		{"free bit\\x63oin", Decoded}, {"fr&eacute;e bitcoin", Demarked}, {"free bit&shy;coin", Stripped}, {"free bit&ZeroWidthSpace;coin", Stripped}, {"free%20bitcoin", Folded}, {"free bit\\u{63}oin", Decoded}, {"free bit&#99oin", Decoded},
		// Leet.
		{"fr3e bitcoin", Leet}, {"free b1tco1n", Leet}, {"free bitc0in", Leet}, {"free b!tcoin", Leet}, {"fr€€ bitcoin", Leet}, {"free ₿itcoin", Leet}, {"free 8itcoin", Leet}, {"free bi7coin", Leet}, {"free b|tcoin", Leet},
		{"FR33 B17C01N", Leet}, {"free bit©oin", Leet}, {"free bi+coin", Leet}, {"fr33 817c01n", Leet},
		// Repeats.
		{"ffrreeee bbiittccooiinn", Squeezed}, {"free bitcoinnnnnn", Squeezed}, {"fffree bitcoin", Squeezed}, {"free bitcoooooin", Squeezed}, {"freee bitcoin", Squeezed}, {"free bittcoin", Squeezed},
		// Separators.
		{"free-bitcoin", Joined}, {"free_bitcoin", Joined}, {"FreeBitcoin", Joined}, {"free/bitcoin", Joined}, {"free * bitcoin", Joined}, {"free 🔥 bitcoin", Joined}, {"free💰bitcoin", Joined}, {"free bit💰coin", Joined},
		{"f*r*e*e*b*i*t*c*o*i*n", Joined}, {"f r e e b i t c o i n", Joined}, {"F R E E bitcoin", Joined}, {"free b i t c o i n", Joined}, {"f.r.e.e. b.i.t.c.o.i.n", Joined}, {"fr ee bit co in", Joined}, {"free bit coin", Joined},
		{"free bit-coin", Joined}, {"free bit\u200acoin", Joined}, {"f_r_e_e_b_i_t_c_o_i_n", Joined}, {"f|r|e|e b|i|t|c|o|i|n", Joined}, {"f\nr\ne\ne\nb\ni\nt\nc\no\ni\nn", Joined}, {"f•r•e•e•b•i•t•c•o•i•n", Joined}, {"fr.ee bit.coin", Joined},
		{"f][r][e][e] [b][i][t][c][o][i][n", Joined}, {"f,r,e,e b,i,t,c,o,i,n", Joined}, {"f - r - e - e - b - i - t - c - o - i - n", Joined}, {"f🔥r🔥e🔥e🔥b🔥i🔥t🔥c🔥o🔥i🔥n", Joined}, {"fre e bitc oin", Joined}, {"freeb itcoin", Joined}, {"free\u2009\u2009bit\u2009coin", Joined},
		{"free ... bitcoin", Joined},
		// Several at once.
		{"f.r.3.3 b.1.t.c.0.1.n", Joined}, {"fr\u200bеe bitсоin", Skeleton}, {"f r 3 3 b 1 t c 0 1 n", Joined}, {"frееее bitсоооin", Squeezed}, {"f̶r̶3̶3̶ b1tc01n", Leet}, {"ｆｒ３３ bitcoin", Leet}, {"𝐟𝐫𝟑𝟑 𝐛𝟏𝐭𝐜𝟎𝟏𝐧", Leet}, {"f-r-е-е b-i-t-с-о-i-n", Joined},
		{"ꓝ\u200bꓣꓰꓰ ꓐꓲꓔꓚꓳꓲꓠ", Skeleton}, {"fr&#51;&#51; bitcoin", Leet}, {"FREEEE BlTCOlN", Squeezed}, {"freebitc0in", Joined}, {"ｆ ｒ ｅ ｅ ｂ ｉ ｔ ｃ ｏ ｉ ｎ", Joined}, {"f r ee b ii t c oo in", Joined}, {"frée bіtcoin", Skeleton}, {"f\u0336r\u0336e\u0336e\u0336b\u0336i\u0336t\u0336c\u0336o\u0336i\u0336n\u0336", Joined},
		{"ƒřëë ßïţçöïñ", Leet}, {"fгее ьітсоіп", Skeleton}, {"fꞦee bitcoin", Skeleton}, {"fr\u00adee &#98;itcoin", Stripped}, {"fᴦ33 ʙ1ᴛᴄ0ɪɴ", Leet}, {"f r e\u200b e b i t c o i n", Joined}, {"𝓯.𝓻.𝓮.𝓮 𝓫.𝓲.𝓽.𝓬.𝓸.𝓲.𝓷", Joined}, {"FREE B1TCOlN", Leet}, {"f®33 b!tc0!n", Leet},
		// Backwards.
		{"uᴉoɔʇᴉq ǝǝɹɟ", Reversed},
	}},
	{"viagra", []evasion{
		{"v1agra", Leet}, {"vi@gra", Leet}, {"v.i.a.g.r.a", Joined}, {"v i a g r a", Joined}, {"VIAGRA", Folded}, {"vіаgrа", Skeleton}, {"v1@gr@", Leet}, {"viiiagraaa", Squeezed}, {"via-gra", Joined}, {"vi\u200bagra", Stripped}, {"ѵiagra", Skeleton}, {"viagraa", Squeezed},
		{"v 1 a g r a", Joined}, {"V*I*A*G*R*A", Joined}, {"v¡agra", Leet}, {"νіagra", Skeleton}, {"viаgrа", Skeleton}, {"viágrà", Demarked}, {"vi_ag_ra", Joined}, {"via\u2009gra", Joined}, {"vi4gr4", Leet},
	}},
	{"casino", []evasion{
		{"cas1no", Leet}, {"c@sino", Leet}, {"ca$ino", Leet}, {"casin0", Leet}, {"c4s1n0", Leet}, {"сasino", Skeleton}, {"cаsіnо", Skeleton}, {"CASlNO", Skeleton}, {"cassssino", Squeezed}, {"c a s i n o", Joined}, {"casıno", Skeleton},
		{"ᴄᴀꜱɪɴᴏ", Skeleton}, {"ᏟᎪsᎥno", Skeleton}, {"c-a-s-i-n-o", Joined}, {"CA$INO", Leet}, {"c̷a̷s̷i̷n̷o̷", Demarked},
	}},
	{"porn", []evasion{
		{"p0rn", Leet}, {"pоrn", Skeleton}, {"p o r n", Joined}, {"p.o.r.n", Joined}, {"PORN", Folded}, {"pörn", Demarked}, {"p\u00adorn", Stripped}, {"ꓑꓳꓣꓠ", Skeleton}, {"p 0 r n", Joined}, {"ρorn", Skeleton}, {"p_o_r_n", Joined}, {"ｐｏｒｎ", Folded}, {"p&#111;rn", Decoded},
	}},
	{"shit", []evasion{{"sh1t", Leet}, {"sh!t", Leet}, {"s h i t", Joined}, {"shiiiiit", Squeezed}, {"s.h.i.t", Joined}, {"$hit", Leet}, {"ѕhіt", Skeleton}, {"s\u200bhit", Stripped}}},
	{"sex", []evasion{{"ѕеx", Skeleton}, {"ꜱᴇx", Skeleton}, {"s e x", Joined}, {"s.e.x", Joined}, {"s\u200bex", Stripped}, {"ｓｅｘ", Folded}, {"sеx", Skeleton}}},
	{"fuck", []evasion{{"fuсk", Skeleton}, {"fυck", Skeleton}, {"fuuuuck", Squeezed}, {"ƒuck", Skeleton}, {"fück", Demarked}, {"fµck", Skeleton}, {"f-u-c-k", Joined}}},
	{"whatsapp", []evasion{{"vvhatsapp", Skeleton}, {"шhatsapp", Skeleton}, {"wh4ts4pp", Leet}, {"ẘḧäẗṡäṗṗ", Demarked}}},
	{"click here", []evasion{{"cIick here", Skeleton}, {"сlіck hеrе", Skeleton}, {"cl1ck h3r3", Leet}, {"c|ick here", Leet}, {"ⅽlick here", Folded}, {"ⅭⅬⅠⅭK here", Folded}}},
	{"earn $500", []evasion{{"EARN $500", Folded}}},
	{"100% free", []evasion{{"１００% free", Folded}, {"100% fr33", Leet}}},
	{"paypal", []evasion{{"paypaI", Skeleton}, {"pаypаl", Skeleton}, {"раураl", Skeleton}, {"p@yp@l", Leet}, {"paypa1", Leet}, {"p-a-y-p-a-l", Joined}}},
	{"казино", []evasion{
		{"КАЗИНО", Folded}, {"кaзинo", Skeleton}, {"ка3ино", Leet}, {"казин0", Leet}, {"к@зино", Leet}, {"к а з и н о", Joined}, {"к.а.з.и.н.о", Joined}, {"казинооооо", Squeezed}, {"ка\u200bзино", Stripped}, {"к\u0336а\u0336з\u0336и\u0336н\u0336о\u0336", Demarked},
		{"kaзинo", Skeleton}, {"кaзuно", Skeleton}, {"КАЗИHO", Skeleton}, {"ка-зи-но", Joined}, {"κазино", Skeleton}, {"каз\u00adино", Stripped}, {"ка&#1079;ино", Decoded}, {"к@3ин0", Leet}, {"к.a.з.и.н.o", Joined}, {"%D0%BAазино", Decoded},
	}},
	{"бесплатный биткоин", []evasion{
		{"БЕСПЛАТНЫЙ БИТКОИН", Folded}, {"бесплатный\nбиткоин", Folded}, {"беcплaтный биткoин", Skeleton}, {"бeспл@тный биткоин", Leet}, {"6есплатный 6иткоин", Leet}, {"б е с п л а т н ы й б и т к о и н", Joined}, {"бесплатныйбиткоин", Joined},
		{"бесплатный бит\u200bкоин", Stripped}, {"бесплатныйй биткоин", Squeezed}, {"бесплатныи\u0306 биткоин", Folded}, {"бесплатный бит-коин", Joined}, {"бесплатный 💰 биткоин", Joined}, {"Бecплaтный Биткoин", Skeleton}, {"бесплаааатный битк0ин", Squeezed},
		{"б-е-с-п-л-а-т-н-ы-й биткоин", Joined},
	}},
	{"ещё", []evasion{{"еще", Folded}, {"ЕЩЕ", Folded}, {"еще\u0308", Folded}}},
	{"δωρεάν", []evasion{{"ΔΩΡΕΑΝ", Folded}, {"δωρεαν", Folded}, {"Δωρεάν", Folded}, {"δωpeάν", Skeleton}, {"δ ω ρ ε ά ν", Joined}, {"δω\u200bρεάν", Stripped}}},
	{"λόγος", []evasion{{"ΛΌΓΟΣ", Folded}, {"λόγοσ", Folded}}},
	{"straße", []evasion{{"STRASSE", Folded}, {"strasse", Folded}, {"straẞe", Folded}}},
	{"مجاني", []evasion{{"مـجـانـي", Stripped}, {"مَجّاني", Demarked}, {"م ج ا ن ي", Joined}}},
	{"חינם", []evasion{{"חִינָּם", Demarked}, {"ח י נ ם", Joined}}},
	{"免费比特币", []evasion{{"免 费 比 特 币", Joined}, {"免\u200b费比特币", Stripped}, {"免-费-比-特-币", Joined}}},
	{"ビットコイン", []evasion{{"ﾋﾞｯﾄｺｲﾝ", Folded}, {"ヒ\u3099ットコイン", Folded}, {"ビ ッ ト コ イ ン", Joined}}},
	{"비트코인", []evasion{{"비트코인", Literal}, {"비 트 코 인", Joined}, {"비\u3164트코인", Stripped}, {"비.트.코.인", Joined}}},
	{"ฟรี", []evasion{{"ฟ\u200bรี", Stripped}}},
	{"मुफ्त", []evasion{{"मु\u200dफ्त", Stripped}}},
	{"1xbet", []evasion{{"1XBET", Folded}, {"1хbеt", Skeleton}, {"1 x b e t", Joined}, {"1x\u200bbet", Stripped}, {"1xbеt", Skeleton}}},
	{"18+", []evasion{{"18+", Literal}, {"１８+", Folded}}},
	{"t.me/joinchat", []evasion{{"T.me/JoinChat", Folded}, {"t.me/join\u200bchat", Stripped}}},
}

func TestEvasions(t *testing.T) {
	n := 0
	for _, c := range evasions {
		checkEvasions(t, c.phrase, c.table)
		n += len(c.table)
	}
	if n < 100 {
		t.Errorf("only %d evasions", n)
	}
	t.Logf("%d evasions", n)
}

// A right-to-left override shows the letters after it in the order of the phrase.
func TestEvasionByOverride(t *testing.T) {
	f := mustCompile(t, TextRule{Phrases: []string{"free bitcoin"}})
	const text = "look: \u202enioctib eerf\u202c!"
	found := f.Match(text)
	if len(found) != 1 || found[0].View != Reversed || text[found[0].Start:found[0].End] != "nioctib eerf" {
		t.Errorf("got %+v", found)
	}
	if found := f.Match("nioctib eerf"); found != nil {
		t.Errorf("without an override: %+v", found)
	}
}

// Words of one letter beside what is spelled do not belong to it.
func TestEvasionBesideOneLetterWords(t *testing.T) {
	f := mustCompile(t, TextRule{Phrases: []string{"казино", "casino"}})
	for _, text := range []string{"играй в к а з и н о и выиграй", "в к а з и н о", "a c a s i n o", "play a c a s i n o I like"} {
		if got := f.Match(text); len(got) != 1 || got[0].View != Joined || strings.Count(text[got[0].Start:got[0].End], " ") != 5 {
			t.Errorf("%q: %+v", text, got)
		}
	}
}
