package gateway

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// A watch stands between the gateway and an IMAP server and sees when the
// server tells of a new mail.
type watch struct {
	port   int
	server string

	mu    sync.Mutex
	since time.Time // the gateway idles; zero if it does not
	at    time.Time // of the last notice
}

func newWatch(t testing.TB, server string) *watch {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &watch{port: l.Addr().(*net.TCPAddr).Port, server: server}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return // the test is over
			}
			wg.Go(func() { w.pass(c) })
		}
	})
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		wg.Wait()
	})
	return w
}

// pass carries one connection until either side closes it.
func (w *watch) pass(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", w.server)
	if err != nil {
		return // the gateway sees a connection that ends, as it would
	}
	defer server.Close()
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() {
		_, _ = io.Copy(server, client) // its end is the connection's
		_ = server.Close()
	})
	defer client.Close()
	lines := bufio.NewReader(server)
	for {
		line, err := lines.ReadBytes('\n')
		w.saw(line)
		if _, werr := client.Write(line); err != nil || werr != nil {
			return
		}
	}
}

// saw notes what a line of the server says of idling.
func (w *watch) saw(line []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch idle := !w.since.IsZero(); {
	case bytes.HasPrefix(line, []byte("+ ")):
		w.since = time.Now()
	case idle && bytes.HasSuffix(line, []byte(" EXISTS\r\n")):
		w.at, w.since = time.Now(), time.Time{}
	}
}

// quiet reports whether the gateway has idled long enough to be done with
// whatever was before.
func (w *watch) quiet() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.since.IsZero() && time.Since(w.since) > breath
}

// breath is longer than the pause that the gateway takes between rounds.
const breath = 1200 * time.Millisecond

// told is when the server last told of a new mail.
func (w *watch) told() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at
}
