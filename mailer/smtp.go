package mailer

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"os"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"respon/tickets"
)

// Transport hands a mail to the relay: raw, as it is, from one address to one
// other. An error it returns is an *SMTPError.
type Transport interface {
	Send(ctx context.Context, from, to string, raw []byte) error
}

// SMTPError is a try that did not end in acceptance.
type SMTPError struct {
	Code      int    // of the answer (RFC 5321, section 4.2); 0 if there was none
	Enhanced  string // "5.1.1" (RFC 3463); "" if there was none
	Permanent bool   // trying again is no use
	Relay     bool   // the relay is away or does not take us: it is no matter of this mail
	Begun     bool   // the dialogue about this mail had begun
	Unsure    bool   // the mail may have been accepted all the same
	Err       error
}

func (e *SMTPError) Error() string { return e.Err.Error() }
func (e *SMTPError) Unwrap() error { return e.Err }

// login reports whether the relay does not accept who we say we are.
func (e *SMTPError) login() bool { return e.Code == 530 || e.Code == 534 || e.Code == 535 }

// SMTPConfig says where the relay is.
type SMTPConfig struct {
	Host     string
	Port     int
	Security string // tls | starttls | none
	CAFile   string
	Username string                 // "": no login
	Password func() (string, error) // asked at each connection, so that a changed one counts at once
	Now      func() time.Time
}

// Deadlines by phase (RFC 5321, section 4.5.3.2).
const (
	connectTimeout = 30 * time.Second
	commandTimeout = 5 * time.Minute
	dataTimeout    = 3 * time.Minute
	dotTimeout     = 10 * time.Minute
	// idleLimit: a connection kept longer than this is probed before it is used.
	idleLimit = 5 * time.Second
)

// SMTP is the Transport over SMTP, on connections that it keeps.
type SMTP struct {
	config  SMTPConfig
	options []mail.Option
	now     func() time.Time
	mu      sync.Mutex
	idle    []kept
}

type kept struct {
	conn  *smtp.Client
	since time.Time
}

// NewSMTP makes the transport. It does not connect.
func NewSMTP(c SMTPConfig) (*SMTP, error) {
	options := []mail.Option{mail.WithPort(c.Port), mail.WithTimeout(connectTimeout), mail.WithoutNoop()}
	switch c.Security {
	case "tls":
		options = append(options, mail.WithSSL())
	case "starttls":
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	default:
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	}
	if c.Security != "none" {
		config, err := tlsConfig(c.Host, c.CAFile)
		if err != nil {
			return nil, err
		}
		options = append(options, mail.WithTLSConfig(config))
	}
	s := &SMTP{config: c, options: options, now: c.Now}
	if _, err := mail.NewClient(c.Host, options...); err != nil {
		return nil, fmt.Errorf("smtp: %w", err)
	}
	return s, nil
}

// client is made anew for each connection, with the password of the moment.
func (s *SMTP) client() (*mail.Client, error) {
	options := s.options
	if s.config.Username != "" {
		password, err := s.config.Password()
		if err != nil {
			return nil, fmt.Errorf("smtp.password: %w", err)
		}
		options = append(slices.Clone(options), mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover),
			mail.WithUsername(s.config.Username), mail.WithPassword(password))
	}
	return mail.NewClient(s.config.Host, options...)
}

func tlsConfig(host, caFile string) (*tls.Config, error) {
	config := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if caFile == "" {
		return config, nil
	}
	pem, err := os.ReadFile(caFile)
	if err != nil {
		return nil, fmt.Errorf("smtp.ca_file: %w", err)
	}
	if config.RootCAs, err = x509.SystemCertPool(); err != nil {
		config.RootCAs = x509.NewCertPool()
	}
	if !config.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("smtp.ca_file: %s holds no certificate", caFile)
	}
	return config, nil
}

