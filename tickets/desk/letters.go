package desk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"respon/tickets"
	"respon/tickets/store"
)

// send composes a letter and puts it into the outbox. What goes to a requester
// becomes a message of the ticket's thread too, of the given kind; "" leaves
// that out. A recipient that no plain address can be made of gets nothing: the
// event says so, since a quoted local part can carry SMTP parameters.
func (d *Desk) send(ctx context.Context, tx *store.Tx, l tickets.Letter, kind tickets.MessageKind, cause string) error {
	if d.Mute {
		return nil
	}
	if !tickets.PlainAddress(l.To.Address) {
		if l.Ticket == nil {
			return nil
		}
		return tx.AddEvents(ctx, l.Ticket.Number, tickets.Event{Actor: tickets.Respon, Kind: tickets.EventLetterFailed,
			Detail: fmt.Sprintf("%s: %q is no address that mail can be sent to", l.Kind, l.To.Address), Cause: cause})
	}
	l.At = tx.Now
	if l.Locale = l.To.Locale; l.Locale == "" {
		l.Locale = d.Catalogue().Gateway.Locale
	}
	mail, err := d.Composer.Compose(l)
	if err != nil {
		return fmt.Errorf("compose %s: %w", l.Kind, err)
	}
	p := store.Posted{Mail: mail, Kind: l.Kind, Cause: cause, Automatic: l.Automatic(), Notice: l.Kind.Notice()}
	if l.Ticket != nil {
		p.Ticket = l.Ticket.Number
	}
	sha, err := tx.Enqueue(ctx, p)
	if err != nil || kind == "" {
		return err
	}
	m := &tickets.Message{
		Ticket: p.Ticket, Direction: tickets.Out, Kind: kind, Author: tickets.Person{Name: d.Catalogue().Gateway.Name},
		MessageID: mail.MessageID, InReplyTo: l.InReplyTo, References: l.References, ReceivedAt: tx.Now,
		Subject: mail.Subject, Text: mail.Text, Trust: tickets.Verified, RawSHA: sha,
	}
	if l.Author != nil {
		m.Technician, m.Author.Name = l.Author.ID, l.Author.Name
	}
	return tx.InsertMessage(ctx, m)
}

// inReply threads a letter below a message in its reader's mail client.
func inReply(l tickets.Letter, m *tickets.Message) tickets.Letter {
	if m != nil && m.MessageID != "" {
		l.InReplyTo = m.MessageID
		l.References = append(append([]string{}, m.References...), m.MessageID)
	}
	return l
}

// acknowledge answers a new ticket with its number and what is still to be
// asked, unless the sender is suspect or had enough automatic mails.
func (d *Desk) acknowledge(ctx context.Context, tx *store.Tx, t *tickets.Ticket, m *tickets.Message, in *tickets.Incoming) error {
	if in.Silent {
		return tx.AddEvents(ctx, t.Number, tickets.Event{Actor: tickets.Respon, Kind: tickets.EventNote,
			Detail: "no acknowledgement: the sender is suspect", Cause: in.Key})
	}
	if ok, err := d.mayAnswer(ctx, tx, t, t.Requester.Address, in.Key); err != nil || !ok {
		return err
	}
	l := inReply(tickets.Letter{Kind: tickets.LetterAck, To: t.Requester, Ticket: t, About: m, Asks: t.Missing(), Form: in.Form}, m)
	return d.send(ctx, tx, l, tickets.KindAck, in.Key)
}

// mayAnswer says whether an address may get one more automatic mail within the
// hour. Two robots can never talk for long.
func (d *Desk) mayAnswer(ctx context.Context, tx *store.Tx, t *tickets.Ticket, to, cause string) (bool, error) {
	limit := d.Catalogue().Limits.AutomaticPerSender
	n, err := tx.AutomaticSince(ctx, to, tx.Now.Add(-time.Hour))
	if err != nil || n < limit {
		return err == nil, err
	}
	d.Log.Warn("automatic mails limited", "ticket", t.Number)
	return false, tx.AddEvents(ctx, t.Number, tickets.Event{Actor: tickets.Respon, Kind: tickets.EventLetterFailed,
		Detail: fmt.Sprintf("no automatic mail to %s: %d within the hour", to, n), Cause: cause})
}

