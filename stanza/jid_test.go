package stanza_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/xmppkit/xmppkit/stanza"
)

// RFC 7622 §3.5, table 1: addresses that are valid.
func TestParseJIDRFC7622Valid(t *testing.T) {
	for _, c := range []struct {
		n                       int
		in                      string
		local, domain, resource string
	}{
		{1, "juliet@example.com", "juliet", "example.com", ""},
		{2, "juliet@example.com/foo", "juliet", "example.com", "foo"},
		{3, "juliet@example.com/foo bar", "juliet", "example.com", "foo bar"},
		{4, "juliet@example.com/foo@bar", "juliet", "example.com", "foo@bar"},
		{5, `foo\20bar@example.com`, `foo\20bar`, "example.com", ""},
		{6, "fussball@example.com", "fussball", "example.com", ""},
		{7, "fußball@example.com", "fußball", "example.com", ""},
		{8, "π@example.com", "π", "example.com", ""},
		{9, "Σ@example.com/foo", "σ", "example.com", "foo"},
		{10, "σ@example.com/foo", "σ", "example.com", "foo"},
		{11, "ς@example.com/foo", "ς", "example.com", "foo"},
		{12, "king@example.com/♚", "king", "example.com", "♚"},
		{13, "example.com", "", "example.com", ""},
		{14, "example.com/foobar", "", "example.com", "foobar"},
		{15, "a.example.com/b@example.net", "", "a.example.com", "b@example.net"},
	} {
		j, err := stanza.ParseJID(c.in)
		if err != nil {
			t.Errorf("example %d: %v", c.n, err)
		} else if j.Local() != c.local || j.Domain() != c.domain || j.Resource() != c.resource {
			t.Errorf("example %d: %q is %q, %q, %q", c.n, c.in, j.Local(), j.Domain(), j.Resource())
		}
	}
}

// RFC 7622 §3.5, table 2: addresses that are not valid. Example 18, a resourcepart
// that begins with a space, is let through: the rules of §3.4 allow it, servers
// hand such nicks out, and an occupant whom one cannot address is a safe one.
func TestParseJIDRFC7622Invalid(t *testing.T) {
	for n, in := range map[int]string{
		16: `"juliet"@example.com`,
		17: "foo bar@example.com",
		19: "@example.com/",
		20: "henryⅣ@example.com",
		21: "♚@example.com",
		22: "juliet@",
		23: "/foobar",
	} {
		if j, err := stanza.ParseJID(in); !errors.Is(err, stanza.ErrJID) {
			t.Errorf("example %d: %q gives %q, %v", n, in, j, err)
		}
	}
	if _, err := stanza.ParseJID("juliet@example.com/ foo"); err != nil {
		t.Errorf("example 18: %v", err)
	}
}

func TestParseJIDNormalises(t *testing.T) {
	for _, c := range []struct{ section, in, want string }{
		{"3.2 final dot", "example.com.", "example.com"},
		{"3.2 final ideographic dot", "example.com。", "example.com"},
		{"3.2 case", "EXAMPLE.com", "example.com"},
		{"3.2.1 width", "ｅxample.com", "example.com"},
		{"3.2.1 A-label", "xn--strae-oqa.example", "straße.example"},
		{"3.2.1 U-label", "straße.example", "straße.example"},
		{"3.2.2 IPv4", "192.0.2.1", "192.0.2.1"},
		{"3.2.2 IPv6", "a@[2001:DB8:0::1]/b", "a@[2001:db8::1]/b"},
		{"3.2.2 IPv4 in IPv6", "[::FFFF:192.0.2.1]", "[::ffff:192.0.2.1]"},
		{"3.3 case", "Juliet@example.com", "juliet@example.com"},
		{"3.3 width", "ｆｏｏ@example.com", "foo@example.com"},
		{"3.3 normalisation", "e\u0301@example.com", "é@example.com"},
		{"3.3 right to left", "א@example.com", "א@example.com"},
		{"3.4 case is kept", "a@b/Foo", "a@b/Foo"},
		{"3.4 width is kept", "a@b/ｆ", "a@b/ｆ"},
		{"3.4 spaces", "a@b/x\u00a0y\u3000z", "a@b/x y z"},
		{"3.4 normalisation", "a@b/A\u030a", "a@b/Å"},
		{"3.4 slashes", "a@b/c/d", "a@b/c/d"},
		{"3.4 emoji", "a@b/🐎", "a@b/🐎"},
		{"3.4 normalisation above U+FFFF", "a@b/\U00011099\U000110ba", "a@b/\U0001109a"},
	} {
		j, err := stanza.ParseJID(c.in)
		if err != nil || string(j) != c.want {
			t.Errorf("§%s: %q gives %q, %v; want %q", c.section, c.in, j, err, c.want)
		}
	}
}

