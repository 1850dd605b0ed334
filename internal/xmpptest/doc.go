// Package xmpptest holds what stands in for a server in tests: a [Session] in
// memory, and an in-process server with rooms and faults on command.
package xmpptest
