package mailbox

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

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
	if n := count(t, dovecot, "INBOX"); n != 0 {
		t.Errorf("%d mails are left in INBOX", n)
	}
	eventually(t, "the mailbox is well", func() bool { return m.Health() == nil })
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
