package config

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"respon/tickets/hours"
)

// Load reads and checks a file, with the environment ("NAME=value", as
// os.Environ gives it) going before it. An error is Problems, or says that the
// file cannot be read.
func Load(path string, environ []string) (*Config, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf(`%s: no such file; "respon init" writes one`, path)
	}
	if err != nil {
		return nil, plainError(err)
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	d, err := newDocument(path, filepath.Dir(abs), data, environ)
	if err != nil {
		return nil, err
	}
	c := d.read()
	c.Path = path
	if info, err := os.Stat(path); err == nil && readableByOthers(info) && len(d.inline) > 0 {
		d.warn(Place{File: path}, "", "holds a secret and is readable by others; chmod 600 %s", path)
	}
	if len(d.problems) > 0 {
		return nil, d.problems.sorted()
	}
	c.Warnings = d.warnings.sorted()
	return c, nil
}

// read goes through the tables in the order of the documentation.
func (d *document) read() *Config {
	c := &Config{
		Gateway:  readGateway(d.table("gateway")),
		Database: readDatabase(d.table("database")),
	}
	mailboxes := d.tables("mailbox")
	for _, t := range mailboxes {
		c.Mailbox = append(c.Mailbox, readMailbox(t))
	}
	smtp := d.table("smtp")
	c.SMTP = readSMTP(smtp)
	c.Web = readWeb(d.table("web"))
	intake := d.table("intake")
	c.Intake = readIntake(intake)
	entities, categories, technicians := d.tables("entity"), d.tables("category"), d.tables("technician")
	for _, t := range entities {
		c.Entity = append(c.Entity, readEntity(t))
	}
	for _, t := range categories {
		c.Category = append(c.Category, readCategory(t))
	}
	for _, t := range technicians {
		c.Technician = append(c.Technician, readTechnician(t))
	}
	c.SLA = readSLA(d.table("sla"))
	c.Hours = readHours(d.table("hours"))
	c.Limits = readLimits(d.table("limits"))
	c.Lifecycle = readLifecycle(d.table("lifecycle"))
	c.Escalation = readEscalation(d.table("escalation"))
	c.Reports = readReports(d.table("reports"))
	c.Quarantine = readQuarantine(d.table("quarantine"))

	v := validator{document: d, Config: c}
	v.gateway(d.peek("gateway"))
	v.mailboxes(mailboxes)
	v.connection(smtp, c.SMTP.Host, c.SMTP.Port, c.SMTP.Security, c.SMTP.CAFile)
	v.intake(intake)
	v.entities(entities)
	v.categories(categories)
	v.technicians(technicians)
	d.finish()
	return c
}

func readGateway(t *table) Gateway {
	defer t.close()
	madrid, err := time.LoadLocation("Europe/Madrid")
	if err != nil {
		madrid = time.UTC // cannot be: the time zones are in the program
	}
	g := Gateway{
		Address:        required(t, "address", `the address people write to, as in "ayuda@dival.example"`, parseAddress),
		Name:           parsed(t, "name", "Respon", notEmpty),
		Phone:          t.text("phone", ""),
		Prefix:         parsed(t, "prefix", "BR", parsePrefix),
		Locale:         parsed(t, "locale", Spanish, parseLocale),
		Location:       parsed(t, "time_zone", madrid, parseLocation),
		BaseURL:        parsed(t, "base_url", "http://127.0.0.1:8080", parseBaseURL),
		DataDir:        t.file("data_dir", "data"),
		TemplatesDir:   t.file("templates_dir", ""),
		Secret:         t.secret("secret"),
		Aliases:        list(t, "aliases", nil, parseAddress),
		PlusAddressing: t.flag("plus_addressing", true),
	}
	if g.DataDir == "" {
		t.fail("data_dir", `is empty; write a folder, as in "./data"`)
	}
	if info, err := os.Stat(g.TemplatesDir); g.TemplatesDir != "" && (err != nil || !info.IsDir()) {
		t.fail("templates_dir", "%q is no folder; make it, or leave the key out", cut(g.TemplatesDir))
	}
	return g
}

func readDatabase(t *table) Database {
	defer t.close()
	raw := t.text("url", "sqlite:./data/respon.db")
	if path, ok := strings.CutPrefix(raw, "sqlite:"); ok {
		path = strings.TrimPrefix(path, "//")
		if path == "" || strings.ContainsAny(path, "?#%") || strings.HasPrefix(path, ":memory:") {
			t.fail("url", `names no file; write it as "sqlite:./data/respon.db"`)
		}
		return Database{Secret("sqlite:" + t.doc.resolve(path))}
	}
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" || strings.Trim(u.Path, "/") == "" {
		// The text may hold a password and is not repeated.
		t.fail("url", `is neither a file nor a database; write "sqlite:./data/respon.db" or "postgres://user@host/name"`)
	}
	return Database{Secret(raw)}
}

