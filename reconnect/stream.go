package reconnect

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/xmppkit/xmppkit/internal/sched"
	"github.com/xmppkit/xmppkit/internal/session"
	"github.com/xmppkit/xmppkit/stanza"
)

const (
	writeTimeout  = 20 * time.Second // a write that takes longer ends the stream
	listenTimeout = time.Second      // for what the peer said before it took no more
	byeTimeout    = 5 * time.Second  // for all that ends a stream politely
	patience      = 10 * time.Second // how long a full backlog may keep the reader waiting
	queueAnswers  = 256              // answers to strangers that may wait to be written
	maxAnswers    = 1 << 20          // bytes of them
	backlogBytes  = 32 << 20
)

// stream is one live XML stream: one goroutine reads it (read), one writes the
// answers to requests (answer), and loop runs the services. All end with it.
type stream struct {
	conn    net.Conn
	dec     *stanza.Decoder
	loop    sched.Loop
	backlog *backlog
	count   *counters
	log     *slog.Logger

	// route gives the session that a stanza is for, or nil; on the reading goroutine.
	route func(stanza.Stanza) *session.Session

	answers  chan []byte
	waiting  atomic.Int64  // bytes in answers
	writing  chan struct{} // of one: whoever holds it may write
	received atomic.Int64  // when the last stanza came, in Unix nanoseconds
	spoken   atomic.Int64  // when a service last sent something

	ended chan struct{} // closed by end
	once  sync.Once
	cause error // of the end; read after ended is closed
}

func newStream(conn net.Conn, dec *stanza.Decoder, limit int64, count *counters, log *slog.Logger) *stream {
	s := &stream{
		conn: conn, dec: dec, count: count, log: log,
		backlog: newBacklog(or(limit, backlogBytes), patience),
		answers: make(chan []byte, queueAnswers),
		writing: make(chan struct{}, 1),
		ended:   make(chan struct{}),
	}
	now := time.Now().UnixNano()
	s.received.Store(now)
	s.spoken.Store(now)
	return s
}

// session makes a session of this stream.
func (s *stream) session(ctx context.Context, cfg session.Config) *session.Session {
	cfg.Loop = &s.loop
	cfg.End = s.end
	cfg.Handled = s.backlog.handled
	cfg.Waits = s.backlog.waits
	cfg.KeepAlive = s.keepAlive
	cfg.LastReceived = s.lastReceived
	return session.New(ctx, cfg)
}

// run reads until the stream ends or ctx does, then says bye, with last before the
// end of the stream, and returns what ended it: nil if that was ctx, and then within
// byeTimeout. stop is called when nothing more may be sent by anybody. When run
// returns, nothing of the stream is left but a handler that does not heed its context.
func (s *stream) run(ctx context.Context, stop func(cause error), last ...stanza.Stanza) error {
	var owned sync.WaitGroup
	owned.Go(s.answer)
	read := make(chan error, 1)
	owned.Go(func() { read <- s.read() })
	var cause error
	var deadline time.Time
	select {
	case <-ctx.Done():
		deadline = time.Now().Add(byeTimeout)
		stop(context.Cause(ctx))
		s.bye(deadline, read, last)
		s.end(context.Cause(ctx))
	case <-s.ended:
		cause = s.lastWords(read)
	case cause = <-read:
		s.end(cause)
		cause = s.cause
	}
	stop(cause)
	s.loop.Close()
	s.abort()
	owned.Wait()
	if deadline.IsZero() {
		deadline = time.Now().Add(byeTimeout)
	}
	s.settle(ctx, deadline)
	return cause
}

// lastWords is what ended the stream. Where that was a write, the peer may have said
// why just before it closed: a conflict, say, which must not be met with a new session.
func (s *stream) lastWords(read <-chan error) error {
	if !errors.Is(s.cause, errWrite) {
		return s.cause
	}
	var said *stanza.StreamError
	select {
	case err := <-read:
		if errors.As(err, &said) {
			return streamEnded(err)
		}
	case <-time.After(listenTimeout):
	}
	return s.cause
}

// errWrite is in the cause of an end that a write has brought about.
var errWrite = errors.New("writing")

// settle waits for a handler that is still running, past the deadline if ctx has not
// ended: a service is never in two sessions at once.
func (s *stream) settle(ctx context.Context, deadline time.Time) {
	wait, cancel := context.WithDeadline(context.WithoutCancel(ctx), deadline)
	defer cancel()
	if s.loop.Wait(wait) == nil {
		return
	}
	s.log.Warn("a handler does not heed the end of its session")
	if ctx.Err() == nil {
		_ = s.loop.Wait(ctx) // ends with ctx, and Run with it
	}
}

