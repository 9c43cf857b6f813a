package hours

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// TimeOfDay is a wall clock's reading in minutes since midnight.
type TimeOfDay int

// Midnight is the end of a day, 24:00.
const Midnight TimeOfDay = 24 * 60

// String writes it as "08:00".
func (t TimeOfDay) String() string { return fmt.Sprintf("%02d:%02d", int(t)/60, int(t)%60) }

func (t TimeOfDay) sinceMidnight() time.Duration { return time.Duration(t) * time.Minute }

// ParseTimeOfDay reads "08:00", "8:00" or "24:00".
func ParseTimeOfDay(s string) (TimeOfDay, error) {
	if s == Midnight.String() {
		return Midnight, nil
	}
	t, err := time.Parse("15:04", s)
	if err != nil {
		return 0, fmt.Errorf(`%q is no time of day; write "08:00"`, s)
	}
	return TimeOfDay(t.Hour()*60 + t.Minute()), nil
}

var dayNames = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// ParseDay reads "mon" … "sun".
func ParseDay(s string) (time.Weekday, error) {
	i := slices.Index(dayNames, strings.ToLower(s))
	if i < 0 {
		return 0, fmt.Errorf("%q is no day; mon, tue, wed, thu, fri, sat or sun", s)
	}
	return time.Weekday(i), nil
}
