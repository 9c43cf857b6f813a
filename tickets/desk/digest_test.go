package desk_test

import (
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"respon/tickets"
	"respon/tickets/desk"
	"respon/tickets/hours"
	"respon/tickets/store/storetest"
)

// office sets the hours of an office in Valencia, and gives its clock.
func (s *scene) office() *time.Location {
	s.Helper()
	madrid, err := time.LoadLocation("Europe/Madrid")
	if err != nil {
		s.Fatal(err)
	}
	c := s.Catalogue()
	c.Gateway.Location = madrid
	c.Hours, err = hours.New(hours.Spec{
		Days: []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday},
		From: 8 * 60, To: 15 * 60, Holidays: []string{"es", "es-vc"}, Location: madrid,
	})
	if err != nil {
		s.Fatal(err)
	}
	return madrid
}

// at sets the clock on the wall, "2026-01-12 08:00".
func (s *scene) at(where *time.Location, clock string) {
	s.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", clock, where)
	if err != nil {
		s.Fatal(err)
	}
	s.now = at.UTC()
}

// minutely runs a job each minute up to a moment, and gives when it wrote which
// letters.
func (s *scene) minutely(where *time.Location, until string, job func() error) (list []string) {
	s.Helper()
	end, err := time.ParseInLocation("2006-01-02 15:04", until, where)
	if err != nil {
		s.Fatal(err)
	}
	written := &s.Composer.(*composer).n
	for n := len(s.letters()); s.now.Before(end); s.now = s.now.Add(time.Minute) {
		before := written.Load()
		if err := job(); err != nil {
			s.Fatal(err)
		}
		if written.Load() == before {
			continue
		}
		all := s.letters()
		for _, l := range all[n:] {
			list = append(list, s.now.In(where).Format("Mon 01-02 15:04 MST ")+l)
		}
		n = len(all)
	}
	return list
}

// Some days at a time, with a holiday, a weekend and the two nights in which the
// clock is changed: the list comes when the office opens and never else.
func TestDigestsOfWorkingMornings(t *testing.T) {
	for name, tt := range map[string]struct {
		from, until string
		want        []string
	}{
		"the clock put forward": {"2026-03-27 12:00", "2026-03-31 12:00",
			[]string{"Fri 03-27 12:00 CET", "Mon 03-30 08:00 CEST", "Tue 03-31 08:00 CEST"}},
		"the clock put back": {"2026-10-23 12:00", "2026-10-27 12:00",
			[]string{"Fri 10-23 12:00 CEST", "Mon 10-26 08:00 CET", "Tue 10-27 08:00 CET"}},
		"a holiday on a Monday": {"2026-10-08 12:00", "2026-10-13 12:00", // Friday the 9th is one, too
			[]string{"Thu 10-08 12:00 CEST", "Tue 10-13 08:00 CEST"}},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(s *scene) {
				madrid := s.office()
				s.at(madrid, tt.from)
				s.open(s.about("padron", tickets.Low))
				s.wantDigests(madrid, tt.until, tt.want)
			})
		})
	}
}

func (s *scene) wantDigests(where *time.Location, until string, at []string) {
	s.Helper()
	var want []string
	for _, a := range at {
		want = append(want, a+" digest pere@dival.example")
	}
	got := s.minutely(where, until, func() error { return s.Digests(s.Context()) })
	if diff := cmp.Diff(want, got); diff != "" {
		s.Error(diff)
	}
}

// On the Sundays themselves an office that opens at half past two does so at
// three, or for the first of two times.
func TestDigestsInTheNightOfTheClock(t *testing.T) {
	for name, tt := range map[string]struct {
		from, until string
		want        []string
	}{
		"put forward": {"2026-03-28 00:00", "2026-03-30 12:00",
			[]string{"Sat 03-28 02:30 CET", "Sun 03-29 03:00 CEST", "Mon 03-30 02:30 CEST"}},
		"put back": {"2026-10-24 00:00", "2026-10-26 12:00",
			[]string{"Sat 10-24 02:30 CEST", "Sun 10-25 02:30 CEST", "Mon 10-26 02:30 CET"}},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(s *scene) {
				madrid := s.office()
				spec := hours.Spec{From: 2*60 + 30, To: 15 * 60, Location: madrid}
				for d := time.Sunday; d <= time.Saturday; d++ {
					spec.Days = append(spec.Days, d)
				}
				var err error
				if s.Catalogue().Hours, err = hours.New(spec); err != nil {
					s.Fatal(err)
				}
				s.at(madrid, tt.from)
				s.open(s.about("padron", tickets.Low))
				s.wantDigests(madrid, tt.until, tt.want)
			})
		})
	}
}

// What was down when the office opened writes the lists when it is there again,
// if the office is still open; and once, however often it comes and goes.
func TestDigestsAfterAStop(t *testing.T) {
	each(t, func(s *scene) {
		madrid := s.office()
		s.at(madrid, "2026-01-12 10:00")
		s.open(s.about("padron", tickets.Low))
		n := len(s.letters())
		for _, tt := range []struct {
			at   string
			want []string
		}{
			{"2026-01-12 15:00", nil}, // closed since this minute
			{"2026-01-13 07:59", nil},
			{"2026-01-13 14:59", []string{"digest pere@dival.example"}},
			{"2026-01-13 14:59", nil},
			{"2026-01-14 08:00", []string{"digest pere@dival.example"}},
			{"2026-01-14 11:00", nil},
			{"2026-01-17 11:00", nil}, // Saturday
		} {
			s.at(madrid, tt.at)
			if err := s.Digests(s.Context()); err != nil {
				s.Fatal(err)
			}
			all := s.letters()
			if diff := cmp.Diff(tt.want, all[n:], cmp.Transformer("nil", func(l []string) string { return strings.Join(l, "\n") })); diff != "" {
				s.Errorf("at %s: %s", tt.at, diff)
			}
			n = len(all)
		}
	})
}

