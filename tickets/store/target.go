package store

import (
	"context"
	"database/sql"
	"time"

	"respon/tickets"
)

// pauses reads when the clock of a ticket's targets stood.
func (tx *Tx) pauses(ctx context.Context, n tickets.Number) (list []tickets.Pause, err error) {
	var rows []struct {
		From time.Time    `db:"from_at"`
		To   sql.NullTime `db:"to_at"`
	}
	err = tx.all(ctx, &rows, `
		SELECT from_at, to_at
		FROM pause
		WHERE ticket = ?
		ORDER BY from_at`, int64(n))
	for _, r := range rows {
		list = append(list, tickets.Pause{From: r.From.UTC(), To: pointer(r.To)})
	}
	return list, err
}

// savePauses writes the last two pauses: a transaction can only have ended the
// one and begun the other.
func (tx *Tx) savePauses(ctx context.Context, t *tickets.Ticket) error {
	for _, p := range t.Pauses[max(0, len(t.Pauses)-2):] {
		if _, err := tx.exec(ctx, `
			INSERT INTO pause (ticket, from_at, to_at)
			VALUES (?, ?, ?)
			ON CONFLICT (ticket, from_at) DO UPDATE
			SET to_at = excluded.to_at`, int64(t.Number), moment(p.From), nullable(p.To)); err != nil {
			return err
		}
	}
	return nil
}

// Watched lists the tickets whose targets are to be looked at now.
func (tx *Tx) Watched(ctx context.Context) (list []tickets.Number, err error) {
	defer wrap(&err, "targets to look at")
	err = tx.all(ctx, &list, watchedQuery, tx.Now)
	return list, err
}

// The schedule asks these every few seconds.
const (
	watchedQuery = `
		SELECT number
		FROM ticket
		WHERE watch_at <= ? AND merged_into IS NULL
		ORDER BY watch_at, number`
	waitingQuery = `
		SELECT t.number
		FROM ticket t
		JOIN pause p ON p.ticket = t.number
		WHERE t.status = 'waiting' AND t.merged_into IS NULL
			AND p.to_at IS NULL AND p.reminded_at IS NULL AND p.from_at <= ?
		ORDER BY t.number`
	resolvedQuery = `
		SELECT number
		FROM ticket
		WHERE status = 'resolved' AND resolved_at <= ? AND merged_into IS NULL
		ORDER BY number`
)

// SaveTargets writes the targets of a locked ticket and when to look at them
// next. It is no change that a reader of the ticket would notice.
func (tx *Tx) SaveTargets(ctx context.Context, t *tickets.Ticket) (err error) {
	defer wrap(&err, "targets of ticket %d", t.Number)
	return tx.one(ctx, `
		UPDATE ticket
		SET first_answer_due = ?, resolution_due = ?, watch_at = ?
		WHERE number = ?`, nullable(t.FirstAnswerDue), nullable(t.ResolutionDue), nullable(t.WatchAt), int64(t.Number))
}

// Alert keeps that somebody was told of a target, and reports whether it is the
// first time for the ticket's priority.
func (tx *Tx) Alert(ctx context.Context, t *tickets.Ticket, a tickets.Alert) (first bool, err error) {
	defer wrap(&err, "alert of ticket %d", t.Number)
	rows, err := tx.exec(ctx, `
		INSERT INTO alert (ticket, target, stage, priority, at)
		VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (ticket, target, stage, priority) DO NOTHING`,
		int64(t.Number), string(a.Aim), string(a.Stage), string(t.Priority), tx.Now)
	return rows > 0, err
}

// WaitingSince lists the tickets that have waited for their requester since
// before a time and were not reminded in that while.
func (tx *Tx) WaitingSince(ctx context.Context, before time.Time) (list []tickets.Number, err error) {
	defer wrap(&err, "tickets that wait")
	err = tx.all(ctx, &list, waitingQuery, moment(before))
	return list, err
}

// Remind keeps that the requester was reminded while her ticket waits, and
// reports whether it is the first time in that while.
func (tx *Tx) Remind(ctx context.Context, n tickets.Number) (first bool, err error) {
	defer wrap(&err, "reminder on ticket %d", n)
	rows, err := tx.exec(ctx, `
		UPDATE pause
		SET reminded_at = ?
		WHERE ticket = ? AND to_at IS NULL AND reminded_at IS NULL`, tx.Now, int64(n))
	return rows > 0, err
}

// ResolvedSince lists the tickets that have been resolved since before a time
// and are not closed yet.
func (tx *Tx) ResolvedSince(ctx context.Context, before time.Time) (list []tickets.Number, err error) {
	defer wrap(&err, "tickets resolved long ago")
	err = tx.all(ctx, &list, resolvedQuery, moment(before))
	return list, err
}

// LastAnswer gives the newest words of a technician that went to the requester,
// or ErrNotFound.
func (tx *Tx) LastAnswer(ctx context.Context, n tickets.Number) (*tickets.Message, error) {
	var row messageRow
	if err := tx.get(ctx, &row, `
		SELECT id, `+messageColumns+`
		FROM message
		WHERE ticket = ? AND direction = 'in' AND technician <> '' AND NOT internal AND kind = 'reply'
		ORDER BY id DESC
		LIMIT 1`, int64(n)); err != nil {
		return nil, err
	}
	m := row.message()
	return &m, nil
}
