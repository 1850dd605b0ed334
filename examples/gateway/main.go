// Gateway lets people who have nothing but SMS take part in XMPP rooms, and nobody
// notices when it, the server or Kannel is restarted. It is an external component
// (XEP-0114) in which every phone is an address, +15551234567@sms.example.org.
//
//	gateway                        a demonstration, with a server and two phones of its own
//	gateway -config gateway.toml   the real thing
//	gateway -config gateway.toml -check
//
// It is wired from the packages: reconnect.Component keeps the stream, a muc.Rooms for
// each phone keeps it in its room, presence.Notifier tells it what is news. What is
// here is what only a gateway needs. All phones share the stream's goroutines; there
// are a few more while texts are on their way.
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
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(start(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// start is main, and returns the exit status: 2 for what the user has to mend.
func start(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("gateway", flag.ContinueOnError)
	flags.SetOutput(stderr)
	file := flags.String("config", "", "`file` that says where everything is; without it there is a demonstration")
	check := flags.Bool("check", false, "check the configuration and do nothing else")
	debug := flags.Bool("debug", false, "log more")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	case flags.NArg() > 0:
		fmt.Fprintf(stderr, "gateway: unexpected %q\n", flags.Arg(0))
		return 2
	case *file == "" && *check:
		fmt.Fprintln(stderr, "gateway: -check needs -config")
		return 2
	case *file == "":
		if err := demo(ctx, stdout); err != nil {
			fmt.Fprintln(stderr, "gateway:", err)
			return 1
		}
		return 0
	}
	cfg, err := readConfig(*file)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 2
	}
	if *check {
		return 0
	}
	level := slog.LevelInfo
	if *debug {
		level = slog.LevelDebug
	}
	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: level}))
	g, err := newGateway(cfg, newKannel(cfg, log), log)
	if err == nil {
		err = g.run(ctx)
	}
	if err != nil {
		fmt.Fprintln(stderr, "gateway:", err)
		return 1
	}
	return 0
}
