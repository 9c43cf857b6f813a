package desk

import (
	"context"
	"errors"
	"strings"

	"respon/tickets"
	"respon/tickets/store"
)

// vouched reports whether a command may be followed that lets somebody else in:
// where a mail server is trusted to vouch for senders, a token alone is not
// enough, since it travels with a forwarded mail.
func (o *orders) vouched() bool {
	return o.in.Author.Vouched || len(o.c.TrustedAuthserv) == 0
}

// outside finds the person behind the address of a command; nil if it cannot be
// written to, is ours or a technician's.
func (o *orders) outside(ctx context.Context, arg string) (*tickets.Person, error) {
	address := arg
	if i, j := strings.LastIndexByte(arg, '<'), strings.LastIndexByte(arg, '>'); i >= 0 && j > i {
		address = arg[i+1 : j]
	}
	address = tickets.NormalAddress(strings.TrimPrefix(strings.Trim(address, ` "'.,;`), "mailto:"))
	if !tickets.PlainAddress(address) || o.c.Ours(address) || o.c.TechnicianByAddress(address) != nil {
		return nil, nil
	}
	p, err := o.d.person(ctx, o.tx, "", address)
	return &p, err
}

// copyIn lets somebody take part in the ticket from now on. The requester is
// told of one who is not of her entity.
func (o *orders) copyIn(ctx context.Context, t *tickets.Ticket, cmd tickets.Command) (tickets.ProblemKind, error) {
	p, err := o.outside(ctx, cmd.Arg)
	if err != nil {
		return "", err
	}
	switch {
	case p == nil:
		return tickets.ProblemAddress, nil
	case o.c.TechnicianByAddress(t.Requester.Address) != nil:
		return tickets.ProblemOwn, nil // letters to several show to whom else they went
	case !o.vouched():
		return tickets.ProblemVouched, nil
	}
	o.did(tickets.VerbCc, p.Address)
	if t.TakesPart(p.Address) {
		return "", nil
	}
	last, err := o.tx.LastMessage(ctx, t.Number)
	if err != nil {
		return "", err
	}
	if err := o.d.addParticipant(ctx, o.tx, t, *p, last+1, o.actor, o.cause); err != nil {
		return "", err
	}
	o.receipt.Undo.Participants = append(o.receipt.Undo.Participants, p.Address)
	o.announce(t, *p)
	return "", nil
}

// announce tells the requester of a ticket who came in, unless it is a colleague of
// hers.
func (o *orders) announce(t *tickets.Ticket, p tickets.Person) {
	if p.Entity != "" && p.Entity == t.Requester.Entity {
		return
	}
	o.later = append(o.later, func(ctx context.Context) error {
		return o.d.send(ctx, o.tx, tickets.Letter{Kind: tickets.LetterAdded, To: t.Requester, Ticket: t, Recipient: p.Address}, tickets.KindNotice, o.cause)
	})
}

// requester makes somebody else the requester of the ticket. A technician who had
// opened it himself steps back; anybody else keeps a part in it. Whoever comes
// new sees what is written from now on, and all of a ticket that was the
// technician's own.
func (o *orders) requester(ctx context.Context, t *tickets.Ticket, cmd tickets.Command) (tickets.ProblemKind, error) {
	p, err := o.outside(ctx, cmd.Arg)
	if err != nil {
		return "", err
	}
	if p == nil {
		return tickets.ProblemAddress, nil
	}
	if !o.vouched() {
		return tickets.ProblemVouched, nil
	}
	o.did(tickets.VerbRequester, p.Address)
	if strings.EqualFold(p.Address, t.Requester.Address) {
		return "", nil
	}
	own := o.c.TechnicianByAddress(t.Requester.Address) != nil
	part := tickets.Participant{Name: p.Name, Address: p.Address, Role: tickets.RoleRequester}
	if !own {
		last, err := o.tx.LastMessage(ctx, t.Number)
		if err != nil {
			return "", err
		}
		part.Since = last + 1
	}
	for _, was := range t.Copied() {
		if strings.EqualFold(was.Address, p.Address) {
			o.receipt.Undo.Copied = &tickets.Copied{Name: was.Name, Address: was.Address, Since: was.Since}
		}
	}
	o.add(tickets.EventParticipant, "requester %s → %s", t.Requester.Address, p.Address)
	if err := o.tx.SetRequester(ctx, t.Number, part, !own); err != nil {
		return "", err
	}
	t.Requester = *p
	if t.Participants, err = o.tx.Participants(ctx, t.Number); err != nil {
		return "", err
	}
	o.later = append(o.later, func(ctx context.Context) error { return o.d.acknowledgeFor(ctx, o.tx, t, nil, o.cause) })
	return "", nil
}

