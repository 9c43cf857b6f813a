package mailer_test

import (
	"bytes"
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"respon/internal/testservers"
	"respon/mailer"
	"respon/mailer/postoffice"
	"respon/tickets"
	"respon/tickets/store"
	"respon/tickets/store/storetest"
)

// relay is a sender before a sink, on one database, with a clock of its own.
type relay struct {
	*testing.T
	sink  *testservers.SinkServer
	store *store.Store

	mu     sync.Mutex
	now    time.Time
	failed []string
	start  func() // runs the sender; once the faults are planned
}

func (r *relay) clock() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now
}

func (r *relay) later(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now = r.now.Add(d)
}

func eachRelay(t *testing.T, f func(*relay)) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		r := &relay{T: t, sink: testservers.Sink(t), now: time.Date(2026, 1, 12, 9, 0, 0, 0, time.UTC)}
		r.store = storetest.Open(t, url, r.clock)
		transport, err := mailer.NewSMTP(mailer.SMTPConfig{Host: r.sink.Host, Port: r.sink.Port, Security: "none", Now: r.clock})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(transport.Close)
		sender, err := mailer.NewSender(mailer.SenderConfig{
			Store: r.store, Transport: transport, Connections: 2, Now: r.clock, Log: slog.New(slog.DiscardHandler),
			Catalogue: func() *tickets.Catalogue {
				return &tickets.Catalogue{Limits: tickets.Limits{Retry: []time.Duration{time.Minute}}}
			},
			Failed: func(_ context.Context, _ *store.Tx, p *store.Posting, _ string) error {
				r.mu.Lock()
				defer r.mu.Unlock()
				r.failed = append(r.failed, p.Recipient)
				return nil
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		r.post()
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		start := func() { go func() { done <- sender.Run(ctx) }() }
		t.Cleanup(func() {
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
		r.start = start
		f(r)
	})
}

var letterBytes = []byte("Subject: x\r\n\r\n.una línea con punto\r\n")

func (r *relay) post() {
	r.Helper()
	if err := r.store.Tx(r.Context(), func(tx *store.Tx) error {
		_, err := tx.Enqueue(r.Context(), store.Posted{Kind: tickets.LetterAck, Automatic: true, Mail: tickets.Mail{
			MessageID: "m1@dival.example", From: "batlia@dival.example", To: "maria@alfafar.example", Raw: letterBytes}})
		return err
	}); err != nil {
		r.Fatal(err)
	}
}

// until waits for the mail to come into a state with a code and an error.
func (r *relay) until(want func(store.Posting) bool) (p store.Posting) {
	r.Helper()
	deadline := time.Now().Add(15 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for ; time.Now().Before(deadline); <-tick.C {
		if err := r.store.View(r.Context(), func(tx *store.Tx) (err error) {
			p, err = tx.Posting(r.Context(), 1)
			return err
		}); err != nil {
			r.Fatal(err)
		}
		if want(p) {
			return p
		}
	}
	r.Fatalf("it never came to that: %+v", p)
	return p
}

func sent(p store.Posting) bool { return p.State == "sent" }

func tried(p store.Posting) bool { return p.State == "waiting" && p.Error != "" }

func TestSender(t *testing.T) {
	for _, tt := range []struct {
		name  string
		fault *postoffice.Fault
		check func(*relay)
	}{
		{"accepted", nil, func(r *relay) { r.until(sent) }},
		{"451, then accepted", &postoffice.Fault{At: postoffice.SMTPRcpt, Answer: "451 4.7.1 greylisted", Times: 1}, func(r *relay) {
			if p := r.until(tried); p.Attempts != 1 || p.Code != 451 {
				r.Errorf("%d attempts, code %d", p.Attempts, p.Code)
			}
			r.later(2 * time.Minute)
			r.until(sent)
		}},
		{"550", &postoffice.Fault{At: postoffice.SMTPRcpt, Answer: "550 5.1.1 no such user"}, func(r *relay) {
			if p := r.until(func(p store.Posting) bool { return p.State == "failed" }); p.Code != 550 {
				r.Errorf("code %d", p.Code)
			}
			r.mu.Lock()
			defer r.mu.Unlock()
			if len(r.failed) != 1 {
				r.Errorf("told of %v, want once", r.failed)
			}
		}},
		{"cut in the mail", &postoffice.Fault{At: postoffice.SMTPData, Cut: true, CutAfter: 5, Times: 1}, func(r *relay) {
			r.until(tried)
			r.later(11 * time.Minute)
			r.until(sent)
		}},
		{"accepted, and the answer lost", &postoffice.Fault{At: postoffice.SMTPData, Late: true, Cut: true, Times: 1}, func(r *relay) {
			p := r.until(tried)
			if wait := p.NextAt.Sub(r.clock()); wait < 10*time.Minute {
				r.Errorf("tried again after %s, want ten minutes at least", wait)
			}
		}},
		{"the relay closes", &postoffice.Fault{At: postoffice.SMTPConnect, Answer: "421 4.3.2 not now", Times: 1}, func(r *relay) {
			if p := r.until(tried); p.Attempts != 0 {
				r.Errorf("%d attempts counted although the relay was never reached", p.Attempts)
			}
			r.later(time.Minute)
			r.until(sent)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			eachRelay(t, func(r *relay) {
				if tt.fault != nil {
					r.sink.Fault(*tt.fault)
				}
				r.Cleanup(func() {
					for _, e := range r.sink.Mails() {
						if !bytes.Equal(e.Raw, letterBytes) {
							r.Errorf("the sink got other bytes: %q", e.Raw)
						}
					}
				})
				r.start()
				tt.check(r)
			})
		})
	}
}
