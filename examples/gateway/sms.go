package main

import (
	"context"
	"errors"
)

// sms is a service that carries text messages, such as [kannel]. Another one is
// another file like that one.
type sms interface {
	// Send hands a message over and blocks until the service has it. The error is
	// errRefused for a message that will never be taken and errDoubt for one that may
	// have been; after any other it has not been, and is tried again.
	Send(ctx context.Context, m outgoing) error

	// Run brings to in what comes from phones, until ctx ends.
	Run(ctx context.Context, in receiver) error
}

// prober is an sms that can be asked whether it has sent a message, of which no
// report has come yet. false may mean that it cannot tell.
type prober interface {
	Sent(id string) bool
}

// receiver takes what an SMS service brings. Its methods may be called from several
// goroutines, and return no error exactly when what they did can no longer be lost.
type receiver interface {
	// receive takes a message from a phone. One whose id has been taken before is
	// taken again without effect.
	receive(ctx context.Context, m incoming) error
	// report takes the news that a message which was sent, or of which that is in
	// doubt, has gone out; or that it never will.
	report(ctx context.Context, id string, sent bool) error
}

// outgoing is a message to a phone.
type outgoing struct {
	ID   string // for the report
	To   string // + and digits
	Text string
}

// incoming is a message from a phone.
type incoming struct {
	ID   string // of the service; "" if it gives none
	From string // as the service writes it
	Text string
}

var (
	errRefused = errors.New("the SMS service refuses the message")
	errDoubt   = errors.New("the SMS service may have the message")
)
