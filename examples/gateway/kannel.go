package main

import (
	"bufio"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// kannel is the SMS gateway of that name, by its HTTP interfaces. Its sms-service
// posts to http://LISTEN/SECRET/in?from=%p&to=%P&coding=%c&charset=%C&id=%I; with
// http-request-retry in its smsbox group nothing is lost while we are away.
type kannel struct {
	cfg    kannelConfig
	number string
	client http.Client
	log    *slog.Logger
}

const (
	sendTimeout = 30 * time.Second
	maxPosted   = 256 << 10 // bytes of an incoming message that are read
	maxPosts    = 64        // at a time

	// Kannel sends at most ten parts, and cuts off what is more: 153 characters each,
	// or 67 beyond the Latin ones.
	maxPlain = 10 * 153
	maxUCS2  = 10 * 67

	// What Kannel reports: that the SMS centre has taken a message, or refused it.
	reportSent, reportRefused = 8, 16
)

func newKannel(cfg config, log *slog.Logger) *kannel {
	return &kannel{cfg: cfg.Kannel, number: cfg.Number, log: log, client: http.Client{
		Timeout: sendTimeout,
		// A connection for each: on one that it has used before net/http would send a
		// request again by itself, and with it the SMS.
		Transport: &http.Transport{DisableKeepAlives: true, Proxy: nil},
	}}
}

// Send asks Kannel to send a message.
func (k *kannel) Send(ctx context.Context, m outgoing) error {
	query := url.Values{
		"username": {k.cfg.Username}, "password": {k.cfg.Password},
		"from": {k.number}, "to": {m.To}, "charset": {"UTF-8"},
		"binfo":    {m.ID}, // stands in the access log
		"dlr-mask": {strconv.Itoa(reportSent | reportRefused)},
		"dlr-url":  {"http://" + k.cfg.Listen + "/" + k.cfg.Secret + "/report?type=%d&id=" + url.QueryEscape(m.ID)},
	}
	text, plain := fit(m.Text)
	query.Set("text", text)
	if !plain {
		query.Set("coding", "2")
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, k.cfg.SendSMS+"?"+query.Encode(), nil)
	if err != nil {
		return fmt.Errorf("%w: %w", errRefused, withoutURL(err))
	}
	answer, err := k.client.Do(r)
	if err != nil {
		var dial *net.OpError
		if errors.As(err, &dial) && dial.Op == "dial" {
			return fmt.Errorf("kannel: %w", withoutURL(err))
		}
		return fmt.Errorf("kannel: %w: %w", errDoubt, withoutURL(err))
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(io.LimitReader(answer.Body, 200))
	switch {
	case answer.StatusCode >= 200 && answer.StatusCode < 300:
		return nil
	case answer.StatusCode == http.StatusBadRequest:
		return fmt.Errorf("kannel: %w: %s", errRefused, said)
	}
	return errors.Join(fmt.Errorf("kannel: %s: %s", answer.Status, said), err)
}

// maxAccessLog is how much of the end of the access log is looked at.
const maxAccessLog = 16 << 20

// Sent looks a message up in Kannel's access log: a report dies with a smsbox that
// is killed before it has delivered it.
func (k *kannel) Sent(id string) bool {
	if k.cfg.AccessLog == "" {
		return false
	}
	sent, err := inLog(k.cfg.AccessLog, id)
	if err != nil {
		k.log.Error("kannel: access log", "err", err)
	}
	return sent
}

// inLog reports whether the end of an access log says that a message went out.
func inLog(name, id string) (bool, error) {
	f, err := os.Open(name)
	if err != nil {
		return false, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return false, err
	}
	lines := bufio.NewReader(io.NewSectionReader(f, max(0, info.Size()-maxAccessLog), maxAccessLog))
	for {
		line, err := lines.ReadString('\n')
		if strings.Contains(line, "Sent SMS [") && strings.Contains(line, " [BINF:"+id+"] ") {
			return true, nil
		}
		if errors.Is(err, io.EOF) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
	}
}

// withoutURL is the error without the URL, which holds the password.
func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// fit cuts a text to what Kannel sends of it, and says whether it is plain: all its
// characters are of the alphabet that phones have had from the beginning.
func fit(s string) (text string, plain bool) {
	plain = strings.IndexFunc(s, func(r rune) bool {
		return r != '\n' && (r < ' ' || r > '~' || r == '`')
	}) < 0
	size, most, dots := utf16.RuneLen, maxUCS2, "…"
	if plain {
		most, dots = maxPlain, "..."
		size = func(r rune) int {
			if strings.ContainsRune(`[]{}\^|~`, r) { // two characters of that alphabet
				return 2
			}
			return 1
		}
	}
	total, end := 0, 0
	for i, r := range s {
		if total <= most-len(dots) {
			end = i
		}
		if total += max(size(r), 1); total > most {
			return s[:end] + dots, plain
		}
	}
	return s, plain
}

// Run listens for what Kannel posts, until ctx ends.
func (k *kannel) Run(ctx context.Context, in receiver) error {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", k.cfg.Listen)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:           k.handler(in),
		ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 30 * time.Second,
		IdleTimeout: 30 * time.Second, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(k.log.Handler(), slog.LevelDebug),
	}
	done := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		bye, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if err := server.Shutdown(bye); err != nil {
			err = errors.Join(err, server.Close())
			done <- err
			return
		}
		done <- nil
	})
	err = server.Serve(l)
	if !stop() {
		return <-done
	}
	return err
}

