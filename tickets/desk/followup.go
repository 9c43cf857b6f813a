package desk

import (
	"context"

	"respon/tickets"
	"respon/tickets/store"
)

// FollowUp adds what somebody wrote to a ticket she takes part in, opens the
// ticket again where that is called for, and tells the technician. A ticket
// that was closed too long ago is left alone: a new one is opened and linked.
// in.Internal keeps the message among technicians and the ticket as it is. It
// returns the ticket that took the mail, or store.ErrSeen.
func (d *Desk) FollowUp(ctx context.Context, n tickets.Number, in tickets.Incoming) (t *tickets.Ticket, err error) {
	fresh := false
	err = d.take(ctx, &in.Arrival, in.Author.Trust, func(tx *store.Tx, sha []byte) (tickets.Fate, tickets.Number, error) {
		if t, err = tx.LockTicket(ctx, n); err != nil {
			return "", 0, err
		}
		if err := keepApart(ctx, tx, t, n, &in); err != nil {
			return "", 0, err
		}
		own, err := apart(ctx, tx, t, n, in.Author.Address)
		if err != nil {
			return "", 0, err
		}
		if in.Courtesy && !in.Internal && !t.Status.Pending() {
			return tickets.FateJoined, t.Number, d.joinThanks(ctx, tx, t, &in, sha)
		}
		status, takes := t.Reopens(tx.Now, d.Catalogue().Life.ReopenWindow)
		if fresh = !takes && !in.Internal; fresh {
			in.Hints = inherit(t, in.Hints)
			if t, err = d.open(ctx, tx, &in, sha, t.Number); err != nil {
				return "", 0, err
			}
			return tickets.FateOpened, t.Number, nil
		}
		if in.Internal {
			if own != nil && takes && !in.Courtesy {
				if err := d.reopenFor(ctx, tx, t, &in, status); err != nil {
					return "", 0, err
				}
			}
			return tickets.FateNoted, t.Number, d.joinInternal(ctx, tx, t, &in, sha)
		}
		return tickets.FateJoined, t.Number, d.join(ctx, tx, t, &in, sha, status)
	})
	if err != nil {
		return nil, err
	}
	verb := "mail joined"
	if fresh {
		verb = "ticket opened"
	}
	d.Log.Info(verb, "ticket", t.Number, "mailbox", in.Mailbox, "uid", in.UID)
	return t, nil
}

// keepApart keeps among technicians what somebody writes to a ticket that was merged
// into one of people who know nothing of it. That she is a colleague of theirs is no
// matter: she wrote to others.
func keepApart(ctx context.Context, tx *store.Tx, t *tickets.Ticket, n tickets.Number, in *tickets.Incoming) error {
	if t.Number == n || in.Internal || t.TakesPart(in.Author.Address) {
		return nil
	}
	old, err := tx.Ticket(ctx, n)
	if err != nil {
		return err
	}
	if !decides(t, in.Author.Person) || !t.TakesPart(old.Requester.Address) {
		in.Internal, in.Why = true, in.Why+"; her ticket was merged into this one"
	}
	return nil
}

// apart gives the ticket that somebody means as it is, if it was merged into one that
// she takes no part in and she does in hers; nil otherwise.
func apart(ctx context.Context, tx *store.Tx, t *tickets.Ticket, n tickets.Number, address string) (*tickets.Ticket, error) {
	if t.Number == n || t.TakesPart(address) {
		return nil, nil
	}
	own, err := tx.Ticket(ctx, n)
	if err != nil || !own.TakesPart(address) {
		return nil, err
	}
	return own, nil
}

// reopenFor opens a ticket again for somebody whose own was merged into it. Her letter
// promised that; the others learn nothing but that it is open.
func (d *Desk) reopenFor(ctx context.Context, tx *store.Tx, t *tickets.Ticket, in *tickets.Incoming, status tickets.Status) error {
	ch := changes{tx: tx, c: d.Catalogue(), actor: actor(in.Author), cause: in.Key}
	if !ch.status(t, status) {
		return nil
	}
	if err := tx.SaveTicket(ctx, t); err != nil {
		return err
	}
	return tx.AddEvents(ctx, t.Number, ch.events...)
}

