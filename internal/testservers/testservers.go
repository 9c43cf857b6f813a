// Package testservers starts real servers for tests: PostgreSQL, Dovecot and
// Postfix, each on free loopback ports, with all its files in a folder of its
// own, so that many test binaries can run at once and know nothing of each other.
//
// A server lives in one of two ways. Taken with a testing.TB it ends with that
// test:
//
//	dovecot := testservers.Dovecot(t, "support", "ana")
//	smtp := testservers.Postfix(t, dovecot, "respon.example")
//	url := testservers.Postgres(t) // a fresh database in a cluster the binary shares
//
// Taken with a Start function, as in TestMain, it ends with its Close. Either
// way nothing stays behind, not even after a panic or a kill -9 of the test
// binary: beside each server a keeper process waits for our end (see keeper).
//
// A server whose program is not installed skips the test and says so. With
// RESPON_TEST_REQUIRE=all in the environment it fails the test instead, so that
// CI cannot pass by having nothing to test with.
package testservers

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

// What Need can be asked for.
const (
	NeedPostgres = "postgres"
	NeedDovecot  = "dovecot"
	NeedPostfix  = "postfix"
)

// ErrMissing is in the error of a server that cannot be started on this
// machine at all: its program is not installed, or wants root.
var ErrMissing = errors.New("not available here")

// Need skips the test, and says why, unless the named servers (NeedPostgres,
// NeedDovecot, NeedPostfix) can be started here. Any other name is the name of
// a program that has to be in the path. With RESPON_TEST_REQUIRE=all what is
// missing fails the test.
func Need(t testing.TB, what ...string) {
	t.Helper()
	for _, name := range what {
		if err := available(name); err != nil {
			giveUp(t, err)
		}
	}
}

// giveUp ends a test whose server did not start.
func giveUp(t testing.TB, err error) {
	t.Helper()
	if errors.Is(err, ErrMissing) && os.Getenv("RESPON_TEST_REQUIRE") != "all" {
		t.Skipf("SKIPPED, NOT TESTED: %v (RESPON_TEST_REQUIRE=all makes this a failure)", err)
	}
	t.Fatal(err)
}

// closeAfter closes a server after the test; one that cannot be closed fails it.
func closeAfter(t testing.TB, close func() error) {
	t.Cleanup(func() {
		if err := close(); err != nil {
			t.Error(err)
		}
	})
}

// available tells why a server cannot be started here, or nil.
func available(name string) error {
	switch name {
	case NeedPostgres:
		_, err := postgresPrograms()
		return err
	case NeedDovecot:
		_, err := program("dovecot")
		return err
	case NeedPostfix:
		return postfixAvailable()
	default:
		_, err := program(name)
		return err
	}
}

// program finds a program in the path or where Debian keeps those of daemons,
// which the path of an ordinary user leaves out.
func program(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	for _, dir := range []string{"/usr/sbin", "/usr/local/sbin", "/sbin"} {
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s is not installed: %w", name, ErrMissing)
}

// postgresPrograms finds the folder with initdb and postgres, which Debian
// keeps out of the path because several versions may live side by side.
func postgresPrograms() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			return filepath.Dir(real), nil
		}
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	if len(found) == 0 {
		return "", fmt.Errorf("postgres (initdb) is not installed: %w", ErrMissing)
	}
	// The newest: 9 before 15 before 16, so longer names are newer.
	slices.SortFunc(found, func(a, b string) int {
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		if a < b {
			return -1
		}
		return 1
	})
	return filepath.Dir(found[len(found)-1]), nil
}
