package testservers_test

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"strings"
	"testing"
	"time"

	"respon/internal/testservers"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// login opens an IMAP connection until the test ends.
func login(t *testing.T, d *testservers.DovecotServer, user string) *imapclient.Client {
	t.Helper()
	c, err := imapclient.DialInsecure(d.Addr, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.Login(user, d.Password(user)).Wait(); err != nil {
		t.Fatalf("login as %s: %v", user, err)
	}
	return c
}

// bodies reads all mails of a folder, in the order of their UIDs.
func bodies(t *testing.T, c *imapclient.Client, folder string) []string {
	t.Helper()
	if _, err := c.Select(folder, nil).Wait(); err != nil {
		t.Fatalf("select %s: %v", folder, err)
	}
	section := &imap.FetchItemBodySection{Peek: true}
	all := imap.UIDSet{imap.UIDRange{Start: 1, Stop: 0}}
	got, err := c.Fetch(all, &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{section}}).Collect()
	if err != nil {
		t.Fatal(err)
	}
	var raws []string
	for _, m := range got {
		raws = append(raws, string(m.FindBodySection(section)))
	}
	return raws
}

// letter is a small mail with a word to know it by.
func letter(word string) []byte {
	return []byte("From: Clara <clara@alfafar.example>\r\nTo: support@respon.example\r\n" +
		"Subject: " + word + "\r\n\r\n" + word + " ñ\r\n")
}

func TestDovecotDelivers(t *testing.T) {
	t.Parallel()
	d := testservers.Dovecot(t, "support", "ana")
	var want []string
	for i := range 30 {
		raw := letter(fmt.Sprint("mail", i))
		want = append(want, string(raw))
		if err := d.Deliver("support", raw); err != nil {
			t.Fatal(err)
		}
	}
	c := login(t, d, "support")
	got := bodies(t, c, "INBOX")
	if strings.Join(got, "\f") != strings.Join(want, "\f") {
		t.Errorf("IMAP shows %q, want the mails in their order and unchanged", got)
	}
	if other := bodies(t, login(t, d, "ana"), "INBOX"); len(other) != 0 {
		t.Errorf("another user sees %d mails", len(other))
	}

	if err := c.Create("Processed", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	if !c.Caps().Has(imap.CapMove) {
		t.Fatal("dovecot without MOVE")
	}
	if _, err := c.Move(imap.UIDSetNum(2), "Processed").Wait(); err != nil {
		t.Fatal(err)
	}
	moved, err := d.Mails("support", "Processed")
	if err != nil || len(moved) != 1 || !bytes.Equal(moved[0], letter("mail1")) {
		t.Errorf("Processed holds %q, %v; want mail1", moved, err)
	}
	left, err := d.Mails("support", "INBOX")
	if err != nil || len(left) != 29 || !bytes.Equal(left[0], letter("mail0")) || !bytes.Equal(left[28], letter("mail29")) {
		t.Errorf("INBOX holds %d mails, %v; want 29 in order", len(left), err)
	}
}

func TestDovecotRefuses(t *testing.T) {
	t.Parallel()
	d := testservers.Dovecot(t, "support")
	c, err := imapclient.DialInsecure(d.Addr, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Login("support", "guessed").Wait(); err == nil {
		t.Error("a wrong password is accepted")
	}
	if err := d.Deliver("nobody", letter("lost")); err == nil {
		t.Error("a mail for nobody is accepted")
	}
	if _, err := testservers.StartDovecot(testservers.DovecotOptions{Users: []string{"../escape"}}); err == nil {
		t.Error("a user's name that is a path is accepted")
	}
}

func TestDovecotComesBack(t *testing.T) {
	t.Parallel()
	d := testservers.Dovecot(t, "support")
	if err := d.Deliver("support", letter("kept")); err != nil {
		t.Fatal(err)
	}
	for name, end := range map[string]func() error{"kill": d.Kill, "stop": d.Stop} {
		open := login(t, d, "support")
		if err := end(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := open.Noop().Wait(); err == nil {
			t.Errorf("%s: an open connection lives on", name)
		}
		if _, err := imapclient.DialInsecure(d.Addr, nil); err == nil {
			t.Errorf("%s: the server still answers", name)
		}
		if err := d.Start(); err != nil {
			t.Fatalf("start after %s: %v", name, err)
		}
		if got := bodies(t, login(t, d, "support"), "INBOX"); len(got) != 1 || got[0] != string(letter("kept")) {
			t.Errorf("after %s: %q", name, got)
		}
	}
}

func TestDovecotTLS(t *testing.T) {
	t.Parallel()
	d := testservers.DovecotWith(t, testservers.DovecotOptions{Users: []string{"support"}, TLS: true})
	trusting := &imapclient.Options{TLSConfig: &tls.Config{RootCAs: d.CertPool(), ServerName: "localhost"}}
	for name, dial := range map[string]func(*imapclient.Options) (*imapclient.Client, error){
		"tls":      func(o *imapclient.Options) (*imapclient.Client, error) { return imapclient.DialTLS(d.TLSAddr(), o) },
		"starttls": func(o *imapclient.Options) (*imapclient.Client, error) { return imapclient.DialStartTLS(d.Addr, o) },
	} {
		c, err := dial(trusting)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if err := c.Login("support", d.Password("support")).Wait(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		c.Close()
		if c, err := dial(nil); err == nil {
			c.Close()
			t.Errorf("%s: the certificate is trusted by everybody", name)
		}
	}
}

func TestDovecotConfig(t *testing.T) {
	t.Parallel()
	d := testservers.DovecotWith(t, testservers.DovecotOptions{
		Users:  []string{"support"},
		Config: "imap_capability = IMAP4rev1 UIDPLUS",
	})
	if c := login(t, d, "support"); c.Caps().Has(imap.CapMove) {
		t.Error("the configuration took MOVE away; it is still there")
	}
	eventually(t, "the log tells of the login", func() bool {
		log, err := d.Log()
		if err != nil {
			t.Fatal(err)
		}
		return strings.Contains(log, "Login: user=<support>")
	})
}

// eventually waits until something holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(30 * time.Second)
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("waited in vain until %s", what)
		}
	}
}
