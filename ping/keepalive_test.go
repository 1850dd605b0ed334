package ping_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/xmppkit/xmppkit/internal/xmpptest"
	"github.com/xmppkit/xmppkit/ping"
	"github.com/xmppkit/xmppkit/stanza"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const me = stanza.JID("me@example.org/here")

// exact is a session with what a stream of reconnect has.
type exact struct {
	stanza.Session

	mu     sync.Mutex
	last   time.Time
	spaces []time.Duration
	start  time.Time
	fail   error
}

func (e *exact) LastReceived() time.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.last
}

func (e *exact) receive() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.last = time.Now()
}

func (e *exact) KeepAlive(context.Context) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.spaces = append(e.spaces, time.Since(e.start))
	return e.fail
}

// on makes a service begin with another session than the one it is given.
type on struct {
	stanza.Service
	session *exact
}

func (o on) Begin(ctx context.Context, s stanza.Session) {
	o.session.Session = s
	o.Service.Begin(ctx, o.session)
}

// bare makes a service begin with a session that has nothing but the interface.
type bare struct{ stanza.Service }

func (b bare) Begin(ctx context.Context, s stanza.Session) {
	b.Service.Begin(ctx, struct{ stanza.Session }{s})
}

// world is a session under a Keepalive, and when it pinged.
type world struct {
	*xmpptest.Session
	start time.Time
	mu    sync.Mutex
	pings []time.Duration
}

func (w *world) at() []time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.pings)
}

// begin starts a session whose server answers pings by answer.
func begin(t *testing.T, answer func(*stanza.IQ) *stanza.IQ, services ...stanza.Service) *world {
	w := &world{start: time.Now()}
	w.Session = xmpptest.NewSession(t.Context(), me, services...)
	w.Respond(func(st stanza.Stanza) []stanza.Stanza {
		iq, ok := st.(*stanza.IQ)
		if !ok || !iq.IsRequest() {
			return nil
		}
		w.mu.Lock()
		w.pings = append(w.pings, time.Since(w.start))
		w.mu.Unlock()
		if a := answer(iq); a != nil {
			return []stanza.Stanza{a}
		}
		return nil
	})
	synctest.Wait()
	return w
}

func answers(iq *stanza.IQ) *stanza.IQ { return iq.Result() }
func silence(*stanza.IQ) *stanza.IQ    { return nil }

func refuses(condition stanza.Condition) func(*stanza.IQ) *stanza.IQ {
	return func(iq *stanza.IQ) *stanza.IQ { return iq.Refuse(&stanza.Error{Condition: condition}) }
}

func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func seconds(n ...int) []time.Duration {
	var list []time.Duration
	for _, n := range n {
		list = append(list, time.Duration(n)*time.Second)
	}
	return list
}

// steady is a Keepalive without chance.
func steady() *ping.Keepalive { return &ping.Keepalive{Spread: -1} }

// XEP-0199 §4.2: a client pings its server.
func TestPingIsForTheServer(t *testing.T) {
	for _, c := range []struct{ to, want stanza.JID }{{"", "example.org"}, {"server.example", "server.example"}} {
		synctest.Test(t, func(t *testing.T) {
			k := steady()
			k.To = c.to
			w := begin(t, answers, k)
			defer w.Close()
			pass(61 * time.Second)
			sent := w.Sent()
			if len(sent) != 1 {
				t.Fatalf("sent %v", sent)
			}
			iq := sent[0].(*stanza.IQ)
			if iq.To != c.want || iq.Type != stanza.Get || iq.ID == "" || !iq.Payload().Is(stanza.NSPing, "ping") {
				t.Errorf("sent %+v", iq)
			}
		})
	}
}

func TestPingAfterSilenceOnly(t *testing.T) {
	type at map[int]bool // seconds at which something arrives
	for name, c := range map[string]struct {
		keepalive *ping.Keepalive
		arrives   at
		want      []time.Duration
	}{
		"default":         {steady(), nil, seconds(60, 120, 180)},
		"interval":        {&ping.Keepalive{Interval: 90 * time.Second, Spread: -1}, nil, seconds(90, 180)},
		"life puts off":   {steady(), at{30: true, 80: true}, seconds(140, 200)},
		"never silent":    {steady(), at{30: true, 60: true, 90: true, 120: true, 150: true, 180: true}, nil},
		"after the first": {steady(), at{100: true}, seconds(60, 160)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := begin(t, answers, c.keepalive)
				defer w.Close()
				for s := 1; s <= 200; s++ {
					pass(time.Second)
					if c.arrives[s] {
						w.Receive(&stanza.Message{From: "a@b"})
						synctest.Wait()
					}
				}
				if got := w.at(); !slices.Equal(got, c.want) {
					t.Errorf("pinged at %v, want %v", got, c.want)
				}
			})
		})
	}
}

