package desk

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"respon/tickets"
	"respon/tickets/store"
)

// When several reports are taken for one fault that many have: so many tickets
// of one category, from so many houses, within so long.
const (
	massWindow  = time.Hour
	massTickets = 3
	massHouses  = 3
)

// mayBePart reports whether a ticket may be about a general fault: something that
// does not work, of a known kind, and is still to be mended.
func mayBePart(t *tickets.Ticket) bool {
	return t.Type == tickets.Incident && t.Category != "" && t.Status.Pending() && t.MergedInto == 0
}

// underGeneral makes a new ticket part of the general one of its category, if
// there is one, and gives it to whom works on that. why is empty if the rules are
// to say whose it is. It writes nothing: see attach.
func (d *Desk) underGeneral(ctx context.Context, tx *store.Tx, c *tickets.Catalogue, t *tickets.Ticket) (why string, err error) {
	if !mayBePart(t) {
		return "", nil
	}
	n, err := tx.General(ctx, t.Category)
	if err != nil || n == 0 {
		return "", err
	}
	t.Links = append(t.Links, tickets.Link{Number: n, Kind: tickets.Parent})
	parent, err := tx.Ticket(ctx, n)
	if err != nil || c.TechnicianByID(parent.Technician) == nil {
		return "", err
	}
	absent, err := tx.Absent(ctx, c.WorkDay(tx.Now))
	if _, away := absent[parent.Technician]; err != nil || away {
		return "", err
	}
	t.Technician = parent.Technician
	return "as " + n.Format(c.Gateway.Prefix) + ", of which it is a part", nil
}

// attach writes that a ticket is part of a general one, if it is.
func (d *Desk) attach(ctx context.Context, tx *store.Tx, t *tickets.Ticket, cause string) error {
	parent := t.Parent()
	if parent == 0 {
		return nil
	}
	_, err := d.putBelow(ctx, tx, parent, t.Number, tickets.Respon, cause)
	return err
}

// attachLater is underGeneral and attach for a ticket of which it is known only
// now what it is about. A burst of reports may show then, too.
func (d *Desk) attachLater(ctx context.Context, tx *store.Tx, t *tickets.Ticket, cause string) error {
	if !mayBePart(t) {
		return nil
	}
	parent, err := tx.ParentOf(ctx, t.Number)
	if err != nil {
		return err
	}
	if parent == 0 {
		if parent, err = tx.General(ctx, t.Category); err != nil {
			return err
		}
	}
	if parent == 0 || parent == t.Number {
		return d.watchMass(ctx, tx, t, cause)
	}
	t.Links = append(t.Links, tickets.Link{Number: parent, Kind: tickets.Parent})
	return d.attach(ctx, tx, t, cause)
}

// putBelow makes a ticket part of a general one, with an event in both. It reports
// whether it was none before.
func (d *Desk) putBelow(ctx context.Context, tx *store.Tx, parent, child tickets.Number, actor, cause string) (added bool, err error) {
	if added, err = tx.AddChild(ctx, parent, child); err != nil || !added {
		return false, err
	}
	return true, d.linkedEvents(ctx, tx, parent, child, actor, cause, "is part of this one", "part of ")
}

func (d *Desk) linkedEvents(ctx context.Context, tx *store.Tx, parent, child tickets.Number, actor, cause, above, below string) error {
	prefix := d.Catalogue().Gateway.Prefix
	if err := tx.AddEvents(ctx, child, tickets.Event{Actor: actor, Kind: tickets.EventLinked, Detail: below + parent.Format(prefix), Cause: cause}); err != nil {
		return err
	}
	return tx.AddEvents(ctx, parent, tickets.Event{Actor: actor, Kind: tickets.EventLinked, Detail: child.Format(prefix) + " " + above, Cause: cause})
}

// watchMass tells the technicians of a category, once in the window, that many
// report something of it. Whether it is one fault they decide.
func (d *Desk) watchMass(ctx context.Context, tx *store.Tx, t *tickets.Ticket, cause string) error {
	if !mayBePart(t) || t.Parent() != 0 || d.Mute {
		return nil
	}
	reports, err := tx.Reports(ctx, t.Category, tx.Now.Add(-massWindow))
	if err != nil || len(reports) < massTickets || houses(reports) < massHouses {
		return err
	}
	if n, err := tx.General(ctx, t.Category); err != nil || n != 0 {
		return err
	}
	first, err := tx.Once(ctx, "mass "+t.Category, tx.Now.Add(-massWindow))
	if err != nil || !first {
		return err
	}
	l := tickets.Letter{Kind: tickets.NoticeMass}
	for _, r := range reports {
		one, err := tx.Ticket(ctx, r.Number)
		if err != nil {
			return err
		}
		l.Tickets = append(l.Tickets, one)
	}
	l.Ticket = l.Tickets[0]
	return d.tellCategory(ctx, tx, l, cause)
}

