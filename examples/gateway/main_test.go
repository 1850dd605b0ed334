package main

import (
	"context"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/xmppkit/xmppkit/internal/realserver"
)

var servers realserver.Shared

// asGateway names the configuration in the environment of a test binary that is to
// be the gateway, so that a test can kill it.
const asGateway = "XMPPKIT_TEST_GATEWAY"

func TestMain(m *testing.M) {
	if file := os.Getenv(asGateway); file != "" {
		os.Exit(start(context.Background(), []string{"-debug", "-config", file}, os.Stdout, os.Stderr))
	}
	if os.Getenv(asServer) != "" {
		os.Exit(serverMain())
	}
	goleak.VerifyTestMain(servers.Around(m))
}
