package store

import (
	"context"
	"time"

	"respon/tickets"
)

// Load tells what each technician has in hand; "" is the tickets that nobody
// has.
func (tx *Tx) Load(ctx context.Context) (load map[string]tickets.Load, err error) {
	defer wrap(&err, "load of technicians")
	var rows []struct {
		Technician string           `db:"technician"`
		Priority   tickets.Priority `db:"priority"`
		Count      int              `db:"n"`
	}
	if err := tx.all(ctx, &rows, loadQuery); err != nil {
		return nil, err
	}
	var turns []struct {
		Technician string    `db:"technician"`
		At         time.Time `db:"at"`
	}
	if err := tx.all(ctx, &turns, `SELECT technician, at FROM turn`); err != nil {
		return nil, err
	}
	load = make(map[string]tickets.Load, len(turns))
	for _, t := range turns {
		load[t.Technician] = tickets.Load{Last: t.At.UTC()}
	}
	for _, r := range rows {
		l := load[r.Technician]
		l.Open += r.Count
		l.Weight += r.Count * r.Priority.Weight()
		load[r.Technician] = l
	}
	return load, nil
}

// loadQuery asks for what is pending by resolved_at, as its index does: of two
// indexes SQLite would take the one that begins with the status.
const loadQuery = `
	SELECT technician, priority, count(*) AS n
	FROM ticket
	WHERE resolved_at IS NULL
	GROUP BY technician, priority`

// TookTurn keeps that a ticket was assigned to a technician by rule.
func (tx *Tx) TookTurn(ctx context.Context, technician string) (err error) {
	defer wrap(&err, "turn of %s", technician)
	_, err = tx.exec(ctx, `
		INSERT INTO turn (technician, at)
		VALUES (?, ?)
		ON CONFLICT (technician) DO UPDATE
		SET at = excluded.at`, technician, tx.Now)
	return err
}

// PendingOf lists the pending tickets of a technician down to a priority,
// oldest first; "" gives those that nobody has.
func (tx *Tx) PendingOf(ctx context.Context, technician string, upTo tickets.Priority) (list []tickets.Number, err error) {
	defer wrap(&err, "pending tickets of %s", technician)
	err = tx.all(ctx, &list, `
		SELECT number
		FROM ticket
		WHERE technician = ? AND priority <= ? AND resolved_at IS NULL AND merged_into IS NULL
		ORDER BY number`, technician, string(upTo))
	return list, err
}
