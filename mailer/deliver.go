package mailer

import (
	"context"
	"errors"
	"strings"
	"time"

	"respon/tickets/store"
)

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
		switch {
		case !errors.As(err, &e):
			if err == nil {
				s.reached()
			}
		case e.Relay:
			away = err
			r.returned = true
			if !e.Begun {
				// Due at once: it is the relay that is left alone, not the mail.
				// One over which the relay closed stands back for the others.
				r.o.NextAt = s.Now()
			}
			s.rest(e)
		default:
			s.reached()
		}
		results = append(results, r)
	}
	s.finish(work, results)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range list {
		delete(s.hand, p.ID)
	}
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
func (s *Sender) rest(err *SMTPError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Now().Before(s.until) {
		return // another connection has noticed, too
	}
	s.failures++
	pause := breakerPause(s.failures)
	if err.login() {
		pause = loginPause(s.failures)
	}
	s.until, s.trouble = s.Now().Add(pause), err
	s.Log.Warn("the relay is away, mails wait", "err", err, "attempt", s.failures, "pause", pause.String())
}

func (s *Sender) reached() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failures, s.trouble = 0, nil
}

// finish writes the results. What one of them makes impossible must not keep
// the others from being written: mails that count as under way go out again.
func (s *Sender) finish(ctx context.Context, results []result) {
	err := s.write(ctx, results)
	switch {
	case err == nil:
		for i := range results {
			s.tell(&results[i])
		}
	case store.Temporary(err): // and the sender has to end
		s.Log.Warn("results of sending are lost; the mails are sent again", "err", err)
	case len(results) > 1:
		for i := range results {
			s.finish(ctx, results[i:i+1])
		}
	case results[0].o.State == "failed":
		r := &results[0]
		s.Log.Error("a mail failed and nobody could be told; it is tried again later", "mail", r.p.ID, "ticket", r.p.Ticket, "err", err)
		r.o.State, r.o.NextAt = "waiting", r.p.NextAt
		s.finish(ctx, results)
	default:
		s.Log.Error("the result of sending could not be written", "mail", results[0].p.ID, "err", err)
		s.setTrouble(err)
	}
}

// write writes results in one transaction, and waits for a database that is
// away: until it is back the mails stay in hand, so that nobody sends them twice.
func (s *Sender) write(ctx context.Context, results []result) error {
	const slowest = 5
	for try := 1; ; try++ {
		err := s.Store.Tx(ctx, func(tx *store.Tx) error {
			for i := range results {
				if err := s.writeOne(ctx, tx, &results[i]); err != nil {
					return err
				}
			}
			return nil
		})
		if err == nil || !store.Temporary(err) || ctx.Err() != nil {
			return err
		}
		s.Log.Warn("results of sending could not be written", "err", err, "attempt", try)
		s.setTrouble(err)
		timer := time.NewTimer(time.Duration(min(try, slowest)) * poll)
		select {
		case <-ctx.Done():
			timer.Stop()
		case <-timer.C:
		}
	}
}

func (s *Sender) writeOne(ctx context.Context, tx *store.Tx, r *result) error {
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

// tell logs how an attempt ended.
func (s *Sender) tell(r *result) {
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
