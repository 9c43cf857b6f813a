package mailbox

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"respon/internal/testservers"
)

func dovecotConfig(d *testservers.DovecotServer) Config {
	return Config{
		Name: "support", Host: d.Host, Port: d.Port, Security: "none",
		Username: "support", Password: password(d.Password("support")),
		Processed: "Processed", Quarantine: "Quarantine", Poll: "@every 1s",
	}
}

func newMailbox(t testing.TB, cfg Config, d *desk) *Mailbox {
	t.Helper()
	m, err := New(cfg, d.take, d, silent(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func deliver(t testing.TB, d *testservers.DovecotServer, raws ...[]byte) {
	t.Helper()
	for _, raw := range raws {
		if err := d.Deliver("support", raw); err != nil {
			t.Fatal(err)
		}
	}
}

func mails(t testing.TB, d *testservers.DovecotServer, folder string) [][]byte {
	t.Helper()
	raws, err := d.Mails("support", folder)
	if err != nil {
		t.Fatal(err)
	}
	return raws
}

func count(t testing.TB, d *testservers.DovecotServer, folder string) int {
	t.Helper()
	return len(mails(t, d, folder))
}

func TestDovecotBurst(t *testing.T) {
	dovecot := testservers.Dovecot(t, "support")
	d := newDesk(nil)
	m := newMailbox(t, dovecotConfig(dovecot), d)
	start(t, m)

	var want [][]byte
	for i := range 200 {
		want = append(want, letter(fmt.Sprintf("número %d", i), 3_000))
	}
	deliver(t, dovecot, want...)
	eventually(t, "200 mails lie in Processed", func() bool { return count(t, dovecot, "Processed") == 200 })

	got := d.items()
	if len(got) != len(want) {
		t.Fatalf("%d mails offered, want %d", len(got), len(want))
	}
	for i, it := range got {
		if !bytes.Equal(it.Raw, want[i]) {
			t.Fatalf("mail %d of the order is not the one delivered as %d", i, i)
		}
		if it.Received.IsZero() || it.Size != int64(len(want[i])) || it.Where != fmt.Sprintf("support/INBOX uid %d", it.UID) {
			t.Fatalf("item %d: received %v, size %d, where %q", i, it.Received, it.Size, it.Where)
		}
	}
	if d.together != 1 {
		t.Errorf("%d mails were in hand at once, want 1", d.together)
	}
	if !slices.IsSorted(d.uids()) {
		t.Errorf("offered out of order: %v", d.uids())
	}
	// Dovecot makes all copies of a MOVE before it takes the originals away.
	eventually(t, "nothing is left in INBOX", func() bool { return count(t, dovecot, "INBOX") == 0 })
	eventually(t, "the mailbox is well", func() bool { return m.Health() == nil })
}

// other logs in as somebody else would, with a mail program.
func other(t testing.TB, m *Mailbox) *session {
	t.Helper()
	s, err := m.connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.close(context.Background()) })
	return s
}

func (s *session) must(t testing.TB, f func(c *imapclient.Client) error) {
	t.Helper()
	if err := s.do(t.Context(), commandLimit, func() error { return f(s.c) }); err != nil {
		t.Fatal(err)
	}
}

// TestDovecotKilled: in the middle of a burst the server dies, twice. No mail is lost, none is settled twice.
func TestDovecotKilled(t *testing.T) {
	dovecot := testservers.Dovecot(t, "support")
	const n = 200
	for i := range n {
		deliver(t, dovecot, letter(fmt.Sprint("mail ", i), 20_000))
	}
	reached := make(chan struct{}, n)
	d := newDesk(func(Item) Verdict { reached <- struct{}{}; return Done })
	start(t, newMailbox(t, dovecotConfig(dovecot), d))
	for range 2 {
		for range 40 {
			<-reached
		}
		if err := dovecot.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := dovecot.Start(); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "all mails lie in Processed", func() bool { return count(t, dovecot, "Processed") == n })
	if uids := d.uids(); len(uids) != n || !slices.IsSorted(uids) {
		t.Errorf("%d mails offered, want %d, in order; %v", len(uids), n, uids)
	}
}

func TestDovecotFolders(t *testing.T) {
	dovecot := testservers.Dovecot(t, "support")
	d := newDesk(func(it Item) Verdict {
		if bytes.Contains(it.Raw, []byte("Subject: poison")) {
			return Quarantine
		}
		return Done
	})
	cfg := dovecotConfig(dovecot)
	cfg.Processed, cfg.Quarantine = "Fets i dits/Ç & 漢字", `Qua"rantine`
	m := newMailbox(t, cfg, d)
	start(t, m)
	deliver(t, dovecot, letter("first", 100), letter("poison", 100))
	eventually(t, "two mails are offered", func() bool { return len(d.uids()) == 2 })

	// Somebody tidies up; then the next mail comes.
	client := other(t, m)
	eventually(t, "both folders are there and full", func() bool { return held(t, client, cfg.Processed) == 1 && held(t, client, cfg.Quarantine) == 1 })
	client.must(t, func(c *imapclient.Client) error { return c.Delete(cfg.Processed).Wait() })
	deliver(t, dovecot, letter("second", 100))
	eventually(t, "the folder is there again with the mail", func() bool { return held(t, client, cfg.Processed) == 1 })

	// Dragged back, a mail has a new UID: it is offered, the handler knows it, and it is moved again.
	client.must(t, func(c *imapclient.Client) error {
		if _, err := c.Select(cfg.Quarantine, nil).Wait(); err != nil {
			return err
		}
		if _, err := c.Move(uidSet([]uint32{1}), "INBOX").Wait(); err != nil {
			return err
		}
		return c.Unselect().Wait() // of a selected folder, STATUS tells what was
	})
	eventually(t, "it is offered again and moved", func() bool { return len(d.uids()) == 4 && held(t, client, cfg.Quarantine) == 1 })
	if n := count(t, dovecot, "INBOX"); n != 0 {
		t.Errorf("%d mails are left in INBOX", n)
	}
}

// held is how many mails a folder holds; -1 if there is none of this name.
func held(t testing.TB, s *session, folder string) int {
	t.Helper()
	n := -1
	err := s.do(t.Context(), commandLimit, func() error {
		d, err := s.c.Status(folder, &imap.StatusOptions{NumMessages: true}).Wait()
		if err == nil && d.NumMessages != nil {
			n = int(*d.NumMessages)
		}
		return err
	})
	if err != nil && !alive(err) {
		t.Fatal(err)
	}
	return n
}

// TestDovecotNewUIDValidity: the server forgets its index; what is in the folder is offered under new names.
func TestDovecotNewUIDValidity(t *testing.T) {
	dovecot := testservers.Dovecot(t, "support")
	d := newDesk(func(it Item) Verdict {
		if bytes.Contains(it.Raw, []byte("Subject: late")) {
			return Done
		}
		return Retry
	})
	start(t, newMailbox(t, dovecotConfig(dovecot), d))
	deliver(t, dovecot, letter("stubborn", 100))
	eventually(t, "it is offered", func() bool { return len(d.uids()) > 0 })
	before := d.items()[0].UIDValidity

	if err := dovecot.Kill(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dovecot.Maildir("support"), "dovecot*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no index to remove: %v", err)
	}
	for _, f := range files {
		if err := os.RemoveAll(f); err != nil {
			t.Fatal(err)
		}
	}
	if err := dovecot.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is offered in a new epoch", func() bool {
		items := d.items()
		return items[len(items)-1].UIDValidity != before
	})
	d.mu.Lock()
	defer d.mu.Unlock()
	if !slices.Equal(d.gone, []uint32{1}) {
		t.Errorf("gone with the old epoch: %v, want [1]", d.gone)
	}
}

