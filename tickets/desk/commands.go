package desk

import (
	"context"
	"fmt"

	"respon/tickets"
	"respon/tickets/store"
)

// changes gathers what happens to a ticket in one transaction, with an event
// for each.
type changes struct {
	tx     *store.Tx
	c      *tickets.Catalogue
	actor  string
	cause  string
	events []tickets.Event
}

func (ch *changes) add(kind tickets.EventKind, format string, args ...any) {
	ch.events = append(ch.events, tickets.Event{Actor: ch.actor, Kind: kind, Detail: fmt.Sprintf(format, args...), Cause: ch.cause})
}

func (ch *changes) status(t *tickets.Ticket, s tickets.Status) bool {
	old := t.Status
	if !t.SetStatus(s, ch.tx.Now) {
		return false
	}
	ch.add(tickets.EventStatus, "%s → %s", old, s)
	return true
}

// hints applies what a form or a tag said, and what follows for the priority.
func (ch *changes) hints(t *tickets.Ticket, h tickets.Hints) {
	if h.Empty() {
		return
	}
	before := *t
	applyHints(t, h)
	if t.Type != before.Type || t.TypeKnown != before.TypeKnown {
		ch.add(tickets.EventType, "%s", t.Type)
	}
	if t.Category != before.Category {
		ch.add(tickets.EventCategory, "%s → %s", orNone(before.Category), t.Category)
	}
	if !t.Answers.Same(before.Answers) || t.ImpactTag != before.ImpactTag {
		ch.add(tickets.EventAnswers, "blocks work %s, affects others %s, affects citizens %s, impact tag %s",
			answer(t.Answers.BlocksWork), answer(t.Answers.AffectsOthers), answer(t.Answers.AffectsCitizens), orNone(string(t.ImpactTag)))
	}
	ch.prioritise(t, before.Priority)
}

func (ch *changes) prioritise(t *tickets.Ticket, before tickets.Priority) {
	t.Prioritise()
	if t.Priority != before {
		ch.add(tickets.EventPriority, "%s → %s: impact %s, urgency %s", before, t.Priority, t.Impact, t.Urgency)
	}
	t.SetDue(ch.c)
}

// reassign gives a ticket that nobody has answered yet to a technician of its
// category, if the one who has it is none. What a technician decided stays.
func (ch *changes) reassign(ctx context.Context, t *tickets.Ticket) (moved bool, err error) {
	cat := ch.c.CategoryByID(t.Category)
	if t.Status != tickets.New || cat == nil || len(cat.Technicians) == 0 {
		return false, nil
	}
	for _, id := range cat.Technicians {
		if id == t.Technician {
			return false, nil
		}
	}
	if by, err := ch.tx.LastActor(ctx, t.Number, tickets.EventAssigned); err != nil || by != tickets.Respon {
		return false, err
	}
	load, err := ch.tx.Load(ctx)
	if err != nil {
		return false, err
	}
	id, why := tickets.Assign(ch.c, load, t)
	if id == "" || id == t.Technician {
		return false, nil
	}
	t.Technician = id
	ch.events = append(ch.events, tickets.Event{Actor: tickets.Respon, Kind: tickets.EventAssigned, Detail: assignedTo(id, why), Cause: ch.cause})
	return true, nil
}

// command applies one command of a technician. A problem means that nothing of
// the mail may be done.
func (ch *changes) command(t *tickets.Ticket, cmd tickets.Command) *tickets.CommandProblem {
	before := t.Priority
	switch cmd.Verb {
	case tickets.VerbResolve:
		ch.status(t, tickets.Resolved)
	case tickets.VerbClose:
		ch.status(t, tickets.Closed)
	case tickets.VerbReopen:
		ch.status(t, tickets.Open)
	case tickets.VerbWait:
		ch.status(t, tickets.Waiting)
	case tickets.VerbTake:
		ch.assign(t, ch.actor)
	case tickets.VerbAssign:
		tech := ch.c.TechnicianByID(tickets.Fold(cmd.Arg))
		if tech == nil {
			tech = ch.c.TechnicianByAddress(cmd.Arg)
		}
		if tech == nil {
			return &tickets.CommandProblem{Line: cmd.Line, Why: tickets.ProblemTechnician}
		}
		ch.assign(t, tech.ID)
	case tickets.VerbCategory:
		cat := ch.c.FindCategory(cmd.Arg)
		if cat == nil {
			return &tickets.CommandProblem{Line: cmd.Line, Why: tickets.ProblemCategory}
		}
		if t.Category != cat.ID {
			ch.add(tickets.EventCategory, "%s → %s", orNone(t.Category), cat.ID)
			t.Category = cat.ID
		}
	case tickets.VerbType:
		t.Type, t.TypeKnown = tickets.ParseType(cmd.Arg), true
		ch.add(tickets.EventType, "%s", t.Type)
		ch.prioritise(t, before)
	case tickets.VerbPriority:
		t.Priority, t.PriorityWhy = tickets.ParsePriority(cmd.Arg), ch.actor
		if t.Priority != before {
			ch.add(tickets.EventPriority, "%s → %s: set by hand", before, t.Priority)
		}
		t.SetDue(ch.c)
	}
	return nil
}

func (ch *changes) assign(t *tickets.Ticket, id string) {
	if t.Technician == id {
		return
	}
	ch.add(tickets.EventAssigned, "%s: by %s, before %s", id, ch.actor, orNone(t.Technician))
	t.Technician = id
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

func answer(b *bool) string {
	switch {
	case b == nil:
		return "not said"
	case *b:
		return "yes"
	default:
		return "no"
	}
}
