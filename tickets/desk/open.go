package desk

import (
	"context"
	"fmt"

	"respon/tickets"
	"respon/tickets/store"
)

// Open makes a ticket out of what somebody wrote, assigns it, acknowledges it
// to the requester and tells the technician. It returns store.ErrSeen if this
// mail was taken before.
func (d *Desk) Open(ctx context.Context, in tickets.Incoming) (t *tickets.Ticket, err error) {
	err = d.take(ctx, &in.Arrival, in.Author.Trust, func(tx *store.Tx, sha []byte) (tickets.Fate, tickets.Number, error) {
		if t, err = d.open(ctx, tx, &in, sha, 0); err != nil {
			return "", 0, err
		}
		return tickets.FateOpened, t.Number, nil
	})
	if err != nil {
		return nil, err
	}
	d.Log.Info("ticket opened", "ticket", t.Number, "technician", t.Technician, "mailbox", in.Mailbox, "uid", in.UID)
	return t, nil
}

// open does the work of Open in a transaction. A ticket that continues another
// one, which was closed too long ago, is linked to it.
func (d *Desk) open(ctx context.Context, tx *store.Tx, in *tickets.Incoming, sha []byte, continues tickets.Number) (*tickets.Ticket, error) {
	c := d.Catalogue()
	t, why, err := d.newTicket(ctx, tx, c, in)
	if err != nil {
		return nil, err
	}
	if err := tx.InsertTicket(ctx, t); err != nil {
		return nil, err
	}
	if err := d.forgetTargets(ctx, tx, t); err != nil {
		return nil, err
	}
	m := newMessage(in, tickets.KindRequest, t.Number, sha)
	m.Internal = false // it is the requester's own ticket
	if err := tx.InsertMessage(ctx, m); err != nil {
		return nil, err
	}
	if err := tx.AddReferences(ctx, t.Number, in.References); err != nil {
		return nil, err
	}
	events := []tickets.Event{
		{Actor: actor(in.Author), Kind: tickets.EventOpened, Detail: opened(t, in), Cause: in.Key},
		{Actor: tickets.Respon, Kind: tickets.EventAssigned, Detail: assignedTo(t.Technician, why), Cause: in.Key},
	}
	linked, err := d.linkNew(ctx, tx, t, in, continues)
	if err != nil {
		return nil, err
	}
	if err := tx.AddEvents(ctx, t.Number, append(events, linked...)...); err != nil {
		return nil, err
	}
	if err := d.attach(ctx, tx, t, in.Key); err != nil {
		return nil, err
	}
	if err := noteRefused(ctx, tx, t, in); err != nil {
		return nil, err
	}
	if err := d.addCopied(ctx, tx, t, m, in); err != nil {
		return nil, err
	}
	if err := d.acknowledge(ctx, tx, t, m, in); err != nil {
		return nil, err
	}
	if err := d.tellAssigned(ctx, tx, t, m, in.Key); err != nil {
		return nil, err
	}
	return t, d.watchMass(ctx, tx, t, in.Key)
}

func (d *Desk) newTicket(ctx context.Context, tx *store.Tx, c *tickets.Catalogue, in *tickets.Incoming) (t *tickets.Ticket, why string, err error) {
	t = &tickets.Ticket{
		Type: tickets.Incident, Status: tickets.New, Subject: in.Subject,
		Requester: in.Author.Person, CreatedAt: in.At, UpdatedAt: tx.Now,
		Participants: []tickets.Participant{{Name: in.Author.Name, Address: in.Author.Address, Role: tickets.RoleRequester}},
	}
	applyHints(t, in.Hints)
	t.Prioritise()
	t.SetDue(c)
	if t.UID, err = d.NewUID(); err != nil {
		return nil, "", err
	}
	// The number comes first: it makes those who open tickets at the same time
	// wait for each other, so that they do not all find the same one least loaded.
	if t.Number, err = tx.NextNumber(ctx); err != nil {
		return nil, "", err
	}
	if why, err = d.underGeneral(ctx, tx, c, t); err != nil || why != "" {
		return t, why, err
	}
	if t.Technician, why, err = assign(ctx, tx, c, t); err != nil || t.Technician == "" {
		return t, why, err
	}
	return t, why, tx.TookTurn(ctx, t.Technician)
}

func applyHints(t *tickets.Ticket, h tickets.Hints) {
	if h.Type != "" {
		t.Type, t.TypeKnown = h.Type, true
	}
	if h.Category != "" {
		t.Category = h.Category
	}
	if h.Impact != "" {
		t.ImpactTag = h.Impact
	}
	t.Answers = t.Answers.Merge(h.Answers)
}

// linkNew relates a new ticket to the one it continues, and to those that its
// sender named without having part in them. The requester learns nothing of
// either by it.
func (d *Desk) linkNew(ctx context.Context, tx *store.Tx, t *tickets.Ticket, in *tickets.Incoming, continues tickets.Number) (events []tickets.Event, err error) {
	prefix := d.Catalogue().Gateway.Prefix
	link := func(n tickets.Number, kind tickets.LinkKind, detail string) error {
		if err := tx.AddLink(ctx, t.Number, n, kind); err != nil {
			return err
		}
		t.Links = append(t.Links, tickets.Link{Number: n, Kind: kind})
		events = append(events, tickets.Event{Actor: tickets.Respon, Kind: tickets.EventLinked, Detail: detail, Cause: in.Key})
		return tx.AddEvents(ctx, n, tickets.Event{Actor: tickets.Respon, Kind: tickets.EventLinked,
			Detail: "linked from " + t.Number.Format(prefix) + ": " + detail, Cause: in.Key})
	}
	if continues != 0 {
		if err := link(continues, tickets.FollowUp, "continues "+continues.Format(prefix)+", which was closed too long ago"); err != nil {
			return nil, err
		}
	}
	for _, n := range in.Quoted {
		if err := link(n, tickets.Related, "the sender quoted "+n.Format(prefix)+" and has no part in it"); err != nil {
			return nil, err
		}
	}
	return events, nil
}

func opened(t *tickets.Ticket, in *tickets.Incoming) string {
	said := "type unknown, counts as " + string(t.Type)
	if t.TypeKnown {
		said = string(t.Type)
	}
	return fmt.Sprintf("%s, impact %s, urgency %s: %s; sender %s", said, t.Impact, t.Urgency, t.Priority, in.Author.Trust)
}
