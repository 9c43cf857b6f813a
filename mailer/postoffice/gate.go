package postoffice

import (
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"
)

// maxConns bounds the connections of one server.
const maxConns = 500

// A gate is the listener of one server. It knows all connections, so that they
// can be cut, slowed down, and closed with the server.
type gate struct {
	net.Listener
	plan    *plan
	connect Point
	refusal string // format of what a client hears instead of the greeting

	closed chan struct{}

	mu    sync.Mutex
	conns map[*conn]struct{}
	done  bool
}

// listen opens a gate. Only a loopback address will do: accounts and passwords
// of a post office are for play.
func listen(l net.Listener, addr string, pl *plan, connect Point, refusal string) (*gate, error) {
	if l == nil {
		if addr == "" {
			addr = "127.0.0.1:0"
		}
		resolved, err := net.ResolveTCPAddr("tcp", addr)
		if err != nil {
			return nil, err
		}
		if !resolved.IP.IsLoopback() {
			return nil, fmt.Errorf("%s is no loopback address", addr)
		}
		if l, err = net.ListenTCP("tcp", resolved); err != nil {
			return nil, err
		}
	}
	return &gate{
		Listener: l,
		plan:     pl,
		connect:  connect,
		refusal:  refusal,
		closed:   make(chan struct{}),
		conns:    map[*conn]struct{}{},
	}, nil
}

// Accept is for the server behind the gate.
func (g *gate) Accept() (net.Conn, error) {
	for {
		nc, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		c := &conn{Conn: nc, gate: g, left: -1, gone: make(chan struct{})}
		if g.enter(c) {
			return c, nil
		}
		// Too many, or closing: the client is turned away without a word.
		_ = nc.Close()
	}
}

func (g *gate) enter(c *conn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.done || len(g.conns) >= maxConns {
		return false
	}
	g.conns[c] = struct{}{}
	return true
}

// cutAll closes all connections.
func (g *gate) cutAll() {
	g.mu.Lock()
	var all []*conn
	for c := range g.conns {
		all = append(all, c)
	}
	g.mu.Unlock()
	for _, c := range all {
		_ = c.Close() // a connection that is gone already is what is wanted
	}
}

// Close stops listening and closes all connections. It may be called twice,
// for both the library's servers and we do.
func (g *gate) Close() error {
	g.mu.Lock()
	first := !g.done
	g.done = true
	g.mu.Unlock()
	if !first {
		return nil
	}
	close(g.closed)
	err := g.Listener.Close()
	g.cutAll()
	return err
}

// A conn is one client's connection.
type conn struct {
	net.Conn
	gate *gate
	gone chan struct{}
	once sync.Once

	mu      sync.Mutex
	greeted bool
	left    int // bytes that may still be written; -1: any number
}

// Write lets pass what the planned faults allow. What a server writes first is
// its greeting.
//
// It never fails: when a client is gone, the connection is closed and the rest
// is dropped, and the server notices at its next reading. The IMAP library would
// wait for itself for ever if writing failed in the middle of a mail.
func (c *conn) Write(b []byte) (int, error) {
	c.mu.Lock()
	first := !c.greeted
	c.greeted = true
	c.mu.Unlock()
	if first && !c.greet() {
		_ = c.Close() // gone already is as good
		return len(b), nil
	}
	c.mu.Lock()
	pass := len(b)
	cut := c.left >= 0 && c.left <= pass
	if cut {
		pass = c.left
	}
	if c.left >= 0 {
		c.left -= pass
	}
	c.mu.Unlock()
	if _, err := c.Conn.Write(b[:pass]); err != nil || cut {
		_ = c.Close() // likewise
	}
	return len(b), nil
}

// greet plays a fault at connecting; after it there may be nobody to greet.
func (c *conn) greet() bool {
	f, ok := c.gate.plan.next(c.gate.connect, false)
	if !ok {
		return true
	}
	c.wait(f.Delay)
	if f.Answer != "" {
		_, _ = fmt.Fprintf(c.Conn, c.gate.refusal, f.Answer) // the last word either way
	}
	return f.Answer == "" && !f.Cut
}

// limit cuts the connection after n more bytes to the client.
func (c *conn) limit(n int) {
	c.mu.Lock()
	c.left = n
	c.mu.Unlock()
}

// wait lasts d, but no longer than the connection.
func (c *conn) wait(d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.gone:
	case <-c.gate.closed:
	}
}

// Close closes the connection; a second time does nothing.
func (c *conn) Close() (err error) {
	c.once.Do(func() {
		close(c.gone)
		c.gate.mu.Lock()
		delete(c.gate.conns, c)
		c.gate.mu.Unlock()
		err = c.Conn.Close()
	})
	return err
}

// A quietLog takes what the libraries' servers complain about; with clients
// that come and go, and faults on demand, most of it means nothing.
type quietLog struct{ log *slog.Logger }

func (q quietLog) Printf(format string, v ...any) { q.log.Debug(fmt.Sprintf(format, v...)) }
func (q quietLog) Println(v ...any)               { q.log.Debug(fmt.Sprint(v...)) }
