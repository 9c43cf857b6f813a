package store

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"syscall"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	"modernc.org/sqlite"
	sqlitelib "modernc.org/sqlite/lib"

	"respon/migrations"
)

// dialect is all that differs between the two databases.
type dialect interface {
	open(url string) (write, read *sqlx.DB, err error)
	// check refuses settings under which a committed mail could be lost.
	check(ctx context.Context, db *sqlx.DB) error
	migrations() migrations.Dialect
	// lock is appended to a SELECT whose rows are going to be changed.
	lock() string
	// skipLocked is the same, but leaves out rows that another has locked.
	skipLocked() string
	// snapshots reports whether a transaction that only reads sees one state.
	snapshots() bool
	// retry reports whether the transaction lost a race and may be run again.
	retry(err error) bool
	// shared reports whether several processes may use the database.
	shared() bool
}

func dialectOf(url string) (dialect, error) {
	switch {
	case strings.HasPrefix(url, "sqlite:"):
		return sqliteDialect{}, nil
	case strings.HasPrefix(url, "postgres://"), strings.HasPrefix(url, "postgresql://"):
		return postgresDialect{}, nil
	}
	return nil, errors.New(`the URL must begin with "sqlite:" or "postgres://"`)
}

// redact leaves out the password, for logs and errors.
func redact(raw string) string {
	if u, err := url.Parse(raw); err == nil && u.User != nil {
		return u.Redacted()
	}
	scheme, rest, _ := strings.Cut(raw, ":")
	if scheme == "sqlite" {
		return "sqlite:" + rest
	}
	return scheme + ":…"
}

type sqliteDialect struct{}

// readers is how many connections read an SQLite file beside the one that
// writes it.
const readers = 4

func (sqliteDialect) open(raw string) (write, read *sqlx.DB, err error) {
	path := strings.TrimPrefix(strings.TrimPrefix(raw, "sqlite:"), "//")
	if path == "" || strings.ContainsAny(path, "?#%") {
		return nil, nil, fmt.Errorf("%q is no path for an SQLite file", path)
	}
	// Transactions begin with the write lock, or half of those that meet would
	// fail; synchronous=FULL, or a committed mail could be lost with the power.
	const common = "?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)" +
		"&_pragma=foreign_keys(1)&_time_format=sqlite&_timezone=UTC"
	sqlx.BindDriver("sqlite", sqlx.QUESTION)
	if write, err = sqlx.Open("sqlite", "file:"+path+common+"&_txlock=immediate"); err != nil {
		return nil, nil, err
	}
	write.SetMaxOpenConns(1)
	if read, err = sqlx.Open("sqlite", "file:"+path+common+"&_pragma=query_only(1)"); err != nil {
		return nil, nil, errors.Join(err, write.Close())
	}
	read.SetMaxOpenConns(readers)
	return write, read, nil
}

func (sqliteDialect) check(ctx context.Context, db *sqlx.DB) error { return db.PingContext(ctx) }
func (sqliteDialect) migrations() migrations.Dialect               { return migrations.SQLite }
func (sqliteDialect) lock() string                                 { return "" } // the write lock is held
func (sqliteDialect) skipLocked() string                           { return "" }
func (sqliteDialect) snapshots() bool                              { return true }
func (sqliteDialect) shared() bool                                 { return false }

func (sqliteDialect) retry(err error) bool {
	return sqliteCode(err) == sqlitelib.SQLITE_BUSY || sqliteCode(err) == sqlitelib.SQLITE_LOCKED
}

// sqliteCode is the primary result code, 0 if it is no error of SQLite's.
func sqliteCode(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code() & 0xff
	}
	return 0
}

func temporarySQLite(err error) bool {
	switch sqliteCode(err) {
	case sqlitelib.SQLITE_BUSY, sqlitelib.SQLITE_LOCKED, sqlitelib.SQLITE_FULL, sqlitelib.SQLITE_IOERR,
		sqlitelib.SQLITE_CANTOPEN, sqlitelib.SQLITE_READONLY, sqlitelib.SQLITE_NOMEM, sqlitelib.SQLITE_INTERRUPT,
		sqlitelib.SQLITE_PROTOCOL:
		return true
	}
	return false
}

type postgresDialect struct{}

// connections to PostgreSQL of one process: the intake, the sender, the pages.
const connections = 10

func (postgresDialect) open(raw string) (write, read *sqlx.DB, err error) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil, nil, errors.New("the URL cannot be read") // the cause would show the password
	}
	q := u.Query()
	q.Set("timezone", "UTC")
	// Arguments go as binary, in one round trip and without a hex dump of mails.
	q.Set("binary_parameters", "yes")
	if !q.Has("connect_timeout") {
		q.Set("connect_timeout", "10")
	}
	u.RawQuery = q.Encode()
	db, err := sqlx.Open("postgres", u.String())
	if err != nil {
		return nil, nil, err
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, db, nil
}

func (postgresDialect) check(ctx context.Context, db *sqlx.DB) error {
	for _, setting := range []string{"fsync", "synchronous_commit"} {
		var value string
		if err := db.GetContext(ctx, &value, "SHOW "+setting); err != nil {
			return err
		}
		if value == "off" {
			return fmt.Errorf("PostgreSQL runs with %s=off, under which a stored mail can be lost; set it to on", setting)
		}
	}
	return nil
}

func (postgresDialect) migrations() migrations.Dialect { return migrations.Postgres }
func (postgresDialect) lock() string                   { return " FOR UPDATE" }
func (postgresDialect) skipLocked() string             { return " FOR UPDATE SKIP LOCKED" }
func (postgresDialect) snapshots() bool                { return false }
func (postgresDialect) shared() bool                   { return true }

func (postgresDialect) retry(err error) bool {
	switch postgresCode(err) {
	case "40001", "40P01": // serialization failure, deadlock
		return true
	}
	return false
}

func postgresCode(err error) string {
	var e *pq.Error
	if errors.As(err, &e) {
		return string(e.Code)
	}
	return ""
}

// temporaryPostgres goes by classes: connection, resources, operator's
// intervention (shutdown, a cancelled query), system, a transaction's end, and
// a server that only reads at the moment.
func temporaryPostgres(err error) bool {
	if code := postgresCode(err); code != "" {
		switch code[:2] {
		case "08", "53", "55", "57", "58", "40":
			return true
		}
		return code == "25006"
	}
	var network net.Error
	var errno syscall.Errno
	return errors.As(err, &network) || errors.As(err, &errno) || brokenConnection(err)
}

// brokenConnection knows the errors of lib/pq that have no type of their own.
func brokenConnection(err error) bool {
	text := err.Error()
	for _, s := range []string{"driver: bad connection", "unexpected EOF", ": EOF", "connection is already closed", "broken pipe"} {
		if strings.Contains(text, s) {
			return true
		}
	}
	return text == "EOF"
}