// houses counts the entities that reports came from.
func houses(reports []store.Report) int {
	seen := make(map[string]bool)
	for _, r := range reports {
		house := r.Entity
		if house == "" {
			house = "@" + tickets.DomainOf(r.Address)
		}
		seen[house] = true
	}
	return len(seen)
}

// tellCategory sends a notice to the technicians of the ticket's category who are
// there, or to the default ones.
func (d *Desk) tellCategory(ctx context.Context, tx *store.Tx, l tickets.Letter, cause string) error {
	c := d.Catalogue()
	absent, err := tx.Absent(ctx, c.WorkDay(tx.Now))
	if err != nil {
		return err
	}
	var to []*tickets.Technician
	if cat := c.CategoryByID(l.Ticket.Category); cat != nil {
		for _, id := range cat.Technicians {
			if _, away := absent[id]; !away && c.TechnicianByID(id) != nil {
				to = append(to, c.TechnicianByID(id))
			}
		}
	}
	if len(to) == 0 {
		to = c.Fallback()
	}
	for _, tech := range to {
		l.To = tech.Person()
		if err := d.send(ctx, tx, l, "", cause); err != nil {
			return err
		}
	}
	return nil
}

// allOfThem and noneOfThem are what #general takes beside numbers, folded.
var (
	allOfThem  = []string{"todas", "todos", "totes", "tots", "all"}
	noneOfThem = []string{"no", "ninguna", "cap", "none"}
)

// general makes a ticket the general one, of which others are a part: the ticket
// that the mail is about, those that are named behind it, or all reports of its
// category. With "no" the ticket is part of none.
func (o *orders) general(ctx context.Context, t *tickets.Ticket, cmd tickets.Command) (tickets.ProblemKind, error) {
	named, all := o.numbers(cmd.Arg)
	if len(named) == 0 {
		if slices.Contains(noneOfThem, strings.Trim(tickets.Fold(cmd.Arg), " .!")) {
			return "", o.ungeneral(ctx, t)
		}
		return tickets.ProblemTicket, nil
	}
	parent, err := o.top(ctx, t, named[0])
	if errors.Is(err, store.ErrNotFound) {
		return tickets.ProblemTicket, nil
	} else if err != nil {
		return "", err
	}
	children := append(named[1:], t.Number)
	if all {
		reports, err := o.tx.Reports(ctx, parent.Category, oldest(parent.CreatedAt, o.tx.Now.Add(-massWindow)))
		if err != nil {
			return "", err
		}
		for _, r := range reports {
			children = append(children, r.Number)
		}
	}
	slices.Sort(children)
	children = slices.DeleteFunc(slices.Compact(children), func(n tickets.Number) bool { return n == parent.Number })
	return o.putAllBelow(ctx, parent, children)
}

