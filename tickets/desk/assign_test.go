package desk_test

import (
	"strings"
	"testing"
	"time"

	"respon/tickets"
	"respon/tickets/store"
)

// lastAssigned tells who has a ticket and the event that gave it to her.
func (s *scene) wantAssigned(n tickets.Number, technician, actor, why string) {
	s.Helper()
	t := s.ticket(n)
	var last tickets.Event
	for _, e := range t.Events {
		if e.Kind == tickets.EventAssigned {
			last = e
		}
	}
	if t.Technician != technician || last.Actor != actor || !strings.Contains(last.Detail, why) {
		s.Errorf("ticket %d is %q's by %s: %s; want %q by %s: … %s …", n, t.Technician, last.Actor, last.Detail, technician, actor, why)
	}
}

func (s *scene) away(technician string, from, to tickets.Day) (id int64) {
	s.Helper()
	if err := s.Store.Tx(s.Context(), func(tx *store.Tx) (err error) {
		id, err = s.SetAbsence(s.Context(), tx, tickets.Absence{Technician: technician, From: from, To: to, Source: tickets.AbsenceCommand})
		return err
	}); err != nil {
		s.Fatal(err)
	}
	return id
}

func (s *scene) back(technician string) {
	s.Helper()
	if err := s.Store.Tx(s.Context(), func(tx *store.Tx) error {
		_, err := s.EndAbsence(s.Context(), tx, technician)
		return err
	}); err != nil {
		s.Fatal(err)
	}
}

func (s *scene) handOver() {
	s.Helper()
	if err := s.HandOver(s.Context()); err != nil {
		s.Fatal(err)
	}
}

// about writes to a category, with a priority by its impact.
func (s *scene) about(category string, impact tickets.Level) tickets.Incoming {
	in := s.from("maria@alfafar.example", "no va")
	in.Hints = tickets.Hints{Type: tickets.Incident, Category: category, Impact: impact}
	return in
}

func TestAssignmentGoesRound(t *testing.T) {
	each(t, func(s *scene) {
		c := s.Catalogue()
		c.Categories[0].Technicians = []string{"ana", "pere"}
		var got []string
		for range 4 {
			tk := s.open(s.about("contabilidad", tickets.Low))
			got = append(got, tk.Technician)
			if err := s.Store.Tx(s.Context(), func(tx *store.Tx) error { // done before the next one comes
				tk.SetStatus(tickets.Closed, tx.Now)
				return tx.SaveTicket(s.Context(), tk)
			}); err != nil {
				s.Fatal(err)
			}
			s.now = s.now.Add(time.Hour)
		}
		if want := "ana pere ana pere"; strings.Join(got, " ") != want {
			s.Errorf("tickets went to %s, want %s", got, want)
		}
	})
}

func TestNobodyIsFree(t *testing.T) {
	each(t, func(s *scene) {
		s.away("ana", "2026-01-12", "2026-01-12")
		s.away("pere", "2026-01-01", "")
		s.open(s.about("padron", tickets.Low))
		s.wantAssigned(1, "", tickets.Respon, "nobody is free: category padron: all are away; default technicians: all are away")
		s.wantLetters("ack maria@alfafar.example", "unassigned ana@dival.example")
		in := s.from("maria@alfafar.example", "¿hay alguien?")
		if _, err := s.FollowUp(s.Context(), 1, in); err != nil {
			s.Fatal(err)
		}
		s.handOver() // and still nobody is
		s.wantLetters("ack maria@alfafar.example", "unassigned ana@dival.example", "follow_up ana@dival.example")

		s.now = s.now.Add(24 * time.Hour)
		s.handOver()
		s.handOver()
		s.wantAssigned(1, "ana", tickets.Respon, "nobody had it; category padron: all are away; default technicians; load ana 0/20")
		s.wantLetters("ack maria@alfafar.example", "unassigned ana@dival.example", "follow_up ana@dival.example", "assigned ana@dival.example")
	})
}

func TestWhoAnswersHasIt(t *testing.T) {
	each(t, func(s *scene) {
		s.away("ana", "2026-01-12", "")
		s.away("pere", "2026-01-12", "")
		s.open(s.about("padron", tickets.Low))
		s.technician("ana@dival.example", "Lo miro yo.")
		s.wantAssigned(1, "ana", "ana", "by ana, before none")
	})
}

