package tickets

import "time"

// Day is a date by the gateway's clock, "2026-12-24". Days sort as text.
type Day string

// DayOf is the date that a clock in a place shows; UTC without one.
func DayOf(t time.Time, where *time.Location) Day {
	if where == nil {
		where = time.UTC
	}
	return Day(t.In(where).Format(time.DateOnly))
}

// Absence is a stretch of days on which a technician is away.
type Absence struct {
	ID         int64
	Technician string
	From       Day
	To         Day // included; "" for an open end
	Source     AbsenceSource
}

// AbsenceSource says where an absence is known from.
type AbsenceSource string

// The sources.
const (
	AbsenceCommand   AbsenceSource = "command"    // he wrote it as a command
	AbsenceAutoReply AbsenceSource = "auto_reply" // his out-of-office answer has the dates
)

// Covers reports whether the technician is away on a day.
func (a Absence) Covers(d Day) bool {
	return a.From <= d && (a.To == "" || d <= a.To)
}

// String writes it as "2026-12-24..2027-01-06", the form of the command.
func (a Absence) String() string { return string(a.From) + ".." + string(a.To) }

// WorkDay is the day on which what comes in now will be worked on: today, or
// the next day that opens.
func (c *Catalogue) WorkDay(now time.Time) Day {
	return DayOf(c.Hours.Opens(now), c.Gateway.Location)
}

// Midnight is when the day of a moment began, by the gateway's clock.
func (c *Catalogue) Midnight(t time.Time) time.Time {
	where := c.Gateway.Location
	if where == nil {
		where = time.UTC
	}
	y, m, d := t.In(where).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, where)
}

// Monday is when the week of a moment began, by the gateway's clock.
func (c *Catalogue) Monday(t time.Time) time.Time {
	day := c.Midnight(t)
	return day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
}