// Who is away gets no list, nor does who has nothing to do; and what comes later
// on the day brings none.
func TestDigestsOfTheAbsentAndTheIdle(t *testing.T) {
	each(t, func(s *scene) {
		madrid := s.office()
		s.at(madrid, "2026-01-12 10:00")
		s.open(s.about("padron", tickets.Low))
		s.away("pere", "2026-01-13", "2026-01-14")
		day := func(date string, want ...string) {
			s.Helper()
			s.at(madrid, date+" 08:00")
			n := len(s.letters())
			if err := s.Digests(s.Context()); err != nil {
				s.Fatal(err)
			}
			s.wantSince(&n, append([]string{}, want...)...)
		}
		day("2026-01-13")
		s.open(s.about("contabilidad", tickets.Low))
		day("2026-01-13")
		day("2026-01-14", "digest ana@dival.example")
		day("2026-01-15", "digest ana@dival.example", "digest pere@dival.example")
		s.technicianOn(2, "ana@dival.example", "#resolver\nYa va.")
		s.technicianOn(1, "pere@dival.example", "#espera\n¿Qué programa es?")
		day("2026-01-16", "digest pere@dival.example") // it waits, and is his all the same
	})
}

// Two processes over one database, several times at once: each list and each
// report is written once.
func TestTwoDesksWriteADigestOnce(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		s := &scene{T: t}
		c := catalogue()
		newDesk := func(prefix string) *desk.Desk {
			return &desk.Desk{
				Store: storetest.Open(t, url, func() time.Time { return s.now }), Composer: &composer{prefix: prefix},
				Catalogue: func() *tickets.Catalogue { return c }, NewUID: func() (string, error) { return prefix + "000000000", nil },
				Log: slog.New(slog.DiscardHandler),
			}
		}
		s.Desk = newDesk("a")
		c.Reports = []string{"jefa@dival.example", "ana@dival.example"}
		madrid := s.office()
		s.at(madrid, "2026-01-09 10:00")
		s.open(s.about("padron", tickets.Low))
		n := len(s.letters())
		s.at(madrid, "2026-01-12 08:00")
		var work sync.WaitGroup
		for _, d := range []*desk.Desk{s.Desk, newDesk("b")} {
			for range 3 {
				work.Go(func() {
					if err := errors.Join(d.Digests(t.Context()), d.ReportWeek(t.Context())); err != nil {
						t.Error(err)
					}
				})
			}
		}
		work.Wait()
		got := s.letters()[n:]
		slices.Sort(got)
		if diff := cmp.Diff([]string{"digest pere@dival.example", "report ana@dival.example", "report jefa@dival.example"}, got); diff != "" {
			t.Errorf("letters: %s", diff)
		}
	})
}

// The report comes when the first working day of a week begins, whatever day and
// whatever the clock did on Sunday.
func TestReportsOfTheWeeks(t *testing.T) {
	for name, tt := range map[string]struct{ from, until, want string }{
		"the clock put forward": {"2026-03-27 12:00", "2026-04-01 12:00", "Mon 03-30 08:00 CEST"},
		"the clock put back":    {"2026-10-23 12:00", "2026-10-28 12:00", "Mon 10-26 08:00 CET"},
		"a holiday on a Monday": {"2026-10-08 12:00", "2026-10-14 12:00", "Tue 10-13 08:00 CEST"},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(s *scene) {
				madrid := s.office()
				s.Catalogue().Reports = []string{"jefa@dival.example"}
				s.at(madrid, tt.from)
				if err := s.ReportWeek(s.Context()); err != nil { // of this week, which there was nothing in
					s.Fatal(err)
				}
				s.open(s.about("padron", tickets.Low))
				got := s.minutely(madrid, tt.until, func() error { return s.ReportWeek(s.Context()) })
				if diff := cmp.Diff([]string{tt.want + " report jefa@dival.example"}, got); diff != "" {
					s.Error(diff)
				}
			})
		})
	}
}

// A gateway that was down for the first days of the week reports when it is
// there again; one without anybody to report to does not even count.
func TestReportAfterAStop(t *testing.T) {
	each(t, func(s *scene) {
		madrid := s.office()
		s.at(madrid, "2026-01-08 10:00")
		s.open(s.about("padron", tickets.Low))
		n := len(s.letters())
		report := func(at string, want ...string) {
			s.Helper()
			s.at(madrid, at)
			if err := s.ReportWeek(s.Context()); err != nil {
				s.Fatal(err)
			}
			s.wantSince(&n, append([]string{}, want...)...)
		}
		report("2026-01-12 08:00")
		s.Catalogue().Reports = []string{"jefa@dival.example", "pere@dival.example"}
		report("2026-01-12 16:00")
		report("2026-01-14 09:00", "report jefa@dival.example", "report pere@dival.example")
		report("2026-01-15 09:00")
		report("2026-01-19 09:00", "report jefa@dival.example", "report pere@dival.example")
	})
}
