package moderation

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"time"

	"github.com/xmppkit/xmppkit/stanza"
)

// entry is a line of an audit file.
type entry struct {
	Time     time.Time  `json:"time"`
	Event    string     `json:"event"`
	Decision uint64     `json:"decision,omitempty"`
	Room     stanza.JID `json:"room,omitempty"`
	Nick     string     `json:"nick,omitempty"`
	JID      stanza.JID `json:"jid,omitempty"`
	Occupant string     `json:"occupant_id,omitempty"`

	Rule    string   `json:"rule,omitempty"`
	Kind    string   `json:"kind,omitempty"`
	Phrase  string   `json:"phrase,omitempty"`
	View    string   `json:"view,omitempty"`
	Text    string   `json:"text,omitempty"`
	Start   int      `json:"start,omitempty"`
	End     int      `json:"end,omitempty"`
	Actions []Action `json:"actions,omitempty"`
	Reason  string   `json:"reason,omitempty"`
	DryRun  bool     `json:"dry_run,omitempty"`
	Old     bool     `json:"old,omitempty"`

	Action *Action `json:"action,omitempty"`
	Done   *Action `json:"done,omitempty"`
	Count  int     `json:"count,omitempty"`
	Note   string  `json:"note,omitempty"`
	Error  string  `json:"error,omitempty"`
}

// maxAuditText bounds what is written of a text.
const maxAuditText = 4096

// MarshalJSON is the line of an audit file.
func (e Decision) MarshalJSON() ([]byte, error) {
	x := entry{Time: e.Time, Event: "decision", Decision: e.ID, Room: e.Room, Nick: e.Occupant.Nick, JID: e.Occupant.JID,
		Occupant: e.Occupant.ID, Rule: e.Rule, Kind: e.Kind.String(), Phrase: e.Phrase, Text: cut(e.Text, maxAuditText),
		Start: e.Start, End: e.End, Actions: e.Actions, Reason: e.Reason, DryRun: e.DryRun, Old: e.Old}
	if e.Kind <= InNick {
		x.View = e.View.String()
	}
	return json.Marshal(x)
}

// MarshalJSON is the line of an audit file.
func (e Outcome) MarshalJSON() ([]byte, error) {
	return json.Marshal(entry{Time: e.Time, Event: "outcome", Decision: e.Decision, Room: e.Room, Nick: e.Occupant.Nick,
		JID: e.Occupant.JID, Occupant: e.Occupant.ID, Action: &e.Action, Done: &e.Done, Count: e.Count, Note: e.Note, Error: message(e.Err)})
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// write writes an event's line.
func (m *Moderator) write(e Event) {
	if m.cfg.Audit == nil {
		return
	}
	line, err := json.Marshal(e)
	if err == nil {
		m.audit.Lock()
		_, err = m.cfg.Audit.Write(append(line, '\n'))
		m.audit.Unlock()
	}
	if err != nil {
		m.cfg.Logger.Error("moderation: not written to the audit", "err", err)
	}
}

// OpenAudit opens a file for [Config.Audit], which it makes if need be, to be written
// at its end. A line that a crash has torn is ended.
func OpenAudit(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	var last [1]byte
	if _, err = f.Seek(-1, io.SeekEnd); err == nil {
		if _, err = f.Read(last[:]); err == nil && last[0] != '\n' {
			_, err = f.WriteString("\n")
		}
	} else if info, e := f.Stat(); e == nil && info.Size() == 0 {
		err = nil
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
