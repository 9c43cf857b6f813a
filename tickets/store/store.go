// Package store holds all SQL of the program, one text for SQLite and
// PostgreSQL. What the two do differently stands in dialect.go.
//
// Everything that changes the database runs in Store.Tx: one transaction, one
// moment (Tx.Now), retried as a whole where the database asks for it. So the
// function given to it must have no effect but through the Tx, and must set
// what it hands out afresh each time it runs. Store.View is for reading.
//
// A ticket is locked (Tx.LockTicket) before it is changed. Times are stored in
// UTC and cut to microseconds, which is what PostgreSQL keeps. Text is cleaned
// on its way in: valid UTF-8 without NUL, since PostgreSQL refuses the rest.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/klauspost/compress/zstd"

	"respon/migrations"
)

// Errors that callers ask for.
var (
	// ErrNotFound: there is no such row.
	ErrNotFound = errors.New("not found")
	// ErrSeen: this mail was processed before; its ledger row is written.
	ErrSeen = errors.New("seen before")
)

// Store is an open database.
type Store struct {
	dialect dialect
	write   *sqlx.DB
	read    *sqlx.DB // the same as write on PostgreSQL
	now     func() time.Time
	stmts   sync.Map // cacheKey → *sqlx.Stmt
	packer  *zstd.Encoder
	opener  *zstd.Decoder
}

// Open opens the database behind an URL: sqlite:PATH or postgres://… . The
// schema is not touched; call Migrate. The clock is asked once for each
// transaction.
func Open(ctx context.Context, url string, now func() time.Time) (_ *Store, err error) {
	defer wrap(&err, "open database %s", redact(url))
	d, err := dialectOf(url)
	if err != nil {
		return nil, err
	}
	write, read, err := d.open(url)
	if err != nil {
		return nil, err
	}
	s := &Store{dialect: d, write: write, read: read, now: now}
	if s.packer, err = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1)); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if s.opener, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxRaw)); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if err := d.check(ctx, write); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Migrate brings the schema up to date.
func (s *Store) Migrate(ctx context.Context) ([]migrations.Step, error) {
	return migrations.Up(ctx, s.write.DB, s.dialect.migrations())
}

// MigrationStatus lists the steps of the schema.
func (s *Store) MigrationStatus(ctx context.Context) ([]migrations.Step, error) {
	return migrations.Status(ctx, s.write.DB, s.dialect.migrations())
}

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return s.read.PingContext(ctx) }

// Shared reports whether several processes may work on this database.
func (s *Store) Shared() bool { return s.dialect.shared() }

// Close closes the database.
func (s *Store) Close() error {
	var errs []error
	s.stmts.Range(func(_, stmt any) bool {
		errs = append(errs, stmt.(*sqlx.Stmt).Close())
		return true
	})
	errs = append(errs, s.write.Close())
	if s.read != s.write {
		errs = append(errs, s.read.Close())
	}
	if s.opener != nil {
		s.opener.Close()
	}
	return errors.Join(errs...)
}

// Tx is a transaction. It is only good inside the function it was given to.
type Tx struct {
	// Now is the one moment of all that the transaction writes: UTC, in
	// microseconds.
	Now   time.Time
	store *Store
	db    *sqlx.DB
	on    queryer
	tx    *sqlx.Tx // nil in a View without a transaction
	// uncached are queries that were met for the first time.
	uncached []string
}

// queryer is a transaction, or the database outside of one.
type queryer interface {
	PreparexContext(ctx context.Context, query string) (*sqlx.Stmt, error)
	GetContext(ctx context.Context, dest any, query string, args ...any) error
	SelectContext(ctx context.Context, dest any, query string, args ...any) error
}

// maxTries bounds how often a transaction is begun again when the database
// says that it lost against another.
const maxTries = 8

// Tx runs f in a transaction and commits if f returns nil. An error of the
// commit may mean that it was done all the same (the answer was lost): the
// content key decides when the mail is offered again.
func (s *Store) Tx(ctx context.Context, f func(*Tx) error) error {
	for try := 1; ; try++ {
		err := s.run(ctx, s.write, f)
		if err == nil || try == maxTries || !s.dialect.retry(err) {
			return err
		}
		pause := time.Duration(1<<try) * time.Millisecond
		timer := time.NewTimer(pause/2 + rand.N(pause))
		select {
		case <-ctx.Done():
			timer.Stop()
			return err
		case <-timer.C:
		}
	}
}