// tellAssigned tells the technician that a ticket is hers.
func (d *Desk) tellAssigned(ctx context.Context, tx *store.Tx, t *tickets.Ticket, m *tickets.Message, cause string) error {
	return d.notice(ctx, tx, tickets.NoticeAssigned, t, m, t.Technician, cause, nil)
}

// tellFollowUp tells the technician what came in; without one, the default
// technicians.
func (d *Desk) tellFollowUp(ctx context.Context, tx *store.Tx, t *tickets.Ticket, m *tickets.Message, cause string) error {
	return d.notice(ctx, tx, tickets.NoticeFollowUp, t, m, t.Technician, cause, nil)
}

// tellHandedOver tells the technician to whom a colleague gave the ticket. She
// is shown what the requester wrote first, and the colleague's note if there
// is one.
func (d *Desk) tellHandedOver(ctx context.Context, tx *store.Tx, t *tickets.Ticket, note *tickets.Message, cause string) error {
	first, err := tx.LastFrom(ctx, t.Number)
	if errors.Is(err, store.ErrNotFound) {
		first = note
	} else if err != nil {
		return err
	}
	return d.notice(ctx, tx, tickets.NoticeAssigned, t, first, t.Technician, cause, nil)
}

// notice sends a letter to a technician, if she is in the catalogue. Answers to
// her own mail are threaded below it; all others below one root for each
// ticket, which the composer makes.
func (d *Desk) notice(ctx context.Context, tx *store.Tx, kind tickets.LetterKind, t *tickets.Ticket, m *tickets.Message, technician, cause string, problems []tickets.CommandProblem) error {
	tech := d.Catalogue().TechnicianByID(technician)
	if tech == nil {
		return nil
	}
	l := tickets.Letter{Kind: kind, To: tech.Person(), Ticket: t, About: m, Problems: problems}
	switch kind {
	case tickets.NoticeAssigned, tickets.NoticeFollowUp:
		l.Text, l.Internal = m.Reply, m.Internal
		if l.Text == "" {
			l.Text = m.Text
		}
		l.Files = files(m.Attachments)
	case tickets.NoticeCommand:
		l.Text = m.Text
		l = inReply(l, m)
	case tickets.NoticeHelp:
		l = inReply(l, m)
	}
	return d.send(ctx, tx, l, "", cause)
}

func files(list []tickets.Attachment) (files []tickets.File) {
	for _, a := range list {
		if len(a.Data) > 0 {
			files = append(files, tickets.File{Name: a.Filename, ContentType: a.ContentType, ContentID: a.ContentID, Data: a.Data})
		}
	}
	return files
}

// passOn sends a technician's words, or the news that the ticket is resolved,
// to everyone who takes part.
func (d *Desk) passOn(ctx context.Context, tx *store.Tx, t *tickets.Ticket, m *tickets.Message, in *tickets.Incoming, o outcome) error {
	last, err := tx.LastFrom(ctx, t.Number)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	l := tickets.Letter{Kind: tickets.LetterAnswer, Ticket: t, About: m, Author: d.Catalogue().TechnicianByID(in.Author.Technician)}
	if o.resolved {
		l.Kind = tickets.LetterResolved
	}
	kind := tickets.KindNotice
	if o.answers {
		l.Text, l.Files = in.Reply, files(in.Attachments)
		// His own mail is in the thread already, as the reply it is.
		kind = ""
	}
	l = inReply(l, last)
	for _, p := range t.Participants {
		l.To = d.Catalogue().Person(p.Name, p.Address)
		if p.Role == tickets.RoleRequester {
			l.To = t.Requester
		}
		if err := d.send(ctx, tx, l, kind, in.Key); err != nil {
			return err
		}
		kind = "" // once in the thread is enough
	}
	return nil
}
