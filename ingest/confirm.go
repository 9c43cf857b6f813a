package ingest

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"respon/ingest/mailbox"
	"respon/tickets"
	"respon/tickets/desk"
	"respon/tickets/store"
	"respon/tickets/token"
)

// confirm releases what was held for a person who answered the letter that
// asked her to. If it expired before, her answer is all that is left of it: it
// opens the ticket, and a technician can ask. What she says beside that it was she
// belongs to what was released.
func (in *Intake) confirm(ctx context.Context, inc tickets.Incoming, s *sender) error {
	n, err := in.releaseOf(ctx, s.confirms.UID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	more := len(inc.Attachments) > 0 || len(strings.Fields(inc.Reply)) > askRest && !inc.Courtesy
	if err != nil {
		before := false // she answered twice, or used the link as well
		if err := in.Store.View(ctx, func(tx *store.Tx) (err error) {
			before, err = tx.Confirmed(ctx, s.Address)
			return err
		}); err != nil {
			return err
		}
		if !before || more {
			_, err := in.Desk.Open(ctx, inc)
			return err
		}
	}
	if more && n != 0 {
		inc.Why = "answers the letter that asked to confirm"
		_, err := in.Desk.FollowUp(ctx, n, inc)
		return err
	}
	return in.Desk.Confirm(ctx, inc)
}

// Release opens all mails that are held for the sender of the held mail uid,
// as the tickets that they would have been. It returns store.ErrNotFound if
// nothing is held under it (any more).
func (in *Intake) Release(ctx context.Context, uid string) error {
	_, err := in.releaseOf(ctx, uid)
	return err
}

func (in *Intake) releaseOf(ctx context.Context, uid string) (last tickets.Number, err error) {
	held, err := in.Desk.HeldMails(ctx, uid)
	if err != nil {
		return 0, err
	}
	return in.release(ctx, held)
}

// ReleaseFor opens all mails that are held for an address which its owner has
// confirmed by another way.
func (in *Intake) ReleaseFor(ctx context.Context, address string) error {
	held, err := in.Desk.HeldFor(ctx, address)
	if err != nil {
		return err
	}
	_, err = in.release(ctx, held)
	return err
}

// release opens held mails, and gives the ticket of the last one. That an address is
// confirmed does not say of each mail that its owner wrote it, since she is shown none:
// whom a mail was copied to is let in only if that is sure of the mail itself.
func (in *Intake) release(ctx context.Context, held []desk.HeldMail) (last tickets.Number, err error) {
	c := in.Catalogue()
	for _, h := range held {
		m, err := in.Parser().Parse(h.Raw)
		if err != nil {
			return 0, fmt.Errorf("held mail: %w", err)
		}
		s := &sender{}
		if m.From != nil {
			s.Person = c.Person(m.From.Name, m.From.Address)
		}
		s.Trust = tickets.Verified // its owner has just said that it is hers
		if err := in.Store.View(ctx, func(tx *store.Tx) error { return in.locale(ctx, tx, c, m, s) }); err != nil {
			return 0, err
		}
		a := tickets.Arrival{Mailbox: "held", Size: int64(len(h.Raw)), Received: h.ReceivedAt, Key: h.Key, Raw: h.Raw}
		inc := in.incoming(a, m, s, place{})
		if in.vouched(ctx, mailbox.Item{Raw: h.Raw, Received: h.ReceivedAt}, m) != authPass {
			inc.Copied = nil
		}
		n, err := in.Desk.Release(ctx, h.Held, inc)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return 0, err
		}
		if n != 0 {
			last = n
		}
	}
	return last, nil
}

// ConfirmLink releases what a link names that was sent to confirm an address.
// It returns store.ErrNotFound for a link that is not ours, or under which
// nothing is held any more.
func (in *Intake) ConfirmLink(ctx context.Context, link string) error {
	t, err := in.Signer.Open(token.Confirm, link)
	if err != nil {
		return store.ErrNotFound
	}
	return in.Release(ctx, t.UID)
}