func TestUrgentTicketsOfTheAbsent(t *testing.T) {
	each(t, func(s *scene) {
		s.open(s.about("contabilidad", tickets.High)) // P2
		s.open(s.about("contabilidad", tickets.Low))
		s.open(s.about("contabilidad", tickets.High))
		s.wantAssigned(1, "ana", tickets.Respon, "category contabilidad")
		c := s.Catalogue()
		c.Categories[0].Technicians = []string{"ana", "pere"}
		before := len(s.letters())

		s.away("ana", "2026-01-14", "2026-01-16")
		s.handOver()
		s.wantAssigned(1, "ana", tickets.Respon, "category contabilidad") // not yet
		s.now = s.now.Add(48 * time.Hour)
		s.technicianOn(3, "pere@dival.example", "#mia")
		s.technicianOn(3, "pere@dival.example", "#asignar ana") // knowing that she is away
		s.handOver()
		s.handOver()
		s.wantAssigned(1, "pere", tickets.Respon, "ana is away 2026-01-14..2026-01-16; category contabilidad; load pere 0/20; away ana")
		s.wantAssigned(2, "ana", tickets.Respon, "category contabilidad")
		s.wantAssigned(3, "ana", "pere", "by pere")
		var told []string
		for _, l := range s.letters()[before:] {
			if strings.HasPrefix(l, "assigned pere") {
				told = append(told, l)
			}
		}
		if len(told) != 1 {
			s.Errorf("pere was told %d times, want once", len(told))
		}
		s.back("ana")
		s.handOver()
		s.wantAssigned(1, "pere", tickets.Respon, "ana is away") // it does not go back
	})
}

func TestTechnicianLeavesTheCatalogue(t *testing.T) {
	each(t, func(s *scene) {
		s.open(s.about("padron", tickets.Low))
		s.open(s.about("padron", tickets.Low))
		c := s.Catalogue()
		pere := c.Technicians[1]
		c.Technicians = c.Technicians[:1]
		s.handOver()
		s.wantAssigned(1, "ana", tickets.Respon, "pere is no longer a technician; category padron has no technicians, default ones")
		s.wantAssigned(2, "ana", tickets.Respon, "pere is no longer a technician")
		// A reload that leaves out everybody who is there.
		c.Technicians = append(c.Technicians, pere)
		c.Technicians = c.Technicians[1:]
		s.away("pere", "2026-01-12", "")
		before := len(s.letters())
		s.handOver()
		s.handOver()
		s.wantAssigned(1, "", tickets.Respon, "nobody: ana is no longer a technician, and nobody is free")
		if told := s.letters()[before:]; len(told) != 2 || told[0] != "unassigned pere@dival.example" {
			s.Errorf("told: %q, want pere, once for each ticket", told)
		}
	})
}

// A form that names a category moves a new ticket to one of its technicians, and
// not from one default technician to another when they are all away.
func TestCategoryIsNamedLater(t *testing.T) {
	each(t, func(s *scene) {
		c := s.Catalogue()
		c.Technicians = append(c.Technicians, tickets.Technician{ID: "rosa", Email: "rosa@dival.example", Capacity: 20, Default: true})
		name := func(n tickets.Number, category string) {
			s.Helper()
			in := s.from("maria@alfafar.example", "Categoría: "+category)
			in.Hints.Category = category
			if _, err := s.FollowUp(s.Context(), n, in); err != nil {
				s.Fatal(err)
			}
		}
		s.open(s.from("maria@alfafar.example", "no va"))
		s.open(s.from("maria@alfafar.example", "no va"))
		s.wantAssigned(1, "ana", tickets.Respon, "category unknown")
		s.wantAssigned(2, "rosa", tickets.Respon, "category unknown")
		name(1, "padron")
		s.wantAssigned(1, "pere", tickets.Respon, "category padron; load pere 0/20")
		s.away("pere", "2026-01-12", "")
		name(2, "padron")
		s.wantAssigned(2, "rosa", tickets.Respon, "category unknown")
	})
}
