package presence_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/xmppkit/xmppkit/internal/realserver"
)

var servers realserver.Shared

func TestMain(m *testing.M) { goleak.VerifyTestMain(servers.Around(m)) }
