package ingest_test

import (
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"respon/ingest"
	"respon/ingest/mailbox"
	"respon/tickets"
	"respon/tickets/desk"
	"respon/tickets/store"
	"respon/tickets/store/storetest"
	"respon/tickets/token"
)

// TestDeadlyMail offers three mails of which the second kills the process, in
// the parser and in a way that nothing can recover from. The process is begun
// again as a supervisor would do it. The third death is the last: the mail is in
// quarantine, whole, and the one behind it is taken.
func TestDeadlyMail(t *testing.T) {
	if url := os.Getenv("RESPON_TEST_DEADLY"); url != "" {
		takeDeadly(t, url, os.Getenv("RESPON_TEST_FLIGHT"))
		return
	}
	url := storetest.SQLite(t)
	flight := filepath.Join(t.TempDir(), "in-hand")
	deaths := 0
	for ; deaths < 10; deaths++ {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestDeadlyMail$")
		cmd.Env = append(os.Environ(), "RESPON_TEST_DEADLY="+url, "RESPON_TEST_FLIGHT="+flight)
		out, err := cmd.CombinedOutput()
		if err == nil {
			break
		}
		if !strings.Contains(string(out), "unlock of unlocked mutex") {
			t.Fatalf("the process ended otherwise than it should: %v\n%s", err, out)
		}
	}
	if deaths != 3 {
		t.Errorf("the process died %d times, not 3", deaths)
	}
	s := storetest.Open(t, url, time.Now)
	var got []string
	err := s.View(t.Context(), func(tx *store.Tx) error {
		fates, err := tx.Fates(t.Context(), "support", 1, []uint32{1, 2, 3})
		got = append(got, fmt.Sprint(fates[1], " ", fates[2], " ", fates[3]))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"opened quarantined opened"}, got); d != "" {
		t.Error(d)
	}
}

// takeDeadly is the process that dies.
func takeDeadly(t *testing.T, url, path string) {
	flight, err := ingest.OpenFlight(path, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	in := newIntake(t, url, time.Now)
	in.Flight = flight
	inHand := ""
	parser := in.Parser
	in.Parser = func() *ingest.Parser {
		if strings.Contains(inHand, "deadly") {
			new(sync.Mutex).Unlock() // ends the process; no recover sees it
		}
		return parser()
	}
	if err := in.Recover(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	subjects := []string{"before", "deadly", "behind"}
	// The mails are understood one ahead, as a mailbox does it.
	items := make([]mailbox.Item, len(subjects))
	prepare := func(i int) {
		if i < len(subjects) {
			items[i] = item(uint32(i+1), subjects[i])
			inHand = subjects[i]
			in.Prepare(&items[i])
		}
	}
	prepare(0)
	for i := range items {
		prepare(i + 1)
		inHand = subjects[i]
		if v := in.Take(t.Context(), items[i]); v == mailbox.Retry {
			t.Errorf("%s is to be offered again", subjects[i])
		}
	}
}

func item(uid uint32, subject string) mailbox.Item {
	raw := fmt.Appendf(nil, "From: Maria <maria@alfafar.example>\r\nTo: batlia@dival.example\r\nDate: Mon, 12 Jan 2026 09:00:00 +0100\r\nMessage-ID: <%d@alfafar.example>\r\nSubject: %s\r\n\r\nNo va.\r\n", uid, subject)
	return mailbox.Item{Mailbox: "support", UIDValidity: 1, UID: uid, Size: int64(len(raw)), Received: time.Date(2026, 1, 12, 8, 0, 0, 0, time.UTC), Raw: raw}
}

// newIntake gives an intake over a database, whose letters say nothing.
func newIntake(t *testing.T, url string, now func() time.Time) *ingest.Intake {
	t.Helper()
	s := storetest.Open(t, url, now)
	c := &tickets.Catalogue{
		Gateway:     tickets.Gateway{Address: "batlia@dival.example", Prefix: "BR", Locale: tickets.Spanish},
		Technicians: []tickets.Technician{{ID: "ana", Name: "Ana", Email: "ana@dival.example", Capacity: 20, Default: true}},
		Policy:      tickets.PolicyOpen,
	}
	catalogue := func() *tickets.Catalogue { return c }
	signer, err := token.New([]byte(strings.Repeat("k", 32)), nil)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	return &ingest.Intake{
		Desk: &desk.Desk{
			Store: s, Composer: &silent{}, Catalogue: catalogue, Log: log, NewUID: signer.NewUID,
		},
		Store: s, Signer: signer, Catalogue: catalogue, Log: log,
		Parser: func() *ingest.Parser { return ingest.NewParser(ingest.Options{}) },
	}
}

// silent composes letters that say nothing.
type silent struct{ token string } // of the last one

func (c *silent) Compose(l tickets.Letter) (tickets.Mail, error) {
	c.token = l.Token
	id := fmt.Sprintf("%s.%d@dival.example", l.Kind, time.Now().UnixNano())
	return tickets.Mail{MessageID: id, From: "batlia@dival.example", To: l.To.Address, Raw: []byte("Message-ID: <" + id + ">\r\n\r\n")}, nil
}
