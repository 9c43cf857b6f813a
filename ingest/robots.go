package ingest

import (
	"context"
	"strings"
	"time"

	"respon/tickets"
	"respon/tickets/desk"
	"respon/tickets/token"
)

// robot tells what to note of a mail that no person wrote. ok is false for a
// person's mail.
func (in *Intake) robot(m *Message, s *sender, at place, inc tickets.Incoming) (r desk.Robot, ok bool) {
	r = desk.Robot{Incoming: inc, Ticket: at.ticket}
	switch m.Kind {
	case KindBounce:
		r.Kind = tickets.KindBounce
		in.bounced(m, &r)
	case KindAutoReply:
		r.Kind = tickets.KindAutoReply
		r.Away = in.absence(m, s, inc.At)
	case KindReport:
	case KindBulk:
		// What a member of the ticket answers, passed on by a list: lists do not know
		// the address of a letter, nor its Message-ID. Or the operator says that a person wrote it.
		if in.listed(m, s) && (at.ticket != 0 && !at.internal || inc.Quarantined != 0) {
			return r, false
		}
	default:
		// Our own mail come back, by a forwarding loop or a robot's hand.
		if !in.Catalogue().Ours(s.Address) {
			return r, false
		}
	}
	return r, true
}

// note keeps note of what no person wrote. Who decides about the quarantine decides
// whether what a list passed on from a listed entity is a person's.
func (in *Intake) note(ctx context.Context, a tickets.Arrival, m *Message, s *sender, r desk.Robot) error {
	if m.Kind == KindBulk && in.listed(m, s) && in.addressed(m) && in.Catalogue().EntityOf(s.Address) != nil {
		return in.quarantine(ctx, a, parsed{message: m}, tickets.CauseList)
	}
	return in.Desk.Robot(ctx, r)
}

// silent says why a mail gets no automatic answer; "" if nothing keeps one back.
// What came without an envelope sender is not answered (RFC 3834, section 2; RFC 5321, section
// 4.5.5); a careless server may have sent a person's mail so, which therefore
// opens its ticket.
func silent(m *Message, s *sender) string {
	switch {
	case s.Trust == tickets.Suspect:
		return "the sender is suspect"
	case nullReturnPath(m.Header):
		return "the mail has an empty Return-Path"
	}
	return ""
}

// listed reports whether a person may have written what a list passed on, such as the
// group of a town hall's department.
func (in *Intake) listed(m *Message, s *sender) bool {
	return m.Listed && !nullReturnPath(m.Header) && s.Trust != tickets.Suspect && !in.Catalogue().Ours(s.Address)
}

// absence reads from a technician's out-of-office answer when he is away; nil
// for anybody else's, for one without dates, and for one that nothing speaks
// for: it would take his tickets from him.
func (in *Intake) absence(m *Message, s *sender, at time.Time) *tickets.Absence {
	if s.Technician == "" || m.Away == nil || m.Away.To == nil || s.Trust != tickets.Verified && !in.answersLetter(m, s) {
		return nil
	}
	a := &tickets.Absence{
		Technician: s.Technician, From: tickets.DayOf(at, in.Catalogue().Gateway.Location),
		To: tickets.Day(*m.Away.To), Source: tickets.AbsenceAutoReply,
	}
	if m.Away.From != nil {
		a.From = tickets.Day(*m.Away.From)
	}
	if a.To < a.From {
		return nil
	}
	return a
}

// answersLetter reports whether an automatic mail came to the envelope sender of
// a letter that was made for its own sender: that is where such answers go (RFC
// 3834, section 4), and nobody else knows the address.
func (in *Intake) answersLetter(m *Message, s *sender) bool {
	t, ok := in.bounceToken(m)
	return ok && s.Trust != tickets.Suspect && t.For(s.Address)
}

// bounced finds which letter of ours a bounce speaks of: by the Message-ID that
// it returns, or by the token in the envelope sender's address it came to.
func (in *Intake) bounced(m *Message, r *desk.Robot) {
	r.Final = true
	if m.Bounce == nil {
		return
	}
	if id := m.Bounce.OriginalMessageID; id != nil {
		r.Bounced = *id
	}
	for i, to := range m.Bounce.Recipients {
		failed := to.Action == "failed"
		if i > 0 && !failed {
			continue
		}
		r.Recipient, r.Final = to.Address, failed
		r.Failure = strings.TrimSpace(to.Reason + " " + to.Diagnostic)
		if to.Action == "delivered" || to.Action == "relayed" || to.Action == "expanded" {
			r.Failure = to.Action // no failure, though a report on it
		}
		if failed {
			break // what is only late may stand before it
		}
	}
}

// bounceToken reads the token of the envelope sender that a mail came back to.
func (in *Intake) bounceToken(m *Message) (token.Token, bool) {
	c := in.Catalogue()
	for _, field := range recipientFields {
		for _, a := range m.Recipients(field) {
			if t, err := in.Signer.Open(token.Bounce, c.TokenIn(a)); err == nil {
				return t, true
			}
		}
	}
	return token.Token{}, false
}
