package gateway

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"respon/cmd/internal/config"
	"respon/ingest"
	"respon/ingest/mailbox"
	"respon/tickets"
	"respon/tickets/store"
	"respon/tickets/token"
)

// town is a whole gateway without servers: its intake, desk, composer and pages
// are wired as serve wires them. Mails are handed to the intake, letters are read
// out of the outbox, and pages are asked of the handler.
type town struct {
	testing.TB
	g     *Gateway
	path  string // of its configuration
	env   []string
	clock atomic.Pointer[time.Time]
	uid   uint32
	read  int64 // id of the last letter that was looked at
	pages http.Handler

	sessions int
}

// newTown starts a gateway with these variables over its configuration.
func newTown(t testing.TB, database string, env ...string) *town {
	t.Helper()
	return newTownOf(t, database, nil, env...)
}

// newTownOf is newTown with randomness of its own, to make it repeatable.
func newTownOf(t testing.TB, database string, random io.Reader, env ...string) *town {
	t.Helper()
	text, err := os.ReadFile("testdata/town.toml")
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]string{"DATABASE": database, "WEB": "127.0.0.1:8080", "IMAP": "143", "SMTP": "25", "PASSWORD": "x", "OPEN": `mon", "tue", "wed", "thu", "fri`}
	x := &town{TB: t, path: filepath.Join(t.TempDir(), "respon.toml"), env: env}
	if err := os.WriteFile(x.path, []byte(os.Expand(string(text), func(key string) string { return values[key] })), 0o600); err != nil {
		t.Fatal(err)
	}
	x.set(time.Date(2026, 1, 12, 9, 0, 0, 0, time.UTC))
	x.g, err = New(context.Background(), x.config(), Options{Only: []string{PartWeb}, Log: slog.New(slog.DiscardHandler), Now: x.now, Random: random})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := x.g.Close(); err != nil {
			t.Error(err)
		}
	})
	x.pages = x.g.web.Handler()
	// The day's lists are written before anything comes in.
	if err := x.g.desk.Digests(context.Background()); err != nil {
		t.Fatal(err)
	}
	return x
}

func (x *town) config() *config.Config {
	x.Helper()
	cfg, err := config.Load(x.path, x.env)
	if err != nil {
		x.Fatal(err)
	}
	return cfg
}

func (x *town) now() time.Time       { return *x.clock.Load() }
func (x *town) set(at time.Time)     { x.clock.Store(&at) }
func (x *town) pass(d time.Duration) { x.set(x.now().Add(d)) }

// edit changes the configuration and reloads it.
func (x *town) edit(old, new string) {
	x.Helper()
	text, err := os.ReadFile(x.path)
	if err != nil || !strings.Contains(string(text), old) {
		x.Fatalf("the configuration does not say %q: %v", old, err)
	}
	if err := os.WriteFile(x.path, []byte(strings.Replace(string(text), old, new, 1)), 0o600); err != nil {
		x.Fatal(err)
	}
	if err := x.g.Reload(x.config()); err != nil {
		x.Fatal(err)
	}
}

// mail hands a mail to the intake, with Date and Message-ID where it has none,
// and gives what became of it.
func (x *town) mail(text string) tickets.Fate {
	x.Helper()
	header, body, _ := strings.Cut(text, "\n\n")
	for _, field := range []string{
		"To: batlia@town.example", fmt.Sprintf("Message-ID: <%d@mails.example>", x.uid+1), "Date: " + x.now().Format(time.RFC1123Z),
	} {
		if name, _, _ := strings.Cut(field, " "); !strings.Contains("\n"+strings.ToLower(header), "\n"+strings.ToLower(name)) {
			header += "\n" + field
		}
	}
	return x.raw([]byte(strings.ReplaceAll(header+"\n\n"+body+"\n", "\n", "\r\n")))
}

