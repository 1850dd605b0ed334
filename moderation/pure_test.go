package moderation

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/xmppkit/xmppkit/muc"
	"github.com/xmppkit/xmppkit/stanza"
)

// The example of the lists' documentation.
func TestHashOfAnEntry(t *testing.T) {
	const want = "7583a9b348a498d329089a20d51b4fa0da65da0cab52bf300e0d775750311fc9"
	if got := hashJID("sales@stolen-cardz.example").String(); got != want {
		t.Errorf("hash %s, want %s", got, want)
	}
	h, ok := parseHash(strings.ToUpper(want))
	if !ok || h != hashJID("sales@stolen-cardz.example") {
		t.Error("a hash in capitals is not read")
	}
	for _, bad := range []string{"", "x", want[1:], want + "0", strings.Repeat("g", 64)} {
		if _, ok := parseHash(bad); ok {
			t.Errorf("%q is taken for a hash", bad)
		}
	}
}

func TestBlockListFindsAddressAndDomain(t *testing.T) {
	l := &blockList{entries: map[hash]string{hashJID("bad@example.net"): "spam", hashJID("bad.example"): ""}}
	for jid, want := range map[stanza.JID]bool{"bad@example.net/x": true, "any@bad.example/x": true, "bad.example": true,
		"good@example.net": false, "x@sub.bad.example": false, "": false} {
		if _, _, ok := l.find(jid); ok != want {
			t.Errorf("%s is listed: %v", jid, ok)
		}
	}
}

func TestBlockListDropsAfterACompleteAnswerOnly(t *testing.T) {
	a, b, c, d := hashJID("a"), hashJID("b"), hashJID("c"), hashJID("d")
	for _, complete := range []bool{true, false} {
		l := &blockList{entries: map[hash]string{a: "", b: ""}, changed: map[hash]bool{}}
		l.add(c, "")
		l.remove(d) // which the service still had when it began to answer
		came, went := l.replace(map[hash]string{b: "", d: ""}, complete)
		_, hasA := l.entries[a]
		_, hasC := l.entries[c]
		_, hasD := l.entries[d]
		if hasA == complete || !hasC || hasD || len(came) != 0 || (went == 1) != complete {
			t.Errorf("complete %v: %d entries, a %v c %v d %v, %v came, %d went", complete, len(l.entries), hasA, hasC, hasD, came, went)
		}
	}
}

func TestGlobs(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"spam*", "spammer", true}, {"spam*", "SPAM", true}, {"spam*", "aspam", false},
		{"*bot*", "a robot here", true}, {"*bot", "robots", false}, {"a?c", "abc", true}, {"a?c", "aбc", true}, {"a?c", "ac", false},
		{"*", "", false}, {"*", "x", true}, {"a*b*c", "a-b-b-c", true}, {"a*b*c", "acb", false},
		{`what\?`, "what?", true}, {`what\?`, "whats", false}, {`\*`, "*", true}, {`\*`, "x", false},
		{"spam*", "ｓｐａｍ", true}, {"exact", "EXACT", true}, {"exact", "exactly", false}, {"", "", false}, {" ", " ", false},
		{"a**b", "aXb", true},
	} {
		p, _, err := compilePatterns(Names{Globs: []string{c.pattern}}, anything)
		if err != nil {
			t.Fatal(err)
		}
		if _, got := p.match(c.name); got != c.want {
			t.Errorf("%q matches %q: %v", c.pattern, c.name, got)
		}
	}
}

// A glob is the regular expression that it looks like.
func TestGlobsAreRegularExpressions(t *testing.T) {
	words := func(alphabet string, most int) []string {
		list, from := []string{""}, 0
		for range most {
			to := len(list)
			for _, w := range list[from:to] {
				for _, r := range alphabet {
					list = append(list, w+string(r))
				}
			}
			from = to
		}
		return list
	}
	signs := strings.NewReplacer("*", ".*", "?", ".")
	names := words("aé", 5)
	for _, pattern := range words("aé*?", 4) {
		g, re := compileGlob(pattern), regexp.MustCompile("^(?:"+signs.Replace(pattern)+")$")
		for _, name := range names {
			if got, want := g.match(name), re.MatchString(name); got != want {
				t.Fatalf("%q matches %q: %v", pattern, name, got)
			}
		}
	}
}

