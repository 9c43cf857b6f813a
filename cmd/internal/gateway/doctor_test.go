package gateway

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
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

// holdsWords compares state and subject whole, and the rest by its words.
func holdsWords(line, want string) bool {
	i := strings.LastIndex(want, "|") + 1
	return strings.HasPrefix(line, want[:i]) && strings.Contains(line, want[i:])
}
