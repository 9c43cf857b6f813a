package desk

import (
	"context"
	"strings"

	"respon/tickets"
	"respon/tickets/store"
)

// Satisfied keeps whether a requester is content with how her ticket ended
// (in.Satisfied); the last answer counts. It opens nothing again. Words beside it
// (in.Reply), and that she is not content, are told to the technician. From
// anybody but the requester it is kept and counts for nothing.
func (d *Desk) Satisfied(ctx context.Context, n tickets.Number, in tickets.Incoming) error {
	err := d.take(ctx, &in.Arrival, in.Author.Trust, func(tx *store.Tx, sha []byte) (tickets.Fate, tickets.Number, error) {
		t, err := tx.LockTicket(ctx, n)
		if err != nil {
			return "", 0, err
		}
		if own, err := apart(ctx, tx, t, n, in.Author.Address); err != nil {
			return "", 0, err
		} else if own != nil {
			// The others' end is not hers to judge.
			if t, err = tx.LockMerged(ctx, own.Number); err != nil {
				return "", 0, err
			}
		}
		if !strings.EqualFold(t.Requester.Address, in.Author.Address) {
			if t.TakesPart(in.Author.Address) {
				return tickets.FateJoined, t.Number, d.joinThanks(ctx, tx, t, &in, sha)
			}
			in.Internal = true
			return tickets.FateNoted, t.Number, d.joinInternal(ctx, tx, t, &in, sha)
		}
		return tickets.FateJoined, t.Number, d.satisfied(ctx, tx, t, &in, sha)
	})
	if err == nil {
		d.Log.Info("satisfaction noted", "ticket", n, "mailbox", in.Mailbox, "uid", in.UID)
	}
	return err
}

func (d *Desk) satisfied(ctx context.Context, tx *store.Tx, t *tickets.Ticket, in *tickets.Incoming, sha []byte) error {
	words := in.Reply != "" && !in.Courtesy || len(in.Attachments) > 0
	m := newMessage(in, tickets.KindReply, t.Number, sha)
	if !words {
		m.Kind, m.Reply = tickets.KindForm, in.Subject
	}
	if err := tx.InsertMessage(ctx, m); err != nil {
		return err
	}
	t.Satisfied, t.SatisfiedAt = in.Satisfied, &tx.Now
	if err := tx.SaveTicket(ctx, t); err != nil {
		return err
	}
	detail := "yes"
	if !*in.Satisfied {
		detail = "no"
	}
	if err := tx.AddEvents(ctx, t.Number, tickets.Event{Actor: actor(in.Author), Kind: tickets.EventSatisfaction, Detail: detail, Cause: in.Key}); err != nil {
		return err
	}
	if !words && *in.Satisfied {
		return nil
	}
	l := followUp(t, m)
	if l.Satisfied = in.Satisfied; !words {
		l.Text = ""
	}
	return d.noticeAll(ctx, tx, l, in.Key)
}
