module github.com/xmppkit/xmppkit

go 1.25.0

require go.mau.fi/util v0.9.4 // indirect