// acknowledgeFor tells a requester that a technician opened a ticket for her. m is
// her own mail, if he passed one on: the letter hangs below it in her mail client.
func (d *Desk) acknowledgeFor(ctx context.Context, tx *store.Tx, t *tickets.Ticket, m *tickets.Message, cause string) error {
	ok, err := d.mayAnswer(ctx, tx, t, t.Requester.Address, cause)
	if err != nil || !ok {
		return err
	}
	l := tickets.Letter{Kind: tickets.LetterAck, To: t.Requester, Ticket: t, About: m, Asks: t.Missing(), Behalf: true, Known: t.Parent() != 0}
	text := t.Subject
	if m != nil {
		text += "\n" + m.Reply
	}
	if l.Likely, err = d.likely(ctx, tx, t, text, true); err != nil {
		return err
	}
	return d.send(ctx, tx, inReply(l, m), tickets.KindAck, cause)
}

// OpenFor opens a ticket by a technician's new mail, with the commands in it: for
// the person whom #requester names, for her whose mail he passed on, or, if there
// is neither, for himself as anybody. in.Reply holds his words without the
// commands. Commands that cannot be followed open nothing and are explained.
func (d *Desk) OpenFor(ctx context.Context, in tickets.Incoming, cmds []tickets.Command, problems []tickets.CommandProblem) (t *tickets.Ticket, err error) {
	if len(problems) == 0 {
		err = d.take(ctx, &in.Arrival, in.Author.Trust, func(tx *store.Tx, sha []byte) (tickets.Fate, tickets.Number, error) {
			if t, problems, err = d.openFor(ctx, tx, in, cmds, sha); err != nil {
				return "", 0, err
			}
			return tickets.FateOpened, t.Number, nil
		})
	}
	if len(problems) > 0 && (err == nil || errors.Is(err, errProblems)) {
		return nil, d.explainAlone(ctx, in, problems)
	}
	if err == nil {
		d.Log.Info("ticket opened", "ticket", t.Number, "technician", t.Technician, "mailbox", in.Mailbox, "uid", in.UID)
	}
	return t, err
}

func (d *Desk) openFor(ctx context.Context, tx *store.Tx, in tickets.Incoming, cmds []tickets.Command, sha []byte) (*tickets.Ticket, []tickets.CommandProblem, error) {
	o := d.orders(tx, &in)
	requester, why, err := o.whose(ctx, cmds)
	if err != nil {
		return nil, nil, err
	}
	if why.Why != "" {
		return nil, []tickets.CommandProblem{why}, errProblems
	}
	o.foresee(cmds)
	t, m, err := d.openBehalf(ctx, o, requester, sha)
	if err != nil {
		return nil, nil, err
	}
	before := t.Snapshot()
	rest := make([]tickets.Command, 0, len(cmds))
	for _, c := range cmds {
		if c.Verb != tickets.VerbRequester {
			rest = append(rest, c)
		}
	}
	if problems, err := o.all(ctx, t, rest); err != nil || len(problems) > 0 {
		if err == nil {
			err = errProblems
		}
		return nil, problems, err
	}
	o.receipt.Undo.Before, o.receipt.Undo.After = before, t.Snapshot()
	if err := tx.SaveTicket(ctx, t); err != nil {
		return nil, nil, err
	}
	if err := tx.AddEvents(ctx, t.Number, o.events...); err != nil {
		return nil, nil, err
	}
	if requester != nil {
		if err := d.acknowledgeFor(ctx, tx, t, m, in.Key); err != nil {
			return nil, nil, err
		}
	} else if err := d.acknowledge(ctx, tx, t, m, &in); err != nil {
		return nil, nil, err
	}
	if t.Technician != in.Author.Technician {
		if err := d.tellAssigned(ctx, tx, t, m, in.Key); err != nil {
			return nil, nil, err
		}
	}
	return t, nil, o.finish(ctx, t)
}

// foresee lets the commands that say what a ticket is about count when it is
// assigned.
func (o *orders) foresee(cmds []tickets.Command) {
	for _, c := range cmds {
		switch c.Verb {
		case tickets.VerbCategory:
			if cat := o.c.FindCategory(c.Arg); cat != nil {
				o.in.Hints.Category = cat.ID
			}
		case tickets.VerbType:
			o.in.Hints.Type = tickets.ParseType(c.Arg)
		}
	}
}

