package mailbox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// inBubble plays one scene in virtual time.
func inBubble(t *testing.T, script string, setup func(*hostile, *Config), scene func(h *hostile)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		h := playHostile(t, script, setup)
		defer func() {
			h.stop()
			if t.Failed() {
				t.Logf("commands: %q\nlog:\n%s", h.server.heard, h.log)
			}
		}()
		scene(h)
	})
}

// pass lets time go by, and everybody come to rest.
func (h *hostile) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func (h *hostile) newMail() uint32 {
	uid := h.server.add()
	h.server.announce <- struct{}{}
	return uid
}

func (h *hostile) wantOffered(when, want string) {
	h.Helper()
	if got := numbers(h.desk.uids()); got != want {
		h.Errorf("%s: offered %q, want %q", when, got, want)
	}
}

func TestNewMailIsTakenWhenAnnounced(t *testing.T) {
	inBubble(t, "", nil, func(h *hostile) {
		h.pass(20 * time.Second)
		h.wantOffered("at the start", "1 2 3")
		h.newMail()
		h.pass(100 * time.Millisecond)
		h.wantOffered("0.1 s after it was announced", "1 2 3 4")
		h.server.add()
		h.pass(61 * time.Second)
		h.wantOffered("a minute after one that wasn't", "1 2 3 4 5")
	})
}

func TestWithoutIdleThePollFindsMails(t *testing.T) {
	setup := func(h *hostile, cfg *Config) {
		h.server.caps = "IMAP4rev1 AUTH=PLAIN SASL-IR MOVE"
		cfg.Poll = "@every 10s"
	}
	inBubble(t, "", setup, func(h *hostile) {
		h.pass(time.Second)
		h.server.add()
		h.pass(8 * time.Second)
		h.wantOffered("before the poll", "1 2 3")
		h.pass(2 * time.Second)
		h.wantOffered("after the poll", "1 2 3 4")
	})
}

func TestVerdictsDecideTheFolder(t *testing.T) {
	setup := func(h *hostile, _ *Config) {
		h.desk.verdict = func(it Item) Verdict { return []Verdict{Done, Quarantine, Retry}[it.UID-1] }
	}
	inBubble(t, "", setup, func(h *hostile) {
		h.pass(time.Second)
		want := map[string][]uint32{"Processed": {1}, "Quarantine": {2}}
		if diff := cmp.Diff(want, h.server.copies()); diff != "" {
			t.Errorf("moved (-want +got):\n%s", diff)
		}
		if got := numbers(h.server.uids()); got != "3" {
			t.Errorf("left in INBOX: %s, want 3", got)
		}
	})
}

func TestRetryIsOfferedAgainByThePollOnly(t *testing.T) {
	setup := func(h *hostile, _ *Config) {
		h.desk.verdict = func(it Item) Verdict {
			if it.UID == 2 && len(h.desk.uids()) < 9 {
				return Retry
			}
			return Done
		}
	}
	inBubble(t, "", setup, func(h *hostile) {
		for range 3 {
			h.pass(10 * time.Second)
			h.newMail()
		}
		h.pass(time.Second)
		h.wantOffered("31 s and three new mails later", "1 2 3 4 5 6")
		h.pass(31 * time.Second)
		h.wantOffered("after a minute", "1 2 3 4 5 6 2")
		if err := h.box.Health(); err != nil {
			t.Errorf("not well after two offers: %v", err)
		}
		h.pass(time.Minute)
		if err := h.box.Health(); err == nil || !strings.Contains(err.Error(), "uid 2 was offered 3 times") {
			t.Errorf("health after three offers: %v", err)
		}
		h.pass(time.Minute)
		h.wantOffered("when it could be stored", "1 2 3 4 5 6 2 2 2")
		if err := h.box.Health(); err != nil {
			t.Errorf("not well though all is taken: %v", err)
		}
	})
}

// TestOutageIsNotHammered: when nothing can be stored, not all mails are fetched to find out; and none waits for those
// that never can be.
func TestOutageIsNotHammered(t *testing.T) {
	var away atomic.Bool
	away.Store(true)
	setup := func(h *hostile, _ *Config) {
		for range 97 {
			h.server.add()
		}
		h.desk.verdict = func(it Item) Verdict {
			if away.Load() || it.UID <= 30 {
				return Retry
			}
			return Done
		}
	}
	inBubble(t, "", setup, func(h *hostile) {
		h.pass(time.Second)
		if n := len(h.desk.uids()); n != maxRetry {
			t.Errorf("%d mails offered at first, want %d", n, maxRetry)
		}
		if err := h.box.Health(); !errors.Is(err, errRefusing) {
			t.Errorf("health during the outage: %v", err)
		}
		away.Store(false)
		h.pass(2 * time.Minute)
		if got := h.desk.settledUIDs(); len(got) != 70 || got[0] != 31 {
			t.Errorf("%d settled from %v on, want 70 from 31 on", len(got), got)
		}
	})
}

