package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/xmppkit/xmppkit/ping"
	"github.com/xmppkit/xmppkit/presence"
	"github.com/xmppkit/xmppkit/presence/boltstore"
	"github.com/xmppkit/xmppkit/reconnect"
	"github.com/xmppkit/xmppkit/stanza"
)

// gateway joins phones and XMPP: it is the service of the component's domain, and
// speaks for every phone that needs no [phone] of its own.
type gateway struct {
	cfg       config
	domain    stanza.JID
	log       *slog.Logger
	state     *state
	sms       sms
	outbox    *outbox
	inbox     *lanes
	ledger    *presence.Ledger
	notifier  *presence.Notifier
	component *reconnect.Component
	muster    muster
	held      chan struct{} // closed when news waits after the latest stream

	mu     sync.Mutex // guards phones
	phones map[string]*phone
}

const (
	everybody = "" // the inbox's lane for all texts that wait
	workers   = 32 // phones whose texts are seen to at once
	houseTick = 5 * time.Second
	idle      = time.Minute      // until a phone in no room is let go of
	bye       = 10 * time.Second // for what is under way at the end
)

// newGateway opens the state and puts every phone where it was. It does nothing else
// until run.
func newGateway(cfg config, service sms, log *slog.Logger) (*gateway, error) {
	st, err := openState(cfg.State, log)
	if err != nil {
		return nil, err
	}
	g := &gateway{cfg: cfg, domain: stanza.JID(cfg.XMPP.Domain), log: log, state: st, sms: service, phones: map[string]*phone{}}
	background := context.Background() // run ends the lanes
	g.outbox = newOutbox(background, st, cfg, service, log)
	g.outbox.undelivered = g.undelivered
	g.inbox = newLanes(background, workers, g.work)
	g.ledger, err = presence.OpenLedger(boltstore.New(st.db, boltstore.Config{Outbox: g.tell}), presence.LedgerConfig{})
	if err != nil {
		return nil, errors.Join(err, st.db.Close())
	}
	g.notifier = presence.NewNotifier(g.ledger, presence.NotifierConfig{TellNickChanges: true, Log: log})
	g.component = reconnect.NewComponent(reconnect.ComponentConfig{
		Addr: cfg.XMPP.Addr, Domain: g.domain, Secret: cfg.XMPP.Secret, AllowRemote: cfg.XMPP.AllowRemote,
		Services: []stanza.Service{g, &ping.Keepalive{To: parent(g.domain)}},
		Software: reconnect.Software{Name: "xmppkit SMS gateway"},
		Backoff:  reconnect.Backoff{Max: 15 * time.Second},
		Logger:   log,
	})
	if err := g.restore(); err != nil {
		return nil, errors.Join(err, st.db.Close())
	}
	return g, nil
}

// restore brings back who was where when the last run ended.
func (g *gateway) restore() error {
	records := map[string]record{}
	err := g.state.view(func(tx *bolt.Tx) error {
		return tx.Bucket(bucketPhones).ForEach(func(k, _ []byte) error {
			r, err := readRecord(tx, string(k))
			if r.Room.JID != "" || r.Debounce != nil {
				records[string(k)] = r
			}
			return err
		})
	})
	if err != nil {
		return err
	}
	for m := range g.ledger.Rooms("") {
		switch r := records[m.Recipient.Local()]; r.Room.JID {
		case m.Room:
		case "": // it left, or was put out, and has not been told
			g.notifier.Leave(m.Recipient, m.Room, sayLeft(m.Room))
		default:
			g.notifier.Leave(m.Recipient, m.Room, "")
		}
	}
	for number, r := range records {
		g.notifier.SetWait(g.jid(number), r.wait())
		if r.Room.JID == "" {
			continue
		}
		p, err := g.phone(number)
		if err != nil {
			return err
		}
		p.wish(r, false)
	}
	return nil
}

// run serves until ctx ends, or something fails that trying again cannot mend. It
// closes the state.
func (g *gateway) run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	var all sync.WaitGroup
	part := func(name string, run func(context.Context) error) {
		all.Go(func() {
			err := run(ctx)
			if err != nil {
				err = fmt.Errorf("%s: %w", name, err)
			}
			cancel(err) // the first cause counts
		})
	}
	if err := g.outbox.start(); err != nil {
		cancel(nil)
		return errors.Join(err, g.close())
	}
	part("xmpp", g.component.Run)
	part("sms", func(ctx context.Context) error { return g.sms.Run(ctx, g) })
	part("housekeeping", g.keepHouse)
	<-ctx.Done()
	err := context.Cause(ctx)
	if errors.Is(err, context.Canceled) {
		err = nil // as asked
	}
	cancel(nil)
	all.Wait()
	return errors.Join(err, g.close())
}

// close lets what is under way end and closes the state.
func (g *gateway) close() error {
	wait, cancel := context.WithTimeout(context.Background(), bye)
	defer cancel()
	g.inbox.close()
	g.outbox.lanes.close()
	g.awaitHeld()
	err := g.notifier.Close(wait, false) // what is pending is found again
	return errors.Join(err, g.state.close(wait))
}

// keepHouse looks from time to time at what nothing else would bring to light.
func (g *gateway) keepHouse(ctx context.Context) error {
	tick := time.NewTicker(houseTick)
	defer tick.Stop()
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		g.kickAll()
		for _, p := range g.all() {
			p.overdue(time.Now())
			p.calmed(time.Now())
		}
		if n%12 == 0 {
			g.outbox.sweep()
			g.forgetIdle(time.Now())
		}
	}
}

