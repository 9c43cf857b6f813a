package desk_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"respon/tickets"
)

// report opens a ticket of the category whose technician is Pere.
func (s *scene) report(address string) *tickets.Ticket {
	s.Helper()
	in := s.from(address, "el padrón no va")
	in.Hints.Category = "padron"
	return s.open(in)
}

// since gives the letters that were made since there were n.
func (s *scene) since(n int) []string {
	s.Helper()
	list := append([]string{}, s.letters()[n:]...)
	slices.Sort(list)
	return list
}

func TestManyReportsAreToldOnce(t *testing.T) {
	each(t, func(s *scene) {
		s.report("maria@alfafar.example")
		s.report("eva@alfafar.example")
		s.report("luis@bunyol.example")
		s.open(s.from("joan@gandia.example", "otra cosa")) // of no category
		idea := s.from("joan@gandia.example", "una idea")
		idea.Hints = tickets.Hints{Category: "padron", Type: tickets.Suggestion}
		s.open(idea)
		if got := strings.Join(s.letters(), "|"); strings.Contains(got, "mass") {
			s.Fatalf("two houses are no mass: %s", got)
		}
		n := len(s.letters())
		s.report("joan@gandia.example")
		want := []string{"ack joan@gandia.example", "assigned pere@dival.example", "mass pere@dival.example"}
		if d := cmp.Diff(want, s.since(n)); d != "" {
			s.Error(d)
		}
		n = len(s.letters())
		s.report("pau@oliva.example")
		if d := cmp.Diff([]string{"ack pau@oliva.example", "assigned pere@dival.example"}, s.since(n)); d != "" {
			s.Errorf("told twice: %s", d)
		}
		// Three in an hour are meant, not three in a day.
		s.now = s.now.Add(3 * time.Hour)
		n = len(s.letters())
		s.report("nuria@xativa.example")
		if got := s.since(n); len(got) != 2 {
			s.Errorf("%v", got)
		}
	})
}

func TestGeneralReachesAllItsParts(t *testing.T) {
	each(t, func(s *scene) {
		for _, who := range []string{"maria@alfafar.example", "luis@bunyol.example", "joan@gandia.example"} {
			s.report(who)
		}
		n := len(s.letters())
		s.asTechnician(1, "pere@dival.example", "#general BR-1 todas")
		if d := cmp.Diff([]string{"receipt pere@dival.example"}, s.since(n)); d != "" {
			s.Errorf("nobody is written to by it: %s", d)
		}
		if got := s.ticket(1).Links; len(got) != 2 || got[0] != (tickets.Link{Number: 2, Kind: tickets.Child}) || s.ticket(3).Parent() != 1 {
			s.Errorf("links %v, parent of 3 is %d", got, s.ticket(3).Parent())
		}

		// Who writes later is a part of it.
		s.report("pau@oliva.example")
		if got := s.ticket(4); got.Parent() != 1 || got.Technician != "pere" {
			s.Errorf("parent %d, technician %s", got.Parent(), got.Technician)
		}
		// As is one of whom it is known later.
		s.open(s.from("nuria@xativa.example", "no va"))
		in := s.from("nuria@xativa.example", "Categoría: padrón")
		in.Hints.Category, in.Form = "padron", tickets.FormRead{Filled: true, Only: true}
		if _, err := s.FollowUp(s.Context(), 5, in); err != nil {
			s.Fatal(err)
		}
		if got := s.ticket(5).Parent(); got != 1 {
			s.Errorf("the ticket whose category came later is part of %d", got)
		}
		request := s.from("eva@alfafar.example", "quiero un curso")
		request.Hints = tickets.Hints{Category: "padron", Type: tickets.Request}
		if got := s.open(request); got.Parent() != 0 {
			s.Error("a request became part of a fault")
		}

		// A note stays; an answer goes to each in her own ticket.
		n = len(s.letters())
		s.asTechnician(1, "pere@dival.example", "#nota\nEs el servidor de siempre.")
		if got := s.since(n); !slices.Equal(got, []string{"receipt pere@dival.example"}) {
			s.Errorf("a note made %v", got)
		}
		n = len(s.letters())
		s.asTechnician(1, "pere@dival.example", "Estamos en ello.")
		want := []string{"answer joan@gandia.example", "answer luis@bunyol.example", "answer maria@alfafar.example", "answer nuria@xativa.example", "answer pau@oliva.example"}
		if d := cmp.Diff(want, s.since(n)); d != "" {
			s.Error(d)
		}
		if got := s.ticket(2); got.Status != tickets.Open || got.FirstAnsweredAt == nil || got.Messages[len(got.Messages)-1].Text != "Estamos en ello." {
			s.Errorf("%s, first answered %v, %d messages", got.Status, got.FirstAnsweredAt, len(got.Messages))
		}

		// What is over already is left alone; all others end with it.
		s.asTechnician(3, "pere@dival.example", "#cerrar")
		n = len(s.letters())
		s.asTechnician(1, "pere@dival.example", "#resolver")
		want = []string{"receipt pere@dival.example", "resolved luis@bunyol.example", "resolved maria@alfafar.example", "resolved nuria@xativa.example", "resolved pau@oliva.example"}
		if d := cmp.Diff(want, s.since(n)); d != "" {
			s.Error(d)
		}
		for number, status := range map[tickets.Number]tickets.Status{1: tickets.Resolved, 2: tickets.Resolved, 3: tickets.Closed, 4: tickets.Resolved, 6: tickets.New} {
			if got := s.ticket(number).Status; got != status {
				s.Errorf("BR-%d is %s, want %s", number, got, status)
			}
		}
		s.asTechnician(1, "pere@dival.example", "#deshacer "+s.code())
		for number, status := range map[tickets.Number]tickets.Status{1: tickets.Open, 2: tickets.Open, 3: tickets.Closed, 4: tickets.Open} {
			if got := s.ticket(number).Status; got != status {
				s.Errorf("after the undo BR-%d is %s, want %s", number, got, status)
			}
		}

		// It is over: who writes now is told nothing of it.
		s.asTechnician(1, "pere@dival.example", "#resolver")
		if got := s.report("rosa@sueca.example"); got.Parent() != 0 {
			s.Error("part of what is resolved")
		}
	})
}

