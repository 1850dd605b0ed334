// Package benchdata holds the phrases and lines of the filter's benchmarks, for the
// package's own and for those that compare it with other matchers.
package benchdata

import (
	"fmt"
	"strings"
)

// Phrases returns n phrases, English and Russian by turns.
func Phrases(n int) []string {
	type language struct{ first, second, third []string }
	languages := []language{{
		strings.Fields("free cheap best buy hot instant secret easy fast new online private live big daily amazing urgent limited winning verified trusted adult sexy guaranteed discount original genuine exclusive overnight miracle risk legal anonymous bulk double earn make get claim grab join visit click order win unlock lose grow meet chat watch download investment trading mining lottery pharmacy weight muscle credit debt mortgage insurance passport visa degree essay homework followers subscribers traffic backlinks domain hosting server account password hacked leaked cracked premium vip gold silver diamond luxury swiss designer imported wholesale dropship passive residual crypto bitcoin ethereum dogecoin token airdrop presale whitelist casino poker slots roulette betting jackpot bonus escort dating singles webcam russian asian lonely mature teen"),
		strings.Fields("bitcoin casino viagra loans followers escort pills crypto forex dating replica diploma jackpot poker slots money income profit watches shoes"),
		strings.Fields("now today here bonus offer deal click promo winner cash signup invite channel group doctor prices shop"),
	}, {
		strings.Fields("вип быстрый лучший дешёвый новый купить срочно выгодный честный проверенный онлайн бесплатный заработай выиграй получи закажи скачай подпишись переходи ставки казино рулетка бонус фриспины прогноз экспресс займ кредит ипотека деньги доход работа удалёнка инвестиции биткоин крипта обмен кошелёк диплом справка права паспорт санкнижка досуг интим девочки знакомства массаж похудение таблетки виагра сиалис накрутка подписчики лайки просмотры взлом пароль аккаунт слив курсы вебинар гадание приворот снять увеличить мужское"),
		strings.Fields("заработок кредит выигрыш займ товар казино диплом досуг прогноз обмен бот чат канал сайт"),
		strings.Fields("ставки канал ссылка группа акция скидка сегодня тут звони пиши бонус"),
	}}
	var out []string
	for i := 0; len(out) < n; i++ {
		l, k := languages[i%2], i/2
		p := l.first[k%len(l.first)] + " " + l.second[k/len(l.first)%len(l.second)]
		if k /= len(l.first) * len(l.second); k > 0 {
			p += " " + l.third[(k-1)%len(l.third)]
		}
		if k /= len(l.third); k > 0 {
			p += fmt.Sprint(" ", k)
		}
		out = append(out, p)
	}
	return out
}

// Lines are texts that hold none of the phrases.
var Lines = []struct{ Name, Text string }{
	{"ascii", fill("I looked at the new release last night and it is fast, but the best part is that the private keys stay on your own machine; has anyone of you tried to build it on a big endian box, say, an old router? ", 200)},
	{"cyrillic", fill("Вчера посмотрел новый выпуск, собирается быстро, но лучше всего то, что ключи остаются у тебя; кто-нибудь пробовал? ", 200)},
	{"obfuscated", fill("fr33 b!tс0!n5 c\u200bl\u200bi\u200bc\u200bk h е r е f.r.e.e t1ck3t 𝐟𝐫𝐞𝐞 ｃａｓｈ c@$1n0 ḃöñüš v i a g r e pi11s ", 200)},
	{"64KiB", fill("fre bitcoi free bit coi f r e e b i t c o i free. bitcoin ffrreeee bbiittccooii сasin сasіn 1234 @$ ", 64<<10)},
}

// fill repeats a text to about so many bytes, and ends at a character.
func fill(s string, n int) string {
	s = strings.Repeat(s, n/len(s)+1)
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}
