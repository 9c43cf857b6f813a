package desk

import (
	"context"
	"strings"

	"respon/tickets"
	"respon/tickets/store"
)

// noteRefused keeps in the audit trail which attachments were not taken. The mail
// itself is kept whole.
func noteRefused(ctx context.Context, tx *store.Tx, t *tickets.Ticket, in *tickets.Incoming) error {
	if len(in.Refused) == 0 {
		return nil
	}
	return tx.AddEvents(ctx, t.Number, tickets.Event{Actor: tickets.Respon, Kind: tickets.EventNote,
		Detail: "attachments not taken: " + strings.Join(in.Refused, ", "), Cause: in.Key})
}

// tellRefused tells whoever wrote, a technician too, which of her attachments were
// not taken.
func (d *Desk) tellRefused(ctx context.Context, tx *store.Tx, t *tickets.Ticket, m *tickets.Message, in *tickets.Incoming) error {
	if err := noteRefused(ctx, tx, t, in); err != nil || len(in.Refused) == 0 || in.Silent != "" {
		return err
	}
	if ok, err := d.mayAnswer(ctx, tx, t, in.Author.Address, in.Key); err != nil || !ok {
		return err
	}
	to := in.Author.Person
	if tech := d.Catalogue().TechnicianByID(in.Author.Technician); tech != nil {
		to = tech.Person()
	}
	l := tickets.Letter{Kind: tickets.LetterFiles, To: to, Ticket: t, About: m, Refused: in.Refused}
	return d.send(ctx, tx, inReply(l, m), "", in.Key)
}