func oldest(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// numbers reads the tickets that a command names, and whether it names all.
func (o *orders) numbers(arg string) (list []tickets.Number, all bool) {
	for word := range strings.FieldsFuncSeq(arg, func(r rune) bool { return r == ' ' || r == ',' || r == '\t' || r == '\u00a0' }) {
		if n, err := tickets.ParseNumber(o.c.Gateway.Prefix, strings.ToUpper(strings.Trim(word, ".;:!"))); err == nil {
			list = append(list, n)
		} else if slices.Contains(allOfThem, strings.Trim(tickets.Fold(word), ".;:!")) {
			all = true
		}
	}
	return list, all
}

// top finds the ticket that is to be the general one: t itself, or another one
// that must not be merged away.
func (o *orders) top(ctx context.Context, t *tickets.Ticket, n tickets.Number) (*tickets.Ticket, error) {
	if n == t.Number {
		return t, nil
	}
	return o.tx.LockTicket(ctx, n)
}

// putAllBelow makes tickets part of a general one. None of them may be general
// itself, or part of another one.
func (o *orders) putAllBelow(ctx context.Context, parent *tickets.Ticket, children []tickets.Number) (tickets.ProblemKind, error) {
	if above, err := o.tx.ParentOf(ctx, parent.Number); err != nil || above != 0 {
		return tickets.ProblemGeneral, err
	}
	made, err := o.tx.SetGeneral(ctx, parent.Number, true)
	if err != nil {
		return "", err
	}
	prefix, names := o.c.Gateway.Prefix, []string(nil)
	u := &o.receipt.Undo
	u.Parent, u.MadeGeneral = parent.Number, u.MadeGeneral || made
	for _, n := range children {
		if _, err := o.tx.Ticket(ctx, n); errors.Is(err, store.ErrNotFound) {
			return tickets.ProblemTicket, nil
		} else if err != nil {
			return "", err
		}
		above, err := o.tx.ParentOf(ctx, n)
		if err != nil {
			return "", err
		}
		below, err := o.tx.Children(ctx, n)
		if err != nil {
			return "", err
		}
		if above != 0 && above != parent.Number || len(below) > 0 {
			return tickets.ProblemGeneral, nil
		}
		added, err := o.d.putBelow(ctx, o.tx, parent.Number, n, o.actor, o.cause)
		if err != nil {
			return "", err
		}
		if added {
			u.Children = append(u.Children, n)
		}
		names = append(names, n.Format(prefix))
	}
	arg := parent.Number.Format(prefix)
	if len(names) > 0 {
		arg += " ← " + strings.Join(names, ", ")
	}
	o.did(tickets.VerbGeneral, arg)
	return "", nil
}

// ungeneral takes a ticket out of a general one, or ends one.
func (o *orders) ungeneral(ctx context.Context, t *tickets.Ticket) error {
	parent, err := o.tx.ParentOf(ctx, t.Number)
	if err != nil {
		return err
	}
	if parent != 0 {
		if err := o.takeOut(ctx, parent, t.Number); err != nil {
			return err
		}
	} else if err := o.dissolve(ctx, t.Number); err != nil {
		return err
	}
	o.did(tickets.VerbGeneral, "")
	return nil
}

func (o *orders) takeOut(ctx context.Context, parent, child tickets.Number) error {
	if err := o.tx.RemoveChild(ctx, parent, child); err != nil {
		return err
	}
	return o.d.linkedEvents(ctx, o.tx, parent, child, o.actor, o.cause, "is no longer part of this one", "no longer part of ")
}

// dissolve ends a general ticket: it is one as any other, and so are its parts.
func (o *orders) dissolve(ctx context.Context, n tickets.Number) error {
	children, err := o.tx.Children(ctx, n)
	if err != nil {
		return err
	}
	for _, child := range children {
		if err := o.takeOut(ctx, n, child); err != nil {
			return err
		}
	}
	_, err = o.tx.SetGeneral(ctx, n, false)
	return err
}

// undoGeneral takes back what a mail did with a general ticket and its parts.
func (o *orders) undoGeneral(ctx context.Context, u *tickets.Undo) error {
	for _, m := range u.Below {
		if err := o.change(ctx, m.Number, func(child *tickets.Ticket, ch *changes) error {
			if child.Status == m.After && child.MergedInto == 0 { // nothing else happened to it since
				ch.status(child, m.Before)
			}
			return nil
		}); err != nil {
			return err
		}
	}
	if u.MadeGeneral {
		return o.dissolve(ctx, u.Parent)
	}
	for _, n := range u.Children {
		if err := o.takeOut(ctx, u.Parent, n); err != nil {
			return err
		}
	}
	return nil
}

// carry lets what a technician did to a general ticket count for its parts as well:
// his answer, and its end. It gives those that it counted for, which were not
// over yet.
func (o *orders) carry(ctx context.Context, t *tickets.Ticket, before tickets.Status, answers bool) (list []*tickets.Ticket, err error) {
	over := t.Status != before && !t.Status.Pending()
	if !answers && !over {
		return nil, nil
	}
	numbers, err := o.below(ctx, t)
	if err != nil {
		return nil, err
	}
	for _, n := range numbers {
		child, err := o.tx.LockMerged(ctx, n)
		if err != nil {
			return nil, err
		}
		if !child.Status.Pending() || child.MergedInto != 0 {
			continue
		}
		was := child.Status
		one := changes{tx: o.tx, c: o.c, actor: o.actor, cause: o.cause}
		if answers {
			one.add(tickets.EventAnswered, "with %s", t.Number.Format(o.c.Gateway.Prefix))
			if child.FirstAnsweredAt == nil {
				child.FirstAnsweredAt = &o.tx.Now
			}
			if child.Status == tickets.New {
				one.status(child, tickets.Open)
			}
		}
		if over {
			one.status(child, t.Status)
			o.receipt.Undo.Below = append(o.receipt.Undo.Below, tickets.Moved{Number: n, Before: was, After: child.Status})
		}
		if err := o.tx.SaveTicket(ctx, child); err != nil {
			return nil, err
		}
		if err := o.tx.AddEvents(ctx, n, one.events...); err != nil {
			return nil, err
		}
		o.receipt.Below = append(o.receipt.Below, n)
		list = append(list, child)
	}
	return list, nil
}

// below gives the parts of a general ticket, and of those that went into it.
func (o *orders) below(ctx context.Context, t *tickets.Ticket) (list []tickets.Number, err error) {
	merged, err := o.tx.MergedInto(ctx, t.Number)
	if err != nil {
		return nil, err
	}
	for _, n := range append(merged, t.Number) {
		children, err := o.tx.Children(ctx, n)
		if err != nil {
			return nil, err
		}
		list = append(list, children...)
	}
	slices.Sort(list)
	return slices.DeleteFunc(slices.Compact(list), func(n tickets.Number) bool { return n == t.Number }), nil
}
