package mailer_test

import (
	"bufio"
	"fmt"
	"net"
	"regexp"
	"strings"
	"testing"
	"time"

	"respon/mailer"
	"respon/tickets"
)

// ends are what some server or other has taken for the end of a mail (the
// findings of 2023 on SMTP smuggling, and their kin).
var ends = []string{
	"\r\n.\r\n", "\n.\n", "\r\n.\n", "\n.\r\n", "\r.\r", "\r.\r\n", "\r\n.\r", "\r.\n", "\n.\r", "\r\n\x00.\r\n", "\r\n.\x00\r\n", "\r\n.\r\r\n", "\r\r\n.\r\r\n",
	"\r\n.\n\r", "\n\n.\r\n", "\r\n. \r\n", "\r\n..\r\n", "\x85.\x85", "\u0085.\u0085", "\u2028.\u2028", "\v.\v", "\f.\f", "\r\n.\r\n.\r\n", "\n.",
}

const smuggled = "MAIL FROM:<eve@evil.example>\r\nRCPT TO:<victim@evil.example>\r\nDATA\r\nFrom: ceo@dival.example\r\n\r\nPague.\r\n.\r\n"

// loose is a server that writes down what comes behind DATA, byte for byte.
func loose(t *testing.T) (port int, got <-chan string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	mails := make(chan string, 1)
	done := make(chan struct{})
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		<-done
	})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return // the test is over
			}
			serve(conn, mails)
			_ = conn.Close() // the dialogue is over, well or not
		}
	}()
	return l.Addr().(*net.TCPAddr).Port, mails
}

func serve(conn net.Conn, mails chan<- string) {
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second)) // a connection that cannot have one ends by its own
	r := bufio.NewReader(conn)
	say := func(s string) bool {
		_, err := conn.Write([]byte(s + "\r\n"))
		return err == nil
	}
	for ok := say("220 loose"); ok; {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		switch verb, _, _ := strings.Cut(strings.TrimSpace(line), " "); strings.ToUpper(verb) {
		case "DATA":
			ok = say("354 go")
			var b strings.Builder
			for !strings.HasSuffix("\r\n"+b.String(), "\r\n.\r\n") {
				c, err := r.ReadByte()
				if err != nil {
					return
				}
				b.WriteByte(c)
			}
			mails <- b.String()
			ok = ok && say("250 taken")
		case "QUIT":
			say("221 bye")
			return
		default:
			ok = say("250 fine")
		}
	}
}

// looseEnd is what the loosest reader takes for an end.
var looseEnd = regexp.MustCompile(`(?:\r\n|\r|\n)\.\x00?(?:\r\n|\r|\n)`)

// Whatever stands in what strangers wrote, the bytes on the wire have one end, at
// the end, and no CR or LF alone: servers that are loose about either see one
// mail, too.
func TestNothingIsSmuggled(t *testing.T) {
	port, got := loose(t)
	transport, err := mailer.NewSMTP(mailer.SMTPConfig{Host: "127.0.0.1", Port: port, Security: "none", Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer transport.Close()
	c := composer(t)
	for i, end := range ends {
		for _, where := range []string{"text", "subject", "name", "file", "file name", "failure"} {
			t.Run(fmt.Sprintf("%d %q in the %s", i, end, where), func(t *testing.T) {
				kind, evil := tickets.LetterAnswer, "antes"+end+smuggled+"despues"
				if where == "failure" {
					kind = tickets.NoticeBounce
				}
				l := letter(kind, tickets.Spanish)
				switch where {
				case "text":
					l.Text = evil
				case "subject":
					l.Ticket.Subject = evil
				case "name":
					l.To.Name, l.Author = evil, &tickets.Technician{Name: evil}
				case "file":
					l.Files = []tickets.File{{Name: "a.txt", ContentType: "text/plain", Data: []byte(evil)}}
				case "file name":
					l.Files = []tickets.File{{Name: evil, ContentType: "text/plain; x=" + evil, ContentID: evil, Data: []byte("x")}}
				case "failure":
					l.Recipient, l.Failure = evil, evil
				}
				m, err := c.Compose(l)
				if err != nil {
					t.Fatal(err)
				}
				if err := transport.Send(t.Context(), m.From, m.To, m.Raw); err != nil {
					t.Fatal(err)
				}
				wire := "\r\n" + <-got
				if n := len(looseEnd.FindAllString(wire, -1)); n != 1 {
					t.Errorf("a loose server sees %d ends", n)
				}
				if bare := strings.ReplaceAll(wire, "\r\n", ""); strings.ContainsAny(bare, "\r\n\x00") {
					t.Error("a CR, LF or NUL alone")
				}
				for line := range strings.SplitSeq(wire, "\r\n") {
					if len(line) > 998 {
						t.Errorf("a line of %d bytes: %.80q", len(line), line)
					}
				}
			})
		}
	}
}