func TestNameErrors(t *testing.T) {
	for _, n := range []Names{{Regexps: []string{"("}}, {Globs: []string{"a@b/c"}}, {Globs: []string{"@"}}, {Globs: []string{strings.Repeat("a", maxName+1)}}} {
		if _, _, err := compilePatterns(n, bareJID); err == nil {
			t.Errorf("%.40v is no error", n)
		}
	}
}

// Of several rules that match the gravest removal is carried out, once.
func TestDecide(t *testing.T) {
	type want struct {
		actions []Action
		dry     bool
	}
	for _, c := range []struct {
		name  string
		rules []Rule
		old   bool
		want  []want
	}{
		{"nothing asked for", []Rule{{}}, false, []want{{[]Action{Log}, false}}},
		{"several actions", []Rule{{Consequence: Consequence{Actions: []Action{Ban, Warn, Retract, Ban}}}}, false,
			[]want{{[]Action{Warn, Retract, Ban}, false}}},
		{"gravest in one rule", []Rule{{Consequence: Consequence{Actions: []Action{Devoice, Kick}}}}, false, []want{{[]Action{Kick}, false}}},
		{"gravest of several rules", []Rule{
			{Consequence: Consequence{Actions: []Action{Kick, Retract}}},
			{Consequence: Consequence{Actions: []Action{Ban, Retract}}},
			{Consequence: Consequence{Actions: []Action{TempBan}}},
		}, false, []want{{[]Action{Retract}, false}, {[]Action{Ban}, false}, {[]Action{Log}, false}}},
		{"dry runs do not take part", []Rule{
			{Consequence: Consequence{Actions: []Action{Ban}, DryRun: true}},
			{Consequence: Consequence{Actions: []Action{Kick}}},
		}, false, []want{{[]Action{Ban}, true}, {[]Action{Kick}, false}}},
		{"old, and only logged", []Rule{{Consequence: Consequence{Actions: []Action{Ban}}}}, true, []want{{[]Action{Ban}, true}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			set, err := NewRuleset(Rules{Rules: c.rules})
			if err != nil {
				t.Fatal(err)
			}
			var list []found
			for i := range set.rules {
				list = append(list, found{rule: &set.rules[i]}, found{rule: &set.rules[i]})
			}
			got := set.decide("r@x", muc.Occupant{}, list, c.old, time.Now())
			if len(got) != len(c.want) {
				t.Fatalf("%d decisions", len(got))
			}
			for i, w := range c.want {
				if !slices.Equal(got[i].Actions, w.actions) || got[i].DryRun != w.dry {
					t.Errorf("decision %d: %v, dry %v; want %v, %v", i, got[i].Actions, got[i].DryRun, w.actions, w.dry)
				}
			}
		})
	}
}

