// Package storetest gives tests a migrated store on each database.
package storetest

import (
	"context"
	"path/filepath"
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

// EachURL is Each for those who open the database themselves.
func EachURL(t *testing.T, f func(t *testing.T, url string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { f(t, testservers.Postgres(t)) })
}

// SQLite gives the URL of a file that does not exist yet.
func SQLite(t testing.TB) string {
	t.Helper()
	return "sqlite:" + filepath.Join(t.TempDir(), "respon.db")
}

// Open opens and migrates a store, and closes it with the test.
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
