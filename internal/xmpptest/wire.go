package xmpptest

import (
	"bufio"
	"errors"
	"io"
	"net"
	"sync"
)

// wire is a TCP connection that breaks on command, below TLS.
type wire struct {
	net.Conn
	peeked *bufio.Reader

	mu     sync.Mutex // guards what follows
	wake   *sync.Cond
	left   int  // bytes until it breaks; negative: it does not
	held   bool // nothing that is read is passed on
	closed bool
}

// connFault is what awaits a connection from its first byte on.
type connFault struct {
	after int  // bytes in both directions; negative: no end
	held  bool // accepted, and never answered
}

func newWire(c net.Conn) *wire {
	w := &wire{Conn: c, left: -1}
	w.wake = sync.NewCond(&w.mu)
	w.peeked = bufio.NewReaderSize(wireReader{w}, 4096)
	return w
}

var errCut = errors.New("xmpptest: cut on command")

func (w *wire) fault(f connFault) {
	w.mu.Lock()
	w.left, w.held = f.after, f.held
	w.mu.Unlock()
	if f.after == 0 {
		_ = w.Close()
	}
}

// hold makes reads wait, or go on.
func (w *wire) hold(on bool) {
	w.mu.Lock()
	w.held = on
	w.wake.Broadcast()
	w.mu.Unlock()
}

// Close breaks the connection at once.
func (w *wire) Close() error {
	w.mu.Lock()
	closed := w.closed
	w.closed = true
	w.wake.Broadcast()
	w.mu.Unlock()
	if closed {
		return nil
	}
	return w.Conn.Close()
}

// take is how many of n bytes may still pass.
func (w *wire) take(n int) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.left < 0 {
		return n, nil
	}
	n = min(n, w.left)
	w.left -= n
	if w.left == 0 {
		return n, errCut
	}
	return n, nil
}

func (w *wire) Read(p []byte) (int, error) { return w.peeked.Read(p) }

type wireReader struct{ w *wire }

func (r wireReader) Read(p []byte) (int, error) {
	n, err := r.w.Conn.Read(p)
	r.w.mu.Lock()
	for r.w.held && !r.w.closed {
		r.w.wake.Wait()
	}
	r.w.mu.Unlock()
	n, cut := r.w.take(n)
	if cut != nil {
		_ = r.w.Close()
		if n == 0 {
			return 0, cut
		}
	}
	return n, err
}

func (w *wire) Write(p []byte) (int, error) {
	n, cut := w.take(len(p))
	n, err := w.Conn.Write(p[:n])
	if cut != nil {
		_ = w.Close()
		return n, cut
	}
	return n, err
}

// tap reads a stream and remembers what was read since the last stanza. An
// xml.Decoder over it reads no byte more than it needs.
type tap struct {
	in  *bufio.Reader
	raw []byte
	max int
}

var errTooLong = errors.New("xmpptest: stanza too long")

func newTap(r io.Reader, limit int) *tap { return &tap{in: bufio.NewReader(r), max: limit} }

func (t *tap) ReadByte() (byte, error) {
	b, err := t.in.ReadByte()
	if err == nil {
		t.raw = append(t.raw, b)
		if len(t.raw) > t.max {
			return 0, errTooLong
		}
	}
	return b, err
}

func (t *tap) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	b, err := t.ReadByte()
	if err != nil {
		return 0, err
	}
	p[0] = b
	return 1, nil
}