// whose finds out for whom a technician's new mail opens a ticket; nil is himself.
func (o *orders) whose(ctx context.Context, cmds []tickets.Command) (*tickets.Person, tickets.CommandProblem, error) {
	for _, cmd := range cmds {
		if cmd.Verb != tickets.VerbRequester {
			continue
		}
		arg := cmd.Arg
		if arg == "" && o.in.Forwarded != nil {
			arg = o.in.Forwarded.From.Address
		}
		p, err := o.outside(ctx, arg)
		switch {
		case err != nil:
			return nil, tickets.CommandProblem{}, err
		case p == nil:
			return nil, tickets.CommandProblem{Line: cmd.Line, Why: tickets.ProblemAddress}, nil
		case !o.vouched():
			return nil, tickets.CommandProblem{Line: cmd.Line, Why: tickets.ProblemVouched}, nil
		}
		if f := o.in.Forwarded; f != nil && strings.EqualFold(f.From.Address, p.Address) {
			p.Name = f.From.Name
		}
		return p, tickets.CommandProblem{}, nil
	}
	// Somebody of a listed entity, whose mail he passed on without a word about it.
	if f := o.in.Forwarded; f != nil && o.c.EntityOf(f.From.Address) != nil && o.vouched() {
		p, err := o.outside(ctx, f.From.Address)
		if p != nil {
			p.Name = f.From.Name
		}
		return p, tickets.CommandProblem{}, err
	}
	return nil, tickets.CommandProblem{}, nil
}

// openBehalf writes the ticket, and gives it with its first message: the requester's
// own words where the technician passed them on, else his. What he passed on of
// somebody else was not written to her: it is a note, with the files.
func (d *Desk) openBehalf(ctx context.Context, o *orders, requester *tickets.Person, sha []byte) (*tickets.Ticket, *tickets.Message, error) {
	in := *o.in
	if requester != nil {
		in.Author.Person = *requester
	}
	passed := requester != nil && in.Forwarded != nil && strings.EqualFold(in.Forwarded.From.Address, requester.Address)
	others := requester != nil && in.Forwarded != nil && !passed
	if others {
		in.Text, in.Attachments = in.Reply, nil
	}
	if passed {
		in.Subject, in.Text, in.Reply = in.Forwarded.Subject, in.Forwarded.Text, in.Forwarded.Text
	}
	t, why, err := d.newTicket(ctx, o.tx, o.c, &in)
	if err != nil {
		return nil, nil, err
	}
	if err := o.tx.InsertTicket(ctx, t); err != nil {
		return nil, nil, err
	}
	m := newMessage(&in, tickets.KindRequest, t.Number, sha)
	m.Internal = false
	if passed {
		m.Technician, m.Trust = "", tickets.Claimed // her words, by his word
	} else {
		m.Author = o.in.Author.Person
	}
	if err := o.tx.InsertMessage(ctx, m); err != nil {
		return nil, nil, err
	}
	if passed && o.in.Reply != "" {
		note := newMessage(o.in, tickets.KindNote, t.Number, sha)
		note.Internal, note.MessageID, note.Attachments = true, "", nil
		if err := o.tx.InsertMessage(ctx, note); err != nil {
			return nil, nil, err
		}
		o.add(tickets.EventNote, "note")
	}
	if others {
		f, note := o.in.Forwarded, newMessage(o.in, tickets.KindNote, t.Number, sha)
		note.Internal, note.MessageID = true, ""
		note.Reply = strings.Join([]string{f.From.Address, f.Subject, "", f.Text}, "\n")
		if err := o.tx.InsertMessage(ctx, note); err != nil {
			return nil, nil, err
		}
		o.add(tickets.EventNote, "note: what %s wrote", f.From.Address)
	}
	if err := o.tx.AddReferences(ctx, t.Number, in.References); err != nil {
		return nil, nil, err
	}
	if requester != nil {
		o.did(tickets.VerbRequester, requester.Address)
	}
	if err := o.tx.AddEvents(ctx, t.Number,
		tickets.Event{Actor: o.actor, Kind: tickets.EventOpened, Detail: opened(t, &in) + behalf(requester), Cause: o.cause},
		tickets.Event{Actor: tickets.Respon, Kind: tickets.EventAssigned, Detail: assignedTo(t.Technician, why), Cause: o.cause}); err != nil {
		return nil, nil, err
	}
	return t, m, d.attach(ctx, o.tx, t, o.cause)
}

func behalf(p *tickets.Person) string {
	if p == nil {
		return ""
	}
	return ", on behalf of " + p.Address
}
