package ingest

import (
	"context"
	"errors"

	"respon/tickets"
	"respon/tickets/store"
	"respon/tickets/token"
)

// decides reads what an operator's mail decides about quarantined mails. It counts
// only from an address that the configuration names, and only if it is sure that
// the mail is from there: by the token of a list that was sent to it, or by the
// word of the mail's server.
// ok is false for a mail that is about something else.
func (in *Intake) decides(m *Message, s *sender) (list []tickets.Decision, ok bool) {
	if m.Kind != KindNew && m.Kind != KindReply || !m.FromExact || s.Trust == tickets.Suspect || !in.Catalogue().Operator(s.Address) {
		return nil, false
	}
	answers := in.holdsList(m, s)
	if s.Trust != tickets.Verified && !answers {
		return nil, false
	}
	list = tickets.ParseDecisions(m.Reply)
	return list, answers || len(list) > 0
}

// holdsList reports whether a mail goes to the address that a list of quarantined
// mails gave its reader.
func (in *Intake) holdsList(m *Message, s *sender) bool {
	for _, field := range recipientFields {
		for _, a := range m.Recipients(field) {
			if t, err := in.Signer.Open(token.Decide, in.Catalogue().TokenIn(a)); err == nil && t.For(s.Address) {
				return true
			}
		}
	}
	return false
}

// decide does what an operator decided: all of it, or nothing if one of the mails
// is not in quarantine.
func (in *Intake) decide(ctx context.Context, inc tickets.Incoming, list []tickets.Decision) error {
	gone, err := in.Desk.Quarantined(ctx, list)
	if err != nil {
		return err
	}
	for i := range list {
		if gone || list[i].Drop {
			continue
		}
		fate, err := in.Retake(ctx, list[i].ID)
		if errors.Is(err, store.ErrNotFound) {
			list[i].Gone = true // somebody else was quicker
		} else if err != nil {
			return err
		}
		list[i].Fate = fate
	}
	return in.Desk.Decided(ctx, inc, list)
}
