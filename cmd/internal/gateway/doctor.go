package gateway

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"respon/cmd/internal/config"
	"respon/ingest"
	"respon/ingest/mailbox"
	"respon/mailer"
	"respon/templates"
	"respon/tickets/store"
)

// The states of a Finding.
const (
	StateOK   = "ok"
	StateWarn = "warn" // it works, but not as well as it could, or not safely
	StateFail = "fail" // the gateway cannot do its work
)

// Finding is what Examine found out about one thing.
type Finding struct {
	State  string `json:"state"` // ok, warn or fail
	About  string `json:"about"` // "database", "mailbox support"
	Detail string `json:"detail"`
	Mend   string `json:"mend"` // what to do; "" if it is ok
}

// checkLimit bounds each check that asks another machine.
const checkLimit = 30 * time.Second

// Examine looks whether all that a configuration names is there and works. It
// changes nothing and sends nothing.
func Examine(ctx context.Context, cfg *config.Config, now func() time.Time) []Finding {
	e := &examination{ctx: ctx, cfg: cfg, now: now}
	e.config()
	e.dataFolder()
	e.database()
	for i := range cfg.Mailbox {
		e.mailbox(&cfg.Mailbox[i])
	}
	e.smtp()
	e.senders()
	e.templates()
	e.web()
	return e.findings
}

type examination struct {
	ctx      context.Context
	cfg      *config.Config
	now      func() time.Time
	findings []Finding
}

func (e *examination) ok(about, format string, args ...any) {
	e.findings = append(e.findings, Finding{StateOK, about, fmt.Sprintf(format, args...), ""})
}

func (e *examination) warn(about, detail, mend string) {
	e.findings = append(e.findings, Finding{StateWarn, about, detail, mend})
}

func (e *examination) fail(about string, err error, mend string) {
	e.findings = append(e.findings, Finding{StateFail, about, strings.ReplaceAll(err.Error(), "\n", "; "), mend})
}

