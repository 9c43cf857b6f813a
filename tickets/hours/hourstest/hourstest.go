// Package hourstest tells business time the slow way, for tests to compare with:
// it looks at the clock on the wall in each minute, and at holidays that were
// written down by hand. It owes nothing to package hours.
package hourstest

import (
	"slices"
	"time"
)

// Holidays gives the national and Valencian holidays of 2026 and 2027.
func Holidays() []string {
	return []string{
		"2026-01-01", "2026-01-06", "2026-03-19", "2026-04-03", "2026-04-06", "2026-05-01", "2026-06-24",
		"2026-08-15", "2026-10-09", "2026-10-12", "2026-11-01", "2026-12-06", "2026-12-08", "2026-12-25",
		"2027-01-01", "2027-01-06", "2027-03-19", "2027-03-26", "2027-03-29", "2027-05-01", "2027-06-24",
		"2027-08-15", "2027-10-09", "2027-10-12", "2027-11-01", "2027-12-06", "2027-12-08", "2027-12-25",
	}
}

// Minutes looks at the clock in each minute from first on, until so many days
// later, and asks whether it is open then.
func Minutes(first time.Time, days int, isOpen func(clock time.Time) bool) (open []bool) {
	end := first.AddDate(0, 0, days)
	for t := first; t.Before(end); t = t.Add(time.Minute) {
		open = append(open, isOpen(t))
	}
	return open
}

// Office is open from 08:00 to 15:00 on weekdays, and neither on holidays nor on
// the days given.
func Office(closed ...string) func(clock time.Time) bool {
	closed = append(Holidays(), closed...)
	return func(t time.Time) bool {
		day := t.Weekday()
		return t.Hour() >= 8 && t.Hour() < 15 && day != time.Saturday && day != time.Sunday &&
			!slices.Contains(closed, t.Format(time.DateOnly))
	}
}
