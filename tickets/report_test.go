package tickets_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"respon/tickets"
)

func TestReport(t *testing.T) {
	noon := func(day int) time.Time { return time.Date(2026, 11, day, 12, 0, 0, 0, time.UTC) }
	later := func(at time.Time, d time.Duration) *time.Time { at = at.Add(d); return &at }
	ticket := func(n tickets.Number, category, entity string, p tickets.Priority, created time.Time) *tickets.Ticket {
		return &tickets.Ticket{Number: n, Category: category, Requester: tickets.Person{Entity: entity}, Priority: p, CreatedAt: created}
	}
	inTime := ticket(1, "portales", "Alfafar", "P2", noon(3))
	inTime.FirstAnswerDue, inTime.FirstAnsweredAt = later(noon(3), 2*time.Hour), later(noon(3), time.Hour)
	inTime.ResolutionDue, inTime.ResolvedAt = later(noon(3), 8*time.Hour), later(noon(3), 4*time.Hour)
	late := ticket(2, "portales", "Alfafar", "P2", noon(4))
	late.FirstAnswerDue, late.FirstAnsweredAt = later(noon(4), 2*time.Hour), later(noon(4), 3*time.Hour)
	late.ResolutionDue = later(noon(4), 8*time.Hour)
	silent := ticket(3, "", "Xirivella", "P4", noon(5)) // its clock stands while it waits for the requester
	silent.Status, silent.FirstAnswerDue, silent.ResolutionDue = tickets.Waiting, later(noon(5), time.Hour), later(noon(5), 8*time.Hour)
	before := ticket(4, "portales", "Alfafar", "P3", noon(1).AddDate(0, -1, 0)) // resolved in the period
	before.ResolvedAt = later(noon(2), 0)
	over := ticket(5, "portales", "Alfafar", "P3", noon(1).AddDate(0, -2, 0))
	over.ResolvedAt = later(over.CreatedAt, time.Hour)
	merged := ticket(6, "portales", "Alfafar", "P2", noon(6))
	merged.MergedInto = 1
	after := ticket(7, "portales", "Alfafar", "P2", noon(20))

	got := tickets.NewReport(nil, []*tickets.Ticket{inTime, late, silent, before, over, merged, after}, noon(1), noon(10))

	name := func(s string) *string { return &s }
	hours := func(h int64) *int64 { h *= 3600; return &h }
	share := func(f float64) *float64 { return &f }
	month := int64(noon(2).Sub(before.CreatedAt) / time.Second)
	portales := tickets.Figures{
		Opened: 2, Closed: 2, Open: 1,
		FirstAnswer: tickets.Duration{P50: hours(1), P90: hours(3), WithinTarget: share(0.5)},
		Resolution:  tickets.Duration{P50: hours(4), P90: &month, WithinTarget: share(0.5)},
	}
	p2 := tickets.Figures{Opened: 2, Closed: 1, Open: 1, FirstAnswer: portales.FirstAnswer,
		Resolution: tickets.Duration{P50: hours(4), P90: hours(4), WithinTarget: share(0.5)}}
	p3 := tickets.Figures{Closed: 1, Resolution: tickets.Duration{P50: &month, P90: &month}}
	waits := tickets.Figures{Opened: 1, Open: 1}
	all := portales
	all.Opened, all.Open = 3, 2
	want := &tickets.Report{
		From: noon(1), To: noon(10), Figures: all,
		ByCategory: []tickets.Group{{Name: name("portales"), Figures: portales}, {Figures: waits}},
		ByEntity:   []tickets.Group{{Name: name("Alfafar"), Figures: portales}, {Name: name("Xirivella"), Figures: waits}},
		ByPriority: []tickets.Group{{Name: name("P2"), Figures: p2}, {Name: name("P3"), Figures: p3}, {Name: name("P4"), Figures: waits}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Each week begins on its Monday by the clock on the wall, when the clock was
// changed in between, too; what happens at that moment belongs to the new week.
func TestWeeklyReports(t *testing.T) {
	madrid, err := time.LoadLocation("Europe/Madrid")
	if err != nil {
		t.Fatal(err)
	}
	c := &tickets.Catalogue{Gateway: tickets.Gateway{Location: madrid}}
	for now, want := range map[string]string{
		"2026-10-25 23:59": "2026-10-19 00:00", "2026-10-26 00:00": "2026-10-26 00:00", "2026-11-01 12:00": "2026-10-26 00:00", "2027-01-01 12:00": "2026-12-28 00:00",
	} {
		at, err := time.ParseInLocation("2006-01-02 15:04", now, madrid)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Monday(at.UTC()).Format("2006-01-02 15:04"); got != want {
			t.Errorf("the week of %s began %s, want %s", now, got, want)
		}
	}
	end := time.Date(2026, 11, 2, 0, 0, 0, 0, madrid)
	opened := func(n tickets.Number, day, hour, min int) *tickets.Ticket {
		return &tickets.Ticket{Number: n, CreatedAt: time.Date(2026, 10, day, hour, min, 0, 0, madrid).UTC()}
	}
	list := []*tickets.Ticket{opened(1, 18, 23, 59), opened(2, 19, 0, 0), opened(3, 25, 23, 59), opened(4, 26, 0, 0), opened(5, 26, 0, 1)}
	list[0].ResolvedAt = &list[2].CreatedAt
	var got []string
	for _, r := range tickets.WeeklyReports(nil, list, 3, end) {
		got = append(got, fmt.Sprintf("%s to %s: %d opened, %d closed, %d open", r.From.Format("01-02 15:04"), r.To.Format("01-02 15:04"), r.Opened, r.Closed, r.Open))
	}
	want := []string{
		"10-12 00:00 to 10-19 00:00: 1 opened, 0 closed, 1 open",
		"10-19 00:00 to 10-26 00:00: 2 opened, 1 closed, 2 open",
		"10-26 00:00 to 11-02 00:00: 2 opened, 0 closed, 4 open",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