// Send implements Transport. Addresses that are not plain are refused here,
// too: what stands between the angle brackets must not be able to end them.
func (s *SMTP) Send(ctx context.Context, from, to string, raw []byte) error {
	for _, a := range [...]string{from, to} {
		if !tickets.PlainAddress(a) {
			return &SMTPError{Permanent: true, Err: fmt.Errorf("%q is no address that mail can be sent with", a)}
		}
	}
	conn, err := s.connection(ctx)
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() }) // ends whatever waits; its error is reported there
	err = dialogue(conn, from, to, raw)
	if !stop() || err != nil && !stillGood(conn, err) {
		_ = conn.Close() // it is of no more use
	} else {
		s.mu.Lock()
		s.idle = append(s.idle, kept{conn, s.now()})
		s.mu.Unlock()
	}
	var e *SMTPError
	if errors.As(err, &e) {
		e.Begun = true
	}
	return err
}

// connection gives a kept connection that still answers, or a new one.
func (s *SMTP) connection(ctx context.Context) (*smtp.Client, error) {
	for {
		s.mu.Lock()
		if len(s.idle) == 0 {
			s.mu.Unlock()
			break
		}
		k := s.idle[len(s.idle)-1]
		s.idle = s.idle[:len(s.idle)-1]
		s.mu.Unlock()
		if s.now().Sub(k.since) < idleLimit {
			return k.conn, nil
		}
		if k.conn.UpdateDeadline(connectTimeout) == nil && k.conn.Noop() == nil {
			return k.conn, nil
		}
		_ = k.conn.Close() // the relay has closed it already
	}
	conn, err := s.dial(ctx)
	if err != nil {
		e := classify(err)
		e.Relay, e.Permanent = true, false
		return nil, e
	}
	return conn, nil
}

func (s *SMTP) dial(ctx context.Context) (*smtp.Client, error) {
	client, err := s.client()
	if err != nil {
		return nil, err
	}
	return client.DialToSMTPClientWithContext(ctx)
}

// Close ends the kept connections.
func (s *SMTP) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range s.idle {
		if k.conn.UpdateDeadline(time.Second) == nil {
			_ = k.conn.Quit() // a courtesy
		}
	}
	s.idle = nil
}

func dialogue(conn *smtp.Client, from, to string, raw []byte) error {
	if err := conn.UpdateDeadline(commandTimeout); err != nil {
		return classify(err)
	}
	if err := conn.Mail("<" + from + ">"); err != nil {
		return classify(err)
	}
	if err := conn.Rcpt("<" + to + ">"); err != nil {
		return classify(err)
	}
	w, err := conn.Data()
	if err != nil {
		return classify(err)
	}
	if err := conn.UpdateDeadline(dataTimeout); err != nil {
		return classify(err)
	}
	if _, err := w.Write(raw); err != nil {
		return classify(err)
	}
	if err := conn.UpdateDeadline(dotTimeout); err != nil {
		return classify(err)
	}
	if err := w.Close(); err != nil {
		e := classify(err)
		e.Unsure = e.Code == 0
		return e
	}
	return nil
}

// stillGood reports whether the connection can be used after an error: the
// relay refused this mail and agreed to forget it.
func stillGood(conn *smtp.Client, err error) bool {
	var e *SMTPError
	return errors.As(err, &e) && e.Code != 0 && !e.Relay && conn.Reset() == nil
}

var enhanced = regexp.MustCompile(`\b([245]\.\d{1,3}\.\d{1,3})\b`)

// classify reads an error of the dialogue. What has no code (a lost connection,
// a time-out) is temporary, whatever the library thinks of it. A refused login
// or a relay that closes (421) is no matter of the mail.
func classify(err error) *SMTPError {
	e := &SMTPError{Err: err}
	var answer *textproto.Error
	if errors.As(err, &answer) {
		e.Code = answer.Code
		e.Enhanced = enhanced.FindString(answer.Msg)
		e.Permanent = answer.Code >= 500
		switch answer.Code {
		case 421, 530, 534, 535:
			e.Relay, e.Permanent = true, false
		}
	}
	var network *net.OpError
	if errors.As(err, &network) && network.Op == "dial" {
		e.Relay = true
	}
	return e
}
