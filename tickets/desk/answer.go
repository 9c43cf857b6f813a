package desk

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"respon/tickets"
	"respon/tickets/store"
)

// errProblems ends a transaction in which a command could not be followed.
var errProblems = errors.New("commands could not be followed")

// Refused is the error of what a technician wrote on the page with commands that cannot
// be followed: nothing was done, and he is told there.
type Refused struct{ Problems []tickets.CommandProblem }

func (Refused) Error() string { return errProblems.Error() }

// Answer is a technician's mail on a ticket: his commands all apply or none
// does, and his words go to the requester unless he makes them a note. in.Reply
// holds the words without the commands. Commands that cannot be followed change
// nothing: they are explained to him, and what he wrote is kept as a note.
func (d *Desk) Answer(ctx context.Context, n tickets.Number, in tickets.Incoming, cmds []tickets.Command, problems []tickets.CommandProblem) (t *tickets.Ticket, err error) {
	if len(problems) == 0 {
		err = d.take(ctx, &in.Arrival, in.Author.Trust, func(tx *store.Tx, sha []byte) (tickets.Fate, tickets.Number, error) {
			if t, err = tx.LockTicket(ctx, n); err != nil {
				return "", 0, err
			}
			if problems, err = d.answer(ctx, tx, t, &in, cmds, sha); err != nil {
				return "", 0, err
			}
			return tickets.FateJoined, t.Number, nil
		})
		if len(problems) > 0 {
			in.Reply = written(cmds, in.Reply) // to be mended and sent again
		}
	}
	if len(problems) > 0 && (err == nil || errors.Is(err, errProblems)) {
		if in.Mailbox == webMailbox {
			return nil, Refused{problems}
		}
		return d.Explain(ctx, n, in, problems)
	}
	if err != nil {
		return nil, err
	}
	d.Log.Info("technician answered", "ticket", t.Number, "technician", in.Author.Technician)
	return t, nil
}

// written puts a technician's commands before his words again.
func written(cmds []tickets.Command, rest string) string {
	var lines []string
	for _, c := range cmds {
		if len(lines) == 0 || lines[len(lines)-1] != c.Line {
			lines = append(lines, c.Line)
		}
	}
	if rest != "" {
		lines = append(lines, "", rest)
	}
	return strings.Join(lines, "\n")
}

func (d *Desk) answer(ctx context.Context, tx *store.Tx, t *tickets.Ticket, in *tickets.Incoming, cmds []tickets.Command, sha []byte) ([]tickets.CommandProblem, error) {
	o := d.orders(tx, in)
	before := t.Snapshot()
	if problems, err := o.all(ctx, t, cmds); err != nil || len(problems) > 0 {
		if err == nil {
			err = errProblems
		}
		return problems, err
	}
	if in.HandTo != "" {
		o.assign(t, in.HandTo)
		o.did(tickets.VerbAssign, in.HandTo)
	}
	// Who asks for help, or passes the ticket on, talks to us or to a colleague.
	note := o.note || o.help || o.state || in.HandTo != ""
	if !note {
		var err error
		if in.Reply, err = d.passable(ctx, tx, t, in.Reply); err != nil {
			return nil, err
		}
	}
	words := in.Reply != "" || len(in.Attachments) > 0
	m := d.technicianMessage(t, in, sha, note, words)
	if err := tx.InsertMessage(ctx, m); err != nil {
		return nil, err
	}
	if err := d.tellRefused(ctx, tx, t, m, in); err != nil {
		return nil, err
	}
	answers := words && !note
	switch {
	case note && words:
		o.add(tickets.EventNote, "note")
	case answers:
		o.answersRequester(t)
	}
	o.receipt.Undo.Before, o.receipt.Undo.After = before, t.Snapshot()
	if err := tx.SaveTicket(ctx, t); err != nil {
		return nil, err
	}
	if err := tx.AddEvents(ctx, t.Number, o.events...); err != nil {
		return nil, err
	}
	out := outcome{answers: answers, resolved: t.Status == tickets.Resolved && before.Status != tickets.Resolved, had: before.Technician}
	o.receipt.Sent = out.answers || out.resolved
	var err error
	if out.below, err = o.carry(ctx, t, before.Status, answers); err != nil {
		return nil, err
	}
	if err := d.answerLetters(ctx, tx, t, m, in, out); err != nil {
		return nil, err
	}
	return nil, o.finish(ctx, t)
}

// answersRequester notes that the technician's words answer the requester.
func (o *orders) answersRequester(t *tickets.Ticket) {
	o.add(tickets.EventAnswered, "answer to %s", t.Requester.Address)
	if t.Technician == "" {
		o.assign(t, o.actor) // whoever answers what nobody has, has it
	}
	if t.FirstAnsweredAt == nil {
		t.FirstAnsweredAt = &o.tx.Now
	}
	if t.Status == tickets.New {
		o.status(t, tickets.Open)
	}
}

