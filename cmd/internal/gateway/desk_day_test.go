package gateway

import (
	"encoding/json"
	"fmt"
	"net/smtp"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"respon/ingest"
	"respon/internal/testservers"
	"respon/tickets/store/storetest"
)

// answersMail answers the n-th mail of the inbox, above the quotation; below says
// what stands below it, as the last lines.
func (c *client) answersMail(n int, text string) {
	c.Helper()
	c.run(fmt.Sprintf("reply %d\n%s\n~.\nxit\n", n, text), "-#", "-f", c.inbox)
}

// forwards passes the n-th mail on, as it is shown, with somebody in copy.
func (c *client) forwards(n int, to, cc string) {
	c.Helper()
	c.run(fmt.Sprintf("forward %d %s\n~c %s\n~.\nxit\n", n, to, cc), "-#", "-f", c.inbox)
}

// day is a technician's day: her mail program, and what the gateway says of its
// tickets.
type day struct {
	testing.TB
	dovecot *testservers.DovecotServer
	config  string
	ana     *client
	seen    int // mails that she has read
}

// next is the mail that she gets next; it has this subject.
func (d *day) next(subject string) *ingest.Message {
	d.Helper()
	d.seen++
	m := d.ana.receives(d.dovecot, d.seen)
	if m.Subject != subject {
		d.Fatalf("mail %d has the subject %q, want %q:\n%s", d.seen, m.Subject, subject, m.Text)
	}
	return m
}

// says looks for words in a mail.
func (d *day) says(m *ingest.Message, words ...string) {
	d.Helper()
	text := strings.Join(strings.Fields(m.Text), " ")
	for _, w := range words {
		if !strings.Contains(text, w) {
			d.Errorf("%q does not say %q:\n%s", m.Subject, w, m.Text)
		}
	}
}

// ticket reads a ticket by the command.
func (d *day) ticket(number string) (t struct {
	Status, Priority, Technician string
	Requester                    struct{ Address string }
	Messages                     []struct{ Direction, Kind, Reply string }
}) {
	d.Helper()
	program, err := binary()
	if err != nil {
		d.Fatal(err)
	}
	out, err := exec.CommandContext(d.Context(), program, "tickets", "show", number, "-c", d.config, "--json").Output()
	if err != nil {
		d.Fatal(err)
	}
	if err := json.Unmarshal(out, &t); err != nil {
		d.Fatal(err)
	}
	return t
}

// outlook is a mail as Outlook writes it: HTML alone.
const outlook = `From: "Peris Mora, Eva" <eva@alfafar.example>
To: batlia@town.example
Subject: Padrón
Message-ID: <AM0PR01@alfafar.example>
MIME-Version: 1.0
Content-Type: text/html; charset="iso-8859-1"
Content-Transfer-Encoding: quoted-printable

<html xmlns:o=3D"urn:schemas-microsoft-com:office:office"><body lang=3D"ES"><div class=3D"WordSection1">
<p class=3D"MsoNormal">Buenos d=EDas:<o:p></o:p></p><p class=3D"MsoNormal">El padr=F3n va <b>muy</b> lento.<o:p></o:p></p></div></body></html>
`

// vouching has Postfix say of the technicians' mails, as a server does that checks
// DMARC, that they are theirs.
const vouching = `
smtpd_sender_restrictions = check_sender_access inline:{
 {ana@town.example = PREPEND Authentication-Results: mx.town.example; dmarc=pass header.from=town.example},
 {pere@town.example = PREPEND Authentication-Results: mx.town.example; dmarc=pass header.from=town.example}}
`

