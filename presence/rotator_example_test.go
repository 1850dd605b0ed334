package presence_test

import (
	"context"
	"fmt"
	"time"

	"github.com/xmppkit/xmppkit/internal/xmpptest"
	"github.com/xmppkit/xmppkit/presence"
	"github.com/xmppkit/xmppkit/stanza"
)

// A bot that shows its rooms another status every three to seven days.
func ExampleRotator() {
	done := make(chan struct{})
	rotator := presence.NewRotator(presence.RotatorConfig{
		Statuses: []string{"on watch", "still on watch"},
		Every:    72 * time.Hour,
		Splay:    96 * time.Hour,
		Show:     stanza.FreeForChat,
		Set: func(_ context.Context, room stanza.JID, show stanza.Show, status string) error { // or rooms.SetPresence, of a muc.Rooms
			fmt.Println(room, show, status)
			close(done)
			return nil
		},
	})
	session := xmpptest.NewSession(context.Background(), "warden@example.org/bot", rotator) // or a reconnect.Client with the service
	defer session.Close()

	rotator.Joined("lobby@rooms.example.org") // on each muc.Joined
	<-done
	// Output: lobby@rooms.example.org chat on watch
}