// View runs f, which only reads. On SQLite it sees one state of the database;
// on PostgreSQL each query sees the state of its moment, as inside one of its
// transactions, and two round trips are saved.
func (s *Store) View(ctx context.Context, f func(*Tx) error) error {
	if s.dialect.snapshots() {
		return s.run(ctx, s.read, f)
	}
	return f(&Tx{Now: moment(s.now()), store: s, db: s.read, on: s.read})
}

func (s *Store) run(ctx context.Context, db *sqlx.DB, f func(*Tx) error) (err error) {
	tx, err := db.BeginTxx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	// Also after a panic: the connection must not stay in the transaction.
	done := false
	defer func() {
		if !done {
			if rerr := tx.Rollback(); rerr != nil && !errors.Is(rerr, sql.ErrTxDone) && err != nil {
				err = fmt.Errorf("%w (and rollback: %v)", err, rerr)
			}
		}
	}()
	own := &Tx{Now: moment(s.now()), store: s, db: db, on: tx, tx: tx}
	if err := f(own); err != nil {
		return err
	}
	done = true
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	s.cache(ctx, db, own.uncached)
	return nil
}

type cacheKey struct {
	db    *sqlx.DB
	query string
}

// stmt gives a query prepared: by the database's own cache, or, the first
// time, for this transaction alone. Preparing for the cache has to wait until
// the transaction is over, since the writer of SQLite is a single connection.
func (tx *Tx) stmt(ctx context.Context, query string) (*sqlx.Stmt, error) {
	key := cacheKey{tx.db, query}
	prepared, ok := tx.store.stmts.Load(key)
	if !ok && tx.tx == nil {
		tx.store.cache(ctx, tx.db, []string{query})
		prepared, ok = tx.store.stmts.Load(key)
	}
	switch {
	case ok && tx.tx == nil:
		return prepared.(*sqlx.Stmt), nil
	case ok:
		return tx.tx.StmtxContext(ctx, prepared.(*sqlx.Stmt)), nil
	}
	tx.uncached = append(tx.uncached, query)
	return tx.on.PreparexContext(ctx, tx.db.Rebind(query))
}

func (s *Store) cache(ctx context.Context, db *sqlx.DB, queries []string) {
	for _, query := range queries {
		key := cacheKey{db, query}
		if _, ok := s.stmts.Load(key); ok {
			continue
		}
		stmt, err := db.PreparexContext(ctx, db.Rebind(query))
		if err != nil {
			return // it is prepared anew each time until this succeeds
		}
		if _, lost := s.stmts.LoadOrStore(key, stmt); lost {
			_ = stmt.Close() // another was quicker, and nothing is lost with it
		}
	}
}

func (tx *Tx) exec(ctx context.Context, query string, args ...any) (rows int64, err error) {
	stmt, err := tx.stmt(ctx, query)
	if err != nil {
		return 0, err
	}
	result, err := stmt.ExecContext(ctx, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func (tx *Tx) get(ctx context.Context, dest any, query string, args ...any) error {
	stmt, err := tx.stmt(ctx, query)
	if err != nil {
		return err
	}
	if err := stmt.GetContext(ctx, dest, args...); errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	} else if err != nil {
		return err
	}
	return nil
}

func (tx *Tx) all(ctx context.Context, dest any, query string, args ...any) error {
	stmt, err := tx.stmt(ctx, query)
	if err != nil {
		return err
	}
	return stmt.SelectContext(ctx, dest, args...)
}

// in runs a query with a list: the ? for the list stands in the query once.
func (tx *Tx) in(ctx context.Context, dest any, query string, args ...any) error {
	query, args, err := sqlx.In(query, args...)
	if err != nil {
		return err
	}
	return tx.on.SelectContext(ctx, dest, tx.db.Rebind(query), args...)
}

// Temporary reports whether an error of this package is worth trying again:
// the database is busy, away, full, or lost a race; or the context ended.
func Temporary(err error) bool {
	if err == nil || errors.Is(err, ErrNotFound) || errors.Is(err, ErrSeen) {
		return false
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, sql.ErrConnDone) {
		return true
	}
	return temporarySQLite(err) || temporaryPostgres(err)
}

func wrap(err *error, format string, args ...any) {
	if *err != nil {
		*err = fmt.Errorf(format+": %w", append(args, *err)...)
	}
}

// moment is a time as it is stored.
func moment(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

func nullable(t *time.Time) sql.NullTime {
	if t == nil {
		return sql.NullTime{}
	}
	return sql.NullTime{Time: moment(*t), Valid: true}
}

func pointer(t sql.NullTime) *time.Time {
	if !t.Valid {
		return nil
	}
	u := t.Time.UTC()
	return &u
}

// clean makes text storable: valid UTF-8 without NUL.
func clean(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
}