func TestPingSpread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		firsts := map[time.Duration]bool{}
		for range 50 {
			w := begin(t, answers, &ping.Keepalive{})
			pass(61 * time.Second)
			w.Close()
			pings := w.at()
			if len(pings) == 0 || pings[0] > time.Minute || pings[0] < 45*time.Second {
				t.Fatalf("pinged at %v", pings)
			}
			firsts[pings[0]] = true
		}
		if len(firsts) < 40 {
			t.Errorf("50 sessions pinged at %d moments", len(firsts))
		}
	})
}

// Whatever answers is alive.
func TestAnyAnswerIsLife(t *testing.T) {
	table := map[string]func(*stanza.IQ) *stanza.IQ{"result": answers}
	for _, c := range []stanza.Condition{
		stanza.ServiceUnavailable, stanza.FeatureNotImplemented, stanza.NotAllowed, stanza.RemoteServerTimeout, stanza.InternalServerError, "unheard-of",
	} {
		table[string(c)] = refuses(c)
	}
	for name, answer := range table {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := steady()
				w := begin(t, answer, bare{k})
				defer w.Close()
				pass(10 * time.Minute)
				if len(w.at()) < 9 {
					t.Errorf("stopped pinging after %v", w.at())
				}
				if st := k.Stats(); st.Answered != st.Sent || st.Timeouts != 0 {
					t.Errorf("counted %+v", st)
				}
				if w.Context().Err() != nil {
					t.Error("ended the session")
				}
			})
		})
	}
}

func TestNoAnswerEndsTheSession(t *testing.T) {
	for name, c := range map[string]struct {
		keepalive *ping.Keepalive
		want      time.Duration
	}{
		"default": {steady(), 80 * time.Second},
		"timeout": {&ping.Keepalive{Spread: -1, Timeout: 5 * time.Second}, 65 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := begin(t, silence, c.keepalive)
				if err := <-w.Ended; !errors.Is(err, ping.ErrTimeout) {
					t.Errorf("ended because of %v", err)
				}
				if d := time.Since(w.start); d != c.want {
					t.Errorf("ended after %v, want %v", d, c.want)
				}
				pass(10 * time.Minute)
				if st := c.keepalive.Stats(); st.Sent != 1 || st.Answered != 0 || st.Timeouts != 1 {
					t.Errorf("counted %+v", st)
				}
			})
		})
	}
}

// An answer of somebody else's is no answer, but it is life.
func TestLifeDuringAPingKeepsTheSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := steady()
		w := begin(t, silence, k)
		pass(70 * time.Second)
		w.Receive(&stanza.Message{From: "a@b"})
		pass(11 * time.Second) // the ping's time is over
		if w.Context().Err() != nil {
			t.Fatal("ended a session on which something arrives")
		}
		if err := <-w.Ended; !errors.Is(err, ping.ErrTimeout) {
			t.Errorf("ended because of %v", err)
		}
		if d := time.Since(w.start); d != (80+60+20)*time.Second {
			t.Errorf("ended after %v", d)
		}
	})
}

// A server that does not ping gets white space, and a ping when it is silent long.
func TestWhiteSpaceForAServerThatRefuses(t *testing.T) {
	for _, condition := range []stanza.Condition{stanza.ServiceUnavailable, stanza.FeatureNotImplemented} {
		t.Run(string(condition), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := steady()
				e := &exact{start: time.Now()}
				w := begin(t, refuses(condition), on{k, e})
				defer w.Close()
				pass(10*time.Minute + time.Second)
				if got, want := w.at(), seconds(60, 360); !slices.Equal(got, want) {
					t.Errorf("pinged at %v, want %v", got, want)
				}
				if want := seconds(120, 180, 240, 300, 420, 480, 540, 600); !slices.Equal(e.spaces, want) {
					t.Errorf("white space at %v, want %v", e.spaces, want)
				}
				if st := k.Stats(); st.WhiteSpace != 8 || st.Sent != 2 || st.Answered != 2 {
					t.Errorf("counted %+v", st)
				}
			})
		})
	}
}

