package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"respon/tickets"
	"respon/tickets/store"
	"respon/tickets/store/storetest"
)

func tx(t *testing.T, s *store.Store, f func(*store.Tx) error) {
	t.Helper()
	if err := s.Tx(context.Background(), f); err != nil {
		t.Fatal(err)
	}
}

// open makes a ticket with the least that a ticket needs.
func open(ctx context.Context, tx *store.Tx, uid string) (*tickets.Ticket, error) {
	n, err := tx.NextNumber(ctx)
	if err != nil {
		return nil, err
	}
	t := &tickets.Ticket{
		Number: n, UID: uid, Type: tickets.Incident, Status: tickets.New, Subject: "No imprime",
		Requester: tickets.Person{Address: "maria@alfafar.example", Name: "María", Locale: tickets.Spanish},
		CreatedAt: tx.Now, UpdatedAt: tx.Now,
		Participants: []tickets.Participant{{Address: "maria@alfafar.example", Name: "María", Role: tickets.RoleRequester}},
	}
	t.Prioritise()
	return t, tx.InsertTicket(ctx, t)
}

func TestTicketRoundTrip(t *testing.T) {
	ctx := context.Background()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		yes, due := true, time.Date(2026, 3, 29, 1, 30, 0, 123456000, time.UTC)
		var want *tickets.Ticket
		tx(t, s, func(tx *store.Tx) (err error) {
			if want, err = open(ctx, tx, "aa"); err != nil {
				return err
			}
			want.Answers.BlocksWork = &yes
			want.FirstAnswerDue = &due
			want.Technician = "ana"
			want.Type = tickets.Suggestion
			want.Satisfied, want.SatisfiedAt = &yes, &due
			want.SetStatus(tickets.Resolved, tx.Now)
			return tx.SaveTicket(ctx, want)
		})
		var got *tickets.Ticket
		if err := s.View(ctx, func(tx *store.Tx) (err error) { got, err = tx.Ticket(ctx, 1); return err }); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestHostileText(t *testing.T) {
	ctx := context.Background()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		tx(t, s, func(tx *store.Tx) error {
			tk, err := open(ctx, tx, "aa")
			if err != nil {
				return err
			}
			return tx.InsertMessage(ctx, &tickets.Message{
				Ticket: tk.Number, Direction: tickets.In, Kind: tickets.KindRequest, ReceivedAt: tx.Now,
				Subject: "nul \x00 and \xff", Text: "\x00\xfe'; DROP TABLE ticket; --", Reply: strings.Repeat("ñ", 100_000),
				MessageID: "a\x00b@\xff.example", Author: tickets.Person{Name: "\xc3"},
				Attachments: []tickets.Attachment{{Filename: "a\x00.pdf", ContentType: "x/\xff"}},
			})
		})
		if err := s.View(ctx, func(tx *store.Tx) error {
			list, err := tx.Messages(ctx, 1)
			if err != nil {
				return err
			}
			if len(list) != 1 || list[0].Subject != "nul  and \uFFFD" || len(list[0].Attachments) != 1 {
				t.Errorf("read back %+v", list)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	})
}

func TestRollback(t *testing.T) {
	ctx := context.Background()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		stop := errors.New("stop")
		if err := s.Tx(ctx, func(tx *store.Tx) error {
			if _, err := open(ctx, tx, "aa"); err != nil {
				return err
			}
			return stop
		}); !errors.Is(err, stop) {
			t.Fatalf("got %v, want the function's own error", err)
		}
		func() {
			defer func() { _ = recover() }() // the panic is the test's own
			_ = s.Tx(ctx, func(tx *store.Tx) error {
				if _, err := open(ctx, tx, "bb"); err != nil {
					return err
				}
				panic("in the middle")
			})
		}()
		// Neither left a number behind, nor a connection that hangs.
		tx(t, s, func(tx *store.Tx) error {
			tk, err := open(ctx, tx, "cc")
			if err == nil && tk.Number != 1 {
				t.Errorf("number %d after two rollbacks, want 1", tk.Number)
			}
			return err
		})
	})
}

