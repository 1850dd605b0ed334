// Package xmppkit is the map of the house; the code lives in its packages.
//
//   - stanza: the vocabulary: JID, Message, Presence, IQ, Error, their XML,
//     and the two interfaces everything hangs on, Session and Service
//   - reconnect: Client keeps one account online, Component one component;
//     the only package that imports go-xmpp
//   - ping: XEP-0199: keep the stream alive, measure it, declare it dead
//   - muc: XEP-0045 and XEP-0410: join, stay joined, occupants, administration
//   - presence: debounce joins and parts, remember who was told what, rotate a
//     status (boltstore keeps the memory on disk)
//   - moderation: decide (rules, phrase filter) and act (ban, kick, retract)
//     (ruleset reads the rules from TOML)
//
// Under internal: session is what all sessions share, sched the loop and the timers
// of a stream, xmlscan reads XML, tomlfile reads configuration; xmpptest is a server
// in the process and realserver starts Prosody, ejabberd and Kannel, for tests.
//
// Imports point one way: stanza ← ping, muc, presence; muc ← moderation;
// stanza ← reconnect. The programs in examples/bot and examples/gateway wire
// them together.
package xmppkit
