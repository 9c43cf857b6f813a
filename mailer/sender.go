package mailer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"respon/tickets"
	"respon/tickets/store"
)

// SenderConfig is what a Sender needs. All fields are required.
type SenderConfig struct {
	Store       *store.Store
	Transport   Transport
	Connections int // mails under way at once
	Catalogue   func() *tickets.Catalogue
	Now         func() time.Time
	// Failed is called, in the transaction that marks a mail as failed, to note
	// it on its ticket and tell the technician.
	Failed func(ctx context.Context, tx *store.Tx, p *store.Posting, failure string) error
	Log    *slog.Logger
}

// Sender sends the outbox. Several may share one: each claims mails under a
// lease, and counts the attempt before it makes it.
type Sender struct {
	SenderConfig
	owner string
	wake  chan struct{}
	slots chan struct{}

	mu       sync.Mutex
	failures int       // in a row, to reach the relay
	until    time.Time // the relay is left alone until then
	trouble  error
}

const (
	// lease is how long the mails of a sender that died wait for another. While
	// it lives it renews them, however long a dialogue takes.
	lease      = 30 * time.Second
	renewEvery = lease / 3
	// batch is how many mails are claimed, and marked as sent, in one
	// transaction. A crash between doubles at most these.
	batch = 10
	// gather: claims follow each other no faster, so that mails which come in
	// a stream are claimed and marked several to a transaction. The first one
	// after a pause goes at once.
	gather = 20 * time.Millisecond
	// ahead is the largest mail that is read together with others of its batch.
	ahead = 256 << 10
	// poll: the outbox is looked at this often, whoever wakes the sender.
	poll = time.Second
	// grace is how long a dialogue may go on when the sender is to stop.
	grace = 20 * time.Second
)

// NewSender makes a sender.
func NewSender(c SenderConfig) (*Sender, error) {
	if c.Connections < 1 {
		return nil, errors.New("smtp.connections: at least one is needed")
	}
	return &Sender{
		SenderConfig: c, owner: fmt.Sprintf("%016x", rand.Uint64()),
		wake: make(chan struct{}, 1), slots: make(chan struct{}, c.Connections),
	}, nil
}

// Wake makes the sender look at the outbox now. It never blocks.
func (s *Sender) Wake() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Health is nil while the relay can be reached and the outbox can be read.
func (s *Sender) Health() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.trouble
}

// Run sends what is due until ctx ends; then the dialogues under way come to
// their end and their results are written.
func (s *Sender) Run(ctx context.Context) error {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, func() {
		time.AfterFunc(grace, cancel)
	})
	defer stop()
	if err := s.takeOver(ctx); err != nil {
		s.Log.Warn("mails of the last life wait until their leases end", "err", err)
	}
	alive, dead := context.WithCancel(work)
	var renewing sync.WaitGroup
	defer renewing.Wait()
	defer dead()
	renewing.Go(func() { s.renew(alive) })
	var wg sync.WaitGroup
	defer wg.Wait()
	tick := time.NewTicker(poll)
	defer tick.Stop()
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-pause.C:
		}
		select {
		case <-ctx.Done():
			return nil
		case s.slots <- struct{}{}:
		}
		list := s.claim(ctx)
		if len(list) < batch {
			pause.Reset(gather)
		} else {
			pause.Reset(0)
		}
		if len(list) == 0 {
			<-s.slots
			select {
			case <-ctx.Done():
				return nil
			case <-tick.C:
			case <-s.wake:
			}
			continue
		}
		wg.Go(func() {
			defer func() { <-s.slots }()
			s.deliver(ctx, work, list)
		})
	}
}

// takeOver ends the leases that an earlier life left behind, where no other
// process can have any: nobody need wait for them to run out.
func (s *Sender) takeOver(ctx context.Context) error {
	if s.Store.Shared() {
		return nil
	}
	return s.Store.Tx(ctx, func(tx *store.Tx) error { return tx.Expire(ctx) })
}

// renew prolongs the leases of the mails in hand until ctx ends.
func (s *Sender) renew(ctx context.Context) {
	tick := time.NewTicker(renewEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if len(s.slots) == 0 {
			continue
		}
		err := s.Store.Tx(ctx, func(tx *store.Tx) error { return tx.Renew(ctx, s.owner, lease) })
		if err != nil && ctx.Err() == nil {
			s.Log.Warn("leases in the outbox could not be renewed", "err", err)
		}
	}
}

// claim takes mails that are due, none while the relay is left alone.
func (s *Sender) claim(ctx context.Context) (list []store.Posting) {
	s.mu.Lock()
	resting := s.Now().Before(s.until)
	s.mu.Unlock()
	if resting {
		return nil
	}
	schedule := s.Catalogue().Limits.Retry
	err := s.Store.Tx(ctx, func(tx *store.Tx) (err error) {
		list, err = tx.Claim(ctx, s.owner, batch, lease, func(attempts int) time.Duration {
			return delay(schedule, attempts, rand.Float64())
		})
		return err
	})
	if err != nil && ctx.Err() == nil {
		s.Log.Warn("outbox cannot be read", "err", err)
		s.setTrouble(err)
		return nil
	}
	return list
}

func (s *Sender) setTrouble(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trouble = err
}

// result is a mail with how its attempt ended. returned: there was none.
type result struct {
	p        store.Posting
	o        store.Outcome
	returned bool
}

