package testservers

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/lib/pq"
)

// PostgresOptions are for StartPostgres.
type PostgresOptions struct {
	// NoFsync lets commits return before they are on the disk. Never for a test
	// of what survives a crash.
	NoFsync bool
}

// A PostgresServer is a private cluster on a loopback port.
type PostgresServer struct {
	home *home
	proc *process
	cred *syscall.Credential
	bin  string
	args []string
	base url.URL // of the database "postgres", as its superuser

	prepared sync.Once // the database that PostgresPrepared copies
	unready  error     // it could not be prepared
}

// sharedPostgres is the cluster of all tests of a binary, started by the first
// that asks. Its keeper ends it with the binary. RESPON_TEST_POSTGRES names a
// server that already runs instead.
var sharedPostgres = sync.OnceValues(func() (*PostgresServer, error) {
	if given := os.Getenv("RESPON_TEST_POSTGRES"); strings.Contains(given, "://") {
		base, err := url.Parse(given)
		if err != nil {
			return nil, fmt.Errorf("RESPON_TEST_POSTGRES: %w", errors.Unwrap(err))
		}
		return &PostgresServer{base: *base}, nil
	}
	return StartPostgres(PostgresOptions{})
})

// Postgres gives the URL of a fresh, empty database, dropped after the test.
// The cluster around it is shared by all tests of the binary and has fsync on.
// With RESPON_TEST_POSTGRES=postgres://… it is made on that server, whose user
// must be allowed to create databases.
func Postgres(t testing.TB) string {
	t.Helper()
	s, err := sharedPostgres()
	if err != nil {
		giveUp(t, err)
	}
	return s.Database(t)
}

// PostgresPrepared is Postgres, for a database in which something is already there:
// prepare fills one, once for all tests of the binary, and the others are copies
// of it, which is far quicker. On a server named by RESPON_TEST_POSTGRES, where the
// original would be left behind, each is filled by itself.
func PostgresPrepared(t testing.TB, prepare func(url string) error) string {
	t.Helper()
	s, err := sharedPostgres()
	if err != nil {
		giveUp(t, err)
	}
	if s.proc == nil {
		url := s.Database(t)
		if err := prepare(url); err != nil {
			t.Fatalf("prepare a database: %v", err)
		}
		return url
	}
	s.prepared.Do(func() {
		if s.unready = s.do("CREATE DATABASE prepared TEMPLATE template0"); s.unready == nil {
			s.unready = prepare(s.URL("prepared"))
		}
	})
	if s.unready != nil {
		t.Fatalf("prepare a database: %v", s.unready)
	}
	return s.copied(t, "prepared")
}

// StartPostgres starts a cluster of the caller's own, to be closed by him.
func StartPostgres(o PostgresOptions) (_ *PostgresServer, err error) {
	bin, err := postgresPrograms()
	if err != nil {
		return nil, err
	}
	s := &PostgresServer{bin: bin}
	if s.home, err = newHome("postgres"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.home.close())
		}
	}()
	if err := s.initialise(); err != nil {
		return nil, err
	}
	s.args = []string{
		"-D", s.home.path("data"),
		"-c", "listen_addresses=127.0.0.1",
		"-c", "unix_socket_directories=", // one way in; and no names that may be too long
		"-c", "shared_buffers=32MB",
		"-c", "max_connections=200",
		"-c", "fsync=" + map[bool]string{false: "on", true: "off"}[o.NoFsync],
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	s.base.Host = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	return s, s.Start()
}