// handler answers Kannel. Whoever does not know the secret finds nothing.
func (k *kannel) handler(in receiver) http.Handler {
	places := make(chan struct{}, maxPosts)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		secret, what, ok := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		if !ok || subtle.ConstantTimeCompare([]byte(secret), []byte(k.cfg.Secret)) != 1 {
			http.NotFound(w, r)
			return
		}
		select {
		case places <- struct{}{}:
			defer func() { <-places }()
		default:
			http.Error(w, "too many at a time", http.StatusServiceUnavailable)
			return
		}
		var err error
		switch what {
		case "in":
			err = k.posted(r, in)
		case "report":
			err = k.reported(r, in)
		default:
			http.NotFound(w, r)
			return
		}
		if err != nil {
			k.log.Error("kannel: not taken", "what", what, "err", err)
			http.Error(w, "try again later", http.StatusServiceUnavailable)
		}
		// Otherwise 200 without a body: Kannel would send it back as an SMS.
	})
}

func (k *kannel) posted(r *http.Request, in receiver) error {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxPosted))
	if err != nil {
		return err
	}
	q := r.URL.Query()
	return in.receive(r.Context(), incoming{
		ID: q.Get("id"), From: q.Get("from"), Text: decode(body, q.Get("charset"), q.Get("coding")),
	})
}

func (k *kannel) reported(r *http.Request, in receiver) error {
	q := r.URL.Query()
	kind, err := strconv.Atoi(q.Get("type"))
	if err != nil || kind&(reportSent|reportRefused) == 0 {
		return nil
	}
	return in.report(r.Context(), q.Get("id"), kind&reportSent != 0)
}

// decode reads a body in the character set that Kannel says it is in, or looks like.
func decode(body []byte, charset, coding string) string {
	switch c := strings.ToUpper(charset); {
	case c == "UTF-16BE" || c == "UCS-2" || c == "ISO-10646-UCS-2" || c == "" && coding == "2":
		units := make([]uint16, len(body)/2)
		for i := range units {
			units[i] = uint16(body[2*i])<<8 | uint16(body[2*i+1])
		}
		return string(utf16.Decode(units))
	case c == "ISO-8859-1" || c == "LATIN1" || c == "WINDOWS-1252" || !utf8.Valid(body):
		if text, err := charmap.Windows1252.NewDecoder().Bytes(body); err == nil {
			return string(text)
		}
	}
	return string(body)
}