// TestADayAtTheDesk has a technician do a day's work in s-nail, with six tickets:
// nothing else is opened. What she gets is what she has to know, once.
func TestADayAtTheDesk(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, database string) {
		dovecot := testservers.Dovecot(t, "batlia", "maria", "eva", "luis", "ana", "pere")
		mta := testservers.PostfixWith(t, dovecot, vouching, "town.example", "alfafar.example", "other.example")
		d := &day{TB: t, dovecot: dovecot, config: writeConfig(t, settings{
			database: database, dovecot: dovecot, imapPort: dovecot.Port, smtpHost: mta.Host, smtpPort: mta.Port, maxSize: "1MB"})}
		t.Setenv("RESPON_INTAKE_TRUSTED_AUTHSERV", "mx.town.example")
		serve(t, d.config).up()
		of := func(name, domain string) *client { return newClient(t, name, name+"@"+domain, dovecot, mta.Addr) }
		maria, luis, pere := of("maria", "alfafar.example"), of("luis", "other.example"), of("pere", "town.example")
		d.ana = of("ana", "town.example")

		d.morning(maria, luis, mta.Addr)
		d.midday(maria, pere)
		d.evening(luis)
	})
}

// morning: six tickets come in, each with one notice.
func (d *day) morning(maria, luis *client, mta string) {
	d.Helper()
	const desk = "batlia@town.example"
	maria.writes(desk, "No imprimix", "Bon dia,\nla impressora no imprimix.\n")
	notice := d.next("[BR-1] No imprimix")
	d.says(notice, "Prioridad: P4", "> la impressora no imprimix.", "#resolver")

	if err := smtp.SendMail(mta, nil, "eva@alfafar.example", []string{desk}, []byte(strings.ReplaceAll(outlook, "\n", "\r\n"))); err != nil {
		d.Fatal(err)
	}
	d.says(d.next("[BR-2] Padrón"), `Eva`, "El padrón va muy lento.")

	file := filepath.Join(d.TempDir(), "captura.txt")
	if err := os.WriteFile(file, []byte("ERROR 42\n"), 0o600); err != nil {
		d.Fatal(err)
	}
	luis.run("Adjunto lo que sale.\n", "-s", "[urgente] No funciona la caja", "-a", file, desk)
	if m := d.next("[BR-3] No funciona la caja"); len(m.Attachments) != 1 || m.Attachments[0].Filename != "captura.txt" {
		d.Errorf("the attachment did not come along: %v", m.Attachments)
	}
	luis.writes(desk, "Password", "Good morning,\nI have forgotten my password, could you please help me with that?\n")
	d.next("[BR-4] Password")
	maria.writes(desk, "[suggeriment] Més lletra", "Es llig mal.\n")
	d.says(d.next("[BR-5] Més lletra"), "Tipo: sugerencia")
	luis.writes(desk, "Teclado", "Se ha roto.\n")
	d.next("[BR-6] Teclado")
	maria.receives(d.dovecot, 2) // both are acknowledged before she is answered
}

var receiptCode = regexp.MustCompile(`#deshacer (\w+)`)

// midday: she answers, steers, and makes a mistake.
func (d *day) midday(maria, pere *client) {
	d.Helper()
	ana := d.ana
	ana.answersMail(1, "Apague-la i encenga-la, per favor.")
	if m := maria.receives(d.dovecot, 3); m.Subject != "Re: [BR-1] No imprimix" || strings.Contains(m.Text, "ana@town.example") {
		d.Errorf("the answer: %q %s", m.Subject, m.Text)
	}
	ana.answersMail(2, "#nota\nEs el servidor de siempre.")
	d.says(d.next("Re: [BR-2] Padrón"), "nota interna guardada")
	ana.answersMail(3, "#prioridad P1\nVamos para allá.")
	d.says(d.next("Re: [BR-3] No funciona la caja"), "prioridad: P1", "eso no se puede deshacer", "#deshacer")
	ana.answersMail(4, "#asignar pere\n#nota\nEsto lo llevas tú.")
	d.says(d.next("Re: [BR-4] Password"), "asignada a Pere")
	if m := pere.receives(d.dovecot, 1); m.Subject != "[BR-4] Password" || !strings.Contains(m.Text, "I have forgotten my password") {
		d.Errorf("the colleague gets %q %s", m.Subject, m.Text)
	}
	ana.answersMail(5, "En quina pàgina?\n\n#espera\n\nSalutacions,\nAna")
	d.says(d.next("Re: [BR-5] Més lletra"), "a la espera del solicitante")
	ana.answersMail(6, "#resolber\nLe llevamos otro.")
	d.says(d.next("Re: [BR-6] Teclado"), "¿quería decir #resolver?", "No se ha enviado nada al solicitante", "> Le llevamos otro.")
	if got := d.ticket("BR-6"); got.Status != "new" {
		d.Errorf("a command that does not exist made BR-6 %s", got.Status)
	}
	for number, want := range map[string]string{"BR-1": "open ana", "BR-2": "new ana", "BR-3": "open ana", "BR-4": "new pere", "BR-5": "waiting ana"} {
		if got := d.ticket(number); got.Status+" "+got.Technician != want {
			d.Errorf("%s is %s %s, want %s", number, got.Status, got.Technician, want)
		}
	}
}

