package ingest

import (
	"context"

	"respon/ingest/mailbox"
	"respon/tickets"
	"respon/tickets/desk"
)

// Ledger is the desk's ledger as a mailbox asks for it.
type Ledger struct{ Desk *desk.Desk }

// Settled implements mailbox.Ledger.
func (l Ledger) Settled(ctx context.Context, name string, validity uint32, uids []uint32) (map[uint32]mailbox.Verdict, error) {
	fates, err := l.Desk.Fates(ctx, name, validity, uids)
	if err != nil {
		return nil, err
	}
	verdicts := make(map[uint32]mailbox.Verdict, len(fates))
	for uid, fate := range fates {
		switch fate {
		case tickets.FateQuarantined, tickets.FateRefused:
			verdicts[uid] = mailbox.Quarantine
		case tickets.FateVanished: // it is back
		default:
			verdicts[uid] = mailbox.Done
		}
	}
	return verdicts, nil
}

// Sighted implements mailbox.Ledger.
func (l Ledger) Sighted(ctx context.Context, s mailbox.Sighting) error {
	return l.Desk.Sighted(ctx, s.Mailbox, s.UIDValidity, s.UIDNext, s.UIDs)
}

// Gone implements mailbox.Ledger.
func (l Ledger) Gone(ctx context.Context, name string, validity uint32, uids []uint32) error {
	return l.Desk.Gone(ctx, name, validity, uids)
}

var _ mailbox.Ledger = Ledger{}
