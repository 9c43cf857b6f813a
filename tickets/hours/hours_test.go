package hours

import (
	"testing"
	"time"
	_ "time/tzdata"
)

func location(t testing.TB, name string) *time.Location {
	t.Helper()
	l, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

var weekdays = []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday}
var allDays = append([]time.Weekday{time.Saturday, time.Sunday}, weekdays...)

// office is the calendar of a Valencian administration.
func office(t testing.TB) *Calendar {
	t.Helper()
	return calendar(t, Spec{Days: weekdays, From: 8 * 60, To: 15 * 60,
		Holidays: []string{"es", "es-vc", "2026-12-07"}, Location: location(t, "Europe/Madrid")})
}

func calendar(t testing.TB, s Spec) *Calendar {
	t.Helper()
	c, err := New(s)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// at reads "2026-11-23 09:00" as the clock of Madrid shows it.
func at(t testing.TB, s string) time.Time {
	t.Helper()
	m, err := time.ParseInLocation("2006-01-02 15:04:05", s+":00", location(t, "Europe/Madrid"))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestAdd(t *testing.T) {
	c := office(t)
	for _, tt := range []struct {
		name, from string
		add        time.Duration
		want       string
	}{
		{"within a day", "2026-11-23 09:00", 4 * time.Hour, "2026-11-23 13:00"},
		{"until closing time", "2026-11-23 09:00", 6 * time.Hour, "2026-11-23 15:00"},
		{"over the night", "2026-11-23 14:00", 4 * time.Hour, "2026-11-24 11:00"},
		{"from before opening", "2026-11-23 03:00", time.Hour, "2026-11-23 09:00"},
		{"from after closing", "2026-11-23 15:00", time.Hour, "2026-11-24 09:00"},
		{"over a weekend", "2026-11-27 14:30", time.Hour, "2026-11-30 08:30"},
		{"from a Sunday", "2026-11-29 12:00", time.Hour, "2026-11-30 09:00"},
		{"national holidays and a local one", "2026-12-04 14:00", 2 * time.Hour, "2026-12-09 09:00"},
		{"Easter, both days", "2026-04-02 14:00", 2 * time.Hour, "2026-04-07 09:00"},
		{"the ninth of October", "2026-10-08 14:00", 2 * time.Hour, "2026-10-13 09:00"},
		{"the clock put forward", "2026-03-27 14:00", 2 * time.Hour, "2026-03-30 09:00"},
		{"the clock put back", "2026-10-23 14:00", 2 * time.Hour, "2026-10-26 09:00"},
		{"nothing", "2026-11-29 12:00", 0, "2026-11-29 12:00"},
		{"less than nothing", "2026-11-29 12:00", -time.Hour, "2026-11-29 12:00"},
		{"a working week", "2026-11-16 08:00", 35 * time.Hour, "2026-11-20 15:00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := c.Add(at(t, tt.from), tt.add)
			if want := at(t, tt.want); !got.Equal(want) {
				t.Errorf("Add(%s, %s) = %s, want %s", tt.from, tt.add, got, want)
			}
			if tt.add > 0 {
				if back := c.Between(at(t, tt.from), got); back != tt.add {
					t.Errorf("Between gives %s back, want %s", back, tt.add)
				}
			}
		})
	}
}

// TestClockChange looks at the two nights themselves, with a calendar that is
// open through them.
func TestClockChange(t *testing.T) {
	madrid := location(t, "Europe/Madrid")
	night := calendar(t, Spec{Days: allDays, From: 2*60 + 30, To: 4 * 60, Location: madrid})
	round := calendar(t, Spec{Days: allDays, From: 0, To: Midnight, Location: madrid})
	day := func(m time.Month, d int) time.Time { return time.Date(2026, m, d, 0, 0, 0, 0, madrid) }
	for _, tt := range []struct {
		name      string
		c         *Calendar
		from      time.Time
		wantHours float64
	}{
		{"an ordinary night", night, day(time.March, 28), 1.5},
		{"02:30 to 03:00 skipped", night, day(time.March, 29), 1},
		{"02:30 to 03:00 twice", night, day(time.October, 25), 2},
		{"a day of 23 hours", round, day(time.March, 29), 23},
		{"a day of 25 hours", round, day(time.October, 25), 25},
	} {
		if got := tt.c.Between(tt.from, tt.from.AddDate(0, 0, 1)).Hours(); got != tt.wantHours {
			t.Errorf("%s: %v h, want %v", tt.name, got, tt.wantHours)
		}
	}
	// 02:00 to 02:30 of the second pass is closed again.
	second := time.Date(2026, 10, 25, 1, 15, 0, 0, time.UTC)
	if night.Open(second) {
		t.Errorf("open at %s", second.In(madrid))
	}
	if got, want := night.Add(day(time.October, 25), 45*time.Minute), second.Add(30*time.Minute); !got.Equal(want) {
		t.Errorf("45 minutes end at %s, want %s", got, want.In(madrid))
	}
}

// TestSpringGap: hours that one Sunday does not have at all.
func TestSpringGap(t *testing.T) {
	c := calendar(t, Spec{Days: []time.Weekday{time.Sunday}, From: 2 * 60, To: 3 * 60, Location: location(t, "Europe/Madrid")})
	got := c.Add(at(t, "2026-03-22 02:30"), time.Hour)
	if want := at(t, "2026-04-05 02:30"); !got.Equal(want) {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestHolidays(t *testing.T) {
	c := office(t)
	for _, tt := range []struct {
		day  string
		open bool
	}{
		{"2026-01-01", false}, {"2026-01-06", false}, {"2026-03-19", false}, {"2026-04-02", true},
		{"2026-04-03", false}, {"2026-04-06", false}, {"2026-05-01", false}, {"2026-06-24", false},
		{"2026-10-09", false}, {"2026-10-12", false}, {"2026-12-07", false}, {"2026-12-08", false},
		{"2026-12-25", false}, {"2027-12-07", true}, {"2027-03-26", false}, {"2027-03-29", false},
		{"2026-08-14", true}, {"2026-11-02", true},
	} {
		if got := c.Open(at(t, tt.day+" 10:00")); got != tt.open {
			t.Errorf("open on %s: %v, want %v", tt.day, got, tt.open)
		}
	}
}

func TestOpenEdges(t *testing.T) {
	c := office(t)
	for s, want := range map[string]bool{
		"2026-11-23 07:59": false, "2026-11-23 08:00": true, "2026-11-23 14:59": true,
		"2026-11-23 15:00": false, "2026-11-22 10:00": false,
	} {
		if got := c.Open(at(t, s)); got != want {
			t.Errorf("Open(%s) = %v, want %v", s, got, want)
		}
	}
}

func TestAddKeepsTheCallersZone(t *testing.T) {
	c := office(t)
	got := c.Add(time.Date(2026, 11, 23, 8, 0, 0, 1, time.UTC), time.Hour)
	if want := time.Date(2026, 11, 23, 9, 0, 0, 1, time.UTC); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestNilIsAlwaysOpen(t *testing.T) {
	var c *Calendar
	sunday := at(t, "2026-11-29 23:00")
	if !c.Open(sunday) || !c.Add(sunday, 4*time.Hour).Equal(sunday.Add(4*time.Hour)) ||
		c.Between(sunday, sunday.Add(time.Hour)) != time.Hour {
		t.Error("a nil calendar must count every hour")
	}
}

// TestHorizon: a count that would take thousands of years ends.
func TestHorizon(t *testing.T) {
	c := calendar(t, Spec{Days: []time.Weekday{time.Monday}, From: 0, To: 1, Holidays: []string{"es"}, Location: location(t, "Europe/Madrid")})
	from := at(t, "2026-11-23 08:00")
	if got := c.Add(from, 1<<62); !got.Equal(from.Add(horizon)) {
		t.Errorf("got %s", got)
	}
	if got := c.Between(from.Add(horizon), from); got >= 0 {
		t.Errorf("backwards: %s", got)
	}
	if a, b := c.Between(from, from.AddDate(7000, 0, 0)), c.Between(from, from.Add(horizon)); a != b {
		t.Errorf("beyond the horizon: %s, want %s", a, b)
	}
}

// TestLastDayOfLeapYear: on it, time.Time.ZoneBounds answers a moment that is
// already over, once the zone's table has ended.
func TestLastDayOfLeapYear(t *testing.T) {
	c := office(t)
	for _, year := range []string{"2036", "2040", "2044", "2048"} {
		from, to := at(t, year+"-12-30 08:00"), at(t, year+"-12-31 23:00")
		var want time.Duration
		for d := from; d.Before(to); d = d.AddDate(0, 0, 1) {
			if wd := d.Weekday(); wd != time.Saturday && wd != time.Sunday {
				want += 7 * time.Hour
			}
		}
		if got := c.Between(from, to); got != want {
			t.Errorf("%s: %s, want %s", year, got, want)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	utc := time.UTC
	for name, s := range map[string]Spec{
		"no days":            {From: 0, To: 60, Location: utc},
		"no hours":           {Days: weekdays, Location: utc},
		"zero length":        {Days: weekdays, From: 480, To: 480, Location: utc},
		"the wrong way":      {Days: weekdays, From: 900, To: 480, Location: utc},
		"before midnight":    {Days: weekdays, From: -1, To: 480, Location: utc},
		"after midnight":     {Days: weekdays, From: 1, To: Midnight + 1, Location: utc},
		"no such day":        {Days: []time.Weekday{7}, From: 0, To: 60, Location: utc},
		"no such holiday":    {Days: weekdays, From: 0, To: 60, Location: utc, Holidays: []string{"fr"}},
		"no such date":       {Days: weekdays, From: 0, To: 60, Location: utc, Holidays: []string{"2026-02-30"}},
		"no time zone given": {Days: weekdays, From: 0, To: 60},
	} {
		if c, err := New(s); err == nil || c != nil {
			t.Errorf("%s: %v, %v", name, c, err)
		}
	}
}

func TestParse(t *testing.T) {
	for s, want := range map[string]TimeOfDay{"08:00": 480, "8:05": 485, "24:00": Midnight, "00:00": 0, "23:59": 1439} {
		if got, err := ParseTimeOfDay(s); got != want || err != nil {
			t.Errorf("ParseTimeOfDay(%q) = %d, %v, want %d", s, got, err, want)
		}
	}
	for _, s := range []string{"", "8", "24:01", "25:00", "08:60", "08:00:00", "-1:00", "8am", "08.00"} {
		if got, err := ParseTimeOfDay(s); err == nil {
			t.Errorf("ParseTimeOfDay(%q) = %d", s, got)
		}
	}
	for s, want := range map[string]time.Weekday{"sun": time.Sunday, "mon": time.Monday, "Sat": time.Saturday} {
		if got, err := ParseDay(s); got != want || err != nil {
			t.Errorf("ParseDay(%q) = %v, %v", s, got, err)
		}
	}
	if d, err := ParseDay("lunes"); err == nil {
		t.Errorf("lunes is %v", d)
	}
}

func BenchmarkAdd(b *testing.B) {
	c := office(b)
	from := at(b, "2026-12-04 14:00")
	for b.Loop() {
		c.Add(from, 40*time.Hour)
	}
}
