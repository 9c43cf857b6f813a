package desk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"respon/tickets"
	"respon/tickets/store"
)

// How long things are kept that wait for somebody, or that nobody can use any
// more.
const (
	heldFor    = 7 * 24 * time.Hour
	sessionFor = 7 * 24 * time.Hour // as long as a session can last
)

// ExpireHeld ends the waiting for a confirmation that did not come within a
// week. The log names each mail; its bytes stay. Whoever was not asked yet is, if
// that can be.
func (d *Desk) ExpireHeld(ctx context.Context) error {
	if err := d.askHeld(ctx); err != nil {
		return err
	}
	var gone []store.Held
	err := d.Store.Tx(ctx, func(tx *store.Tx) (err error) {
		gone, err = tx.ExpireHeld(ctx, tx.Now.Add(-heldFor))
		return err
	})
	if err != nil {
		return err
	}
	for _, h := range gone {
		d.Log.Info("held mail expired: its sender did not confirm within a week", "mail", h.UID, "received", h.ReceivedAt)
	}
	return nil
}

// SweepSessions removes sessions, links and receipts that are over.
func (d *Desk) SweepSessions(ctx context.Context) error {
	return d.Store.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.SweepSessions(ctx, tx.Now.Add(-sessionFor)); err != nil {
			return err
		}
		if err := tx.SweepReceipts(ctx, tx.Now.Add(-sessionFor)); err != nil {
			return err
		}
		return tx.SweepRegistrations(ctx, tx.Now.Add(-sessionFor))
	})
}

// each does one job of the schedule on every ticket that is due for it, each
// under its lock and in a transaction of its own. The job must look again
// whether there is something to do: another process may have been quicker. One
// ticket that cannot be worked on does not hold back the others.
func (d *Desk) each(ctx context.Context, job string, due func(*store.Tx) ([]tickets.Number, error), do func(*store.Tx, *tickets.Ticket) error) error {
	var list []tickets.Number
	err := d.Store.View(ctx, func(tx *store.Tx) (err error) {
		list, err = due(tx)
		return err
	})
	errs := []error{err}
	for _, n := range list {
		err := d.Store.Tx(ctx, func(tx *store.Tx) error {
			t, err := tx.LockTicket(ctx, n)
			if err != nil || t.Number != n { // merged meanwhile
				return err
			}
			return do(tx, t)
		})
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: ticket %d: %w", job, n, err))
		}
	}
	if len(list) > 0 && d.Wake != nil {
		d.Wake()
	}
	return errors.Join(errs...)
}

// RemindWaiting asks a requester once more, when her ticket has waited long
// enough for her. Each time that it waits she is reminded once.
func (d *Desk) RemindWaiting(ctx context.Context) error {
	after := d.Catalogue().Life.RemindWaiting
	if after <= 0 {
		return nil
	}
	return d.each(ctx, "remind",
		func(tx *store.Tx) ([]tickets.Number, error) { return tx.WaitingSince(ctx, tx.Now.Add(-after)) },
		func(tx *store.Tx, t *tickets.Ticket) error { return d.remind(ctx, tx, t, after) })
}

func (d *Desk) remind(ctx context.Context, tx *store.Tx, t *tickets.Ticket, after time.Duration) error {
	n := len(t.Pauses)
	if t.Status != tickets.Waiting || n == 0 || t.Pauses[n-1].From.After(tx.Now.Add(-after)) {
		return nil
	}
	// Whoever got enough automatic mails gets this one later.
	if sent, err := tx.AutomaticSince(ctx, t.Requester.Address, tx.Now.Add(-time.Hour)); err != nil || sent >= d.Catalogue().Limits.AutomaticPerSender {
		return err
	}
	if first, err := tx.Remind(ctx, t.Number); err != nil || !first {
		return err
	}
	last, err := tx.LastFrom(ctx, t.Number)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	// Somebody who may not be who she says, and got no acknowledgement for it,
	// gets no other automatic mail either.
	acks, err := tx.CountMessages(ctx, t.Number, tickets.Out, tickets.KindAck)
	if err != nil || acks == 0 && (last == nil || last.Trust != tickets.Verified) {
		return err
	}
	cause := "schedule: remind"
	if err := tx.AddEvents(ctx, t.Number, tickets.Event{Actor: tickets.Respon, Kind: tickets.EventReminded, Cause: cause,
		Detail: fmt.Sprintf("%s, who was asked %s ago", t.Requester.Address, tx.Now.Sub(t.Pauses[n-1].From).Round(time.Minute))}); err != nil {
		return err
	}
	d.Log.Info("requester reminded", "ticket", t.Number)
	return d.tellReminder(ctx, tx, t, last, cause)
}

// tellReminder asks the requester again what a technician asked her last.
func (d *Desk) tellReminder(ctx context.Context, tx *store.Tx, t *tickets.Ticket, last *tickets.Message, cause string) error {
	asked, err := tx.LastAnswer(ctx, t.Number)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	l := inReply(tickets.Letter{Kind: tickets.LetterReminder, To: t.Requester, Ticket: t}, last)
	// The letter is in the thread, and whoever was copied in later must not see
	// what was written before.
	if asked != nil && seenByAll(t, asked) {
		l.Text = asked.Reply
	}
	return d.send(ctx, tx, l, tickets.KindNotice, cause)
}

// CloseResolved closes tickets of which nobody has said for long enough that
// they are not resolved.
func (d *Desk) CloseResolved(ctx context.Context) error {
	after := d.Catalogue().Life.CloseResolved
	if after <= 0 {
		return nil
	}
	return d.each(ctx, "close",
		func(tx *store.Tx) ([]tickets.Number, error) { return tx.ResolvedSince(ctx, tx.Now.Add(-after)) },
		func(tx *store.Tx, t *tickets.Ticket) error {
			if t.Status != tickets.Resolved || t.ResolvedAt == nil || t.ResolvedAt.After(tx.Now.Add(-after)) {
				return nil
			}
			t.SetStatus(tickets.Closed, tx.Now)
			d.Log.Info("ticket closed", "ticket", t.Number)
			if err := tx.SaveTicket(ctx, t); err != nil {
				return err
			}
			return tx.AddEvents(ctx, t.Number, tickets.Event{Actor: tickets.Respon, Kind: tickets.EventStatus, Cause: "schedule: close",
				Detail: fmt.Sprintf("resolved → closed: nobody wrote for %s", after)})
		})
}
