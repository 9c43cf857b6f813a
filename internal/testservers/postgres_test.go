package testservers_test

import (
	"database/sql"
	"os"
	"testing"

	"respon/internal/testservers"

	_ "github.com/lib/pq"
)

// open connects to a database until the test ends.
func open(t *testing.T, url string) *sql.DB {
	t.Helper()
	db, err := sql.Open("postgres", url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func TestPostgresDatabasesAreFreshAndApart(t *testing.T) {
	t.Parallel()
	var seen []string
	for range 2 {
		url := testservers.Postgres(t)
		seen = append(seen, url)
		db := open(t, url)
		// The second of the two would find the table of the first.
		if _, err := db.Exec("CREATE TABLE ticket (number BIGINT)"); err != nil {
			t.Fatal(err)
		}
	}
	if seen[0] == seen[1] {
		t.Errorf("both databases have the URL %s", seen[0])
	}
}

func TestPostgresDropsTheDatabase(t *testing.T) {
	t.Parallel()
	testservers.Need(t, testservers.NeedPostgres)
	var url string
	t.Run("one", func(t *testing.T) {
		url = testservers.Postgres(t)
		db, err := sql.Open("postgres", url)
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Ping(); err != nil { // and left open, as a failed test would
			t.Fatal(err)
		}
	})
	if err := open(t, url).Ping(); err == nil {
		t.Error("the database of a test outlives it")
	}
}

func TestPostgresSettings(t *testing.T) {
	t.Parallel()
	db := open(t, testservers.Postgres(t))
	for name, want := range map[string]string{"fsync": "on", "server_encoding": "UTF8", "listen_addresses": "127.0.0.1"} {
		var got string
		if err := db.QueryRow("SELECT current_setting($1)", name).Scan(&got); err != nil {
			t.Fatal(err)
		}
		if got != want && os.Getenv("RESPON_TEST_POSTGRES") == "" {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestPostgresKeepsCommitsThroughKill(t *testing.T) {
	t.Parallel()
	testservers.Need(t, testservers.NeedPostgres)
	s, err := testservers.StartPostgres(testservers.PostgresOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	db := open(t, s.Database(t))
	if _, err := db.Exec("CREATE TABLE ticket AS SELECT 482 AS number"); err != nil {
		t.Fatal(err)
	}
	for name, end := range map[string]func() error{"kill": s.Kill, "stop": s.Stop} {
		if err := end(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := db.Ping(); err == nil {
			t.Errorf("%s: the server still answers", name)
		}
		if err := s.Start(); err != nil {
			t.Fatalf("start after %s: %v", name, err)
		}
		var got int
		if err := db.QueryRow("SELECT number FROM ticket").Scan(&got); err != nil || got != 482 {
			t.Errorf("after %s: %d, %v; want 482", name, got, err)
		}
	}
}