// end ends the stream; only the first cause counts.
func (s *stream) end(cause error) {
	s.once.Do(func() {
		if cause == nil {
			cause = errors.New("given up")
		}
		s.cause = streamEnded(cause)
		close(s.ended)
	})
}

// abort closes the connection.
func (s *stream) abort() {
	if err := closeNow(s.conn); err != nil && !errors.Is(err, net.ErrClosed) {
		s.log.Debug("closing the connection", "err", err)
	}
}

// closeNow closes a connection at once: a TLS connection would first try to say so.
func closeNow(conn net.Conn) error {
	if t, ok := conn.(*tls.Conn); ok {
		conn = t.NetConn()
	}
	return conn.Close()
}

// bye ends the stream as RFC 6120 §4.4 asks, by the deadline: the last stanzas, our
// closing tag, which nothing may follow, and then the peer's.
func (s *stream) bye(deadline time.Time, read <-chan error, last []stanza.Stanza) {
	ctx, cancel := context.WithDeadline(context.Background(), deadline)
	defer cancel()
	defer context.AfterFunc(ctx, s.abort)() // ends a write that gets nowhere
	for _, st := range last {
		if s.write(ctx, stanza.Marshal(st)) != nil {
			return
		}
	}
	if s.turn(ctx) != nil || s.put([]byte("</stream:stream>")) != nil { // the turn is not given back
		return
	}
	select {
	case <-read:
	case <-ctx.Done():
	}
}

// read reads stanzas until the stream ends.
func (s *stream) read() error {
	for {
		st, err := s.dec.Decode()
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = fmt.Errorf("stream closed by the server: %w", err)
			}
			return err
		}
		s.received.Store(time.Now().UnixNano())
		s.count.received.Add(1)
		to := s.route(st)
		if to == nil {
			continue
		}
		size := s.dec.Size()
		to.Receive(st, size)
		if !s.backlog.add(size, s.ended) {
			return ErrBacklog
		}
	}
}

// answer writes answers to requests, so that the reader never waits for the network.
func (s *stream) answer() {
	for {
		select {
		case b := <-s.answers:
			if s.write(context.Background(), b) != nil {
				return
			}
			s.waiting.Add(-int64(len(b)))
		case <-s.ended:
			return
		}
	}
}

// queue has an answer written. One that finds the queue full, because somebody
// asks faster than the network takes answers, is dropped and counted.
func (s *stream) queue(st stanza.Stanza) {
	b := stanza.Marshal(st)
	if s.waiting.Add(int64(len(b))) <= maxAnswers {
		select {
		case s.answers <- b:
			return
		default:
		}
	}
	s.waiting.Add(-int64(len(b)))
	s.count.dropped.Add(1)
}

// send writes what a service sends.
func (s *stream) send(ctx context.Context, st stanza.Stanza) error {
	if err := s.write(ctx, stanza.Marshal(st)); err != nil {
		return err
	}
	s.count.sent.Add(1)
	s.spoken.Store(time.Now().UnixNano())
	return nil
}

// write hands bytes to the network in one Write. It waits its turn as long as ctx
// lets it; once begun, a write is done or is the end of the stream.
func (s *stream) write(ctx context.Context, b []byte) error {
	if err := s.turn(ctx); err != nil {
		return err
	}
	defer func() { <-s.writing }()
	return s.put(b)
}

// turn waits until it is one's turn to write.
func (s *stream) turn(ctx context.Context) error {
	select {
	case <-s.ended:
		return stanza.ErrOffline
	default:
	}
	select {
	case s.writing <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-s.ended:
		return stanza.ErrOffline
	}
}

// put writes, for whoever's turn it is.
func (s *stream) put(b []byte) error {
	if err := s.conn.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		s.end(fmt.Errorf("%w: %w", errWrite, err))
		return stanza.ErrOffline
	}
	if _, err := s.conn.Write(b); err != nil {
		s.end(fmt.Errorf("%w: %w", errWrite, err))
		return fmt.Errorf("%w: %w", stanza.ErrLost, err)
	}
	return nil
}

// keepAlive writes a space, which is no stanza (RFC 6120 §4.6.1).
func (s *stream) keepAlive(ctx context.Context) error { return s.write(ctx, []byte(" ")) }

func (s *stream) lastReceived() time.Time { return time.Unix(0, s.received.Load()) }
