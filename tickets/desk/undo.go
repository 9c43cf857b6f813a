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

// undoFor is how long a technician's mail can be taken back.
const undoFor = time.Hour

// codeLength is how much of a random id a receipt's code has: typed by hand on a
// telephone, of use to one technician for an hour.
const codeLength = 8

// absence sets or ends when the technician is away.
func (o *orders) absence(ctx context.Context, cmd tickets.Command) (tickets.ProblemKind, error) {
	if cmd.Verb == tickets.VerbBack {
		ids, err := o.d.EndAbsence(ctx, o.tx, o.actor)
		o.receipt.Undo.Ended = append(o.receipt.Undo.Ended, ids...)
		o.did(cmd.Verb, "")
		return "", err
	}
	from, to, ok := tickets.ParseAbsence(cmd.Arg, tickets.DayOf(o.tx.Now, o.c.Gateway.Location))
	if !ok {
		return tickets.ProblemDates, nil
	}
	a := tickets.Absence{Technician: o.actor, From: from, To: to, Source: tickets.AbsenceCommand}
	id, err := o.d.SetAbsence(ctx, o.tx, a)
	o.receipt.Undo.Absence = id
	o.did(cmd.Verb, a.String())
	return "", err
}

// undo takes back what an earlier mail of the technician did. t is the ticket that
// his present mail is about; it may be another one.
func (o *orders) undo(ctx context.Context, t *tickets.Ticket, cmd tickets.Command) (tickets.ProblemKind, error) {
	r, err := o.tx.UseReceipt(ctx, strings.ToLower(strings.Trim(cmd.Arg, " .,;")), o.actor)
	if errors.Is(err, store.ErrNotFound) {
		return tickets.ProblemCode, nil
	} else if err != nil {
		return "", err
	}
	o.did(cmd.Verb, r.Code)
	o.undone = true
	if err := o.undoAbsence(ctx, &r.Undo); errors.Is(err, store.ErrNotFound) {
		return tickets.ProblemSince, nil
	} else if err != nil {
		return "", err
	}
	if r.Ticket == 0 {
		return "", nil
	}
	if t != nil && t.Number == r.Ticket {
		if why, err := o.takeBack(ctx, t, &r, &o.events); err != nil || why != "" {
			return why, err
		}
		return "", o.participants(ctx, t)
	}
	var why tickets.ProblemKind
	if err := o.change(ctx, r.Ticket, func(of *tickets.Ticket, ch *changes) (err error) {
		why, err = o.takeBack(ctx, of, &r, &ch.events)
		return err
	}); err != nil || why != "" || t == nil {
		return why, err
	}
	if u := &r.Undo; u.Before.MergedInto != u.After.MergedInto && (o.in.Reply != "" || len(o.in.Attachments) > 0) {
		// He may have answered the one that goes its own way now, and the mail came to the
		// other: nobody knows for whom the words are.
		o.note = true
		o.did(tickets.VerbNote, "")
	}
	return "", o.participants(ctx, t)
}

// participants reads anew who takes part: the words below a command that takes
// somebody out are not for her any more.
func (o *orders) participants(ctx context.Context, t *tickets.Ticket) (err error) {
	t.Participants, err = o.tx.Participants(ctx, t.Number)
	return err
}

