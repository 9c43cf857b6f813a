package testservers_test

import (
	"fmt"
	"net/smtp"
	"strings"
	"sync"
	"testing"

	"respon/internal/testservers"
	"respon/mailer/postoffice"
)

const sender = "clara@alfafar.example"

func TestSinkKeepsEveryByte(t *testing.T) {
	t.Parallel()
	s := testservers.Sink(t)
	raw := "Subject: dots\r\n\r\n.\r\n..\r\n.x\r\nlone \r and \n, NUL \x00 and \xf1\r\n\r\n"
	if err := smtp.SendMail(s.Addr(), nil, sender, []string{"any@where.example", "b@c.example"}, []byte("x: y\r\n\r\n.\r\n")); err != nil {
		t.Fatal(err)
	}
	c, err := smtp.Dial(s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Mail(""); err != nil {
		t.Fatal(err)
	}
	if err := c.Rcpt("support+token@respon.example"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Text.Cmd("DATA"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.Text.ReadResponse(354); err != nil {
		t.Fatal(err)
	}
	// By hand, because package smtp would mend the lines' ends.
	stuffed := strings.ReplaceAll(raw, "\r\n.", "\r\n..")
	if _, err := fmt.Fprintf(c.Text.W, "%s.\r\n", stuffed); err != nil {
		t.Fatal(err)
	}
	if err := c.Text.W.Flush(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.Text.ReadResponse(250); err != nil {
		t.Fatal(err)
	}
	mails := s.Mails()
	if len(mails) != 2 || s.Count() != 2 {
		t.Fatalf("%d mails, counted %d, want 2", len(mails), s.Count())
	}
	if m := mails[0]; m.From != sender || fmt.Sprint(m.To) != "[any@where.example b@c.example]" {
		t.Errorf("envelope from %s to %v", m.From, m.To)
	}
	if m := mails[1]; m.From != "" || string(m.Raw) != raw {
		t.Errorf("from %q, got %q, want %q", m.From, m.Raw, raw)
	}
	if s.Forget(); s.Count() != 0 {
		t.Error("nothing is forgotten")
	}
}

func TestSinkFaults(t *testing.T) {
	t.Parallel()
	s := testservers.Sink(t)
	send := func(to string) error {
		return smtp.SendMail(s.Addr(), nil, sender, []string{to}, letter("x"))
	}
	s.Fault(postoffice.Fault{At: postoffice.SMTPRcpt, Only: "gone@where.example", Answer: "550 5.1.1 gone"})
	s.Fault(postoffice.Fault{At: postoffice.SMTPData, Late: true, Cut: true, Times: 1})
	if err := send("gone@where.example"); err == nil || s.Count() != 0 {
		t.Errorf("refused: %v, %d mails", err, s.Count())
	}
	if err := send("any@where.example"); err == nil || s.Count() != 1 {
		t.Errorf("cut after the dot: %v, %d mails, want an error and 1", err, s.Count())
	}
	if err := send("any@where.example"); err != nil || s.Count() != 2 {
		t.Errorf("afterwards: %v, %d mails, want 2", err, s.Count())
	}
}

func TestSinkWithManyAtOnce(t *testing.T) {
	t.Parallel()
	s := testservers.Sink(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 25 {
				if err := smtp.SendMail(s.Addr(), nil, sender, []string{"a@b.example"}, letter("x")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if s.Count() != 200 {
		t.Errorf("%d mails, want 200", s.Count())
	}
}

func TestMaildirSMTP(t *testing.T) {
	t.Parallel()
	d := testservers.Dovecot(t, "support", "ana")
	s := testservers.MaildirSMTP(t, d, "respon.example")
	for _, to := range []string{"support@elsewhere.example", "pere@respon.example", "root@respon.example"} {
		if err := smtp.SendMail(s.Addr(), nil, sender, []string{to}, letter("lost")); err == nil {
			t.Errorf("a mail to %s is accepted", to)
		}
	}
	both := []string{"Support+token@respon.example", "ana@RESPON.example"}
	if err := smtp.SendMail(s.Addr(), nil, sender, both, letter("hola")); err != nil {
		t.Fatal(err)
	}
	for i, user := range []string{"support", "ana"} {
		want := "Return-Path: <" + sender + ">\r\nDelivered-To: " + both[i] + "\r\n" + string(letter("hola"))
		if got := bodies(t, login(t, d, user), "INBOX"); len(got) != 1 || got[0] != want {
			t.Errorf("%s has %q, want %q", user, got, want)
		}
	}
	auth := smtp.PlainAuth("", "ana", d.Password("ana"), s.Host)
	if err := smtp.SendMail(s.Addr(), auth, sender, both[:1], letter("again")); err != nil {
		t.Errorf("with AUTH: %v", err)
	}
	if err := smtp.SendMail(s.Addr(), smtp.PlainAuth("", "ana", "guessed", s.Host), sender, both[:1], letter("x")); err == nil {
		t.Error("a wrong password is accepted")
	}
}
