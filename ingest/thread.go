package ingest

import (
	"context"
	"errors"

	"respon/tickets"
	"respon/tickets/store"
	"respon/tickets/token"
)

// place is the ticket a mail belongs to, and by what right.
type place struct {
	ticket tickets.Number // 0: none
	why    string
	// internal: the sender has no part in the ticket that a token of it led to.
	internal bool
	// quoted are tickets that were named without a right to them.
	quoted []tickets.Number
}

// thread finds the ticket that a mail belongs to: by the token in the address
// written to, by a signed Message-ID of ours, by a Message-ID of the ticket's
// own, by the number in the subject. The last two count only for those who take
// part in it and for colleagues of the requester; a suspect joins by a token
// alone.
func (in *Intake) thread(ctx context.Context, tx *store.Tx, m *Message, s *sender) (place, error) {
	if s.hasReply {
		p, err := in.byToken(ctx, tx, s, s.reply, "token in the address")
		if err != nil || p.ticket != 0 {
			return p, err
		}
	}
	if s.Trust != tickets.Suspect {
		for _, t := range s.signed {
			p, err := in.byToken(ctx, tx, s, t, "answers a mail of ours")
			if err != nil || p.ticket != 0 {
				return p, err
			}
		}
	}
	var quoted []tickets.Number
	numbers, err := in.named(ctx, tx, m)
	if err != nil {
		return place{}, err
	}
	for _, named := range numbers {
		joins, err := in.belongs(ctx, tx, s, named.number)
		switch {
		case errors.Is(err, store.ErrNotFound):
		case err != nil:
			return place{}, err
		case joins && s.Trust != tickets.Suspect:
			return place{ticket: named.number, why: named.why}, nil
		default:
			quoted = append(quoted, named.number)
		}
	}
	return place{quoted: quoted}, nil
}

func (in *Intake) byToken(ctx context.Context, tx *store.Tx, s *sender, t token.Token, why string) (place, error) {
	n, err := tx.TicketByUID(ctx, t.UID)
	if errors.Is(err, store.ErrNotFound) {
		return place{}, nil
	} else if err != nil {
		return place{}, err
	}
	part, err := in.belongs(ctx, tx, s, n)
	switch {
	case err != nil:
		return place{}, err
	case t.For(s.Address):
		if !part {
			// Such as a technician of the past: her token outlives her part.
			why += " that was made for the sender, who has no part in the ticket any more"
		}
	case !part:
		why += " that was made for somebody else; the sender has no part in the ticket"
	case s.Trust == tickets.Suspect:
		// Whoever got a letter knows its token, and may write in another's name.
		why += " that was made for somebody else; the sender is suspect"
		part = false
	}
	return place{ticket: n, why: why, internal: !part}, nil
}

// naming is a ticket that a mail names.
type naming struct {
	number tickets.Number
	why    string
}

func (in *Intake) named(ctx context.Context, tx *store.Tx, m *Message) (list []naming, err error) {
	ids := answered(m)
	if m.MessageID != nil {
		// A reply that overtook this mail may have named it already.
		ids = append(ids, *m.MessageID)
	}
	numbers, err := tx.TicketsByMessageID(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, n := range numbers {
		list = append(list, naming{n, "belongs to the same thread"})
	}
	if m.Tags.Ticket != nil {
		if n, err := tickets.ParseNumber(in.Catalogue().Gateway.Prefix, *m.Tags.Ticket); err == nil {
			list = append(list, naming{n, "number in the subject"})
		}
	}
	return list, nil
}

// belongs reports whether the sender takes part in a ticket, has it as its
// technician's colleague, or writes for the requester's entity.
func (in *Intake) belongs(ctx context.Context, tx *store.Tx, s *sender, n tickets.Number) (bool, error) {
	t, err := tx.Ticket(ctx, n)
	if err != nil {
		return false, err
	}
	if s.Address == "" {
		return false, nil
	}
	if s.Technician != "" || t.TakesPart(s.Address) {
		return true, nil
	}
	entity := in.Catalogue().EntityOf(s.Address)
	return entity != nil && entity.Name == t.Requester.Entity, nil
}

// bounceTicket finds the ticket of the letter that a bounce speaks of: by the
// Message-ID it returns, which only we can have made, or by the token of the
// envelope sender it came to.
func (in *Intake) bounceTicket(ctx context.Context, tx *store.Tx, m *Message) (tickets.Number, error) {
	var uids []string
	if m.Bounce != nil && m.Bounce.OriginalMessageID != nil {
		if t, err := in.Signer.OpenMessageID(*m.Bounce.OriginalMessageID); err == nil {
			uids = append(uids, t.UID)
		}
	}
	if t, ok := in.bounceToken(m); ok {
		uids = append(uids, t.UID)
	}
	for _, uid := range uids {
		n, err := tx.TicketByUID(ctx, uid)
		if !errors.Is(err, store.ErrNotFound) {
			return n, err
		}
	}
	return 0, nil
}
