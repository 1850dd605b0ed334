package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"encoding/hex"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/xmppkit/xmppkit/stanza"
)

// outbox brings SMS to phones: each is on disk until the SMS service has it, those to
// one phone in order.
//
// A letter is marked before it is handed over. If we, or the service, are killed
// just then, nobody can say whether the service took it: a report, which the service
// brings about everything that has gone out, says so, and it goes out again only if
// none comes.
type outbox struct {
	state  *state
	limits limitsConfig
	doubt  time.Duration
	sms    sms
	lanes  *lanes
	log    *slog.Logger

	// undelivered is told of chat messages that will not be delivered.
	undelivered func(to stanza.JID, number, id string)

	mu      sync.Mutex // guards failing
	failing time.Duration
}

// The service is left alone for a while when it fails, then for twice that, and so on.
const (
	firstRetry = 500 * time.Millisecond
	lastRetry  = 30 * time.Second

	senders = 4 // at once
)

func newOutbox(ctx context.Context, st *state, cfg config, service sms, log *slog.Logger) *outbox {
	o := &outbox{state: st, limits: cfg.Limits, doubt: time.Duration(cfg.Kannel.Report), sms: service, log: log}
	o.lanes = newLanes(ctx, senders, o.run)
	return o
}

// start goes on where the last run ended: whether what was being handed over then has
// gone out is now in doubt.
func (o *outbox) start() error {
	until := time.Now().Add(o.doubt)
	numbers, err := o.state.numbers(bucketOutbox)
	if err != nil {
		return err
	}
	err = o.state.update(func(tx *bolt.Tx) error {
		b := tx.Bucket(bucketOutbox)
		for _, number := range numbers {
			prefix := append([]byte(number), 0)
			k, v := b.Cursor().Seek(prefix)
			var l letter
			if !bytes.HasPrefix(k, prefix) {
				continue
			}
			if err := json.Unmarshal(v, &l); err != nil {
				return err
			}
			if l.Doubt.IsZero() {
				continue
			}
			l.Doubt = until
			if err := writeJSON(b, bytes.Clone(k), l); err != nil {
				return err
			}
		}
		return nil
	})
	for _, number := range numbers {
		o.lanes.kick(number)
	}
	return err
}

// answer adds a letter because of what the phone itself has sent.
func (o *outbox) answer(tx *bolt.Tx, number, text string) error {
	return o.push(tx, number, letter{Text: text, Notice: true})
}

// add adds a letter because of what others do, if the phone has not had too many in
// this hour; taken says so.
func (o *outbox) add(tx *bolt.Tx, number string, l letter) (taken bool, err error) {
	lim, err := readLimits(tx, number)
	if err != nil {
		return false, err
	}
	v := lim.Out.take(time.Now(), time.Hour, o.limits.SMSPerHour)
	if v == silent {
		return false, nil
	}
	if v == over {
		l = letter{Text: sayTooMuch, Notice: true}
	}
	if err := writeLimits(tx, number, lim); err != nil {
		return false, err
	}
	return v == within, o.push(tx, number, l)
}

func (o *outbox) push(tx *bolt.Tx, number string, l letter) error {
	l.At = time.Now()
	l.Expires = l.At.Add(time.Duration(o.limits.Expire))
	tx.OnCommit(func() { o.lanes.kick(number) })
	return push(tx.Bucket(bucketOutbox), number, l)
}

func readLimits(tx *bolt.Tx, number string) (l limits, err error) {
	return l, readJSON(tx.Bucket(bucketLimits), []byte(number), &l)
}

func writeLimits(tx *bolt.Tx, number string, l limits) error {
	return writeJSON(tx.Bucket(bucketLimits), []byte(number), l)
}

// run hands a phone's letters over, one after the other.
func (o *outbox) run(ctx context.Context, number string) {
	for ctx.Err() == nil {
		key, l, err := o.state.first(bucketOutbox, number)
		if err != nil {
			o.log.Error("outbox: not readable", "phone", number, "err", err)
			return
		}
		if key == nil || !o.hand(ctx, number, key, l) {
			return
		}
	}
}

// hand hands one letter over; false if there is a reason to wait.
func (o *outbox) hand(ctx context.Context, number string, key []byte, l letter) bool {
	now := time.Now()
	switch {
	case l.Doubt.IsZero() && !l.Expires.After(now):
		return o.expire(number, now)
	case l.Doubt.IsZero():
	case o.sent(key):
		if _, err := o.settle(key, true); err != nil {
			o.fail(number, err)
			return false
		}
		return true
	case l.Doubt.After(now):
		o.lanes.after(l.Doubt.Sub(now), number)
		return false
	}
	if !l.Doubt.IsZero() {
		o.log.Warn("outbox: no report came, sending again", "phone", number)
	}
	if there, err := o.mark(key, now.Add(o.doubt)); err != nil || !there {
		if err != nil {
			o.fail(number, err)
		}
		return there
	}
	err := o.sms.Send(ctx, outgoing{ID: o.id(key), To: number, Text: l.Text})
	switch {
	case err == nil:
		o.recovered()
		if _, err := o.settle(key, true); err != nil {
			o.fail(number, err)
			return false
		}
		return true
	case errors.Is(err, errRefused):
		o.recovered()
		o.log.Warn("outbox: refused", "phone", number, "err", err)
		if _, err := o.settle(key, false); err != nil {
			o.fail(number, err)
			return false
		}
		return true
	case errors.Is(err, errDoubt):
		if ctx.Err() == nil {
			o.fail(number, err)
		}
		return false
	default:
		if _, merr := o.mark(key, time.Time{}); merr != nil {
			err = errors.Join(err, merr)
		}
		o.fail(number, err)
		return false
	}
}

