package store_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"respon/tickets"
	"respon/tickets/store"
	"respon/tickets/store/storetest"
)

func TestAbsence(t *testing.T) {
	ctx := context.Background()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		absent := func(d tickets.Day) (who []string) {
			t.Helper()
			if err := s.View(ctx, func(tx *store.Tx) error {
				away, err := tx.Absent(ctx, d)
				for id := range away {
					who = append(who, id)
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
			slices.Sort(who)
			return who
		}
		want := func(d tickets.Day, want ...string) {
			t.Helper()
			if got := absent(d); !slices.Equal(got, want) {
				t.Errorf("away on %s: %q, want %q", d, got, want)
			}
		}
		set := func(a tickets.Absence) (id int64) {
			t.Helper()
			tx(t, s, func(tx *store.Tx) (err error) { id, err = tx.SetAbsence(ctx, a); return err })
			return id
		}
		christmas := tickets.Absence{Technician: "ana", From: "2026-12-24", To: "2027-01-06", Source: tickets.AbsenceAutoReply}
		id := set(christmas)
		set(tickets.Absence{Technician: "pere", From: "2026-12-30", Source: tickets.AbsenceCommand})
		want("2026-12-23")
		want("2026-12-24", "ana")
		want("2027-01-06", "ana", "pere")
		want("2027-01-07", "pere")
		want("2031-01-01", "pere")
		if again := set(christmas); again != id {
			t.Errorf("the same days again: absence %d, want %d", again, id)
		}
		var ended []int64
		end := func(technician string, d tickets.Day) {
			t.Helper()
			tx(t, s, func(tx *store.Tx) (err error) { ended, err = tx.EndAbsence(ctx, technician, d); return err })
		}
		end("ana", "2026-12-28")
		if !slices.Equal(ended, []int64{id}) {
			t.Errorf("ended %v, want %d", ended, id)
		}
		want("2026-12-29")
		if again := set(christmas); again != 0 {
			t.Errorf("an out-of-office answer that comes late made absence %d", again)
		}
		want("2026-12-29")
		tx(t, s, func(tx *store.Tx) error { return tx.RestoreAbsence(ctx, id) })
		want("2026-12-29", "ana")
		end("pere", "2026-12-01") // he is here: what he had planned
		want("2026-12-31", "ana")
		err := s.Tx(ctx, func(tx *store.Tx) error { return tx.CancelAbsence(ctx, ended[0]) })
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("cancel what is over: %v", err)
		}
	})
}