// initialise makes the cluster's files, as the user who will run it:
// PostgreSQL refuses to run as root.
func (s *PostgresServer) initialise() (err error) {
	if s.cred, err = unprivileged("postgres", "nobody"); err != nil {
		return err
	}
	data, secret := s.home.path("data"), s.home.path("password")
	password := rand.Text()
	s.base = url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword("respon", password),
		Path:     "/postgres",
		RawQuery: "sslmode=disable",
	}
	if err := errors.Join(os.Mkdir(data, 0o700), os.WriteFile(secret, []byte(password), 0o600)); err != nil {
		return err
	}
	if s.cred != nil {
		uid, gid := int(s.cred.Uid), int(s.cred.Gid)
		if err := errors.Join(os.Chown(data, uid, gid), os.Chown(secret, uid, gid)); err != nil {
			return err
		}
	}
	cmd := exec.Command(filepath.Join(s.bin, "initdb"), "-D", data, "-U", "respon",
		"--pwfile="+secret, "-A", "scram-sha-256", "-E", "UTF8", "--locale=C", "--no-sync")
	cmd.Dir = s.home.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.cred, Pdeathsig: syscall.SIGKILL}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return nil
}

// unprivileged is the first of the users that exists, if we are root; else nil,
// for going on as whoever we are.
func unprivileged(names ...string) (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range names {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil {
			return nil, err
		}
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		if err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, fmt.Errorf("none of the users %s exists: %w", strings.Join(names, ", "), ErrMissing)
}

// Start starts a stopped or killed cluster again, on the same port.
func (s *PostgresServer) Start() (err error) {
	if s.home == nil {
		return errors.New("this PostgreSQL server is not ours to start")
	}
	_, port, err := net.SplitHostPort(s.base.Host)
	if err != nil {
		return err
	}
	argv := append([]string{filepath.Join(s.bin, "postgres"), "-p", port}, s.args...)
	if s.proc, err = s.home.start("postgres", s.cred, syscall.SIGQUIT, argv...); err != nil {
		return err
	}
	db, err := sql.Open("postgres", s.base.String())
	if err != nil {
		return err
	}
	defer db.Close()
	// Who answers to our password is our server, not a stranger on the port.
	if err := s.proc.ready(db.PingContext); err != nil {
		return errors.Join(err, s.proc.kill())
	}
	return nil
}

// Stop shuts the cluster down; connections are cut, commits are kept.
func (s *PostgresServer) Stop() error {
	if s.home == nil {
		return errors.New("this PostgreSQL server is not ours to stop")
	}
	return s.proc.stop(syscall.SIGINT)
}

// Kill ends the cluster as a crash would, in the middle of whatever it does.
func (s *PostgresServer) Kill() error {
	if s.home == nil {
		return errors.New("this PostgreSQL server is not ours to kill")
	}
	return s.proc.kill()
}

// Close ends the cluster and removes its files.
func (s *PostgresServer) Close() error {
	// Nothing is kept, so nothing need be written: SIGQUIT, not SIGINT.
	return errors.Join(s.proc.stop(syscall.SIGQUIT), s.home.close())
}

// URL is the address of a database of the cluster, for its superuser.
func (s *PostgresServer) URL(database string) string {
	u := s.base
	u.Path = "/" + database
	return u.String()
}

// Database gives the URL of a fresh, empty database, dropped after the test.
func (s *PostgresServer) Database(t testing.TB) string {
	t.Helper()
	return s.copied(t, "template0")
}

func (s *PostgresServer) copied(t testing.TB, original string) string {
	t.Helper()
	name := "test_" + strings.ToLower(rand.Text())
	if err := s.do("CREATE DATABASE " + pq.QuoteIdentifier(name) + " TEMPLATE " + original); err != nil {
		t.Fatalf("fresh database: %v", err)
	}
	t.Cleanup(func() {
		// FORCE, because a test that failed may have left connections open.
		err := s.do("DROP DATABASE IF EXISTS " + pq.QuoteIdentifier(name) + " WITH (FORCE)")
		var refused *net.OpError
		if err != nil && !errors.As(err, &refused) { // stopped by the test: gone with its files
			t.Errorf("dropping the database: %v", err)
		}
	})
	return s.URL(name)
}

// do runs one statement on a connection of its own.
func (s *PostgresServer) do(statement string) (err error) {
	db, err := sql.Open("postgres", s.base.String())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	_, err = db.ExecContext(ctx, statement)
	return err
}