func TestLedgerKnows(t *testing.T) {
	setup := func(h *hostile, _ *Config) {
		h.desk.settled[[2]uint32{7, 1}] = Done
		h.desk.settled[[2]uint32{7, 2}] = Quarantine
	}
	inBubble(t, "", setup, func(h *hostile) {
		h.pass(time.Second)
		h.wantOffered("with two settled before", "3")
		if h.server.bodies() != 1 {
			t.Errorf("%d bodies fetched, want 1", h.server.bodies())
		}
		want := map[string][]uint32{"Processed": {1, 3}, "Quarantine": {2}}
		if diff := cmp.Diff(want, h.server.copies()); diff != "" {
			t.Errorf("moved (-want +got):\n%s", diff)
		}
	})
}

func TestLedgerAway(t *testing.T) {
	setup := func(h *hostile, _ *Config) { h.desk.broken = errors.New("database away") }
	inBubble(t, "", setup, func(h *hostile) {
		h.pass(10 * time.Second)
		h.wantOffered("without a ledger", "")
		if err := h.box.Health(); err == nil || !strings.Contains(err.Error(), "database away") {
			t.Errorf("health: %v", err)
		}
		h.desk.mu.Lock()
		h.desk.broken = nil
		h.desk.mu.Unlock()
		h.pass(time.Minute)
		h.wantOffered("when it is back", "1 2 3")
		if h.server.connections() != 1 {
			t.Errorf("%d connections, want 1: nothing was wrong with it", h.server.connections())
		}
	})
}

func TestSightedAndGone(t *testing.T) {
	setup := func(h *hostile, _ *Config) {
		h.desk.verdict = func(it Item) Verdict {
			if it.UID == 2 {
				return Retry
			}
			return Done
		}
	}
	inBubble(t, "", setup, func(h *hostile) {
		h.pass(time.Second)
		h.server.remove(2) // by somebody else
		h.pass(2 * time.Minute)
		if len(h.desk.goneUIDs()) != 0 {
			t.Errorf("gone after two searches without it: %v", h.desk.goneUIDs())
		}
		h.pass(time.Minute)
		if got := numbers(h.desk.goneUIDs()); got != "2" {
			t.Errorf("gone after three: %q, want 2", got)
		}
		h.newMail()
		h.pass(time.Second)
		want := []Sighting{
			{Mailbox: "support", UIDValidity: 7, UIDNext: 4, UIDs: []uint32{1, 2, 3}},
			{Mailbox: "support", UIDValidity: 7, UIDNext: 5, UIDs: []uint32{4}},
		}
		if diff := cmp.Diff(want, h.desk.sightings()); diff != "" {
			t.Errorf("sighted (-want +got):\n%s", diff)
		}
	})
}

func TestNewUIDValidity(t *testing.T) {
	setup := func(h *hostile, _ *Config) {
		h.desk.verdict = func(it Item) Verdict {
			if it.UID == 2 && it.UIDValidity == 7 {
				return Retry
			}
			return Done
		}
	}
	inBubble(t, "", setup, func(h *hostile) {
		h.pass(time.Second)
		h.server.mu.Lock()
		h.server.validity = 8
		h.server.mu.Unlock()
		h.pass(time.Minute)
		h.wantOffered("in the new epoch", "1 2 3 2")
		if got := numbers(h.desk.goneUIDs()); got != "2" {
			t.Errorf("gone with the old epoch: %q, want 2", got)
		}
		if it := h.desk.items()[3]; it.UIDValidity != 8 {
			t.Errorf("offered under UIDVALIDITY %d, want 8", it.UIDValidity)
		}
		if !strings.Contains(h.log.String(), "new UIDVALIDITY") {
			t.Error("nothing of it in the log")
		}
	})
}

func TestInPlace(t *testing.T) {
	setup := func(h *hostile, cfg *Config) {
		cfg.Processed = ""
		h.desk.verdict = func(it Item) Verdict {
			switch {
			case it.UID == 2:
				return Quarantine
			case it.UID == 3 && len(h.desk.uids()) < 4:
				return Retry
			}
			return Done
		}
	}
	inBubble(t, "", setup, func(h *hostile) {
		h.pass(time.Second)
		if got := numbers(h.server.uids()); got != "1 3" {
			t.Errorf("left in INBOX: %s, want 1 and 3", got)
		}
		h.pass(time.Minute)
		h.wantOffered("after the second try of 3", "1 2 3 3")
		if h.server.said("UID SEARCH UID 3:*") == 0 {
			t.Error("the second search began elsewhere than at the lowest that wasn't done")
		}
		h.newMail()
		h.pass(2 * time.Minute)
		h.wantOffered("after all", "1 2 3 3 4")
		if h.server.said("UID SEARCH UID 5:*") == 0 {
			t.Error("the last search began elsewhere than behind all that is done")
		}
		if got := numbers(h.server.uids()); got != "1 3 4" {
			t.Errorf("left in INBOX: %s, want 1 3 4", got)
		}
	})
}

