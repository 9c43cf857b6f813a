package testservers_test

import (
	"bytes"
	"fmt"
	"net/smtp"
	"strings"
	"testing"

	"respon/internal/testservers"
)

// arrived waits until a user's INBOX has n mails.
func arrived(t *testing.T, d *testservers.DovecotServer, user string, n int) [][]byte {
	t.Helper()
	var mails [][]byte
	eventually(t, fmt.Sprintf("%s has %d mails", user, n), func() (enough bool) {
		var err error
		if mails, err = d.Mails(user, "INBOX"); err != nil {
			t.Fatal(err)
		}
		return len(mails) >= n
	})
	return mails
}

func TestPostfixDelivers(t *testing.T) {
	t.Parallel()
	testservers.Need(t, testservers.NeedPostfix, testservers.NeedDovecot)
	d := testservers.Dovecot(t, "support", "ana")
	s := testservers.Postfix(t, d, "respon.example", "dival.example")
	send := func(to string, word string) error {
		return smtp.SendMail(s.Addr, nil, sender, []string{to}, letter(word))
	}
	for _, to := range []string{"pere@respon.example", "ana@elsewhere.example", "root@localhost"} {
		if err := send(to, "lost"); err == nil || !strings.HasPrefix(err.Error(), "55") {
			t.Errorf("mail to %s: %v, want 55x", to, err)
		}
	}
	for i, to := range []string{"support+a.token@respon.example", "Support@dival.example", "ana@respon.example"} {
		if err := send(to, fmt.Sprint("word", i)); err != nil {
			t.Fatalf("mail to %s: %v", to, err)
		}
	}
	mails := bytes.Join(arrived(t, d, "support", 2), nil)
	for _, want := range []string{"word0", "word1", "Return-Path: <" + sender + ">", "Delivered-To: support+a.token@respon.example"} {
		if !bytes.Contains(mails, []byte(want)) {
			t.Errorf("support got %q, which lacks %q", mails, want)
		}
	}
	arrived(t, d, "ana", 1)
	if got := bodies(t, login(t, d, "ana"), "INBOX"); len(got) != 1 || !strings.Contains(got[0], "word2") {
		t.Errorf("IMAP shows ana %q", got)
	}
}

func TestPostfixComesBack(t *testing.T) {
	t.Parallel()
	testservers.Need(t, testservers.NeedPostfix, testservers.NeedDovecot)
	d := testservers.Dovecot(t, "support")
	s := testservers.Postfix(t, d, "respon.example")
	n := 0
	for name, end := range map[string]func() error{"kill": s.Kill, "stop": s.Stop} {
		if err := end(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, err := smtp.Dial(s.Addr); err == nil {
			t.Errorf("%s: the server still answers", name)
		}
		if err := s.Start(); err != nil {
			t.Fatalf("start after %s: %v", name, err)
		}
		if err := smtp.SendMail(s.Addr, nil, sender, []string{"support@respon.example"}, letter(name)); err != nil {
			t.Fatalf("after %s: %v", name, err)
		}
		n++
		arrived(t, d, "support", n)
	}
	if log, err := s.Log(); err != nil || !strings.Contains(log, "status=sent") {
		t.Errorf("log %q, %v", log, err)
	}
}
