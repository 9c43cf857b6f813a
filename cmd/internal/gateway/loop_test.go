package gateway

import (
	"fmt"
	"net/smtp"
	"os"
	"strings"
	"testing"
	"time"

	"respon/internal/testservers"
	"respon/tickets/store/storetest"
)

// loop is a post office in which machines answer each other.
type loop struct {
	testing.TB
	dovecot *testservers.DovecotServer
	smtp    *testservers.MaildirSMTPServer
	sent    int
}

func newLoop(t testing.TB) *loop {
	d := testservers.Dovecot(t, "batlia", "altra", "robot", "ana")
	return &loop{TB: t, dovecot: d, smtp: testservers.MaildirSMTP(t, d, "town.example")}
}

// gateway starts one whose account and address are name's.
func (l *loop) gateway(name, database string) {
	l.Helper()
	path := writeConfig(l, settings{database: database, dovecot: l.dovecot, imapPort: l.dovecot.Port, smtpHost: l.smtp.Host, smtpPort: l.smtp.Port, maxSize: "1MB"})
	text, err := os.ReadFile(path)
	if err != nil {
		l.Fatal(err)
	}
	changed := strings.NewReplacer("batlia", name, l.dovecot.Password("batlia"), l.dovecot.Password(name)).Replace(string(text))
	if err := os.WriteFile(path, []byte(changed), 0o600); err != nil {
		l.Fatal(err)
	}
	serve(l, path).up()
}

func (l *loop) send(from, to, subject string) {
	l.Helper()
	l.sent++
	raw := fmt.Sprintf("From: %s\r\nTo: %s\r\nSubject: %s\r\nMessage-ID: <%d@robots.example>\r\nDate: %s\r\n\r\nMachine talk %d.\r\n",
		from, to, subject, l.sent, time.Now().Format(time.RFC1123Z), l.sent)
	if err := smtp.SendMail(l.smtp.Addr(), nil, from, []string{to}, []byte(raw)); err != nil {
		l.Fatal(err)
	}
}

func (l *loop) count(user, folder string) int {
	l.Helper()
	n, err := l.dovecot.Count(user, folder)
	if err != nil {
		l.Fatal(err)
	}
	return n
}

// TestRobotWithoutHeaders lets a machine whose mails look like a person's
// answer each mail with a new one. It gets as many automatic mails within the
// hour as the limit says, 5, and then silence; what it wrote is kept.
func TestRobotWithoutHeaders(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, database string) {
		l := newLoop(t)
		l.gateway("batlia", database)
		l.send("robot@town.example", "batlia@town.example", "Your message was received 0")
		answered := 0
		eventually(t, patience, "silence after five answers", func() bool {
			for ; answered < l.count("robot", "INBOX"); answered++ {
				l.send("robot@town.example", "batlia@town.example", fmt.Sprintf("Your message was received %d", answered+1))
			}
			// The sixth was taken, and the technician, whose notices are not
			// counted, knows of all six.
			return l.count("batlia", "Processed") == 6 && l.count("ana", "INBOX") == 6
		})
		// What comes next shows that nothing else was under way.
		l.send("altra@town.example", "batlia@town.example", "Hola")
		eventually(t, patience, "the acknowledgement of somebody else", func() bool { return l.count("altra", "INBOX") == 1 })
		if n := l.count("robot", "INBOX"); n != 5 {
			t.Errorf("the robot got %d automatic mails, want 5", n)
		}
	})
}

// TestTwoGateways lets two gateways write to each other.
func TestTwoGateways(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, database string) {
		l := newLoop(t)
		l.gateway("batlia", database)
		l.gateway("altra", storetest.SQLite(t))
		// One mail in the name of each to the other, as if a person had used
		// that mailbox by hand.
		l.send("altra@town.example", "batlia@town.example", "Una pregunta")
		l.send("batlia@town.example", "altra@town.example", "Otra pregunta")
		eventually(t, patience, "both mails, and both acknowledgements", func() bool {
			return l.count("batlia", "Processed") == 2 && l.count("altra", "Processed") == 2
		})
		// A third one shows that nothing else came in between.
		l.send("robot@town.example", "batlia@town.example", "Hola")
		eventually(t, patience, "the acknowledgement of a third", func() bool { return l.count("robot", "INBOX") == 1 })
		for _, name := range []string{"batlia", "altra"} {
			// A mail on its way from one folder to the other would count in both.
			eventually(t, patience, "all mails of "+name+" to be moved", func() bool { return l.count(name, "INBOX") == 0 })
			if n := l.count(name, "Processed"); n > 3 {
				t.Errorf("%s has %d mails, want 3 at most", name, n)
			}
		}
	})
}
