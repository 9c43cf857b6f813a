package hours

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"respon/tickets/hours/hourstest"
)

// closed are the holidays in the years the property test visits.
var closed = hourstest.Holidays()

// slowOpen looks at the clock on the wall, and nothing else.
func slowOpen(s Spec, t time.Time) bool {
	local := t.In(s.Location)
	if len(s.Holidays) > 0 && slices.Contains(closed, local.Format(time.DateOnly)) {
		return false
	}
	minute := TimeOfDay(local.Hour()*60 + local.Minute())
	return slices.Contains(s.Days, local.Weekday()) && s.From <= minute && minute < s.To
}

// slowBetween counts minutes one by one.
func slowBetween(s Spec, a, b time.Time) (d time.Duration) {
	for t := a; t.Before(b); t = t.Add(time.Minute) {
		if slowOpen(s, t) {
			d += time.Minute
		}
	}
	return d
}

// moments are nights on which some clock is changed, and days around Easter and
// the turn of the year.
var moments = []string{
	"2026-03-28", "2026-03-29", "2026-10-24", "2026-10-25", "2027-03-27", "2027-10-30",
	"2026-04-02", "2026-10-08", "2026-12-04", "2026-12-31", "2027-03-25", "2026-11-23", "2026-04-04", "2026-10-03",
}

func anySpec(t *rapid.T, tb testing.TB) Spec {
	// Lord Howe moves its clock by half an hour, Asunción at midnight.
	zone := rapid.SampledFrom([]string{"Europe/Madrid", "Atlantic/Canary", "Australia/Lord_Howe",
		"America/New_York", "Asia/Beirut", "Asia/Kathmandu", "America/St_Johns", "UTC"}).Draw(t, "zone")
	from := rapid.IntRange(0, 24*60-1).Draw(t, "from")
	s := Spec{
		Days:     rapid.SliceOfNDistinct(rapid.SampledFrom(allDays), 1, 7, rapid.ID).Draw(t, "days"),
		From:     TimeOfDay(from),
		To:       TimeOfDay(rapid.IntRange(from+1, 24*60).Draw(t, "to")),
		Location: location(tb, zone),
	}
	if rapid.Bool().Draw(t, "holidays") {
		s.Holidays = []string{"es", "es-vc"}
	}
	return s
}

func anyMoment(t *rapid.T, tb testing.TB) time.Time {
	day, err := time.Parse(time.DateOnly, rapid.SampledFrom(moments).Draw(t, "day"))
	if err != nil {
		tb.Fatal(err)
	}
	return day.Add(time.Duration(rapid.IntRange(-1440, 1440).Draw(t, "minute")) * time.Minute)
}

// TestAgainstSlow compares every answer with one found minute by minute.
func TestAgainstSlow(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := anySpec(rt, t)
		c, err := New(s)
		if err != nil {
			rt.Fatal(err)
		}
		a := anyMoment(rt, t)
		b := a.Add(time.Duration(rapid.IntRange(0, 4*1440).Draw(rt, "minutes")) * time.Minute)
		if got, want := c.Open(a), slowOpen(s, a); got != want {
			rt.Fatalf("Open(%s) = %v, want %v", a, got, want)
		}
		if opens := c.Opens(a); opens.Before(a) || slowBetween(s, a, opens) != 0 || !slowOpen(s, opens) {
			rt.Fatalf("Opens(%s) = %s: %s were open before, then %v", a, opens, slowBetween(s, a, opens), slowOpen(s, opens))
		}
		want := slowBetween(s, a, b)
		if got := c.Between(a, b); got != want {
			rt.Fatalf("Between(%s, %s) = %s, want %s", a, b, got, want)
		}
		if got := c.Between(b, a); got != -want {
			rt.Fatalf("Between backwards = %s, want %s", got, -want)
		}
		end := c.Add(a, want)
		if end.After(b) {
			rt.Fatalf("Add(%s, %s) = %s, after %s", a, want, end, b)
		}
		if got := slowBetween(s, a, end); got != want {
			rt.Fatalf("Add(%s, %s) = %s: only %s passed", a, want, end, got)
		}
		if want > 0 && !slowOpen(s, end.Add(-time.Minute)) {
			rt.Fatalf("Add(%s, %s) = %s is later than need be", a, want, end)
		}
	})
}

// TestAddIsAdditive: adding in two steps is adding at once.
func TestAddIsAdditive(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c, err := New(anySpec(rt, t))
		if err != nil {
			rt.Fatal(err)
		}
		at := anyMoment(rt, t)
		x := time.Duration(rapid.Int64Range(0, int64(20*time.Hour)).Draw(rt, "x"))
		y := time.Duration(rapid.Int64Range(1, int64(20*time.Hour)).Draw(rt, "y"))
		if got, want := c.Add(c.Add(at, x), y), c.Add(at, x+y); !got.Equal(want) {
			rt.Fatalf("%s + %s + %s = %s, want %s", at, x, y, got, want)
		}
	})
}
