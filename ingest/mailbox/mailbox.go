// Package mailbox is where raw mails come from: IMAP accounts, mbox files, Maildirs and .eml files.
// It knows nothing of tickets; what a mail means is the Handler's business.
//
// # How a mail goes through
//
// A Mailbox watches one folder of one account. A round (imap.go) selects it, searches it for all UIDs, leaves out those
// the Ledger knows as settled, fetches the others in UID order (take.go, fetch.go) and gives them to the Handler one by
// one. What the Handler says decides what becomes of the mail:
//
//	Done        it is safely stored: it is moved to the folder Processed
//	Quarantine  it is kept, but was not understood: it is moved to the folder Quarantine
//	Retry       it stays in the folder and is offered again later
//
// Between rounds the connection idles (idle.go). IDLE is a hint, the search is the truth: one is made each minute
// whatever the server says, so that neither a forgotten notice nor a half-open connection is noticed late.
//
// # What it promises
//
// A mail is known by UIDVALIDITY and UID, never by its sequence number or by \Seen: others may read, flag, move and
// delete in the same folder. A mail is offered whole or not at all. Moving happens after settling and may fail without
// harm: the mail stays where it is, the Ledger knows it, and it is moved later. A verdict lost by a crash means that the
// mail is offered twice; that the second time does nothing is for the Handler to see to.
//
// The server is not trusted: no answer of it, and none that stays away, may end the process or stop it for good. Each
// command has a deadline that closes the connection, a panic ends the round, and after both comes a new connection.
package mailbox

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/robfig/cron/v3"
)

// Verdict says what becomes of a mail that was offered.
type Verdict int

const (
	Retry      Verdict = iota // leave it in the folder, offer it again
	Done                      // safely stored: move it to Processed
	Quarantine                // kept, but not understood: move it to Quarantine
)

func (v Verdict) String() string {
	switch v {
	case Done:
		return "done"
	case Quarantine:
		return "quarantine"
	}
	return "retry"
}

// Item is one mail.
type Item struct {
	Raw      []byte    // as it came; only the header if TooBig
	TooBig   bool      // larger than Config.MaxSize, seen before fetching
	Size     int64     // RFC822.SIZE, or the length of Raw
	Received time.Time // INTERNALDATE, or what the file says; zero if neither is to be had

	// Mailbox is the configured name, with the folder behind it ("support/Peticiones") where that is not INBOX, because
	// each folder counts UIDs for itself. It is "import" for files.
	Mailbox          string
	UIDValidity, UID uint32 // 0 for files
	Where            string // for people: "support/INBOX uid 812"

	Prepared any // whatever Config.Prepare left here
}

// Handler settles one mail. Mails of one Mailbox come one after the other, in UID order. ctx ends when the Mailbox is to
// stop; whether work begun is finished then is for the handler to decide, it is waited for. A panic counts as Retry.
type Handler func(ctx context.Context, it Item) Verdict

// Ledger is what was written down, in earlier rounds and lives, about the UIDs of a folder. The mailbox argument is
// Item.Mailbox. An error ends the round; the next one asks again.
type Ledger interface {
	// Settled says which of uids were committed before, and how. These are only moved: they are neither fetched nor
	// offered. At most a few thousand are asked for at once.
	Settled(ctx context.Context, mailbox string, validity uint32, uids []uint32) (map[uint32]Verdict, error)

	// Sighted tells what a folder held at the beginning of a round. It is called before anything of the round is
	// offered, if something is new since the last call, and once at the start.
	//
	// It is what accounting needs: another UIDVALIDITY than the one told last is a new epoch, in which everything is
	// offered anew. A UID from the last UIDNext up to this one that is neither in UIDs nor settled was taken away by
	// somebody else before it was ever seen.
	Sighted(ctx context.Context, s Sighting) error

	// Gone tells of UIDs that were sighted and never settled, and that the folder doesn't hold any more: three searches
	// in a row did not name them, or their epoch is over.
	Gone(ctx context.Context, mailbox string, validity uint32, uids []uint32) error
}

