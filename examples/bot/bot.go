package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"slices"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/xmppkit/xmppkit/moderation"
	"github.com/xmppkit/xmppkit/muc"
	"github.com/xmppkit/xmppkit/ping"
	"github.com/xmppkit/xmppkit/presence"
	"github.com/xmppkit/xmppkit/reconnect"
	"github.com/xmppkit/xmppkit/stanza"
)

// bot is the packages wired together. Events go from the rooms to the moderator, the
// rotator and the commands; all of them act through the rooms.
type bot struct {
	cfg   atomic.Pointer[config] // what is read again by rehash counts from then on
	log   *slog.Logger
	watch func(muc.Event) // told everything beside the others, if set

	client    *reconnect.Client
	alive     *ping.Keepalive
	rooms     *muc.Rooms
	moderator *moderation.Moderator
	rotator   *presence.Rotator
	commands  *commands

	audit *os.File              // nil: none
	state *moderation.FileStore // nil: none
}

func newBot(cfg *config, log *slog.Logger) (*bot, error) {
	b := &bot{log: log}
	b.cfg.Store(cfg)
	b.alive = &ping.Keepalive{Interval: cfg.Ping.Interval.Duration, Timeout: cfg.Ping.Timeout.Duration}
	b.rooms = muc.New(muc.Config{
		OnEvent:  b.onRoom,
		SelfPing: muc.SelfPing{Interval: cfg.SelfPing.Interval.Duration, Timeout: cfg.SelfPing.Timeout.Duration},
		Logger:   log,
	})
	for _, r := range cfg.wishes() {
		b.rooms.Add(r)
	}
	rules := moderation.Config{Rules: cfg.rules, OnEvent: b.onModeration, Logger: log}
	var err error
	if cfg.Bot.Audit != "" {
		if b.audit, err = moderation.OpenAudit(cfg.beside(cfg.Bot.Audit)); err != nil {
			return nil, err
		}
		rules.Audit = b.audit
	}
	if cfg.Bot.State != "" {
		if b.state, err = moderation.OpenStore(cfg.beside(cfg.Bot.State)); err != nil {
			return nil, errors.Join(err, b.close())
		}
		rules.Store = b.state
	}
	b.moderator = moderation.New(b.rooms, rules)
	b.rotator = presence.NewRotator(presence.RotatorConfig{
		Set: b.rooms.SetPresence, Account: b.show, Statuses: cfg.Status.Text,
		Every: cfg.Status.Every.Duration, Splay: cfg.Status.Splay.Duration, Logger: log,
	})
	b.commands = newCommands(b)
	b.client = reconnect.New(reconnect.Config{
		Options:  cfg.options(),
		Services: []stanza.Service{b.alive, b.rooms, b.moderator, b.rotator, b.commands},
		Software: reconnect.Software{Name: "xmppkit bot"},
		Logger:   log,
	})
	return b, nil
}

// run keeps the bot online until ctx ends; then it leaves politely and returns nil.
// Before that it returns only what trying again cannot mend. Nothing is left running.
// Each signal of hangup is a rehash.
func (b *bot) run(ctx context.Context, hangup <-chan os.Signal) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return b.client.Run(ctx) })
	g.Go(func() error { return b.moderator.Run(ctx) })
	g.Go(func() error { return b.commands.run(ctx, hangup) })
	return errors.Join(g.Wait(), b.close())
}

// close lets go of the files.
func (b *bot) close() error {
	var err error
	if b.audit != nil {
		err = b.audit.Close()
	}
	if b.state != nil {
		err = errors.Join(err, b.state.Close())
	}
	return err
}

// show shows the account's status to its contacts.
func (b *bot) show(ctx context.Context, show stanza.Show, status string) error {
	return b.client.Send(ctx, &stanza.Presence{Show: show, Status: status})
}

// onRoom is told what happens in the rooms.
func (b *bot) onRoom(ctx context.Context, e muc.Event) {
	b.moderator.OnEvent(ctx, e)
	switch e := e.(type) {
	case muc.Joined:
		b.rotator.Joined(e.Room)
		b.log.Info("joined", "room", e.Room, "nick", e.Nick, "occupants", len(e.Occupants), "rejoined", e.Rejoined)
	case muc.JoinFailed:
		if e.Stopped {
			b.rotator.Left(e.Room)
		}
	case muc.Left:
		if !e.Rejoin {
			b.rotator.Left(e.Room)
		}
	case muc.OccupantJoined:
		b.log.Debug("occupant joined", "room", e.Room, "nick", e.Occupant.Nick, "jid", e.Occupant.JID)
	case muc.OccupantLeft:
		b.log.Debug("occupant left", "room", e.Room, "nick", e.Occupant.Nick, "jid", e.Occupant.JID, "cause", e.Cause)
	case muc.Message:
		b.commands.said(e)
	}
	if b.watch != nil {
		b.watch(e)
	}
}

// onModeration is told what is decided and done.
func (b *bot) onModeration(ctx context.Context, e moderation.Event) {
	admins := b.cfg.Load().Bot.AdminRoom.JID
	if admins == "" {
		return
	}
	if _, err := b.rooms.Say(ctx, admins, describe(e)); err != nil {
		b.log.Warn("the admin room is not told", "room", admins, "err", err)
	}
}

// rehash reads the file again: rules, masters and rooms count from now on. What else
// has changed waits for a restart. With an error nothing is changed.
func (b *bot) rehash(ctx context.Context) error {
	old := b.cfg.Load()
	cfg, err := readConfig(old.file, true)
	if err != nil {
		b.log.Error("nothing is changed", "err", err)
		return err
	}
	b.cfg.Store(cfg)
	b.moderator.SetRules(cfg.rules)
	wishes := cfg.wishes()
	for _, r := range wishes {
		b.rooms.Add(r)
	}
	for _, r := range old.wishes() {
		if slices.ContainsFunc(wishes, func(w muc.Room) bool { return w.JID == r.JID }) {
			continue
		}
		b.rotator.Left(r.JID)
		if err := b.rooms.Leave(ctx, r.JID, ""); err != nil && !errors.Is(err, muc.ErrNoRoom) {
			b.log.Warn("left without an answer", "room", r.JID, "err", err)
		}
	}
	b.log.Info("the file is read again", "file", cfg.file, "rooms", len(wishes))
	return nil
}
