package moderation

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/xmppkit/xmppkit/internal/sched"
	"github.com/xmppkit/xmppkit/muc"
	"github.com/xmppkit/xmppkit/stanza"
)

// Config says how a Moderator behaves. The zero value works, and does nothing until
// it is given rules.
type Config struct {
	// Rules are those to begin with; see [Moderator.SetRules]. Default: none.
	Rules *Ruleset

	// OnEvent is told what is decided and done, in order and one event at a time. It
	// may block and may call everything in this library; when [Config.Queue] events
	// wait for it, later ones are lost to it (see [Stats]), not to Audit.
	OnEvent func(ctx context.Context, e Event)

	// Audit is given the same events as JSON, one line in one Write each. See
	// [OpenAudit].
	Audit io.Writer

	// Store keeps what has to outlive the program: temporary bans, the bans of block
	// lists, who has been let in again, how far archives have been read. Default:
	// memory.
	Store Store

	// Queue is how many actions may wait for their rooms, and events for OnEvent;
	// actions beyond are refused with ErrBusy. Default: 10,000.
	Queue int
	// Workers is how many rooms are acted in at a time. Default: 8.
	Workers int
	// Timeout is for each answer. Default: 15 s.
	Timeout time.Duration

	// Logger gets decisions and outcomes, without what was said. Default:
	// slog.Default().
	Logger *slog.Logger
}

var (
	// ErrBusy means that too many actions wait for their rooms already.
	ErrBusy = errors.New("moderation: too much to do")

	// ErrHidden means that nobody can be banned whose address the room hides.
	ErrHidden = errors.New("moderation: the room hides the address")

	// ErrGone means that somebody has left before they could be acted on by nick.
	ErrGone = errors.New("moderation: has left")

	// ErrNotBanned means that there is no ban to lift.
	ErrNotBanned = errors.New("moderation: is not banned")

	// ErrEnded means that Run ended before it was an action's turn.
	ErrEnded = errors.New("moderation: Run has ended")
)

// Moderator looks after rooms. It is a [stanza.Service], to be run beside the
// [muc.Rooms] whose events it is handed by OnEvent, and before what is to see their
// consequences:
//
//	var moderator *moderation.Moderator
//	rooms := muc.New(muc.Config{OnEvent: func(ctx context.Context, e muc.Event) {
//		moderator.OnEvent(ctx, e)
//	}})
//	moderator = moderation.New(rooms, moderation.Config{Rules: rules})
//	client := reconnect.New(reconnect.Config{Services: []stanza.Service{rooms, moderator}, …})
//	go client.Run(ctx)
//	err := moderator.Run(ctx)
//
// All methods may be called from any goroutine and any handler.
type Moderator struct {
	cfg   Config
	rooms *muc.Rooms
	set   atomic.Pointer[Ruleset]
	queue queue // actions
	reads queue // what takes long and can wait: archives, block lists

	timers sched.Loop // of what is due later; quick functions only
	told   sched.Loop // on which OnEvent is called
	count  counters

	audit   sync.Mutex // guards cfg.Audit
	storing sync.Mutex // guards cfg.Store

	mu        sync.Mutex // guards everything below, places and people too
	ctx       context.Context
	session   stanza.Session // nil before the first
	own       stanza.JID     // our bare address
	places    map[stanza.JID]*place
	bans      map[banned]*ban
	delays    map[*held]bool        // kicks and bans whose delay is not over
	lists     map[string]*blockList // by id
	comebacks map[banned]*comeback
	marks     map[stanza.JID]*progress
	unsaved   map[stanza.JID]bool // marks
	queries   map[string]*collector
	asked     map[string]question // by id of the IQ
	toAsk     []question

	looking  bool          // lookAtAll is about to
	newRules bool          // for it
	fresh    map[hash]bool // entries for it
	held     map[stanza.JID][]held
	holding  int     // how many those are
	past     []Event // a ring of the latest
	next     int     // the oldest in it, once it is full
}

const (
	readers  = 4       // archives and lists that are read at a time
	maxReads = 100_000 // that wait: one for each room
)