func readMailbox(t *table) Mailbox {
	defer t.close()
	m := Mailbox{
		Host:       required(t, "host", `the IMAP server, as in "imap.dival.example"`, parseHost),
		Security:   parsed(t, "security", TLS, oneOf(TLS, StartTLS, NoTLS)),
		CAFile:     t.file("ca_file", ""),
		Username:   required(t, "username", "the name of the account", notEmpty),
		Password:   t.secret("password"),
		Auth:       parsed(t, "auth", Plain, oneOf(Plain, XOAuth2, OAuthBearer)),
		Folder:     parsed(t, "folder", "INBOX", notEmpty),
		Processed:  t.text("processed", "Processed"),
		Quarantine: parsed(t, "quarantine", "Quarantine", notEmpty),
		Poll:       parsed(t, "poll", "@every 1m", parseCron),
	}
	m.Name = parsed(t, "name", m.Username, notEmpty)
	usual := 143
	if m.Security == TLS {
		usual = 993
	}
	m.Port = t.integer("port", usual, 1, 65535, "143 or 993")
	oauth := t.sub("oauth2")
	if m.Auth == Plain {
		if m.Password == "" {
			t.fail("password", `missing; write it, or its file as password_file = "imap.secret"`)
		}
		if oauth.there {
			t.warn("oauth2", `is not used; auth is "plain"`)
		}
	}
	if m.Auth != Plain || oauth.there {
		m.OAuth2 = readOAuth2(oauth)
	}
	return m
}

func readOAuth2(t *table) OAuth2 {
	defer t.close()
	o := OAuth2{
		TokenURL:     required(t, "token_url", "the token endpoint of your provider", parseTokenURL),
		ClientID:     required(t, "client_id", "the id of the application at your provider", notEmpty),
		ClientSecret: t.secret("client_secret"),
		Scopes:       list(t, "scopes", nil, notEmpty),
	}
	if o.ClientSecret == "" {
		t.fail("client_secret", `missing; write it, or its file as client_secret_file = "oauth.secret"`)
	}
	return o
}

func readSMTP(t *table) SMTP {
	defer t.close()
	s := SMTP{
		Host:        required(t, "host", `the relay for outgoing mail, as in "smtp.dival.example"`, parseHost),
		Security:    parsed(t, "security", TLS, oneOf(TLS, StartTLS, NoTLS)),
		CAFile:      t.file("ca_file", ""),
		Username:    t.text("username", ""),
		Password:    t.secret("password"),
		Connections: t.integer("connections", 4, 1, 64, "4"),
	}
	usual := map[Security]int{TLS: 465, StartTLS: 587, NoTLS: 25}[s.Security]
	s.Port = t.integer("port", usual, 1, 65535, "25, 465 or 587")
	if s.Username != "" && s.Password == "" {
		t.fail("password", `missing for username %q; write it, or its file as password_file = "smtp.secret"`, cut(s.Username))
	}
	if s.Username == "" && s.Password != "" {
		t.fail("username", "missing for the password; write it, or leave both empty")
	}
	return s
}

func readWeb(t *table) Web {
	defer t.close()
	return Web{
		Listen:       parsed(t, "listen", "127.0.0.1:8080", parseListen),
		MetricsAllow: list(t, "metrics_allow", nil, parseNetwork),
	}
}

// policy gives oneOf a type for its words.
type policy string

func readIntake(t *table) Intake {
	defer t.close()
	return Intake{
		Policy:          string(parsed(t, "policy", "confirm", oneOf[policy]("open", "confirm", "entities"))),
		TrustedAuthserv: list(t, "trusted_authserv", nil, parseHost),
		VerifyDKIM:      t.flag("verify_dkim", false),
		MaxSize:         parsed(t, "max_size", 30e6, size(1000, 1e9)),
		RefusedFiles:    list(t, "refused_files", refusedFiles(), parseExtension),
	}
}

func readEntity(t *table) Entity {
	defer t.close()
	e := Entity{
		Name:    required(t, "name", `the organisation's name, as in "Ajuntament d'Alfafar"`, notEmpty),
		Domains: list(t, "domains", nil, parseDomain),
		Locale:  parsed(t, "locale", "", parseLocale),
	}
	if t.lacks("domains") {
		t.fail("domains", `names none; write what comes after the @, as in ["alfafar.example"]`)
	}
	return e
}

func readCategory(t *table) Category {
	defer t.close()
	return Category{
		ID:          required(t, "id", `a short word, as in "contabilidad"`, parseID),
		Name:        readNames(t.sub("name")),
		Aliases:     list(t, "aliases", nil, notEmpty),
		Technicians: list(t, "technicians", nil, parseID),
	}
}

