// Command bot is a moderation bot, wired from the packages of xmppkit: it stays
// online (reconnect, ping) and in its rooms (muc), bans whoever says what its rules
// forbid (moderation), rotates its status (presence), and obeys its masters.
//
//	go run ./examples/bot                        # a demo on a server of its own
//	go run ./examples/bot -config bot.toml       # for real
//	go run ./examples/bot -config bot.toml -check
//	go run ./examples/bot -config bot.toml -match <log.jsonl
//
// bot.toml beside this file shows what can be configured. SIGHUP reads rules, masters
// and rooms again; SIGINT and SIGTERM end the bot, which leaves politely.
//
// The exit status is 2 for a bad configuration, with one line that names file, line
// and what was expected; 1 for what trying again cannot mend, such as a refused
// password; and otherwise 0.
//
// Start reading in bot.go.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	status := program{os.Args[1:], os.Stdin, os.Stdout, os.Stderr, hangup}.run(ctx)
	signal.Stop(hangup)
	stop()
	os.Exit(status)
}

// program is one run of the command.
type program struct {
	args           []string
	stdin          io.Reader
	stdout, stderr io.Writer
	hangup         <-chan os.Signal
}

// run is the program until its end, and the exit status.
func (p program) run(ctx context.Context) int {
	flags := flag.NewFlagSet("bot", flag.ContinueOnError)
	flags.SetOutput(p.stderr)
	file := flags.String("config", "", "the configuration, such as bot.toml; without it there is a demo")
	check := flags.Bool("check", false, "read the configuration, say what is wrong with it, and exit")
	match := flags.Bool("match", false, "say what the rules find in the lines of standard input, and exit")
	asJSON := flags.Bool("json", false, "write the log as JSON")
	verbose := flags.Bool("v", false, "log who comes and goes, too; in the demo: log anything")
	if err := flags.Parse(p.args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	options := &slog.HandlerOptions{}
	if *verbose {
		options.Level = slog.LevelDebug
	}
	log := slog.New(slog.NewTextHandler(p.stderr, options))
	if *asJSON {
		log = slog.New(slog.NewJSONHandler(p.stderr, options))
	}
	if flags.NArg() > 0 || *file == "" && (*check || *match) {
		fmt.Fprintln(p.stderr, "bot: expected -config with a file, and no other arguments")
		return 2
	}
	if *file == "" {
		if !*verbose && !*asJSON {
			log = slog.New(slog.DiscardHandler)
		}
		return p.failed(demo(ctx, p.stdout, log))
	}
	cfg, err := readConfig(*file, !*match)
	if err != nil {
		fmt.Fprintln(p.stderr, err)
		return 2
	}
	switch {
	case *match:
		return p.failed(matchLines(cfg.rules, p.stdin, p.stdout))
	case *check:
		return 0
	}
	if cfg.Account.TLS == noTLS {
		log.Warn("NO ENCRYPTION (account.tls is \"none\"): anybody on the way to the server can read the password and everything else")
	}
	b, err := newBot(cfg, log)
	if err != nil {
		return p.failed(err)
	}
	return p.failed(b.run(ctx, p.hangup))
}

// failed is the exit status for an error.
func (p program) failed(err error) int {
	if err == nil {
		return 0
	}
	fmt.Fprintln(p.stderr, "bot:", err)
	return 1
}
