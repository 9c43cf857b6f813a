package desk

import (
	"context"
	"time"

	"respon/tickets"
	"respon/tickets/store"
)

// Bounds on registrations. Whoever knows an address could fill its mailbox.
const (
	registrationAge   = 24 * time.Hour // of a link
	registrationsADay = 1              // for an address
	registrationsHour = 200
)

// AskRegister keeps what somebody says about herself with the hash of a link, for
// an address known or not: the same work for both. It writes nothing to
// anybody. sent is false if the address was asked for within the day: the link
// that went out then still serves.
// Too many from one network (source) are to wait.
func (d *Desk) AskRegister(ctx context.Context, p tickets.Person, source string, hash []byte) (sent bool, wait time.Duration, err error) {
	err = d.Store.Tx(ctx, func(tx *store.Tx) error {
		wait = 0
		if ok, err := mayAskFrom(ctx, tx, source); err != nil || !ok {
			sent, wait = false, linkAge
			return err
		}
		for _, limit := range []struct {
			address string
			within  time.Duration
			max     int
		}{{p.Address, registrationAge, registrationsADay}, {"", time.Hour, registrationsHour}} {
			n, err := tx.RegistrationsSince(ctx, limit.address, tx.Now.Add(-limit.within))
			if err != nil || n >= limit.max {
				sent = false
				return err
			}
		}
		sent = true
		return tx.AddRegistration(ctx, hash, p, source)
	})
	return sent, wait, err
}

// SendRegister mails the link with this token to the address that somebody
// typed, or the refusal, where only people of listed entities are let in. Both
// have fixed words: who typed the address may be anybody.
func (d *Desk) SendRegister(ctx context.Context, p tickets.Person, token string) error {
	err := d.Store.Tx(ctx, func(tx *store.Tx) error {
		l := tickets.Letter{Kind: tickets.LetterRegister, To: tickets.Person{Address: p.Address, Locale: p.Locale}, Token: token}
		if c := d.Catalogue(); c.Policy == tickets.PolicyEntities && c.EntityOf(p.Address) == nil && c.TechnicianByAddress(p.Address) == nil {
			l.Kind, l.Token = tickets.LetterRefusal, ""
		}
		in := tickets.Incoming{Author: tickets.Author{Person: p, Trust: tickets.Claimed}}
		ok, err := d.mayWrite(ctx, tx, &in, l.Kind)
		if err != nil || !ok {
			return err
		}
		return d.send(ctx, tx, l, "", "register")
	})
	if err == nil && d.Wake != nil {
		d.Wake()
	}
	return err
}

// Registered redeems a registration's link by its hash: the address is confirmed,
// what was said is kept, and a session begins. It gives the address, or
// store.ErrNotFound if the link is used, too old or none of ours. Mails that are
// held for the address are the caller's to release.
func (d *Desk) Registered(ctx context.Context, link, session []byte) (address string, err error) {
	err = d.Store.Tx(ctx, func(tx *store.Tx) error {
		p, err := tx.UseRegistration(ctx, link, tx.Now.Add(-registrationAge))
		if err != nil {
			return err
		}
		if err := tx.Register(ctx, p); err != nil {
			return err
		}
		if err := tx.SetLocale(ctx, p.Address, p.Locale); err != nil {
			return err
		}
		if _, err := tx.Confirm(ctx, p.Address); err != nil {
			return err
		}
		address = p.Address
		return tx.AddSession(ctx, session, address)
	})
	return address, err
}
