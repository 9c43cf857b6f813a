package mailbox

import (
	"context"
	"errors"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

var errHungUp = errors.New("the server closed the connection")

// wait returns when the next round is due: the server told of something new, or it is time. busy says that the last
// round took mails; otherwise there is a pause, so that a server that always tells of something is not asked without end.
func (m *Mailbox) wait(ctx context.Context, s *session, busy bool) error {
	now := m.now()
	earliest := now
	if !busy {
		earliest = now.Add(breath)
	}
	until := m.nextRound(s, now)
	if until.Before(earliest) {
		until = earliest
	}
	if !s.caps.Has(imap.CapIdle) || s.noIdle {
		return m.doze(ctx, s, earliest, until)
	}
	var idle *imapclient.IdleCommand
	err := s.do(ctx, commandLimit, func() (err error) {
		idle, err = s.c.Idle()
		return err
	})
	if alive(err) {
		s.noIdle = true
		return m.doze(ctx, s, earliest, m.nextRound(s, now))
	}
	if err != nil {
		return err
	}
	waited := m.doze(ctx, s, earliest, until)
	// Left even if ctx has ended or the server hung up: the library holds a lock until then.
	err = s.do(context.WithoutCancel(ctx), commandLimit, func() error {
		if err := idle.Close(); err != nil {
			return err
		}
		return idle.Wait()
	})
	if waited != nil {
		return waited
	}
	return err
}

// nextRound is when the next round is due whatever the server says.
func (m *Mailbox) nextRound(s *session, now time.Time) time.Time {
	until := m.poll.Next(now)
	if due := m.folder.soonest(now); !due.IsZero() && due.Before(until) {
		until = due
	}
	// Without IDLE nothing but the poll was promised.
	if s.caps.Has(imap.CapIdle) && until.After(now.Add(searchEvery)) {
		until = now.Add(searchEvery)
	}
	return until
}

// doze waits for a sign from the server, but not before earliest, or until the time has come.
func (m *Mailbox) doze(ctx context.Context, s *session, earliest, until time.Time) error {
	timer := time.NewTimer(until.Sub(m.now()))
	defer timer.Stop()
	wake := s.wake
	for {
		select {
		case <-wake:
			if !earliest.After(m.now()) {
				return nil
			}
			wake = nil
			timer.Reset(earliest.Sub(m.now()))
		case <-timer.C:
			return nil
		case <-s.c.Closed():
			return errHungUp
		case <-ctx.Done():
			return nil
		}
	}
}
