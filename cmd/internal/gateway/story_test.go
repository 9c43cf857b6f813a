package gateway

import (
	"context"
	"fmt"
	"log/slog"
	"net/smtp"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"respon/cmd/internal/config"
	"respon/ingest"
	"respon/internal/testservers"
	"respon/tickets"
	"respon/tickets/store"
	"respon/tickets/store/storetest"
)

// town is a gateway on real servers: Dovecot, an SMTP server in front of its
// Maildirs, and one of the databases.
type town struct {
	*testing.T
	dovecot *testservers.DovecotServer
	smtp    *testservers.MaildirSMTPServer
	gateway *Gateway
	read    map[string]int
}

const patience = 20 * time.Second

func newTown(t *testing.T, database string) *town {
	dovecot := testservers.Dovecot(t, "batlia", "maria", "eva", "ana", "pere")
	s := &town{T: t, dovecot: dovecot, smtp: testservers.MaildirSMTP(t, dovecot, "town.example", "alfafar.example"), read: map[string]int{}}
	path := writeConfig(t, settings{database: database, dovecot: dovecot, imapPort: dovecot.Port, smtpHost: s.smtp.Host, smtpPort: s.smtp.Port, maxSize: "100kB"})
	cfg, err := config.Load(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if s.gateway, err = New(t.Context(), cfg, Options{Log: slog.New(slog.DiscardHandler), Now: time.Now}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.gateway.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
		if err := s.gateway.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// settings are what differs between the gateways of these tests.
type settings struct {
	database string
	dovecot  *testservers.DovecotServer
	imapPort int
	smtpHost string
	smtpPort int
	maxSize  string
}

// writeConfig writes a configuration into a folder of its own, and gives its path.
func writeConfig(t testing.TB, s settings) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "respon.toml")
	text := fmt.Sprintf(`
[gateway]
address  = "batlia@town.example"
name     = "Batlia"
secret   = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
[database]
url = %q
[[mailbox]]
name = "support"
host = %q
port = %d
security = "none"
username = "batlia"
password = %q
[smtp]
host = %q
port = %d
security = "none"
[web]
listen = "127.0.0.1:0"
[intake]
policy = "open"
trusted_authserv = []
max_size = %q
[[entity]]
name = "Alfafar"
domains = ["alfafar.example"]
[[technician]]
id = "ana"
name = "Ana"
email = "ana@town.example"
default = true
[[technician]]
id = "pere"
name = "Pere"
email = "pere@town.example"
`, s.database, s.dovecot.Host, s.imapPort, s.dovecot.Password("batlia"), s.smtpHost, s.smtpPort, s.maxSize)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// writes sends a mail of a person's.
func (s *town) writes(from, to, subject, more, text string) {
	s.Helper()
	id := fmt.Sprintf("<%d@%s>", time.Now().UnixNano(), tickets.DomainOf(from))
	mail := "From: " + from + "\nTo: " + to + "\nSubject: " + subject + "\nMessage-ID: " + id +
		"\nDate: " + time.Now().Format(time.RFC1123Z) + "\n" + more + "\n" + text + "\n"
	if err := smtp.SendMail(s.smtp.Addr(), nil, from, []string{to}, []byte(strings.ReplaceAll(mail, "\n", "\r\n"))); err != nil {
		s.Fatal(err)
	}
}

// gets waits for a person's next mail.
func (s *town) gets(user string) *ingest.Message {
	s.Helper()
	deadline := time.Now().Add(patience)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for ; time.Now().Before(deadline); <-tick.C {
		mails := s.mails(user, "INBOX")
		if n := s.read[user]; len(mails) > n {
			s.read[user]++
			m, err := ingest.NewParser(ingest.Options{}).Parse(mails[n])
			if err != nil {
				s.Fatal(err)
			}
			return m
		}
	}
	s.Fatalf("no mail came for %s", user)
	return nil
}

// answers replies to a mail with what stands above the quotation.
func (s *town) answers(from string, to *ingest.Message, text string) {
	s.Helper()
	s.writes(from, to.ReplyTo[0].Address, "Re: "+strings.TrimPrefix(to.Subject, "Re: "),
		"In-Reply-To: <"+*to.MessageID+">\n", text+"\n\nOn 5 Jan 2026, at 10:12, "+to.From.Address+" wrote:\n> "+strings.ReplaceAll(to.Text, "\n", "\n> "))
}

func (s *town) ticket(n tickets.Number) (t *tickets.Ticket) {
	s.Helper()
	if err := s.gateway.Store().View(s.Context(), func(tx *store.Tx) (err error) {
		if t, err = tx.Ticket(s.Context(), n); err != nil {
			return err
		}
		t.Messages, err = tx.Messages(s.Context(), n)
		return err
	}); err != nil {
		s.Fatal(err)
	}
	return t
}

func eachTown(t *testing.T, f func(*town)) {
	storetest.EachURL(t, func(t *testing.T, url string) { f(newTown(t, url)) })
}

func TestStory(t *testing.T) {
	eachTown(t, func(s *town) {
		s.writes("maria@alfafar.example", "batlia@town.example", "[impacto: alto] No imprime", "", "La impresora no va.")
		ack := s.gets("maria")
		if ack.Subject != "Re: [BR-1] No imprime" || ack.InReplyTo == nil {
			s.Errorf("acknowledgement %q in reply to %v", ack.Subject, ack.InReplyTo)
		}
		notice := s.gets("ana")
		if notice.Subject != "[BR-1] No imprime" || !strings.Contains(notice.Text, "La impresora no va.") {
			s.Errorf("notice %q: %s", notice.Subject, notice.Text)
		}
		s.answers("ana@town.example", notice, "Pruebe ahora.")
		answer := s.gets("maria")
		if !strings.Contains(answer.Text, "Pruebe ahora.") || strings.Contains(answer.Text, "ana@town.example") || answer.AutoSubmitted {
			s.Errorf("answer: %s", answer.Text)
		}
		if strings.Contains(answer.Text, "La impresora no va.") {
			s.Errorf("the technician's quotation was passed on: %s", answer.Text)
		}
		s.answers("maria@alfafar.example", answer, "Sigue igual.")
		follow := s.gets("ana")
		if !strings.Contains(follow.Text, "Sigue igual.") {
			s.Errorf("follow-up notice: %s", follow.Text)
		}
		s.answers("ana@town.example", follow, "#nota\nCanario.")
		s.answers("ana@town.example", follow, "#resolver")
		if resolved := s.gets("maria"); !strings.Contains(resolved.Text, "BR-1") || strings.Contains(resolved.Text, "Canario") {
			s.Errorf("resolved notice: %s", resolved.Text)
		}
		got := s.ticket(1)
		if got.Status != tickets.Resolved || got.Priority != "P2" || got.Requester.Entity != "Alfafar" {
			s.Errorf("status %s, priority %s, entity %q", got.Status, got.Priority, got.Requester.Entity)
		}
	})
}

func TestStrangerWithANumber(t *testing.T) {
	eachTown(t, func(s *town) {
		s.writes("maria@alfafar.example", "batlia@town.example", "Primero", "", "palabra-secreta")
		s.gets("maria")
		s.writes("eva@town.example", "batlia@town.example", "Re: [BR-1] Primero", "", "Quiero saber")
		ack := s.gets("eva")
		if ack.Subject != "Re: [BR-2] Primero" || strings.Contains(ack.Text, "secreta") {
			s.Errorf("the stranger got %q: %s", ack.Subject, ack.Text)
		}
		if got := s.ticket(1); len(got.Messages) != 2 { // hers and the acknowledgement
			s.Errorf("BR-1 has %d messages, want 2", len(got.Messages))
		}
	})
}

func TestUnknownCommandReachesNobody(t *testing.T) {
	eachTown(t, func(s *town) {
		s.writes("maria@alfafar.example", "batlia@town.example", "Primero", "", "hola")
		s.gets("maria")
		s.answers("ana@town.example", s.gets("ana"), "#resolber\nListo.")
		back := s.gets("ana")
		if !strings.Contains(back.Text, "#resolver") || !strings.Contains(back.Text, "Listo.") {
			s.Errorf("the explanation: %s", back.Text)
		}
		if n := len(s.mails("maria", "INBOX")); n != 1 {
			s.Errorf("the requester has %d mails, want only the acknowledgement", n)
		}
	})
}

func TestRobotsAndBigMailsOpenNothing(t *testing.T) {
	eachTown(t, func(s *town) {
		s.writes("eva@town.example", "batlia@town.example", "Fuera", "Auto-Submitted: auto-replied\n", "no estoy")
		s.writes("maria@alfafar.example", "batlia@town.example", "Grande", "", strings.Repeat("x\n", 60_000))
		if m := s.gets("maria"); !strings.Contains(m.Text, "MB") && !strings.Contains(m.Text, "kB") {
			s.Errorf("the limit is not told: %s", m.Text)
		}
		s.writes("maria@alfafar.example", "batlia@town.example", "Después", "", "hola")
		if ack := s.gets("maria"); ack.Subject != "Re: [BR-1] Después" {
			s.Errorf("got %q, want the first ticket", ack.Subject)
		}
		if n := len(s.mails("eva", "INBOX")); n != 0 {
			s.Errorf("the robot got %d answers", n)
		}
	})
}

func (s *town) mails(user, folder string) [][]byte {
	s.Helper()
	list, err := s.dovecot.Mails(user, folder)
	if err != nil {
		s.Fatal(err)
	}
	return list
}
