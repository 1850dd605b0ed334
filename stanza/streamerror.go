package stanza

import "fmt"

// StreamError is why the peer ended the stream (RFC 6120 §4.9).
type StreamError struct {
	Condition string // one of RFC 6120 §4.9.3, such as "conflict"
	Text      string
	Host      string // of "see-other-host": where to
	Details   []Element
}

// Error gives condition and text.
func (e *StreamError) Error() string {
	if e.Text == "" {
		return "stream error " + e.Condition
	}
	return fmt.Sprintf("stream error %s: %s", e.Condition, e.Text)
}

// Is makes errors.Is take another *StreamError as a pattern in which empty fields
// match anything (Host and Details do not take part).
func (e *StreamError) Is(target error) bool {
	t, ok := target.(*StreamError)
	return ok && (t.Condition == "" || t.Condition == e.Condition) && (t.Text == "" || t.Text == e.Text)
}

func streamErrorOf(x Element) *StreamError {
	e := &StreamError{}
	for _, c := range x.Children {
		switch {
		case c.Name.Local == "":
		case c.Is(NSStreams, "text"):
			e.Text = c.Content()
		case c.Name.Space == NSStreams && e.Condition == "":
			e.Condition = c.Name.Local
			if e.Condition == "see-other-host" {
				e.Host = c.Content()
			}
		default:
			e.Details = append(e.Details, c)
		}
	}
	return e
}