// evening: she ends one, takes it back, hands one over, opens one for somebody who
// calls, and asks what is left.
func (d *day) evening(luis *client) {
	d.Helper()
	ana := d.ana
	ana.answersMail(6, "#resolver\nLe hemos llevado otro.")
	receipt := d.next("Re: [BR-6] Teclado")
	d.says(receipt, "resuelta; se ha avisado al solicitante")
	code := receiptCode.FindStringSubmatch(receipt.Text)
	if code == nil {
		d.Fatalf("no code in %s", receipt.Text)
	}
	ana.answersMail(d.seen, "#deshacer "+code[1])
	d.says(d.next("Re: [BR-6] Teclado"), "deshecho ("+code[1]+")")

	ana.forwards(2, "pere@town.example", "batlia@town.example")
	d.says(d.next("Re: [BR-2] Padrón"), "asignada a Pere")
	ana.writes("batlia@town.example", "Cambio de pantalla", "#solicitante luis@other.example\nLlama Luis: quiere otra pantalla.\n")
	d.says(d.next("Re: [BR-7] Cambio de pantalla"), "solicitante: luis@other.example")
	ana.writes("batlia@town.example", "Consulta", "#estado\n")
	list := d.next("Sus consultas pendientes")
	d.says(list, "BR-1 · No imprimix", "BR-3 · No funciona la caja", "BR-5 · Més lletra", "BR-7 · Cambio de pantalla")
	if strings.Contains(list.Text, "BR-4") || strings.Contains(list.Text, "BR-2") {
		d.Errorf("what she gave away is in the list:\n%s", list.Text)
	}
	if at := strings.Index(list.Text, "BR-3"); at < 0 || at > strings.Index(list.Text, "BR-1") {
		d.Errorf("the urgent one is not the first:\n%s", list.Text)
	}
	if m := luis.receives(d.dovecot, 6); !strings.HasPrefix(m.Subject, "Re: [BR-7]") {
		d.Errorf("the newest of his mails is %q", m.Subject)
	}
	luis.answers("¿Y mi teclado?")
	d.next("Re: [BR-7] Cambio de pantalla")

	for number, want := range map[string]string{"BR-2": "new pere", "BR-6": "new ana", "BR-7": "new ana"} {
		if got := d.ticket(number); got.Status+" "+got.Technician != want {
			d.Errorf("%s is %s %s, want %s", number, got.Status, got.Technician, want)
		}
	}
	d.threads()
}

// threads: what is about one ticket hangs together, below one root, and nothing
// came beside what was read.
func (d *day) threads() {
	d.Helper()
	mails, err := d.dovecot.Mails("ana", "INBOX")
	if err != nil {
		d.Fatal(err)
	}
	if len(mails) != d.seen {
		d.Errorf("%d mails for the technician, %d were meant", len(mails), d.seen)
	}
	roots := map[string]string{}
	for _, raw := range mails {
		m, err := ingest.NewParser(ingest.Options{}).Parse(raw)
		if err != nil {
			d.Fatal(err)
		}
		number := m.Header.Get("X-Respon-Ticket")
		if number == "" {
			continue
		}
		i := slices.IndexFunc(m.References, func(id string) bool { return strings.Contains(id, ".thread@") })
		if i < 0 {
			d.Errorf("%q has no root: %v", m.Subject, m.References)
			continue
		}
		if root := roots[number]; root != "" && root != m.References[i] {
			d.Errorf("%q has another root than the mails before", m.Subject)
		}
		roots[number] = m.References[i]
	}
}
