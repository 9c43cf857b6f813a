package ingest

import (
	"context"

	"respon/tickets"
	"respon/tickets/store"
	"respon/tickets/token"
)

// sender is who wrote a mail, as far as the mail can say.
type sender struct {
	tickets.Author
	// reply is the token in the address written to; valid only if hasReply.
	reply    token.Token
	hasReply bool
	// signed are our own Message-IDs that the mail answers, nearest first.
	signed []token.Token
	// confirms is the token of a letter that asked to confirm an address.
	confirms    token.Token
	hasConfirms bool
}

// recipientFields are where the address that was written to may stand. A token
// proves itself, so that it does not matter who wrote the field.
var recipientFields = [...]string{"To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To"}

// maxIDs bounds how many Message-IDs of one mail are looked at.
const maxIDs = 100

// identify finds out who wrote a mail. The address is the one From field's one
// plain address, never Reply-To or Sender; that it is true is shown by a token
// or Message-ID that only this person was sent, or by a server we trust.
func (in *Intake) identify(ctx context.Context, tx *store.Tx, m *Message) (*sender, error) {
	c := in.Catalogue()
	s := &sender{}
	if m.From != nil {
		s.Person = c.Person(m.From.Name, m.From.Address)
	}
	if tech := c.TechnicianByAddress(s.Address); tech != nil {
		s.Technician, s.Locale = tech.ID, tech.Locale
		if s.Locale == "" {
			s.Locale = c.Gateway.Locale
		}
	}
	in.openTokens(c, m, s)
	s.Trust = tickets.Claimed
	if !m.FromExact {
		s.Trust = tickets.Suspect
		return s, nil
	}
	switch authenticate(m.Header.Values("Authentication-Results"), c.TrustedAuthserv, tickets.DomainOf(s.Address),
		partialSignature(m.Header.Values("DKIM-Signature"))) {
	case authFail:
		s.Trust = tickets.Suspect
	case authPass:
		s.Trust = tickets.Verified
	default:
		holds, err := in.holdsToken(ctx, tx, m, s)
		if err != nil {
			return nil, err
		}
		if holds {
			s.Trust = tickets.Verified
		}
	}
	return s, nil
}

// openTokens reads the tokens of a mail, whoever they were made for.
func (in *Intake) openTokens(c *tickets.Catalogue, m *Message, s *sender) {
	for _, field := range recipientFields {
		for _, a := range m.Recipients(field) {
			tag := c.TokenIn(a)
			if tag == "" {
				continue
			}
			if t, err := in.Signer.Open(token.Reply, tag); err == nil && !s.hasReply {
				s.reply, s.hasReply = t, true
			}
			if t, err := in.Signer.Open(token.Confirm, tag); err == nil && !s.hasConfirms {
				s.confirms, s.hasConfirms = t, true
			}
		}
	}
	for _, id := range answered(m) {
		if t, err := in.Signer.OpenMessageID(id); err == nil {
			s.signed = append(s.signed, t)
		}
	}
}

// holdsToken reports whether the mail shows something that only this person
// was sent.
func (in *Intake) holdsToken(ctx context.Context, tx *store.Tx, m *Message, s *sender) (bool, error) {
	if s.hasReply && s.reply.For(s.Address) || s.hasConfirms && s.confirms.For(s.Address) {
		return true, nil
	}
	for _, t := range s.signed {
		if t.For(s.Address) {
			return true, nil
		}
	}
	// A letter to several people has one Message-ID, made for the first.
	for _, id := range answered(m) {
		if _, err := in.Signer.OpenMessageID(id); err != nil {
			continue
		}
		if sent, err := tx.SentTo(ctx, id, s.Address); err != nil || sent {
			return sent, err
		}
	}
	return false, nil
}

// answered gives the Message-IDs that a mail answers, nearest first: that of
// In-Reply-To, then References from its end.
func answered(m *Message) []string {
	var ids []string
	if m.InReplyTo != nil {
		ids = append(ids, *m.InReplyTo)
	}
	for i := len(m.References) - 1; i >= 0 && len(ids) < maxIDs; i-- {
		if m.InReplyTo == nil || m.References[i] != *m.InReplyTo {
			ids = append(ids, m.References[i])
		}
	}
	return ids
}

// straight reports whether the sender's new mail opens a ticket without more
// ado under the policy, and whether it may at all.
func (in *Intake) straight(ctx context.Context, tx *store.Tx, s *sender) (now, ever bool, err error) {
	c := in.Catalogue()
	listed := c.EntityOf(s.Address) != nil || s.Technician != ""
	switch c.Policy {
	case tickets.PolicyOpen:
		return true, true, nil
	case tickets.PolicyEntities:
		return listed, listed, nil
	default: // confirm
		if !listed {
			if listed, err = tx.Confirmed(ctx, s.Address); err != nil {
				return false, false, err
			}
		}
		sure := s.Trust == tickets.Verified || s.Trust == tickets.Claimed && len(c.TrustedAuthserv) == 0
		return listed && sure, tickets.PlainAddress(s.Address), nil
	}
}