// deliver sends a batch. ctx ends when no new dialogue shall begin; work goes
// on for those that have.
func (s *Sender) deliver(ctx, work context.Context, list []store.Posting) {
	results := make([]result, 0, len(list))
	away := error(nil)
	raws := s.raws(work, list)
	for i, p := range list {
		switch {
		case ctx.Err() != nil:
			results = append(results, result{p: p, returned: true, o: store.Outcome{NextAt: s.Now(), Error: "the gateway stopped"}})
			continue
		case away != nil:
			results = append(results, result{p: p, returned: true, o: store.Outcome{NextAt: s.Now(), Error: away.Error()}})
			continue
		}
		raw, err := raws[string(p.RawSHA)], error(nil)
		if raw == nil {
			raw, err = s.raw(work, p.RawSHA)
		}
		if err == nil {
			err = s.Transport.Send(work, p.From, p.Recipient, raw)
		}
		r := result{p: list[i], o: s.outcome(&p, err)}
		var e *SMTPError
		if errors.As(err, &e) && e.Relay {
			away = err
			// Due at once: it is the relay that is left alone, not the mail.
			r.returned, r.o.NextAt = true, s.Now()
			s.rest(err)
		} else {
			s.reached()
		}
		results = append(results, r)
	}
	s.finish(work, results)
}

// raws reads the smaller mails of a batch at once. What is missing is read by
// itself, when its turn comes, and any error told then.
func (s *Sender) raws(ctx context.Context, list []store.Posting) (raws map[string][]byte) {
	shas := make([][]byte, len(list))
	for i, p := range list {
		shas[i] = p.RawSHA
	}
	_ = s.Store.View(ctx, func(tx *store.Tx) (err error) {
		raws, err = tx.Raws(ctx, shas, ahead)
		return err
	})
	return raws
}

func (s *Sender) raw(ctx context.Context, sha []byte) (raw []byte, err error) {
	err = s.Store.View(ctx, func(tx *store.Tx) error {
		raw, err = tx.Raw(ctx, sha)
		return err
	})
	return raw, err
}

// outcome says what follows from how an attempt ended.
func (s *Sender) outcome(p *store.Posting, err error) store.Outcome {
	if err == nil {
		return store.Outcome{State: "sent", Code: 250, NextAt: p.NextAt}
	}
	o := store.Outcome{State: "waiting", Error: strings.Join(strings.Fields(err.Error()), " "), NextAt: p.NextAt}
	var e *SMTPError
	if errors.As(err, &e) {
		o.Code, o.Unsure = e.Code, e.Unsure
		if e.Permanent {
			o.State = "failed"
		}
		if e.Unsure {
			if later := s.Now().Add(unsurePause); o.NextAt.Before(later) {
				o.NextAt = later
			}
		}
	}
	if s.Now().Sub(p.CreatedAt) > maxAge {
		o.State = "failed"
	}
	return o
}

// rest leaves the relay alone for a while; the mails keep their attempts.
func (s *Sender) rest(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Now().Before(s.until) {
		return // another connection has noticed, too
	}
	s.failures++
	pause := breakerPause(s.failures)
	s.until, s.trouble = s.Now().Add(pause), err
	s.Log.Warn("the relay is away, mails wait", "err", err, "attempt", s.failures, "pause", pause.String())
}

func (s *Sender) reached() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failures, s.trouble = 0, nil
}

// finish writes the results in one transaction. If that cannot be done the
// leases run out, and the mails are sent again: better twice than never.
func (s *Sender) finish(ctx context.Context, results []result) {
	const patience = 5
	for try := 1; ; try++ {
		err := s.Store.Tx(ctx, func(tx *store.Tx) error {
			for i := range results {
				if err := s.write(ctx, tx, &results[i]); err != nil {
					return err
				}
			}
			return nil
		})
		if err == nil {
			break
		}
		s.Log.Warn("results of sending could not be written", "err", err, "attempt", try)
		if try == patience || !store.Temporary(err) || ctx.Err() != nil {
			s.setTrouble(err)
			return
		}
		timer := time.NewTimer(time.Duration(try) * poll)
		select {
		case <-ctx.Done():
			timer.Stop()
		case <-timer.C:
		}
	}
	for _, r := range results {
		switch {
		case r.returned:
		case r.o.State == "sent":
			s.Log.Info("mail sent", "mail", r.p.ID, "ticket", r.p.Ticket, "attempt", r.p.Attempts)
		case r.o.State == "failed":
			s.Log.Error("mail failed for good", "mail", r.p.ID, "ticket", r.p.Ticket, "err", r.o.Error)
		default:
			s.Log.Warn("mail will be tried again", "mail", r.p.ID, "ticket", r.p.Ticket, "attempt", r.p.Attempts, "err", r.o.Error)
		}
	}
}

func (s *Sender) write(ctx context.Context, tx *store.Tx, r *result) error {
	if r.returned {
		return tx.Return(ctx, &r.p, s.owner, r.o.NextAt, r.o.Error)
	}
	mine, err := tx.Finish(ctx, &r.p, s.owner, r.o)
	if err != nil || !mine {
		return err
	}
	if r.o.State == "failed" {
		return s.Failed(ctx, tx, &r.p, r.o.Error)
	}
	return nil
}
