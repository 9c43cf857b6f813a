package mailer_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
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
	untold error  // what telling of a failed mail ends with
	start  func() // runs the sender; once the faults are planned
	health func() error
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
		sink := testservers.Sink(t)
		f(newRelay(t, url, sink, mailer.SMTPConfig{Host: sink.Host, Port: sink.Port, Security: "none"}))
	})
}

// newRelay has one mail in its outbox.
func newRelay(t *testing.T, url string, sink *testservers.SinkServer, c mailer.SMTPConfig) *relay {
	r := &relay{T: t, sink: sink, now: time.Date(2026, 1, 12, 9, 0, 0, 0, time.UTC)}
	r.store = storetest.Open(t, url, r.clock)
	c.Now = r.clock
	transport, err := mailer.NewSMTP(c)
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
			return r.untold
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	r.post("maria@alfafar.example")
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	running := false
	r.start = func() {
		running = true
		go func() { done <- sender.Run(ctx) }()
	}
	r.health = sender.Health
	t.Cleanup(func() {
		cancel()
		if !running {
			return
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return r
}

var letterBytes = []byte("Subject: x\r\n\r\n.una línea con punto\r\n")

func (r *relay) post(to string) {
	r.Helper()
	if err := r.store.Tx(r.Context(), func(tx *store.Tx) error {
		_, err := tx.Enqueue(r.Context(), store.Posted{Kind: tickets.LetterAck, Automatic: true, Mail: tickets.Mail{
			MessageID: "m@dival.example", From: "batlia@dival.example", To: to, Raw: letterBytes}})
		return err
	}); err != nil {
		r.Fatal(err)
	}
}

// until waits for the first mail to come to something.
func (r *relay) until(want func(store.Posting) bool) store.Posting {
	r.Helper()
	return r.untilMail(1, want)
}

func (r *relay) untilMail(id int64, want func(store.Posting) bool) (p store.Posting) {
	r.Helper()
	deadline := time.Now().Add(15 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for ; time.Now().Before(deadline); <-tick.C {
		if err := r.store.View(r.Context(), func(tx *store.Tx) (err error) {
			p, err = tx.Posting(r.Context(), id)
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
		{"the relay closes over the mail", &postoffice.Fault{At: postoffice.SMTPRcpt, Answer: "421 4.3.2 not now", Times: 1}, func(r *relay) {
			p := r.until(tried)
			if p.Attempts != 0 || p.Code != 0 {
				r.Errorf("%d attempts, code %d: it is no matter of the mail", p.Attempts, p.Code)
			}
			if !p.NextAt.After(r.clock()) {
				r.Error("it is the first again when the relay is back, and may close it again over all others")
			}
			r.later(2 * time.Minute)
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

// Where the failure of one mail cannot be told, the others of its batch are
// marked all the same, and it is tried again.
func TestFailureThatCannotBeTold(t *testing.T) {
	eachRelay(t, func(r *relay) {
		r.post("eva@alfafar.example")
		r.post("pere@alfafar.example")
		r.untold = errors.New("nobody to tell")
		r.sink.Fault(postoffice.Fault{At: postoffice.SMTPRcpt, Only: "eva@alfafar.example", Answer: "550 5.1.1 no such user"})
		r.start()
		r.untilMail(1, sent)
		r.untilMail(3, sent)
		p := r.untilMail(2, tried)
		if p.Attempts != 1 || !p.NextAt.After(r.clock()) {
			r.Errorf("%d attempts, next at %s: want one, and a pause", p.Attempts, p.NextAt)
		}
		if n := r.sink.Count(); n != 2 {
			r.Errorf("%d mails accepted, want each of the good ones once", n)
		}
	})
}

// A relay that does not accept the password fails no mail, and is asked again
// with the password of that moment. All of it under TLS.
func TestLoginRefused(t *testing.T) {
	certificate, ca := testservers.Certificate(t)
	storetest.EachURL(t, func(t *testing.T, url string) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		sink, err := testservers.StartSink(postoffice.SMTPOptions{
			Listener: tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{certificate}}), RequireAuth: true,
			Login: func(user, password string) bool { return user == "batlia" && password == "right" },
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := sink.Close(); err != nil {
				t.Error(err)
			}
		})
		var password atomic.Value
		password.Store("wrong")
		r := newRelay(t, url, sink, mailer.SMTPConfig{Host: sink.Host, Port: sink.Port, Security: "tls", CAFile: ca,
			Username: "batlia", Password: func() (string, error) { return password.Load().(string), nil }})
		r.start()
		if p := r.until(tried); p.Attempts != 0 || !strings.Contains(p.Error, "535") {
			r.Errorf("%d attempts, %q", p.Attempts, p.Error)
		}
		if r.health() == nil {
			r.Error("the sender says that it is well")
		}
		password.Store("right")
		r.later(2 * time.Minute)
		r.until(sent)
		if err := r.health(); err != nil {
			r.Errorf("once it is accepted: %v", err)
		}
	})
}

// What is to be encrypted stays here if the relay cannot.
func TestNothingInTheClear(t *testing.T) {
	sink, err := testservers.StartSink(postoffice.SMTPOptions{Login: func(string, string) bool {
		t.Error("the password went in the clear")
		return false
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sink.Close(); err != nil {
			t.Error(err)
		}
	})
	r := newRelay(t, storetest.SQLite(t), sink, mailer.SMTPConfig{Host: sink.Host, Port: sink.Port, Security: "starttls",
		Username: "batlia", Password: func() (string, error) { return "secret", nil }})
	r.start()
	if p := r.until(tried); p.Attempts != 0 || sink.Count() != 0 {
		t.Errorf("%d attempts, %d mails accepted: %s", p.Attempts, sink.Count(), p.Error)
	}
}
