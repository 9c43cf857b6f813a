package desk

import (
	"context"
	"errors"
	"fmt"

	"respon/tickets"
	"respon/tickets/store"
)

const quarantineList = "quarantine list"

// ListQuarantine sends the operators the mails that could not be processed, once
// on a working day, if there is one among them that they were not told of yet.
func (d *Desk) ListQuarantine(ctx context.Context) error {
	c := d.Catalogue()
	if len(c.Operators) == 0 {
		return nil
	}
	since, due, err := d.due(ctx, c.Midnight, quarantineList)
	if err != nil || !due[quarantineList] {
		return err
	}
	err = d.Store.Tx(ctx, func(tx *store.Tx) error {
		if first, err := tx.Once(ctx, quarantineList, since); err != nil || !first {
			return err
		}
		list, err := tx.QuarantineList(ctx)
		if err != nil || len(list) == 0 {
			return err
		}
		// The ids only grow: who was told of the last one was told of all.
		newest := fmt.Sprintf("%s to %d", quarantineList, list[len(list)-1].ID)
		told, err := tx.Done(ctx, newest, tx.Now.AddDate(-1, 0, 0))
		if err != nil || told {
			return err
		}
		if _, err := tx.Once(ctx, newest, tx.Now); err != nil {
			return err
		}
		uid, err := d.NewUID()
		if err != nil {
			return err
		}
		for _, address := range c.Operators {
			l := tickets.Letter{Kind: tickets.NoticeQuarantine, To: named(c, address), Quarantined: list, Token: uid}
			if err := d.send(ctx, tx, l, "", "schedule: "+quarantineList); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil && d.Wake != nil {
		d.Wake()
	}
	return err
}

// Quarantined looks for what decisions name: one that names a mail which is not in
// quarantine is Gone.
func (d *Desk) Quarantined(ctx context.Context, list []tickets.Decision) (gone bool, err error) {
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		gone = false
		for i := range list {
			_, err := tx.Quarantined(ctx, list[i].ID)
			if list[i].Gone = errors.Is(err, store.ErrNotFound); list[i].Gone {
				gone = true
			} else if err != nil {
				return err
			}
		}
		return nil
	})
	return gone, err
}

// Decided gives up what an operator's mail wants given up, unless one of its
// decisions is Gone, and tells him what became of all. An empty list is a mail
// that could not be understood.
func (d *Desk) Decided(ctx context.Context, in tickets.Incoming, list []tickets.Decision) error {
	return d.take(ctx, &in.Arrival, in.Author.Trust, func(tx *store.Tx, _ []byte) (tickets.Fate, tickets.Number, error) {
		gone := false
		for _, one := range list {
			gone = gone || one.Gone
		}
		for i := range list {
			if !list[i].Drop || gone {
				continue
			}
			if err := tx.DropQuarantined(ctx, list[i].ID); errors.Is(err, store.ErrNotFound) {
				list[i].Gone = true // by somebody else, since we looked
			} else if err != nil {
				return "", 0, err
			}
		}
		d.Log.Info("quarantine decided", "operator", in.Author.Address, "mails", len(list), "done", !gone)
		uid, err := d.NewUID()
		if err != nil {
			return "", 0, err
		}
		l := tickets.Letter{Kind: tickets.NoticeDecided, To: named(d.Catalogue(), in.Author.Address), Decisions: list, Token: uid}
		return tickets.FateNoted, 0, d.send(ctx, tx, inReply(l, &tickets.Message{MessageID: in.MessageID, References: in.References}), "", in.Key)
	})
}
