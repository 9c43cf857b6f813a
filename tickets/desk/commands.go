package desk

import (
	"context"
	"fmt"
	"strings"

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
	t.SetDue(ch.c)
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

func (ch *changes) assign(t *tickets.Ticket, id string) {
	if t.Technician == id {
		return
	}
	ch.add(tickets.EventAssigned, "%s: by %s, before %s", id, ch.actor, orNone(t.Technician))
	t.Technician = id
}

// orders is what a technician's mail has done, command by command.
type orders struct {
	changes
	d       *Desk
	in      *tickets.Incoming
	receipt tickets.Receipt
	// help and state ask for an answer to the technician alone.
	help, state bool
	note        bool
	undone      bool // an earlier mail was taken back
	// present is the ticket that the mail is about, nil for none.
	present *tickets.Ticket
	// later are letters that the commands call for beside the receipt.
	later []func(context.Context) error
}

func (d *Desk) orders(tx *store.Tx, in *tickets.Incoming) *orders {
	return &orders{
		changes: changes{tx: tx, c: d.Catalogue(), actor: in.Author.Technician, cause: in.Key},
		d:       d, in: in, receipt: tickets.Receipt{Technician: in.Author.Technician},
	}
}

func (o *orders) did(v tickets.Verb, arg string) {
	o.receipt.Deeds = append(o.receipt.Deeds, tickets.Deed{Verb: v, Arg: arg})
}

// all applies commands to a ticket, which is nil where a mail is about none. If
// there are problems, nothing of the transaction may stand.
func (o *orders) all(ctx context.Context, t *tickets.Ticket, cmds []tickets.Command) (problems []tickets.CommandProblem, err error) {
	o.present = t
	for _, cmd := range cmds {
		why, err := o.command(ctx, t, cmd)
		if err != nil {
			return nil, err
		}
		if why != "" {
			problems = append(problems, tickets.CommandProblem{Line: cmd.Line, Why: why})
		}
	}
	if t != nil && t.MergedInto != 0 {
		o.status(t, tickets.Closed) // whatever came behind #fusionar: nobody would find it open
	}
	return problems, nil
}

// change does something to a ticket as it is, merged away or not. The one that the
// mail is about is written by whoever follows the mail: read anew it would be
// another copy, and one of the two would be lost.
func (o *orders) change(ctx context.Context, n tickets.Number, do func(t *tickets.Ticket, ch *changes) error) error {
	if o.present != nil && o.present.Number == n {
		return do(o.present, &o.changes)
	}
	t, err := o.tx.LockMerged(ctx, n)
	if err != nil {
		return err
	}
	ch := changes{tx: o.tx, c: o.c, actor: o.actor, cause: o.cause}
	if err := do(t, &ch); err != nil {
		return err
	}
	if err := o.tx.SaveTicket(ctx, t); err != nil {
		return err
	}
	return o.tx.AddEvents(ctx, n, ch.events...)
}

// command applies one command, or says why it cannot be followed.
func (o *orders) command(ctx context.Context, t *tickets.Ticket, cmd tickets.Command) (tickets.ProblemKind, error) {
	switch cmd.Verb {
	case tickets.VerbHelp:
		o.help = true
		return "", nil
	case tickets.VerbStatus:
		o.state = true
		return "", nil
	case tickets.VerbAway, tickets.VerbBack:
		return o.absence(ctx, cmd)
	case tickets.VerbUndo:
		return o.undo(ctx, t, cmd)
	}
	if t == nil {
		return tickets.ProblemNoTicket, nil
	}
	switch cmd.Verb {
	case tickets.VerbMerge:
		return o.merge(ctx, t, cmd)
	case tickets.VerbSplit:
		return o.split(ctx, t)
	case tickets.VerbLink:
		return o.link(ctx, t, cmd)
	case tickets.VerbGeneral:
		return o.general(ctx, t, cmd)
	case tickets.VerbRequester:
		return o.requester(ctx, t, cmd)
	case tickets.VerbCc:
		return o.copyIn(ctx, t, cmd)
	}
	return o.plain(t, cmd), nil
}

// plain applies a command that changes nothing but the ticket itself.
func (o *orders) plain(t *tickets.Ticket, cmd tickets.Command) tickets.ProblemKind {
	before, arg := t.Priority, ""
	switch cmd.Verb {
	case tickets.VerbNote:
		o.note = true
	case tickets.VerbResolve:
		o.status(t, tickets.Resolved)
	case tickets.VerbClose:
		o.status(t, tickets.Closed)
	case tickets.VerbReopen:
		o.status(t, tickets.Open)
	case tickets.VerbWait:
		o.status(t, tickets.Waiting)
	case tickets.VerbTake:
		o.assign(t, o.actor)
	case tickets.VerbAssign:
		tech := o.c.FindTechnician(cmd.Arg)
		if tech == nil {
			return tickets.ProblemTechnician
		}
		o.assign(t, tech.ID)
		arg = tech.ID
	case tickets.VerbCategory:
		cat := o.c.FindCategory(cmd.Arg)
		if cat == nil {
			return tickets.ProblemCategory
		}
		if t.Category != cat.ID {
			o.add(tickets.EventCategory, "%s → %s", orNone(t.Category), cat.ID)
			t.Category = cat.ID
		}
		arg = cat.ID
	case tickets.VerbType:
		t.Type, t.TypeKnown = tickets.ParseType(cmd.Arg), true
		o.add(tickets.EventType, "%s", t.Type)
		o.prioritise(t, before)
		arg = string(t.Type)
	case tickets.VerbPriority:
		t.Priority, t.PriorityWhy = tickets.ParsePriority(cmd.Arg), o.actor
		if t.Priority != before {
			o.add(tickets.EventPriority, "%s → %s: set by hand", before, t.Priority)
		}
		t.SetDue(o.c)
		arg = string(t.Priority)
	}
	o.did(cmd.Verb, arg)
	return ""
}

// named finds the ticket that a command names, as it is, and whether the technician
// confirmed what he was warned of: "BR-7", "BR-7 !", "con BR-7".
func (o *orders) named(ctx context.Context, arg string) (other *tickets.Ticket, confirmed bool, err error) {
	for word := range strings.FieldsSeq(arg) {
		if n, err := tickets.ParseNumber(o.c.Gateway.Prefix, strings.ToUpper(strings.Trim(word, ".,;!"))); err == nil && other == nil {
			if other, err = o.tx.LockTicket(ctx, n); err != nil {
				return nil, false, err
			}
		}
	}
	return other, strings.HasSuffix(arg, "!"), nil
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
