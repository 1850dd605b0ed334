package realserver

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// SMS is one text message as a phone shows it: put together again if it came in parts.
type SMS struct {
	From, To, Text string
	Parts          int // 1, or how many the network carried
}

// SMSC plays the SMS centre, and so all the phones, by Kannel's "fake" line protocol.
type SMSC struct {
	tb       testing.TB
	addr     string
	received chan SMS

	mu   sync.Mutex // guards link
	link *smscLink
}

// smscLink is one connection; its reader has ended once done is closed.
type smscLink struct {
	conn net.Conn
	quit chan struct{}
	done chan struct{}
}

func newSMSC(tb testing.TB, addr string) *SMSC {
	s := &SMSC{tb: tb, addr: addr, received: make(chan SMS, 1024)}
	tb.Cleanup(s.Disconnect)
	return s
}

// Received is the SMS that Kannel has sent out, over all connections. It is never closed.
func (s *SMSC) Received() <-chan SMS { return s.received }

// Connect connects to the bearerbox, anew if need be. A started bearerbox is there at once.
func (s *SMSC) Connect() {
	s.tb.Helper()
	s.Disconnect()
	conn, err := net.DialTimeout("tcp", s.addr, 10*time.Second)
	if err != nil {
		s.tb.Fatalf("smsc: %v", err)
	}
	l := &smscLink{conn, make(chan struct{}), make(chan struct{})}
	s.mu.Lock()
	s.link = l
	s.mu.Unlock()
	go func() {
		defer close(l.done)
		l.read(s.received)
	}()
}

// Disconnect takes the SMS centre away: Kannel keeps what it has for it. It does nothing if not connected.
func (s *SMSC) Disconnect() {
	s.mu.Lock()
	l := s.link
	s.link = nil
	s.mu.Unlock()
	if l == nil {
		return
	}
	close(l.quit)
	if err := l.conn.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		s.tb.Errorf("smsc: %v", err)
	}
	<-l.done
}

// Send is a phone sending an SMS, in the coding a phone would take: anything beyond printable ASCII goes as UCS-2, which
// Kannel posts as UTF-16BE. It ends the test if the bearerbox is gone.
func (s *SMSC) Send(from, to, text string) {
	s.tb.Helper()
	s.mu.Lock()
	l := s.link
	s.mu.Unlock()
	if l == nil {
		s.tb.Fatal("smsc: not connected")
	}
	if _, err := io.WriteString(l.conn, smscLine(from, to, text)); err != nil {
		s.tb.Fatalf("smsc: %v", err)
	}
}

func smscLine(from, to, text string) string {
	plain := strings.IndexFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) < 0
	if plain {
		return fmt.Sprintf("%s %s text %s\n", from, to, text)
	}
	var b strings.Builder
	for _, unit := range utf16.Encode([]rune(text)) {
		fmt.Fprintf(&b, "%%%02X%%%02X", unit>>8, unit&0xff)
	}
	return fmt.Sprintf("%s %s ucs2 %s\n", from, to, b.String())
}

func (l *smscLink) read(received chan<- SMS) {
	lines := bufio.NewReader(l.conn)
	parts := map[string][]string{} // by from, to and reference
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		// A newline in a plain text is written as it is, in the same breath as its line.
		for lines.Buffered() > 0 {
			rest, err := lines.Peek(lines.Buffered())
			if err != nil || smscHead.Match(rest) {
				break
			}
			more, err := lines.ReadString('\n')
			if err != nil {
				return
			}
			line += more
		}
		sms, ok := parseSMS(strings.TrimSuffix(line, "\n"), parts)
		if !ok {
			continue
		}
		select {
		case received <- sms:
		case <-l.quit:
			return
		}
	}
}

// What Kannel writes: sender, receiver, kind, body. A user data header names the kind of its body "data".
var smscHead = regexp.MustCompile(`\A(\S+) (\S+) (?:(text|ucs-2) |udh (\S+) (data|text|ucs-2) )`)

// parseSMS reads one line, and reports true if it completes a message. A line that is none counts as a message with that
// text, so that a test sees it.
func parseSMS(line string, parts map[string][]string) (SMS, bool) {
	m := smscHead.FindStringSubmatch(line)
	if m == nil {
		return SMS{Text: line}, true
	}
	sms := SMS{From: m[1], To: m[2], Text: line[len(m[0]):], Parts: 1}
	kind := m[3] + m[5]
	if kind != "text" {
		body, err := url.QueryUnescape(sms.Text)
		if err != nil {
			return SMS{Text: line}, true
		}
		sms.Text = body
	}
	if m[4] != "" {
		header, err := url.QueryUnescape(m[4])
		if err != nil || len(header) != 6 || header[1] != 0 || header[4] == 0 || header[5] == 0 || header[5] > header[4] {
			return SMS{Text: line}, true
		}
		// 3GPP TS 23.040 §9.2.3.24.1: reference, number of parts, which part this is
		key := fmt.Sprintf("%s %s %d %d", sms.From, sms.To, header[3], header[4])
		have := parts[key]
		if have == nil {
			have = make([]string, header[4])
			parts[key] = have
		}
		have[header[5]-1] = sms.Text
		for _, part := range have {
			if part == "" {
				return SMS{}, false
			}
		}
		delete(parts, key)
		sms.Text, sms.Parts = strings.Join(have, ""), len(have)
	}
	if kind == "ucs-2" || kind == "data" && !readable(sms.Text) {
		sms.Text = decodeUTF16(sms.Text)
	}
	return sms, true
}

// readable tells a part's plain text from UCS-2, which the line protocol does not.
func readable(s string) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool { return r < ' ' && r != '\n' && r != '\r' && r != '\t' }) < 0
}

func decodeUTF16(s string) string {
	units := make([]uint16, len(s)/2)
	for k := range units {
		units[k] = uint16(s[2*k])<<8 | uint16(s[2*k+1])
	}
	return string(utf16.Decode(units))
}
