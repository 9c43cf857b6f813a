// Package config reads respon.toml.
//
// Load takes the file, lets the environment override it, fetches secrets out of
// their own files, and checks everything before anything starts. It does not
// stop at the first mistake: an operator gets all of them at once, each in one
// line that names the place, the key, what is wrong and what would be right:
//
//	respon.toml:14: mailbox.port: "imap" is no number; 143 or 993?
//
// What is odd but not wrong is a warning, in Config.Warnings.
//
// The values are typed and finished: durations are durations, relative paths
// have become paths from the file's folder, addresses are in the one form that
// is safe to write to. Nobody further in needs to look at them again.
package config

import (
	"encoding/base64"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"respon/tickets/hours"
)

// The names of the languages.
const (
	Spanish   = "es"
	Valencian = "ca-valencia"
	English   = "en"
)

// Config is all that an operator decides.
type Config struct {
	Path     string // of the file
	Warnings []Problem

	Gateway    Gateway
	Database   Database
	Mailbox    []Mailbox
	SMTP       SMTP
	Web        Web
	Intake     Intake
	Entity     []Entity
	Category   []Category
	Technician []Technician
	SLA        map[string]Target // "P1" … "P5"; a priority without targets is missing
	Hours      Hours
	Limits     Limits
	Lifecycle  Lifecycle
	Escalation Escalation
	Reports    Reports
	Quarantine Quarantine
}

// Gateway is how respon itself appears.
type Gateway struct {
	Address        string
	Name           string
	Phone          string
	Prefix         string
	Locale         string
	Location       *time.Location
	BaseURL        string // without a slash at the end
	DataDir        string
	TemplatesDir   string // the operator's own words; "" for none
	Secret         Secret // base64; Key gives the bytes
	Aliases        []string
	PlusAddressing bool
}

// Key is what signs tokens and links: the decoded secret.
func (g Gateway) Key() []byte {
	key, err := decodeSecret(string(g.Secret))
	if err != nil {
		return nil // Load has refused it
	}
	return key
}

// Database says where the tickets are.
type Database struct {
	URL Secret // "sqlite:PATH" or a postgres URL, which may hold a password
}

// SQLite returns the file's path, if that is the database.
func (d Database) SQLite() (path string, ok bool) {
	return strings.CutPrefix(string(d.URL), "sqlite:")
}

// String shows the URL without its password.
func (d Database) String() string {
	if _, ok := d.SQLite(); ok {
		return string(d.URL)
	}
	u, err := url.Parse(string(d.URL))
	if err != nil {
		return masked
	}
	q := u.Query()
	for _, key := range []string{"password", "sslpassword"} {
		if q.Has(key) {
			q.Set(key, masked)
		}
	}
	u.RawQuery = q.Encode()
	return u.Redacted()
}

// Security says how a connection is protected.
type Security string

// The kinds of protection.
const (
	TLS      Security = "tls"      // from the first byte
	StartTLS Security = "starttls" // before the login
	NoTLS    Security = "none"     // on loopback only
)

// Auth says how a mailbox is logged into.
type Auth string

// The kinds of login.
const (
	Plain       Auth = "plain"
	XOAuth2     Auth = "xoauth2"
	OAuthBearer Auth = "oauthbearer"
)

// Mailbox is an IMAP account that mails are taken from.
type Mailbox struct {
	Name       string
	Host       string
	Port       int
	Security   Security
	CAFile     string // of an authority of one's own; "" for the system's
	Username   string
	Password   Secret
	Auth       Auth
	OAuth2     OAuth2 // unless Auth is Plain
	Folder     string
	Processed  string // "" leaves mails where they are
	Quarantine string
	Poll       string // a cron spec
}

// OAuth2 is where access tokens come from.
type OAuth2 struct {
	TokenURL     string
	ClientID     string
	ClientSecret Secret
	Scopes       []string
}

// SMTP is the relay that mails go to.
type SMTP struct {
	Host        string
	Port        int
	Security    Security
	CAFile      string
	Username    string // "" for no login
	Password    Secret
	Connections int
}

// Web is the web page.
type Web struct {
	Listen       string
	MetricsAllow []netip.Prefix // beside loopback
}

// Intake says whose mails are taken.
type Intake struct {
	Policy          string // "open", "confirm" or "entities"
	TrustedAuthserv []string
	VerifyDKIM      bool     // check signatures ourselves, by asking the DNS
	MaxSize         int64    // bytes
	RefusedFiles    []string // ends of names, in lower case without a dot
}

// Entity is an organisation whose people may write.
type Entity struct {
	Name    string
	Domains []string // lower case
	Locale  string   // "" for the gateway's
}

// Category is a field of work.
type Category struct {
	ID          string
	Name        map[string]string // by language, all of them
	Aliases     []string
	Technicians []string // ids
}

// Technician is somebody who answers.
type Technician struct {
	ID       string
	Name     string
	Email    string
	Locale   string // "" for the gateway's
	Capacity int
	Default  bool
}

// Target is the promise for a priority, in business time; zero for none.
type Target struct {
	FirstAnswer time.Duration
	Resolution  time.Duration
}

// Hours are the business hours.
type Hours struct {
	Days     []time.Weekday
	From, To hours.TimeOfDay
	Holidays []string
}

// Calendar of the business hours, by the gateway's clock.
func (c *Config) Calendar() (*hours.Calendar, error) {
	return hours.New(hours.Spec{
		Days: c.Hours.Days, From: c.Hours.From, To: c.Hours.To,
		Holidays: c.Hours.Holidays, Location: c.Gateway.Location,
	})
}

// Limits keep robots from talking for long.
type Limits struct {
	AutomaticPerSender int
	Retry              []time.Duration
}

// Lifecycle says when silence moves a ticket.
type Lifecycle struct {
	RemindWaiting time.Duration
	CloseResolved time.Duration
	ReopenWindow  time.Duration
}

// Escalation says who else is told when a target was missed.
type Escalation struct {
	Addresses  []string            // of any priority that has no list of its own
	ByPriority map[string][]string // "P1" … "P5"; an empty list tells nobody
}

// For gives the addresses for a priority.
func (e Escalation) For(priority string) []string {
	if own, ok := e.ByPriority[priority]; ok {
		return own
	}
	return e.Addresses
}

// Quarantine says who is told of mails that could not be processed, and may
// decide about them by mail.
type Quarantine struct {
	To []string // nobody if empty
}

// Reports says who is told how the desk does.
type Reports struct {
	To []string // of the weekly report; nobody if empty
}

// decodeSecret takes all four spellings of base64: people generate secrets with
// whatever tool is at hand.
func decodeSecret(s string) ([]byte, error) {
	s = strings.TrimRight(s, "=")
	if strings.ContainsAny(s, "-_") {
		return base64.RawURLEncoding.DecodeString(s)
	}
	return base64.RawStdEncoding.DecodeString(s)
}