// technicianMessage makes the message of a technician's mail. A mail with
// nothing but commands is kept too, as a note: the audit names it.
func (d *Desk) technicianMessage(t *tickets.Ticket, in *tickets.Incoming, sha []byte, note, words bool) *tickets.Message {
	kind := tickets.KindReply
	if note || !words {
		kind = tickets.KindNote
	}
	m := newMessage(in, kind, t.Number, sha)
	m.Internal = m.Internal || kind == tickets.KindNote
	return m
}

// outcome is what a technician's mail calls letters for.
type outcome struct {
	answers, resolved bool
	had               string            // id of the technician whose ticket it was
	below             []*tickets.Ticket // of a general ticket, which it calls for as well
}

func (d *Desk) answerLetters(ctx context.Context, tx *store.Tx, t *tickets.Ticket, m *tickets.Message, in *tickets.Incoming, o outcome) error {
	if t.Technician != o.had && t.Technician != in.Author.Technician {
		if err := d.tellAssigned(ctx, tx, t, m, in.Key); err != nil {
			return err
		}
	}
	if err := d.tellTaken(ctx, tx, t, o.had, in.Author.Technician, in.Key); err != nil {
		return err
	}
	if !o.answers && !o.resolved {
		return nil
	}
	return d.passOn(ctx, tx, t, m, in, o)
}

// Explain keeps a technician's mail whose commands were not understood as a
// note, changes nothing else, and tells him what was wrong.
func (d *Desk) Explain(ctx context.Context, n tickets.Number, in tickets.Incoming, problems []tickets.CommandProblem) (t *tickets.Ticket, err error) {
	in.Internal = true
	err = d.take(ctx, &in.Arrival, in.Author.Trust, func(tx *store.Tx, sha []byte) (tickets.Fate, tickets.Number, error) {
		if t, err = tx.LockTicket(ctx, n); err != nil {
			return "", 0, err
		}
		m := newMessage(&in, tickets.KindNote, t.Number, sha)
		if err := tx.InsertMessage(ctx, m); err != nil {
			return "", 0, err
		}
		if err := tx.AddEvents(ctx, t.Number, tickets.Event{Actor: in.Author.Technician, Kind: tickets.EventNote,
			Detail: "commands were not understood, nothing was done", Cause: in.Key}); err != nil {
			return "", 0, err
		}
		return tickets.FateNoted, t.Number, d.notice(ctx, tx, tickets.NoticeCommand, t, m, in.Author.Technician, in.Key, problems)
	})
	return t, err
}

// Unverified keeps a mail that claims to be a technician's and could not be
// believed: it does nothing and goes to nobody, and the technician is told at
// the address we know.
func (d *Desk) Unverified(ctx context.Context, n tickets.Number, in tickets.Incoming) (t *tickets.Ticket, err error) {
	in.Internal = true
	err = d.take(ctx, &in.Arrival, in.Author.Trust, func(tx *store.Tx, sha []byte) (tickets.Fate, tickets.Number, error) {
		if t, err = tx.LockTicket(ctx, n); err != nil {
			return "", 0, err
		}
		m := newMessage(&in, tickets.KindNote, t.Number, sha)
		m.Technician = "" // nobody knows who wrote it
		if err := tx.InsertMessage(ctx, m); err != nil {
			return "", 0, err
		}
		if err := tx.AddEvents(ctx, t.Number, tickets.Event{Actor: in.Author.Address, Kind: tickets.EventNote,
			Detail: "claims to be " + in.Author.Technician + " and was not believed, nothing was done", Cause: in.Key}); err != nil {
			return "", 0, err
		}
		if ok, err := mayTellUnverified(ctx, tx, in.Author.Technician); err != nil || !ok {
			return tickets.FateNoted, t.Number, err
		}
		return tickets.FateNoted, t.Number, d.notice(ctx, tx, tickets.NoticeUnverified, t, m, in.Author.Technician, in.Key, nil)
	})
	return t, err
}

// unverifiedPerHour is how often a technician is told within an hour that a mail in
// her name was not believed. Whoever forges her address could bury her in them; each
// mail stands in its ticket all the same.
const unverifiedPerHour = 5

func mayTellUnverified(ctx context.Context, tx *store.Tx, technician string) (bool, error) {
	for i := range unverifiedPerHour {
		first, err := tx.Once(ctx, fmt.Sprintf("unverified %s %d", technician, i), tx.Now.Add(-time.Hour))
		if err != nil || first {
			return first, err
		}
	}
	return false, nil
}