// TestDovecotWithoutMove also shows that an over-full mailbox loses nothing, as COPY needs room.
func TestDovecotWithoutMove(t *testing.T) {
	dovecot := testservers.DovecotWith(t, testservers.DovecotOptions{
		Users:  []string{"support"},
		Config: "protocol imap {\n imap_capability = IMAP4rev1 SASL-IR UIDPLUS IDLE\n}",
	})
	d := newDesk(nil)
	start(t, newMailbox(t, dovecotConfig(dovecot), d))
	deliver(t, dovecot, letter("a", 100), letter("b", 100))
	eventually(t, "both were moved", func() bool { return count(t, dovecot, "Processed") == 2 && count(t, dovecot, "INBOX") == 0 })
}

func TestDovecotOverQuota(t *testing.T) {
	dovecot := testservers.DovecotWith(t, testservers.DovecotOptions{
		Users: []string{"support"},
		Config: "mail_plugins = quota\nprotocol imap {\n mail_plugins = quota imap_quota\n imap_capability = IMAP4rev1 SASL-IR UIDPLUS IDLE\n}\n" +
			"plugin {\n quota = maildir:User quota\n quota_rule = *:storage=10K\n}",
	})
	d := newDesk(nil)
	book := &logBook{}
	m, err := New(dovecotConfig(dovecot), d.take, d, book.logger(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	start(t, m)
	deliver(t, dovecot, letter("a", 9_000), letter("b", 9_000))
	eventually(t, "the log says that there is no room", func() bool { return strings.Contains(book.String(), "OVERQUOTA") })
	deliver(t, dovecot, letter("c", 9_000))
	eventually(t, "the next mail is taken all the same", func() bool { return len(d.uids()) == 3 })
	if n := count(t, dovecot, "INBOX"); n != 3 {
		t.Errorf("%d mails in INBOX, want all 3: there was no room elsewhere", n)
	}
	eventually(t, "the mailbox is well", func() bool { return m.Health() == nil })
}

func TestDovecotTooBigAndHuge(t *testing.T) {
	dovecot := testservers.Dovecot(t, "support")
	d := newDesk(nil)
	cfg := dovecotConfig(dovecot)
	cfg.MaxSize = 9 << 20
	start(t, newMailbox(t, cfg, d))
	small, huge, tooBig := letter("small", 100), letter("huge", 8<<20), letter("too big", 10<<20)
	deliver(t, dovecot, small, huge, tooBig, small)
	eventually(t, "all are in Processed", func() bool { return count(t, dovecot, "Processed") == 4 })
	items := d.items()
	end := bytes.Index(tooBig, []byte("\r\n\r\n")) + 4
	for i, want := range [][]byte{small, huge, tooBig[:end], small} {
		if !bytes.Equal(items[i].Raw, want) {
			t.Errorf("mail %d: %d bytes, want %d", i, len(items[i].Raw), len(want))
		}
		if items[i].TooBig != (i == 2) {
			t.Errorf("mail %d: too big %v", i, items[i].TooBig)
		}
	}
}

func TestDovecotTLS(t *testing.T) {
	dovecot := testservers.DovecotWith(t, testservers.DovecotOptions{Users: []string{"support"}, TLS: true})
	// The certificate, as an administrator would copy it into a file.
	conn, err := tls.Dial("tcp", dovecot.TLSAddr(), &tls.Config{RootCAs: dovecot.CertPool(), ServerName: "localhost"})
	if err != nil {
		t.Fatal(err)
	}
	cert := conn.ConnectionState().PeerCertificates[0].Raw
	conn.Close()
	caFile := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(caFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		security string
		port     int
		caFile   string
		ok       bool
	}{
		{"tls", dovecot.TLSPort, caFile, true},
		{"starttls", dovecot.Port, caFile, true},
		{"tls", dovecot.TLSPort, "", false},
		{"starttls", dovecot.Port, "", false},
	} {
		cfg := dovecotConfig(dovecot)
		cfg.Security, cfg.Port, cfg.CAFile = tt.security, tt.port, tt.caFile
		f, err := newMailbox(t, cfg, newDesk(nil)).Check(t.Context())
		if (err == nil) != tt.ok {
			t.Errorf("%s, CA file %q: %v", tt.security, tt.caFile, err)
		}
		if unknown := (x509.UnknownAuthorityError{}); !tt.ok && !errors.As(err, &unknown) {
			t.Errorf("%s without the CA file: %v, want a word on the certificate", tt.security, err)
		}
		if want := (Facts{Move: true, UIDPlus: true, Idle: true, Missing: []string{"Processed", "Quarantine"}}); tt.ok && !reflect.DeepEqual(f, want) {
			t.Errorf("%s: %+v, want %+v", tt.security, f, want)
		}
	}
	cfg := dovecotConfig(dovecot)
	cfg.Password = password("wrong")
	var refused *authError
	if _, err := newMailbox(t, cfg, newDesk(nil)).Check(t.Context()); !errors.As(err, &refused) {
		t.Errorf("with a wrong password: %v", err)
	}
}

// BenchmarkDovecot takes 1,000 mails of 50 kB with a handler that does nothing.
func BenchmarkDovecot(b *testing.B) {
	dovecot := testservers.Dovecot(b, "support")
	raw := letter("càrrega", 50_000)
	const mails = 1_000
	for b.Loop() {
		b.StopTimer()
		for range mails {
			if err := dovecot.Deliver("support", raw); err != nil {
				b.Fatal(err)
			}
		}
		taken := make(chan struct{}, mails)
		d := newDesk(nil)
		handle := func(context.Context, Item) Verdict { taken <- struct{}{}; return Done }
		m, err := New(dovecotConfig(dovecot), handle, d, silent(), time.Now)
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		stop := start(b, m)
		for range mails {
			<-taken
		}
		b.StopTimer()
		stop()
		b.StartTimer()
	}
	b.ReportMetric(float64(mails*b.N)/b.Elapsed().Seconds(), "mails/s")
}