// raw is mail, for bytes that must not change.
func (x *town) raw(raw []byte) tickets.Fate {
	x.Helper()
	x.uid++
	it := mailbox.Item{Mailbox: "support", UIDValidity: 1, UID: x.uid, Size: int64(len(raw)), Received: x.now(), Raw: raw}
	if v := x.g.intake.Take(x.Context(), it); v == mailbox.Retry {
		x.Fatalf("a mail could not be taken:\n%s", raw)
	}
	var fates map[uint32]tickets.Fate
	x.view(func(tx *store.Tx) (err error) {
		fates, err = tx.Fates(x.Context(), "support", 1, []uint32{x.uid})
		return err
	})
	return fates[x.uid]
}

func (x *town) view(f func(tx *store.Tx) error) {
	x.Helper()
	if err := x.g.store.View(x.Context(), f); err != nil {
		x.Fatal(err)
	}
}

// sent is a letter as one of its recipients has it.
type sent struct {
	*ingest.Message
	kind tickets.LetterKind
	to   string // of the envelope
	raw  []byte
}

// answerTo is where a mail client sends an answer to.
func (l *sent) answerTo() string {
	return (&letter{Message: l.Message}).answerTo()
}

// letters gives those written since the last time, oldest first.
func (x *town) letters() (list []*sent) {
	x.Helper()
	parser := ingest.NewParser(ingest.Options{})
	x.view(func(tx *store.Tx) error {
		list = nil
		all, err := tx.Outbox(x.Context(), true)
		if err != nil {
			return err
		}
		for _, p := range all {
			if p.ID <= x.read {
				continue
			}
			raw, err := tx.Raw(x.Context(), p.RawSHA)
			if err != nil {
				return err
			}
			m, err := parser.Parse(raw)
			if err != nil {
				return err
			}
			list = append(list, &sent{Message: m, kind: p.Kind, to: p.Recipient, raw: raw})
		}
		if len(all) > 0 {
			x.read = all[len(all)-1].ID
		}
		return nil
	})
	return list
}

// letterTo gives the last one of those to an address, or ends the test.
func (x *town) letterTo(list []*sent, address string) (found *sent) {
	x.Helper()
	for _, l := range list {
		if l.to == address {
			found = l
		}
	}
	if found == nil {
		x.Fatalf("no letter to %s", address)
	}
	return found
}

// kinds says what was written to whom: "ack maria@alfafar.example".
func kinds(list []*sent) (names []string) {
	for _, l := range list {
		names = append(names, string(l.kind)+" "+l.to)
	}
	return names
}

// ticket reads a ticket with its messages and events, or ends the test.
func (x *town) ticket(n tickets.Number) (t *tickets.Ticket) {
	x.Helper()
	x.view(func(tx *store.Tx) (err error) {
		if t, err = tx.Ticket(x.Context(), n); err != nil {
			return err
		}
		if t.Messages, err = tx.Messages(x.Context(), n); err != nil {
			return err
		}
		t.Events, err = tx.Events(x.Context(), n)
		return err
	})
	return t
}

// count gives how many tickets there are.
func (x *town) count() (n int) {
	x.Helper()
	x.view(func(tx *store.Tx) error {
		list, err := tx.List(x.Context(), store.Filter{})
		n = len(list)
		return err
	})
	return n
}

// address gives the gateway's address with a token for somebody in a ticket.
func (x *town) address(p token.Purpose, uid, person string) string {
	x.Helper()
	tag, err := x.g.intake.Signer.Sign(p, uid, person)
	if err != nil {
		x.Fatal(err)
	}
	return "batlia+" + tag + "@town.example"
}

// signIn gives somebody a session.
func (x *town) signIn(address string) *http.Cookie {
	x.Helper()
	x.sessions++
	secret := base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%032d", x.sessions))
	hash := sha256.Sum256([]byte(secret))
	if err := x.g.desk.BeginSession(x.Context(), hash[:], address); err != nil {
		x.Fatal(err)
	}
	return &http.Cookie{Name: "respon", Value: secret}
}

func (x *town) page(path string, session *http.Cookie) *httptest.ResponseRecorder {
	return x.do(http.MethodGet, path, session, nil)
}

func (x *town) do(method, path string, session *http.Cookie, fields url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://127.0.0.1:8080"+path, strings.NewReader(fields.Encode()))
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if session != nil {
		r.AddCookie(session)
	}
	w := httptest.NewRecorder()
	x.pages.ServeHTTP(w, r)
	return w
}
