package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
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
	p := store.Posted{Mail: mail, Kind: l.Kind, Cause: cause, Automatic: l.Automatic(), Notice: l.Kind.Notice(), Stranger: l.Stranger}
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
// asked, unless it is not to be answered or the sender had enough automatic mails.
func (d *Desk) acknowledge(ctx context.Context, tx *store.Tx, t *tickets.Ticket, m *tickets.Message, in *tickets.Incoming) error {
	if in.Silent != "" {
		return tx.AddEvents(ctx, t.Number, tickets.Event{Actor: tickets.Respon, Kind: tickets.EventNote,
			Detail: "no acknowledgement: " + in.Silent, Cause: in.Key})
	}
	ok, err := d.mayAnswer(ctx, tx, t, t.Requester.Address, in.Key)
	if err != nil || !ok {
		return err
	}
	stranger, ok, err := d.mayMeet(ctx, tx, &in.Author)
	if err != nil {
		return err
	}
	if !ok {
		return tx.AddEvents(ctx, t.Number, tickets.Event{Actor: tickets.Respon, Kind: tickets.EventLetterFailed,
			Detail: "no acknowledgement: too many letters to strangers within the hour", Cause: in.Key})
	}
	l := inReply(tickets.Letter{Kind: tickets.LetterAck, Ticket: t, About: m, Asks: t.Missing(), Form: in.Form, Stranger: stranger, Known: t.Parent() != 0, Refused: in.Refused}, m)
	if l, err = d.within(ctx, tx, d.toAll(l, t)); err != nil {
		return err
	}
	if l.Likely, err = d.likely(ctx, tx, t, m.Subject+"\n"+m.Reply, len(l.Cc) == 0); err != nil {
		return err
	}
	return d.send(ctx, tx, l, tickets.KindAck, in.Key)
}

// likely guesses the category of a ticket that has none, so that its requester
// has less to look for. What her tickets were about before is not told to others.
func (d *Desk) likely(ctx context.Context, tx *store.Tx, t *tickets.Ticket, text string, alone bool) (ids []string, err error) {
	if t.Category != "" {
		return nil, nil
	}
	var before []string
	if alone {
		before, err = tx.CategoriesOf(ctx, t.Requester.Address)
	}
	return d.Catalogue().Likely(text, before), err
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
	if err := tx.AddEvents(ctx, t.Number, tickets.Event{Actor: tickets.Respon, Kind: tickets.EventLetterFailed,
		Detail: fmt.Sprintf("no automatic mail to %s: %d within the hour", to, n), Cause: cause}); err != nil {
		return false, err
	}
	return false, d.tellLimited(ctx, tx, t, to, cause)
}

// tellLimited tells the technician, once an hour for each address, that
// somebody was not answered: a robot, or a person in distress.
func (d *Desk) tellLimited(ctx context.Context, tx *store.Tx, t *tickets.Ticket, to, cause string) error {
	first, err := tx.Once(ctx, "limited "+to, tx.Now.Add(-time.Hour))
	if err != nil || !first {
		return err
	}
	for _, tech := range d.Catalogue().Responsible(t) {
		if err := d.send(ctx, tx, tickets.Letter{Kind: tickets.NoticeLimited, To: tech.Person(), Ticket: t, Recipient: to}, "", cause); err != nil {
			return err
		}
	}
	return nil
}

// within leaves those out of an automatic letter's copies who had enough of
// them within the hour.
func (d *Desk) within(ctx context.Context, tx *store.Tx, l tickets.Letter) (tickets.Letter, error) {
	var cc []tickets.Person
	for _, p := range l.Cc {
		n, err := tx.AutomaticSince(ctx, p.Address, tx.Now.Add(-time.Hour))
		if err != nil {
			return l, err
		}
		if n < d.Catalogue().Limits.AutomaticPerSender {
			cc = append(cc, p)
		}
	}
	l.Cc = cc
	return l, nil
}

// tellAssigned tells the technician that a ticket is hers, or the default
// technicians that nobody has it.
func (d *Desk) tellAssigned(ctx context.Context, tx *store.Tx, t *tickets.Ticket, m *tickets.Message, cause string) error {
	kind := tickets.NoticeAssigned
	if d.Catalogue().TechnicianByID(t.Technician) == nil {
		kind = tickets.NoticeUnassigned
	}
	l := tickets.Letter{Kind: kind, Ticket: t, About: m}
	var err error
	if l.Story, err = story(ctx, tx, t, m); err != nil {
		return err
	}
	if m != nil {
		l.Files = files(m.Attachments)
	}
	return d.noticeAll(ctx, tx, l, cause)
}

