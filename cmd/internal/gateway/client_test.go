package gateway

import (
	"bytes"
	"fmt"
	"net/url"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"respon/ingest"
	"respon/internal/testservers"
	"respon/tickets/store/storetest"
)

// client is a person at a real mail program, s-nail: it fetches by IMAP, and
// when it answers it chooses the address, the subject, the References and the
// quotation by itself.
type client struct {
	testing.TB
	name    string // of the account
	address string
	options []string
	inbox   string
}

func newClient(t testing.TB, name, address string, d *testservers.DovecotServer, smtp string) *client {
	testservers.Need(t, "s-nail")
	inbox := url.URL{Scheme: "imap", User: url.UserPassword(name, d.Password(name)), Host: fmt.Sprintf("%s:%d", d.Host, d.Port), Path: "/INBOX"}
	c := &client{TB: t, name: name, address: address, inbox: inbox.String()}
	for _, o := range []string{
		"v15-compat=yes", "imap-auth=login", "mta=smtp://" + smtp, "smtp-auth=none", "hostname=client.example", "from=" + address,
		"sendwait", "sendcharsets=utf-8", "ttycharset=utf-8", "quote", "indentprefix=> ", "reply-to-honour=yes", "quiet", "nosave", "norecord",
	} {
		c.options = append(c.options, "-S", o)
	}
	return c
}

// run runs the program without a terminal and without a configuration of its own.
func (c *client) run(stdin string, args ...string) string {
	c.Helper()
	cmd := exec.CommandContext(c.Context(), "s-nail", append(append([]string{"-:/"}, c.options...), args...)...)
	cmd.Env = []string{"HOME=" + c.TempDir(), "PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "TERM=dumb"}
	cmd.Stdin = strings.NewReader(stdin)
	var out, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaints
	if err := cmd.Run(); err != nil {
		c.Fatalf("s-nail of %s: %v\n%s\n%s", c.name, err, out.Bytes(), complaints.Bytes())
	}
	return out.String()
}

// writes sends a new mail.
func (c *client) writes(to, subject, text string) {
	c.Helper()
	c.run(text, "-s", subject, to)
}

// answers answers the newest mail of the inbox, above the quotation.
func (c *client) answers(text string) {
	c.Helper()
	c.run("reply $\n"+text+"\n~.\nxit\n", "-#", "-f", c.inbox)
}

// TestRealMailClient has a clerk and a technician work with s-nail, through
// Postfix and Dovecot.
func TestRealMailClient(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, database string) {
		d := testservers.Dovecot(t, "batlia", "maria", "ana")
		mta := testservers.Postfix(t, d, "town.example", "alfafar.example")
		serve(t, writeConfig(t, settings{database: database, dovecot: d, imapPort: d.Port, smtpHost: mta.Host, smtpPort: mta.Port, maxSize: "1MB"})).up()
		maria := newClient(t, "maria", "maria@alfafar.example", d, mta.Addr)
		ana := newClient(t, "ana", "ana@town.example", d, mta.Addr)

		maria.writes("batlia@town.example", "No imprimix la impressora", "Bon dia,\nla impressora de l'entrada no imprimix.\n")
		ack := maria.receives(d, 1)
		if ack.Subject != "Re: [BR-1] No imprimix la impressora" || ack.InReplyTo == nil {
			t.Errorf("acknowledgement %q in reply to %v", ack.Subject, ack.InReplyTo)
		}
		if notice := ana.receives(d, 1); !strings.Contains(notice.Text, "> la impressora de l'entrada no imprimix.") {
			t.Errorf("the technician does not see the mail: %s", notice.Text)
		}

		ana.answers("Prove d'apagar-la i encendre-la.")
		answer := maria.receives(d, 2)
		if answer.Subject != ack.Subject || !slices.Contains(answer.References, *ack.InReplyTo) {
			t.Errorf("the answer %q leaves the thread: %v", answer.Subject, answer.References)
		}
		if text := answer.Text; !strings.HasPrefix(text, "Prove d'apagar-la i encendre-la.\n") ||
			strings.Contains(text, "ana@town.example") || strings.Contains(text, "impressora de l'entrada") {
			t.Errorf("the answer: %s", text)
		}

		maria.answers("Ja imprimix, però només en blanc i negre.")
		if follow := ana.receives(d, 2); !strings.Contains(follow.Text, "> Ja imprimix, però només en blanc i negre.") ||
			strings.Contains(follow.Text, "> Prove d'apagar-la") {
			t.Errorf("follow-up: %s", follow.Text)
		}

		ana.answers("#resolver\nCanvie el cartutx de color.")
		if resolved := maria.receives(d, 3); !strings.Contains(resolved.Text, "Canvie el cartutx de color.") || strings.Contains(resolved.Text, "#resolver") {
			t.Errorf("the end: %s", resolved.Text)
		}
		maria.writes("batlia@town.example", "Una altra cosa", "Hola.\n") // what comes next shows that nothing else came before
		if next := maria.receives(d, 4); next.Subject != "Re: [BR-2] Una altra cosa" {
			t.Errorf("after the end: %q %s", next.Subject, next.Text)
		}
	})
}

func (c *client) receives(d *testservers.DovecotServer, n int) *ingest.Message {
	c.Helper()
	var raw []byte
	eventually(c, patience, fmt.Sprintf("mail %d of %s", n, c.name), func() bool {
		mails, err := d.Mails(c.name, "INBOX")
		if err != nil {
			c.Fatal(err)
		}
		if len(mails) >= n {
			raw = mails[n-1]
		}
		return raw != nil
	})
	m, err := ingest.NewParser(ingest.Options{}).Parse(raw)
	if err != nil {
		c.Fatal(err)
	}
	return m
}
