module github.com/xmppkit/xmppkit/moderation/benchcompare

go 1.25.0

replace github.com/xmppkit/xmppkit => ../..

require (
	github.com/BobuSumisu/aho-corasick v1.0.3
	github.com/cloudflare/ahocorasick v0.0.0-20240916140611-054963ec9396
	github.com/petar-dambovaliev/aho-corasick v0.0.0-20250424160509-463d218d4745
	github.com/xmppkit/xmppkit v0.0.0-00010101000000-000000000000
)

require (
	go.mau.fi/util v0.9.4 // indirect
	golang.org/x/net v0.56.0 // indirect
	golang.org/x/text v0.38.0 // indirect
)
