package gateway

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"respon/cmd/internal/config"
	"respon/internal/testservers"
	"respon/tickets/store/storetest"
)

func TestExamine(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, database string) {
		d := testservers.Dovecot(t, "batlia")
		mta := testservers.MaildirSMTP(t, d, "town.example")
		path := writeConfig(t, settings{database: database, dovecot: d, imapPort: d.Port, smtpHost: mta.Host, smtpPort: mta.Port, maxSize: "1MB"})
		migrated(t, path)
		words := t.TempDir()
		if err := errors.Join(os.Mkdir(filepath.Join(words, "text"), 0o755),
			os.WriteFile(filepath.Join(words, "text", "es.toml"), []byte("this is = = no TOML"), 0o644)); err != nil {
			t.Fatal(err)
		}
		elsewhere := t.TempDir()
		if err := os.WriteFile(filepath.Join(elsewhere, "es.toml"), []byte("[ack]\nintro = \"%s\"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		for name, tt := range map[string]struct {
			change func(*config.Config)
			bad    []string // state, what about, and words of the detail, of all that is not ok
		}{
			"all is well": {func(*config.Config) {}, nil},
			"a wrong password": {
				func(c *config.Config) { c.Mailbox[0].Password = "wrong" },
				[]string{"fail|mailbox support|Authentication failed"},
			},
			"no relay": {
				func(c *config.Config) { c.SMTP.Port = 1 },
				[]string{"fail|smtp|connection refused"},
			},
			"a domain that is not the relay's": {
				func(c *config.Config) { c.Gateway.Address = "batlia@other.example" },
				[]string{"fail|smtp|the relay refuses the recipient batlia@other.example"},
			},
			"a data folder that cannot be": {
				func(c *config.Config) { c.Gateway.DataDir = "/proc/respon/data" },
				[]string{"fail|data folder|cannot be made"},
			},
			"nobody to tell who wrote a mail": {
				func(c *config.Config) { c.Intake.TrustedAuthserv = nil },
				[]string{"warn|senders|no sender is checked"},
			},
			"signatures checked here": {
				func(c *config.Config) { c.Intake.TrustedAuthserv, c.Intake.VerifyDKIM = nil, true },
				nil,
			},
			"words beside their place": {
				func(c *config.Config) { c.Gateway.TemplatesDir = elsewhere },
				[]string{"warn|templates|" + filepath.Join(elsewhere, "es.toml") + " takes the place of nothing"},
			},
			"words that are no TOML": {
				func(c *config.Config) { c.Gateway.TemplatesDir = words },
				[]string{"fail|templates|" + filepath.Join(words, "text", "es.toml") + ":1"},
			},
		} {
			t.Run(name, func(t *testing.T) {
				cfg, err := config.Load(path, nil)
				if err != nil {
					t.Fatal(err)
				}
				cfg.Warnings = nil // these have a test of their own
				cfg.Intake.TrustedAuthserv = []string{"mx.town.example"}
				tt.change(cfg)
				var got []string
				for _, f := range Examine(t.Context(), cfg, time.Now) {
					if f.State == StateOK {
						continue
					}
					line := f.State + "|" + f.About + "|" + f.Detail
					if n := len(got); n < len(tt.bad) && holdsWords(line, tt.bad[n]) {
						line = tt.bad[n]
					}
					if f.Mend == "" {
						t.Errorf("no mend: %s", line)
					}
					got = append(got, line)
				}
				if d := cmp.Diff(tt.bad, got); d != "" {
					t.Errorf("-want +got\n%s", d)
				}
			})
		}
	})
}

// What is to be mended follows from what went wrong.
func TestMend(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want string
	}{
		{&net.DNSError{Err: "no such host"}, "compare host of [smtp] with the name"},
		{x509.UnknownAuthorityError{}, "ca_file of [smtp]"},
		{x509.HostnameError{Certificate: &x509.Certificate{}}, "a name that stands in the relay's certificate"},
		{x509.CertificateInvalidError{Reason: x509.Expired}, "renew the relay's certificate"},
		{tls.RecordHeaderError{Msg: "no handshake"}, `security of [smtp] to "starttls"`},
		{syscall.ECONNREFUSED, "is it running"},
		{context.DeadlineExceeded, "a firewall"},
		{errors.New("535 authentication failed"), "username and password of [smtp]"},
	} {
		if got := connectionMend(fmt.Errorf("connect: %w", tt.err), "[smtp]", "the relay's"); !strings.Contains(got, tt.want) {
			t.Errorf("%v: %s", tt.err, got)
		}
	}
	for text, want := range map[string]string{
		`pq: password authentication failed for user "respon" (28P01)`:          "password in database.url",
		`pq: database "respon" does not exist (3D000)`:                          "createdb",
		"PostgreSQL runs with fsync=off, under which a stored mail can be lost": "fsync = on",
		"dial tcp 127.0.0.1:5432: connect: connection refused":                  "is it running",
	} {
		if got := databaseMend(errors.New(text)); !strings.Contains(got, want) {
			t.Errorf("%s: %s", text, got)
		}
	}
}

// holdsWords compares state and subject whole, and the rest by its words.
func holdsWords(line, want string) bool {
	i := strings.LastIndex(want, "|") + 1
	return strings.HasPrefix(line, want[:i]) && strings.Contains(line, want[i:])
}