func TestGeneralIsTakenBack(t *testing.T) {
	each(t, func(s *scene) {
		for i := range 5 {
			s.report(fmt.Sprintf("maria@town%d.example", i))
		}
		parents := func() (list []tickets.Number) {
			for n := range tickets.Number(5) {
				list = append(list, s.ticket(n+1).Parent())
			}
			return list
		}
		for _, tt := range []struct {
			on         tickets.Number
			text, code string
			want       []tickets.Number
		}{
			{2, "#general BR-1", "", []tickets.Number{0, 1, 0, 0, 0}},
			{1, "#general br-1 BR-3, 4", "", []tickets.Number{0, 1, 1, 1, 0}},
			{3, "#general no", "", []tickets.Number{0, 1, 0, 1, 0}},
			{1, "#general no", "", []tickets.Number{0, 0, 0, 0, 0}},
			{5, "#general BR-1 all", "", []tickets.Number{0, 1, 1, 1, 1}},
		} {
			before := parents()
			s.asTechnician(tt.on, "pere@dival.example", tt.text)
			if d := cmp.Diff(tt.want, parents()); d != "" {
				s.Errorf("%s on BR-%d: %s", tt.text, tt.on, d)
			}
			code := s.code()
			if code == "" {
				continue // taking out is taken back by putting in
			}
			s.asTechnician(tt.on, "pere@dival.example", "#deshacer "+code)
			if d := cmp.Diff(before, parents()); d != "" {
				s.Errorf("%s on BR-%d, taken back: %s", tt.text, tt.on, d)
			}
			s.asTechnician(tt.on, "pere@dival.example", tt.text)
		}
		events := len(s.ticket(2).Events)
		for _, text := range []string{"#general BR-2", "#general BR-99", "#general", "#general nada", "#general BR-5 BR-1"} {
			n := len(s.letters())
			in := s.from("pere@dival.example", text)
			cmds, rest, problems := tickets.ParseCommands(text)
			in.Reply = rest
			if _, err := s.Answer(s.Context(), 1, in, cmds, problems); err != nil {
				s.Fatal(err)
			}
			if d := cmp.Diff([]string{"command pere@dival.example"}, s.since(n)); d != "" {
				s.Errorf("%s: %s", text, d)
			}
		}
		if got := len(s.ticket(2).Events); got != events {
			s.Errorf("%d events of what was refused", got-events)
		}
	})
}
