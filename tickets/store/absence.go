package store

import (
	"context"
	"database/sql"

	"respon/tickets"
)

// SetAbsence keeps when a technician is away, and gives the id under which it
// can be taken back. Absences may overlap. One with the same days that still
// stands is not written twice; and an out-of-office answer, which comes again
// with every mail, does not bring back one that was ended: then the id is 0.
func (tx *Tx) SetAbsence(ctx context.Context, a tickets.Absence) (id int64, err error) {
	defer wrap(&err, "absence of %s", a.Technician)
	to := sql.NullString{String: string(a.To), Valid: a.To != ""}
	var same []struct {
		ID    int64        `db:"id"`
		Ended sql.NullTime `db:"ended_at"`
	}
	if err := tx.all(ctx, &same, `
		SELECT id, ended_at
		FROM absence
		WHERE technician = ? AND from_day = ? AND coalesce(to_day, '') = ?
		ORDER BY id`, a.Technician, string(a.From), string(a.To)); err != nil {
		return 0, err
	}
	for _, s := range same {
		if !s.Ended.Valid {
			return s.ID, nil
		}
	}
	if len(same) > 0 && a.Source == tickets.AbsenceAutoReply {
		return 0, nil
	}
	err = tx.get(ctx, &id, `
		INSERT INTO absence (technician, from_day, to_day, source, at)
		VALUES (?, ?, ?, ?, ?)
		RETURNING id`, a.Technician, string(a.From), to, string(a.Source), tx.Now)
	return id, err
}

// EndAbsence ends the absences of a technician that cover a day, or, if none
// does, those that are to come. It gives their ids.
func (tx *Tx) EndAbsence(ctx context.Context, technician string, day tickets.Day) (ids []int64, err error) {
	defer wrap(&err, "end absence of %s", technician)
	list, err := tx.Absences(ctx, day)
	if err != nil {
		return nil, err
	}
	var planned []int64
	for _, a := range list {
		switch {
		case a.Technician != technician:
		case a.Covers(day):
			ids = append(ids, a.ID)
		default:
			planned = append(planned, a.ID)
		}
	}
	if len(ids) == 0 {
		ids = planned
	}
	for _, id := range ids {
		if err := tx.CancelAbsence(ctx, id); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// CancelAbsence ends one absence. It returns ErrNotFound if it does not stand.
func (tx *Tx) CancelAbsence(ctx context.Context, id int64) (err error) {
	defer wrap(&err, "cancel absence %d", id)
	return tx.one(ctx, `
		UPDATE absence
		SET ended_at = ?
		WHERE id = ? AND ended_at IS NULL`, tx.Now, id)
}

// RestoreAbsence lets one that was ended stand again.
func (tx *Tx) RestoreAbsence(ctx context.Context, id int64) (err error) {
	defer wrap(&err, "restore absence %d", id)
	return tx.one(ctx, `
		UPDATE absence
		SET ended_at = NULL
		WHERE id = ? AND ended_at IS NOT NULL`, id)
}

// Absences lists all that stand and are not over on a day, in the order in
// which they begin.
func (tx *Tx) Absences(ctx context.Context, day tickets.Day) (list []tickets.Absence, err error) {
	defer wrap(&err, "absences")
	var rows []struct {
		ID         int64          `db:"id"`
		Technician string         `db:"technician"`
		From       string         `db:"from_day"`
		To         sql.NullString `db:"to_day"`
		Source     string         `db:"source"`
	}
	err = tx.all(ctx, &rows, `
		SELECT id, technician, from_day, to_day, source
		FROM absence
		WHERE ended_at IS NULL AND (to_day IS NULL OR to_day >= ?)
		ORDER BY from_day, id`, string(day))
	for _, r := range rows {
		list = append(list, tickets.Absence{
			ID: r.ID, Technician: r.Technician, From: tickets.Day(r.From), To: tickets.Day(r.To.String),
			Source: tickets.AbsenceSource(r.Source),
		})
	}
	return list, err
}

// Absent gives those who are away on a day, by technician.
func (tx *Tx) Absent(ctx context.Context, day tickets.Day) (away map[string]tickets.Absence, err error) {
	list, err := tx.Absences(ctx, day)
	away = map[string]tickets.Absence{}
	for _, a := range list {
		if _, known := away[a.Technician]; a.Covers(day) && !known {
			away[a.Technician] = a
		}
	}
	return away, err
}
