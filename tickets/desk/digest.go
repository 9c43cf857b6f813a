package desk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"respon/tickets"
	"respon/tickets/store"
)

// Digests gives each technician the list of his pending tickets, once on each
// working day: when the business hours begin or, if nothing ran then, as soon as
// something does within them. Who is away or has none gets nothing that day.
func (d *Desk) Digests(ctx context.Context) error {
	c := d.Catalogue()
	names := make([]string, len(c.Technicians))
	for i := range c.Technicians {
		names[i] = digestName(&c.Technicians[i])
	}
	since, due, err := d.due(ctx, c.Midnight, names...)
	if err != nil || len(due) == 0 {
		return err
	}
	var errs []error
	for i := range c.Technicians {
		tech := &c.Technicians[i]
		if !due[digestName(tech)] {
			continue
		}
		// One list that cannot be written does not hold back the others.
		if err := d.Store.Tx(ctx, func(tx *store.Tx) error { return d.digest(ctx, tx, tech, since) }); err != nil {
			errs = append(errs, fmt.Errorf("digest of %s: %w", tech.ID, err))
		}
	}
	if d.Wake != nil {
		d.Wake()
	}
	return errors.Join(errs...)
}

func digestName(t *tickets.Technician) string { return "digest " + t.ID }

// due says which of the things named were not done since a moment that depends
// on the present one. Out of business hours, none is due.
func (d *Desk) due(ctx context.Context, since func(time.Time) time.Time, names ...string) (began time.Time, due map[string]bool, err error) {
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		due = map[string]bool{}
		if !d.Catalogue().Hours.Open(tx.Now) {
			return nil
		}
		began = since(tx.Now)
		for _, name := range names {
			done, err := tx.Done(ctx, name, began)
			if err != nil {
				return err
			}
			if !done {
				due[name] = true
			}
		}
		return nil
	})
	return began, due, err
}

// digest writes one technician's list. A morning on which there is nothing to
// tell her is over as well: what comes in later has notices of its own.
func (d *Desk) digest(ctx context.Context, tx *store.Tx, tech *tickets.Technician, since time.Time) error {
	if first, err := tx.Once(ctx, digestName(tech), since); err != nil || !first {
		return err
	}
	away, err := tx.Absent(ctx, tickets.DayOf(tx.Now, d.Catalogue().Gateway.Location))
	if _, absent := away[tech.ID]; err != nil || absent {
		return err
	}
	list, err := pendingOf(ctx, tx, tech.ID)
	if err != nil || len(list) == 0 {
		return err
	}
	d.Log.Info("digest written", "technician", tech.ID)
	return d.send(ctx, tx, tickets.Letter{Kind: tickets.NoticeDigest, To: tech.Person(), Tickets: list}, "", "schedule: digests")
}

// pendingOf lists the tickets that a technician has to do something about, the
// next target first.
func pendingOf(ctx context.Context, tx *store.Tx, technician string) ([]*tickets.Ticket, error) {
	list, err := tx.List(ctx, store.Filter{Technician: technician, Statuses: []tickets.Status{tickets.New, tickets.Open, tickets.Waiting}})
	tickets.ByDue(list)
	return list, err
}

// A weekly report tells of one week, and shows it beside those before it.
const (
	weeklyReport = "weekly report"
	reportWeeks  = 8
)

// ReportWeek tells those whom the operator named how the desk did last week, once
// a week: when the business hours of its first working day begin or, if nothing
// ran on that day, on the next one.
func (d *Desk) ReportWeek(ctx context.Context) error {
	c := d.Catalogue()
	if len(c.Reports) == 0 {
		return nil
	}
	monday, due, err := d.due(ctx, c.Monday, weeklyReport)
	if err != nil || !due[weeklyReport] {
		return err
	}
	if err := d.Store.Tx(ctx, func(tx *store.Tx) error { return d.reportWeek(ctx, tx, monday) }); err != nil {
		return fmt.Errorf("%s: %w", weeklyReport, err)
	}
	if d.Wake != nil {
		d.Wake()
	}
	return nil
}

// reportWeek writes the report of the week that ended on a Monday. Before there
// was a ticket there is nothing to report.
func (d *Desk) reportWeek(ctx context.Context, tx *store.Tx, monday time.Time) error {
	if first, err := tx.Once(ctx, weeklyReport, monday); err != nil || !first {
		return err
	}
	list, err := tx.During(ctx, monday.AddDate(0, 0, -7*reportWeeks), monday)
	if err != nil || len(list) == 0 {
		return err
	}
	c := d.Catalogue()
	reports := tickets.WeeklyReports(c.Hours, list, reportWeeks, monday)
	for _, address := range c.Reports {
		if err := d.send(ctx, tx, tickets.Letter{Kind: tickets.NoticeReport, To: named(c, address), Reports: reports}, "", "schedule: weekly report"); err != nil {
			return err
		}
	}
	d.Log.Info("weekly report written")
	return nil
}
