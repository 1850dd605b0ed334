// Package moderation keeps rooms clean: it decides what may be said and who may
// stay, and acts on it. It is for bots that moderate rooms (XEP-0045,
// https://xmpp.org/extensions/xep-0045.html), and its filter for anything that has
// to recognise phrases whose authors do not want them recognised.
//
// A [Moderator] looks after the rooms of a [muc.Rooms]: at what is said and was said
// while it was away, at who is there, comes and changes nick, at their clients and
// how they behave, by [Rules] that can be replaced while it runs. It warns, takes
// messages back, devoices, kicks and bans, for a time or for good, and tells of every
// decision and what became of it. Package ruleset reads rules from a file. A
// moderator, with client a reconnect.Client that runs both services:
//
//	rules, err := moderation.NewRuleset(moderation.Rules{Rules: []moderation.Rule{{
//		Name:        "spam",
//		Phrases:     []string{"free bitcoin"},
//		Consequence: moderation.Consequence{Actions: []moderation.Action{moderation.Ban, moderation.Retract}},
//	}}})
//	var m *moderation.Moderator
//	rooms := muc.New(muc.Config{OnEvent: func(ctx context.Context, e muc.Event) { m.OnEvent(ctx, e) }})
//	m = moderation.New(rooms, moderation.Config{Rules: rules})
//	client := reconnect.New(reconnect.Config{Services: []stanza.Service{rooms, m}, Options: options})
//	rooms.Add(muc.Room{JID: "lobby@rooms.example.org", Nick: "warden"})
//	go client.Run(ctx)
//	err = m.Run(ctx)
//
// All methods of a Moderator may be called from any goroutine and any handler; it has
// one goroutine at rest and acts in [Config.Workers] rooms at a time, in each of them
// in order. Owners, admins, moderators and the allow-list are never acted on.
//
// Besides XEP-0045 it speaks
//
//   - XEP-0060 (https://xmpp.org/extensions/xep-0060.html) with XEP-0059
//     (https://xmpp.org/extensions/xep-0059.html), to share block lists whose reasons
//     are those of XEP-0377 (https://xmpp.org/extensions/xep-0377.html): [BlockList];
//   - XEP-0092 (https://xmpp.org/extensions/xep-0092.html), to ask what a client is:
//     [Software];
//   - XEP-0313 (https://xmpp.org/extensions/xep-0313.html), to read what was said while
//     it was away: [Archive];
//   - XEP-0425 (https://xmpp.org/extensions/xep-0425.html), to take messages back, in
//     the version that the room announces: [Retract].
//
// # The filter
//
// The filter reads a text through views: folded, stripped of what is not seen,
// without diacritics, as a skeleton of look-alike letters, with digits read as
// letters, squeezed, joined over separators. Each view has a guard against innocent
// texts that only seem to hold a phrase, and a Match tells the loosest view that it
// took to see it. In ten lines:
//
//	filter, err := moderation.Compile([]moderation.TextRule{
//		{Name: "coins", Phrases: []string{"free bitcoin"}},
//		{Name: "links", Regexps: []string{`(?i)t\.me/\+\w+`}},
//	})
//	if err != nil {
//		return err // names the rule, its file and its line
//	}
//	for _, m := range filter.Match("fr33 b1tc01n") {
//		log.Printf("%s (%v): %s", m.Rule, m.View, m.Phrase)
//	}
//
// A Filter is immutable and serves any number of goroutines; to reload the rules
// while running, swap one Filter for another.
//
// # What the guards ask
//
// Literals match whole words, in any script; a rule may ask for substrings, which
// only the strict views give. The skeleton serves words that mix scripts, and
// alphabets that a chat knows only as decoration: сор, all Cyrillic, is never cop. A
// word of look-alikes alone counts in the midst of a phrase that is none (free рокеr),
// and, from six letters on, in the midst of a line. In words that mix scripts, letters
// are read at second sight too: И for N, z for з.
//
// Diacritics are overlooked in words of four letters or more, unless no language
// has them. Digits are read as letters in words of four letters or more that keep
// letters of their own, and so are letters drawn from signs (\/iagra); of a phrase of
// four or more, up to half may be hidden (f**k). Drawn-out letters are squeezed in
// words of four or more where no language doubles them, and of six or more otherwise.
// Single letters that are spelled out are joined from three letters on, if nothing
// longer is spelled there; other separators inside words are overlooked in phrases of
// six to ten letters or more, the more ordinary they are the more it takes. Han, kana
// and Hangul characters count as two letters.
//
// Some things are left alone, since too much that is innocent looks like them: digits
// and single diacritics in words of three letters, via gra, viaggra, Ukrainian і for и,
// and a line that is but one word of look-alikes.
package moderation
