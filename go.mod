module github.com/xmppkit/xmppkit

go 1.25.0

require (
	github.com/pelletier/go-toml/v2 v2.4.3
	github.com/xmppo/go-xmpp v0.3.6
	go.etcd.io/bbolt v1.5.0
	go.mau.fi/util v0.9.4
	go.uber.org/goleak v1.3.0
	golang.org/x/net v0.56.0
	golang.org/x/sync v0.21.0
	golang.org/x/text v0.38.0
)

require (
	github.com/google/uuid v1.6.0 // indirect
	golang.org/x/sys v0.46.0 // indirect
)