func TestNumbersHaveNoGapAndNoDouble(t *testing.T) {
	ctx := context.Background()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		const writers, each = 4, 10
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				for i := range each {
					err := s.Tx(ctx, func(tx *store.Tx) error {
						_, err := open(ctx, tx, fmt.Sprint(w, "-", i))
						if err == nil && i%3 == 0 && w == 0 {
							return errors.New("thought better of it")
						}
						return err
					})
					if err != nil && (w != 0 || i%3 != 0) {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		var list []*tickets.Ticket
		if err := s.View(ctx, func(tx *store.Tx) (err error) { list, err = tx.List(ctx, store.Filter{}); return err }); err != nil {
			t.Fatal(err)
		}
		want := writers*each - 4
		if len(list) != want || list[0].Number != tickets.Number(want) {
			t.Errorf("%d tickets, the last is %d; want %d and %d", len(list), list[0].Number, want, want)
		}
	})
}

func TestNoteKnowsWhatItSaw(t *testing.T) {
	ctx := context.Background()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		first := &tickets.Arrival{Mailbox: "support", UIDValidity: 7, UID: 1, Key: "k1", Received: time.Now()}
		again := &tickets.Arrival{Mailbox: "support", UIDValidity: 7, UID: 2, Key: "k1", Received: time.Now()}
		tx(t, s, func(tx *store.Tx) error { return tx.Note(ctx, first, tickets.FateNoted, 0, "", nil) })
		tx(t, s, func(tx *store.Tx) error {
			if err := tx.Note(ctx, again, tickets.FateOpened, 0, "", nil); !errors.Is(err, store.ErrSeen) {
				t.Errorf("a second copy: %v, want ErrSeen", err)
			}
			return nil
		})
		var fates map[uint32]tickets.Fate
		if err := s.View(ctx, func(tx *store.Tx) (err error) {
			fates, err = tx.Fates(ctx, "support", 7, []uint32{1, 2, 3})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		want := map[uint32]tickets.Fate{1: tickets.FateNoted, 2: tickets.FateDuplicate}
		if diff := cmp.Diff(want, fates); diff != "" {
			t.Error(diff)
		}
	})
}

