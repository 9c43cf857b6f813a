// Package migrations holds the schema as numbered files and runs them.
//
// The files are written in PostgreSQL's words; for SQLite a file system in
// front of goose replaces the few that differ, so that both databases run the
// same list. A step goes only forward, and a file that was released never
// changes.
package migrations

import (
	"bytes"
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed *.sql
var files embed.FS

// Dialect is one of the two databases.
type Dialect string

// The dialects.
const (
	SQLite   Dialect = "sqlite3"
	Postgres Dialect = "postgres"
)

// Step is one migration and whether it was applied.
type Step struct {
	Version   int64
	Name      string
	AppliedAt time.Time // zero: not yet
}

// Up brings the schema to its newest state. Several processes may call it at
// once: on PostgreSQL one waits for the other by an advisory lock; an SQLite
// file has one process, and each step begins with the write lock.
func Up(ctx context.Context, db *sql.DB, d Dialect) ([]Step, error) {
	p, err := provider(db, d)
	if err != nil {
		return nil, err
	}
	results, err := p.Up(ctx)
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	steps := make([]Step, 0, len(results))
	for _, r := range results {
		steps = append(steps, Step{Version: r.Source.Version, Name: r.Source.Path})
	}
	return steps, nil
}

// Status lists all steps in their order.
func Status(ctx context.Context, db *sql.DB, d Dialect) ([]Step, error) {
	p, err := provider(db, d)
	if err != nil {
		return nil, err
	}
	list, err := p.Status(ctx)
	if err != nil {
		return nil, fmt.Errorf("migration status: %w", err)
	}
	steps := make([]Step, 0, len(list))
	for _, s := range list {
		steps = append(steps, Step{Version: s.Source.Version, Name: s.Source.Path, AppliedAt: s.AppliedAt})
	}
	return steps, nil
}

func provider(db *sql.DB, d Dialect) (*goose.Provider, error) {
	options := []goose.ProviderOption{goose.WithVerbose(false), goose.WithDisableGlobalRegistry(true)}
	var source fs.FS = files
	switch d {
	case SQLite:
		source = translated{files}
	case Postgres:
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300), lock.WithUnlockTimeout(1, 30))
		if err != nil {
			return nil, fmt.Errorf("migration lock: %w", err)
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	p, err := goose.NewProvider(goose.Dialect(d), db, source, options...)
	if err != nil {
		return nil, fmt.Errorf("migrations: %w", err)
	}
	return p, nil
}

// translated is the list of files in SQLite's words.
type translated struct{ fs.FS }

var words = [...][2][]byte{
	{[]byte("BIGSERIAL PRIMARY KEY"), []byte("INTEGER PRIMARY KEY AUTOINCREMENT")},
	{[]byte("TIMESTAMPTZ"), []byte("TIMESTAMP")},
	{[]byte("BYTEA"), []byte("BLOB")},
	// SQLite never compresses.
	{[]byte("ALTER TABLE raw ALTER COLUMN data SET STORAGE EXTERNAL;"), []byte("SELECT 1;")},
}

// Open implements fs.FS.
func (t translated) Open(name string) (fs.File, error) {
	f, err := t.FS.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil || info.IsDir() {
		return f, err
	}
	text, err := fs.ReadFile(t.FS, name)
	if err != nil {
		return nil, err
	}
	for _, w := range words {
		text = bytes.ReplaceAll(text, w[0], w[1])
	}
	return &file{info: info, Reader: bytes.NewReader(text), size: int64(len(text))}, f.Close()
}

// ReadDir implements fs.ReadDirFS, which goose needs to find the list.
func (t translated) ReadDir(name string) ([]fs.DirEntry, error) { return fs.ReadDir(t.FS, name) }

type file struct {
	*bytes.Reader
	info fs.FileInfo
	size int64
}

func (f *file) Stat() (fs.FileInfo, error) { return resized{f.info, f.size}, nil }
func (f *file) Close() error               { return nil }

type resized struct {
	fs.FileInfo
	size int64
}

func (r resized) Size() int64 { return r.size }
