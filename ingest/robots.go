package ingest

import (
	"strings"

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
	case KindReport, KindBulk:
	default:
		// Our own mail come back, by a forwarding loop or a robot's hand.
		if !in.Catalogue().Ours(s.Address) {
			return r, false
		}
	}
	return r, true
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
		if failed {
			break // what is only late may stand before it
		}
	}
}

// bounceToken gives the UID that a bounce's own address names, "" if none.
func (in *Intake) bounceToken(m *Message) string {
	c := in.Catalogue()
	for _, field := range recipientFields {
		for _, a := range m.Recipients(field) {
			if t, err := in.Signer.Open(token.Bounce, c.TokenIn(a)); err == nil {
				return t.UID
			}
		}
	}
	return ""
}
