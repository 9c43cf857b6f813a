package desk_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"respon/tickets"
)

func TestQuarantineIsListedOnceADayIfSomethingIsNew(t *testing.T) {
	each(t, func(s *scene) {
		madrid := s.office()
		s.Catalogue().Operators = []string{"sistemas@dival.example", "ana@dival.example"}
		bad := func(n int) {
			s.Helper()
			a := s.from("x@y.example", fmt.Sprint("bad ", n)).Arrival
			if err := s.Quarantine(s.Context(), a, "", "bad", "no header"); err != nil {
				s.Fatal(err)
			}
		}
		morning := func(clock string, want ...string) {
			s.Helper()
			s.at(madrid, clock)
			n := len(s.letters())
			for range 2 {
				if err := s.ListQuarantine(s.Context()); err != nil {
					s.Fatal(err)
				}
			}
			if d := cmp.Diff(append([]string{}, want...), s.since(n)); d != "" {
				s.Errorf("%s: %s", clock, d)
			}
		}
		both := []string{"quarantine ana@dival.example", "quarantine sistemas@dival.example"}
		morning("2026-01-12 08:00")
		bad(1)
		morning("2026-01-12 09:00") // the day's list is over
		morning("2026-01-13 07:59") // the office is closed
		morning("2026-01-13 08:00", both...)
		morning("2026-01-14 08:00") // nothing new
		bad(2)
		morning("2026-01-17 10:00") // a Saturday
		morning("2026-01-19 10:00", both...)
	})
}

func TestDecisionsAreAllOrNone(t *testing.T) {
	each(t, func(s *scene) {
		for n := range 3 {
			if err := s.Quarantine(s.Context(), s.from("x@y.example", fmt.Sprint("bad ", n)).Arrival, "", "bad", "no header"); err != nil {
				s.Fatal(err)
			}
		}
		decide := func(text string) (left []bool) {
			s.Helper()
			list := tickets.ParseDecisions(text)
			if _, err := s.Quarantined(s.Context(), list); err != nil {
				s.Fatal(err)
			}
			n := len(s.letters())
			if err := s.Decided(s.Context(), s.from("ana@dival.example", text), list); err != nil {
				s.Fatal(err)
			}
			if d := cmp.Diff([]string{"decided ana@dival.example"}, s.since(n)); d != "" {
				s.Error(d)
			}
			for id := range int64(3) {
				look := []tickets.Decision{{ID: id + 1}}
				if _, err := s.Quarantined(s.Context(), look); err != nil {
					s.Fatal(err)
				}
				left = append(left, !look[0].Gone)
			}
			return left
		}
		if got := decide("descartar 1,9"); !got[0] || !got[1] || !got[2] {
			s.Errorf("with one that is not there, something was given up: %v", got)
		}
		if got := decide("descartar 1,3"); got[0] || !got[1] || got[2] {
			s.Errorf("left %v", got)
		}
	})
}
