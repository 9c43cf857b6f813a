package config

import (
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "rewrite the expected errors in testdata")

// random is 32 bytes that no one uses.
const random = "3q2+7wABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhs="

const minimal = `[gateway]
address = "ayuda@dival.example"
secret = "` + random + `"
[[mailbox]]
host = "127.0.0.1"
security = "none"
username = "ayuda"
password = "hidden"
[smtp]
host = "127.0.0.1"
security = "none"
[[technician]]
id = "ana"
name = "Ana Soler"
email = "ana@dival.example"
default = true
`

// write puts a file into a fresh folder.
func write(t testing.TB, name, text string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func load(t testing.TB, text string, environ ...string) *Config {
	t.Helper()
	c, err := Load(write(t, "respon.toml", text, 0o600), environ)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestBad reads the bad configurations of testdata and compares the errors,
// word for word.
func TestBad(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.txtar")
	if err != nil || len(files) < 40 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			path := write(t, "respon.toml", string(ar.Files[0].Data), 0o600)
			_, err = Load(path, nil)
			if err == nil {
				t.Fatal("taken as good")
			}
			dir := filepath.Dir(path)
			got := strings.ReplaceAll(err.Error()+"\n", dir+"/", "")
			if *update {
				ar.Files[1].Data = []byte(got)
				if err := os.WriteFile(file, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(got, string(ar.Files[1].Data)); diff != "" {
				t.Errorf("errors (-got +want):\n%s", diff)
			}
			if strings.Contains(got, "hidden") {
				t.Errorf("a secret is shown: %s", got)
			}
		})
	}
}

func TestSample(t *testing.T) {
	c := load(t, string(Sample(random)))
	if len(c.Warnings) > 0 {
		t.Errorf("warnings: %v", c.Warnings)
	}
	if len(c.Gateway.Key()) != 32 || len(c.SLA) != 5 || len(c.Technician) != 2 || c.Intake.MaxSize != 30e6 {
		t.Errorf("sample reads as %+v", c)
	}
	// The sample shows every key there is but those it only mentions.
	for _, key := range []string{"templates_dir", "ca_file", "[mailbox.oauth2]", "token_url", "client_id", "client_secret_file",
		"scopes", "P1 =", "automatic_per_sender", "trusted_authserv", "plus_addressing", "reopen_window", "holidays"} {
		if !strings.Contains(sample, key) {
			t.Errorf("%s is not in the sample", key)
		}
	}
}

func TestDefaults(t *testing.T) {
	path := write(t, "respon.toml", minimal, 0o600)
	c, err := Load(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Dir(path)
	if got, want := c.Gateway.DataDir, filepath.Join(dir, "data"); got != want {
		t.Errorf("data_dir %s, want %s", got, want)
	}
	if got, ok := c.Database.SQLite(); !ok || got != filepath.Join(dir, "data/respon.db") {
		t.Errorf("database %s", got)
	}
	m := c.Mailbox[0]
	if m.Name != "ayuda" || m.Port != 143 || m.Folder != "INBOX" || m.Processed != "Processed" || m.Poll != "@every 1m" || m.Auth != Plain {
		t.Errorf("mailbox %+v", m)
	}
	want := Limits{AutomaticPerSender: 5, Retry: []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 3 * time.Hour}}
	if diff := cmp.Diff(c.Limits, want); diff != "" {
		t.Error(diff)
	}
	if c.SMTP.Port != 25 || c.Gateway.Locale != Spanish || !c.Gateway.PlusAddressing || c.Intake.Policy != "confirm" {
		t.Errorf("%+v", c)
	}
	if cal, err := c.Calendar(); err != nil || !cal.Open(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)) {
		t.Errorf("calendar: %v", err)
	}
	if len(c.Warnings) > 0 {
		t.Errorf("warnings: %v", c.Warnings)
	}
}

