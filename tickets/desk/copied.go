package desk

import (
	"context"
	"strings"

	"respon/tickets"
	"respon/tickets/store"
)

// maxCopied is how many people may be copied in on a ticket.
const maxCopied = 10

// addCopied lets the people whom a mail was copied to take part from now on. Only
// the requester and her colleagues add anybody, and only if it is sure that
// they wrote. Whoever is added sees nothing that came before the mail.
func (d *Desk) addCopied(ctx context.Context, tx *store.Tx, t *tickets.Ticket, m *tickets.Message, in *tickets.Incoming) error {
	if in.Author.Trust != tickets.Verified || in.Author.Technician != "" || m.Internal || !decides(t, in.Author.Person) {
		return nil
	}
	for _, p := range in.Copied {
		if t.TakesPart(p.Address) {
			continue
		}
		if len(t.Copied()) >= maxCopied {
			return tx.AddEvents(ctx, t.Number, tickets.Event{Actor: tickets.Respon, Kind: tickets.EventParticipant,
				Detail: "nobody else is added: too many take part", Cause: in.Key})
		}
		if err := d.addParticipant(ctx, tx, t, p, m.ID, actor(in.Author), in.Key); err != nil {
			return err
		}
	}
	return nil
}

// addParticipant lets somebody take part in a ticket, from the message with the
// id since on.
func (d *Desk) addParticipant(ctx context.Context, tx *store.Tx, t *tickets.Ticket, p tickets.Person, since int64, actor, cause string) error {
	part := tickets.Participant{Name: p.Name, Address: tickets.NormalAddress(p.Address), Role: tickets.RoleCc, Since: since}
	if err := tx.AddParticipant(ctx, t.Number, part); err != nil {
		return err
	}
	t.Participants = append(t.Participants, part)
	return tx.AddEvents(ctx, t.Number, tickets.Event{Actor: actor, Kind: tickets.EventParticipant,
		Detail: part.Address + " added", Cause: cause})
}

// decides reports whether somebody may bring others into a ticket, close it or open
// it again: its requester may, and her colleagues.
func decides(t *tickets.Ticket, p tickets.Person) bool {
	return strings.EqualFold(t.Requester.Address, p.Address) || p.Entity != "" && p.Entity == t.Requester.Entity
}

// toAll addresses a letter to the requester, with those copied in who can be
// written to. It is in the requester's language.
func (d *Desk) toAll(l tickets.Letter, t *tickets.Ticket) tickets.Letter {
	l.To = t.Requester
	for _, p := range t.Copied() {
		if tickets.PlainAddress(p.Address) {
			l.Cc = append(l.Cc, tickets.Person{Name: p.Name, Address: p.Address})
		}
	}
	return l
}