func TestParseJIDRefuses(t *testing.T) {
	long := func(n int) string { return strings.Repeat("a", n) }
	for name, in := range map[string]string{
		"3.1 empty":                "",
		"3.1 not UTF-8":            "a@b/\xff",
		"3.1 input without end":    "a@b/" + long(1<<20),
		"3.2 empty label":          "a..b",
		"3.2 only a dot":           ".",
		"3.2 two final dots":       "example.com..",
		"3.2 long label":           long(64) + ".example",
		"3.2 long domain":          strings.Repeat(long(63)+".", 4) + "example",
		"3.2 space":                "exa mple.com",
		"3.2 underscore":           "_xmpp.example.com",
		"3.2 two @":                "a@b@c",
		"3.2 hyphen in front":      "-a.example",
		"3.2 hyphen behind":        "a-.example",
		"3.2 bad A-label":          "xn--a.example",
		"3.2.2 IPv6 with a zone":   "[fe80::1%eth0]",
		"3.2.2 IPv6 without end":   "[::1",
		"3.2.2 IPv4 in brackets":   "[192.0.2.1]",
		"3.3 empty":                "@b",
		"3.3 long":                 long(1024) + "@b",
		"3.3 long once normalised": strings.Repeat("ŉ", 600) + "@b",
		"3.3 mixed directions":     "אa@b",
		"3.3 ampersand":            "a&b@c",
		"3.3 apostrophe":           "a'b@c",
		"3.3 colon":                "a:b@c",
		"3.3 less-than":            "a<b@c",
		"3.3 greater-than":         "a>b@c",
		"3.3 at in another width":  "a＠b@c",
		"3.3 a character of which NFC makes another": "\U00010041\u0301@b",
		"3.4 a character of which NFC makes another": "a@b/\U00010041\u0301",
		"3.4 the same, behind a mark in between":     "a@b/\U00010041\u0327\u0301",
		"3.2 a character of which NFC makes another": "\U00010041\u0301.example",
		"3.4 empty":                        "a@b/",
		"3.4 long":                         "a@b/" + long(1024),
		"3.4 control":                      "a@b/c\x01",
		"3.4 new line":                     "a@b/c\n",
		"3.4 delete":                       "a@b/\x7f",
		"3.4 zero width space":             "a@b/\u200b",
		"3.4 joiner out of its context":    "a@b/\u200d",
		"3.4 right-to-left override":       "a@b/\u202ec",
		"3.4 unassigned":                   "a@b/\U000e0fff",
		"3.4 a character that XML forbids": "a@b/\uffff",
	} {
		if j, err := stanza.ParseJID(in); !errors.Is(err, stanza.ErrJID) || j != "" {
			t.Errorf("§%s: gives %q, %v", name, j, err)
		}
	}
}

func TestParseJIDLengths(t *testing.T) {
	label := strings.Repeat("a", 63)
	longest := strings.Repeat("a", 1023) + "@" + label + "." + label + "." + label + "." + label[:61] + "/" + strings.Repeat("a", 1023)
	if _, err := stanza.ParseJID(longest); err != nil {
		t.Errorf("the longest address: %v", err)
	}
}