// readNames takes a text in the three languages; what is missing is as in
// Spanish.
func readNames(t *table) map[string]string {
	defer t.close()
	spanish := required(t, "es", `it as { es = "Contabilidad", ca = "Comptabilitat" }`, notEmpty)
	_, short := t.values["ca"]
	_, long := t.values["ca-valencia"]
	if short && long {
		t.fail("ca", "ca-valencia says it too; keep one of them")
	}
	return map[string]string{
		Spanish:   spanish,
		Valencian: parsed(t, "ca-valencia", parsed(t, "ca", spanish, notEmpty), notEmpty),
		English:   parsed(t, "en", spanish, notEmpty),
	}
}

func readTechnician(t *table) Technician {
	defer t.close()
	return Technician{
		ID:       required(t, "id", `a short word, as in "ana"`, parseID),
		Name:     required(t, "name", `the name requesters see, as in "Ana Soler"`, notEmpty),
		Email:    required(t, "email", `the address notices go to, as in "ana@dival.example"`, parseAddress),
		Locale:   parsed(t, "locale", "", parseLocale),
		Capacity: t.integer("capacity", 20, 1, 100000, "20"),
		Default:  t.flag("default", false),
	}
}

var priorities = [...]string{"P1", "P2", "P3", "P4", "P5"}

func readSLA(t *table) map[string]Target {
	defer t.close()
	span := duration(time.Second, 10000*time.Hour)
	sla := make(map[string]Target)
	for _, p := range priorities {
		s := t.sub(p)
		target := Target{
			FirstAnswer: parsed(s, "first_answer", 0, span),
			Resolution:  parsed(s, "resolution", 0, span),
		}
		if target.Resolution > 0 && target.FirstAnswer > target.Resolution {
			s.fail("first_answer", "%s is later than the resolution, %s", short(target.FirstAnswer), short(target.Resolution))
		}
		if target != (Target{}) {
			sla[p] = target
		}
		s.close()
	}
	return sla
}

func readHours(t *table) Hours {
	defer t.close()
	h := Hours{
		Days:     list(t, "days", []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday}, hours.ParseDay),
		From:     parsed(t, "from", 8*60, hours.ParseTimeOfDay),
		To:       parsed(t, "to", 15*60, hours.ParseTimeOfDay),
		Holidays: list(t, "holidays", []string{"es", "es-vc"}, func(s string) (string, error) { return s, hours.CheckHoliday(s) }),
	}
	if len(h.Days) == 0 && t.lacks("days") {
		t.fail("days", `names none, targets would never come; write ["mon", "tue", "wed", "thu", "fri"]`)
	}
	if h.From >= h.To {
		t.fail("to", "%s is not after from, %s; targets would never come", h.To, h.From)
	}
	return h
}

func readLimits(t *table) Limits {
	defer t.close()
	minutes := func(n int) time.Duration { return time.Duration(n) * time.Minute }
	l := Limits{
		AutomaticPerSender: t.integer("automatic_per_sender", 5, 1, 1000, "5"),
		Retry: list(t, "retry", []time.Duration{minutes(1), minutes(5), minutes(15), minutes(60), minutes(180)},
			duration(time.Second, 120*time.Hour)),
	}
	if len(l.Retry) == 0 && t.lacks("retry") {
		t.fail("retry", `names none; write ["1m", "5m", "15m", "1h", "3h"]`)
	}
	return l
}

func readLifecycle(t *table) Lifecycle {
	defer t.close()
	span := duration(time.Second, 100000*time.Hour)
	return Lifecycle{
		RemindWaiting: parsed(t, "remind_waiting", 72*time.Hour, span),
		CloseResolved: parsed(t, "close_resolved", 120*time.Hour, span),
		ReopenWindow:  parsed(t, "reopen_window", 720*time.Hour, span),
	}
}

func readEscalation(t *table) Escalation {
	defer t.close()
	e := Escalation{Addresses: list(t, "addresses", nil, parseAddress), ByPriority: map[string][]string{}}
	for _, p := range priorities {
		if own := list(t, p, nil, parseAddress); own != nil {
			e.ByPriority[p] = own
		}
	}
	return e
}

func readReports(t *table) Reports {
	defer t.close()
	return Reports{To: list(t, "to", nil, parseAddress)}
}

func readQuarantine(t *table) Quarantine {
	defer t.close()
	return Quarantine{To: list(t, "to", nil, parseAddress)}
}

// refusedFiles are what a click runs as a program on the usual computers, and what
// mail servers refuse to pass on.
func refusedFiles() []string {
	return strings.Fields("exe com bat cmd scr pif cpl msi msp hta js jse vbs vbe wsf wsh ps1 jar lnk reg scf")
}

var extension = regexp.MustCompile(`^[\p{L}\p{N}_-]{1,20}$`)

// parseExtension reads the end of a file's name, with or without its dot.
func parseExtension(s string) (string, error) {
	s = strings.ToLower(strings.TrimPrefix(s, "."))
	if !extension.MatchString(s) {
		return "", fmt.Errorf("%q is no end of a file's name; one looks like \"exe\"", s)
	}
	return s, nil
}
