package desk_test

import (
	"errors"
	"testing"
	"time"

	"respon/tickets/store"
)

func TestHeldMailsExpire(t *testing.T) {
	each(t, func(s *scene) {
		if err := s.Hold(s.Context(), s.from("eva@fuera.example", "hola")); err != nil {
			s.Fatal(err)
		}
		for _, tt := range []struct {
			after time.Duration
			held  bool
		}{{6 * 24 * time.Hour, true}, {2 * 24 * time.Hour, false}} {
			s.now = s.now.Add(tt.after)
			if err := s.ExpireHeld(s.Context()); err != nil {
				s.Fatal(err)
			}
			_, err := s.HeldMails(s.Context(), "0000000001")
			if held := err == nil; held != tt.held || err != nil && !errors.Is(err, store.ErrNotFound) {
				s.Errorf("after %s more: held %v, %v; want %v", tt.after, held, err, tt.held)
			}
		}
	})
}

func TestSessionsAreSwept(t *testing.T) {
	each(t, func(s *scene) {
		begin := func(hash string) {
			if err := s.Store.Tx(s.Context(), func(tx *store.Tx) error {
				return errors.Join(tx.AddSession(s.Context(), []byte(hash), "maria@alfafar.example"), tx.AddLogin(s.Context(), []byte(hash), "maria@alfafar.example", ""))
			}); err != nil {
				s.Fatal(err)
			}
		}
		begin("old")
		s.now = s.now.Add(8 * 24 * time.Hour)
		begin("new")
		if err := s.SweepSessions(s.Context()); err != nil {
			s.Fatal(err)
		}
		if err := s.Store.View(s.Context(), func(tx *store.Tx) error {
			if _, _, err := tx.Session(s.Context(), []byte("old"), time.Time{}, time.Time{}); !errors.Is(err, store.ErrNotFound) {
				s.Errorf("the old session: %v", err)
			}
			if _, _, err := tx.Session(s.Context(), []byte("new"), time.Time{}, time.Time{}); err != nil {
				s.Errorf("the new session: %v", err)
			}
			n, err := tx.LoginsSince(s.Context(), "", time.Time{})
			if n != 1 {
				s.Errorf("%d sign-in links are left, want 1", n)
			}
			return err
		}); err != nil {
			s.Fatal(err)
		}
	})
}
