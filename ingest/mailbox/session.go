package mailbox

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

const (
	commandLimit = 30 * time.Second // for an answer that holds no mails
	farewell     = time.Second      // for LOGOUT
)

var errSilent = errors.New("imap server is silent")

// session is one connection, logged in.
type session struct {
	c       *imapclient.Client
	caps    imap.CapSet
	wake    chan struct{}   // the server told of something new
	noIdle  bool            // it offers IDLE, but refused it
	ensured map[string]bool // folders known to be there
	strays  strays
}

// connect dials and logs in.
func (m *Mailbox) connect(ctx context.Context) (*session, error) {
	conn, err := m.dial(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	s := &session{wake: make(chan struct{}, 1), ensured: make(map[string]bool)}
	s.c = imapclient.New(conn, &imapclient.Options{UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		// These run on the goroutine that reads: a command from here would wait for itself.
		Mailbox: func(d *imapclient.UnilateralDataMailbox) {
			if d.NumMessages != nil {
				s.rouse()
			}
		},
		Fetch: s.strays.take,
	}})
	if err := m.login.login(ctx, s); err != nil {
		s.close(ctx)
		return nil, err
	}
	// Only now: what was said before the login is void.
	err = s.do(ctx, commandLimit, func() error {
		if s.caps = s.c.Caps(); s.caps == nil {
			return errors.New("the server doesn't tell its capabilities")
		}
		return nil
	})
	if err != nil {
		s.close(ctx)
		return nil, err
	}
	return s, nil
}

func (s *session) rouse() {
	select {
	case s.wake <- struct{}{}:
	default: // it knows already
	}
}

// do runs one command. The library has no deadlines of its own: a silent server or the end of ctx closes the
// connection, which ends the wait.
func (s *session) do(ctx context.Context, limit time.Duration, f func() error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, errSilent)
	defer cancel()
	if err := context.Cause(ctx); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { s.c.Close() })
	defer stop()
	err := f()
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return fmt.Errorf("%w: %v", cause, err)
	}
	return err
}

// close says goodbye if the server listens.
func (s *session) close(ctx context.Context) {
	select {
	case <-s.c.Closed():
	default:
		// Whether it heard us is of no consequence.
		_ = s.do(context.WithoutCancel(ctx), farewell, func() error { return s.c.Logout().Wait() })
	}
	s.c.Close()
}

// refusal gives the server's answer, if err is one: then the connection can still be used. A BYE is no answer.
func refusal(err error) *imap.Error {
	var e *imap.Error
	if errors.As(err, &e) && (e.Type == imap.StatusResponseTypeNo || e.Type == imap.StatusResponseTypeBad) {
		return e
	}
	return nil
}

func alive(err error) bool { return refusal(err) != nil }

// strays are mails that come in answer to nothing, as the library sees it: it gives a FETCH response to a command by
// its UID, and must know that before the body. The order is the server's to choose (RFC 9051, 7.5.2); when the UID
// comes last, the mail lands here, and is recognised once it is read.
type strays struct {
	mu      sync.Mutex
	into    *bodies
	reading sync.WaitGroup
}

// expect says where strays belong from now on; nil: nowhere.
func (st *strays) expect(into *bodies) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.into = into
}

// take reads one. The library calls it on a goroutine of its own, and reads on only once each body is consumed: the
// count is therefore up before the command that asked can be over.
func (st *strays) take(msg *imapclient.FetchMessageData) {
	st.mu.Lock()
	into := st.into
	st.mu.Unlock()
	if into == nil {
		into = &bodies{} // reads nothing in
	}
	into.collect(msg, &st.reading)
}
