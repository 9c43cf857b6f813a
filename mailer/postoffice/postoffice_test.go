package postoffice_test

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/smtp"
	"net/textproto"
	"slices"
	"strings"
	"testing"
	"time"

	"respon/mailer/postoffice"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	sasl "github.com/emersion/go-sasl"
	gosmtp "github.com/emersion/go-smtp"
	"go.uber.org/goleak"
)

// noon is what the clocks of these tests show.
var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// open starts an office for support and ana, until the test ends.
func open(t *testing.T, change ...func(*postoffice.Options)) *postoffice.PostOffice {
	t.Helper()
	o := postoffice.Options{
		Accounts: []postoffice.Account{
			{Address: "support@respon.example", User: "support", Password: "s3cret"},
			{Address: "ana@respon.example", Password: "pass of ana", Name: "Ana Soler"},
		},
		Now: func() time.Time { return noon },
	}
	for _, f := range change {
		f(&o)
	}
	p, err := postoffice.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

const from = "clara@alfafar.example"

// letter is a small mail with a word to know it by.
func letter(word string) []byte {
	return []byte("From: Clara <" + from + ">\r\nSubject: " + word + "\r\n\r\n.dots\r\n..and\rñ " + word + "\r\n")
}

// post sends a mail as a stranger.
func post(p *postoffice.PostOffice, raw []byte, to ...string) error {
	return smtp.SendMail(p.SMTPAddr(), nil, from, to, raw)
}

// said is what the server answered, or how else the sending failed.
func said(err error) string {
	if answer, ok := errors.AsType[*textproto.Error](err); ok {
		return fmt.Sprint(answer.Code, " ", answer.Msg)
	}
	return fmt.Sprint(err)
}

// inbox reads a user's INBOX.
func inbox(t *testing.T, p *postoffice.PostOffice, user string) []postoffice.Mail {
	t.Helper()
	mails, err := p.Mails(user, "INBOX")
	if err != nil {
		t.Fatal(err)
	}
	return mails
}

// login opens an IMAP connection until the test ends.
func login(t *testing.T, p *postoffice.PostOffice, o *imapclient.Options) *imapclient.Client {
	t.Helper()
	c, err := imapclient.DialInsecure(p.IMAPAddr(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.Login("support", "s3cret").Wait(); err != nil {
		t.Fatal(err)
	}
	return c
}

// selected is login with the INBOX open.
func selected(t *testing.T, p *postoffice.PostOffice) *imapclient.Client {
	t.Helper()
	c := login(t, p, nil)
	if _, err := c.Select("INBOX", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestDelivery(t *testing.T) {
	t.Parallel()
	p := open(t)
	raw := []byte("Subject: hola\r\n\r\n.dots\r\n..\r\nñ\r\n")
	to := []string{"Support+TOKEN.x@respon.example", "ana@RESPON.example"}
	if err := post(p, raw, to...); err != nil {
		t.Fatal(err)
	}
	for i, user := range []string{"support", "ana@respon.example"} {
		mails := inbox(t, p, user)
		if len(mails) != 1 {
			t.Fatalf("%s has %d mails, want 1", user, len(mails))
		}
		head, ok := bytes.CutSuffix(mails[0].Raw, raw)
		if !ok {
			t.Errorf("%s got %q, which does not end in what was sent", user, mails[0].Raw)
		}
		want := "Return-Path: <" + from + ">\r\nDelivered-To: " + to[i] + "\r\n"
		if !strings.HasPrefix(string(head), want) || !strings.Contains(string(head), "\r\nReceived: from localhost") {
			t.Errorf("%s got %q on top, want %q and Received", user, head, want)
		}
		if !mails[0].Received.Equal(noon) || mails[0].UID != 1 || len(mails[0].Flags) != 0 {
			t.Errorf("%s got %+v", user, mails[0])
		}
	}
}

func TestUnknownRecipients(t *testing.T) {
	t.Parallel()
	p := open(t)
	for _, to := range []string{"nobody@respon.example", "support@elsewhere.example", "+support@respon.example"} {
		err := post(p, letter("lost"), to)
		if !strings.HasPrefix(said(err), "550 5.1.1 ") {
			t.Errorf("mail to %s: %v, want 550 5.1.1", to, err)
		}
	}
	if n := len(inbox(t, p, "support")); n != 0 {
		t.Errorf("%d mails came in all the same", n)
	}
}

func TestSubmission(t *testing.T) {
	t.Parallel()
	p := open(t, func(o *postoffice.Options) { o.RequireAuth = true; o.MaxSize = 5000 })
	to := "support@respon.example"
	if err := post(p, letter("anonymous"), to); !strings.HasPrefix(said(err), "530 ") {
		t.Errorf("without AUTH: %v, want 530", err)
	}
	send := func(auth sasl.Client, raw []byte) error {
		c, err := gosmtp.Dial(p.SMTPAddr())
		if err != nil {
			return err
		}
		defer c.Close()
		if err := c.Auth(auth); err != nil {
			return err
		}
		return c.SendMail("ana@respon.example", []string{to}, bytes.NewReader(raw))
	}
	if err := send(sasl.NewPlainClient("", "ana@respon.example", "guessed"), letter("x")); err == nil {
		t.Error("a wrong password is accepted")
	}
	for name, auth := range map[string]sasl.Client{
		"PLAIN": sasl.NewPlainClient("", "ana@respon.example", "pass of ana"),
		"LOGIN": sasl.NewLoginClient("ana@respon.example", "pass of ana"),
	} {
		if err := send(auth, letter(name)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	tooBig := append(letter("big"), bytes.Repeat([]byte("0123456789\r\n"), 500)...)
	if err := send(sasl.NewPlainClient("", "support", "s3cret"), tooBig); err == nil || !strings.Contains(err.Error(), "552") {
		t.Errorf("too large a mail: %v, want 552", err)
	}
	if n := len(inbox(t, p, "support")); n != 2 {
		t.Errorf("%d mails came in, want 2", n)
	}
}

func TestMailClient(t *testing.T) {
	t.Parallel()
	p := open(t)
	if err := p.Append("support", "INBOX", letter("one")); err != nil {
		t.Fatal(err)
	}
	c := login(t, p, nil)
	if err := c.Create("Sent", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	sent := c.Append("Sent", int64(len(letter("sent"))), &imap.AppendOptions{Flags: []imap.Flag{imap.FlagSeen}})
	if _, err := sent.Write(letter("sent")); err != nil {
		t.Fatal(err)
	}
	if err := sent.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := sent.Wait(); err != nil {
		t.Fatal(err)
	}
	mails, err := p.Mails("support", "Sent")
	if err != nil || len(mails) != 1 || !bytes.Equal(mails[0].Raw, letter("sent")) ||
		!slices.Equal(mails[0].Flags, []string{"\\Seen"}) || !mails[0].Received.Equal(noon) {
		t.Errorf("Sent holds %+v, %v", mails, err)
	}
	subscribed, err := c.List("", "*", &imap.ListOptions{SelectSubscribed: true}).Collect()
	if err != nil || len(subscribed) != 2 {
		t.Errorf("subscribed folders %v, %v; want INBOX and Sent", subscribed, err)
	}
	for name, cmd := range map[string]error{
		"delete": c.Delete("INBOX").Wait(),
		"rename": c.Rename("INBOX", "Old", nil).Wait(),
	} {
		if cmd == nil {
			t.Errorf("the INBOX lets itself %s", name)
		}
	}
	if _, err := p.Mails("support", "Nowhere"); err != nil {
		t.Errorf("a folder that is missing: %v, want no mails", err)
	}
	if _, err := p.Mails("nobody", "INBOX"); err == nil {
		t.Error("mails of nobody are no error")
	}
}

func TestLoginByAddress(t *testing.T) {
	t.Parallel()
	p := open(t)
	for _, tt := range []struct {
		user, password string
		ok             bool
	}{
		{"support", "s3cret", true},
		{"support@respon.example", "s3cret", true},
		{"support", "pass of ana", false},
		{"support", "", false},
		{"", "", false},
	} {
		c, err := imapclient.DialInsecure(p.IMAPAddr(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Login(tt.user, tt.password).Wait(); (err == nil) != tt.ok {
			t.Errorf("login %q %q: %v", tt.user, tt.password, err)
		}
		c.Close()
	}
}

func TestStartRefuses(t *testing.T) {
	t.Parallel()
	one := postoffice.Account{Address: "a@respon.example", Password: "x"}
	now := func() time.Time { return noon }
	for name, o := range map[string]postoffice.Options{
		"no clock":       {},
		"no password":    {Now: now, Accounts: []postoffice.Account{{Address: "a@respon.example"}}},
		"no address":     {Now: now, Accounts: []postoffice.Account{{Address: "a", Password: "x"}}},
		"twice":          {Now: now, Accounts: []postoffice.Account{one, one}},
		"open to all":    {Now: now, SMTPAddr: "0.0.0.0:0"},
		"open to others": {Now: now, IMAPAddr: ":0"},
	} {
		if p, err := postoffice.Start(o); err == nil {
			p.Close()
			t.Errorf("%s: started all the same", name)
		}
	}
}

func TestCloseLeavesNothing(t *testing.T) {
	// Not parallel: it counts the goroutines of the process.
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	p, err := postoffice.Start(postoffice.Options{
		Accounts: []postoffice.Account{{Address: "a@respon.example", Password: "x"}},
		Now:      func() time.Time { return noon },
	})
	if err != nil {
		t.Fatal(err)
	}
	p.Fault(postoffice.Fault{At: postoffice.SMTPConnect, Delay: 24 * time.Hour})
	silent, err := net.Dial("tcp", p.SMTPAddr())
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	c, err := imapclient.DialInsecure(p.IMAPAddr(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Login("a@respon.example", "x").Wait(); err != nil {
		t.Fatal(err)
	}
	idle, err := c.Idle()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if err := idle.Wait(); err == nil {
		t.Error("IDLE survives the server")
	}
	if _, err := net.Dial("tcp", p.IMAPAddr()); err == nil {
		t.Error("IMAP still listens")
	}
}

func TestRenumber(t *testing.T) {
	t.Parallel()
	p := open(t)
	c := login(t, p, nil)
	before, err := c.Select("INBOX", nil).Wait()
	if err != nil {
		t.Fatal(err)
	}
	if int64(before.UIDValidity) < noon.Unix() {
		t.Errorf("UIDVALIDITY %d is that of an older office", before.UIDValidity)
	}
	p.Renumber()
	after, err := c.Select("INBOX", nil).Wait()
	if err != nil {
		t.Fatal(err)
	}
	status, err := c.Status("INBOX", &imap.StatusOptions{UIDValidity: true}).Wait()
	if err != nil {
		t.Fatal(err)
	}
	if after.UIDValidity <= before.UIDValidity || status.UIDValidity != after.UIDValidity {
		t.Errorf("UIDVALIDITY %d, then %d, STATUS %d; want it greater, and the same in STATUS",
			before.UIDValidity, after.UIDValidity, status.UIDValidity)
	}
}

// isRefusal tells whether an IMAP command was answered by this NO.
func isRefusal(err error, code imap.ResponseCode) bool {
	var answer *imap.Error
	return errors.As(err, &answer) && answer.Type == imap.StatusResponseTypeNo && answer.Code == code
}

func Example() {
	office, err := postoffice.Start(postoffice.Options{
		Accounts: []postoffice.Account{{Address: "ana@respon.example", Password: "x"}},
		Now:      func() time.Time { return noon },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer office.Close()
	full := office.Fault(postoffice.Fault{At: postoffice.SMTPData, Answer: "452 4.3.1 disk full", Times: 1})
	for range 2 {
		fmt.Println(said(post(office, letter("hola"), "ana+token@respon.example")))
	}
	mails, err := office.Mails("ana@respon.example", "INBOX")
	fmt.Println(full.Struck(), len(mails), err)
	// Output:
	// 452 4.3.1 disk full
	// <nil>
	// 1 1 <nil>
}
