package desk

import (
	"context"

	"respon/tickets"
	"respon/tickets/store"
)

// Fates gives the ledger's rows of these UIDs.
func (d *Desk) Fates(ctx context.Context, mailbox string, validity uint32, uids []uint32) (fates map[uint32]tickets.Fate, err error) {
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		fates, err = tx.Fates(ctx, mailbox, validity, uids)
		return err
	})
	return fates, err
}

// Sighted keeps how far a mailbox was seen. UIDs that were given out since the
// last time and are neither there nor settled were taken away by somebody else
// before we saw them: they are counted as gaps.
func (d *Desk) Sighted(ctx context.Context, mailbox string, validity, next uint32, uids []uint32) error {
	gaps, epoch := 0, false
	err := d.Store.Tx(ctx, func(tx *store.Tx) (err error) {
		gaps, epoch, err = tx.Sighted(ctx, mailbox, validity, next, uids)
		return err
	})
	if epoch && err == nil {
		d.Log.Warn("mailbox has a new UIDVALIDITY, all of it is looked at anew", "mailbox", mailbox)
	}
	if gaps > 0 && err == nil {
		d.Log.Warn("mails were taken away by somebody else before they were seen", "mailbox", mailbox, "count", gaps)
	}
	return err
}

// Gone notes mails that somebody else took away after they were seen and before
// they were taken.
func (d *Desk) Gone(ctx context.Context, mailbox string, validity uint32, uids []uint32) error {
	d.Log.Warn("mails vanished before they were taken", "mailbox", mailbox, "count", len(uids))
	return d.Store.Tx(ctx, func(tx *store.Tx) error { return tx.Vanished(ctx, mailbox, validity, uids) })
}

// Tried counts a try to take a mail that ended badly, and gives how many there
// were.
func (d *Desk) Tried(ctx context.Context, a tickets.Arrival, cause string) (tries int, err error) {
	err = d.Store.Tx(ctx, func(tx *store.Tx) error {
		tries, err = tx.Tried(ctx, &a, cause)
		return err
	})
	return tries, err
}
