// Package desk holds the verbs: everything that changes a ticket is a method of
// Desk and one transaction. A mail's ledger row, the raw mail, the ticket, its
// message and events and the letters that answer are committed together or not
// at all.
//
// Who may do something is decided by the caller (package ingest for mails,
// package web for pages); the desk decides what follows from it. Rules without
// state (priority, assignment, due times, life cycle) are functions of package
// tickets.
package desk

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"respon/tickets"
	"respon/tickets/store"
)

// Composer turns what we decide to say into a finished mail. It must not do
// I/O: it runs inside a transaction.
type Composer interface {
	Compose(tickets.Letter) (tickets.Mail, error)
}

// Desk changes tickets. All fields are required but Wake.
type Desk struct {
	Store     *store.Store
	Composer  Composer
	Catalogue func() *tickets.Catalogue // the present one; a reload swaps it whole
	NewUID    func() (string, error)    // the random id that a ticket's tokens are bound to
	Log       *slog.Logger
	// Wake is called after a commit that put mails into the outbox, to make the
	// sender quicker; it need not do anything for them to be sent.
	Wake func()
	// Mute keeps letters from being written: for mails of long ago.
	Mute bool
}

// effect is what a mail does, inside its transaction. It gives the mail's fate
// and the ticket it belongs to, 0 for none.
type effect func(tx *store.Tx, rawSHA []byte) (tickets.Fate, tickets.Number, error)

// take runs the effect of a mail exactly once: the first time its content key
// is met. For a mail that was seen before it writes the ledger row only and
// returns store.ErrSeen.
//
// A mail that is held, since nothing spoke for its sender, and comes again by a way
// on which something does, is taken as if it had come so at first: it may be that
// nobody ever answers the question that the first copy gave rise to.
func (d *Desk) take(ctx context.Context, a *tickets.Arrival, trust tickets.Trust, f effect) error {
	return d.takeOf(ctx, a, trust, trust == tickets.Verified, f)
}

func (d *Desk) takeOf(ctx context.Context, a *tickets.Arrival, trust tickets.Trust, believed bool, f effect) error {
	if a.Key == "" {
		return errors.New("a mail without a content key") // a bug: it could be taken twice
	}
	for {
		seen := false
		err := d.Store.Tx(ctx, func(tx *store.Tx) error {
			seen = false
			if err := tx.Unquarantine(ctx, a); err != nil {
				return err
			}
			fate, was, err := tx.Seen(ctx, a.Key)
			if err != nil {
				return fmt.Errorf("look for content key: %w", err)
			}
			if was && fate == tickets.FateHeld && believed {
				if was, err = d.stillHeld(ctx, tx, a.Key); err != nil {
					return err
				}
			}
			if was {
				seen = true
				if err := tx.Note(ctx, a, tickets.FateDuplicate, 0, trust, nil); !errors.Is(err, store.ErrSeen) {
					return err
				}
				return nil
			}
			var sha []byte
			if len(a.Raw) > 0 {
				var err error
				if sha, err = tx.PutRaw(ctx, a.Raw); err != nil {
					return err
				}
			}
			fate, n, err := f(tx, sha)
			if err != nil {
				return err
			}
			return tx.Note(ctx, a, fate, n, trust, sha)
		})
		switch {
		case errors.Is(err, store.ErrSeen):
			continue // another process took the same mail in between: now it is seen
		case err != nil:
			return err
		case seen:
			return store.ErrSeen
		}
		if d.Wake != nil {
			d.Wake()
		}
		return nil
	}
}

// stillHeld ends the holding of a mail that is known to be its sender's now, unless it
// was all along. Of somebody of a listed entity there is nothing left to be asked: her
// answer to the letter that did is no mail of its own.
func (d *Desk) stillHeld(ctx context.Context, tx *store.Tx, key string) (bool, error) {
	address, err := tx.Believe(ctx, key)
	if errors.Is(err, store.ErrNotFound) {
		return true, nil
	}
	if err == nil && d.Catalogue().EntityOf(address) != nil {
		err = tx.SetConfirmed(ctx, address)
	}
	return false, err
}

// newMessage makes the message that an incoming mail becomes.
func newMessage(in *tickets.Incoming, kind tickets.MessageKind, n tickets.Number, sha []byte) *tickets.Message {
	trust := in.Author.Trust
	if trust != tickets.Verified {
		trust = tickets.Claimed
	}
	return &tickets.Message{
		Ticket: n, Direction: tickets.In, Kind: kind, Author: in.Author.Person, Technician: in.Author.Technician,
		MessageID: in.MessageID, InReplyTo: in.InReplyTo, References: in.References,
		ReceivedAt: in.At, Subject: in.Subject, Text: in.Text, Reply: in.Reply,
		Trust: trust, Internal: in.Internal, RawSHA: sha, Attachments: in.Attachments,
	}
}

// actor is how the author stands in events.
func actor(a tickets.Author) string {
	if a.Technician != "" {
		return a.Technician
	}
	if a.Address != "" {
		return a.Address
	}
	return "unknown sender"
}
