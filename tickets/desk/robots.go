package desk

import (
	"context"
	"errors"
	"fmt"

	"respon/tickets"
	"respon/tickets/store"
)

// Robot is a mail that no person wrote.
type Robot struct {
	tickets.Incoming
	Kind   tickets.MessageKind // bounce, auto_reply; "" for all others
	Ticket tickets.Number      // 0 if it belongs to none
	// Recipient and Failure say what a bounce reports.
	Recipient string
	Failure   string
	// Final is false for a report that delivery is only delayed.
	Final bool
	// Bounced is the Message-ID of the mail that came back.
	Bounced string
	// Away is when a technician is absent, by his out-of-office answer; nil for
	// all others.
	Away *tickets.Absence
}

// Robot keeps a robot's mail and notes it on its ticket, if it has one. It is
// never answered and never opens a ticket. A bounce is told to the technician,
// unless it is a notice to herself that came back.
func (d *Desk) Robot(ctx context.Context, r Robot) error {
	r.Internal = true // an automatic mail to a token's address is never shown to requesters
	err := d.take(ctx, &r.Arrival, r.Author.Trust, func(tx *store.Tx, sha []byte) (tickets.Fate, tickets.Number, error) {
		if r.Away != nil {
			if _, err := d.SetAbsence(ctx, tx, *r.Away); err != nil {
				return "", 0, err
			}
		}
		if r.Ticket == 0 {
			return tickets.FateNoted, 0, nil
		}
		t, err := tx.LockTicket(ctx, r.Ticket)
		if errors.Is(err, store.ErrNotFound) {
			return tickets.FateNoted, 0, nil
		} else if err != nil {
			return "", 0, err
		}
		return tickets.FateNoted, t.Number, d.noteRobot(ctx, tx, t, &r, sha)
	})
	if err == nil {
		d.Log.Info("automatic mail noted", "ticket", r.Ticket, "mailbox", r.Mailbox, "uid", r.UID)
	}
	return err
}

func (d *Desk) noteRobot(ctx context.Context, tx *store.Tx, t *tickets.Ticket, r *Robot, sha []byte) error {
	kind, event, detail := r.Kind, tickets.EventAutoReply, "automatic mail from "+r.Author.Address
	if kind == "" {
		kind = tickets.KindAutoReply
	}
	if kind == tickets.KindBounce {
		event, detail = tickets.EventBounced, r.Recipient+": "+r.Failure
	}
	m := newMessage(&r.Incoming, kind, t.Number, sha)
	if err := tx.InsertMessage(ctx, m); err != nil {
		return err
	}
	if err := tx.AddEvents(ctx, t.Number, tickets.Event{Actor: tickets.Respon, Kind: event, Detail: detail, Cause: r.Key}); err != nil {
		return err
	}
	if kind != tickets.KindBounce || !r.Final {
		return nil
	}
	p, err := tx.PostingByMessageID(ctx, r.Bounced)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if p.Notice {
		return nil
	}
	return d.tellFailed(ctx, tx, t, r.Recipient, r.Failure, r.Key)
}

func (d *Desk) tellFailed(ctx context.Context, tx *store.Tx, t *tickets.Ticket, recipient, failure, cause string) error {
	for _, tech := range d.Catalogue().Responsible(t) {
		l := tickets.Letter{Kind: tickets.NoticeBounce, To: tech.Person(), Ticket: t, Recipient: recipient, Failure: failure}
		if err := d.send(ctx, tx, l, "", cause); err != nil {
			return err
		}
	}
	return nil
}

// LetterFailed notes, in the sender's transaction, that a mail was given up,
// and tells the technician once. A notice that fails causes no other.
func (d *Desk) LetterFailed(ctx context.Context, tx *store.Tx, p *store.Posting, failure string) error {
	if p.Ticket == 0 {
		return nil
	}
	t, err := tx.LockTicket(ctx, p.Ticket)
	if err != nil {
		return err
	}
	cause := fmt.Sprintf("outbox %d", p.ID)
	if err := tx.AddEvents(ctx, t.Number, tickets.Event{Actor: tickets.Respon, Kind: tickets.EventLetterFailed,
		Detail: fmt.Sprintf("%s to %s: %s", p.Kind, p.Recipient, failure), Cause: cause}); err != nil {
		return err
	}
	if p.Notice {
		return nil
	}
	return d.tellFailed(ctx, tx, t, p.Recipient, failure, cause)
}

// Quarantine keeps a mail that could not be processed whole, with the cause.
func (d *Desk) Quarantine(ctx context.Context, a tickets.Arrival, from, subject, cause string) error {
	seen := false
	err := d.Store.Tx(ctx, func(tx *store.Tx) (err error) {
		seen = false
		if err := tx.Unquarantine(ctx, &a); err != nil {
			return err
		}
		if _, seen, err = tx.Seen(ctx, a.Key); err != nil || !seen {
			if err == nil {
				err = tx.Quarantine(ctx, &a, from, subject, cause)
			}
			return err
		}
		if err = tx.Note(ctx, &a, tickets.FateDuplicate, 0, "", nil); errors.Is(err, store.ErrSeen) {
			err = nil
		}
		return err
	})
	if err == nil && seen {
		return store.ErrSeen
	}
	if err == nil {
		d.Log.Error("mail quarantined", "mailbox", a.Mailbox, "uid", a.UID, "err", cause)
	}
	return err
}

// Refuse keeps note of a mail that is not taken and says so once in a kind
// letter: too_big or refusal. A robot, a suspect or somebody who was written to
// enough gets none (mayWrite).
func (d *Desk) Refuse(ctx context.Context, in tickets.Incoming, kind tickets.LetterKind) error {
	return d.take(ctx, &in.Arrival, in.Author.Trust, func(tx *store.Tx, _ []byte) (tickets.Fate, tickets.Number, error) {
		ok, err := d.mayWrite(ctx, tx, &in, kind)
		if err != nil || !ok {
			return tickets.FateRefused, 0, err
		}
		l := tickets.Letter{Kind: kind, To: in.Author.Person, MaxSize: d.Catalogue().MaxSize, Stranger: true}
		// Threading shows nothing of the mail but that it came.
		l = inReply(l, &tickets.Message{MessageID: in.MessageID})
		return tickets.FateRefused, 0, d.send(ctx, tx, l, "", in.Key)
	})
}
