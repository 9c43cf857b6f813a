package testservers

import (
	"bytes"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"respon/mailer/postoffice"
)

// A SinkServer accepts mails for everybody and keeps them, byte for byte, in
// the order in which it accepted them. Its faults are postoffice's: those of
// SMTP.
type SinkServer struct {
	*postoffice.SMTP
	Host string
	Port int

	mu    sync.Mutex
	mails []postoffice.Envelope
	times []time.Time // at which they were accepted
}

// Sink starts a sink until the test ends.
func Sink(t testing.TB) *SinkServer {
	t.Helper()
	s, err := StartSink(postoffice.SMTPOptions{})
	if err != nil {
		t.Fatal(err)
	}
	closeAfter(t, s.Close)
	return s
}

// StartSink starts a sink of the caller's own, to be closed by him. The options
// may ask for AUTH or route; what they say of delivery is overruled.
func StartSink(o postoffice.SMTPOptions) (*SinkServer, error) {
	s := &SinkServer{}
	o.Deliver = func(e postoffice.Envelope) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.mails = append(s.mails, e)
		s.times = append(s.times, time.Now())
		return nil
	}
	var err error
	s.SMTP, s.Host, s.Port, err = startSMTP(o)
	return s, err
}

// Mails are those accepted so far, also those whose sender was not told so.
func (s *SinkServer) Mails() []postoffice.Envelope {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.mails)
}

// Count is the number of mails accepted so far.
func (s *SinkServer) Count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.mails)
}

// Times are those at which the mails were accepted.
func (s *SinkServer) Times() []time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.times)
}

// Forget empties the sink.
func (s *SinkServer) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mails, s.times = nil, nil
}

// A MaildirSMTPServer delivers into the Maildirs of a DovecotServer, as fast as
// it gets, with faults on demand. For the real thing there is Postfix.
type MaildirSMTPServer struct {
	*postoffice.SMTP
	Host string
	Port int
}

// MaildirSMTP starts an SMTP server until the test ends. Mails to user@domain,
// or user+detail@domain, of a user of Dovecot's and one of the domains are
// delivered to that user; others are refused. Without domains any domain will do.
func MaildirSMTP(t testing.TB, d *DovecotServer, domains ...string) *MaildirSMTPServer {
	t.Helper()
	s, err := StartMaildirSMTP(d, domains...)
	if err != nil {
		t.Fatal(err)
	}
	closeAfter(t, s.Close)
	return s
}

// StartMaildirSMTP starts a server of the caller's own, to be closed by him.
func StartMaildirSMTP(d *DovecotServer, domains ...string) (*MaildirSMTPServer, error) {
	s := &MaildirSMTPServer{}
	var err error
	s.SMTP, s.Host, s.Port, err = startSMTP(postoffice.SMTPOptions{
		Login: func(user, password string) bool {
			return password != "" && d.Password(user) == password
		},
		Route: func(to string) bool { return d.recipient(to, domains) != "" },
		Deliver: func(e postoffice.Envelope) error {
			for _, to := range e.To {
				var raw bytes.Buffer
				fmt.Fprintf(&raw, "Return-Path: <%s>\r\nDelivered-To: %s\r\n", e.From, to)
				raw.Write(e.Raw)
				if err := d.Deliver(d.recipient(to, domains), raw.Bytes()); err != nil {
					return err
				}
			}
			return nil
		},
	})
	return s, err
}

// recipient finds the user of an address, "" if there is none.
func (s *DovecotServer) recipient(address string, domains []string) string {
	local, domain, _ := strings.Cut(strings.ToLower(address), "@")
	if len(domains) > 0 && !slices.ContainsFunc(domains, func(d string) bool { return strings.EqualFold(d, domain) }) {
		return ""
	}
	local, _, _ = strings.Cut(local, "+")
	if s.passwords[local] == "" {
		return ""
	}
	return local
}

// startSMTP is postoffice.StartSMTP, and says where it listens in two pieces.
func startSMTP(o postoffice.SMTPOptions) (*postoffice.SMTP, string, int, error) {
	s, err := postoffice.StartSMTP(o)
	if err != nil {
		return nil, "", 0, err
	}
	host, portText, err := net.SplitHostPort(s.Addr())
	if err != nil {
		return nil, "", 0, err
	}
	port, err := strconv.Atoi(portText)
	return s, host, port, err
}
