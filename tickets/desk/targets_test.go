package desk_test

import (
	"fmt"
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

// promise sets what is promised, in hours that are always open.
func (s *scene) promise(first, resolution time.Duration) {
	c := s.Catalogue()
	c.SLA = map[tickets.Priority]tickets.Target{"P4": {FirstAnswer: first, Resolution: resolution}}
	c.Escalation = tickets.Escalation{Addresses: []string{"jefa@dival.example", "ana@dival.example"}}
}

// run does all that the schedule does, each minute until d has passed.
func (s *scene) run(d time.Duration) {
	s.Helper()
	for end := s.now.Add(d); s.now.Before(end); {
		s.now = s.now.Add(time.Minute)
		if err := s.WatchTargets(s.Context()); err != nil {
			s.Fatal(err)
		}
	}
}

// since are the letters made after the first n.
func (s *scene) wantSince(n *int, want ...string) {
	s.Helper()
	all := s.letters()
	if diff := cmp.Diff(want, append([]string{}, all[*n:]...)); diff != "" {
		s.Errorf("letters: %s", diff)
	}
	*n = len(all)
}

func (s *scene) details(n tickets.Number, kinds ...tickets.EventKind) (list []string) {
	for _, e := range s.ticket(n).Events {
		if slices.Contains(kinds, e.Kind) {
			list = append(list, string(e.Kind)+": "+e.Detail)
		}
	}
	return list
}

func TestWarningAndBreach(t *testing.T) {
	each(t, func(s *scene) {
		s.promise(40*time.Minute, 4*time.Hour)
		s.Catalogue().Gateway.Location = time.FixedZone("", 3600)
		s.open(s.about("padron", tickets.Low))
		n := 2
		s.run(29 * time.Minute)
		s.wantSince(&n, []string{}...)
		s.run(time.Minute)
		s.wantSince(&n, "sla_warning pere@dival.example")
		s.run(9 * time.Minute)
		s.wantSince(&n, []string{}...)
		s.run(10 * time.Minute)
		s.wantSince(&n, "sla_breach pere@dival.example", "escalation jefa@dival.example", "escalation ana@dival.example")
		s.technician("pere@dival.example", "Ya lo he visto.")
		n++
		s.run(5 * time.Hour)
		s.wantSince(&n, "sla_warning pere@dival.example", "sla_breach pere@dival.example", "escalation jefa@dival.example", "escalation ana@dival.example")
		want := []string{
			"sla_warning: first answer of P4 due 2026-01-12 10:40: three quarters of 40m0s are over of business time",
			"sla_breach: first answer of P4 due 2026-01-12 10:40: 40m0s are over of business time",
			"sla_warning: resolution of P4 due 2026-01-12 14:00: three quarters of 4h0m0s are over of business time",
			"sla_breach: resolution of P4 due 2026-01-12 14:00: 4h0m0s are over of business time",
		}
		if diff := cmp.Diff(want, s.details(1, tickets.EventWarning, tickets.EventBreach)); diff != "" {
			s.Error(diff)
		}
	})
}

// The clock stands while the ticket waits for its requester.
func TestWaitingMovesTheTargets(t *testing.T) {
	each(t, func(s *scene) {
		s.promise(0, 4*time.Hour)
		s.open(s.about("padron", tickets.Low))
		s.run(time.Hour)
		s.technician("pere@dival.example", "#espera\n¿Qué programa usa?")
		n := len(s.letters())
		s.run(20 * time.Hour)
		s.wantSince(&n, []string{}...)
		if _, err := s.FollowUp(s.Context(), 1, s.from("maria@alfafar.example", "SICAL")); err != nil {
			s.Fatal(err)
		}
		if due, want := s.ticket(1).ResolutionDue, s.now.Add(3*time.Hour); due == nil || !due.Equal(want) {
			s.Errorf("resolution due %v, want %v", due, want)
		}
		n++
		s.run(3*time.Hour - time.Minute)
		s.wantSince(&n, "sla_warning pere@dival.example")
		s.run(time.Minute)
		s.wantSince(&n, "sla_breach pere@dival.example", "escalation jefa@dival.example", "escalation ana@dival.example")
	})
}

// A raise of the priority after most of the time is over: the new target is
// missed already, which is said once and without a warning.
func TestRaisedPriority(t *testing.T) {
	each(t, func(s *scene) {
		s.promise(0, 40*time.Hour)
		s.Catalogue().SLA["P1"] = tickets.Target{FirstAnswer: time.Hour, Resolution: 2 * time.Hour}
		s.open(s.about("padron", tickets.Low))
		s.run(3 * time.Hour)
		s.technician("pere@dival.example", "#prioridad P1")
		n := len(s.letters())
		s.run(5 * time.Hour)
		s.wantSince(&n, "sla_breach pere@dival.example", "escalation jefa@dival.example", "escalation ana@dival.example")
		if got := s.details(1, tickets.EventWarning, tickets.EventBreach); len(got) != 2 {
			s.Errorf("events %q, want both breaches", got)
		}
	})
}

// What is imported silently is of long ago: nobody is told that it is late.
func TestImportedTicketsAreNotLate(t *testing.T) {
	each(t, func(s *scene) {
		s.promise(time.Hour, 100*time.Hour)
		in := s.about("padron", tickets.Low)
		in.At = s.now.Add(-90 * time.Hour)
		s.Mute = true
		s.open(in)
		s.Mute = false
		n := 0
		s.run(8 * time.Hour)
		s.wantSince(&n, []string{}...)
		s.run(3 * time.Hour) // what is still to come is told
		s.wantSince(&n, "sla_breach pere@dival.example", "escalation jefa@dival.example", "escalation ana@dival.example")
	})
}

// While the technician is away the default ones are told as well; a ticket that
// nobody has concerns them alone.
func TestTargetsOfTheAbsent(t *testing.T) {
	each(t, func(s *scene) {
		s.promise(time.Hour, 0)
		s.open(s.about("padron", tickets.Low))
		s.away("pere", "2026-01-12", "")
		n := len(s.letters())
		s.run(time.Hour)
		s.wantSince(&n, "sla_warning pere@dival.example", "sla_warning ana@dival.example",
			"sla_breach pere@dival.example", "sla_breach ana@dival.example", "escalation jefa@dival.example")
	})
}

func TestReminder(t *testing.T) {
	each(t, func(s *scene) {
		s.Catalogue().Life.RemindWaiting = 72 * time.Hour
		remind := func(after time.Duration) {
			s.Helper()
			s.now = s.now.Add(after)
			for range 2 {
				if err := s.RemindWaiting(s.Context()); err != nil {
					s.Fatal(err)
				}
			}
		}
		s.open(s.from("maria@alfafar.example", "no va"))
		s.technician("ana@dival.example", "#espera\n¿Qué programa usa?")
		n := len(s.letters())
		remind(71 * time.Hour)
		s.wantSince(&n, []string{}...)
		remind(time.Hour)
		s.wantSince(&n, "reminder maria@alfafar.example")
		remind(300 * time.Hour)
		s.wantSince(&n, []string{}...)
		if got := s.details(1, tickets.EventReminded); len(got) != 1 || got[0] != "reminded: maria@alfafar.example, who was asked 72h0m0s ago" {
			s.Errorf("events %q", got)
		}
		if m := s.ticket(1).Messages; m[len(m)-1].Text != "¿Qué programa usa?" {
			s.Errorf("reminded of %q", m[len(m)-1].Text)
		}
		// Asked again, she is reminded again.
		if _, err := s.FollowUp(s.Context(), 1, s.from("maria@alfafar.example", "SICAL")); err != nil {
			s.Fatal(err)
		}
		remind(100 * time.Hour)
		s.technician("ana@dival.example", "#espera\n¿Qué versión?")
		n = len(s.letters())
		remind(72 * time.Hour)
		s.wantSince(&n, "reminder maria@alfafar.example")
	})
}

// A reminder that the limit of automatic mails holds back is not lost.
func TestReminderWithinTheLimit(t *testing.T) {
	each(t, func(s *scene) {
		s.Catalogue().Life.RemindWaiting = time.Minute
		for n := range 3 {
			s.open(s.from("maria@alfafar.example", "no va"))
			s.technicianOn(tickets.Number(n+1), "ana@dival.example", "#espera\n¿Qué programa usa?")
		}
		n := len(s.letters())
		s.now = s.now.Add(5 * time.Minute)
		if err := s.RemindWaiting(s.Context()); err != nil {
			s.Fatal(err)
		}
		s.wantSince(&n, []string{}...)
		s.now = s.now.Add(time.Hour)
		if err := s.RemindWaiting(s.Context()); err != nil {
			s.Fatal(err)
		}
		s.wantSince(&n, "reminder maria@alfafar.example", "reminder maria@alfafar.example", "reminder maria@alfafar.example")
	})
}

func TestResolvedIsClosed(t *testing.T) {
	each(t, func(s *scene) {
		s.Catalogue().Life.CloseResolved = 120 * time.Hour
		s.open(s.from("maria@alfafar.example", "no va"))
		s.technician("ana@dival.example", "#resolver\nYa va.")
		resolved := s.now
		n := len(s.letters())
		thanks := s.from("maria@alfafar.example", "Gracias")
		thanks.Courtesy = true
		if _, err := s.FollowUp(s.Context(), 1, thanks); err != nil {
			s.Fatal(err)
		}
		for _, tt := range []struct {
			after time.Duration
			want  tickets.Status
		}{{120*time.Hour - time.Second, tickets.Resolved}, {120 * time.Hour, tickets.Closed}, {840 * time.Hour, tickets.Closed}} {
			s.now = resolved.Add(tt.after)
			if err := s.CloseResolved(s.Context()); err != nil {
				s.Fatal(err)
			}
			if got := s.ticket(1).Status; got != tt.want {
				s.Errorf("after %s: %s, want %s", tt.after, got, tt.want)
			}
		}
		if got := s.details(1, tickets.EventStatus); got[len(got)-1] != "status: resolved → closed: nobody wrote for 120h0m0s" {
			s.Errorf("events %q", got)
		}
		s.wantSince(&n, []string{}...) // the letter that said it is resolved said how to object

		// Within the window a reply opens it again, later a ticket that continues it.
		s.now = resolved.Add((120+720)*time.Hour + time.Minute)
		next, err := s.FollowUp(s.Context(), 1, s.from("maria@alfafar.example", "otra vez"))
		if err != nil {
			s.Fatal(err)
		}
		if next.Number != 2 || len(next.Links) != 1 || next.Links[0] != (tickets.Link{Number: 1, Kind: tickets.FollowUp}) {
			s.Errorf("a late reply: ticket %d, links %v", next.Number, next.Links)
		}
	})
}

// Two processes over one database do the work of the schedule at the same
// moment: each thing is done once.
func TestTwoSchedulesDoItOnce(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		now := time.Date(2026, 3, 27, 9, 0, 0, 0, time.UTC) // the clock is put forward two days later
		madrid, err := time.LoadLocation("Europe/Madrid")
		if err != nil {
			t.Fatal(err)
		}
		c := catalogue()
		c.Gateway.Location = madrid
		if c.Hours, err = hours.New(hours.Spec{Days: []time.Weekday{time.Friday, time.Sunday}, From: 0, To: hours.Midnight, Location: madrid}); err != nil {
			t.Fatal(err)
		}
		c.Life.RemindWaiting, c.Life.CloseResolved = time.Hour, time.Hour
		c.Limits.AutomaticPerSender = 100
		c.SLA = map[tickets.Priority]tickets.Target{"P4": {FirstAnswer: 16 * time.Hour}}
		c.Escalation.Addresses = []string{"jefa@dival.example"}
		uids := 0
		var lock sync.Mutex
		newDesk := func(prefix string) *desk.Desk {
			return &desk.Desk{
				Store: storetest.Open(t, url, func() time.Time { return now }), Composer: &composer{prefix: prefix},
				Catalogue: func() *tickets.Catalogue { return c },
				NewUID: func() (string, error) {
					lock.Lock()
					defer lock.Unlock()
					uids++
					return fmt.Sprintf("%010x", uids), nil
				},
				Log: slog.New(slog.DiscardHandler),
			}
		}
		s := &scene{T: t, now: now, Desk: newDesk("a")}
		desks := []*desk.Desk{s.Desk, newDesk("b")}
		const each = 5
		for range each {
			s.open(s.about("padron", tickets.Low)) // will miss its target
			waiting := s.open(s.about("contabilidad", tickets.Low))
			s.technicianOn(waiting.Number, "ana@dival.example", "#espera\n¿Qué programa?")
			resolved := s.open(s.about("contabilidad", tickets.Low))
			s.technicianOn(resolved.Number, "ana@dival.example", "#resolver\nYa va.")
		}
		before := len(s.letters())
		// Friday has 14 of the 16 hours left, Sunday two hours from 00:00: 01:59
		// is followed by 03:00, so that the target ends at what shows 03:00.
		now = time.Date(2026, 3, 29, 1, 0, 0, 0, time.UTC)
		var work sync.WaitGroup
		for _, d := range desks {
			for range 3 {
				work.Go(func() {
					for _, job := range []func() error{
						func() error { return d.WatchTargets(t.Context()) }, func() error { return d.RemindWaiting(t.Context()) },
						func() error { return d.CloseResolved(t.Context()) }, func() error { return d.HandOver(t.Context()) },
					} {
						if err := job(); err != nil {
							t.Error(err)
						}
					}
				})
			}
		}
		work.Wait()
		got := map[string]int{}
		for _, l := range s.letters()[before:] {
			got[strings.Fields(l)[0]]++
		}
		want := map[string]int{"sla_breach": each, "escalation": each, "reminder": each}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("letters: %s", diff)
		}
		for n := range 3 * each {
			number := tickets.Number(n + 1)
			count := map[tickets.EventKind]int{}
			for _, e := range s.ticket(number).Events {
				if strings.HasPrefix(e.Cause, "schedule") {
					count[e.Kind]++
				}
			}
			want := [...]map[tickets.EventKind]int{{tickets.EventBreach: 1}, {tickets.EventReminded: 1}, {tickets.EventStatus: 1}}[n%3]
			if diff := cmp.Diff(want, count); diff != "" {
				t.Errorf("ticket %d: %s", number, diff)
			}
		}
	})
}

