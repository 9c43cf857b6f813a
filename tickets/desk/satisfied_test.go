package desk_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"respon/tickets"
)

func TestSatisfaction(t *testing.T) {
	each(t, func(s *scene) {
		s.open(s.from("maria@alfafar.example", "no va"))
		s.asTechnician(1, anna, "#copia eva@alfafar.example")
		s.asTechnician(1, anna, "#resolver")
		say := func(address, text string, content bool) []string {
			s.Helper()
			n := len(s.letters())
			in := s.from(address, text)
			in.Satisfied = &content
			if err := s.Desk.Satisfied(s.Context(), 1, in); err != nil {
				s.Fatal(err)
			}
			return s.since(n)
		}
		told := []string{"follow_up ana@dival.example"}
		for _, tt := range []struct {
			name, address, text string
			content             bool
			want                []string
		}{
			{"content", "maria@alfafar.example", "", true, []string{}},
			{"not content", "maria@alfafar.example", "", false, told},
			{"with words", "maria@alfafar.example", "Muy rápido.", true, told},
		} {
			if d := cmp.Diff(tt.want, say(tt.address, tt.text, tt.content)); d != "" {
				s.Errorf("%s: %s", tt.name, d)
			}
			if got := s.ticket(1); got.Status != tickets.Resolved || got.Satisfied == nil || *got.Satisfied != tt.content {
				s.Errorf("%s: %s, satisfied %v", tt.name, got.Status, got.Satisfied)
			}
		}
		// Only the requester is asked.
		say("eva@alfafar.example", "", false)
		say("eve@evil.example", "", false)
		got := s.ticket(1)
		if !*got.Satisfied || got.Status != tickets.Resolved {
			s.Errorf("others counted: %v, %s", *got.Satisfied, got.Status)
		}
		var said []string
		for _, e := range got.Events {
			if e.Kind == tickets.EventSatisfaction {
				said = append(said, e.Actor+" "+e.Detail)
			}
		}
		if want := []string{"maria@alfafar.example yes", "maria@alfafar.example no", "maria@alfafar.example yes"}; !slices.Equal(said, want) {
			s.Errorf("events %v", said)
		}
	})
}
