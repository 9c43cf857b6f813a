// Package hours counts business time: when is "four open hours from now", and
// how much open time lies between two moments.
//
// A Calendar is open at a moment if the wall clock of its time zone then shows
// one of its days, no holiday, and a time from From (included) to To
// (excluded). All else follows from that sentence, the two nights a year on
// which the clock is changed too: a time that the clock skips is never open, one
// that it shows twice is open twice.
//
// The arithmetic goes from day to day and knows the stretches of each, so that
// a target of some hours costs a handful of steps. A Calendar never changes and
// may be used from several goroutines.
package hours

import (
	"errors"
	"fmt"
	"time"
)

// Spec describes a calendar as an operator does.
type Spec struct {
	Days     []time.Weekday // open ones
	From, To TimeOfDay      // the same on every open day
	Holidays []string       // closed: "es", "es-vc", or dates as "2026-12-07"
	Location *time.Location // whose wall clock counts
}

// Calendar is what a Spec says, ready to count. A nil Calendar is always open.
type Calendar struct {
	days     [7]bool
	from, to time.Duration // since midnight, by the wall clock
	holidays holidays
	location *time.Location
}

// New makes a calendar. One that would never be open is an error.
func New(s Spec) (*Calendar, error) {
	if s.Location == nil {
		return nil, errors.New("no time zone")
	}
	if len(s.Days) == 0 {
		return nil, errors.New("never open: no day is")
	}
	if s.From < 0 || s.To > Midnight || s.From >= s.To {
		return nil, fmt.Errorf("never open: from %s to %s is no time of a day", s.From, s.To)
	}
	c := &Calendar{from: s.From.sinceMidnight(), to: s.To.sinceMidnight(), location: s.Location}
	for _, d := range s.Days {
		if d < time.Sunday || d > time.Saturday {
			return nil, fmt.Errorf("%d is no day of the week", d)
		}
		c.days[d] = true
	}
	for _, h := range s.Holidays {
		if err := c.holidays.add(h); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// horizon ends every count: nobody waits for a target that far away, and a
// calendar that opens a minute a week must not keep a transaction busy.
const horizon = 100 * 366 * 24 * time.Hour

// Open reports whether t is business time.
func (c *Calendar) Open(t time.Time) bool {
	if c == nil {
		return true
	}
	w := c.wall(t)
	day := midnight(w)
	at := w.Sub(day)
	return c.from <= at && at < c.to && c.days[w.Weekday()] && !c.holidays.is(day)
}

// Opens returns the first moment of business time that is not before t; t and a
// hundred years if there is none until then.
func (c *Calendar) Opens(t time.Time) time.Time {
	if c == nil {
		return t
	}
	end := t.Add(horizon)
	for s := range c.stretches(t, end) {
		return s.from.In(t.Location())
	}
	return end
}

// Add returns the first moment, not before t, by which d of business time has
// passed since t. From a closed hour the count begins at the next opening; a
// count that is used up at closing time ends there, not on the next morning. If
// d is zero or less, that is t; if d takes more than a hundred years, t and a
// hundred years.
func (c *Calendar) Add(t time.Time, d time.Duration) time.Time {
	if d <= 0 {
		return t
	}
	if c == nil {
		return t.Add(d)
	}
	end := t.Add(horizon)
	for s := range c.stretches(t, end) {
		if open := s.to.Sub(s.from); d > open {
			d -= open
			continue
		}
		return s.from.Add(d).In(t.Location())
	}
	return end
}

// Between returns the business time from a to b, negative if b is before a.
// What lies more than a hundred years behind the earlier one is not counted.
func (c *Calendar) Between(a, b time.Time) time.Duration {
	if b.Before(a) {
		return -c.Between(b, a)
	}
	if c == nil {
		return b.Sub(a)
	}
	if end := a.Add(horizon); b.After(end) {
		b = end
	}
	var sum time.Duration
	for s := range c.stretches(a, b) {
		sum += s.to.Sub(s.from)
	}
	return sum
}
