package hours

import (
	"fmt"
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/aa"
	"github.com/rickar/cal/v2/es"
)

// holidays are the days on which nobody works. A regional government may move
// one that falls on a Sunday, by decree and anew each year: such days, and local
// ones, come as dates.
type holidays struct {
	rules []*cal.Holiday
	dates map[time.Time]bool // at midnight UTC
}

// valencian are the days that the Comunitat Valenciana keeps each year beside
// the national ones.
func valencian() []*cal.Holiday {
	return []*cal.Holiday{
		{Name: "Sant Josep", Month: time.March, Day: 19, Func: cal.CalcDayOfMonth},
		aa.EasterMonday,
		{Name: "Sant Joan", Month: time.June, Day: 24, Func: cal.CalcDayOfMonth},
		{Name: "Dia de la Comunitat Valenciana", Month: time.October, Day: 9, Func: cal.CalcDayOfMonth},
	}
}

// CheckHoliday says what is wrong with one of Spec.Holidays.
func CheckHoliday(s string) error {
	var h holidays
	return h.add(s)
}

// add takes in "es", "es-vc" or a date.
func (h *holidays) add(s string) error {
	switch s {
	case "es":
		h.rules = append(h.rules, es.Holidays...)
		return nil
	case "es-vc":
		h.rules = append(h.rules, valencian()...)
		return nil
	}
	date, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return fmt.Errorf(`%q is no holiday; "es", "es-vc" or a date as "2026-12-07"`, s)
	}
	if h.dates == nil {
		h.dates = make(map[time.Time]bool)
	}
	h.dates[date] = true
	return nil
}

// is reports whether a day, given as its midnight in UTC, is a holiday.
func (h *holidays) is(day time.Time) bool {
	if h.dates[day] {
		return true
	}
	for _, r := range h.rules {
		// A rule of another month need not be computed; Easter's have none.
		if r.Month != 0 && r.Month != day.Month() {
			continue
		}
		if sameDate(r, day) {
			return true
		}
	}
	return false
}

// sameDate asks only for month and day: the library answers in the time zone of
// the machine, and in one that skips midnight, that may be 23:00 of the eve.
func sameDate(r *cal.Holiday, day time.Time) bool {
	at, _ := r.Calc(day.Year())
	_, m, d := at.Add(12 * time.Hour).Date()
	return !at.IsZero() && m == day.Month() && d == day.Day()
}
