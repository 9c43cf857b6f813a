package desk

import (
	"context"
	"errors"
	"slices"

	"respon/tickets"
	"respon/tickets/store"
)

// assign asks the rules who gets a ticket, with the team as it stands.
func assign(ctx context.Context, tx *store.Tx, c *tickets.Catalogue, t *tickets.Ticket) (technician, why string, err error) {
	var team tickets.Team
	if team.Load, err = tx.Load(ctx); err != nil {
		return "", "", err
	}
	if team.Absent, err = tx.Absent(ctx, c.WorkDay(tx.Now)); err != nil {
		return "", "", err
	}
	technician, why = tickets.Assign(c, team, t)
	return technician, why, nil
}

// choose gives a ticket to whom the rules find, unless that is whoever has it,
// or nobody. The reason stands before theirs in the event.
func (ch *changes) choose(ctx context.Context, t *tickets.Ticket, reason string) (moved bool, err error) {
	id, why, err := assign(ctx, ch.tx, ch.c, t)
	if err != nil || id == "" || id == t.Technician {
		return false, err
	}
	return true, ch.hand(ctx, t, id, reason+why)
}

// hand lets a technician have a ticket by rule.
func (ch *changes) hand(ctx context.Context, t *tickets.Ticket, id, why string) error {
	t.Technician = id
	ch.events = append(ch.events, tickets.Event{Actor: tickets.Respon, Kind: tickets.EventAssigned, Detail: assignedTo(id, why), Cause: ch.cause})
	return ch.tx.TookTurn(ctx, id)
}

// reassign gives a ticket that nobody has answered yet to a technician of its
// category, if the one who has it is none and one of them is there. What a
// technician decided stays.
func (ch *changes) reassign(ctx context.Context, t *tickets.Ticket) (moved bool, err error) {
	cat := ch.c.CategoryByID(t.Category)
	if t.Status != tickets.New || cat == nil || slices.Contains(cat.Technicians, t.Technician) {
		return false, nil
	}
	if e, err := ch.tx.LastEvent(ctx, t.Number, tickets.EventAssigned); err != nil || e.Actor != tickets.Respon {
		return false, err
	}
	id, why, err := assign(ctx, ch.tx, ch.c, t)
	if err != nil || !slices.Contains(cat.Technicians, id) {
		return false, err
	}
	return true, ch.hand(ctx, t, id, why)
}

func assignedTo(technician, why string) string {
	if technician == "" {
		return why
	}
	return technician + ": " + why
}

// HandOver gives tickets to others whose technician cannot work on them: all of
// one who is no longer in the catalogue, the urgent ones of one who is away, and
// those that nobody was free for. Tickets stay where a colleague put them while
// the technician was away already, and do not go back when he returns.
func (d *Desk) HandOver(ctx context.Context) error {
	return d.each(ctx, "hand over",
		func(tx *store.Tx) ([]tickets.Number, error) { return d.displaced(ctx, tx) },
		func(tx *store.Tx, t *tickets.Ticket) error { return d.handOver(ctx, tx, t) })
}

// displaced lists the tickets that HandOver has to look at, oldest first.
func (d *Desk) displaced(ctx context.Context, tx *store.Tx) (list []tickets.Number, err error) {
	c := d.Catalogue()
	load, err := tx.Load(ctx)
	if err != nil {
		return nil, err
	}
	away, err := tx.Absent(ctx, c.WorkDay(tx.Now))
	if err != nil {
		return nil, err
	}
	for id, l := range load {
		_, absent := away[id]
		known := c.TechnicianByID(id) != nil
		if l.Open == 0 || known && !absent {
			continue
		}
		upTo := tickets.Priorities[len(tickets.Priorities)-1]
		if known {
			upTo = lastUrgent
		}
		numbers, err := tx.PendingOf(ctx, id, upTo)
		if err != nil {
			return nil, err
		}
		list = append(list, numbers...)
	}
	slices.Sort(list)
	return list, nil
}

// lastUrgent is the priority down to which tickets do not wait for a technician
// to come back.
const lastUrgent tickets.Priority = "P2"

// handOverCause is the cause of what HandOver does.
const handOverCause = "schedule: hand over"

func (d *Desk) handOver(ctx context.Context, tx *store.Tx, t *tickets.Ticket) error {
	c := d.Catalogue()
	if !t.Status.Pending() {
		return nil
	}
	reason, err := cannotWork(ctx, tx, c, t)
	if err != nil || reason == "" {
		return err
	}
	ch := changes{tx: tx, c: c, actor: tickets.Respon, cause: handOverCause}
	had := t.Technician
	moved, err := ch.choose(ctx, t, reason+"; ")
	if err != nil {
		return err
	}
	if !moved {
		if had == "" || c.TechnicianByID(had) != nil {
			return nil // nobody is better
		}
		t.Technician = ""
		ch.add(tickets.EventAssigned, "nobody: %s, and nobody is free", reason)
	}
	if err := tx.SaveTicket(ctx, t); err != nil {
		return err
	}
	if err := tx.AddEvents(ctx, t.Number, ch.events...); err != nil {
		return err
	}
	d.Log.Info("ticket handed over", "ticket", t.Number, "technician", t.Technician)
	return d.tellAssigned(ctx, tx, t, nil, handOverCause)
}

// cannotWork says why a ticket has to go to somebody else, "" if it has not.
func cannotWork(ctx context.Context, tx *store.Tx, c *tickets.Catalogue, t *tickets.Ticket) (reason string, err error) {
	switch {
	case t.Technician == "":
		return "nobody had it", nil
	case c.TechnicianByID(t.Technician) == nil:
		return t.Technician + " is no longer a technician", nil
	case t.Priority > lastUrgent:
		return "", nil
	}
	away, err := tx.Absent(ctx, c.WorkDay(tx.Now))
	if err != nil {
		return "", err
	}
	a, absent := away[t.Technician]
	if !absent {
		return "", nil
	}
	e, err := tx.LastEvent(ctx, t.Number, tickets.EventAssigned)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return "", err
	}
	if e.Actor != tickets.Respon && tickets.DayOf(e.At, c.Gateway.Location) >= a.From {
		return "", nil // whoever gave it to him knew
	}
	return t.Technician + " is away " + a.String(), nil
}