// Sighting is what a folder held at one moment.
type Sighting struct {
	Mailbox     string
	UIDValidity uint32
	UIDNext     uint32   // above all UIDs given so far; 0 only if the folder is empty and the server doesn't say
	UIDs        []uint32 // ascending; without Processed only those from the lowest one not yet settled
}

// OAuth2 describes where access tokens come from (RFC 6749, 4.4, client credentials).
type OAuth2 struct {
	TokenURL     string
	ClientID     string
	ClientSecret func() (string, error)
	Scopes       []string
}

// Config describes one mailbox.
type Config struct {
	Name     string
	Host     string
	Port     int
	Security string // tls | starttls | none; none only for loopback
	CAFile   string // PEM certificates trusted beside the system's

	Username string
	Password func() (string, error) // asked at each login, so that a changed file counts at once; for plain only
	Auth     string                 // plain | xoauth2 | oauthbearer
	OAuth2   OAuth2

	Folder     string // INBOX if empty
	Processed  string // where Done goes; "" leaves it in place
	Quarantine string // where Quarantine goes; "" leaves it in place
	Poll       string // cron spec; "@every 1m" if empty
	MaxSize    int64  // of larger mails only the header is fetched; 30 MB if 0

	// Prepare, if set, is called for each mail before it is offered, while the handler is busy with an earlier one: it
	// may parse ahead and leave the result in Prepared. It is called in order, by one goroutine. A panic is caught.
	Prepare func(*Item)

	// Jitter spreads reconnects; it gives numbers in [0, 1). math/rand/v2 if nil.
	Jitter func() float64
}

// Mailbox takes mails out of one folder. New makes it, Run works it.
type Mailbox struct {
	cfg    Config
	handle Handler
	ledger Ledger
	log    *slog.Logger
	now    func() time.Time
	poll   cron.Schedule
	key    string // Item.Mailbox
	where  string // "support/INBOX"
	login  *login
	dial   func(context.Context) (net.Conn, error)

	folder folder // what this life knows of the folder; only Run's goroutine touches it

	mu     sync.Mutex
	health error
}

const defaultMaxSize = 30 << 20

var errNotYet = errors.New("no round has been made yet")

// New checks the configuration. It doesn't connect.
func New(cfg Config, h Handler, l Ledger, log *slog.Logger, now func() time.Time) (*Mailbox, error) {
	cfg.defaults()
	if h == nil || l == nil || log == nil || now == nil {
		return nil, errors.New("mailbox: handler, ledger, log and clock are needed")
	}
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("mailbox %s: %w", cfg.Name, err)
	}
	poll, err := schedule(cfg.Poll, now())
	if err != nil {
		return nil, fmt.Errorf("mailbox %s: %w", cfg.Name, err)
	}
	secure, err := tlsConfig(cfg)
	if err != nil {
		return nil, fmt.Errorf("mailbox %s: %w", cfg.Name, err)
	}
	m := &Mailbox{
		cfg: cfg, handle: h, ledger: l, log: log.With("mailbox", cfg.Name), now: now, poll: poll,
		key: cfg.Name, where: cfg.Name + "/" + cfg.Folder,
		login:  &login{cfg: cfg, tls: secure},
		folder: newFolder(),
		health: fmt.Errorf("mailbox %s: %w", cfg.Name, errNotYet),
	}
	if !sameFolder(cfg.Folder, "INBOX") {
		m.key = m.where
	}
	m.dial = m.login.dial
	return m, nil
}

func (cfg *Config) defaults() {
	set := func(s *string, value string) {
		if *s == "" {
			*s = value
		}
	}
	set(&cfg.Security, "tls")
	set(&cfg.Auth, "plain")
	set(&cfg.Folder, "INBOX")
	set(&cfg.Poll, "@every 1m")
	if cfg.MaxSize <= 0 {
		cfg.MaxSize = defaultMaxSize
	}
	if cfg.Jitter == nil {
		cfg.Jitter = rand.Float64
	}
}

