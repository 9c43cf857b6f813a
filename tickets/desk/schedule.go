package desk

import (
	"context"
	"time"

	"respon/tickets/store"
)

// How long things are kept that wait for somebody, or that nobody can use any
// more.
const (
	heldFor    = 7 * 24 * time.Hour
	sessionFor = 7 * 24 * time.Hour // as long as a session can last
)

// ExpireHeld ends the waiting for a confirmation that did not come within a
// week. The log names each mail; its bytes stay.
func (d *Desk) ExpireHeld(ctx context.Context) error {
	var gone []store.Held
	err := d.Store.Tx(ctx, func(tx *store.Tx) (err error) {
		gone, err = tx.ExpireHeld(ctx, tx.Now.Add(-heldFor))
		return err
	})
	if err != nil {
		return err
	}
	for _, h := range gone {
		d.Log.Info("held mail expired: its sender did not confirm within a week", "mail", h.UID, "received", h.ReceivedAt)
	}
	return nil
}

// SweepSessions removes sessions and sign-in links that are over.
func (d *Desk) SweepSessions(ctx context.Context) error {
	return d.Store.Tx(ctx, func(tx *store.Tx) error { return tx.SweepSessions(ctx, tx.Now.Add(-sessionFor)) })
}
