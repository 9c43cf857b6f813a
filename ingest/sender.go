package ingest

import (
	"context"
	"slices"

	"respon/ingest/mailbox"
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

// vouched is what is said of a mail's author: by a server we trust; where none
// says anything, and if that is configured, by a signature that we check.
func (in *Intake) vouched(ctx context.Context, it mailbox.Item, m *Message) authentication {
	if !m.FromExact {
		return authFail
	}
	domain := tickets.DomainOf(m.From.Address)
	said := authenticate(m.Header.Values("Authentication-Results"), in.Catalogue().TrustedAuthserv, domain,
		partialSignature(m.Header.Values("DKIM-Signature")))
	// A mail that was signed for others can be handed to us by any of them.
	if said == authNone && in.DKIM != nil && !it.TooBig && in.addressed(m) && in.DKIM.vouches(ctx, it.Raw, m, asciiDomain(domain)) {
		return authPass
	}
	return said
}

// addressed reports whether a mail says that it is for us.
func (in *Intake) addressed(m *Message) bool {
	c := in.Catalogue()
	return slices.ContainsFunc(slices.Concat(m.To, m.Cc), func(a Address) bool { return c.Ours(a.Address) })
}

// identify finds out who wrote a mail. The address is the one From field's one
// plain address, never Reply-To or Sender; that it is true is shown by a token
// or Message-ID that only this person was sent, or by what is vouched for.
func (in *Intake) identify(ctx context.Context, tx *store.Tx, m *Message, vouched authentication) (*sender, error) {
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
	} else if err := in.locale(ctx, tx, c, m, s); err != nil {
		return nil, err
	}
	in.openTokens(c, m, s)
	if err := in.dropExpired(ctx, tx, s); err != nil {
		return nil, err
	}
	s.Trust = tickets.Claimed
	switch vouched {
	case authFail:
		s.Trust = tickets.Suspect
	case authPass:
		s.Trust, s.Vouched = tickets.Verified, true
	default:
		if s.holdsToken() {
			s.Trust = tickets.Verified
		}
	}
	return s, nil
}

// locale finds the language of a person: the one she chose; that of her entity;
// that in which she writes; the gateway's.
func (in *Intake) locale(ctx context.Context, tx *store.Tx, c *tickets.Catalogue, m *Message, s *sender) error {
	chosen, err := tx.Locale(ctx, s.Address)
	if err != nil {
		return err
	}
	if chosen == "" {
		if e := c.EntityOf(s.Address); e == nil || e.Locale == "" {
			chosen = language(m.SubjectPlain + "\n" + m.Reply)
		}
	}
	if chosen != "" {
		s.Locale = chosen
	}
	return nil
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

// dropExpired forgets the tokens of tickets that ended too long ago: such a mail
// is one without a token.
func (in *Intake) dropExpired(ctx context.Context, tx *store.Tx, s *sender) error {
	var uids []string
	add := func(t token.Token) {
		if !slices.Contains(uids, t.UID) {
			uids = append(uids, t.UID)
		}
	}
	if s.hasReply {
		add(s.reply)
	}
	for _, t := range s.signed {
		add(t)
	}
	closed, err := tx.ClosedByUID(ctx, uids)
	if err != nil {
		return err
	}
	expired := func(t token.Token) bool {
		at, ended := closed[t.UID]
		return ended && !tickets.TokenCounts(at, tx.Now, s.Technician != "")
	}
	s.hasReply = s.hasReply && !expired(s.reply)
	s.signed = slices.DeleteFunc(s.signed, expired)
	return nil
}

// holdsToken reports whether the mail shows something that only this person
// was sent. What was sent to several is made for none of them.
func (s *sender) holdsToken() bool {
	if s.hasReply && s.reply.For(s.Address) || s.hasConfirms && s.confirms.For(s.Address) {
		return true
	}
	return slices.ContainsFunc(s.signed, func(t token.Token) bool { return t.For(s.Address) })
}

// copied are the people to whom a mail went beside us and its sender, and who can
// be brought into the ticket: no technicians, since these have a part of their
// own, and nobody who cannot be written to.
func copied(c *tickets.Catalogue, m *Message, s *sender) (list []tickets.Person) {
	for _, a := range slices.Concat(m.To, m.Cc) {
		address := tickets.NormalAddress(a.Address)
		if !tickets.PlainAddress(address) || c.Ours(address) || address == s.Address || c.TechnicianByAddress(address) != nil ||
			slices.ContainsFunc(list, func(p tickets.Person) bool { return p.Address == address }) {
			continue
		}
		list = append(list, c.Person(a.Name, address))
	}
	return list
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

// sure reports whether a sender is who she says: by a token or her mail server's
// word or, where no server is trusted with that, because nothing speaks against it.
func (in *Intake) sure(s *sender) bool {
	return s.Trust == tickets.Verified || s.Trust == tickets.Claimed && len(in.Catalogue().TrustedAuthserv) == 0
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
		return listed && in.sure(s), tickets.PlainAddress(s.Address), nil
	}
}
