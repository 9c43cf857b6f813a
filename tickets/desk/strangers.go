package desk

import (
	"context"
	"time"

	"respon/tickets"
	"respon/tickets/store"
)

// Bounds on letters to people of whom nobody knows that they wrote, so that
// forged senders cannot make us flood anybody.
const (
	perDomainHour = 20
	perHour       = 200
)

// mayMeet says whether a sender is a stranger, and whether she may have one more
// letter. A stranger is somebody of whom nobody knows that she is who she says:
// neither a token nor a server speaks for her, the catalogue does not know her, and
// she never confirmed her address.
func (d *Desk) mayMeet(ctx context.Context, tx *store.Tx, a *tickets.Author) (stranger, ok bool, err error) {
	if a.Trust == tickets.Verified || a.Technician != "" || d.Catalogue().EntityOf(a.Address) != nil {
		return false, true, nil
	}
	if confirmed, err := tx.Confirmed(ctx, a.Address); err != nil || confirmed {
		return false, err == nil, err
	}
	ok, err = d.strangersLeft(ctx, tx, a.Address)
	return true, ok, err
}

// strangersLeft reports whether one more letter may go to a stranger at this
// address within the hour.
func (d *Desk) strangersLeft(ctx context.Context, tx *store.Tx, address string) (bool, error) {
	there, all, err := tx.StrangersSince(ctx, tickets.DomainOf(address), tx.Now.Add(-time.Hour))
	if err == nil && (there >= perDomainHour || all >= perHour) {
		d.Log.Warn("letters to strangers limited")
		return false, nil
	}
	return err == nil, err
}

// mayWrite says whether a letter that asks or refuses may go to a sender who is
// not known to be who she says: one of a kind to an address in 24 hours, few to a domain,
// not many in all; and never to a suspect or to what is not to be answered, save
// the question whether it was she.
func (d *Desk) mayWrite(ctx context.Context, tx *store.Tx, in *tickets.Incoming, kind tickets.LetterKind) (bool, error) {
	to := in.Author.Address
	if (in.Author.Trust == tickets.Suspect || in.Silent != "") && kind != tickets.LetterConfirm || !tickets.PlainAddress(to) {
		return false, nil
	}
	since := tx.Now.Add(-24 * time.Hour)
	if kind == tickets.LetterConfirm {
		// A letter that was answered is used up: without another one nobody would
		// hear of the next mail that is held.
		at, err := tx.ConfirmedAt(ctx, to)
		if err != nil {
			return false, err
		}
		if at.After(since) {
			since = at
		}
	}
	n, err := tx.LettersSince(ctx, kind, to, since)
	if err != nil || n > 0 {
		return false, err
	}
	return d.strangersLeft(ctx, tx, to)
}
