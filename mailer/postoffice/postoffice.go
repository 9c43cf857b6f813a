// Package postoffice is a mail server inside the process: SMTP takes mails in,
// IMAP shows them. The demo runs on it, and tests do, since whatever can go
// wrong with a mail server goes wrong here on demand.
//
// A mail comes in by SMTP (smtp.go), where each recipient must be an account's
// address, with or without a +detail, and is put into that account's INBOX with
// the lines a mail server adds. IMAP (imap.go) gives it out; the folders live in
// memory, made by the library go-imap and mended where it errs. Faults
// (faults.go) are planned by tests and played at named points of the dialogues:
// a temporary refusal, a cut before or after the deed, a server that never
// answers. The listener (gate.go) is where connections are cut.
//
//	office, err := postoffice.Start(postoffice.Options{
//		Accounts: []postoffice.Account{{Address: "ana@dival.example", Password: "…"}},
//		Now:      time.Now,
//	})
//	full := office.Fault(postoffice.Fault{At: postoffice.SMTPData, Answer: "452 4.3.1 disk full", Times: 2})
//
// It listens on loopback only, without TLS, and forgets everything when closed.
package postoffice

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
)

// An Account is a person's, or the gateway's, mailbox.
type Account struct {
	Address  string // mails to it, and to its local+detail@domain, come here
	User     string // the name to log in with; the address if empty
	Password string
	Name     string // of the person, for who prints it; the office needs none
}

// Options are for Start.
type Options struct {
	Accounts []Account
	// SMTPAddr and IMAPAddr are loopback addresses; free ports of 127.0.0.1 if
	// empty.
	SMTPAddr, IMAPAddr string
	// SMTPListener and IMAPListener, if not nil, are used instead: a simulation
	// has connections that are no sockets.
	SMTPListener, IMAPListener net.Listener
	// Hostname is in greetings and Received lines; "localhost" if empty.
	Hostname string
	// RequireAuth refuses mails from clients that did not log in.
	RequireAuth bool
	// MaxSize of a mail that SMTP takes, in bytes; 64 MiB if 0.
	MaxSize int64
	// Without takes away capabilities of IMAP: "MOVE", "UIDPLUS".
	Without []string
	// Now is the clock for the times of mails. Required.
	Now func() time.Time
	// Log takes the complaints of the servers, at debug level. May be nil.
	Log *slog.Logger
}

// A PostOffice is open from Start to Close.
type PostOffice struct {
	accounts []Account
	boxes    map[string]*mailbox // by lower-case address
	hostname string
	now      func() time.Time
	validity atomic.Uint32 // added to every UIDVALIDITY

	smtp  *SMTP
	imap  *imapServer
	inner *inner // for looking into mailboxes
}

// A mailbox is what an account has.
type mailbox struct {
	account Account
	user    *imapmemserver.User
	copying sync.Mutex // see imapSession.copy
}

// Start opens a post office.
func Start(o Options) (_ *PostOffice, err error) {
	p := &PostOffice{accounts: o.Accounts, boxes: map[string]*mailbox{}, hostname: o.Hostname, now: o.Now}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("start post office: %w", err), p.Close())
		}
	}()
	if o.Now == nil {
		return nil, errors.New("no clock")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if p.hostname == "" {
		p.hostname = "localhost"
	}
	for _, a := range o.Accounts {
		if err := p.add(a); err != nil {
			return nil, err
		}
	}
	// As RFC 3501, section 2.3.1.1 recommends: greater in each later office.
	p.validity.Store(uint32(o.Now().Unix()))
	p.inner = startInner(p, o.Log)
	g, err := listen(o.IMAPListener, o.IMAPAddr, &plan{}, IMAPConnect, "* BYE %s\r\n")
	if err != nil {
		return nil, err
	}
	p.imap = serveIMAP(p, g, capabilities(o.Without), o.Log)
	p.smtp, err = StartSMTP(SMTPOptions{
		Addr:        o.SMTPAddr,
		Listener:    o.SMTPListener,
		Hostname:    p.hostname,
		Login:       func(user, password string) bool { return p.login(user, password) != nil },
		RequireAuth: o.RequireAuth,
		MaxSize:     o.MaxSize,
		Route:       func(to string) bool { return p.route(to) != nil },
		Deliver:     p.deliver,
		Log:         o.Log,
	})
	if err != nil {
		return nil, err
	}
	return p, nil
}

