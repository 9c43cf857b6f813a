package store

import (
	"context"
	"time"
)

// Once reports whether something named was not done since a time, and notes
// that it is done now. Of several processes that ask at once, one is told so;
// if its transaction does not end well, it was not done.
func (tx *Tx) Once(ctx context.Context, name string, since time.Time) (first bool, err error) {
	defer wrap(&err, "note that %s is done", name)
	rows, err := tx.exec(ctx, `
		INSERT INTO once (name, at)
		VALUES (?, ?)
		ON CONFLICT (name) DO UPDATE
		SET at = excluded.at
		WHERE once.at < ?`, name, tx.Now, moment(since))
	return rows > 0, err
}

// Done reports whether Once has noted something since a time.
func (tx *Tx) Done(ctx context.Context, name string, since time.Time) (done bool, err error) {
	defer wrap(&err, "look whether %s is done", name)
	err = tx.get(ctx, &done, `SELECT EXISTS (SELECT 1 FROM once WHERE name = ? AND at >= ?)`, name, moment(since))
	return done, err
}
