package tickets_test

import (
	"testing"
	"time"

	"respon/tickets"
	"respon/tickets/hours"
)

func TestWorkDay(t *testing.T) {
	madrid, err := time.LoadLocation("Europe/Madrid")
	if err != nil {
		t.Fatal(err)
	}
	calendar, err := hours.New(hours.Spec{
		Days: []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday},
		From: 8 * 60, To: 15 * 60, Holidays: []string{"es", "es-vc"}, Location: madrid,
	})
	if err != nil {
		t.Fatal(err)
	}
	c := &tickets.Catalogue{Hours: calendar, Gateway: tickets.Gateway{Location: madrid}}
	for at, want := range map[string]tickets.Day{
		"2026-11-23 07:00": "2026-11-23", "2026-11-23 14:59": "2026-11-23", "2026-11-23 15:00": "2026-11-24",
		"2026-11-27 15:00": "2026-11-30", "2026-10-08 20:00": "2026-10-13", "2026-03-27 23:30": "2026-03-30",
	} {
		now, err := time.ParseInLocation("2006-01-02 15:04", at, madrid)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.WorkDay(now.UTC()); got != want {
			t.Errorf("what comes in at %s is worked on on %s, want %s", at, got, want)
		}
	}
	always := &tickets.Catalogue{}
	if got := always.WorkDay(time.Date(2026, 11, 22, 23, 59, 0, 0, time.UTC)); got != "2026-11-22" {
		t.Errorf("without hours: %s", got)
	}
}