func TestTooBig(t *testing.T) {
	setup := func(h *hostile, cfg *Config) {
		cfg.MaxSize = 100
		h.server.mails[2] = "Subject: big\r\n\r\n" + strings.Repeat("x", 101)
	}
	// The size of mail 3 is told wrong: only its literal shows that it is too big.
	script := `
		> UID FETCH 1:3…RFC822.SIZE
		< * 1 FETCH (UID 1 RFC822.SIZE 31 INTERNALDATE "23-Nov-2026 09:00:00 +0100")
		< * 2 FETCH (UID 2 RFC822.SIZE 117 INTERNALDATE "23-Nov-2026 09:00:00 +0100")
		< * 3 FETCH (UID 3 RFC822.SIZE 31 INTERNALDATE "23-Nov-2026 09:00:00 +0100")
		< TAG OK done
		> UID FETCH 3 …BODY.PEEK[]
		< * 3 FETCH (UID 3 BODY[] {101}
		< ` + strings.Repeat("x", 101) + `)
		< TAG OK done`
	inBubble(t, script, setup, func(h *hostile) {
		h.pass(time.Second)
		h.wantOffered("with two that are too big", "1 2 3")
		for _, it := range h.desk.items()[1:] {
			raw := string(it.Raw)
			if !it.TooBig || it.Size <= 100 || !strings.HasPrefix(raw, "Subject: ") || !strings.HasSuffix(raw, "\r\n\r\n") {
				t.Errorf("uid %d: too big %v, size %d, raw %q; want its header", it.UID, it.TooBig, it.Size, raw)
			}
		}
		if h.server.bodies() != 1 {
			t.Errorf("%d bodies fetched, want that of 1 only", h.server.bodies())
		}
	})
}

func TestMemoryIsBounded(t *testing.T) {
	release := make(chan struct{})
	setup := func(h *hostile, cfg *Config) {
		release = make(chan struct{}) // of this bubble
		h.desk.verdict = func(Item) Verdict { <-release; return Done }
		for uid := range h.server.mails {
			h.server.mails[uid] = "Subject: huge\r\n\r\n" + strings.Repeat("x", 10<<20)
		}
		for range 300 {
			h.server.add()
		}
	}
	inBubble(t, "", setup, func(h *hostile) {
		for i, want := range []int{1, 2, 3 + batchMails, 3 + 2*batchMails} {
			h.pass(time.Second)
			if h.server.bodies() > want {
				t.Errorf("with mail %d in hand %d bodies were fetched, want %d at most", i+1, h.server.bodies(), want)
			}
			release <- struct{}{}
		}
		close(release)
		h.pass(time.Second)
		if n := len(h.desk.uids()); n != 303 {
			t.Errorf("%d mails offered in the end, want 303", n)
		}
	})
}

func TestFewCommands(t *testing.T) {
	setup := func(h *hostile, _ *Config) {
		for range 997 {
			h.server.add()
		}
	}
	inBubble(t, "", setup, func(h *hostile) {
		h.pass(time.Second)
		if n := len(h.server.uids()); n != 0 {
			t.Fatalf("%d mails left", n)
		}
		for words, most := range map[string]int{"UID FETCH…RFC822.SIZE": 2, "UID FETCH…BODY": 20, "UID MOVE": 40, "UID SEARCH": 1} {
			if n := h.server.said(words); n > most {
				t.Errorf("%d × %s for 1,000 mails, want %d at most", n, words, most)
			}
		}
	})
}

func TestPanics(t *testing.T) {
	setup := func(h *hostile, cfg *Config) {
		h.desk.verdict = func(it Item) Verdict {
			if it.UID == 1 && len(h.desk.uids()) == 1 {
				panic("handler")
			}
			return Done
		}
		cfg.Prepare = func(it *Item) {
			if it.UID == 2 {
				panic("prepare")
			}
			it.Prepared = fmt.Sprint("prepared ", it.UID)
		}
	}
	inBubble(t, "", setup, func(h *hostile) {
		h.pass(90 * time.Second)
		h.wantOffered("with a panic at 1", "1 2 3 1")
		want := []any{"prepared 1", nil, "prepared 3", "prepared 1"}
		for i, it := range h.desk.items() {
			if it.Prepared != want[i] {
				t.Errorf("offer %d came with %v, want %v", i+1, it.Prepared, want[i])
			}
		}
		if err := h.box.Health(); err != nil {
			t.Errorf("health: %v", err)
		}
	})
}

