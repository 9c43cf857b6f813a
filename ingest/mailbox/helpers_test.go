package mailbox

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// desk stands in for the intake: it keeps what it is offered, and is the ledger too, as the two are one transaction.
type desk struct {
	verdict func(Item) Verdict // what to say; Done if nil
	broken  error              // what the ledger says instead of an answer

	mu       sync.Mutex
	offered  []Item
	settled  map[[2]uint32]Verdict
	sighted  []Sighting
	gone     []uint32
	inHand   int
	together int // most in hand at once
}

func newDesk(verdict func(Item) Verdict) *desk {
	return &desk{verdict: verdict, settled: make(map[[2]uint32]Verdict)}
}

func (d *desk) take(_ context.Context, it Item) Verdict {
	d.mu.Lock()
	d.inHand++
	d.together = max(d.together, d.inHand)
	d.offered = append(d.offered, it)
	d.mu.Unlock()
	defer func() {
		d.mu.Lock()
		d.inHand--
		d.mu.Unlock()
	}()
	v := Done
	if d.verdict != nil {
		v = d.verdict(it)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if v != Retry {
		d.settled[[2]uint32{it.UIDValidity, it.UID}] = v
	}
	return v
}

func (d *desk) Settled(_ context.Context, _ string, validity uint32, uids []uint32) (map[uint32]Verdict, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	got := make(map[uint32]Verdict)
	for _, uid := range uids {
		if v, ok := d.settled[[2]uint32{validity, uid}]; ok {
			got[uid] = v
		}
	}
	return got, d.broken
}

func (d *desk) Sighted(_ context.Context, s Sighting) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	s.UIDs = slices.Clone(s.UIDs)
	d.sighted = append(d.sighted, s)
	return d.broken
}

func (d *desk) Gone(_ context.Context, _ string, _ uint32, uids []uint32) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.gone = append(d.gone, uids...)
	return d.broken
}

// uids are those offered, in the order in which they were.
func (d *desk) uids() []uint32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	var uids []uint32
	for _, it := range d.offered {
		uids = append(uids, it.UID)
	}
	return uids
}

func (d *desk) items() []Item {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.offered)
}

func (d *desk) settledUIDs() []uint32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	var uids []uint32
	for key := range maps.Keys(d.settled) {
		uids = append(uids, key[1])
	}
	slices.Sort(uids)
	return uids
}

func (d *desk) goneUIDs() []uint32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.gone)
}

func (d *desk) sightings() []Sighting {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.sighted)
}

// logBook is a log that tests can look into.
type logBook struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logBook) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func (l *logBook) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func silent() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

func password(s string) func() (string, error) { return func() (string, error) { return s, nil } }

// start runs a mailbox until the test ends or stop is called, which waits for the end.
func start(t testing.TB, m *Mailbox) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- m.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run ended with %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// eventually waits for something that has to come true.
func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	deadline := time.NewTimer(30 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("in 30 s it did not come to this: %s", what)
		}
	}
}

// letter makes a mail with CRLF line ends, of about n bytes.
func letter(subject string, n int) []byte {
	var b strings.Builder
	b.WriteString("From: ana@alfafar.example\r\nTo: support@respon.example\r\nSubject: " + subject + "\r\n\r\n")
	for i := 0; b.Len() < n; i++ {
		b.WriteString("Bon dia, no podem entrar a la seu electrònica des d'este matí; gràcies.\r\n")
	}
	return []byte(b.String())
}
