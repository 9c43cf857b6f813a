package desk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"respon/tickets"
	"respon/tickets/store"
)

// What a sign-in allows. A link that waits longer in a mailbox is more likely
// to be somebody else's; a session ends with the working day.
const (
	linkAge     = 15 * time.Minute
	sessionIdle = 12 * time.Hour
	sessionAge  = 7 * 24 * time.Hour
	// touchAfter keeps reading a page from being a write each time.
	touchAfter = 5 * time.Minute
)

// Bounds on asking for links: whoever knows an address could fill its mailbox.
const (
	linksPerAddress = 3  // in linkAge
	linksPerSource  = 10 // in linkAge, from one network
	linksPerHour    = 200
)

// AskLogin keeps the hash of a one-time link for an address, known or not: the
// same work for both, so that the time it takes tells nothing. If too many were
// asked for, by that address, from that source (a network; "" if it says nothing)
// or in all, it keeps none and gives how long to wait.
func (d *Desk) AskLogin(ctx context.Context, address, source string, hash []byte) (wait time.Duration, err error) {
	err = d.Store.Tx(ctx, func(tx *store.Tx) error {
		wait = 0
		if ok, err := mayAskFrom(ctx, tx, source); err != nil || !ok {
			wait = linkAge
			return err
		}
		for _, limit := range []struct {
			address string
			within  time.Duration
			max     int
		}{{address, linkAge, linksPerAddress}, {"", time.Hour, linksPerHour}} {
			n, err := tx.LoginsSince(ctx, limit.address, tx.Now.Add(-limit.within))
			if err != nil {
				return err
			}
			if n >= limit.max {
				wait = limit.within
				return nil
			}
		}
		return tx.AddLogin(ctx, hash, address, source)
	})
	return wait, err
}

// mayAskFrom says whether one more link may be asked for from a network.
func mayAskFrom(ctx context.Context, tx *store.Tx, source string) (bool, error) {
	if source == "" {
		return true, nil
	}
	n, err := tx.AskedFrom(ctx, source, tx.Now.Add(-linkAge))
	return n < linksPerSource, err
}

// SendLogin mails the link with this token to the address, if it is a
// technician's or takes part in a ticket; to nobody else.
func (d *Desk) SendLogin(ctx context.Context, address, token string) error {
	sent := false
	err := d.Store.Tx(ctx, func(tx *store.Tx) error {
		sent = false
		to, known, err := d.known(ctx, tx, address)
		if err != nil || !known || !tickets.PlainAddress(to.Address) {
			return err
		}
		l := tickets.Letter{Kind: tickets.LetterLogin, To: to, Locale: to.Locale, Token: token, At: tx.Now}
		if l.Locale == "" {
			l.Locale = d.Catalogue().Gateway.Locale
		}
		mail, err := d.Composer.Compose(l)
		if err != nil {
			return fmt.Errorf("compose %s: %w", l.Kind, err)
		}
		// It does not count towards the automatic mails of its recipient, or
		// asking for links would silence somebody's acknowledgements.
		_, err = tx.Enqueue(ctx, store.Posted{Mail: mail, Kind: l.Kind, Cause: "login"})
		sent = err == nil
		return err
	})
	if err == nil && sent && d.Wake != nil {
		d.Wake()
	}
	return err
}

// known finds the person behind an address: a technician, anybody who takes part
// in a ticket, by the name of the latest one, or who registered.
func (d *Desk) known(ctx context.Context, tx *store.Tx, address string) (p tickets.Person, known bool, err error) {
	c := d.Catalogue()
	if tech := c.TechnicianByAddress(address); tech != nil {
		return tech.Person(), true, nil
	}
	list, err := tx.List(ctx, store.Filter{Address: address, Limit: 1})
	if err != nil {
		return tickets.Person{}, false, err
	}
	if p, err = d.person(ctx, tx, "", address); err != nil {
		return p, false, err
	}
	if len(list) == 0 {
		said, registered, err := tx.Person(ctx, address)
		if errors.Is(err, store.ErrNotFound) {
			return p, false, nil
		}
		p.Name = said.Name
		return p, registered != nil, err
	}
	for _, part := range list[0].Participants {
		if part.Address == p.Address {
			p.Name = part.Name
		}
	}
	return p, true, nil
}

// Login redeems a link by its hash and begins a session with another: both or
// neither. It gives the address that the link was mailed to, or
// store.ErrNotFound if the link is used, too old or none of ours.
func (d *Desk) Login(ctx context.Context, link, session []byte) (address string, err error) {
	err = d.Store.Tx(ctx, func(tx *store.Tx) error {
		if address, err = tx.UseLogin(ctx, link, tx.Now.Add(-linkAge)); err != nil {
			return err
		}
		return tx.AddSession(ctx, session, address)
	})
	return address, err
}

// BeginSession begins a session without a link: the demo's sign-in.
func (d *Desk) BeginSession(ctx context.Context, session []byte, address string) error {
	return d.Store.Tx(ctx, func(tx *store.Tx) error { return tx.AddSession(ctx, session, address) })
}

// Session gives the address whose session this is, or store.ErrNotFound if
// there is none or it ran out, and keeps a session in use from running out.
func (d *Desk) Session(ctx context.Context, session []byte) (address string, err error) {
	stale := false
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		seen := time.Time{}
		address, seen, err = tx.Session(ctx, session, tx.Now.Add(-sessionIdle), tx.Now.Add(-sessionAge))
		stale = tx.Now.Sub(seen) > touchAfter
		return err
	})
	if err != nil || !stale {
		return address, err
	}
	// A database that only reads at the moment can still show pages.
	if err := d.Store.Tx(ctx, func(tx *store.Tx) error { return tx.TouchSession(ctx, session) }); err != nil {
		d.Log.Warn("session in use was not noted", "err", err)
	}
	return address, nil
}

// Logout ends a session.
func (d *Desk) Logout(ctx context.Context, session []byte) error {
	return d.Store.Tx(ctx, func(tx *store.Tx) error { return tx.EndSession(ctx, session) })
}
