package mailer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
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
	hand     map[int64]store.Posting // claimed, and not yet written back
}

const (
	// lease is how long the mails of a sender that died wait for another. While
	// it lives it renews them, however long a dialogue takes.
	lease      = 30 * time.Second
	renewEvery = lease / 3
	// batch is how many mails are claimed, and marked as sent, in one
	// transaction. A crash in between doubles at most these of each connection.
	batch = 5
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
		wake: make(chan struct{}, 1), slots: make(chan struct{}, c.Connections), hand: map[int64]store.Posting{},
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
	s.Wake() // for what was left over
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-s.wake:
		}
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
		if len(list) == batch {
			pause.Reset(0) // there may be more
			s.Wake()
		} else {
			pause.Reset(gather)
		}
		if len(list) == 0 {
			<-s.slots
			continue
		}
		wg.Go(func() {
			defer func() { <-s.slots }()
			s.deliver(ctx, work, list)
			s.Wake() // others may have waited for these, to arrive in order
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
		s.mu.Lock()
		ids := slices.Collect(maps.Keys(s.hand))
		s.mu.Unlock()
		if len(ids) == 0 {
			continue
		}
		err := s.Store.Tx(ctx, func(tx *store.Tx) error { return tx.Renew(ctx, s.owner, ids, lease) })
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
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range list {
		s.hand[p.ID] = p
	}
	return list
}

func (s *Sender) setTrouble(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trouble = err
}