// add makes an account's mailbox with its INBOX.
func (p *PostOffice) add(a Account) error {
	if a.User == "" {
		a.User = a.Address
	}
	local, domain, ok := strings.Cut(a.Address, "@")
	if !ok || local == "" || domain == "" || a.Password == "" {
		return fmt.Errorf("account %q: wants an address and a password", a.Address)
	}
	for _, other := range p.boxes {
		if strings.EqualFold(other.account.Address, a.Address) || strings.EqualFold(other.account.User, a.User) {
			return fmt.Errorf("account %q: address or user is another account's", a.Address)
		}
	}
	box := &mailbox{account: a, user: imapmemserver.NewUser(a.User, a.Password)}
	if err := errors.Join(box.user.Create(inbox, nil), box.user.Subscribe(inbox)); err != nil {
		return err
	}
	p.boxes[strings.ToLower(a.Address)] = box
	return nil
}

// Accounts are those the office was opened with.
func (p *PostOffice) Accounts() []Account { return p.accounts }

// SMTPAddr is host and port of the SMTP server.
func (p *PostOffice) SMTPAddr() string { return p.smtp.Addr() }

// IMAPAddr is host and port of the IMAP server.
func (p *PostOffice) IMAPAddr() string { return p.imap.gate.Addr().String() }

// Fault makes something go wrong, from now on.
func (p *PostOffice) Fault(f Fault) *Planned {
	if strings.HasPrefix(string(f.At), "smtp") {
		return p.smtp.Fault(f)
	}
	return p.imap.gate.plan.add(f)
}

// Cut closes all connections, now; new ones are welcome.
func (p *PostOffice) Cut() {
	p.smtp.Cut()
	p.imap.gate.cutAll()
}

// Renumber changes every folder's UIDVALIDITY, which says that all UIDs known
// so far are void. Folders that clients have open keep theirs until they are
// opened again.
func (p *PostOffice) Renumber() { p.validity.Add(1 << 16) }

// Close ends both servers and waits for their connections.
func (p *PostOffice) Close() error {
	var errs []error
	if p.smtp != nil {
		errs = append(errs, p.smtp.Close())
	}
	if p.imap != nil {
		errs = append(errs, p.imap.close())
	}
	if p.inner != nil {
		errs = append(errs, p.inner.close())
	}
	return errors.Join(errs...)
}

// route finds the mailbox of a recipient; nil if there is none. An address of
// an account's own comes before one with a detail.
func (p *PostOffice) route(address string) *mailbox {
	address = strings.ToLower(address)
	if box := p.boxes[address]; box != nil {
		return box
	}
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return nil
	}
	local, _, _ := strings.Cut(address[:at], "+")
	return p.boxes[local+address[at:]]
}

// login finds the mailbox of a user, or address, with the right password.
func (p *PostOffice) login(user, password string) *mailbox {
	for _, box := range p.boxes {
		if strings.EqualFold(box.account.User, user) || strings.EqualFold(box.account.Address, user) {
			if same(box.account.Password, password) {
				return box
			}
		}
	}
	return nil
}

// named finds the mailbox of a user, or address.
func (p *PostOffice) named(user string) (*mailbox, error) {
	for _, box := range p.boxes {
		if strings.EqualFold(box.account.User, user) || strings.EqualFold(box.account.Address, user) {
			return box, nil
		}
	}
	return nil, fmt.Errorf("no user %q", user)
}

// deliver puts a mail into the INBOX of each recipient, with the lines on top
// that Postfix adds: they are all that is left of the envelope.
func (p *PostOffice) deliver(e Envelope) error {
	now := p.now()
	with := "ESMTP"
	if e.Login != "" {
		with = "ESMTPA" // RFC 3848
	}
	for _, to := range e.To {
		box := p.route(to)
		if box == nil {
			return fmt.Errorf("no account for %s", to)
		}
		var raw bytes.Buffer
		fmt.Fprintf(&raw, "Return-Path: <%s>\r\n", e.From)
		fmt.Fprintf(&raw, "Delivered-To: %s\r\n", to)
		fmt.Fprintf(&raw, "Received: from %s by %s with %s\r\n\tfor <%s>; %s\r\n",
			e.Hello, p.hostname, with, to, now.Format(time.RFC1123Z))
		raw.Write(e.Raw)
		if err := box.append(inbox, raw.Bytes(), now); err != nil {
			return err
		}
	}
	return nil
}

// append stores a mail in a folder.
func (b *mailbox) append(folder string, raw []byte, at time.Time) error {
	_, err := b.user.Append(folder, literal{bytes.NewReader(raw)}, &imap.AppendOptions{Time: at})
	return err
}

// A literal is a mail as the library wants it.
type literal struct{ *bytes.Reader }

// Size is the length of the mail.
func (l literal) Size() int64 { return l.Reader.Size() }