// kickAll sees to all texts that wait.
func (g *gateway) kickAll() {
	numbers, err := g.state.numbers(bucketInbox)
	if err != nil {
		g.log.Error("inbox: not readable", "err", err)
		return
	}
	for _, number := range numbers {
		g.inbox.kick(number)
	}
}

// phone is the phone of a number, made when first needed.
func (g *gateway) phone(number string) (*phone, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if p := g.phones[number]; p != nil {
		return p, nil
	}
	p, err := newPhone(g, number)
	if err != nil {
		return nil, err
	}
	g.phones[number] = p
	return p, nil
}

func (g *gateway) all() []*phone {
	g.mu.Lock()
	defer g.mu.Unlock()
	list := make([]*phone, 0, len(g.phones))
	for _, p := range g.phones {
		list = append(list, p)
	}
	return list
}

func (g *gateway) forgetIdle(now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for number, p := range g.phones {
		if p.idle(now) {
			delete(g.phones, number)
			p.address.Remove()
		}
	}
}

func (g *gateway) settle() time.Duration { return time.Duration(g.cfg.Rooms.Settle) }

func (g *gateway) jid(number string) stanza.JID { return stanza.JID(number) + "@" + g.domain }

// receive takes a text from a phone: once it is on disk it will have its effect.
func (g *gateway) receive(_ context.Context, m incoming) error {
	number, ok := parseNumber(m.From)
	if !ok || number == g.cfg.Number {
		g.log.Warn("inbox: not from a phone", "from", show(m.From, showNick, ""))
		return nil // there is nobody who could be answered
	}
	text := clean(m.Text)
	if text == "" {
		return nil
	}
	return g.state.update(func(tx *bolt.Tx) error {
		now := time.Now()
		if m.ID != "" {
			if again, err := seen(tx, "sms "+m.ID, now); err != nil || again {
				return err
			}
		}
		lim, err := readLimits(tx, number)
		if err != nil {
			return err
		}
		v := lim.In.take(now, time.Hour, g.cfg.Limits.ReceivedPerHour)
		if v == silent {
			return nil
		}
		if err := writeLimits(tx, number, lim); err != nil {
			return err
		}
		switch n := len([]rune(text)); {
		case v == over:
			return g.outbox.answer(tx, number, sayTooMany)
		case n > g.cfg.Limits.TextLength:
			return g.outbox.answer(tx, number, sayTooLong(n, g.cfg.Limits.TextLength))
		}
		tx.OnCommit(func() { g.inbox.kick(number) })
		return push(tx.Bucket(bucketInbox), number, letter{ID: m.ID, Text: text, At: now})
	})
}

// report takes the SMS service's news of what it was handed.
func (g *gateway) report(_ context.Context, id string, sent bool) error {
	return g.outbox.reported(id, sent)
}

// tell turns what is news in a room into SMS, in the transaction that notes that it
// has been told.
func (g *gateway) tell(tx *bolt.Tx, notices []presence.Notice) error {
	now := time.Now()
	for _, n := range notices {
		number, ok := numberOf(n.Recipient, g.domain)
		if n.Silent || !ok {
			continue
		}
		var err error
		switch n.Kind {
		case presence.Join:
			_, err = g.outbox.add(tx, number, letter{Text: sayCame(n.Nick, now.Sub(n.At))})
		case presence.Part:
			_, err = g.outbox.add(tx, number, letter{Text: sayWent(n.Nick, now.Sub(n.At))})
		case presence.NickChange:
			_, err = g.outbox.add(tx, number, letter{Text: sayRenamed(n.Nick, n.NewNick)})
		case presence.SelfJoin:
			err = errors.Join(g.outbox.answer(tx, number, sayJoined(n.Room, n.Nick, n.Occupants)),
				change(tx, number, func(r *record) {
					if r.Room.JID == n.Room {
						r.bookmark(r.Room)
					}
				}))
		case presence.SelfPart:
			if n.Reason != "" {
				err = g.outbox.answer(tx, number, n.Reason)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Begin sees to the texts that have waited for a session, of phones that have none of
// their own.
func (g *gateway) Begin(ctx context.Context, _ stanza.Session) {
	g.holdNews(ctx)
	g.kickAll()
}

// holdNews has no news of a room told from the end of the stream until the phone is
// back there: a server that goes down puts others out before it loses us.
func (g *gateway) holdNews(ctx context.Context) {
	g.awaitHeld()
	held := make(chan struct{})
	g.held = held
	context.AfterFunc(ctx, func() {
		defer close(held)
		for _, p := range g.all() {
			if room := p.where(); room != "" {
				g.notifier.Joining(p.jid, room)
			}
		}
	})
}

// awaitHeld waits until that has been done for the stream before.
func (g *gateway) awaitHeld() {
	if g.held != nil {
		<-g.held
	}
}

// Handle takes what is for the domain, and for phones that have no address in use.
func (g *gateway) Handle(ctx context.Context, s stanza.Session, st stanza.Stanza) {
	switch st := st.(type) {
	case *stanza.Presence:
		g.presence(ctx, s, st)
	case *stanza.Message:
		g.message(ctx, s, st)
	}
}

// parent is the domain above another.
func parent(domain stanza.JID) stanza.JID {
	for i, c := range domain {
		if c == '.' {
			return domain[i+1:]
		}
	}
	return domain
}
