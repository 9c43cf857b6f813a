package hours

import (
	"iter"
	"time"
)

// stretch is business time without a gap, from (included) to to (excluded).
type stretch struct{ from, to time.Time }

// A wall clock's reading is kept here as the UTC time that reads the same, so
// that it can be counted with: all its days have 24 hours.

// wall is what the calendar's clock shows at t.
func (c *Calendar) wall(t time.Time) time.Time {
	_, offset := t.In(c.location).Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}

// midnight is the beginning of a reading's day.
func midnight(w time.Time) time.Time {
	y, m, d := w.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// stretches yields the business time from a to b in order. It goes from one
// change of the clock to the next, since between two the wall clock is a fixed
// offset away from UTC, and within that from day to day.
func (c *Calendar) stretches(a, b time.Time) iter.Seq[stretch] {
	return func(yield func(stretch) bool) {
		for a.Before(b) {
			period := stretch{a, b}
			if change := c.change(a); !change.IsZero() && change.Before(b) {
				period.to = change
			}
			if !c.within(period, yield) {
				return
			}
			a = period.to
		}
	}
}

// change is a moment after t up to which the offset is that of t; zero if it
// never changes again.
func (c *Calendar) change(t time.Time) time.Time {
	_, change := t.In(c.location).ZoneBounds()
	if change.IsZero() || change.After(t) {
		return change
	}
	// Where the time zone's own table has ended (for Madrid in 2037), Go says on
	// 31 December of a leap year that the period ended the evening before. No
	// zone changes its clock on that day.
	return midnight(t.UTC()).AddDate(0, 0, 1)
}

// within yields the business time of a period without a change of the clock.
func (c *Calendar) within(period stretch, yield func(stretch) bool) bool {
	w := c.wall(period.from)
	offset := w.Sub(period.from)
	end := period.to.Add(offset)
	for day := midnight(w); day.Before(end); day = day.AddDate(0, 0, 1) {
		if !c.days[day.Weekday()] || c.holidays.is(day) {
			continue
		}
		s := stretch{day.Add(c.from - offset), day.Add(c.to - offset)}
		if s.from.Before(period.from) {
			s.from = period.from
		}
		if s.to.After(period.to) {
			s.to = period.to
		}
		if s.from.Before(s.to) && !yield(s) {
			return false
		}
	}
	return true
}