// sent asks the service whether a letter in doubt has gone out.
func (o *outbox) sent(key []byte) bool {
	p, ok := o.sms.(prober)
	return ok && p.Sent(o.id(key))
}

// mark says of a letter until when it is in doubt, if it is still there.
func (o *outbox) mark(key []byte, doubt time.Time) (there bool, err error) {
	err = o.state.update(func(tx *bolt.Tx) error {
		b := tx.Bucket(bucketOutbox)
		if there = b.Get(key) != nil; !there { // a report has settled it
			return nil
		}
		var l letter
		if err := readJSON(b, key, &l); err != nil {
			return err
		}
		l.Doubt = doubt
		return writeJSON(b, key, l)
	})
	return there, err
}

// fail leaves the service alone for a while.
func (o *outbox) fail(number string, err error) {
	o.mu.Lock()
	o.failing = min(max(2*o.failing, firstRetry), lastRetry)
	d := o.failing
	o.mu.Unlock()
	o.log.Warn("outbox: the SMS service fails", "err", err, "retry", d)
	o.lanes.pause(d)
	o.lanes.kick(number)
}

func (o *outbox) recovered() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.failing = 0
}

// id is what the service knows a letter by. Nobody can guess it, and so make us take
// a letter for sent.
func (o *outbox) id(key []byte) string {
	return hex.EncodeToString(append(o.state.mac("outbox", string(key))[:8], key...))
}

func (o *outbox) key(id string) (key []byte, ok bool) {
	b, err := hex.DecodeString(id)
	if err != nil || len(b) < 8 {
		return nil, false
	}
	key = b[8:]
	return key, hmac.Equal([]byte(o.id(key)), []byte(id))
}

// reported takes the service's report on a letter. One that has been settled since is
// not there any more.
func (o *outbox) reported(id string, sent bool) error {
	key, ok := o.key(id)
	if !ok {
		return nil // not one of ours: nothing to take
	}
	there, err := o.settle(key, sent)
	if there {
		o.lanes.kick(keyNumber(key))
	}
	return err
}

// settle removes a letter that was in doubt, because it is sent or never will be.
func (o *outbox) settle(key []byte, sent bool) (there bool, err error) {
	err = o.state.update(func(tx *bolt.Tx) error {
		there = false
		b := tx.Bucket(bucketOutbox)
		if b.Get(key) == nil {
			return nil
		}
		var l letter
		if err := readJSON(b, key, &l); err != nil || l.Doubt.IsZero() {
			return err
		}
		there = true
		if err := b.Delete(key); err != nil || sent {
			return err
		}
		return o.gone(tx, keyNumber(key), []letter{l})
	})
	return there, err
}

// expire gives up what has waited too long for a phone; false if the disk fails.
func (o *outbox) expire(number string, now time.Time) bool {
	err := o.state.update(func(tx *bolt.Tx) error {
		b := tx.Bucket(bucketOutbox)
		prefix := append([]byte(number), 0)
		var keys [][]byte
		var gone []letter
		c := b.Cursor()
		for k, v := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, v = c.Next() {
			var l letter
			if err := json.Unmarshal(v, &l); err != nil {
				return err
			}
			if l.Expires.After(now) || !l.Doubt.IsZero() {
				break
			}
			keys, gone = append(keys, bytes.Clone(k)), append(gone, l)
		}
		for _, k := range keys {
			if err := b.Delete(k); err != nil {
				return err
			}
		}
		return o.gone(tx, number, gone)
	})
	if err != nil {
		o.fail(number, err)
	}
	return err == nil
}

// gone tells those who want to know that letters will not be delivered: of chat
// messages who wrote them, of the rest the phone.
func (o *outbox) gone(tx *bolt.Tx, number string, letters []letter) error {
	missed := 0
	for _, l := range letters {
		switch {
		case l.From != "" && o.undelivered != nil:
			tx.OnCommit(func() { o.undelivered(l.From, number, l.Stanza) })
		case !l.Notice:
			missed++
		}
	}
	if len(letters) > 0 {
		o.log.Warn("outbox: not delivered", "phone", number, "messages", len(letters))
	}
	if missed == 0 {
		return nil
	}
	return o.answer(tx, number, sayExpired(missed))
}

// sweep gives up what has waited too long for any phone.
func (o *outbox) sweep() {
	numbers, err := o.state.numbers(bucketOutbox)
	if err != nil {
		o.log.Error("outbox: not readable", "err", err)
		return
	}
	now := time.Now()
	for _, number := range numbers {
		_, l, err := o.state.first(bucketOutbox, number)
		if err == nil && l.Doubt.IsZero() && !l.Expires.IsZero() && !l.Expires.After(now) {
			o.expire(number, now)
		}
	}
}