func TestWhiteSpaceThatCannotBeWrittenEndsTheSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("broken pipe")
		w := begin(t, refuses(stanza.ServiceUnavailable), on{steady(), &exact{start: time.Now(), fail: broken}})
		if err := <-w.Ended; !errors.Is(err, broken) {
			t.Errorf("ended because of %v", err)
		}
	})
}

// A silent server that once refused is found out all the same.
func TestDeathOfAServerThatRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dead := false
		w := begin(t, func(iq *stanza.IQ) *stanza.IQ {
			if dead {
				return nil
			}
			dead = true
			return refuses(stanza.ServiceUnavailable)(iq)
		}, on{steady(), &exact{start: time.Now()}})
		if err := <-w.Ended; !errors.Is(err, ping.ErrTimeout) {
			t.Errorf("ended because of %v", err)
		}
		if d := time.Since(w.start); d != (60+300+20)*time.Second {
			t.Errorf("ended after %v", d)
		}
	})
}

// blocked is a service whose handler never returns while the session lasts.
type blocked struct{}

func (blocked) Begin(context.Context, stanza.Session) {}
func (blocked) Handle(ctx context.Context, _ stanza.Session, _ stanza.Stanza) {
	<-ctx.Done()
}

func TestBlockedHandlerDoesNotStopKeepalive(t *testing.T) {
	t.Run("server alive", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			k := steady()
			w := begin(t, answers, blocked{}, k)
			defer w.Close()
			w.Receive(&stanza.Message{From: "a@b"})
			pass(5*time.Minute + time.Second)
			if got, want := w.at(), seconds(60, 120, 180, 240, 300); !slices.Equal(got, want) {
				t.Errorf("pinged at %v", got)
			}
		})
	})
	t.Run("server dead", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := begin(t, silence, blocked{}, steady())
			w.Receive(&stanza.Message{From: "a@b"})
			if err := <-w.Ended; !errors.Is(err, ping.ErrTimeout) {
				t.Errorf("ended because of %v", err)
			}
		})
	})
	t.Run("stanzas read behind it are life", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			e := &exact{}
			w := begin(t, silence, blocked{}, on{steady(), e})
			defer w.Close()
			w.Receive(&stanza.Message{From: "a@b"})
			for range 60 {
				pass(10 * time.Second)
				e.receive()
			}
			if len(w.at()) != 0 || w.Context().Err() != nil {
				t.Errorf("pinged at %v", w.at())
			}
		})
	})
}

func TestKeepaliveEndsWithItsSession(t *testing.T) {
	for name, close := range map[string]time.Duration{"at rest": 30 * time.Second, "during a ping": 65 * time.Second} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := steady()
				w := begin(t, silence, k)
				pass(close)
				w.Close()
				pass(10 * time.Minute)
				select {
				case err := <-w.Ended:
					t.Errorf("ended a session that was over: %v", err)
				default:
				}
				if st := k.Stats(); st.Timeouts != 0 {
					t.Errorf("counted %+v", st)
				}
			})
		})
	}
}

// What a server would not do in one session is tried again in the next.
func TestKeepaliveServesOneSessionAfterAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := steady()
		e := &exact{start: time.Now()}
		w := begin(t, refuses(stanza.ServiceUnavailable), on{k, e})
		pass(2*time.Minute + time.Second)
		w.Close()
		e = &exact{start: time.Now()}
		w = begin(t, answers, on{k, e})
		defer w.Close()
		pass(3*time.Minute + time.Second)
		if got, want := w.at(), seconds(60, 120, 180); !slices.Equal(got, want) || len(e.spaces) != 0 {
			t.Errorf("pinged at %v, white space at %v", got, e.spaces)
		}
	})
}

func TestStatsRoundTripTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := steady()
		var w *world
		w = begin(t, func(iq *stanza.IQ) *stanza.IQ {
			time.AfterFunc(30*time.Millisecond, func() { w.Receive(iq.Result()) })
			return nil
		}, k)
		defer w.Close()
		// An answer's sender is where the request went.
		w.Respond(func(st stanza.Stanza) []stanza.Stanza {
			iq := st.(*stanza.IQ).Result()
			iq.From = "example.org"
			time.AfterFunc(30*time.Millisecond, func() { w.Receive(iq) })
			return nil
		})
		pass(61 * time.Second)
		st := k.Stats()
		if st.LastRTT != 30*time.Millisecond || !st.LastAnswer.Equal(w.start.Add(time.Minute+30*time.Millisecond)) {
			t.Errorf("counted %+v", st)
		}
	})
}
