package desk

import (
	"context"

	"respon/tickets"
	"respon/tickets/store"
)

// tellForm confirms to a person what her filled-in form changed, with the
// priority and why it is so. What was not clear is asked once more.
func (d *Desk) tellForm(ctx context.Context, tx *store.Tx, t *tickets.Ticket, m *tickets.Message, in *tickets.Incoming) error {
	if in.Silent != "" {
		return nil
	}
	if ok, err := d.mayAnswer(ctx, tx, t, in.Author.Address, in.Key); err != nil || !ok {
		return err
	}
	l := tickets.Letter{Kind: tickets.LetterForm, To: in.Author.Person, Ticket: t, About: m, Form: in.Form, Known: t.Parent() != 0}
	if in.Form.Unclear || in.Form.Unknown {
		asked, err := tx.CountMessages(ctx, t.Number, tickets.Out, tickets.KindForm)
		if err != nil {
			return err
		}
		if asked == 0 {
			l.Asks = t.Missing()
		}
	}
	return d.send(ctx, tx, inReply(l, m), tickets.KindForm, in.Key)
}
