// Package storetest gives tests a migrated store on each database.
package storetest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"respon/internal/testservers"
	"respon/tickets/store"
)

// Each runs f on a fresh SQLite file and on a fresh PostgreSQL database, as
// sub-tests. Where there is no PostgreSQL that one is skipped, and says so.
func Each(t *testing.T, f func(t *testing.T, s *store.Store)) {
	t.Helper()
	EachURL(t, func(t *testing.T, url string) { f(t, Open(t, url, time.Now)) })
}

// EachURL is Each for those who open the database themselves. Its schema is up to
// date: it is a copy of one that was migrated once.
func EachURL(t *testing.T, f func(t *testing.T, url string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { f(t, testservers.PostgresPrepared(t, migrate)) })
}

// SQLite gives the URL of a file whose schema is up to date.
func SQLite(t testing.TB) string {
	t.Helper()
	file, err := migrated()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "respon.db")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	return "sqlite:" + path
}

// migrated is an SQLite file with the schema. To run all steps takes the most part of
// many a test, above all under the race detector.
var migrated = sync.OnceValues(func() (_ []byte, err error) {
	dir, err := os.MkdirTemp("", "respon-schema-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "respon.db")
	if err := migrate("sqlite:" + path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

func migrate(url string) (err error) {
	ctx := context.Background()
	s, err := store.Open(ctx, url, time.Now)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	_, err = s.Migrate(ctx)
	return err
}

// Open opens a store, brings its schema up to date, and closes it with the test.
func Open(t testing.TB, url string, now func() time.Time) *store.Store {
	t.Helper()
	ctx := context.Background()
	s, err := store.Open(ctx, url, now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := s.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	return s
}