func (e *examination) config() {
	c := e.cfg
	e.ok("config", "%s: %s, %s, %s, %s", c.Path, counted(len(c.Mailbox), "mailbox", "mailboxes"), counted(len(c.Technician), "technician", "technicians"),
		counted(len(c.Category), "category", "categories"), counted(len(c.Entity), "entity", "entities"))
	for _, w := range c.Warnings {
		detail, mend, _ := strings.Cut(w.String(), "; ")
		e.warn("config", detail, mend)
	}
	e.ok("clock", "%s; all due times follow it", e.now().In(c.Gateway.Location).Format("Monday 2006-01-02 15:04:05 MST"))
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// room is how many bytes the data folder should have left.
const room = 1 << 30

func (e *examination) dataFolder() {
	dir := e.cfg.Gateway.DataDir
	info, err := os.Stat(dir)
	if errors.Is(err, os.ErrNotExist) {
		parent := filepath.Dir(dir)
		if err := writable(parent); err != nil {
			e.fail("data folder", fmt.Errorf("%s is not there and cannot be made: %w", dir, err), "make it, and give it to the user that runs respon")
			return
		}
		e.ok("data folder", "%s will be made at the first start", dir)
		return
	}
	if err == nil {
		err = writable(dir)
	}
	if err != nil {
		e.fail("data folder", err, "give it to the user that runs respon: chown "+dir)
		return
	}
	if info.Mode().Perm()&0o077 != 0 {
		e.warn("data folder", fmt.Sprintf("%s is open to others: mode %04o", dir, info.Mode().Perm()), "chmod 700 "+dir)
	}
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil {
		e.fail("data folder", err, "")
		return
	}
	free := fs.Bavail * uint64(fs.Bsize)
	if free < room {
		e.warn("data folder", fmt.Sprintf("only %d MB are left on its disk", free>>20), "make room: mails are kept whole")
		return
	}
	e.ok("data folder", "%s, %d GB free", dir, free>>30)
}

// writable tries it: permissions alone do not tell.
func writable(dir string) error {
	f, err := os.CreateTemp(dir, ".respon-doctor-*")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

func (e *examination) database() {
	if path, ok := e.cfg.Database.SQLite(); ok {
		if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
			e.ok("database", "%s will be made at the first start", e.cfg.Database)
			return
		}
	}
	ctx, cancel := context.WithTimeout(e.ctx, checkLimit)
	defer cancel()
	s, err := store.Open(ctx, string(e.cfg.Database.URL), e.now)
	if err != nil {
		e.fail("database", err, databaseMend(err))
		return
	}
	defer func() { _ = s.Close() }() // it was only read
	steps, err := s.MigrationStatus(ctx)
	if err != nil {
		e.fail("database", err, "may the user of database.url read and create tables?")
		return
	}
	pending := 0
	for _, step := range steps {
		if step.AppliedAt.IsZero() {
			pending++
		}
	}
	if pending > 0 {
		e.ok("database", "%s; %d of %d steps of the schema are applied at the next start", e.cfg.Database, pending, len(steps))
		return
	}
	e.ok("database", "%s, schema up to date", e.cfg.Database)
}

// databaseMend looks at what the database says: only one that does not answer
// may be elsewhere.
func databaseMend(err error) string {
	text := err.Error()
	switch {
	case strings.Contains(text, "(28"): // SQLSTATE class 28, invalid authorization
		return "compare the user and the password in database.url with the server's, and its pg_hba.conf"
	case strings.Contains(text, "(3D000)"):
		return "make it, with the user of database.url as its owner: createdb -O USER NAME"
	case strings.Contains(text, "fsync=off"):
		return "fsync = on in postgresql.conf, and read it again: SELECT pg_reload_conf()"
	}
	return "is it running, and does database.url say where?"
}

// connectionMend says what to look at when a mail server was not reached, did
// not answer or refused the login; section and whose are words for both sides.
func connectionMend(err error, section, whose string) string {
	var dns *net.DNSError
	var record tls.RecordHeaderError
	var unknown x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	var name x509.HostnameError
	switch text := err.Error(); {
	case errors.As(err, &dns):
		return "compare host of " + section + " with the name of " + whose + " machine"
	case errors.As(err, &unknown):
		return "name in ca_file of " + section + " the certificate of the authority that signed " + whose
	case errors.As(err, &name):
		return "write as host of " + section + " a name that stands in " + whose + " certificate"
	case errors.As(err, &invalid):
		return "renew " + whose + " certificate"
	case errors.As(err, &record):
		return "that port has no TLS from the start: set security of " + section + ` to "starttls", or take the port for TLS`
	case errors.Is(err, syscall.ECONNREFUSED):
		return "is it running, and do host and port of " + section + " say where?"
	case errors.Is(err, context.DeadlineExceeded), strings.Contains(text, "i/o timeout"):
		return "does a firewall stand between, or does that port want TLS from the start? compare host, port and security of " + section + " with " + whose
	}
	return "compare host, port, security, username and password of " + section + " with " + whose
}

func (e *examination) mailbox(m *config.Mailbox) {
	about := "mailbox " + m.Name
	box, err := mailbox.New(mailboxConfig(m, e.cfg), func(context.Context, mailbox.Item) mailbox.Verdict { return mailbox.Retry },
		ingest.Ledger{}, slog.New(slog.DiscardHandler), e.now)
	if err != nil {
		e.fail(about, err, "")
		return
	}
	ctx, cancel := context.WithTimeout(e.ctx, checkLimit)
	defer cancel()
	facts, err := box.Check(ctx)
	if err != nil {
		e.fail(about, err, connectionMend(err, "this mailbox", "the mail server's"))
		return
	}
	e.ok(about, "%s:%d, %d mails in %s", m.Host, m.Port, facts.Mails, m.Folder)
	for _, folder := range facts.Missing {
		e.ok(about, "folder %s is made when it is first needed", folder)
	}
	if !facts.UIDPlus && !facts.Move {
		e.warn(about, "the server has neither MOVE nor UIDPLUS: mails are copied, and marked as deleted", "nothing; empty the folder's trash now and then")
	}
	if !facts.Idle {
		e.warn(about, "the server has no IDLE: mails are found at each poll only", "set poll to what people should wait at most; now "+m.Poll)
	}
}

func (e *examination) smtp() {
	s := e.cfg.SMTP
	relay, err := newTransport(e.cfg, e.now)
	if err != nil {
		e.fail("smtp", err, "")
		return
	}
	ctx, cancel := context.WithTimeout(e.ctx, checkLimit)
	defer cancel()
	address := e.cfg.Gateway.Address
	if err := relay.Check(ctx, address, address); err != nil {
		mend := connectionMend(err, "[smtp]", "the relay's")
		if errors.Is(err, mailer.ErrRefused) {
			mend = "the relay must take mails to everybody from this machine, or after a login"
		}
		e.fail("smtp", err, mend)
		return
	}
	e.ok("smtp", "%s:%d takes mails from %s", s.Host, s.Port, address)
	if !e.cfg.Gateway.PlusAddressing {
		return
	}
	local, domain, _ := strings.Cut(address, "@")
	plus := local + "+doctor@" + domain
	if err := relay.Check(ctx, address, plus); err != nil {
		e.warn("plus addressing", err.Error(), "let the mail server deliver "+local+"+anything@"+domain+" to the mailbox, or set gateway.plus_addressing = false")
		return
	}
	e.ok("plus addressing", "%s is taken; that it reaches the mailbox, the first answer to a letter shows", plus)
}

// senders looks whether anything tells who really wrote a mail. The gateway works
// without, but answers technicians in a way that surprises who set it up.
func (e *examination) senders() {
	if len(e.cfg.Intake.TrustedAuthserv) > 0 || e.cfg.Intake.VerifyDKIM {
		return
	}
	e.warn("senders", "no sender is checked: trusted_authserv is empty and verify_dkim is false; a mail in a clerk's name is believed, and a technician's commands count in answers to notices only",
		"name in intake.trusted_authserv the server that writes Authentication-Results into your mails, or set intake.verify_dkim = true")
}

func (e *examination) templates() {
	if _, err := templates.Load(e.cfg.Gateway.TemplatesDir); err != nil {
		e.fail("templates", err, "mend the file, or take it away: then the built-in one counts")
		return
	}
	for _, stray := range strays(e.cfg.Gateway.TemplatesDir) {
		e.warn("templates", stray+" takes the place of nothing", "give it the name of what it is to replace: text/es.toml, mail/letter.html, page/home.html …")
	}
	e.ok("templates", "all mails and pages in all languages can be written")
}

// strays are the words in an operator's folder that stand where nobody reads
// them: with them, all seems well, and no mail has changed.
func strays(dir string) []string {
	if dir == "" {
		return nil
	}
	var found []string
	_ = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error { // the folder was read a moment ago
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		folder, ending := filepath.ToSlash(filepath.Dir(name)), filepath.Ext(name)
		switch base := strings.TrimSuffix(filepath.Base(name), ending); {
		case ending != ".toml" && ending != ".html" && ending != ".txt":
		case folder == "text" && ending == ".toml" && slices.Contains(templates.Locales[:], base):
		case folder == "mail" && ending != ".toml" && base == "letter":
		case folder == "page" && ending == ".html":
		default:
			found = append(found, path)
		}
		return nil
	})
	return found
}

func (e *examination) web() {
	l, err := new(net.ListenConfig).Listen(e.ctx, "tcp", e.cfg.Web.Listen)
	if errors.Is(err, syscall.EADDRINUSE) {
		e.warn("web", e.cfg.Web.Listen+" is taken", "nothing, if the gateway runs already; else choose another web.listen")
		return
	}
	if err != nil {
		e.fail("web", err, "choose another web.listen")
		return
	}
	if err := l.Close(); err != nil {
		e.fail("web", err, "")
		return
	}
	e.ok("web", "%s is free; links in mails begin with %s", e.cfg.Web.Listen, e.cfg.Gateway.BaseURL)
}