func TestReasonIsOfRuleRoomOrGlobal(t *testing.T) {
	const room = stanza.JID("r@x")
	text := func(g, p string, noP bool, r string, noR bool) string {
		t.Helper()
		set, err := NewRuleset(Rules{Reason: g, Rooms: []RoomPolicy{{JID: room, Reason: p, NoReason: noP}},
			Rules: []Rule{{Consequence: Consequence{Reason: r, NoReason: noR}}}})
		if err != nil {
			t.Fatal(err)
		}
		s, err := set.reasonFor(&set.rules[0], room).text(Reason{})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for _, c := range []struct{ got, want string }{
		{text("g", "p", false, "r", false), "r"}, {text("g", "p", false, "", false), "p"}, {text("g", "", false, "", false), "g"},
		{text("g", "p", false, "", true), ""}, {text("g", "", true, "", false), ""}, {text("", "", false, "", false), ""},
	} {
		if c.got != c.want {
			t.Errorf("reason %q, want %q", c.got, c.want)
		}
	}
}

func TestReasonTemplate(t *testing.T) {
	about := Reason{Rule: "spam", Phrase: "free bitcoin", Room: "lobby@x", Nick: "<mallory>",
		Time: ReasonTime{time.Date(2024, 2, 3, 4, 5, 6, 0, time.UTC)}}
	for _, c := range []struct {
		template, want string
		fails          bool
	}{
		{"", "", false},
		{`autoban at {{.Time.Format "2006-01-02 15:04:05"}}`, "autoban at 2024-02-03 04:05:06", false},
		{"{{.Rule}}: {{.Phrase}} in {{.Room}} by {{.Nick}} {{.Time}}", "spam: free bitcoin in lobby@x by <mallory> 2024-02-03 04:05:06", false},
		{"{{if .Phrase}}a{{else}}b{{end}}{{with .Nick}}{{.}}{{end}}", "a<mallory>", false},
		{"{{.Nothing}}", "spam", true},
		{"{{index .Rule 99}}", "spam", true},
		{"{{slice .Rule 3 1}}", "spam", true},
		{"{{call .Rule}}", "spam", true},
		{`{{printf "%9999d" 1}}`, "spam", true},
		{`{{printf "%*d" 99 1}}`, "spam", true},
		{`{{$x := .Rule}}` + strings.Repeat(`{{$x = print $x $x}}`, 40) + `{{$x}}`, "spam", true},
		{`{{$x := .Rule}}` + strings.Repeat(`{{$x = js $x $x}}`, 40) + `{{$x}}`, "spam", true},
		{`{{$x := "1"}}` + strings.Repeat(`{{$x = .Time.Format (print $x $x)}}`, 40) + `{{$x}}`, "spam", true},
		{strings.Repeat("é", 1000), strings.Repeat("é", MaxReason/2), false},
		{"x" + strings.Repeat("é", 1000), "x" + strings.Repeat("é", MaxReason/2-1), false},
		{"{{.Nick}}" + strings.Repeat("é", 1000) + "{{.Nothing}}", "<mallory>" + strings.Repeat("é", (MaxReason-9)/2), false},
	} {
		r, err := parseReason(c.template)
		if err != nil {
			t.Fatalf("%.60q: %v", c.template, err)
		}
		got, err := r.text(about)
		if got != c.want || (err != nil) != c.fails {
			t.Errorf("%.60q gives %.60q, %v; want %.60q", c.template, got, err, c.want)
		}
	}
}

func TestReasonTemplateThatIsNone(t *testing.T) {
	for _, s := range []string{"{{", "{{.Nick", "{{nothing}}", "{{range .Nick}}{{end}}", "{{range 999999999}}{{end}}", "{{template \"x\"}}",
		"{{define \"x\"}}{{end}}", "{{block \"x\" .}}{{end}}", "{{if .Nick}}{{range 9}}{{end}}{{end}}", "{{with .Nick}}{{else}}{{range 9}}x{{end}}{{end}}",
		strings.Repeat("x", maxTemplate+1)} {
		if _, err := parseReason(s); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%.60q: %v", s, err)
		}
	}
}

func FuzzReason(f *testing.F) {
	for _, s := range []string{`{{.Time.Format "2006"}}`, `{{printf "%s" .Nick}}`, `{{with $x := .Rule}}{{$x}}{{end}}`, `{{.Time.UTC.Local.Unix}}`,
		`{{html .Nick | js | urlquery}}`, `{{eq .Rule .Nick}}`, `{{slice .Nick 1}}`, `{{index .Nick 0}}`, `{{len .Nick}}`, `{{not (and .Nick 1)}}`} {
		f.Add(s, "nick")
	}
	f.Fuzz(func(t *testing.T, s, nick string) {
		r, err := parseReason(s)
		if err != nil {
			return
		}
		got, err := r.text(Reason{Rule: "rule", Nick: cut(nick, 1023), Phrase: "phrase", Time: ReasonTime{time.Unix(0, 0)}})
		if err != nil && got != "rule" {
			t.Errorf("fails, and gives %q", got)
		}
		if len(got) > MaxReason || !utf8.ValidString(got) {
			t.Errorf("gives %d bytes: %q", len(got), got)
		}
	})
}