func (o *orders) undoAbsence(ctx context.Context, u *tickets.Undo) error {
	if u.Absence != 0 {
		if err := o.tx.CancelAbsence(ctx, u.Absence); err != nil {
			return err
		}
	}
	for _, id := range u.Ended {
		if err := o.tx.RestoreAbsence(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// takeBack takes back what a mail did to a ticket, and what it did beside it.
func (o *orders) takeBack(ctx context.Context, t *tickets.Ticket, r *tickets.Receipt, events *[]tickets.Event) (tickets.ProblemKind, error) {
	u := &r.Undo
	if len(u.Joined) > 0 {
		// They came along when the other one was merged, too.
		if other, err := o.tx.Ticket(ctx, u.After.MergedInto); err != nil || other.MergedInto != 0 || leads(other, u.Joined) {
			return tickets.ProblemSince, err
		}
	}
	if !t.Restore(u, o.c, o.tx.Now) || leads(t, u.Participants) {
		return tickets.ProblemSince, nil
	}
	if u.Before.Requester.Address != u.After.Requester.Address {
		if err := o.tx.SetRequester(ctx, t.Number, tickets.Participant{Name: u.Before.Requester.Name, Address: u.Before.Requester.Address}, false); err != nil {
			return "", err
		}
	}
	if was := u.Copied; was != nil {
		part := tickets.Participant{Name: was.Name, Address: was.Address, Role: tickets.RoleCc, Since: was.Since}
		if err := o.tx.AddParticipant(ctx, t.Number, part); err != nil {
			return "", err
		}
	}
	for _, address := range u.Participants {
		if err := o.tx.RemoveParticipant(ctx, t.Number, address); err != nil {
			return "", err
		}
	}
	for _, address := range u.Joined {
		if err := o.tx.RemoveParticipant(ctx, u.After.MergedInto, address); err != nil {
			return "", err
		}
	}
	for _, l := range u.Links {
		if err := o.tx.RemoveLink(ctx, t.Number, l.Number, l.Kind); err != nil {
			return "", err
		}
	}
	if err := o.undoGeneral(ctx, u); err != nil {
		return "", err
	}
	*events = append(*events, tickets.Event{Actor: o.actor, Kind: tickets.EventUndone, Detail: "what was done under " + r.Code, Cause: o.cause})
	if u.Split == 0 {
		return "", nil
	}
	return o.unsplit(ctx, t, u.Split)
}

// leads reports whether one of those who were let in has become the requester since:
// she cannot be taken out of her own ticket.
func leads(t *tickets.Ticket, letIn []string) bool {
	return slices.ContainsFunc(letIn, func(address string) bool { return strings.EqualFold(address, t.Requester.Address) })
}

// unsplit lets the ticket that was made of a message go back into the one that it
// came from: its number was sent out, and stays valid. That cannot be if the other
// went into it meanwhile: each would lead to the other, and mails to neither.
func (o *orders) unsplit(ctx context.Context, t *tickets.Ticket, n tickets.Number) (tickets.ProblemKind, error) {
	within, err := o.tx.MergedInto(ctx, n)
	if err != nil {
		return "", err
	}
	if slices.Contains(within, t.Number) {
		return tickets.ProblemSince, nil
	}
	return "", o.change(ctx, n, func(part *tickets.Ticket, ch *changes) error {
		if part.MergedInto != 0 {
			return nil // it went somewhere already
		}
		part.MergedInto = t.Number
		part.SetStatus(tickets.Closed, o.tx.Now)
		ch.add(tickets.EventMerged, "back into %s", t.Number.Format(o.c.Gateway.Prefix))
		return nil
	})
}

// finish sends what the commands of a mail call for: letters to others, and the
// receipt. What was done on the page is seen there.
func (o *orders) finish(ctx context.Context, t *tickets.Ticket) error {
	for _, letter := range o.later {
		if err := letter(ctx); err != nil {
			return err
		}
	}
	if o.help {
		if err := o.tell(ctx, tickets.Letter{Kind: tickets.NoticeHelp, Ticket: t}); err != nil {
			return err
		}
	}
	if o.state {
		if err := o.tellState(ctx, t); err != nil {
			return err
		}
	}
	if len(o.receipt.Deeds) == 0 || o.in.Mailbox == webMailbox {
		return nil
	}
	r := &o.receipt
	if t != nil {
		r.Ticket = t.Number
	}
	// Taking back what a taking back did would have to know who took part, and since
	// when. The command can be given again.
	if !r.Undo.Empty() && !o.undone {
		id, err := o.d.NewUID()
		if err != nil {
			return err
		}
		r.Code, r.Until = id[len(id)-codeLength:], o.tx.Now.Add(undoFor)
		if err := o.tx.AddReceipt(ctx, r); err != nil {
			return err
		}
	}
	return o.tell(ctx, tickets.Letter{Kind: tickets.NoticeReceipt, Ticket: t, Receipt: r})
}

// webMailbox is the mailbox of what comes in by the page.
const webMailbox = "web"

// tellState tells the technician how a ticket stands or, about none, which are
// his, the next target first.
func (o *orders) tellState(ctx context.Context, t *tickets.Ticket) (err error) {
	l := tickets.Letter{Kind: tickets.NoticeState, Ticket: t}
	if t != nil {
		t.Events, err = o.tx.Events(ctx, t.Number)
	} else {
		l.Tickets, err = pendingOf(ctx, o.tx, o.actor)
	}
	if err != nil {
		return err
	}
	return o.tell(ctx, l)
}

// tell sends the technician a letter that answers his mail.
func (o *orders) tell(ctx context.Context, l tickets.Letter) error {
	tech := o.c.TechnicianByID(o.actor)
	if tech == nil {
		return nil
	}
	l.To = tech.Person()
	return o.d.send(ctx, o.tx, inReply(l, &tickets.Message{MessageID: o.in.MessageID, References: o.in.References}), "", o.cause)
}

// Orders follows a technician's mail that is about no ticket and holds nothing
// but commands which need none.
func (d *Desk) Orders(ctx context.Context, in tickets.Incoming, cmds []tickets.Command, problems []tickets.CommandProblem) error {
	var err error
	if len(problems) == 0 {
		err = d.take(ctx, &in.Arrival, in.Author.Trust, func(tx *store.Tx, _ []byte) (tickets.Fate, tickets.Number, error) {
			o := d.orders(tx, &in)
			if problems, err = o.all(ctx, nil, cmds); err != nil {
				return "", 0, err
			}
			if len(problems) > 0 {
				return "", 0, errProblems
			}
			return tickets.FateNoted, 0, o.finish(ctx, nil)
		})
	}
	if len(problems) > 0 && (err == nil || errors.Is(err, errProblems)) {
		return d.explainAlone(ctx, in, problems)
	}
	if err == nil {
		d.Log.Info("technician's commands followed", "technician", in.Author.Technician, "mailbox", in.Mailbox, "uid", in.UID)
	}
	return err
}

// explainAlone tells a technician what was wrong with a mail about no ticket.
// Nothing was done, and what he wrote is in the letter.
func (d *Desk) explainAlone(ctx context.Context, in tickets.Incoming, problems []tickets.CommandProblem) error {
	return d.take(ctx, &in.Arrival, in.Author.Trust, func(tx *store.Tx, _ []byte) (tickets.Fate, tickets.Number, error) {
		o := d.orders(tx, &in)
		return tickets.FateNoted, 0, o.tell(ctx, tickets.Letter{Kind: tickets.NoticeCommand, Problems: problems, Text: in.Reply})
	})
}

// UnverifiedAlone is Unverified for a mail about no ticket.
func (d *Desk) UnverifiedAlone(ctx context.Context, in tickets.Incoming) error {
	return d.take(ctx, &in.Arrival, in.Author.Trust, func(tx *store.Tx, _ []byte) (tickets.Fate, tickets.Number, error) {
		o := d.orders(tx, &in)
		o.in = &tickets.Incoming{} // nothing of the mail goes on, not even its thread
		if ok, err := mayTellUnverified(ctx, tx, in.Author.Technician); err != nil || !ok {
			return tickets.FateNoted, 0, err
		}
		return tickets.FateNoted, 0, o.tell(ctx, tickets.Letter{Kind: tickets.NoticeUnverified})
	})
}
