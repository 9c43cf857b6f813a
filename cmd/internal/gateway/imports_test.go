package gateway

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// arrows says who may import whom, of our own packages. To add one, edit the
// table.
var arrows = map[string][]string{
	"cmd/respon": {"cmd/internal/config", "cmd/internal/gateway", "web", "ingest", "ingest/mailbox", "mailer",
		"mailer/postoffice", "tickets", "tickets/desk", "tickets/store", "tickets/token", "templates", "migrations"},
	"cmd/internal/gateway": {"cmd/internal/config", "web", "ingest", "ingest/mailbox", "mailer", "templates",
		"tickets", "tickets/desk", "tickets/store", "tickets/token"},
	"cmd/internal/config": {"tickets", "tickets/hours"},
	"web":                 {"tickets", "tickets/desk", "tickets/store", "tickets/token", "templates"},
	"ingest":              {"ingest/mailbox", "ingest/reply", "tickets", "tickets/desk", "tickets/store", "tickets/token"},
	"mailer":              {"tickets", "tickets/store", "tickets/token", "templates"},
	"tickets/desk":        {"tickets", "tickets/store"},
	"tickets/store":       {"tickets", "migrations"},
	"tickets":             {"tickets/hours"},

	"tickets/hours": nil, "tickets/hours/hourstest": nil, "tickets/token": nil, "ingest/mailbox": nil, "ingest/reply": nil,
	"templates": nil, "migrations": nil, "mailer/postoffice": nil,

	// Nothing imports these but tests, and people who run them.
	"internal/pictures":       {"mailer", "templates", "tickets", "tickets/token"},
	"internal/testservers":    {"mailer/postoffice"},
	"tickets/store/storetest": {"tickets/store", "internal/testservers"},
}

// libraries says which packages may use a library.
var libraries = map[string][]string{
	"github.com/emersion/go-imap/v2":     {"ingest/mailbox", "mailer/postoffice"},
	"github.com/emersion/go-message":     {}, // mails are read by ingest itself; only tests use either
	"github.com/jhillyerd/enmime/v2":     {},
	"github.com/emersion/go-msgauth":     {"ingest"},
	"github.com/pressly/goose/v3":        {"migrations"},
	"github.com/wneessen/go-mail":        {"mailer"},
	"github.com/emersion/go-smtp":        {"mailer/postoffice", "internal/testservers"},
	"github.com/jmoiron/sqlx":            {"tickets/store"},
	"github.com/lib/pq":                  {"tickets/store", "internal/testservers"},
	"modernc.org/sqlite":                 {"tickets/store"},
	"github.com/robfig/cron/v3":          {"cmd/internal/gateway", "cmd/internal/config", "ingest/mailbox"},
	"github.com/spf13/cobra":             {"cmd/respon"},
	"github.com/pelletier/go-toml/v2":    {"cmd/internal/config", "templates"},
	"github.com/microcosm-cc/bluemonday": {"ingest", "web"},
	"golang.org/x/oauth2":                {"ingest/mailbox"},
}

type goPackage struct {
	ImportPath string
	Imports    []string
}

func packages(t *testing.T) (list []goPackage) {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", "respon/...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return list
		} else if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
}

func TestImports(t *testing.T) {
	for _, p := range packages(t) {
		from := strings.TrimPrefix(p.ImportPath, "respon/")
		allowed, known := arrows[from]
		if !known {
			t.Errorf("package %s is not in the table", from)
		}
		for _, path := range p.Imports {
			if to, ours := strings.CutPrefix(path, "respon/"); ours && !slices.Contains(allowed, to) {
				t.Errorf("%s imports %s", from, to)
			}
		}
	}
}

func TestLibrariesStayInTheirPlaces(t *testing.T) {
	for _, p := range packages(t) {
		from := strings.TrimPrefix(p.ImportPath, "respon/")
		for _, path := range p.Imports {
			for library, places := range libraries {
				if (path == library || strings.HasPrefix(path, library+"/")) && !slices.Contains(places, from) {
					t.Errorf("%s uses %s", from, path)
				}
			}
		}
	}
}

// Nothing but the fetching of OAuth tokens talks HTTP to the outside, and
// nothing starts another program.
func TestNothingReachesOut(t *testing.T) {
	for _, p := range packages(t) {
		from := strings.TrimPrefix(p.ImportPath, "respon/")
		if slices.Contains(p.Imports, "net/http") && !slices.Contains([]string{"web", "ingest/mailbox"}, from) {
			t.Errorf("%s uses net/http", from)
		}
		if slices.Contains(p.Imports, "os/exec") && !slices.Contains([]string{"internal/testservers", "internal/pictures"}, from) {
			t.Errorf("%s uses os/exec", from)
		}
		if slices.Contains(p.Imports, "unsafe") {
			t.Errorf("%s uses unsafe", from)
		}
	}
}