// TestStop: what is in hand is finished and moved, nothing else is begun.
func TestStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inHand := make(chan struct{})
		h := playHostile(t, "", func(h *hostile, _ *Config) {
			h.desk.verdict = func(it Item) Verdict {
				if it.UID == 2 {
					close(inHand)
					time.Sleep(8 * time.Second) // a slow transaction
				}
				return Done
			}
		})
		<-inHand
		begun := time.Now()
		h.stop()
		if d := time.Since(begun); d > 9*time.Second {
			t.Errorf("it took %v to stop with a handler that takes 8 s", d)
		}
		h.wantOffered("when told to stop", "1 2")
		if got := numbers(h.server.uids()); got != "3" {
			t.Errorf("left in INBOX: %s, want 3", got)
		}
	})
}

// TestStopNever waits long for a server that has gone silent.
func TestStopDoesNotWaitForTheServer(t *testing.T) {
	for _, command := range []string{"greeting", "AUTHENTICATE", "SELECT", "UID SEARCH", "UID FETCH…SIZE", "UID FETCH…BODY", "UID MOVE", "IDLE"} {
		t.Run(command, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := playHostile(t, ">* "+command+"\n!silent", nil)
				time.Sleep(time.Second)
				begun := time.Now()
				h.stop()
				if d := time.Since(begun); d > 12*time.Second {
					t.Errorf("it took %v to stop", d)
				}
			})
		})
	}
}

func TestReconnects(t *testing.T) {
	var dials []time.Duration
	pauses := func(t *testing.T, dialErr error, script string, within time.Duration) []time.Duration {
		dials = nil
		synctest.Test(t, func(t *testing.T) {
			h := playHostile(t, script, nil)
			h.stop() // it was only wanted for its parts
			begun := time.Now()
			m := h.box
			m.dial = func(ctx context.Context) (net.Conn, error) {
				dials = append(dials, time.Since(begun))
				if dialErr != nil {
					return nil, dialErr
				}
				return h.server.dial(ctx)
			}
			ctx, cancel := context.WithTimeout(t.Context(), within)
			defer cancel()
			if err := m.Run(ctx); err != nil {
				t.Error(err)
			}
			h.server.conns.Wait()
		})
		var gaps []time.Duration
		for i := range dials[1:] {
			gaps = append(gaps, (dials[i+1] - dials[i]).Round(time.Second))
		}
		return gaps
	}
	const s, min = time.Second, time.Minute
	for _, tt := range []struct {
		name    string
		dialErr error
		script  string
		within  time.Duration
		want    []time.Duration
	}{
		{"refused", errors.New("connection refused"), "", 20 * min,
			[]time.Duration{s, 2 * s, 4 * s, 8 * s, 16 * s, 32 * s, 64 * s, 128 * s, 256 * s, 300 * s, 300 * s}},
		{"wrong password", nil, ">* AUTHENTICATE\n< TAG NO wrong", 40 * min, []time.Duration{min, 5 * min, 15 * min, 15 * min}},
		{"password can't be checked now", nil, ">* AUTHENTICATE\n< TAG NO [UNAVAILABLE] later", 30 * s, []time.Duration{s, 2 * s, 4 * s, 8 * s}},
		{"hangs up after each login", nil, ">* IDLE\n!close", 30 * s, []time.Duration{s, 2 * s, 4 * s, 8 * s}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := pauses(t, tt.dialErr, tt.script, tt.within)
			if !slices.Equal(got, tt.want) {
				t.Errorf("pauses %v, want %v", got, tt.want)
			}
		})
	}
}

// TestFlaggedMailIsCopiedOnce, by a server with neither MOVE nor UIDPLUS, where it stays in the folder.
func TestFlaggedMailIsCopiedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := playHostile(t, "", func(h *hostile, _ *Config) { h.server.caps = "IMAP4rev1 AUTH=PLAIN SASL-IR IDLE" })
		h.pass(3 * time.Minute)
		h.stop()
		// Another life, which only has the ledger.
		next, err := New(h.box.cfg, h.desk.take, h.desk, h.log.logger(), time.Now)
		if err != nil {
			t.Fatal(err)
		}
		next.dial = h.server.dial
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
		defer cancel()
		if err := next.Run(ctx); err != nil {
			t.Error(err)
		}
		h.server.conns.Wait()
		h.wantOffered("in two lives", "1 2 3")
		if got := numbers(h.server.copies()["Processed"]); got != "1 2 3" {
			t.Errorf("copied %q, want each once", got)
		}
	})
}
