package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"respon/tickets"
	"respon/tickets/store"
)

// targetsCause is the cause of what WatchTargets does.
const targetsCause = "schedule: watch targets"

// WatchTargets tells technicians of targets that are three quarters used up or
// missed, and at a breach those whom the operator named. Each is told once, in
// the transaction that keeps that it was.
func (d *Desk) WatchTargets(ctx context.Context) error {
	return d.each(ctx, "watch targets",
		func(tx *store.Tx) ([]tickets.Number, error) { return tx.Watched(ctx) },
		func(tx *store.Tx, t *tickets.Ticket) error { return d.watchTargets(ctx, tx, t) })
}

// forgetTargets keeps the targets of a mail of long ago from being told of, as
// far as their moments have passed.
func (d *Desk) forgetTargets(ctx context.Context, tx *store.Tx, t *tickets.Ticket) error {
	if !d.Mute {
		return nil
	}
	for _, a := range t.Alerts(d.Catalogue()) {
		if a.At.After(tx.Now) {
			break
		}
		if _, err := tx.Alert(ctx, t, a); err != nil {
			return err
		}
	}
	return nil
}

func (d *Desk) watchTargets(ctx context.Context, tx *store.Tx, t *tickets.Ticket) error {
	c := d.Catalogue()
	if t.WatchAt == nil || t.WatchAt.After(tx.Now) {
		return nil
	}
	t.SetDue(c) // the promises may have changed with the configuration
	var said []tickets.Alert
	if t.WatchAt != nil {
		t.WatchAt = nil
		for _, a := range t.Alerts(c) {
			if a.At.After(tx.Now) {
				t.WatchAt = &a.At
				break
			}
			first, err := tx.Alert(ctx, t, a)
			if err != nil {
				return err
			}
			if first {
				said = append(said, a)
			}
		}
	}
	if err := tx.SaveTargets(ctx, t); err != nil {
		return err
	}
	return d.alert(ctx, tx, t, missedOnly(said))
}

// missedOnly leaves the warning out where the target is missed already: after a
// raise of the priority, or when nothing ran for a while.
func missedOnly(said []tickets.Alert) []tickets.Alert {
	return slices.DeleteFunc(slices.Clone(said), func(a tickets.Alert) bool {
		return a.Stage == tickets.Warning && slices.ContainsFunc(said, func(b tickets.Alert) bool { return b.Aim == a.Aim && b.Stage == tickets.Breach })
	})
}

// alert writes the events and one letter to each who is told.
func (d *Desk) alert(ctx context.Context, tx *store.Tx, t *tickets.Ticket, said []tickets.Alert) error {
	if len(said) == 0 {
		return nil
	}
	c := d.Catalogue()
	kind := tickets.NoticeWarning
	for _, a := range said {
		e := tickets.Event{Actor: tickets.Respon, Kind: tickets.EventWarning, Cause: targetsCause, Detail: describe(c, t, a)}
		if a.Stage == tickets.Breach {
			e.Kind, kind = tickets.EventBreach, tickets.NoticeBreach
		}
		if err := tx.AddEvents(ctx, t.Number, e); err != nil {
			return err
		}
	}
	told, err := d.alerted(ctx, tx, t)
	if err != nil {
		return err
	}
	last, err := tx.LastFrom(ctx, t.Number)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	for _, tech := range told {
		l := tickets.Letter{Kind: kind, To: tech.Person(), Ticket: t, Alerts: said, About: last}
		if last != nil {
			l.Text = cmp.Or(last.Reply, last.Text)
		}
		if err := d.send(ctx, tx, l, "", targetsCause); err != nil {
			return err
		}
	}
	d.Log.Info("target alert", "ticket", t.Number, "technician", t.Technician)
	if kind != tickets.NoticeBreach {
		return nil
	}
	return d.escalate(ctx, tx, t, said, told)
}

// alerted are the technicians who are told: the ticket's own, and while she is
// away the default ones too.
func (d *Desk) alerted(ctx context.Context, tx *store.Tx, t *tickets.Ticket) ([]*tickets.Technician, error) {
	c := d.Catalogue()
	told := c.Responsible(t)
	away, err := tx.Absent(ctx, tickets.DayOf(tx.Now, c.Gateway.Location))
	if _, absent := away[t.Technician]; err != nil || !absent {
		return told, err
	}
	for _, tech := range c.Fallback() {
		if !slices.Contains(told, tech) {
			told = append(told, tech)
		}
	}
	return told, nil
}

// escalate tells those of a missed target whom the operator named and who were
// not told yet.
func (d *Desk) escalate(ctx context.Context, tx *store.Tx, t *tickets.Ticket, said []tickets.Alert, told []*tickets.Technician) error {
	c := d.Catalogue()
	missed := slices.DeleteFunc(slices.Clone(said), func(a tickets.Alert) bool { return a.Stage != tickets.Breach })
	for _, address := range c.Escalation.For(t.Priority) {
		if slices.ContainsFunc(told, func(tech *tickets.Technician) bool { return strings.EqualFold(tech.Email, address) }) {
			continue
		}
		if err := d.send(ctx, tx, tickets.Letter{Kind: tickets.NoticeEscalation, To: named(c, address), Ticket: t, Alerts: missed}, "", targetsCause); err != nil {
			return err
		}
	}
	return nil
}

// named is whom the operator named by an address, who may be a technician.
func named(c *tickets.Catalogue, address string) tickets.Person {
	if tech := c.TechnicianByAddress(address); tech != nil {
		return tech.Person()
	}
	return tickets.Person{Address: address}
}

func describe(c *tickets.Catalogue, t *tickets.Ticket, a tickets.Alert) string {
	target := c.SLA[t.Priority].FirstAnswer
	if a.Aim == tickets.Resolution {
		target = c.SLA[t.Priority].Resolution
	}
	due := a.Due
	if c.Gateway.Location != nil {
		due = due.In(c.Gateway.Location)
	}
	used := "three quarters of " + target.String() + " are over"
	if a.Stage == tickets.Breach {
		used = target.String() + " are over"
	}
	return fmt.Sprintf("%s of %s due %s: %s of business time", strings.ReplaceAll(string(a.Aim), "_", " "), t.Priority, due.Format("2006-01-02 15:04"), used)
}