// inherit lets a follow-up ticket know what the old one knew, unless the mail
// says something else.
func inherit(t *tickets.Ticket, h tickets.Hints) tickets.Hints {
	if h.Type == "" && t.TypeKnown {
		h.Type = t.Type
	}
	if h.Category == "" {
		h.Category = t.Category
	}
	return h
}

func (d *Desk) join(ctx context.Context, tx *store.Tx, t *tickets.Ticket, in *tickets.Incoming, sha []byte, status tickets.Status) error {
	m := newMessage(in, tickets.KindReply, t.Number, sha)
	if in.Form.Only {
		m.Kind = tickets.KindForm
	}
	if err := tx.InsertMessage(ctx, m); err != nil {
		return err
	}
	if err := d.addCopied(ctx, tx, t, m, in); err != nil {
		return err
	}
	if err := d.tellRefused(ctx, tx, t, m, in); err != nil {
		return err
	}
	who := actor(in.Author)
	events := []tickets.Event{{Actor: who, Kind: tickets.EventJoined, Detail: in.Why, Cause: in.Key}}
	if old := t.Status; t.SetStatus(status, tx.Now) {
		t.SetDue(d.Catalogue())
		events = append(events, tickets.Event{Actor: who, Kind: tickets.EventStatus,
			Detail: string(old) + " → " + string(status) + ": the requester wrote", Cause: in.Key})
	}
	said := changes{tx: tx, c: d.Catalogue(), actor: who, cause: in.Key}
	said.hints(t, in.Hints)
	had := t.Technician
	moved, err := said.reassign(ctx, t)
	if err != nil {
		return err
	}
	if err := tx.SaveTicket(ctx, t); err != nil {
		return err
	}
	if err := tx.AddEvents(ctx, t.Number, append(events, said.events...)...); err != nil {
		return err
	}
	if in.Hints.Category != "" || in.Hints.Type != "" {
		if err := d.attachLater(ctx, tx, t, in.Key); err != nil {
			return err
		}
	}
	// A form that says what was known is an older one, quoted along.
	if in.Form.Filled && len(said.events) > 0 || in.Form.Unclear || in.Form.Unknown {
		if err := d.tellForm(ctx, tx, t, m, in); err != nil {
			return err
		}
	}
	if moved {
		if err := d.tellTaken(ctx, tx, t, had, in.Author.Technician, in.Key); err != nil {
			return err
		}
		return d.tellAssigned(ctx, tx, t, m, in.Key)
	}
	return d.tellFollowUp(ctx, tx, t, m, in.Key)
}

// joinThanks keeps a mail that only says thanks for what is over. Nobody needs
// to be told.
func (d *Desk) joinThanks(ctx context.Context, tx *store.Tx, t *tickets.Ticket, in *tickets.Incoming, sha []byte) error {
	if err := tx.InsertMessage(ctx, newMessage(in, tickets.KindReply, t.Number, sha)); err != nil {
		return err
	}
	if err := tx.AddEvents(ctx, t.Number, tickets.Event{Actor: actor(in.Author), Kind: tickets.EventJoined,
		Detail: "only thanks: " + in.Why, Cause: in.Key}); err != nil {
		return err
	}
	return tx.SaveTicket(ctx, t)
}

// joinInternal keeps a mail that reached the ticket from somebody who has no
// part in it. Nothing else changes: an outsider must not open a ticket again.
func (d *Desk) joinInternal(ctx context.Context, tx *store.Tx, t *tickets.Ticket, in *tickets.Incoming, sha []byte) error {
	m := newMessage(in, tickets.KindReply, t.Number, sha)
	if err := tx.InsertMessage(ctx, m); err != nil {
		return err
	}
	if err := tx.AddEvents(ctx, t.Number, tickets.Event{Actor: actor(in.Author), Kind: tickets.EventJoined,
		Detail: "kept internal: " + in.Why, Cause: in.Key}); err != nil {
		return err
	}
	if err := tx.SaveTicket(ctx, t); err != nil {
		return err
	}
	return d.tellFollowUp(ctx, tx, t, m, in.Key)
}
