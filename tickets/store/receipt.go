package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"respon/tickets"
)

// AddReceipt keeps what takes a technician's mail back, under a code.
func (tx *Tx) AddReceipt(ctx context.Context, r *tickets.Receipt) (err error) {
	defer wrap(&err, "keep receipt")
	undo, err := json.Marshal(r.Undo)
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `
		INSERT INTO receipt (code, technician, ticket, undo, until)
		VALUES (?, ?, ?, ?, ?)`, r.Code, r.Technician, nullNumber(r.Ticket), string(undo), moment(r.Until))
	return err
}

// UseReceipt gives what takes back a mail of a technician and marks it as
// used, or returns ErrNotFound if there is no such code of his, it is too old
// or it was used.
func (tx *Tx) UseReceipt(ctx context.Context, code, technician string) (r tickets.Receipt, err error) {
	defer wrap(&err, "receipt")
	var row struct {
		Ticket sql.NullInt64 `db:"ticket"`
		Undo   string        `db:"undo"`
	}
	if err := tx.get(ctx, &row, `
		UPDATE receipt
		SET undone_at = ?
		WHERE code = ? AND technician = ? AND until >= ? AND undone_at IS NULL
		RETURNING ticket, undo`, tx.Now, code, technician, tx.Now); err != nil {
		return r, err
	}
	r = tickets.Receipt{Code: code, Technician: technician, Ticket: tickets.Number(row.Ticket.Int64)}
	if err := json.Unmarshal([]byte(row.Undo), &r.Undo); err != nil {
		return r, fmt.Errorf("receipt %s: %w", code, err)
	}
	return r, nil
}

// SweepReceipts removes what cannot be taken back any more.
func (tx *Tx) SweepReceipts(ctx context.Context, before time.Time) error {
	_, err := tx.exec(ctx, `DELETE FROM receipt WHERE until < ?`, moment(before))
	return err
}

// RemoveParticipant lets somebody who was copied in take part no longer.
func (tx *Tx) RemoveParticipant(ctx context.Context, n tickets.Number, address string) (err error) {
	defer wrap(&err, "remove participant")
	_, err = tx.exec(ctx, `DELETE FROM participant WHERE ticket = ? AND address = ? AND role = 'cc'`, int64(n), tickets.NormalAddress(address))
	return err
}

// SetRequester makes somebody the requester of a ticket, who sees its messages
// from since on. The requester before keeps a part in it as one copied in, if
// keep.
func (tx *Tx) SetRequester(ctx context.Context, n tickets.Number, p tickets.Participant, keep bool) (err error) {
	defer wrap(&err, "requester of ticket %d", n)
	if keep {
		_, err = tx.exec(ctx, `UPDATE participant SET role = 'cc' WHERE ticket = ? AND role = 'requester'`, int64(n))
	} else {
		_, err = tx.exec(ctx, `DELETE FROM participant WHERE ticket = ? AND role = 'requester'`, int64(n))
	}
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `
		INSERT INTO participant (ticket, address, name, role, since, added_at)
		VALUES (?, ?, ?, 'requester', ?, ?)
		ON CONFLICT (ticket, address) DO UPDATE
		SET role = 'requester'`, int64(n), tickets.NormalAddress(p.Address), clean(p.Name), p.Since, tx.Now)
	return err
}

// RemoveLink takes a link between two tickets back, both ways.
func (tx *Tx) RemoveLink(ctx context.Context, a, b tickets.Number, kind tickets.LinkKind) (err error) {
	defer wrap(&err, "unlink %d and %d", a, b)
	_, err = tx.exec(ctx, `
		DELETE FROM link
		WHERE kind = ? AND (ticket = ? AND other = ? OR ticket = ? AND other = ?)`, kind, int64(a), int64(b), int64(b), int64(a))
	return err
}

// MergedInto gives the tickets that went into a ticket, directly or through
// others.
func (tx *Tx) MergedInto(ctx context.Context, n tickets.Number) (list []tickets.Number, err error) {
	defer wrap(&err, "tickets merged into %d", n)
	err = tx.all(ctx, &list, `
		WITH RECURSIVE merged (number) AS (
			SELECT number FROM ticket WHERE merged_into = ?
			UNION
			SELECT t.number FROM ticket t JOIN merged m ON t.merged_into = m.number
		)
		SELECT number FROM merged ORDER BY number`, int64(n))
	return list, err
}

// LastMessage gives the id of a ticket's newest message, 0 if it has none.
func (tx *Tx) LastMessage(ctx context.Context, n tickets.Number) (id int64, err error) {
	err = tx.get(ctx, &id, `SELECT coalesce(max(id), 0) FROM message WHERE ticket = ?`, int64(n))
	return id, err
}

// ToldOf gives the key of the raw mail that a notice told of, by the notice's
// Message-ID: of several, the first that is known. nil if none is.
func (tx *Tx) ToldOf(ctx context.Context, messageIDs []string) (rawSHA []byte, err error) {
	defer wrap(&err, "message that a notice told of")
	for _, id := range messageIDs {
		err := tx.get(ctx, &rawSHA, `
			SELECT s.raw_sha
			FROM outbox o JOIN seen s ON s.key = o.cause
			WHERE o.message_id = ? AND o.notice AND s.raw_sha IS NOT NULL
			LIMIT 1`, clean(id))
		if !errors.Is(err, ErrNotFound) {
			return rawSHA, err
		}
	}
	return nil, nil
}