// TestValues reads each unusual spelling once.
func TestValues(t *testing.T) {
	c := load(t, minimal+`
[web]
metrics_allow = ["10.1.2.3/8", "::1"]
[intake]
max_size = "20 MiB"
trusted_authserv = ["mx.dival.example"]
[[entity]]
name = "Ajuntament d'Alfafar"
domains = ["Alfafar.Example", "españa.example"]
locale = "CA-Valencia"
[[category]]
id = "conta"
name = { es = "Contabilidad", ca = "Comptabilitat" }
technicians = ["ana"]
[escalation]
addresses = ["jefa@dival.example"]
P1 = ["guardia@dival.example"]
P5 = []
[reports]
to = ["jefa@dival.example", "ana@dival.example"]
[quarantine]
to = ["Sistemas@dival.example"]
`)
	if c.Intake.MaxSize != 20<<20 || c.Entity[0].Domains[0] != "alfafar.example" || c.Entity[0].Locale != Valencian {
		t.Errorf("%+v", c)
	}
	if got := fmt.Sprint(c.Reports.To); got != "[jefa@dival.example ana@dival.example]" {
		t.Errorf("reports to %s", got)
	}
	if got := fmt.Sprint(c.Quarantine.To); got != "[Sistemas@dival.example]" {
		t.Errorf("quarantine to %s", got)
	}
	if got := fmt.Sprint(c.Web.MetricsAllow); got != "[10.0.0.0/8 ::1/128]" {
		t.Errorf("networks %s", got)
	}
	if got, want := c.Category[0].Name, map[string]string{Spanish: "Contabilidad", Valencian: "Comptabilitat", English: "Contabilidad"}; !cmp.Equal(got, want) {
		t.Errorf("names %v", got)
	}
	for p, want := range map[string]string{"P1": "[guardia@dival.example]", "P2": "[jefa@dival.example]", "P5": "[]"} {
		if got := fmt.Sprint(c.Escalation.For(p)); got != want {
			t.Errorf("escalation of %s: %s, want %s", p, got, want)
		}
	}
}

func TestEnvironment(t *testing.T) {
	c := load(t, minimal,
		"RESPON_GATEWAY_ADDRESS=otra@dival.example", "RESPON_GATEWAY_ALIASES=a@dival.example, b@dival.example",
		"RESPON_GATEWAY_PLUS_ADDRESSING=false", "RESPON_SMTP_PORT=2525", "RESPON_SLA_P1_RESOLUTION=4h",
		"RESPON_SMTP_PASSWORD=", "RESPON_TEST_REQUIRE=all", "PATH=/bin", "RESPON_SMTP_PROT=1")
	if c.Gateway.Address != "otra@dival.example" || len(c.Gateway.Aliases) != 2 || c.Gateway.PlusAddressing ||
		c.SMTP.Port != 2525 || c.SLA["P1"].Resolution != 4*time.Hour {
		t.Errorf("%+v", c)
	}
	want := "RESPON_SMTP_PROT: unknown variable; did you mean RESPON_SMTP_PORT?"
	if got := fmt.Sprint(c.Warnings); got != "["+want+"]" {
		t.Errorf("warnings %s", got)
	}
	_, err := Load(c.Path, []string{"RESPON_SMTP_PORT=smtp"})
	if want := `RESPON_SMTP_PORT: smtp.port: "smtp" is no number; 25, 465 or 587?`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestSecretFiles(t *testing.T) {
	path := write(t, "respon.toml", strings.ReplaceAll(strings.ReplaceAll(minimal,
		`password = "hidden"`, `password_file = "imap.secret"`), `secret = "`+random+`"`, `secret_file = "main.secret"`), 0o600)
	dir := filepath.Dir(path)
	for name, text := range map[string]string{"imap.secret": "from file\n", "main.secret": random + "\r\n", "other": "else"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, err := Load(path, []string{"RESPON_SMTP_USERNAME=u", "RESPON_SMTP_PASSWORD_FILE=other"})
	if err != nil {
		t.Fatal(err)
	}
	if c.Mailbox[0].Password != "from file" || len(c.Gateway.Key()) != 32 || c.SMTP.Password != "else" || len(c.Warnings) > 0 {
		t.Errorf("secrets differ from their files; warnings %v", c.Warnings)
	}
	// The environment goes before the file, whichever of the twins it uses.
	c, err = Load(path, []string{"RESPON_GATEWAY_SECRET=" + strings.ToLower(random[:8]) + random[8:]})
	if err != nil || string(c.Gateway.Secret) == random {
		t.Errorf("environment ignored: %v", err)
	}
	if err := os.Chmod(filepath.Join(dir, "imap.secret"), 0o644); err != nil {
		t.Fatal(err)
	}
	c, err = Load(path, nil)
	if err != nil || len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0].String(), ":8: mailbox.password_file: ") {
		t.Errorf("readable secret: %v, %v", c, err)
	}
	if err := os.Remove(filepath.Join(dir, "main.secret")); err != nil {
		t.Fatal(err)
	}
	if _, err = Load(path, nil); err == nil || !strings.Contains(err.Error(), ":3: gateway.secret_file: ") {
		t.Errorf("missing file: %v", err)
	}
}

