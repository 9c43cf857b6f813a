package tickets

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// A date as technicians write one: 2026-12-24, 24/12/2026, 24-12-26, 24/12.
const datePattern = `(\d{4})-(\d{1,2})-(\d{1,2})|(\d{1,2})[/.-](\d{1,2})(?:[/.-](\d{4}|\d{2}))?`

var (
	date     = regexp.MustCompile(`^(?:` + datePattern + `)$`)
	dateSpan = regexp.MustCompile(`^(?:del? |des del? |des de |desde el |from )?(` + datePattern + `)(?:\s*(\.\.+|…|–|—| - | a | al | fins a | fins al | hasta | hasta el | to | until )\s*(` + datePattern + `)?)?$`)
)

// ParseAbsence reads the days of #ausente: "2026-12-24..2027-01-06",
// "24/12/2026..6/1/2027", "24/12 al 6/1", an open end ("24/12/2026..") or one
// day. A year that is not written is the one that makes the day the next such,
// seen from today. ok is false if these are no days, or in the wrong order, or
// all past.
func ParseAbsence(s string, today Day) (from, to Day, ok bool) {
	s = strings.TrimSpace(Fold(s))
	if !strings.HasSuffix(s, "..") {
		s = strings.TrimSuffix(s, ".")
	}
	m := dateSpan.FindStringSubmatch(s)
	if m == nil {
		return "", "", false
	}
	first, sign, last := m[1], m[8], m[9]
	if from, ok = parseDay(first, today); !ok {
		return "", "", false
	}
	switch {
	case sign == "":
		to = from
	case last == "":
		return from, "", true
	default:
		if to, ok = parseDay(last, from); !ok {
			return "", "", false
		}
	}
	return from, to, from <= to && to >= today
}

// parseDay reads one date; without a year, the next such from after on.
func parseDay(s string, after Day) (Day, bool) {
	m := date.FindStringSubmatch(s)
	if m == nil {
		return "", false
	}
	year, month, day := m[1], m[2], m[3]
	if year == "" {
		day, month, year = m[4], m[5], m[6]
	}
	bare := year == ""
	if bare {
		year = string(after[:4])
	} else if len(year) == 2 {
		year = "20" + year
	}
	d, ok := dayOf(year, month, day)
	if ok && bare && d < after {
		y, _ := strconv.Atoi(year) // it is four digits
		d, ok = dayOf(strconv.Itoa(y+1), month, day)
	}
	return d, ok
}

func dayOf(year, month, day string) (Day, bool) {
	pad := func(s string) string {
		if len(s) == 1 {
			return "0" + s
		}
		return s
	}
	d := year + "-" + pad(month) + "-" + pad(day)
	_, err := time.Parse(time.DateOnly, d)
	return Day(d), err == nil
}
