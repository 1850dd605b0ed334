package stanza

import (
	"strings"
	"time"
)

// Delay says that a stanza was sent earlier (XEP-0203; the old jabber:x:delay,
// XEP-0091, is read too).
type Delay struct {
	Stamp  time.Time // zero where the stamp could not be read: still not a live stanza
	From   JID       // who delayed it, such as the room
	Reason string
}

// Delay reads when the message was sent, false if it is live.
func (m *Message) Delay() (Delay, bool) { return delayOf(m.Extensions) }

// Delay reads when the presence was sent, false if it is live.
func (p *Presence) Delay() (Delay, bool) { return delayOf(p.Extensions) }

// Element is the payload in the form of XEP-0203.
func (d Delay) Element() Element {
	return NewText(NSDelay, "delay", d.Reason).
		WithAttr("from", string(d.From)).
		WithAttr("stamp", FormatTime(d.Stamp))
}

func delayOf(list []Element) (Delay, bool) {
	e := find(list, NSDelay, "delay")
	if e == nil {
		e = find(list, NSLegacyDelay, "x")
	}
	if e == nil {
		return Delay{}, false
	}
	t, _ := ParseTime(e.Attr("stamp"))
	return Delay{Stamp: t, From: receivedJID(e.Attr("from")), Reason: e.Content()}, true
}

// FormatTime writes a time as XEP-0082 does, in UTC and to the millisecond.
func FormatTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.999Z07:00") }

// ParseTime reads a time as XEP-0082 writes it, with any fraction and offset, or
// in the old form of XEP-0091. The result is in UTC.
func ParseTime(s string) (time.Time, error) {
	if len(s) > 64 {
		s = s[:64]
	}
	s = strings.TrimSpace(s)
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05Z0700", "20060102T15:04:05Z07:00"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	t, err := time.Parse("20060102T15:04:05", s)
	return t.UTC(), err
}
