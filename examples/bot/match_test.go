package main

import (
	"encoding/json"
	"strings"
	"testing"
)

const rulesForLogs = `
[[rule]]
name = "spam"
phrase = ["free bitcoin"]
action = "ban"

[[rule]]
name = "here only"
phrase = ["casino"]
rooms = ["lobby@rooms.example.org"]

[[rule]]
name = "nicks"
nick = ["spam*"]
jid = ["*@bad.example"]
`

// -match: a line in, a line out, and neither account nor password.
func TestMatch(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"text", `get free bitcoin`, `{"matches":[{"rule":"spam","phrase":"free bitcoin","view":"literal","start":4,"end":16}]}`},
		{"object", `{"text": "FREE bitcoin"}`, `{"matches":[{"rule":"spam","phrase":"free bitcoin","view":"folded","start":0,"end":12}]}`},
		{"in disguise", `{"text": "fr33 b1tc01n"}`, `{"matches":[{"rule":"spam","phrase":"free bitcoin","view":"leet","start":0,"end":12}]}`},
		{"bytes of the text", `Привет: free bitcoin`, `{"matches":[{"rule":"spam","phrase":"free bitcoin","view":"literal","start":14,"end":26}]}`},
		{"innocent", `hello`, `{"matches":[]}`},
		{"empty", ``, `{"matches":[]}`},
		{"no text", `{}`, `{"matches":[]}`},
		{"other keys", `{"text": "hello", "time": 3}`, `{"matches":[]}`},
		{"no object", `["free bitcoin"]`, `{"matches":[{"rule":"spam","phrase":"free bitcoin","view":"literal","start":2,"end":14}]}`},
		{"torn object", `{"text": "free bitcoin`, `{"matches":[{"rule":"spam","phrase":"free bitcoin","view":"literal","start":10,"end":22}]}`},
		{"not valid UTF-8", "free bitcoin \xff\xfe", `{"matches":[{"rule":"spam","phrase":"free bitcoin","view":"literal","start":0,"end":12}]}`},
		{"room", `{"text": "casino", "room": "lobby@rooms.example.org"}`, `{"matches":[{"rule":"here only","phrase":"casino","view":"literal","start":0,"end":6}]}`},
		{"other room", `{"text": "casino", "room": "other@rooms.example.org"}`, `{"matches":[]}`},
		{"nick", `{"text": "", "nick": "spammer"}`, `{"matches":[{"rule":"nicks","phrase":"spam*","view":"literal","start":0,"end":7,"in":"nick"}]}`},
		{"jid", `{"text": "", "jid": "Eve@Bad.example/x"}`, `{"matches":[{"rule":"nicks","phrase":"*@bad.example","view":"literal","start":0,"end":15,"in":"jid"}]}`},
		{"no address", `{"text": "free bitcoin", "jid": "@@"}`, `{"matches":[{"rule":"spam","phrase":"free bitcoin","view":"literal","start":0,"end":12}]}`},
	} {
		if got := tryOnLog(t, c.in+"\n"); got != c.want+"\n" {
			t.Errorf("%s: got\n%swant\n%s", c.name, got, c.want)
		}
	}
}

// Each line is answered, in order, and the last one needs no end.
func TestMatchManyLines(t *testing.T) {
	long := strings.Repeat("x ", 1<<19) + "free bitcoin"
	lines := strings.Split(strings.TrimSpace(tryOnLog(t, "a\n\r\nfree bitcoin\r\n"+long+"\nlast")), "\n")
	if len(lines) != 5 {
		t.Fatalf("%d answers to 5 lines", len(lines))
	}
	for i, want := range []int{0, 0, 1, 1, 0} {
		var a answer
		if err := json.Unmarshal([]byte(lines[i]), &a); err != nil || len(a.Matches) != want {
			t.Errorf("line %d: %d matches, %v", i+1, len(a.Matches), err)
		}
	}
}

// Bad rules: nothing is read, and the exit status is 2.
func TestMatchBadConfig(t *testing.T) {
	var out, log strings.Builder
	file := inFolder(t, "bot.toml", rulesForLogs+"[[rule]]\nregexp = '('\n")
	status := program{[]string{"-config", file, "-match"}, strings.NewReader("x\n"), &out, &log, nil}.run(t.Context())
	if status != 2 || out.Len() > 0 || !strings.HasPrefix(log.String(), file+":17: ") {
		t.Errorf("exit status %d: %s%s", status, out.String(), log.String())
	}
}

func tryOnLog(t *testing.T, in string) string {
	t.Helper()
	file := inFolder(t, "bot.toml", rulesForLogs)
	var out, log strings.Builder
	if status := (program{[]string{"-config", file, "-match"}, strings.NewReader(in), &out, &log, nil}).run(t.Context()); status != 0 {
		t.Fatalf("exit status %d: %s", status, log.String())
	}
	return out.String()
}
