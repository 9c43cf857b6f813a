package store

import (
	"context"
	"time"

	"respon/tickets"
)

// AddLogin keeps the hash of a one-time link.
func (tx *Tx) AddLogin(ctx context.Context, hash []byte, address, source string) (err error) {
	defer wrap(&err, "keep a login link")
	_, err = tx.exec(ctx, `
		INSERT INTO login (hash, address, created_at, source)
		VALUES (?, ?, ?, ?)`, hash, tickets.NormalAddress(address), tx.Now, source)
	return err
}

// LoginsSince counts the links made for an address since a time; "" counts all.
func (tx *Tx) LoginsSince(ctx context.Context, address string, since time.Time) (n int, err error) {
	defer wrap(&err, "count login links")
	if address == "" {
		err = tx.get(ctx, &n, `SELECT count(*) FROM login WHERE created_at > ?`, moment(since))
	} else {
		err = tx.get(ctx, &n, `SELECT count(*) FROM login WHERE address = ? AND created_at > ?`, tickets.NormalAddress(address), moment(since))
	}
	return n, err
}

// AskedFrom counts the links, to sign in and to register, that were asked for from
// a network since a time.
func (tx *Tx) AskedFrom(ctx context.Context, source string, since time.Time) (n int, err error) {
	defer wrap(&err, "count links of a network")
	err = tx.get(ctx, &n, `
		SELECT (SELECT count(*) FROM login WHERE source = ? AND created_at > ?)
			+ (SELECT count(*) FROM registration WHERE source = ? AND created_at > ?)`, source, moment(since), source, moment(since))
	return n, err
}

// UseLogin redeems a link that is younger than since and was not used: once.
// It gives the address, or ErrNotFound.
func (tx *Tx) UseLogin(ctx context.Context, hash []byte, since time.Time) (address string, err error) {
	defer wrap(&err, "use a login link")
	err = tx.get(ctx, &address, `
		UPDATE login
		SET used_at = ?
		WHERE hash = ? AND used_at IS NULL AND created_at > ?
		RETURNING address`, tx.Now, hash, moment(since))
	return address, err
}

// AddSession keeps a session by the hash of its cookie.
func (tx *Tx) AddSession(ctx context.Context, hash []byte, address string) (err error) {
	defer wrap(&err, "begin a session")
	_, err = tx.exec(ctx, `
		INSERT INTO session (hash, address, created_at, seen_at)
		VALUES (?, ?, ?, ?)`, hash, tickets.NormalAddress(address), tx.Now, tx.Now)
	return err
}

// Session gives whose session it is and when it was last seen, or ErrNotFound:
// there is none, it was idle since before idle, or began before begun.
func (tx *Tx) Session(ctx context.Context, hash []byte, idle, begun time.Time) (address string, seen time.Time, err error) {
	defer wrap(&err, "session")
	var row struct {
		Address string    `db:"address"`
		Seen    time.Time `db:"seen_at"`
	}
	err = tx.get(ctx, &row, `
		SELECT address, seen_at
		FROM session
		WHERE hash = ? AND seen_at > ? AND created_at > ?`, hash, moment(idle), moment(begun))
	return row.Address, row.Seen.UTC(), err
}

// TouchSession notes that a session is in use.
func (tx *Tx) TouchSession(ctx context.Context, hash []byte) (err error) {
	defer wrap(&err, "touch a session")
	_, err = tx.exec(ctx, `UPDATE session SET seen_at = ? WHERE hash = ?`, tx.Now, hash)
	return err
}

// EndSession ends a session.
func (tx *Tx) EndSession(ctx context.Context, hash []byte) (err error) {
	defer wrap(&err, "end a session")
	_, err = tx.exec(ctx, `DELETE FROM session WHERE hash = ?`, hash)
	return err
}

// SweepSessions removes sessions and sign-in links from before a time.
func (tx *Tx) SweepSessions(ctx context.Context, before time.Time) (err error) {
	defer wrap(&err, "sweep sessions")
	if _, err := tx.exec(ctx, `DELETE FROM session WHERE created_at < ?`, moment(before)); err != nil {
		return err
	}
	_, err = tx.exec(ctx, `DELETE FROM login WHERE created_at < ?`, moment(before))
	return err
}
