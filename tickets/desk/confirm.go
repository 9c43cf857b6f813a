package desk

import (
	"context"
	"errors"
	"time"

	"respon/tickets"
	"respon/tickets/store"
)

// Hold keeps a mail until its sender has confirmed the address, and asks for
// that: at most once a day, with none of the mail's own words.
func (d *Desk) Hold(ctx context.Context, in tickets.Incoming) error {
	uid, err := d.NewUID()
	if err != nil {
		return err
	}
	// A copy of what is held is held no better: the letter that went out names the first.
	err = d.takeOf(ctx, &in.Arrival, in.Author.Trust, false, func(tx *store.Tx, sha []byte) (tickets.Fate, tickets.Number, error) {
		if err := tx.Hold(ctx, uid, in.Author.Address, &in.Arrival, sha); err != nil {
			return "", 0, err
		}
		ok, err := d.mayWrite(ctx, tx, &in, tickets.LetterConfirm)
		if err != nil || !ok {
			return tickets.FateHeld, 0, err
		}
		l := tickets.Letter{Kind: tickets.LetterConfirm, To: in.Author.Person, Token: uid, Stranger: true}
		l = inReply(l, &tickets.Message{MessageID: in.MessageID})
		return tickets.FateHeld, 0, d.send(ctx, tx, l, "", in.Key)
	})
	if err == nil {
		d.Log.Info("mail held until its sender confirms", "mailbox", in.Mailbox, "uid", in.UID)
	}
	return err
}

// askHeld asks people of listed entities about mails that are held for them and that
// no letter told them of, since too many went out within the hour. Nobody would hear of
// such a mail otherwise. Of strangers and suspects it asks none: whoever forged
// thousands of senders would only have to wait.
func (d *Desk) askHeld(ctx context.Context) error {
	var list []store.Held
	err := d.Store.View(ctx, func(tx *store.Tx) (err error) {
		list, err = tx.Unasked(ctx, tx.Now.Add(-heldFor-24*time.Hour))
		return err
	})
	errs := []error{err}
	for _, h := range list {
		if d.Catalogue().EntityOf(h.Address) == nil {
			continue
		}
		errs = append(errs, d.Store.Tx(ctx, func(tx *store.Tx) error {
			if _, err := tx.HeldMail(ctx, h.UID); errors.Is(err, store.ErrNotFound) {
				return nil // released meanwhile
			} else if err != nil {
				return err
			}
			p, err := d.person(ctx, tx, "", h.Address)
			if err != nil {
				return err
			}
			in := tickets.Incoming{Author: tickets.Author{Person: p, Trust: tickets.Claimed}}
			ok, err := d.mayWrite(ctx, tx, &in, tickets.LetterConfirm)
			if err != nil || !ok {
				return err
			}
			return d.send(ctx, tx, tickets.Letter{Kind: tickets.LetterConfirm, To: p, Token: h.UID, Stranger: true}, "", "schedule: ask about held mails")
		}))
	}
	return errors.Join(errs...)
}

// HeldMail is a mail that was held, with its bytes.
type HeldMail struct {
	store.Held
	Raw []byte
}

// HeldMails gives what is held for the sender of the held mail uid, oldest
// first, or store.ErrNotFound. Nothing changes: the caller opens each one.
func (d *Desk) HeldMails(ctx context.Context, uid string) (list []HeldMail, err error) {
	err = d.Store.Tx(ctx, func(tx *store.Tx) error {
		list = nil
		h, err := tx.HeldMail(ctx, uid)
		if err != nil {
			return err
		}
		list, err = held(ctx, tx, h.Address)
		return err
	})
	return list, err
}

// HeldFor gives what is held for an address that its owner has confirmed, oldest
// first. The caller opens each one.
func (d *Desk) HeldFor(ctx context.Context, address string) (list []HeldMail, err error) {
	err = d.Store.Tx(ctx, func(tx *store.Tx) error {
		list, err = held(ctx, tx, address)
		return err
	})
	return list, err
}

func held(ctx context.Context, tx *store.Tx, address string) (list []HeldMail, err error) {
	rows, err := tx.Confirm(ctx, address)
	if err != nil {
		return nil, err
	}
	for _, h := range rows {
		raw, err := tx.Raw(ctx, h.RawSHA)
		if err != nil {
			return nil, err
		}
		list = append(list, HeldMail{Held: h, Raw: raw})
	}
	return list, nil
}

// Release opens a mail that was held: it becomes the ticket that it would have
// been, with its original time, or its question is answered. It gives the ticket, 0
// for a question.
func (d *Desk) Release(ctx context.Context, h store.Held, in tickets.Incoming) (n tickets.Number, err error) {
	err = d.Store.Tx(ctx, func(tx *store.Tx) error {
		n = 0
		if err := tx.Unhold(ctx, h); err != nil {
			return err
		}
		if in.Ask.Kind != "" {
			fate, about, err := d.asked(ctx, tx, &in, h.RawSHA)
			if err != nil {
				return err
			}
			return tx.Note(ctx, &in.Arrival, fate, about, in.Author.Trust, h.RawSHA)
		}
		t, err := d.open(ctx, tx, &in, h.RawSHA, 0)
		if err != nil {
			return err
		}
		n = t.Number
		return tx.Note(ctx, &in.Arrival, tickets.FateOpened, n, in.Author.Trust, h.RawSHA)
	})
	if err == nil && d.Wake != nil {
		d.Wake()
	}
	return n, err
}

// Confirm notes the mail by which somebody confirmed an address.
func (d *Desk) Confirm(ctx context.Context, in tickets.Incoming) error {
	return d.take(ctx, &in.Arrival, in.Author.Trust, func(*store.Tx, []byte) (tickets.Fate, tickets.Number, error) {
		return tickets.FateConfirmed, 0, nil
	})
}
