package postoffice_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// wait polls a condition until it holds or the test has lasted too long.
func wait(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	deadline := time.After(20 * time.Second)
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func TestMove(t *testing.T) {
	t.Parallel()
	p := open(t)
	for _, word := range []string{"a", "b", "c"} {
		if err := p.Append("support", "INBOX", letter(word)); err != nil {
			t.Fatal(err)
		}
	}
	expunged := make(chan uint32, 10)
	c := login(t, p, &imapclient.Options{UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		Expunge: func(seq uint32) { expunged <- seq },
	}})
	if err := c.Create("Processed", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Select("INBOX", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	data, err := c.Move(imap.UIDSetNum(2), "Processed").Wait()
	if err != nil || fmt.Sprint(data.SourceUIDs, data.DestUIDs) != "2 1" {
		t.Fatalf("move: %+v, %v", data, err)
	}
	// The library's own MOVE fails here and takes the connection with it.
	if _, err := c.Move(imap.UIDSetNum(2), "Processed").Wait(); err != nil {
		t.Errorf("move of what is gone: %v", err)
	}
	if _, err := c.Move(imap.UIDSetNum(1), "Nowhere").Wait(); !isRefusal(err, imap.ResponseCodeTryCreate) {
		t.Errorf("move to nowhere: %v, want TRYCREATE", err)
	}
	if err := c.Noop().Wait(); err != nil {
		t.Fatal(err)
	}
	if n := c.Mailbox().NumMessages; n != 2 || len(expunged) != 1 {
		t.Errorf("the client counts %d mails after %d EXPUNGE, want 2 after 1", n, len(expunged))
	}
	moved, err := p.Mails("support", "Processed")
	if err != nil || len(moved) != 1 || string(moved[0].Raw) != string(letter("b")) || len(moved[0].Flags) != 0 {
		t.Errorf("Processed holds %+v, %v", moved, err)
	}
}

func TestMovesInBothDirectionsAtOnce(t *testing.T) {
	t.Parallel()
	p := open(t)
	const each, rounds = 300, 5
	for range each {
		if err := errors.Join(p.Append("support", "A", letter("x")), p.Append("support", "B", letter("x"))); err != nil {
			t.Fatal(err)
		}
	}
	var wg sync.WaitGroup
	for _, way := range [][2]string{{"A", "B"}, {"B", "A"}} {
		c := login(t, p, nil)
		if _, err := c.Select(way[0], nil).Wait(); err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			for range rounds {
				if _, err := c.Move(imap.UIDSet{imap.UIDRange{Start: 1}}, way[1]).Wait(); err != nil {
					t.Errorf("move from %s: %v", way[0], err)
					return
				}
			}
		})
	}
	wg.Wait()
	a, errA := p.Mails("support", "A")
	b, errB := p.Mails("support", "B")
	if len(a)+len(b) != 2*each || errA != nil || errB != nil {
		t.Errorf("A holds %d, B %d mails (%v, %v); want %d in all", len(a), len(b), errA, errB, 2*each)
	}
}

// A mail that comes between the last command and IDLE must be told of too.
func TestIdleMissesNothing(t *testing.T) {
	t.Parallel()
	p := open(t)
	news := make(chan uint32, 1000)
	c := login(t, p, &imapclient.Options{UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		Mailbox: func(data *imapclient.UnilateralDataMailbox) {
			if data.NumMessages != nil {
				news <- *data.NumMessages
			}
		},
	}})
	if _, err := c.Select("INBOX", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	for i := range 50 {
		delivered := make(chan error, 1)
		go func() { delivered <- p.Append("support", "INBOX", letter("x")) }()
		idle, err := c.Idle()
		if err != nil {
			t.Fatal(err)
		}
		if err := <-delivered; err != nil {
			t.Fatal(err)
		}
		wait(t, fmt.Sprintf("news of mail %d", i+1), func() bool {
			select {
			case n := <-news:
				return n == uint32(i+1)
			default:
				return false
			}
		})
		if err := idle.Close(); err != nil {
			t.Fatal(err)
		}
		if err := idle.Wait(); err != nil {
			t.Fatal(err)
		}
	}
}

// The library gives number 0 to a mail the client has not been told of.
func TestFetchDuringDelivery(t *testing.T) {
	t.Parallel()
	p := open(t)
	c := selected(t, p)
	done := make(chan error, 1)
	go func() {
		for range 300 {
			if err := p.Append("support", "INBOX", letter("x")); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	for running := true; running; {
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			running = false
		default:
		}
		mails, err := c.Fetch(imap.UIDSet{imap.UIDRange{Start: 1}}, &imap.FetchOptions{UID: true}).Collect()
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range mails {
			if m.SeqNum == 0 || m.SeqNum != uint32(m.UID) {
				t.Fatalf("mail with UID %d has number %d", m.UID, m.SeqNum)
			}
		}
	}
}

func TestExamineChangesNothing(t *testing.T) {
	t.Parallel()
	p := open(t)
	if err := p.Append("support", "INBOX", letter("x")); err != nil {
		t.Fatal(err)
	}
	c := login(t, p, nil)
	if err := c.Create("Processed", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Select("INBOX", &imap.SelectOptions{ReadOnly: true}).Wait(); err != nil {
		t.Fatal(err)
	}
	one := imap.UIDSetNum(1)
	deleted := &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagDeleted}}
	if err := c.Store(one, deleted, nil).Close(); err == nil {
		t.Error("STORE is allowed")
	}
	if _, err := c.Move(one, "Processed").Wait(); err == nil {
		t.Error("MOVE is allowed")
	}
	body := &imap.FetchOptions{BodySection: []*imap.FetchItemBodySection{{}}}
	if got, err := c.Fetch(one, body).Collect(); err != nil || len(got) != 1 {
		t.Errorf("fetch: %v, %v", got, err)
	}
	if mails := inbox(t, p, "support"); len(mails) != 1 || len(mails[0].Flags) != 0 {
		t.Errorf("INBOX holds %+v, want it as it was", mails)
	}
}