func TestRawIsWhole(t *testing.T) {
	ctx := context.Background()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		raw := bytes.Repeat([]byte("From: a@b.example\r\n\x00\xff"), 50_000)
		var sha []byte
		tx(t, s, func(tx *store.Tx) (err error) {
			if sha, err = tx.PutRaw(ctx, raw); err != nil {
				return err
			}
			again, err := tx.PutRaw(ctx, raw)
			if !bytes.Equal(sha, again) {
				t.Error("the same mail has two keys")
			}
			return err
		})
		if err := s.View(ctx, func(tx *store.Tx) error {
			got, err := tx.Raw(ctx, sha)
			if !bytes.Equal(raw, got) {
				t.Errorf("%d bytes came back, want %d", len(got), len(raw))
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	})
}

func TestRawsGivesTheSmallOnes(t *testing.T) {
	ctx := context.Background()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		mails := [][]byte{[]byte("one"), []byte("two"), bytes.Repeat([]byte("large"), 100)}
		var shas [][]byte
		tx(t, s, func(tx *store.Tx) error {
			for _, raw := range mails {
				sha, err := tx.PutRaw(ctx, raw)
				if err != nil {
					return err
				}
				shas = append(shas, sha)
			}
			return nil
		})
		if err := s.View(ctx, func(tx *store.Tx) error {
			got, err := tx.Raws(ctx, append(shas, []byte("nobody's")), 499)
			want := map[string][]byte{string(shas[0]): mails[0], string(shas[1]): mails[1]}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	})
}

func post(ctx context.Context, tx *store.Tx, n tickets.Number, to, id string) error {
	_, err := tx.Enqueue(ctx, store.Posted{Ticket: n, Kind: tickets.LetterAck, Automatic: true,
		Mail: tickets.Mail{MessageID: id, To: to, From: "b@dival.example", Raw: []byte("Subject: " + id + "\r\n\r\n")}})
	return err
}

func minute(int) time.Duration { return time.Minute }

func TestClaimInOrder(t *testing.T) {
	ctx := context.Background()
	storetest.EachURL(t, func(t *testing.T, url string) {
		now := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
		s := storetest.Open(t, url, func() time.Time { return now })
		tx(t, s, func(tx *store.Tx) error {
			if _, err := open(ctx, tx, "aa"); err != nil {
				return err
			}
			for _, m := range []struct{ to, id string }{{"maria@alfafar.example", "1"}, {"maria@alfafar.example", "2"}, {"ana@dival.example", "3"}} {
				if err := post(ctx, tx, 1, m.to, m.id); err != nil {
					return err
				}
			}
			return nil
		})
		claim := func(owner string) (ids []string, list []store.Posting) {
			tx(t, s, func(tx *store.Tx) (err error) {
				list, err = tx.Claim(ctx, owner, 10, 20*time.Minute, minute)
				return err
			})
			for _, p := range list {
				ids = append(ids, p.MessageID)
			}
			return ids, list
		}
		ids, list := claim("a")
		if diff := cmp.Diff([]string{"1", "3"}, ids); diff != "" {
			t.Errorf("the second mail to one person must wait for the first: %s", diff)
		}
		if ids, _ := claim("b"); ids != nil {
			t.Errorf("claimed twice: %v", ids)
		}
		tx(t, s, func(tx *store.Tx) error {
			mine, err := tx.Finish(ctx, &list[0], "a", store.Outcome{State: "sent", Code: 250})
			if !mine {
				t.Error("the owner of the lease could not finish")
			}
			return err
		})
		if ids, _ := claim("a"); len(ids) != 1 || ids[0] != "2" {
			t.Errorf("then claimed %v, want 2", ids)
		}
		// A lease that ran out is somebody else's, and the old owner is too late.
		now = now.Add(21 * time.Minute)
		if ids, _ := claim("b"); len(ids) != 2 {
			t.Errorf("after the leases ran out claimed %v, want 2 and 3", ids)
		}
		tx(t, s, func(tx *store.Tx) error {
			mine, err := tx.Finish(ctx, &list[1], "a", store.Outcome{State: "sent"})
			if mine {
				t.Error("the old owner finished what was taken over")
			}
			return err
		})
	})
}

func TestLeasesLastAsLongAsTheirOwner(t *testing.T) {
	ctx := context.Background()
	storetest.EachURL(t, func(t *testing.T, url string) {
		now := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
		s := storetest.Open(t, url, func() time.Time { return now })
		claim := func(owner string) (n int) {
			tx(t, s, func(tx *store.Tx) error {
				list, err := tx.Claim(ctx, owner, 10, 30*time.Second, minute)
				n = len(list)
				return err
			})
			return n
		}
		tx(t, s, func(tx *store.Tx) error {
			return errors.Join(post(ctx, tx, 0, "maria@alfafar.example", "1"), post(ctx, tx, 0, "eva@alfafar.example", "2"))
		})
		if n := claim("a"); n != 2 {
			t.Fatalf("claimed %d, want 2", n)
		}
		for range 5 {
			now = now.Add(20 * time.Second)
			tx(t, s, func(tx *store.Tx) error { return tx.Renew(ctx, "a", []int64{1, 2}, 30*time.Second) })
			if n := claim("b"); n != 0 {
				t.Fatalf("%d mails taken from a sender that lives", n)
			}
		}
		tx(t, s, func(tx *store.Tx) error { return tx.Renew(ctx, "b", []int64{1, 2}, time.Hour) }) // not its own
		now = now.Add(31 * time.Second)
		if n := claim("b"); n != 2 {
			t.Errorf("claimed %d of a sender that died, want 2", n)
		}
		tx(t, s, func(tx *store.Tx) error { return tx.Expire(ctx) })
		if n := claim("c"); n != 2 {
			t.Errorf("claimed %d after all leases were ended, want 2", n)
		}
	})
}

func TestLogin(t *testing.T) {
	ctx := context.Background()
	storetest.EachURL(t, func(t *testing.T, url string) {
		now := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
		s := storetest.Open(t, url, func() time.Time { return now })
		use := func(hash string) error {
			return s.Tx(ctx, func(tx *store.Tx) error {
				_, err := tx.UseLogin(ctx, []byte(hash), tx.Now.Add(-15*time.Minute))
				return err
			})
		}
		tx(t, s, func(tx *store.Tx) error {
			return errors.Join(tx.AddLogin(ctx, []byte("one"), "Maria@Alfafar.example", ""), tx.AddLogin(ctx, []byte("old"), "maria@alfafar.example", ""))
		})
		if err := use("one"); err != nil {
			t.Errorf("first use: %v", err)
		}
		if err := use("one"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("second use: %v, want ErrNotFound", err)
		}
		now = now.Add(15 * time.Minute)
		if err := use("old"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("after 15 minutes: %v, want ErrNotFound", err)
		}
	})
}

func TestSearch(t *testing.T) {
	ctx := context.Background()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		tx(t, s, func(tx *store.Tx) error {
			tk, err := open(ctx, tx, "aa")
			if err != nil {
				return err
			}
			return errors.Join(
				tx.InsertMessage(ctx, &tickets.Message{Ticket: tk.Number, Direction: tickets.In, Kind: tickets.KindRequest,
					Subject: "Impresión del PADRÓN al 100%", Reply: "no sale_nada", ReceivedAt: tx.Now}),
				tx.InsertMessage(ctx, &tickets.Message{Ticket: tk.Number, Direction: tickets.In, Kind: tickets.KindNote, Internal: true,
					Reply: "pesadísima", ReceivedAt: tx.Now}))
		})
		for query, want := range map[string]int{
			"padron impresion": 1, "Padrón NADA": 1, "100%": 1, "100_": 0, "sale_nada": 1, "otra": 0, "": 1,
			"pesadisima": 0, // a note is never found
			`\`:          0,
		} {
			var n int
			if err := s.View(ctx, func(tx *store.Tx) (err error) {
				n, err = tx.Count(ctx, store.Filter{Query: query, Address: "maria@alfafar.example"})
				return err
			}); err != nil {
				t.Fatal(err)
			}
			if n != want {
				t.Errorf("search %q found %d, want %d", query, n, want)
			}
		}
	})
}

func TestLease(t *testing.T) {
	ctx := context.Background()
	storetest.EachURL(t, func(t *testing.T, url string) {
		now := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
		s := storetest.Open(t, url, func() time.Time { return now })
		lease := func(owner string) (has bool) {
			tx(t, s, func(tx *store.Tx) (err error) {
				has, err = tx.Lease(ctx, "mailbox support", owner, 15*time.Second)
				return err
			})
			return has
		}
		if !lease("a") || lease("b") || !lease("a") {
			t.Error("the first owner has it, renews it, and the second does not get it")
		}
		now = now.Add(16 * time.Second)
		if !lease("b") || lease("a") {
			t.Error("after it ran out the second gets it, and the first does not get it back")
		}
	})
}

func TestTemporary(t *testing.T) {
	for _, err := range []error{nil, store.ErrNotFound, store.ErrSeen, errors.New("no such column")} {
		if store.Temporary(err) {
			t.Errorf("%v is called temporary", err)
		}
	}
	_, err := store.Open(context.Background(), "postgres://nobody@127.0.0.1:1/x?sslmode=disable", time.Now)
	if !store.Temporary(err) {
		t.Errorf("a database that is away is not called temporary: %v", err)
	}
	if _, err := store.Open(context.Background(), "sqlite:/nowhere/at/all.db", time.Now); !store.Temporary(err) {
		t.Errorf("a folder that is missing is not called temporary: %v", err)
	}
}

func TestSightedCountsGaps(t *testing.T) {
	ctx := context.Background()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		sighted := func(validity, next uint32, uids ...uint32) (gaps int, epoch bool) {
			tx(t, s, func(tx *store.Tx) (err error) {
				gaps, epoch, err = tx.Sighted(ctx, "support", validity, next, uids)
				return err
			})
			return gaps, epoch
		}
		if gaps, epoch := sighted(7, 100, 42, 99); gaps != 0 || epoch {
			t.Errorf("first sight: %d gaps, epoch %v", gaps, epoch)
		}
		// 100 is there, 101 was settled by another process and moved, 102 and 103 nobody saw.
		tx(t, s, func(tx *store.Tx) error {
			return tx.Note(ctx, &tickets.Arrival{Mailbox: "support", UIDValidity: 7, UID: 101, Key: "k"}, tickets.FateNoted, 0, "", nil)
		})
		if gaps, epoch := sighted(7, 104, 100); gaps != 2 || epoch {
			t.Errorf("second sight: %d gaps, epoch %v; want 2, false", gaps, epoch)
		}
		if gaps, epoch := sighted(8, 3, 1, 2); gaps != 0 || !epoch {
			t.Errorf("another UIDVALIDITY: %d gaps, epoch %v; want 0, true", gaps, epoch)
		}
	})
}

func TestOnce(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		now := time.Date(2026, 1, 12, 9, 0, 0, 0, time.UTC)
		s := storetest.Open(t, url, func() time.Time { return now })
		once := func(name string, since time.Time, end error) (first bool) {
			t.Helper()
			err := s.Tx(t.Context(), func(tx *store.Tx) (err error) {
				if first, err = tx.Once(t.Context(), name, since); err != nil {
					return err
				}
				return end
			})
			if !errors.Is(err, end) {
				t.Fatal(err)
			}
			return first
		}
		broken := errors.New("broken")
		for i, got := range []bool{
			once("a", now, broken), once("a", now, nil), !once("a", now, nil), once("b", now, nil),
		} {
			if !got {
				t.Errorf("question %d was answered wrongly", i)
			}
		}
		before := now
		now = now.Add(time.Hour)
		if once("a", before, nil) || !once("a", before.Add(time.Second), nil) {
			t.Error("an hour later: done before is not done since")
		}
	})
}

// A pause that a technician took back is over, and counts as what it was.
func TestPausesAreKept(t *testing.T) {
	ctx := context.Background()
	storetest.EachURL(t, func(t *testing.T, url string) {
		now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
		began := now
		s := storetest.Open(t, url, func() time.Time { return now })
		tx(t, s, func(tx *store.Tx) error { _, err := open(ctx, tx, "aa"); return err })
		for _, status := range []tickets.Status{tickets.Waiting, tickets.New, tickets.Waiting, tickets.Resolved} {
			tx(t, s, func(tx *store.Tx) error {
				tk, err := tx.LockTicket(ctx, 1)
				if err != nil {
					return err
				}
				tk.SetStatus(status, tx.Now)
				return tx.SaveTicket(ctx, tk)
			})
			now = now.Add(time.Hour)
		}
		var got []tickets.Pause
		if err := s.View(ctx, func(tx *store.Tx) error {
			tk, err := tx.Ticket(ctx, 1)
			if err == nil {
				got = tk.Pauses
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		at := func(hours int) *time.Time { m := began.Add(time.Duration(hours) * time.Hour); return &m }
		want := []tickets.Pause{{From: *at(0), To: at(1)}, {From: *at(2), To: at(3)}, {From: *at(3)}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}
