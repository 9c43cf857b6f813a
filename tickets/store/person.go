package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"respon/tickets"
)

// Person gives what is kept about a person, or ErrNotFound. Registered is when
// she registered, nil if she never did; an empty locale was not chosen.
func (tx *Tx) Person(ctx context.Context, address string) (p tickets.Person, registered *time.Time, err error) {
	defer wrap(&err, "person")
	var row struct {
		Address    string       `db:"address"`
		Name       string       `db:"name"`
		Entity     string       `db:"entity"`
		Locale     string       `db:"locale"`
		Registered sql.NullTime `db:"registered_at"`
	}
	err = tx.get(ctx, &row, `SELECT address, name, entity, locale, registered_at FROM person WHERE address = ?`, tickets.NormalAddress(address))
	p = tickets.Person{Name: row.Name, Address: row.Address, Entity: row.Entity, Locale: tickets.Locale(row.Locale)}
	return p, pointer(row.Registered), err
}

// SetLocale keeps the language that a person chose, for her tickets too.
func (tx *Tx) SetLocale(ctx context.Context, address string, l tickets.Locale) (err error) {
	defer wrap(&err, "language of a person")
	_, err = tx.exec(ctx, `
		INSERT INTO person (address, name, entity, locale, updated_at)
		VALUES (?, '', '', ?, ?)
		ON CONFLICT (address) DO UPDATE
		SET locale = excluded.locale, updated_at = excluded.updated_at`, tickets.NormalAddress(address), l, tx.Now)
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `UPDATE ticket SET locale = ? WHERE requester = ?`, l, tickets.NormalAddress(address))
	return err
}

// Register keeps what a person said about herself when she registered.
func (tx *Tx) Register(ctx context.Context, p tickets.Person) (err error) {
	defer wrap(&err, "register a person")
	_, err = tx.exec(ctx, `
		INSERT INTO person (address, name, entity, locale, registered_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (address) DO UPDATE
		SET name = excluded.name, entity = excluded.entity, locale = excluded.locale,
			registered_at = excluded.registered_at, updated_at = excluded.updated_at`,
		tickets.NormalAddress(p.Address), clean(p.Name), clean(p.Entity), p.Locale, tx.Now, tx.Now)
	return err
}

// Locale gives the language that a person chose, "" if she did not.
func (tx *Tx) Locale(ctx context.Context, address string) (tickets.Locale, error) {
	p, _, err := tx.Person(ctx, address)
	if errors.Is(err, ErrNotFound) {
		return "", nil
	}
	return p.Locale, err
}

// AddRegistration keeps what somebody said about herself, and the hash of the
// link that is to show that the address is hers.
func (tx *Tx) AddRegistration(ctx context.Context, hash []byte, p tickets.Person, source string) (err error) {
	defer wrap(&err, "keep a registration")
	_, err = tx.exec(ctx, `
		INSERT INTO registration (hash, address, name, entity, locale, created_at, source)
		VALUES (?, ?, ?, ?, ?, ?, ?)`, hash, tickets.NormalAddress(p.Address), clean(p.Name), clean(p.Entity), p.Locale, tx.Now, source)
	return err
}

// RegistrationsSince counts what was asked for an address since a time; "" counts
// all.
func (tx *Tx) RegistrationsSince(ctx context.Context, address string, since time.Time) (n int, err error) {
	defer wrap(&err, "count registrations")
	if address == "" {
		err = tx.get(ctx, &n, `SELECT count(*) FROM registration WHERE created_at > ?`, moment(since))
	} else {
		err = tx.get(ctx, &n, `SELECT count(*) FROM registration WHERE address = ? AND created_at > ?`, tickets.NormalAddress(address), moment(since))
	}
	return n, err
}

// UseRegistration redeems a link that is younger than since and was not used:
// once. It gives what was said, or ErrNotFound.
func (tx *Tx) UseRegistration(ctx context.Context, hash []byte, since time.Time) (p tickets.Person, err error) {
	defer wrap(&err, "use a registration")
	var row struct {
		Address string         `db:"address"`
		Name    string         `db:"name"`
		Entity  string         `db:"entity"`
		Locale  tickets.Locale `db:"locale"`
	}
	err = tx.get(ctx, &row, `
		UPDATE registration
		SET used_at = ?
		WHERE hash = ? AND used_at IS NULL AND created_at > ?
		RETURNING address, name, entity, locale`, tx.Now, hash, moment(since))
	return tickets.Person{Name: row.Name, Address: row.Address, Entity: row.Entity, Locale: row.Locale}, err
}

// SweepRegistrations removes what nobody can use any more.
func (tx *Tx) SweepRegistrations(ctx context.Context, before time.Time) error {
	_, err := tx.exec(ctx, `DELETE FROM registration WHERE created_at < ?`, moment(before))
	return err
}
