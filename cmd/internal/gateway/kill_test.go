package gateway

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"respon/internal/testservers"
	"respon/tickets/store/storetest"
)

var seedFlag = flag.Uint64("seed", 0, "seed of random tests; 0: a new one each time")

// seeded gives a random source, and says how to have the same one again.
func seeded(t testing.TB) *rand.Rand {
	seed := *seedFlag
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("-seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// burst is a mailbox full of mails, each of a sender of its own, before a
// gateway that does not run yet.
type burst struct {
	testing.TB
	config  string
	dovecot *testservers.DovecotServer
	sink    *testservers.SinkServer
	db      *sql.DB
	mails   [][]byte
}

// newBurst puts n mails into the mailbox.
func newBurst(t testing.TB, database string, n int) *burst {
	dovecot := testservers.Dovecot(t, "batlia")
	b := newBurstAt(t, database, dovecot, dovecot.Port)
	b.more(n)
	return b
}

// more puts n mails more into the mailbox, each of another sender.
func (b *burst) more(n int) {
	b.Helper()
	for range n {
		i := len(b.mails)
		b.deliver(fmt.Appendf(nil, "From: vecina%d@alfafar.example\r\nTo: batlia@town.example\r\nSubject: Caso %d\r\n"+
			"Message-ID: <caso%d@alfafar.example>\r\nDate: Mon, 05 Jan 2026 10:12:%02d +0100\r\n\r\nNo va %d\r\n", i, i, i, i%60, i))
	}
}

// newBurstAt prepares a burst before an IMAP server, which the gateway is to
// reach at another port than its own, maybe.
func newBurstAt(t testing.TB, database string, dovecot *testservers.DovecotServer, port int) *burst {
	b := &burst{TB: t, dovecot: dovecot, sink: testservers.Sink(t)}
	b.config = writeConfig(t, settings{database: database, dovecot: dovecot, imapPort: port, smtpHost: b.sink.Host, smtpPort: b.sink.Port, maxSize: "1MB"})
	migrated(t, b.config)
	var err error
	if b.db, err = openRaw(database); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%d of %d mails taken, %d processed, %d letters accepted", b.taken(), len(b.mails), b.processed(), b.sink.Count())
		}
		_ = b.db.Close() // it was only read
	})
	return b
}

func (b *burst) deliver(raw []byte) {
	b.Helper()
	if err := b.dovecot.Deliver("batlia", raw); err != nil {
		b.Fatal(err)
	}
	b.mails = append(b.mails, raw)
}

// taken is the number of mails that are committed.
func (b *burst) taken() int { return b.ask(`SELECT count(*) FROM intake`) }

func (b *burst) ask(query string) (n int) {
	b.Helper()
	if err := b.db.QueryRowContext(context.Background(), query).Scan(&n); err != nil {
		b.Fatal(err)
	}
	return n
}

func (b *burst) processed() int { return b.in("Processed") }

func (b *burst) in(folder string) int {
	b.Helper()
	n, err := b.dovecot.Count("batlia", folder)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// await waits until all is done: each mail moved, each letter sent. A MOVE that a kill
// broke off may have left a copy in Processed, so that those there are no measure of
// what is left to be moved.
func (b *burst) await() {
	b.Helper()
	const seldom = 100 * time.Millisecond
	eventuallyEvery(b, seldom, 2*time.Minute, "the burst", func() bool { return b.processed() >= len(b.mails) && b.in("INBOX") == 0 })
	eventuallyEvery(b, seldom, 2*time.Minute, "the outbox", func() bool { return b.ask(`SELECT count(*) FROM outbox WHERE state <> 'sent'`) == 0 })
}

func (b *burst) proof() *proof {
	b.Helper()
	p, err := gather(context.Background(), b.db, b.mails, b.dovecot, b.sink)
	if err != nil {
		b.Fatal(err)
	}
	return p
}

const burstMails = 200

func TestBurst(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		b := newBurst(t, url, burstMails)
		g := serve(t, b.config)
		b.await()
		g.stop()
		p := b.proof()
		for _, problem := range p.problems() {
			t.Error(problem)
		}
		if len(p.sink) != len(p.outbox) {
			t.Errorf("%d letters accepted of %d in the outbox: nothing went wrong, so none may come twice", len(p.sink), len(p.outbox))
		}
	})
}

// The same burst, and the gateway is killed five times in between. Nothing may
// be lost and nothing be done twice; of a letter a copy more may arrive for each
// attempt whose end nobody saw.
func TestBurstKilled(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		random := seeded(t)
		b := newBurst(t, url, burstMails)
		const kills = 5
		// After so many mails taken and letters accepted, in all.
		moments := random.Perm(3*burstMails - 50)[:kills]
		slices.Sort(moments)
		taken := -1
		for _, moment := range moments {
			g := serve(t, b.config)
			// A mail in hand at one kill gets through before the next: one that
			// goes down with the process again and again counts as its cause.
			eventually(b, time.Minute, "progress", func() bool {
				n := b.taken()
				return n+b.sink.Count() >= moment && (n > taken || n == burstMails)
			})
			pause := time.NewTimer(time.Duration(random.Int64N(int64(20 * time.Millisecond))))
			<-pause.C
			g.kill()
			taken = b.taken()
			t.Logf("killed with %d mails taken, %d processed, %d letters accepted", taken, b.processed(), b.sink.Count())
		}
		g := serve(t, b.config)
		b.await()
		g.stop()
		p := b.proof()
		for _, problem := range p.problems() {
			t.Error(problem)
		}
		t.Logf("%d letters, %d copies too many", len(p.outbox), len(p.sink)-len(p.outbox))
	})
}