// New makes a moderator of rooms. Nothing is acted on until [Moderator.Run].
func New(rooms *muc.Rooms, cfg Config) *Moderator {
	if cfg.Queue <= 0 {
		cfg.Queue = 10_000
	}
	if cfg.Workers <= 0 {
		cfg.Workers = 8
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = 15 * time.Second
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	if cfg.Store == nil {
		cfg.Store = memory{}
	}
	m := &Moderator{cfg: cfg, rooms: rooms, places: map[stanza.JID]*place{}, bans: map[banned]*ban{},
		delays: map[*held]bool{}, comebacks: map[banned]*comeback{},
		held: map[stanza.JID][]held{}, lists: map[string]*blockList{}, marks: map[stanza.JID]*progress{},
		unsaved: map[stanza.JID]bool{}, queries: map[string]*collector{}, asked: map[string]question{}, fresh: map[hash]bool{}}
	m.queue.limit, m.queue.workers = cfg.Queue, cfg.Workers
	m.reads.limit, m.reads.workers = maxReads, readers
	if cfg.Rules == nil {
		cfg.Rules = noRules()
	}
	m.set.Store(cfg.Rules)
	return m
}

func noRules() *Ruleset {
	r, _ := NewRuleset(Rules{}) // nothing in it can be wrong
	return r
}

// Run carries out what is decided, until ctx ends; then it waits for what is under
// way, gives what has been decided and not done an Outcome with ErrEnded, and returns
// nil once OnEvent has been told of all that. Before that it returns only the error of a Store that cannot
// be read. It may be called once. At rest it is the moderator's only goroutine.
func (m *Moderator) Run(ctx context.Context) error {
	m.mu.Lock()
	if m.ctx != nil {
		m.mu.Unlock()
		return errors.New("moderation: Run has been called before")
	}
	m.ctx = ctx
	m.mu.Unlock()
	all, err := m.cfg.Store.Load()
	if err != nil {
		return fmt.Errorf("moderation: %w", err)
	}
	m.loadBans(all)
	m.loadComebacks(all)
	m.loadMarks(all)
	m.queue.start(ctx)
	m.reads.start(ctx)
	<-ctx.Done()
	left := m.queue.wait()
	m.reads.wait()
	m.saveMarks()
	m.timers.Close()
	err = m.timers.Wait(context.WithoutCancel(ctx))
	m.giveUp(left)
	m.told.Close()
	return errors.Join(err, m.told.Wait(context.WithoutCancel(ctx)))
}

// giveUp reports what will not be done any more, and lets OnEvent hear of it.
func (m *Moderator) giveUp(left []job) {
	m.mu.Lock()
	var list []held
	for d := range m.delays {
		list = append(list, *d)
	}
	for _, h := range m.held {
		list = append(list, h...)
	}
	clear(m.delays)
	clear(m.held)
	m.holding = 0
	m.mu.Unlock()
	if n := len(left) + len(list); n > 0 {
		m.cfg.Logger.Warn("moderation: not done before the end", "actions", n)
	}
	for _, j := range left {
		if j.drop != nil {
			j.drop()
		}
	}
	for _, h := range list {
		h.drop()
	}
	told := make(chan struct{})
	m.told.Post(func() { close(told) })
	<-told
}

// SetRules lets other rules count from now on, for those who are present too. What
// has been decided stays decided. nil is no rules. It does not block.
func (m *Moderator) SetRules(r *Ruleset) {
	if r == nil {
		r = noRules()
	}
	m.set.Store(r)
	m.mu.Lock()
	for _, pl := range m.places {
		for _, p := range pl.people {
			p.fired = nil // of rules that are no more
		}
	}
	m.mu.Unlock()
	m.fetchLists()
	m.lookAround(true, nil)
}

// Check is [Ruleset.Check] of the rules of the moment.
func (m *Moderator) Check(room stanza.JID, nick string, jid stanza.JID, text string) []Finding {
	return m.set.Load().Check(room, nick, jid, text)
}

// Begin takes part in a new session.
func (m *Moderator) Begin(_ context.Context, s stanza.Session) {
	m.mu.Lock()
	m.session, m.own = s, s.JID().Bare()
	clear(m.asked)
	m.toAsk = nil
	m.mu.Unlock()
	m.fetchLists()
}

// Handle sees what arrives that is for the moderator alone: the news of block lists,
// pages of archives, answers of clients.
func (m *Moderator) Handle(_ context.Context, _ stanza.Session, st stanza.Stanza) {
	switch st := st.(type) {
	case *stanza.IQ:
		m.answer(st)
	case *stanza.Message:
		if st.Type == stanza.GroupChat || st.Type == stanza.MessageError {
			return
		}
		if e := st.Extension(nsMAM, "result"); e != nil {
			m.archiveResult(st.From, e)
		} else if e := st.Extension(nsPubsubEvent, "event"); e != nil {
			m.listEvent(st.From, e)
		}
	}
}

// OnEvent takes in what happens in the rooms: call it from [muc.Config].OnEvent with
// every event, first. It does not wait for anybody.
func (m *Moderator) OnEvent(_ context.Context, e muc.Event) {
	switch e := e.(type) {
	case muc.Joined:
		m.joined(e)
	case muc.Left:
		m.left(e)
	case muc.OccupantJoined:
		m.came(e.Room, e.Occupant)
	case muc.OccupantLeft:
		m.went(e.Room, e.Occupant)
	case muc.OccupantChanged:
		m.changed(e.Room, e.After)
	case muc.NickChanged:
		m.renamed(e)
	case muc.Message:
		m.said(e)
	case muc.SubjectChanged:
		m.titled(e)
	}
}
