package desk_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"respon/tickets"
)

func TestFormIsConfirmed(t *testing.T) {
	each(t, func(s *scene) {
		s.open(s.from("maria@alfafar.example", "no va"))
		yes := true
		in := s.from("maria@alfafar.example", "")
		in.Hints = tickets.Hints{Type: tickets.Incident, Category: "padron", Answers: tickets.Answers{BlocksWork: &yes, AffectsOthers: &yes}}
		in.Form = tickets.FormRead{Filled: true, Only: true}
		if _, err := s.FollowUp(s.Context(), 1, in); err != nil {
			s.Fatal(err)
		}
		got := s.ticket(1)
		if got.Priority != "P2" || got.Category != "padron" || got.Technician != "pere" || !got.TypeKnown {
			s.Errorf("%s, category %q, technician %q", got.Priority, got.Category, got.Technician)
		}
		var kinds []string
		for _, m := range got.Messages {
			kinds = append(kinds, string(m.Direction)+" "+string(m.Kind))
		}
		if d := cmp.Diff([]string{"in request", "out ack", "in form", "out form"}, kinds); d != "" {
			s.Error(d)
		}
		s.wantLetters("ack maria@alfafar.example", "assigned ana@dival.example", "form maria@alfafar.example", "taken ana@dival.example", "assigned pere@dival.example")
	})
}

func TestFormDoesNotMoveWhatWasHandedOver(t *testing.T) {
	each(t, func(s *scene) {
		s.open(s.from("maria@alfafar.example", "no va"))
		s.technician("ana@dival.example", "#asignar pere")
		in := s.from("maria@alfafar.example", "")
		in.Hints = tickets.Hints{Category: "contabilidad"} // whose technician is Ana
		in.Form = tickets.FormRead{Filled: true, Only: true}
		if _, err := s.FollowUp(s.Context(), 1, in); err != nil {
			s.Fatal(err)
		}
		if got := s.ticket(1); got.Technician != "pere" || got.Category != "contabilidad" {
			s.Errorf("technician %s, category %s; Ana had given it to Pere", got.Technician, got.Category)
		}
	})
}

// The limit is of whom the letter goes to, who need not be the requester.
func TestConfirmedFormsAreLimited(t *testing.T) {
	each(t, func(s *scene) {
		s.open(s.from("maria@alfafar.example", "no va"))
		for i := range 6 {
			yes := i%2 == 0
			in := s.from("eva@alfafar.example", "")
			in.Hints = tickets.Hints{Answers: tickets.Answers{BlocksWork: &yes}}
			in.Form = tickets.FormRead{Filled: true, Only: true}
			if _, err := s.FollowUp(s.Context(), 1, in); err != nil {
				s.Fatal(err)
			}
		}
		confirmed := 0
		for _, l := range s.letters() {
			if l == "form eva@alfafar.example" {
				confirmed++
			}
		}
		if confirmed != 3 {
			s.Errorf("%d letters to one address within the hour, want 3", confirmed)
		}
	})
}
