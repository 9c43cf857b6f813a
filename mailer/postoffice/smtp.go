package postoffice

import (
	"bytes"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

const (
	// maxSize is larger than what a gateway accepts, so that too large a mail
	// can reach it.
	maxSize       = 64 << 20
	maxRecipients = 100
	// maxLine is far above the standard's 1000 (RFC 5321, section 4.5.3.1.6):
	// strange mails are welcome here, they are what tests are made of.
	maxLine = 1 << 20
	// patience is what a client gets for its next command.
	patience = 5 * time.Minute
)

// SMTPOptions are for StartSMTP.
type SMTPOptions struct {
	// Addr is a loopback address; a free port of 127.0.0.1 if empty.
	Addr string
	// Listener, if not nil, is used instead of Addr.
	Listener net.Listener
	// Hostname is in the greeting.
	Hostname string
	// Login tells whether a password is right. AUTH is offered if it is not nil.
	Login func(user, password string) bool
	// RequireAuth refuses mails without AUTH.
	RequireAuth bool
	// MaxSize of a mail in bytes; 64 MiB if 0.
	MaxSize int64
	// Route tells whether a recipient exists; a nil Route takes them all.
	Route func(address string) bool
	// Deliver takes a mail. Its error is told to the client, as a temporary one
	// unless it is an *smtp.SMTPError.
	Deliver func(Envelope) error
	// Log takes the complaints of the server, at debug level. May be nil.
	Log *slog.Logger
}

// An Envelope is a mail with those who sent it and get it, as the SMTP dialogue
// had them.
type Envelope struct {
	From  string // "" for bounces
	To    []string
	Hello string // what the client called itself
	Login string // who AUTH showed it to be, or ""
	Raw   []byte // as it came, dots unstuffed, no line changed
}

// SMTP is a server that listens.
type SMTP struct {
	plan   *plan
	gate   *gate
	server *smtp.Server
	served chan error
}

// StartSMTP starts an SMTP server alone, for who wants the mails and no
// mailboxes.
func StartSMTP(o SMTPOptions) (*SMTP, error) {
	s := &SMTP{plan: &plan{}}
	if err := s.start(o); err != nil {
		return nil, fmt.Errorf("start SMTP server: %w", err)
	}
	return s, nil
}

func (s *SMTP) start(o SMTPOptions) (err error) {
	if o.Deliver == nil {
		return errors.New("nobody to deliver to")
	}
	if s.gate, err = listen(o.Listener, o.Addr, s.plan, SMTPConnect, "%s\r\n"); err != nil {
		return err
	}
	if o.MaxSize == 0 {
		o.MaxSize = maxSize
	}
	if o.Hostname == "" {
		o.Hostname = "localhost"
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s.server = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		session := &smtpSession{options: o, hello: c.Hostname, conn: c.Conn().(*conn)}
		if o.Login == nil {
			return session, nil
		}
		return authSession{session}, nil
	}))
	s.server.Domain = o.Hostname
	s.server.MaxMessageBytes = o.MaxSize
	s.server.MaxRecipients = maxRecipients
	s.server.MaxLineLength = maxLine
	s.server.ReadTimeout = patience
	s.server.WriteTimeout = patience
	s.server.AllowInsecureAuth = true // there is no TLS on loopback
	s.server.EnableSMTPUTF8 = true
	s.server.ErrorLog = quietLog{o.Log}
	s.served = make(chan error, 1)
	go func() { s.served <- s.server.Serve(s.gate) }()
	return nil
}

// Addr is where it listens, host and port.
func (s *SMTP) Addr() string { return s.gate.Addr().String() }

// Fault makes something go wrong, from now on.
func (s *SMTP) Fault(f Fault) *Planned { return s.plan.add(f) }

// Cut closes all connections, now; new ones are welcome.
func (s *SMTP) Cut() { s.gate.cutAll() }

// Close ends the server and its connections, and waits for them.
func (s *SMTP) Close() error {
	err := s.gate.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	err = errors.Join(err, s.server.Shutdown(ctx))
	// Serve ends because the gate is closed, with an error if it noticed that
	// before it noticed the shutdown.
	if served := <-s.served; served != nil && !errors.Is(served, net.ErrClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// An smtpSession is the dialogue with one client.
type smtpSession struct {
	options SMTPOptions
	hello   func() string
	conn    *conn
	login   string
	from    string
	to      []string
}

func (s *smtpSession) Reset()        { s.from, s.to = "", nil }
func (s *smtpSession) Logout() error { return nil }

func (s *smtpSession) Mail(from string, _ *smtp.MailOptions) error {
	if s.options.RequireAuth && s.login == "" {
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "Authentication required"}
	}
	if err := s.conn.strike(SMTPMail, false, from, s.login); err != nil {
		return err
	}
	s.from = from
	return s.conn.strike(SMTPMail, true, from, s.login)
}

func (s *smtpSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	if err := s.conn.strike(SMTPRcpt, false, to); err != nil {
		return err
	}
	if s.options.Route != nil && !s.options.Route(to) {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "No such mailbox here"}
	}
	s.to = append(s.to, to)
	return s.conn.strike(SMTPRcpt, true, to)
}

func (s *smtpSession) Data(r io.Reader) error {
	f, struck := s.conn.gate.plan.next(SMTPData, false, s.to...)
	if struck && f.Cut {
		// A mail shorter than this ends the copying early, which is fine.
		_, _ = io.CopyN(io.Discard, r, int64(f.CutAfter))
		return s.conn.suffer(f)
	}
	var raw bytes.Buffer
	if _, err := raw.ReadFrom(r); err != nil { // bounded by MaxSize
		return err
	}
	if struck {
		if err := s.conn.suffer(f); err != nil {
			return err
		}
	}
	err := s.options.Deliver(Envelope{From: s.from, To: s.to, Hello: s.hello(), Login: s.login, Raw: raw.Bytes()})
	if err != nil {
		var answer *smtp.SMTPError
		if errors.As(err, &answer) {
			return answer
		}
		s.options.Log.Debug("mail not delivered", "err", err)
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "Could not deliver, try later"}
	}
	return s.conn.strike(SMTPData, true, s.to...)
}

// An authSession is an smtpSession that offers AUTH.
type authSession struct{ *smtpSession }

func (s authSession) AuthMechanisms() []string { return []string{sasl.Plain, sasl.Login} }

func (s authSession) Auth(mech string) (sasl.Server, error) {
	switch mech {
	case sasl.Plain:
		return sasl.NewPlainServer(func(_, user, password string) error { return s.check(user, password) }), nil
	case sasl.Login:
		return &loginServer{check: s.check}, nil
	default:
		return nil, smtp.ErrAuthUnknownMechanism
	}
}

func (s authSession) check(user, password string) error {
	if err := s.conn.strike(SMTPAuth, false, user); err != nil {
		return err
	}
	if !s.options.Login(user, password) {
		return smtp.ErrAuthFailed
	}
	s.login = user
	return s.conn.strike(SMTPAuth, true, user)
}

// A loginServer speaks AUTH LOGIN, which is no standard; Outlook and many
// scanners that send mails know nothing else.
type loginServer struct {
	check func(user, password string) error
	step  int
	user  string
}

func (l *loginServer) Next(response []byte) (challenge []byte, done bool, err error) {
	if l.step == 0 && response == nil { // no initial response
		l.step++
		return []byte("Username:"), false, nil
	}
	if l.step < 2 {
		l.step = 2
		l.user = string(response)
		return []byte("Password:"), false, nil
	}
	return nil, true, l.check(l.user, string(response))
}

// same compares secrets in a time that tells nothing of them.
func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
