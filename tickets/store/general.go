package store

import (
	"context"
	"errors"
	"time"

	"respon/tickets"
)

// Report is one of the tickets that may be about the same fault.
type Report struct {
	Number  tickets.Number `db:"number"`
	Address string         `db:"requester"`
	Entity  string         `db:"entity"`
}

const reportsQuery = `
	SELECT number, requester, entity
	FROM ticket t
	WHERE category = ? AND category <> '' AND created_at >= ? AND resolved_at IS NULL
		AND type = 'incident' AND NOT general
		AND NOT EXISTS (SELECT 1 FROM link l WHERE l.ticket = t.number AND l.kind = 'parent')
	ORDER BY number
	LIMIT 100`

// Reports gives the incidents of a category that came since a time, are not
// resolved and are not part of a general one, the oldest first.
func (tx *Tx) Reports(ctx context.Context, category string, since time.Time) (list []Report, err error) {
	defer wrap(&err, "reports of a category")
	err = tx.all(ctx, &list, reportsQuery, category, moment(since))
	return list, err
}

const generalQuery = `
	SELECT number
	FROM ticket
	WHERE general AND category = ? AND status IN ('new', 'open', 'waiting')
	ORDER BY number
	LIMIT 1`

// General gives the general ticket of a category that is being worked on, 0 if
// there is none.
func (tx *Tx) General(ctx context.Context, category string) (n tickets.Number, err error) {
	defer wrap(&err, "general ticket of a category")
	if err = tx.get(ctx, &n, generalQuery, category); errors.Is(err, ErrNotFound) {
		return 0, nil
	}
	return n, err
}

// SetGeneral makes a ticket a general one, or no longer; it reports whether that
// is a change.
func (tx *Tx) SetGeneral(ctx context.Context, n tickets.Number, general bool) (changed bool, err error) {
	defer wrap(&err, "general ticket %d", n)
	rows, err := tx.exec(ctx, `UPDATE ticket SET general = ? WHERE number = ? AND general <> ?`, general, int64(n), general)
	return rows > 0, err
}

// AddChild puts a ticket below a general one. It reports whether it was not
// there yet.
func (tx *Tx) AddChild(ctx context.Context, parent, child tickets.Number) (added bool, err error) {
	defer wrap(&err, "put %d below %d", child, parent)
	for _, l := range []struct {
		of, other tickets.Number
		kind      tickets.LinkKind
	}{{child, parent, tickets.Parent}, {parent, child, tickets.Child}} {
		rows, err := tx.exec(ctx, `
			INSERT INTO link (ticket, other, kind)
			VALUES (?, ?, ?)
			ON CONFLICT (ticket, other, kind) DO NOTHING`, int64(l.of), int64(l.other), l.kind)
		if err != nil {
			return false, err
		}
		added = rows > 0
	}
	return added, nil
}

// RemoveChild takes a ticket out of a general one.
func (tx *Tx) RemoveChild(ctx context.Context, parent, child tickets.Number) (err error) {
	defer wrap(&err, "take %d out of %d", child, parent)
	_, err = tx.exec(ctx, `
		DELETE FROM link
		WHERE ticket = ? AND other = ? AND kind = ? OR ticket = ? AND other = ? AND kind = ?`,
		int64(child), int64(parent), tickets.Parent, int64(parent), int64(child), tickets.Child)
	return err
}

// Children gives the tickets below a general one, in their order.
func (tx *Tx) Children(ctx context.Context, n tickets.Number) (list []tickets.Number, err error) {
	defer wrap(&err, "tickets below %d", n)
	err = tx.all(ctx, &list, `SELECT other FROM link WHERE ticket = ? AND kind = ? ORDER BY other`, int64(n), tickets.Child)
	return list, err
}

// ParentOf gives the general ticket above one, 0 if there is none.
func (tx *Tx) ParentOf(ctx context.Context, n tickets.Number) (parent tickets.Number, err error) {
	defer wrap(&err, "ticket above %d", n)
	if err = tx.get(ctx, &parent, `SELECT other FROM link WHERE ticket = ? AND kind = ? LIMIT 1`, int64(n), tickets.Parent); errors.Is(err, ErrNotFound) {
		return 0, nil
	}
	return parent, err
}
