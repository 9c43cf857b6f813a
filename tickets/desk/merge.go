package desk

import (
	"context"
	"errors"
	"strings"

	"respon/tickets"
	"respon/tickets/store"
)

// merge lets a ticket go into another one. Its number stays valid: mails to it
// land in the other. Those who take part in it come to take part there, too, and
// see what is written from now on, if they are of one entity; people of different
// entities learn nothing of each other: theirs stays a thread of its own, to
// which answers go as well.
func (o *orders) merge(ctx context.Context, t *tickets.Ticket, cmd tickets.Command) (tickets.ProblemKind, error) {
	other, confirmed, err := o.named(ctx, cmd.Arg)
	if errors.Is(err, store.ErrNotFound) || err == nil && (other == nil || other.Number == t.Number || t.MergedInto != 0) {
		return tickets.ProblemTicket, nil
	} else if err != nil {
		return "", err
	}
	if !o.vouched() {
		return tickets.ProblemVouched, nil
	}
	together := ofOneHouse(t, other) && o.c.TechnicianByAddress(t.Requester.Address) == nil && o.c.TechnicianByAddress(other.Requester.Address) == nil
	if !together && !confirmed {
		return tickets.ProblemEntities, nil
	}
	if together {
		if err := o.bringOver(ctx, t, other); err != nil {
			return "", err
		}
	}
	prefix := o.c.Gateway.Prefix
	t.MergedInto = other.Number
	o.status(t, tickets.Closed)
	o.add(tickets.EventMerged, "into %s", other.Number.Format(prefix))
	o.did(tickets.VerbMerge, other.Number.Format(prefix))
	return "", o.tx.AddEvents(ctx, other.Number, tickets.Event{Actor: o.actor, Kind: tickets.EventMerged,
		Detail: t.Number.Format(prefix) + " went into this one", Cause: o.cause})
}

// ofOneHouse reports whether two tickets are of one requester, or of colleagues.
func ofOneHouse(a, b *tickets.Ticket) bool {
	return strings.EqualFold(a.Requester.Address, b.Requester.Address) || a.Requester.Entity != "" && a.Requester.Entity == b.Requester.Entity
}

// bringOver lets those who take part in a ticket take part in the other. Its requester
// is told of each who is not of her entity.
func (o *orders) bringOver(ctx context.Context, t, other *tickets.Ticket) error {
	last, err := o.tx.LastMessage(ctx, other.Number)
	if err != nil {
		return err
	}
	for _, p := range t.Participants {
		if other.TakesPart(p.Address) {
			continue
		}
		person := tickets.Person{Name: p.Name, Address: p.Address}
		if err := o.d.addParticipant(ctx, o.tx, other, person, last+1, o.actor, o.cause); err != nil {
			return err
		}
		o.receipt.Undo.Joined = append(o.receipt.Undo.Joined, p.Address)
		o.announce(other, o.c.Person(p.Name, p.Address))
	}
	return nil
}

// link relates the ticket to another one, for technicians to see.
func (o *orders) link(ctx context.Context, t *tickets.Ticket, cmd tickets.Command) (tickets.ProblemKind, error) {
	other, _, err := o.named(ctx, cmd.Arg)
	if errors.Is(err, store.ErrNotFound) || err == nil && (other == nil || other.Number == t.Number) {
		return tickets.ProblemTicket, nil
	} else if err != nil {
		return "", err
	}
	o.did(tickets.VerbLink, other.Number.Format(o.c.Gateway.Prefix))
	return "", o.relate(ctx, t, other, tickets.Related)
}

// relate links two tickets, with an event on each.
func (o *orders) relate(ctx context.Context, t, other *tickets.Ticket, kind tickets.LinkKind) error {
	prefix := o.c.Gateway.Prefix
	if err := o.tx.AddLink(ctx, t.Number, other.Number, kind); err != nil {
		return err
	}
	o.receipt.Undo.Links = append(o.receipt.Undo.Links, tickets.Link{Number: other.Number, Kind: kind})
	o.add(tickets.EventLinked, "with %s: %s", other.Number.Format(prefix), kind)
	return o.tx.AddEvents(ctx, other.Number, tickets.Event{Actor: o.actor, Kind: tickets.EventLinked,
		Detail: "with " + t.Number.Format(prefix) + ": " + string(kind), Cause: o.cause})
}

// split makes a ticket of its own of the message that the technician answers, with
// the same requester and technician. The message stays where it is, too.
func (o *orders) split(ctx context.Context, t *tickets.Ticket) (tickets.ProblemKind, error) {
	m, err := o.answered(ctx, t)
	if errors.Is(err, store.ErrNotFound) {
		return tickets.ProblemNoTicket, nil
	} else if err != nil {
		return "", err
	}
	in := tickets.Incoming{
		Arrival: tickets.Arrival{Key: o.cause}, Author: tickets.Author{Person: t.Requester, Trust: m.Trust}, MessageID: m.MessageID, InReplyTo: m.InReplyTo,
		References: m.References, Subject: m.Subject, Text: m.Text, Reply: m.Reply, Attachments: m.Attachments, At: m.ReceivedAt,
	}
	if in.Subject == "" {
		in.Subject = t.Subject
	}
	part, _, err := o.d.newTicket(ctx, o.tx, o.c, &in)
	if err != nil {
		return "", err
	}
	part.Technician = t.Technician
	if err := o.tx.InsertTicket(ctx, part); err != nil {
		return "", err
	}
	first := newMessage(&in, tickets.KindRequest, part.Number, m.RawSHA)
	first.Author = m.Author
	if err := o.tx.InsertMessage(ctx, first); err != nil {
		return "", err
	}
	prefix := o.c.Gateway.Prefix
	if err := o.tx.AddEvents(ctx, part.Number,
		tickets.Event{Actor: o.actor, Kind: tickets.EventOpened, Detail: "split from " + t.Number.Format(prefix), Cause: o.cause},
		tickets.Event{Actor: o.actor, Kind: tickets.EventAssigned, Detail: assignedTo(part.Technician, "as "+t.Number.Format(prefix)), Cause: o.cause}); err != nil {
		return "", err
	}
	o.add(tickets.EventSplit, "a message became %s", part.Number.Format(prefix))
	o.receipt.Undo.Split = part.Number
	o.did(tickets.VerbSplit, part.Number.Format(prefix))
	o.later = append(o.later, func(ctx context.Context) error { return o.d.acknowledge(ctx, o.tx, part, first, &in) })
	return "", o.relate(ctx, t, part, tickets.Split)
}

// answered is the message that a technician's mail answers: that of which the
// notice told, or the newest of the requester's. It has to be one that she may
// read, since it becomes hers. Where the notice told of another one, none is taken in
// its place.
func (o *orders) answered(ctx context.Context, t *tickets.Ticket) (*tickets.Message, error) {
	all, err := o.tx.Messages(ctx, t.Number)
	if err != nil {
		return nil, err
	}
	told, err := o.tx.ToldOf(ctx, append([]string{o.in.InReplyTo}, o.in.References...))
	if err != nil {
		return nil, err
	}
	var found *tickets.Message
	for i := range all {
		m := &all[i]
		if m.Direction != tickets.In || m.Technician != "" {
			continue
		}
		hers := t.Sees(t.Requester.Address, m)
		if string(m.RawSHA) == string(told) && len(told) > 0 {
			if !hers {
				return nil, store.ErrNotFound
			}
			return m, nil
		}
		if hers {
			found = m
		}
	}
	if found == nil {
		return nil, store.ErrNotFound
	}
	return found, nil
}