func TestDurations(t *testing.T) {
	for s, want := range map[string]time.Duration{"90s": 90 * time.Second, "2h": 2 * time.Hour, "1d": 24 * time.Hour, "1w2d3h": (9*24 + 3) * time.Hour, "0s": 0, "1d12h": 36 * time.Hour} {
		if got, err := ParseDuration(s); err != nil || got != want {
			t.Errorf("%s: %v, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "5", "-2h", "+2h", "d", "w", "1d-2h", "-1d", "99999999d", "soon", "1d1w", "1.5d", "9999999h9999999h", "10000w10000d2562047h"} {
		if got, err := ParseDuration(s); err == nil && got < 0 || err == nil && s != "9999999h9999999h" {
			t.Errorf("%s: %v", s, got)
		}
	}
}

func TestShouting(t *testing.T) {
	s := &Shouting{Percent: 80, Letters: 10}
	for text, want := range map[string]bool{
		"THIS IS VERY LOUD":        true,
		"ЭТО ОЧЕНЬ ГРОМКО":         true,
		"This Is Not So Loud":      false,
		"OK":                       false, // too short
		"12345678901234567890 ABC": false, // digits are not capitals
		"これは大声ではありません、漢字です":     false, // no case, no capitals
		"ہلکی آواز میں بات":     false,
		"日本語 AND SOME CAPITALS": true,
		"ǅǅǅǅǅǅǅǅǅǅ":            true, // title case
		"":                      false,
	} {
		if _, got := s.shouts(text); got != want {
			t.Errorf("%q shouts: %v", text, got)
		}
	}
}

func TestLinks(t *testing.T) {
	for text, want := range map[string]bool{
		"see https://example.org": true, "HTTP://X.Y/": true, "www.example.org": true, "t.me/joinchat": true, "bit.ly/abc": true,
		"write to mailto:x@y.z": true, "xmpp:room@x?join": true, "example.com": true, "пример.рф/привет": true, "t.me": true,
		"no link here.": false, "e.g. this": false, "1.5/2": false, "and/or": false, "wait...what": false, "3:30": false, "v1.2.3": false, "hi.there you": false,
	} {
		if got := links(nil, []string{text}); got != want {
			t.Errorf("%q has a link: %v", text, got)
		}
	}
}

func TestMentions(t *testing.T) {
	here := []string{"alice", "bob", "Carol Ann", "dave.x"}
	present := func(nick string) bool { return slices.Contains(here, nick) }
	for text, want := range map[string]int{
		"alice: hi": 1, "alice, bob and @dave.x!": 3, "alice alice alice": 1, "Carol Ann, hi": 1, "carol ann": 0, "nobody": 0, "(bob)": 1,
	} {
		if got := mentions([]string{text}, present); got != want {
			t.Errorf("%q names %d, want %d", text, got, want)
		}
	}
	if got := mentions([]string{strings.Repeat("x ", 10*maxWords) + "alice"}, present); got != 0 {
		t.Error("all words are looked at")
	}
}

func TestRepeatsLookAtWhatIsSaid(t *testing.T) {
	same := []string{"Buy now!", "BUY  NOW", "buy\u200b now...", "ｂｕｙ now"}
	for _, s := range same {
		if hashOf(s) != hashOf(same[0]) {
			t.Errorf("%q is another text", s)
		}
	}
	if hashOf("buy later") == hashOf(same[0]) || hashOf("😀") == hashOf("😁") {
		t.Error("different texts are the same")
	}
}

func TestRecentIsBounded(t *testing.T) {
	var r recent
	for i := range 100 {
		r.add(utterance{hash: uint64(i)}, 5)
	}
	if len(r) != 5 || r[0].hash != 95 || r[4].hash != 99 || cap(r) > 8 {
		t.Errorf("%+v, capacity %d", r, cap(r))
	}
	r.add(utterance{hash: 100}, 2) // after other rules
	if len(r) != 2 || r[1].hash != 100 || r[0].hash != 99 {
		t.Errorf("%+v", r)
	}
}

func TestSoftware(t *testing.T) {
	compile := func(s Software) *software {
		set, err := NewRuleset(Rules{Rules: []Rule{{Software: &s}}})
		if err != nil {
			t.Fatal(err)
		}
		return set.rules[0].software
	}
	psi := client{"Psi", "1.5", "Linux", true}
	for _, c := range []struct {
		s    Software
		c    client
		want bool
	}{
		{Software{Name: []string{"psi"}}, psi, true},
		{Software{Name: []string{"psi*"}, Version: []string{"0.*", "1.*"}}, psi, true},
		{Software{Name: []string{"psi*"}, Version: []string{"0.*"}}, psi, false},
		{Software{OS: []string{"lin*"}}, psi, true},
		{Software{}, psi, false},
		{Software{}, client{}, false},
		{Software{Unanswered: true}, psi, false},
		{Software{Unanswered: true}, client{}, true},
		{Software{Name: []string{"*"}}, client{}, false},
	} {
		if got := compile(c.s).match(c.c); got != c.want {
			t.Errorf("%+v means %+v: %v", c.s, c.c, got)
		}
	}
}

// One room that does not answer holds up no other; what is for a room stays in order.
func TestQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := queue{limit: 6, workers: 2}
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		var got []string
		release := make(chan struct{})
		add := func(room stanza.JID, s string) bool {
			return q.push(room, func(context.Context) { got = append(got, s) })
		}
		q.push("slow", func(context.Context) { <-release })
		add("slow", "slow 2")
		for _, s := range []string{"1", "2", "3"} {
			add("fast", s)
		}
		if !add("fast", "4") || add("fast", "5") {
			t.Error("the bound does not hold")
		}
		q.start(ctx)
		synctest.Wait()
		if want := []string{"1", "2", "3", "4"}; !slices.Equal(got, want) {
			t.Errorf("done %v, want %v", got, want)
		}
		close(release)
		synctest.Wait()
		if len(got) != 5 || got[4] != "slow 2" {
			t.Errorf("done %v", got)
		}
		stop()
		if add("fast", "6") {
			t.Error("takes work after its end")
		}
		q.wait()
	})
}

