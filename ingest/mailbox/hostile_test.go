package mailbox

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// hostile runs a mailbox against a scripted server for some (virtual) minutes.
type hostile struct {
	*testing.T
	server *fakeServer
	desk   *desk
	box    *Mailbox
	log    *logBook
	stop   func()
}

func playHostile(t *testing.T, script string, setup func(*hostile, *Config)) *hostile {
	h := &hostile{T: t, server: newFakeServer(t, script), desk: newDesk(nil), log: &logBook{}}
	cfg := Config{
		Name: "support", Host: "localhost", Port: 143, Security: "none", Username: "support", Password: password("s3cr3t-w0rd"),
		Processed: "Processed", Quarantine: "Quarantine", Jitter: func() float64 { return 0 },
	}
	if setup != nil {
		setup(h, &cfg)
	}
	m, err := New(cfg, h.desk.take, h.desk, h.log.logger(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	m.dial = h.server.dial
	h.box = m
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- m.Run(ctx) }()
	h.stop = func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run ended with %v", err)
		}
		h.server.conns.Wait()
	}
	return h
}

// TestHostileServers: whatever a server does, mails are offered whole and once, and all are when it is done doing it.
func TestHostileServers(t *testing.T) {
	for _, tt := range []struct {
		name   string
		script string
		caps   string        // other than the usual
		after  time.Duration // looked at after; 3 minutes if 0

		offered string // UIDs; "1 2 3" if empty
		inbox   string // UIDs that are left there
		health  string // part of the complaint; "" for none
		log     string // part of the log
		never   string // a command it must not say
	}{
		{name: "a decent one"},
		{name: "literal cut", script: `
			> UID FETCH…BODY.PEEK[]
			< * 1 FETCH (UID 1 BODY[] {1000}
			< short
			!close`},
		{name: "literal cut at its very end, before the answer's", script: `
			> UID FETCH…BODY.PEEK[]
			< * 1 FETCH (UID 1 BODY[] {4}
			<- abcd
			!close`},
		{name: "bodies, then NO", script: `
			> UID FETCH…BODY.PEEK[]
			< * 1 FETCH (UID 1 BODY[] {4}
			< abcd)
			< TAG NO [SERVERBUG] that was not it`},
		{name: "literal longer than said", script: `
			> UID FETCH…BODY.PEEK[]
			< * 1 FETCH (UID 1 BODY[] {4}
			< abcdefgh)
			< TAG OK done`},
		{name: "endless literal", script: `
			> UID FETCH…BODY.PEEK[]
			< * 1 FETCH (UID 1 BODY[] {4294967296}
			< abcd
			!silent`},
		{name: "a literal larger than allowed", script: `
			> UID FETCH…BODY.PEEK[]
			< * 1 FETCH (UID 1 BODY[] {40000000}
			!close`},
		{name: "silence after SEARCH", script: `
			> UID SEARCH
			!silent`},
		{name: "silence after DONE", script: `
			> IDLE
			< + idling
			!silent`},
		{name: "silence after LOGIN", script: `
			> AUTHENTICATE
			!silent`},
		{name: "silence instead of a greeting", script: `
			> greeting
			!silent`},
		{name: "silence after MOVE", script: `
			> UID MOVE
			!silent`},
		{name: "BYE as greeting", script: `
			> greeting
			< * BYE too many connections
			!close`},
		{name: "BYE in the middle", script: `
			> UID FETCH…BODY.PEEK[]
			< * BYE shutting down
			!close`},
		{name: "PREAUTH", script: `
			>* greeting
			< * PREAUTH welcome`, offered: "-", inbox: "1 2 3", health: "PREAUTH", never: "SELECT"},
		{name: "SEARCH 0", script: `
			> UID SEARCH
			< * SEARCH 0
			< TAG OK done`},
		{name: "SEARCH with UID 0 among others", script: `
			> UID SEARCH
			< * SEARCH 1 0 3
			< TAG OK done`},
		{name: "SEARCH with 2^32", script: `
			> UID SEARCH
			< * SEARCH 1 4294967296
			< TAG OK done`},
		{name: "ESEARCH with four thousand million UIDs", script: `
			> UID SEARCH
			< * ESEARCH (TAG "TAG") UID ALL 1:4294967295
			< TAG OK done`},
		{name: "SEARCH in disorder and twice", script: `
			> UID SEARCH
			< * SEARCH 3 1
			< * SEARCH 2 3 1
			< TAG OK done`},
		{name: "SEARCH that names what isn't there", script: `
			>* UID SEARCH
			< * SEARCH 1 2 3 99
			< TAG OK done`, log: "names a mail but doesn't send it"},
		{name: "FETCH without an answer for one", script: `
			> UID FETCH 1:3 …BODY.PEEK[]
			< * 1 FETCH (UID 1 BODY[] {1}
			< a)
			< * 3 FETCH (UID 3 BODY[] {1}
			< c)
			< TAG OK done`},
		{name: "sizes without an answer for one", script: `
			> UID FETCH…RFC822.SIZE
			< * 1 FETCH (UID 1 RFC822.SIZE 30)
			< * 3 FETCH (UID 3 RFC822.SIZE 30)
			< TAG OK done`, offered: "1 3 2"},
		{name: "UID after the literal, always", script: `
			>* UID FETCH…BODY.PEEK[]
			< * 1 FETCH (BODY[] {1}
			< a UID 1)
			< * 2 FETCH (BODY[] {1}
			< b UID 2)
			< * 3 FETCH (UID 3 BODY[] {1}
			< c)
			< TAG OK done`},
		{name: "flags of a mail with its UID before the mail itself", script: `
			> UID FETCH 1:3 …BODY.PEEK[]
			< * 2 FETCH (UID 2 FLAGS (\Seen))
			!usual`},
		{name: "BODY[] NIL", script: `
			> UID FETCH…BODY.PEEK[]
			< * 1 FETCH (UID 1 BODY[] NIL)
			< TAG OK done`},
		{name: "a body for a UID nobody asked for", script: `
			> UID FETCH…BODY.PEEK[]
			< * 9 FETCH (UID 9 BODY[] {4}
			< evil)
			!usual`},
		{name: "a date nobody can read", script: `
			>* UID FETCH 1:3…INTERNALDATE
			< * 1 FETCH (UID 1 RFC822.SIZE 30 INTERNALDATE "23-Nov-2026 09:00:00 +0100")
			< * 2 FETCH (UID 2 RFC822.SIZE 30 INTERNALDATE "yesterday")
			< TAG OK done
			>* UID FETCH 2:3…INTERNALDATE
			< * 2 FETCH (UID 2 RFC822.SIZE 30 INTERNALDATE "yesterday")
			< TAG OK done
			>* UID FETCH 2 …INTERNALDATE
			< * 2 FETCH (UID 2 RFC822.SIZE 30 INTERNALDATE "yesterday")
			< TAG OK done`},
		{name: "a mail that always breaks the connection", script: `
			>* UID FETCH 1:3 …BODY.PEEK[]
			< * 1 FETCH (UID 1 BODY[] {1}
			< a)
			!close
			>* UID FETCH 2:3 …BODY.PEEK[]
			!close
			>* UID FETCH 2 …BODY.PEEK[]
			!close`, offered: "1 3", inbox: "2", log: "left for later"},
		{name: "an unknown response", script: `
			> UID SEARCH
			< * XFOO bar
			!usual`},
		{name: "an unknown FETCH item", script: `
			> UID FETCH…RFC822.SIZE
			< * 1 FETCH (UID 1 X-GM-MSGID 12)
			!usual`},
		{name: "an unasked continuation", script: `
			> UID SEARCH
			< + go on
			!usual`},
		{name: "no UIDVALIDITY", script: `
			> SELECT
			< * 3 EXISTS
			< TAG OK done`},
		{name: "SELECT refused", script: `
			> SELECT
			< TAG NO [UNAVAILABLE] later`},
		{name: "IDLE refused", script: `
			>* IDLE
			< TAG NO not today`},
		{name: "always something new in IDLE", script: `
			>* IDLE
			< * 3 EXISTS
			!usual`},
		{name: "no MOVE", caps: "IMAP4rev1 AUTH=PLAIN SASL-IR UIDPLUS IDLE", never: "UID MOVE"},
		{name: "no MOVE, and COPY over quota", caps: "IMAP4rev1 AUTH=PLAIN SASL-IR UIDPLUS IDLE", script: `
			>* UID COPY
			< TAG NO [OVERQUOTA] full`, inbox: "1 2 3", log: "OVERQUOTA", never: "UID STORE"},
		{name: "no MOVE, COPY without an answer", caps: "IMAP4rev1 AUTH=PLAIN SASL-IR UIDPLUS IDLE", after: 90 * time.Second, health: "silent", script: `
			>* UID COPY
			!silent`, inbox: "1 2 3", never: "UID STORE"},
		{name: "neither MOVE nor UIDPLUS", caps: "IMAP4rev1 AUTH=PLAIN SASL-IR IDLE", inbox: "1 2 3", never: "EXPUNGE"},
		{name: "no IDLE", caps: "IMAP4rev1 AUTH=PLAIN SASL-IR UIDPLUS MOVE", never: "IDLE"},
		{name: "MOVE over quota", script: `
			>* UID MOVE
			< TAG NO [OVERQUOTA] full`, inbox: "1 2 3", log: "OVERQUOTA", never: "UID COPY"},
		{name: "MOVE that refuses one mail", script: `
			>* UID MOVE 1:3
			< TAG NO that one
			>* UID MOVE 2 
			< TAG NO that one`, inbox: "2", log: "uid=2"},
		{name: "MOVE says OK and does nothing, once", script: `
			> UID MOVE
			< TAG OK done`},
		{name: "the folder can't be made", script: `
			>* CREATE
			< TAG NO [NOPERM] no`, inbox: "1 2 3", log: "NOPERM"},
		{name: "wrong password", script: `
			>* AUTHENTICATE
			< TAG NO [AUTHENTICATIONFAILED] s3cr3t-w0rd is wrong`, offered: "-", inbox: "1 2 3", health: "login refused"},
		{name: "no capabilities", script: `
			> CAPABILITY
			< TAG BAD what?`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := playHostile(t, tt.script, func(h *hostile, _ *Config) {
					if tt.caps != "" {
						h.server.caps = tt.caps
					}
				})
				if tt.after == 0 {
					tt.after = 3 * time.Minute
				}
				time.Sleep(tt.after)
				health := h.box.Health()
				h.stop()

				if tt.offered == "" {
					tt.offered = "1 2 3"
				}
				if got := numbers(h.desk.uids()); got != strings.TrimPrefix(tt.offered, "-") {
					t.Errorf("offered %q, want %q", got, tt.offered)
				}
				if got := numbers(h.server.uids()); got != tt.inbox {
					t.Errorf("left in INBOX: %q, want %q", got, tt.inbox)
				}
				if (health == nil) != (tt.health == "") || health != nil && !strings.Contains(health.Error(), tt.health) {
					t.Errorf("health: %v, want %q", health, tt.health)
				}
				log := h.log.String()
				if !strings.Contains(log, tt.log) {
					t.Errorf("the log says nothing of %q:\n%s", tt.log, log)
				}
				if strings.Contains(log, "s3cr3t") {
					t.Errorf("the password is in the log:\n%s", log)
				}
				if tt.never != "" && h.server.said(tt.never) > 0 {
					t.Errorf("it was told %s", tt.never)
				}
				for _, it := range h.desk.items() {
					if string(it.Raw) == "evil" || string(it.Raw) == "abcd" || len(it.Raw) == 0 {
						t.Errorf("uid %d was offered as %q", it.UID, it.Raw)
					}
				}
				if t.Failed() {
					t.Logf("commands: %q\nlog:\n%s", h.server.heard, log)
				}
			})
		})
	}
}

func numbers(uids []uint32) string { return strings.Trim(fmt.Sprint(uids), "[]") }