// Whoever was copied in after the question does not find it in the thread by the
// reminder.
func TestReminderToWhomCameLater(t *testing.T) {
	each(t, func(s *scene) {
		s.Catalogue().Life.RemindWaiting = time.Hour
		s.open(s.from("maria@alfafar.example", "no va"))
		s.technician("ana@dival.example", "#espera\n¿Qué programa usa?")
		copied := s.from("maria@alfafar.example", "Pongo en copia a Eva.")
		copied.Copied = []tickets.Person{{Address: "eva@alfafar.example"}}
		if _, err := s.FollowUp(s.Context(), 1, copied); err != nil {
			s.Fatal(err)
		}
		s.technician("ana@dival.example", "#espera")
		n := len(s.letters())
		s.now = s.now.Add(2 * time.Hour)
		if err := s.RemindWaiting(s.Context()); err != nil {
			s.Fatal(err)
		}
		s.wantSince(&n, "reminder maria@alfafar.example")
		if m := s.ticket(1).Messages; m[len(m)-1].Text != "" {
			s.Errorf("reminded of %q", m[len(m)-1].Text)
		}
	})
}

// Somebody who may not be who she says gets a technician's words and nothing
// automatic.
func TestSuspectIsNotReminded(t *testing.T) {
	each(t, func(s *scene) {
		s.Catalogue().Life.RemindWaiting = time.Hour
		in := s.from("maria@alfafar.example", "no va")
		in.Author.Trust, in.Silent = tickets.Suspect, "the sender is suspect"
		s.open(in)
		s.technician("ana@dival.example", "#espera\n¿Qué programa usa?")
		n := len(s.letters())
		s.now = s.now.Add(2 * time.Hour)
		if err := s.RemindWaiting(s.Context()); err != nil {
			s.Fatal(err)
		}
		s.wantSince(&n, []string{}...)
		if got := s.details(1, tickets.EventReminded); len(got) > 0 {
			s.Errorf("events %q", got)
		}
	})
}