func TestRulesetErrorsAreAllTold(t *testing.T) {
	_, err := NewRuleset(Rules{Reason: "{{", Rules: []Rule{{Name: "a", Regexps: []string{"("}}, {Name: "b", Rooms: []string{"x/y"}}},
		Allow: []Allow{{JID: []string{"@"}}}, Lists: []BlockList{{Name: "l"}}, Rooms: []RoomPolicy{{}}})
	for _, want := range []string{`"a"`, `"b"`, `"allow"`, `"l"`, `"room"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no fault of %s in %v", want, err)
		}
	}
	var fault *RuleError
	if !errors.As(err, &fault) {
		t.Errorf("a %T", err)
	}
}

// An empty rule matches nothing, an empty list matches nothing.
func TestEmptyRules(t *testing.T) {
	set, err := NewRuleset(Rules{Rules: []Rule{{}, {Phrases: []string{"", " "}}, {Nick: Names{Globs: []string{""}, Regexps: []string{""}}},
		{JID: Names{Globs: []string{}}}, {Domain: Names{Globs: []string{" "}}}, {Software: &Software{}}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"", " ", "x", "a@b"} {
		if got := set.Check("r@x", s, stanza.JID(s), s); len(got) > 0 {
			t.Errorf("%q: %+v", s, got)
		}
	}
	if why := set.exempt("r@x", "me@x", "me", muc.Occupant{Nick: "x", JID: "x@x"}); why != "" {
		t.Errorf("exempt: %s", why)
	}
}

func TestCheck(t *testing.T) {
	set, err := NewRuleset(Rules{Rules: []Rule{
		{Name: "text", Phrases: []string{"free bitcoin"}},
		{Name: "nick", Nick: Names{Globs: []string{"admin", "spam*"}, Regexps: []string{"^[0-9]+$"}}},
		{Name: "jid", JID: Names{Globs: []string{"bad@x.example", "*@spam.example"}, Regexps: []string{"^bot[0-9]"}}},
		{Name: "domain", Domain: Names{Globs: []string{"spam.example", "*.bad.example"}}},
		{Name: "elsewhere", Phrases: []string{"free bitcoin"}, Rooms: []string{"*@other.example"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		nick string
		jid  stanza.JID
		text string
		want string
	}{
		{"", "", "FR33 B1TC01N free bitcoin", "text"},
		{"", "", "fr33 b1tc01n", "text"},
		{"Admin", "", "", "nick"}, {"аdmin", "", "", "nick"}, {"the admin", "", "", "nick"}, {"administrator", "", "", ""},
		{"spammer", "", "", "nick"}, {"12345", "", "", "nick"}, {"alice", "alice@x.example/y", "hi", ""},
		{"x", "bad@x.example/y", "", "jid"}, {"x", "bot7@x.example", "", "jid"}, {"x", "y@spam.example/z", "", "jid domain"},
		{"x", "y@a.bad.example", "", "domain"}, {"x", "y@bad.example", "", ""},
	} {
		var got []string
		for _, f := range set.Check("r@rooms.example", c.nick, c.jid, c.text) {
			got = append(got, f.Rule)
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%q %q %q: %q, want %q", c.nick, c.jid, c.text, s, c.want)
		}
	}
}

func TestTextsOfAMessage(t *testing.T) {
	subject := "the subject"
	m := &stanza.Message{Body: "the body", Subject: &subject, Extensions: []stanza.Element{
		stanza.NewText(stanza.NSClient, "body", "another language"),
		stanza.NewElement(nsXHTML, "html", stanza.NewElement("http://www.w3.org/1999/xhtml", "body", stanza.NewText("http://www.w3.org/1999/xhtml", "p", "free bitcoin"))),
		stanza.NewElement(nsOOB, "x", stanza.NewText(nsOOB, "url", "https://spam.example")),
	}}
	want := []string{"the body", "another language", "the subject", "free bitcoin", "https://spam.example"}
	if got := texts(m); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// Whatever stands in a store's file, reading it gives an error or something that a
// moderator can begin with.
func FuzzStore(f *testing.F) {
	f.Add([]byte("{\"ban lobby@x mallory@y\":\"{\\\"until\\\":\\\"2024-01-01T00:00:00Z\\\"}\",\"mark x\":\"{}\"}\n{\"a"))
	f.Add([]byte("{\"comeback lobby@x mallory@y\":\"2024-01-01T00:00:00Z\",\"comeback \":\"soon\"}\n"))
	f.Add([]byte("null\n[]\n{\"a\":1}\n"))
	f.Add([]byte("{\"ban x\":\"\",\"ban\":\"x\",\"ban  \":\"null\",\"mark \":\"null\"}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s := FileStore{all: map[string]string{}}
		if err := s.readFrom(bufio.NewReader(bytes.NewReader(data))); err != nil {
			return
		}
		for _, v := range s.all {
			if v == "" {
				t.Error("an empty value is kept")
			}
		}
		if s.live < 0 {
			t.Errorf("size %d", s.live)
		}
		m := New(muc.New(muc.Config{}), Config{Logger: slog.New(slog.DiscardHandler)})
		defer m.timers.Close()
		m.loadBans(s.all)
		m.loadMarks(s.all)
		m.loadComebacks(s.all)
	})
}