func TestJIDParts(t *testing.T) {
	for _, c := range []struct {
		j, bare                 stanza.JID
		local, domain, resource string
		isBare                  bool
	}{
		{"a@b/c", "a@b", "a", "b", "c", false},
		{"a@b", "a@b", "a", "b", "", true},
		{"b/c@d/e", "b", "", "b", "c@d/e", false},
		{"b", "b", "", "b", "", true},
		{"", "", "", "", "", false},
	} {
		if c.j.Bare() != c.bare || c.j.Local() != c.local || c.j.Domain() != c.domain ||
			c.j.Resource() != c.resource || c.j.IsBare() != c.isBare {
			t.Errorf("%q is %q, %q, %q, %q, %v", c.j, c.j.Bare(), c.j.Local(), c.j.Domain(), c.j.Resource(), c.j.IsBare())
		}
	}
}

func TestJIDWithResource(t *testing.T) {
	const room = stanza.JID("room@example.org/old")
	for _, c := range []struct {
		nick string
		want stanza.JID
		ok   bool
	}{
		{"new", "room@example.org/new", true},
		{"a/b@c", "room@example.org/a/b@c", true},
		{"A\u030a", "room@example.org/Å", true},
		{"", "room@example.org", true},
		{"\x00", "", false},
	} {
		j, err := room.WithResource(c.nick)
		if j != c.want || (err == nil) != c.ok {
			t.Errorf("%q gives %q, %v", c.nick, j, err)
		}
	}
}

func TestJIDText(t *testing.T) {
	var v struct{ A, B stanza.JID }
	if err := json.Unmarshal([]byte(`{"A":"A@B/c","B":""}`), &v); err != nil || v.A != "a@b/c" || v.B != "" {
		t.Errorf("read %+v, %v", v, err)
	}
	if b, err := json.Marshal(v); err != nil || string(b) != `{"A":"a@b/c","B":""}` {
		t.Errorf("wrote %s, %v", b, err)
	}
	if err := json.Unmarshal([]byte(`{"A":"@"}`), &v); !errors.Is(err, stanza.ErrJID) {
		t.Errorf("read a malformed address: %v", err)
	}
	if v.A != "a@b/c" {
		t.Errorf("a malformed address changed the field to %q", v.A)
	}
}

func TestMustJIDPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("did not panic")
		}
	}()
	stanza.MustJID("@")
}

func FuzzParseJID(f *testing.F) {
	for _, s := range []string{
		"a@b/c", "Σ@EXAMPLE.com./♚", "[::1]", "xn--strae-oqa.example", "a@b/e\u0301\u0327", "ﬀ@İ.example", "a\u3002b/\u00a0",
		"א@b", "\u1e9e@b", "a@b/\u200d", "｡", "a@xn--a", "\u0345@b",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		j, err := stanza.ParseJID(s)
		if err != nil {
			if !errors.Is(err, stanza.ErrJID) || j != "" {
				t.Fatalf("%q: %q, %v", s, j, err)
			}
			return
		}
		if again, err := stanza.ParseJID(string(j)); err != nil || again != j {
			t.Fatalf("%q gives %q, and that %q, %v", s, j, again, err)
		}
		if len(j.Local()) > 1023 || len(j.Domain()) > 1023 || len(j.Resource()) > 1023 || j.Domain() == "" {
			t.Fatalf("%q: a part is too long or too short", s)
		}
		whole := j.Domain()
		if l := j.Local(); l != "" {
			whole = l + "@" + whole
		}
		if string(j.Bare()) != whole {
			t.Fatalf("%q is not made of its parts", j)
		}
		if r := j.Resource(); r != "" {
			whole += "/" + r
		}
		if string(j) != whole {
			t.Fatalf("%q is not made of its parts", j)
		}
	})
}
