package desk_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"respon/tickets"
)

func (s *scene) copied(n tickets.Number) (list []string) {
	s.Helper()
	for _, p := range s.ticket(n).Copied() {
		list = append(list, p.Address)
	}
	return list
}

func people(addresses ...string) (list []tickets.Person) {
	for _, a := range addresses {
		list = append(list, tickets.Person{Address: a})
	}
	return list
}

func TestWhoBringsOthersIn(t *testing.T) {
	for _, tt := range []struct {
		name, author string
		change       func(*tickets.Incoming)
		want         int
	}{
		{"the requester", "maria@alfafar.example", nil, 1},
		{"a colleague", "eva@alfafar.example", nil, 1},
		{"the requester, or somebody in her name", "maria@alfafar.example", func(in *tickets.Incoming) { in.Author.Trust = tickets.Claimed }, 0},
		{"a participant of elsewhere", "luis@other.example", nil, 0},
		{"somebody who has no part in it", "maria@alfafar.example", func(in *tickets.Incoming) { in.Internal = true }, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			each(t, func(s *scene) {
				s.open(s.from("maria@alfafar.example", "no va"))
				in := s.from(tt.author, "també ella")
				in.Copied = people("nuria@other.example")
				if tt.change != nil {
					tt.change(&in)
				}
				if _, err := s.FollowUp(s.Context(), 1, in); err != nil {
					s.Fatal(err)
				}
				if got := s.copied(1); len(got) != tt.want {
					s.Errorf("copied: %q, want %d", got, tt.want)
				}
			})
		})
	}
}

func TestNotMoreThanTenAreCopied(t *testing.T) {
	each(t, func(s *scene) {
		in := s.from("maria@alfafar.example", "no va")
		for i := range 14 {
			in.Copied = append(in.Copied, tickets.Person{Address: fmt.Sprintf("c%d@other.example", i)})
		}
		s.open(in)
		if got := s.copied(1); len(got) != 10 {
			s.Errorf("%d are copied in, want 10", len(got))
		}
		if events := s.ticket(1).Events; !strings.Contains(events[len(events)-1].Detail, "too many") {
			s.Errorf("events %+v do not say that the others were left out", events)
		}
	})
}

// A ticket that goes on with one that was closed long ago has nobody but those
// whom its own mail brings in.
func TestAFollowUpTicketInheritsNobody(t *testing.T) {
	each(t, func(s *scene) {
		in := s.from("maria@alfafar.example", "no va")
		in.Copied = people("luis@other.example")
		s.open(in)
		s.technician("ana@dival.example", "#cerrar")
		s.now = s.now.Add(catalogue().Life.ReopenWindow + time.Hour)
		if _, err := s.FollowUp(s.Context(), 1, s.from("maria@alfafar.example", "torna a passar")); err != nil {
			s.Fatal(err)
		}
		if got := s.copied(2); len(got) != 0 {
			s.Errorf("copied: %q, want nobody", got)
		}
	})
}

// Nobody is told more automatic mails than the limit allows, copied in or not;
// the technician learns that somebody was not answered, once an hour.
func TestTheLimitIsToldToTheTechnician(t *testing.T) {
	each(t, func(s *scene) {
		for range catalogue().Limits.AutomaticPerSender {
			s.open(s.from("maria@alfafar.example", "no va"))
		}
		for range 2 {
			s.open(s.from("maria@alfafar.example", "no va"))
		}
		count := func(want string) (n int) {
			for _, l := range s.letters() {
				if l == want {
					n++
				}
			}
			return n
		}
		if got, want := count("ack maria@alfafar.example"), catalogue().Limits.AutomaticPerSender; got != want {
			s.Errorf("%d acknowledgements, want %d", got, want)
		}
		if got := count("limited ana@dival.example"); got != 1 {
			s.Errorf("told %d times, want once", got)
		}
	})
}
