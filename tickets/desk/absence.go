package desk

import (
	"context"

	"respon/tickets"
	"respon/tickets/store"
)

// SetAbsence keeps when a technician is away: he gets no new tickets on these
// days, and the schedule gives his urgent ones to others when they begin. The
// id is what CancelAbsence of the transaction takes it back by; 0 if nothing
// was written.
func (d *Desk) SetAbsence(ctx context.Context, tx *store.Tx, a tickets.Absence) (id int64, err error) {
	if id, err = tx.SetAbsence(ctx, a); err == nil && id != 0 {
		d.Log.Info("technician is away", "technician", a.Technician)
	}
	return id, err
}

// EndAbsence lets a technician be back: what he was away for is ended, or what
// he had planned, if he is here. RestoreAbsence of the transaction takes each
// back by its id. Tickets that others got meanwhile stay with them.
func (d *Desk) EndAbsence(ctx context.Context, tx *store.Tx, technician string) (ids []int64, err error) {
	ids, err = tx.EndAbsence(ctx, technician, tickets.DayOf(tx.Now, d.Catalogue().Gateway.Location))
	if err == nil && len(ids) > 0 {
		d.Log.Info("technician is back", "technician", technician)
	}
	return ids, err
}
