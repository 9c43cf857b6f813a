package desk

import (
	"context"
	"errors"
	"time"

	"respon/tickets"
	"respon/tickets/store"
)

// askLimit is how many tickets an answer lists at most.
const askLimit = 30

// Asked answers a mail that asks for something by one word (in.Ask): the guide,
// how her tickets stand, which have some words; closes or opens again a ticket
// of hers; changes her language. Nothing is opened by it. The caller has made
// sure who asks: the answer goes to nobody else.
func (d *Desk) Asked(ctx context.Context, in tickets.Incoming) error {
	err := d.take(ctx, &in.Arrival, in.Author.Trust, func(tx *store.Tx, sha []byte) (tickets.Fate, tickets.Number, error) {
		return d.asked(ctx, tx, &in, sha)
	})
	if err == nil {
		d.Log.Info("question answered", "mailbox", in.Mailbox, "uid", in.UID, "question", in.Ask.Kind)
	}
	return err
}

func (d *Desk) asked(ctx context.Context, tx *store.Tx, in *tickets.Incoming, sha []byte) (tickets.Fate, tickets.Number, error) {
	l := tickets.Letter{To: in.Author.Person, Words: in.Ask.Words}
	var err error
	switch in.Ask.Kind {
	case tickets.AskHelp:
		l.Kind = tickets.LetterGuide
	case tickets.AskLocale:
		l.Kind, l.To.Locale = tickets.LetterLocale, in.Ask.Locale
		err = tx.SetLocale(ctx, in.Author.Address, in.Ask.Locale)
	case tickets.AskSearch:
		l.Kind = tickets.LetterFound
		l.Tickets, err = tx.List(ctx, store.Filter{Address: in.Author.Address, Query: in.Ask.Words, Limit: askLimit})
	case tickets.AskStatus, tickets.AskClose, tickets.AskReopen:
		l.Kind = tickets.LetterStatus
		if in.Ask.Number != 0 {
			return d.askedAbout(ctx, tx, l, in, sha)
		}
		l.Tickets, err = tx.List(ctx, store.Filter{Address: in.Author.Address, Limit: askLimit,
			Statuses: []tickets.Status{tickets.New, tickets.Open, tickets.Waiting}})
	}
	if err != nil {
		return "", 0, err
	}
	return tickets.FateNoted, 0, d.tellAsked(ctx, tx, l, in)
}

// askedAbout answers a question or an order about one ticket. That of somebody
// else is answered like one that does not exist.
func (d *Desk) askedAbout(ctx context.Context, tx *store.Tx, l tickets.Letter, in *tickets.Incoming, sha []byte) (tickets.Fate, tickets.Number, error) {
	t, err := tx.LockTicket(ctx, in.Ask.Number)
	if err == nil {
		own, err := apart(ctx, tx, t, in.Ask.Number, in.Author.Address)
		if err != nil {
			return "", 0, err
		}
		if own != nil {
			// It stands as the one that it went into, of which she learns nothing else.
			own.Status, own.Technician = t.Status, t.Technician
			l.Ticket = own
			return tickets.FateNoted, own.Number, d.tellAsked(ctx, tx, l, in)
		}
	}
	if errors.Is(err, store.ErrNotFound) || err == nil && !t.TakesPart(in.Author.Address) {
		l.Number = in.Ask.Number
		return tickets.FateNoted, 0, d.tellAsked(ctx, tx, l, in)
	} else if err != nil {
		return "", 0, err
	}
	// Who was copied in is told how it stands, and decides nothing.
	if in.Ask.Kind != tickets.AskStatus && decides(t, in.Author.Person) {
		if t, err = d.moveAsRequester(ctx, tx, t, in, sha); err != nil {
			return "", 0, err
		}
	}
	l.Ticket = t
	if t.Events, err = tx.Events(ctx, t.Number); err != nil {
		return "", 0, err
	}
	fate := tickets.FateJoined
	if in.Ask.Kind == tickets.AskStatus || !decides(t, in.Author.Person) {
		fate = tickets.FateNoted
	}
	return fate, t.Number, d.tellAsked(ctx, tx, l, in)
}

// moveAsRequester closes a ticket or opens it again, as its requester wants, and
// tells the technician. One that was closed too long ago to be opened again goes
// on in a new one, which is what is given back.
func (d *Desk) moveAsRequester(ctx context.Context, tx *store.Tx, t *tickets.Ticket, in *tickets.Incoming, sha []byte) (*tickets.Ticket, error) {
	to := tickets.Closed
	if in.Ask.Kind == tickets.AskReopen {
		after, takes := t.Reopens(tx.Now, d.Catalogue().Life.ReopenWindow)
		if !takes {
			in.Hints = inherit(t, in.Hints)
			in.Subject = t.Subject
			return d.open(ctx, tx, in, sha, t.Number)
		}
		to = after
	}
	if t.Status == to {
		return t, nil
	}
	m := newMessage(in, tickets.KindReply, t.Number, sha)
	if err := tx.InsertMessage(ctx, m); err != nil {
		return nil, err
	}
	ch := changes{tx: tx, c: d.Catalogue(), actor: actor(in.Author), cause: in.Key}
	ch.status(t, to)
	if err := tx.SaveTicket(ctx, t); err != nil {
		return nil, err
	}
	if err := tx.AddEvents(ctx, t.Number, ch.events...); err != nil {
		return nil, err
	}
	l := followUp(t, m)
	l.Moved = to
	return t, d.noticeAll(ctx, tx, l, in.Key)
}

// tellAsked sends the answer, unless its reader had enough automatic mails.
func (d *Desk) tellAsked(ctx context.Context, tx *store.Tx, l tickets.Letter, in *tickets.Incoming) error {
	n, err := tx.AutomaticSince(ctx, l.To.Address, tx.Now.Add(-time.Hour))
	if err != nil {
		return err
	}
	if n >= d.Catalogue().Limits.AutomaticPerSender {
		d.Log.Warn("automatic mails limited", "mailbox", in.Mailbox, "uid", in.UID)
		return nil
	}
	var ok bool
	if l.Stranger, ok, err = d.mayMeet(ctx, tx, &in.Author); err != nil || !ok {
		return err
	}
	l.Subject = in.Subject
	return d.send(ctx, tx, inReply(l, &tickets.Message{MessageID: in.MessageID, References: in.References}), "", in.Key)
}

// SetLocale changes the language in which a person is written to, from now on
// and in all her tickets.
func (d *Desk) SetLocale(ctx context.Context, address string, l tickets.Locale) error {
	return d.Store.Tx(ctx, func(tx *store.Tx) error { return tx.SetLocale(ctx, address, l) })
}

// person completes an address with what the catalogue knows of it and the
// language that its owner chose.
func (d *Desk) person(ctx context.Context, tx *store.Tx, name, address string) (tickets.Person, error) {
	p := d.Catalogue().Person(name, address)
	chosen, err := tx.Locale(ctx, p.Address)
	if chosen != "" {
		p.Locale = chosen
	}
	return p, err
}
