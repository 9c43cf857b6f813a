package gateway

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"respon/internal/testservers"
	"respon/tickets/store/storetest"
)

var mailsFlag = flag.Int("mails", 1000, "mails of BenchmarkBurst")

// BenchmarkBurst fills a mailbox while the gateway is down, starts it, and
// waits for the last letter to be accepted: by the program as it is built,
// before a real IMAP server and an SMTP sink. In the same run, on the same
// bytes, a bare loop does what cannot be left out; machines differ, and what
// else they do differs from minute to minute, so the ratio of the two is the
// figure. See docs/speed.md.
func BenchmarkBurst(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) { benchmarkBurst(b, storetest.SQLite) })
	b.Run("postgres", func(b *testing.B) { benchmarkBurst(b, testservers.Postgres) })
}

// figures are what one run brings.
type figures struct {
	gateway, bare   float64 // mails a second
	cpu             float64 // ms a mail, of the gateway's process from its start to its end
	peak, idle      float64 // MB
	median, slowest float64 // ms of a single mail that are the gateway's own
}

func benchmarkBurst(b *testing.B, database func(testing.TB) string) {
	var f figures
	for b.Loop() {
		measureBurst(b, database(b), &f)
		measureSingle(b, database(b), &f)
	}
	b.ReportMetric(f.gateway, "mails/s")
	b.ReportMetric(f.gateway/f.bare, "of-bare")
	b.ReportMetric(f.cpu, "cpu-ms/mail")
	b.ReportMetric(f.peak, "peak-MB")
	b.ReportMetric(f.idle, "idle-MB")
	b.ReportMetric(f.median, "own-ms")
	b.ReportMetric(0, "ns/op") // says nothing here
	b.Logf(`
	mails                     %8d
	gateway, mails/s          %8.1f
	bare loop, mails/s        %8.1f
	gateway / bare loop       %8.2f   at least 0.40
	CPU, ms a mail            %8.2f   below 9
	peak RSS, MB              %8.1f   below 150
	idle RSS, MB              %8.1f   below 60
	single mail, own ms       %8.1f   at most 50 (slowest %.1f)`,
		*mailsFlag, f.gateway, f.bare, f.gateway/f.bare, f.cpu, f.peak, f.idle, f.median, f.slowest)
}

func measureBurst(b *testing.B, url string, f *figures) {
	n := *mailsFlag
	d := testservers.Dovecot(b, "batlia", "bare")
	t := newBurstAt(b, url, d, d.Port)
	w := newWriter()
	// The tickets that a third of the mails answers.
	for range n / 3 {
		t.deliver(w.mail(nil, false))
	}
	g := serve(b, t.config)
	t.await()
	g.stop()
	acks := t.acknowledgements()
	t.sink.Forget()
	for i := range n {
		var answers []byte
		if i%3 == 0 && i/3 < len(acks) {
			answers = acks[i/3]
		}
		raw := w.mail(answers, i%5 == 0)
		t.deliver(raw)
		if err := d.Deliver("bare", raw); err != nil {
			b.Fatal(err)
		}
	}
	start := time.Now()
	g = serve(b, t.config)
	t.await()
	f.gateway = float64(n) / t.last().Sub(start).Seconds()
	// Not Maxrss of the usage: that begins with the size of the process that
	// started this one.
	f.peak = status(b, g, "VmHWM")
	g.stop()
	usage := g.cmd.ProcessState.SysUsage().(*syscall.Rusage)
	f.cpu = float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e6 / float64(n)
	if joined := t.ask(`SELECT count(*) FROM intake WHERE fate = 'joined'`); joined != n/3 {
		b.Errorf("%d mails joined a ticket, want %d", joined, n/3)
	}

	letters := t.sink.Mails()
	t.sink.Forget()
	x := newBare(b, url, d, t.sink.Addr(), letters, n)
	start = time.Now()
	x.run()
	f.bare = float64(n) / t.last().Sub(start).Seconds()
	if got := t.sink.Count(); got != len(letters) {
		b.Errorf("the bare loop sent %d letters, want %d", got, len(letters))
	}
}

// last is when the last letter was accepted.
func (b *burst) last() time.Time {
	times := b.sink.Times()
	return times[len(times)-1]
}

// acknowledgements are those that requesters got so far.
func (b *burst) acknowledgements() (list [][]byte) {
	for _, e := range b.sink.Mails() {
		if strings.HasSuffix(e.To[0], "@alfafar.example") {
			list = append(list, e.Raw)
		}
	}
	return list
}

var memory = regexp.MustCompile(`(\w+):\s+(\d+) kB`)

// status reads a figure of a running process's memory, in MB.
func status(t testing.TB, g *served, name string) float64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", g.cmd.Process.Pid))
	if err != nil {
		t.Skipf("SKIPPED, NOT MEASURED: %v", err)
	}
	for _, m := range memory.FindAllSubmatch(text, -1) {
		if string(m[1]) == name {
			kB, err := strconv.ParseFloat(string(m[2]), 64)
			if err != nil {
				t.Fatal(err)
			}
			return kB / 1000
		}
	}
	t.Fatalf("no %s in %s", name, text)
	return 0
}

// measureSingle sends single mails to an idle gateway. A mail's time is
// counted from the moment at which the IMAP server tells of it (Dovecot takes
// half a second for that) until the acknowledgement is accepted; what the
// server needs for its answers in between is in it.
func measureSingle(b *testing.B, url string, f *figures) {
	d := testservers.Dovecot(b, "batlia")
	watch := newWatch(b, d.Addr)
	t := newBurstAt(b, url, d, watch.port)
	g := serve(b, t.config)
	g.up()
	w := newWriter()
	var took []float64
	for i := range 15 {
		eventually(b, patience, "an idle gateway", watch.quiet)
		t.sink.Forget()
		t.deliver(w.mail(nil, i%5 == 0))
		t.await()
		took = append(took, float64(t.acknowledged().Sub(watch.told()).Microseconds())/1000)
	}
	f.idle = status(b, g, "VmRSS")
	g.stop()
	slices.Sort(took)
	f.median, f.slowest = took[len(took)/2], took[len(took)-1]
}

// acknowledged is when the first acknowledgement was accepted.
func (b *burst) acknowledged() (at time.Time) {
	b.Helper()
	times := b.sink.Times()
	for i, e := range b.sink.Mails() {
		if strings.HasSuffix(e.To[0], "@alfafar.example") {
			return times[i]
		}
	}
	b.Fatal("no acknowledgement")
	return at
}
