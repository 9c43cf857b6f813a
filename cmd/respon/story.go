package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime"
	"net"
	"net/mail"
	"net/smtp"
	"regexp"
	"strings"
	"time"

	"respon/ingest"
	"respon/mailer/postoffice"
)

// story is what the demo plays: people writing mails by SMTP and finding the
// answers in their mailboxes. It prints only what it has found there.
type story struct {
	out    io.Writer
	office *postoffice.PostOffice
	now    func() time.Time
	step   int
	read   map[string]int // mails of each person that were read already
}

// patience is how long a mail may take to arrive.
const patience = 10 * time.Second

var bracketNumber = regexp.MustCompile(`\[(BR-\d+)\]`)

func (s *story) play(ctx context.Context) error {
	s.read = map[string]int{}
	first := "No puc entrar en el programa de comptabilitat, em diu \"usuari bloquejat\".\nPodeu mirar-ho?\n\nGràcies,\nMaria\n"
	if err := s.write(demoClerk, "Maria Peris", demoSupport, "[comptabilitat] No puc entrar", first, nil); err != nil {
		return err
	}
	s.tell("Maria, of a town hall, writes to "+demoSupport, first)

	ack, err := s.arrives(ctx, demoClerk)
	if err != nil {
		return err
	}
	number := bracketNumber.FindStringSubmatch(ack.subject)
	if number == nil {
		return fmt.Errorf("the acknowledgement bears no number: %q", ack.subject)
	}
	s.tell("The gateway answers at once, in her language, in her thread: "+ack.subject, ack.text)

	notice, err := s.arrives(ctx, demoAna)
	if err != nil {
		return err
	}
	s.tell("Ana, who knows the subject, finds it in her mail client: "+notice.subject, notice.text)

	if err := s.answer(demoAna, "Ana Soler", notice, "Bon dia, Maria:\nHe desbloquejat l'usuari. Prova-ho ara, per favor.\n"); err != nil {
		return err
	}
	s.tell("Ana just answers that mail", "")
	reply, err := s.arrives(ctx, demoClerk)
	if err != nil {
		return err
	}
	if strings.Contains(string(reply.raw), demoAna) {
		return fmt.Errorf("the technician's own address is in a mail to the clerk")
	}
	s.tell("Maria gets Ana's words, under the gateway's address: "+reply.from, reply.text)

	if err := s.answer(demoClerk, "Maria Peris", reply, "Ara sí que funciona. Moltes gràcies!\n"); err != nil {
		return err
	}
	follow, err := s.arrives(ctx, demoAna)
	if err != nil {
		return err
	}
	s.tell("Maria answers, and it joins "+number[1]+"; Ana reads: "+follow.subject, follow.text)

	if err := s.answer(demoAna, "Ana Soler", follow, "#resolt\n"); err != nil {
		return err
	}
	resolved, err := s.arrives(ctx, demoClerk)
	if err != nil {
		return err
	}
	s.tell("Ana answers with one line, #resolt, and Maria is told: "+resolved.subject, resolved.text)
	fmt.Fprintf(s.out, "\n%s went round by real SMTP and IMAP. Every step above has happened.\n", number[1])
	return nil
}

func (s *story) tell(title, text string) {
	s.step++
	fmt.Fprintf(s.out, "\n%d. %s\n", s.step, title)
	if text = strings.TrimSpace(text); text != "" {
		fmt.Fprintln(s.out, "   │ "+strings.ReplaceAll(printable(text), "\n", "\n   │ "))
	}
}

// letter is a mail as its reader finds it.
type letter struct {
	raw                       []byte
	subject, from, text       string
	id, references, replyPath string
}

// arrives waits for a person's next mail.
func (s *story) arrives(ctx context.Context, who string) (letter, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		mails, err := s.office.Mails(who, "INBOX")
		if err != nil {
			return letter{}, err
		}
		if n := s.read[who]; len(mails) > n {
			s.read[who]++
			return open(mails[n].Raw)
		}
		select {
		case <-ctx.Done():
			return letter{}, fmt.Errorf("step %d: no mail came for %s within %s", s.step+1, who, patience)
		case <-tick.C:
		}
	}
}

func open(raw []byte) (letter, error) {
	m, err := ingest.NewParser(ingest.Options{}).Parse(raw)
	if err != nil {
		return letter{}, err
	}
	l := letter{raw: raw, subject: m.Subject, text: m.Text}
	if m.From != nil {
		l.from = m.From.Name + " <" + m.From.Address + ">"
		l.replyPath = m.From.Address
	}
	if len(m.ReplyTo) > 0 {
		l.replyPath = m.ReplyTo[0].Address
	}
	if m.MessageID != nil {
		l.id = "<" + *m.MessageID + ">"
	}
	for _, id := range m.References {
		l.references += "<" + id + "> "
	}
	return l, nil
}

// answer replies as mail clients do: below one's words stands what they answer.
func (s *story) answer(from, name string, to letter, text string) error {
	quoted := "> " + strings.ReplaceAll(strings.TrimSpace(to.text), "\n", "\n> ")
	body := text + "\nEl " + s.now().Format("2/1/2006 15:04") + ", " + to.from + " escribió:\n" + quoted + "\n"
	subject := to.subject
	if !strings.HasPrefix(subject, "Re: ") {
		subject = "Re: " + subject
	}
	return s.write(from, name, to.replyPath, subject, body, map[string]string{
		"In-Reply-To": to.id, "References": to.references + to.id,
	})
}

// write sends a mail by SMTP.
func (s *story) write(from, name, to, subject, text string, more map[string]string) error {
	var b bytes.Buffer
	_, domain, _ := strings.Cut(from, "@")
	fmt.Fprintf(&b, "From: %s\r\nTo: <%s>\r\nSubject: %s\r\nDate: %s\r\nMessage-ID: <%d.%d@%s>\r\n",
		(&mail.Address{Name: name, Address: from}).String(), to, mime.QEncoding.Encode("utf-8", subject),
		s.now().Format(time.RFC1123Z), s.now().UnixNano(), s.step, domain)
	for key, value := range more {
		fmt.Fprintf(&b, "%s: %s\r\n", key, value)
	}
	b.WriteString("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n")
	b.WriteString(strings.ReplaceAll(text, "\n", "\r\n"))
	if err := smtp.SendMail(s.office.SMTPAddr(), nil, from, []string{to}, b.Bytes()); err != nil {
		return fmt.Errorf("%s writes: %w", from, err)
	}
	return nil
}

// invite says how to go on by hand.
func (s *story) invite(page string) {
	imapHost, imapPort, _ := net.SplitHostPort(s.office.IMAPAddr()) // our own listener's
	smtpHost, smtpPort, _ := net.SplitHostPort(s.office.SMTPAddr())
	fmt.Fprintf(s.out, `
Go on yourself. In a mail client, without encryption:
   IMAP      %s port %s
   SMTP      %s port %s
   accounts  %s (clerk), %s and %s (technicians)
   password  %s
Write to %s.
The page, where the clerk or a technician signs in at a click: %s
Ctrl-C ends it.
`, imapHost, imapPort, smtpHost, smtpPort, demoClerk, demoAna, demoPere, demoPassword, demoSupport, page)
}
