package moderation_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xmppkit/xmppkit/moderation"
	"github.com/xmppkit/xmppkit/stanza"
)

func TestAudit(t *testing.T) {
	var file bytes.Buffer
	playWith(t, moderation.Config{Audit: &file}, spam(moderation.Ban), func(w *world) {
		w.enter(stranger("mallory"))
		w.refuse = func(*stanza.IQ) *stanza.Error { return &stanza.Error{Condition: stanza.ItemNotFound} }
		w.say("mallory", "line\nbreak: free bitcoin")
	})
	var got []map[string]any
	for line := range strings.Lines(file.String()) {
		var x map[string]any
		if err := json.Unmarshal([]byte(line), &x); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		got = append(got, x)
	}
	want := []map[string]any{
		{"event": "decision", "room": string(lobby), "nick": "mallory", "jid": "mallory@example.net/phone", "rule": "spam", "kind": "text",
			"phrase": "free bitcoin", "view": "literal", "text": "line\nbreak: free bitcoin", "start": 12.0, "end": 24.0, "reason": "no free bitcoin, mallory"},
		{"event": "outcome", "decision": 1.0, "action": "ban", "done": "log"},
	}
	if len(got) != len(want) {
		t.Fatalf("wrote %s", &file)
	}
	for i := range want {
		for k, v := range want[i] {
			if got[i][k] != v {
				t.Errorf("line %d: %s is %v, want %v", i+1, k, got[i][k], v)
			}
		}
		if got[i]["time"] == nil {
			t.Errorf("line %d has no time", i+1)
		}
	}
	if s, _ := got[1]["error"].(string); !strings.Contains(s, "item-not-found") {
		t.Errorf("error %q", s)
	}
}

// A line that a crash has torn does not spoil the next one.
func TestAuditAfterACrash(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit")
	for i, before := range []string{"", "{}\n", "{}\n{\"eve"} {
		if err := os.WriteFile(path, []byte(before), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := moderation.OpenAudit(path)
		if err != nil {
			t.Fatal(err)
		}
		_, err = f.WriteString("{\"new\":1}\n")
		if err = errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(path)
		if err != nil || !strings.HasSuffix("\n"+string(data), "\n{\"new\":1}\n") || !strings.HasPrefix(string(data), before) {
			t.Errorf("%d: %q, %v", i, data, err)
		}
	}
	if _, err := moderation.OpenAudit(t.TempDir()); err == nil {
		t.Error("a folder is no file")
	}
}

// Whatever of the last line a crash has left, what was saved before it is there, and
// what is saved afterwards too.
func TestStoreAfterACrash(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store")
	save := func(changes ...map[string]string) {
		t.Helper()
		s, err := moderation.OpenStore(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range changes {
			if err := s.Save(c); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	load := func() map[string]string {
		t.Helper()
		s, err := moderation.OpenStore(path)
		if err != nil {
			t.Fatal(err)
		}
		all, err := s.Load()
		if err = errors.Join(err, s.Close()); err != nil {
			t.Fatal(err)
		}
		return all
	}
	save(map[string]string{"a": "1", "b": "2"}, map[string]string{"c": "3", "b": ""})
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	first := len(whole) - 1 - bytes.LastIndexByte(whole[:len(whole)-1], '\n')
	for cut := range first {
		if err := os.WriteFile(path, whole[:len(whole)-1-cut], 0o600); err != nil {
			t.Fatal(err)
		}
		want := map[string]string{"a": "1", "b": "2"}
		if got := load(); !maps.Equal(got, want) {
			t.Fatalf("without %d bytes: %v", cut+1, got)
		}
		save(map[string]string{"d": "4"})
		want["d"] = "4"
		if got := load(); !maps.Equal(got, want) {
			t.Fatalf("without %d bytes, and afterwards: %v", cut+1, got)
		}
	}
	if err := os.WriteFile(path, []byte("nonsense\n{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := moderation.OpenStore(path); err == nil || !strings.Contains(err.Error(), "store:1") {
		t.Errorf("nonsense: %v", err)
	}
	if data, _ := os.ReadFile(path); string(data) != "nonsense\n{}\n" {
		t.Errorf("nonsense has become %q", data)
	}
}

func TestStoreStaysSmall(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store")
	s, err := moderation.OpenStore(path)
	if err != nil {
		t.Fatal(err)
	}
	big := strings.Repeat("x", 64<<10)
	for i := range 100 {
		if err := s.Save(map[string]string{"k": big[i:]}); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Size() > 2<<20 {
		t.Errorf("%d bytes, %v", info.Size(), err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := s.Save(map[string]string{"k": "v"}); err == nil {
		t.Error("saved after Close")
	}
	left, err := filepath.Glob(path + "*")
	if err != nil || len(left) != 1 {
		t.Errorf("left %v", left)
	}
}

// The log names actions in words, in each of slog's forms.
func TestLogNamesActions(t *testing.T) {
	for name, handler := range map[string]func(io.Writer) slog.Handler{
		"text": func(w io.Writer) slog.Handler { return slog.NewTextHandler(w, nil) },
		"json": func(w io.Writer) slog.Handler { return slog.NewJSONHandler(w, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			playWith(t, moderation.Config{Logger: slog.New(handler(&out))}, spam(moderation.Retract, moderation.Ban), func(w *world) {
				w.enter(stranger("mallory"))
				w.say("mallory", "free bitcoin")
			})
			if !strings.Contains(out.String(), "[retract ban]") {
				t.Errorf("logged %s", &out)
			}
		})
	}
}
