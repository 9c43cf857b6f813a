package store

import (
	"context"

	"respon/tickets"
)

// AddEvents appends to a ticket's audit trail.
func (tx *Tx) AddEvents(ctx context.Context, n tickets.Number, events ...tickets.Event) (err error) {
	defer wrap(&err, "add events to ticket %d", n)
	for _, e := range events {
		at := e.At
		if at.IsZero() {
			at = tx.Now
		}
		if _, err := tx.exec(ctx, `
			INSERT INTO event (ticket, at, actor, kind, detail, cause)
			VALUES (?, ?, ?, ?, ?, ?)`, int64(n), moment(at), clean(e.Actor), e.Kind, clean(e.Detail), clean(e.Cause)); err != nil {
			return err
		}
	}
	return nil
}

// Events reads a ticket's audit trail in its order.
func (tx *Tx) Events(ctx context.Context, n tickets.Number) (list []tickets.Event, err error) {
	defer wrap(&err, "events of ticket %d", n)
	err = tx.all(ctx, &list, `
		SELECT at, actor, kind, detail, cause
		FROM event
		WHERE ticket = ?
		ORDER BY id`, int64(n))
	for i := range list {
		list[i].At = list[i].At.UTC()
	}
	return list, err
}

// LastEvent gives a ticket's last event of a kind, or ErrNotFound.
func (tx *Tx) LastEvent(ctx context.Context, t tickets.Number, k tickets.EventKind) (e tickets.Event, err error) {
	defer wrap(&err, "last %s event of ticket %d", k, t)
	err = tx.get(ctx, &e, `
		SELECT at, actor, kind, detail, cause
		FROM event
		WHERE ticket = ? AND kind = ?
		ORDER BY id DESC
		LIMIT 1`, int64(t), string(k))
	e.At = e.At.UTC()
	return e, err
}
