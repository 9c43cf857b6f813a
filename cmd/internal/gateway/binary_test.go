package gateway

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"respon/internal/testservers"
)

// What is killed and what is measured is the program as it is built, in a
// process of its own.

// binary builds the program, once for all tests.
var binary = sync.OnceValues(func() (string, error) {
	path := filepath.Join(binaryDir(), "respon")
	args := []string{"build", "-o", path}
	if raceEnabled {
		args = append(args, "-race") // its reports end the program with an exit code that the tests see
	}
	out, err := exec.Command("go", append(args, "respon/cmd/respon")...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
})

func binaryDir() string {
	return filepath.Join(os.TempDir(), fmt.Sprintf("respon-built-%d", os.Getpid()))
}

func TestMain(m *testing.M) {
	code := m.Run()
	if err := os.RemoveAll(binaryDir()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// settings are what differs between the gateways of these tests.
type settings struct {
	database string
	dovecot  *testservers.DovecotServer
	imapPort int
	smtpHost string
	smtpPort int
	maxSize  string
}

// writeConfig writes a configuration into a folder of its own, and gives its path.
func writeConfig(t testing.TB, s settings) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "respon.toml")
	text := fmt.Sprintf(`
[gateway]
address  = "batlia@town.example"
name     = "Batlia"
secret   = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
[database]
url = %q
[[mailbox]]
name = "support"
host = %q
port = %d
security = "none"
username = "batlia"
password = %q
[smtp]
host = %q
port = %d
security = "none"
[web]
listen = "127.0.0.1:0"
[intake]
policy = "open"
trusted_authserv = []
max_size = %q
[hours]
days = [%q]
[[entity]]
name = "Alfafar"
domains = ["alfafar.example"]
[[technician]]
id = "ana"
name = "Ana"
email = "ana@town.example"
default = true
[[technician]]
id = "pere"
name = "Pere"
email = "pere@town.example"
`, s.database, s.dovecot.Host, s.imapPort, s.dovecot.Password("batlia"), s.smtpHost, s.smtpPort, s.maxSize, farDay())
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// farDay is a day of the week that is days away, before and after. An office that is
// open on it alone writes no list of the morning while a test counts letters.
func farDay() string {
	return strings.ToLower(time.Now().AddDate(0, 0, 3).Weekday().String()[:3])
}

const patience = time.Minute

// served is a running "respon serve".
type served struct {
	testing.TB
	cmd *exec.Cmd
	log logged
}

// logged is what a process has said so far.
type logged struct {
	mu   sync.Mutex
	text []byte
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, b...)
	return len(b), nil
}

func (l *logged) contains(s string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return bytes.Contains(l.text, []byte(s))
}

// tail is what it said last.
func (l *logged) tail() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.text[max(0, len(l.text)-4<<10):])
}

// serve starts the built program. Whatever becomes of the test, it ends with it.
func serve(t testing.TB, config string) *served {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	s := &served{TB: t, cmd: exec.Command(path, "serve", "-c", config)}
	s.cmd.Stderr = &s.log
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if s.cmd.ProcessState == nil {
			s.kill()
		}
		if t.Failed() {
			t.Logf("the end of its log:\n%s", s.log.tail())
		}
	})
	return s
}

// kill ends the process as a power cut would end it.
func (s *served) kill() {
	s.Helper()
	if err := s.cmd.Process.Kill(); err != nil {
		s.Fatalf("it was gone before it was killed: %v\n%s", err, s.log.tail())
	}
	var exit *exec.ExitError
	if err := s.cmd.Wait(); err != nil && !errors.As(err, &exit) {
		s.Fatal(err)
	}
}

// up waits until the gateway says that it runs.
func (s *served) up() {
	s.Helper()
	eventually(s, patience, "the start of the gateway", func() bool { return s.log.contains("respon runs") })
}

// stop asks the gateway to end, and waits until it has.
func (s *served) stop() {
	s.Helper()
	s.up()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		s.Fatalf("stop: %v\n%s", err, s.log.tail())
	}
	force := time.AfterFunc(patience, func() { _ = s.cmd.Process.Kill() }) // gone meanwhile is as good
	defer force.Stop()
	if err := s.cmd.Wait(); err != nil {
		s.Errorf("the gateway ended with %v", err)
	}
}

// eventually asks again and again until the answer is yes.
func eventually(t testing.TB, limit time.Duration, what string, ask func() bool) {
	t.Helper()
	eventuallyEvery(t, 10*time.Millisecond, limit, what, ask)
}

// eventuallyEvery asks less often, where asking takes time from what is measured.
func eventuallyEvery(t testing.TB, pause, limit time.Duration, what string, ask func() bool) {
	t.Helper()
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for deadline := time.Now().Add(limit); !ask(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %s", what, limit)
		}
	}
}

// migrated brings the database of a configuration up to date.
func migrated(t testing.TB, config string) {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(path, "migrate", "-c", config).CombinedOutput(); err != nil {
		t.Fatalf("migrate: %v\n%s", err, out)
	}
}