func (cfg *Config) check() error {
	if cfg.Name == "" || cfg.Host == "" || cfg.Username == "" {
		return errors.New("name, host and username are needed")
	}
	if cfg.Port < 1 || cfg.Port > 65535 {
		return fmt.Errorf("port %d is none; 993 for tls, 143 for starttls", cfg.Port)
	}
	switch cfg.Security {
	case "tls", "starttls":
	case "none":
		if !loopback(cfg.Host) {
			return fmt.Errorf("security none is for this machine only, and %s is another: use tls", cfg.Host)
		}
	default:
		return fmt.Errorf("security %q is none of tls, starttls, none", cfg.Security)
	}
	switch cfg.Auth {
	case "plain":
		if cfg.Password == nil {
			return errors.New("auth plain needs a password")
		}
	case "xoauth2", "oauthbearer":
		if cfg.OAuth2.TokenURL == "" || cfg.OAuth2.ClientID == "" || cfg.OAuth2.ClientSecret == nil {
			return fmt.Errorf("auth %s needs oauth2 with token URL, client id and client secret", cfg.Auth)
		}
	default:
		return fmt.Errorf("auth %q is none of plain, xoauth2, oauthbearer", cfg.Auth)
	}
	return cfg.checkFolders()
}

func (cfg *Config) checkFolders() error {
	for _, name := range []string{cfg.Folder, cfg.Processed, cfg.Quarantine} {
		// LIST reads * and % as wildcards, and no server keeps control characters in a name.
		if strings.ContainsFunc(name, func(r rune) bool { return r == '*' || r == '%' || r < ' ' || r == 0x7f }) {
			return fmt.Errorf("folder %q: * and %% and control characters can't be in a name", name)
		}
	}
	if sameFolder(cfg.Processed, cfg.Folder) || sameFolder(cfg.Quarantine, cfg.Folder) {
		return fmt.Errorf("folder %s is where mails come from: processed and quarantine must be others", cfg.Folder)
	}
	return nil
}

// Of all folders only INBOX is written as one likes (RFC 9051, 5.1).
func sameFolder(a, b string) bool {
	return a == b || strings.EqualFold(a, "INBOX") && strings.EqualFold(b, "INBOX")
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(strings.TrimSuffix(host, "."), "localhost") || ip != nil && ip.IsLoopback()
}

// schedule reads a cron spec and refuses one that never comes. The library panics on some specs.
func schedule(spec string, now time.Time) (s cron.Schedule, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("poll %q is no cron spec: %v", spec, v)
		}
	}()
	if s, err = cron.ParseStandard(spec); err != nil {
		return nil, fmt.Errorf("poll %q is no cron spec: %w; @every 1m?", spec, err)
	}
	if s.Next(now).IsZero() {
		return nil, fmt.Errorf("poll %q never comes; @every 1m?", spec)
	}
	return s, nil
}

func tlsConfig(cfg Config) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: cfg.Host, NextProtos: []string{"imap"}}
	if cfg.CAFile == "" {
		return c, nil
	}
	pem, err := os.ReadFile(cfg.CAFile)
	if err != nil {
		return nil, fmt.Errorf("read CA file: %w", err)
	}
	if c.RootCAs, err = x509.SystemCertPool(); err != nil {
		c.RootCAs = x509.NewCertPool() // a machine without certificates of its own
	}
	if !c.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("CA file %s holds no PEM certificate", cfg.CAFile)
	}
	return c, nil
}

// Health is nil while the last round went well; otherwise it says why not.
func (m *Mailbox) Health() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.health
}

func (m *Mailbox) setHealth(err error) {
	if err != nil {
		err = fmt.Errorf("mailbox %s: %w", m.cfg.Name, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.health = err
}