func TestWarnings(t *testing.T) {
	path := write(t, "respon.toml", strings.Replace(minimal, "default = true\n", "", 1)+`
[intake]
policy = "entities"
[web]
listen = ":8080"
`, 0o644)
	c, err := Load(path, []string{"RESPON_GATEWAY_BASE_URL=http://respon.dival.example/"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, w := range c.Warnings {
		got = append(got, strings.ReplaceAll(w.String(), path, "respon.toml"))
	}
	want := []string{
		`respon.toml:12: technician.default: nobody has it, tickets that no category claims go to all; write default = true for one`,
		`respon.toml:18: intake.policy: "entities" lets nobody in while there is no [[entity]]`,
		`RESPON_GATEWAY_BASE_URL: gateway.base_url: links with tokens would travel unprotected; use https`,
		`respon.toml: holds a secret and is readable by others; chmod 600 respon.toml`,
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("warnings (-got +want):\n%s", diff)
	}
	if c.Gateway.BaseURL != "http://respon.dival.example" {
		t.Errorf("base_url %s", c.Gateway.BaseURL)
	}
}

func TestSecretsAreNotShown(t *testing.T) {
	c := load(t, minimal+"[database]\nurl = \"postgres://u:hidden@db/respon?password=hidden\"\n")
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("config", "smtp", c.Mailbox[0].Password, "all", c)
	js, err := json.Marshal(c.Mailbox)
	if err != nil {
		t.Fatal(err)
	}
	shown := fmt.Sprintf("%v %+v %#v %s %s %s %s", c, c, c.Mailbox[0], c.Mailbox[0].Password, js, log.String(), c.Database)
	if strings.Contains(shown, "hidden") || !strings.Contains(shown, masked) {
		t.Errorf("shown: %s", shown)
	}
	if string(c.Mailbox[0].Password) != "hidden" {
		t.Error("the secret itself is gone")
	}
}

func TestNoFile(t *testing.T) {
	_, err := Load("testdata/none.toml", nil)
	if want := `testdata/none.toml: no such file; "respon init" writes one`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if _, err := Load("testdata", nil); err == nil || strings.Contains(err.Error(), "\n") {
		t.Errorf("a folder: %v", err)
	}
}

// FuzzLoad: never a panic; what is refused is refused in printable lines.
func FuzzLoad(f *testing.F) {
	f.Add([]byte(minimal))
	f.Add(Sample(random))
	files, err := filepath.Glob("testdata/bad/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(ar.Files[0].Data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := newDocument("respon.toml", "testdata", data, []string{"RESPON_SMTP_PORT=25"})
		if err == nil {
			if d.read(); len(d.problems) == 0 {
				return
			}
			err = d.problems.sorted()
		}
		for line := range strings.SplitSeq(err.Error(), "\n") {
			if !strings.HasPrefix(line, "respon.toml") && !strings.HasPrefix(line, "RESPON_") {
				t.Errorf("no place: %q", line)
			}
			for _, r := range line {
				if r < ' ' || r == 0x7f || r == '\ufffd' {
					t.Fatalf("not printable: %q", line)
				}
			}
		}
	})
}
