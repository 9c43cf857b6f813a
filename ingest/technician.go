package ingest

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"respon/ingest/reply"
	"respon/tickets"
	"respon/tickets/store"
)

// forwardPrefix begins the subject of a mail that was passed on.
var forwardPrefix = regexp.MustCompile(`(?i)^\s*(?:fwd?|rv|reenv|tr|wg|enc|vs|doorst|i)\s*:`)

// ownMail does what a technician's mail about no ticket calls for, if that is
// something else than an ordinary ticket of his own: commands, or somebody's
// mail that he passed on.
func (in *Intake) ownMail(ctx context.Context, inc tickets.Incoming, m *Message, s *sender) (done bool, err error) {
	text := inc.Reply
	f, passed := in.forwarded(m)
	if passed {
		text = f.above
	}
	if strings.HasPrefix(strings.TrimSpace(m.Subject), "#") {
		text = m.Subject + "\n" + text
		inc.Subject = ""
	}
	cmds, rest, problems := tickets.ParseCommands(text)
	orders := len(cmds)+len(problems) > 0
	if s.Trust != tickets.Verified {
		// Nothing of it is believed. Words without orders are anybody's.
		if orders && !passed && (rest == "" || len(cmds) > 0) {
			return true, in.Desk.UnverifiedAlone(ctx, inc)
		}
		return false, nil
	}
	alone := func(c tickets.Command) bool { return !c.Verb.WithoutTicket() }
	switch {
	case !orders && !passed:
		return false, nil
	case orders && !passed && rest == "" && len(m.Attachments) == 0 && !slices.ContainsFunc(cmds, alone):
		return true, in.Desk.Orders(ctx, inc, cmds, problems)
	}
	inc.Reply = rest
	if passed {
		inc.Forwarded = &f.Forwarded
	}
	if inc.Subject == "" {
		inc.Subject, _, _ = strings.Cut(rest, "\n")
	}
	_, err = in.Desk.OpenFor(ctx, inc, cmds, problems)
	return true, err
}

// passedOn is somebody's mail inside another, and what stands above it.
type passedOn struct {
	tickets.Forwarded
	above string
}

// forwarded finds the mail that was passed on: attached as it came, or in the
// text. A mail that merely quotes what it answers is none.
func (in *Intake) forwarded(m *Message) (p passedOn, ok bool) {
	if m.InReplyTo != nil && !forwardPrefix.MatchString(m.Subject) {
		return p, false
	}
	c := in.Catalogue()
	for _, a := range m.Attachments {
		if a.ContentType != "message/rfc822" || len(a.Data) == 0 {
			continue
		}
		inner, err := in.Parser().Parse(a.Data)
		if err != nil || inner.From == nil {
			continue
		}
		p.From = c.Person(inner.From.Name, inner.From.Address)
		p.Subject, p.Text, p.above = inner.SubjectPlain, inner.Text, m.Reply
		return p, true
	}
	f, ok := reply.Forwarded(m.Text)
	if !ok {
		return p, false
	}
	p.From = c.Person(f.Name, f.Address)
	_, p.Subject = in.Parser().tags(f.Subject)
	p.Text, p.above = f.Text, f.Above
	return p, true
}

// handedTo is the technician to whom another one passed a ticket's mail on, with
// us in copy; "" if that is not what the mail does.
func (in *Intake) handedTo(m *Message, s *sender) string {
	if s.Technician == "" || !forwardPrefix.MatchString(m.Subject) {
		return ""
	}
	for _, a := range m.To {
		if tech := in.Catalogue().TechnicianByAddress(a.Address); tech != nil && tech.ID != s.Technician {
			return tech.ID
		}
	}
	return ""
}

// aside reports whether a technician's mail on a ticket was written to somebody who has
// no part in it, a supplier or a colleague, with us in copy: it is to be kept, and
// nobody else was meant.
func (in *Intake) aside(ctx context.Context, n tickets.Number, m *Message) (aside bool, err error) {
	c := in.Catalogue()
	if len(m.To) == 0 || slices.ContainsFunc(m.To, func(a Address) bool { return c.Ours(a.Address) }) {
		return false, nil
	}
	err = in.Store.View(ctx, func(tx *store.Tx) error {
		aside = true
		const maxMerges = 20
		for next, i := n, 0; next != 0 && aside && i < maxMerges; i++ {
			t, err := tx.Ticket(ctx, next)
			if err != nil {
				return err
			}
			aside = !slices.ContainsFunc(m.To, func(a Address) bool { return t.TakesPart(a.Address) })
			next = t.MergedInto
		}
		return nil
	})
	return aside, err
}

// sentTo are those to whom a technician's mail went without us.
func sentTo(c *tickets.Catalogue, m *Message) (list []string) {
	for _, a := range slices.Concat(m.To, m.Cc) {
		if address := tickets.NormalAddress(a.Address); !c.Ours(address) {
			list = append(list, address)
		}
	}
	return list
}
