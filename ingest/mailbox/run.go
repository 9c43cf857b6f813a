package mailbox

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	searchEvery = time.Minute // IDLE is left for a search at least this often
	firstPause  = time.Second
	lastPause   = 5 * time.Minute
	breath      = time.Second // between a round that found nothing and the next, whatever the server says
)

// authPauses are those after refused logins: few enough in an hour that no server locks the account.
var authPauses = [...]time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute}

// Run takes mails until ctx ends, and reconnects as often as needed. It returns nil, and only then: after the handler
// returned, and after at most a few seconds for moving what is settled.
func (m *Mailbox) Run(ctx context.Context) error {
	var b backoff
	for ctx.Err() == nil {
		progress, err := m.live(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if progress {
			b = backoff{}
		}
		pause := b.after(err, m.cfg.Jitter())
		m.setHealth(err)
		m.log.Warn("mailbox away; connecting again later", "err", err, "pause", pause.Round(time.Second))
		sleep(ctx, pause)
	}
	return nil
}

// live is the life of one connection. It ends with the error that ended the connection, or with ctx. progress tells
// that mails were taken, or that it lasted a while: a server that hangs up after each login is not asked each second.
func (m *Mailbox) live(ctx context.Context) (progress bool, err error) {
	s, err := m.connect(ctx)
	if err != nil {
		return false, err
	}
	defer s.close(ctx)
	begun := m.now()
	defer func() { progress = progress || m.now().Sub(begun) > searchEvery }()
	m.log.Info("mailbox connected", "folder", m.cfg.Folder)
	for {
		offered, err := m.round(ctx, s)
		progress = progress || offered > 0
		switch {
		case ctx.Err() != nil:
			return progress, nil
		case errors.Is(err, errLedger), errors.Is(err, errRefusing):
			// Nothing is wrong with the connection.
			m.setHealth(err)
			m.log.Warn("round broken off; the mails stay in the folder", "err", err)
			offered = 0
		case err != nil:
			return progress, err
		default:
			m.setHealth(m.complaint())
		}
		if err := m.wait(ctx, s, offered > 0); err != nil || ctx.Err() != nil {
			return progress, err
		}
	}
}

// complaint is what is wrong after a round that went well in itself.
func (m *Mailbox) complaint() error {
	uid, times, mails := m.folder.worst()
	if times < 3 {
		return nil
	}
	return fmt.Errorf("%d mails can't be stored and stay in the folder; uid %d was offered %d times", mails, uid, times)
}

// pause is how long a mail is left alone after Retry: until the next poll, at most a minute.
func (m *Mailbox) pause() time.Duration {
	now := m.now()
	return min(m.poll.Next(now).Sub(now), retryPause)
}

// backoff counts failures.
type backoff struct{ network, auth int }

// after gives the pause after a failure; jitter is in [0, 1).
func (b *backoff) after(err error, jitter float64) time.Duration {
	if refused := (*authError)(nil); errors.As(err, &refused) {
		pause := authPauses[min(b.auth, len(authPauses)-1)]
		b.auth++
		return pause
	}
	pause := lastPause
	if b.network < 9 {
		pause = min(firstPause<<b.network, lastPause)
	}
	b.network++
	return pause + time.Duration(jitter*0.2*float64(pause))
}

func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