// story is what somebody who is given a ticket has to have read: how it began, the
// newest words of somebody who is no technician, and those of the mail that brings it
// about (m, which may be nil): a colleague's note, as a rule.
func story(ctx context.Context, tx *store.Tx, t *tickets.Ticket, m *tickets.Message) (list []*tickets.Message, err error) {
	add := func(m *tickets.Message) {
		if !slices.ContainsFunc(list, func(o *tickets.Message) bool { return o.ID == m.ID }) {
			list = append(list, m)
		}
	}
	for _, find := range []func(context.Context, tickets.Number) (*tickets.Message, error){tx.First, tx.LastWords} {
		found, err := find(ctx, t.Number)
		if err == nil {
			add(found)
		} else if !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
	}
	if m != nil && m.Kind != tickets.KindForm && m.Reply != "" {
		add(m)
	}
	return list, nil
}

// tellTaken tells a technician that somebody else has a ticket now which she had: two
// would work on it. Who did it herself knows, and who is away need not.
func (d *Desk) tellTaken(ctx context.Context, tx *store.Tx, t *tickets.Ticket, had, by, cause string) error {
	tech := d.Catalogue().TechnicianByID(had)
	if tech == nil || had == t.Technician || had == by {
		return nil
	}
	away, err := tx.Absent(ctx, d.Catalogue().WorkDay(tx.Now))
	if _, absent := away[had]; err != nil || absent {
		return err
	}
	return d.send(ctx, tx, tickets.Letter{Kind: tickets.NoticeTaken, To: tech.Person(), Ticket: t}, "", cause)
}

// tellFollowUp tells the technician what came in; without one, the default
// technicians.
func (d *Desk) tellFollowUp(ctx context.Context, tx *store.Tx, t *tickets.Ticket, m *tickets.Message, cause string) error {
	return d.noticeAll(ctx, tx, followUp(t, m), cause)
}

// followUp tells a technician of a message.
func followUp(t *tickets.Ticket, m *tickets.Message) tickets.Letter {
	l := tickets.Letter{Kind: tickets.NoticeFollowUp, Ticket: t, About: m, Text: m.Reply, Internal: m.Internal, Files: files(m.Attachments)}
	if l.Text == "" {
		l.Text = m.Text
	}
	return l
}

// noticeAll sends a notice to the ticket's technician; without one, to the
// default technicians.
func (d *Desk) noticeAll(ctx context.Context, tx *store.Tx, l tickets.Letter, cause string) error {
	for _, tech := range d.Catalogue().Responsible(l.Ticket) {
		l.To = tech.Person()
		if err := d.send(ctx, tx, l, "", cause); err != nil {
			return err
		}
	}
	return nil
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
	case tickets.NoticeCommand:
		// His own words, to be copied and sent again: not what he quoted.
		if l.Text = m.Reply; l.Text == "" {
			l.Text = m.Text
		}
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
	if l = without(d.toAll(inReply(l, last), t), in.SentTo); l.To.Address != "" {
		if err := d.send(ctx, tx, l, kind, in.Key); err != nil {
			return err
		}
	}
	for _, child := range o.below {
		if err := d.sendApart(ctx, tx, child, l, in); err != nil {
			return err
		}
	}
	return d.passOnApart(ctx, tx, t, l, in)
}

// without leaves those out of a letter's readers who have it already, since the
// technician wrote to them as well. The letter is nobody's if all have.
func without(l tickets.Letter, have []string) tickets.Letter {
	readers := append([]tickets.Person{l.To}, l.Cc...)
	readers = slices.DeleteFunc(readers, func(p tickets.Person) bool { return slices.Contains(have, p.Address) })
	if l.To, l.Cc = (tickets.Person{}), nil; len(readers) > 0 {
		l.To, l.Cc = readers[0], readers[1:]
	}
	return l
}

// passOnApart sends a letter to those as well whose tickets were merged into this
// one and who take no part in it: to each in a thread of her own, under her own
// number, so that nobody learns of the others.
func (d *Desk) passOnApart(ctx context.Context, tx *store.Tx, t *tickets.Ticket, l tickets.Letter, in *tickets.Incoming) error {
	merged, err := tx.MergedInto(ctx, t.Number)
	if err != nil {
		return err
	}
	for _, n := range merged {
		apart, err := tx.Ticket(ctx, n)
		if err != nil {
			return err
		}
		if t.TakesPart(apart.Requester.Address) {
			continue
		}
		if err := d.sendApart(ctx, tx, apart, l, in); err != nil {
			return err
		}
	}
	return nil
}

// sendApart sends a letter about another ticket to those of this one, in its own
// thread and under its own number.
func (d *Desk) sendApart(ctx context.Context, tx *store.Tx, apart *tickets.Ticket, l tickets.Letter, in *tickets.Incoming) error {
	last, err := tx.LastFrom(ctx, apart.Number)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	l.Ticket, l.InReplyTo, l.References, l.Cc = apart, "", nil, nil
	// What is quoted was read by the others, not by her.
	if l.Text, err = d.passable(ctx, tx, apart, l.Text); err != nil {
		return err
	}
	if l = without(d.toAll(inReply(l, last), apart), in.SentTo); l.To.Address == "" {
		return nil
	}
	return d.send(ctx, tx, l, tickets.KindNotice, in.Key)
}
