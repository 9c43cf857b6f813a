package store

import (
	"context"
	"database/sql"
	"time"

	"respon/tickets"
)

// ticketRow is a row of the table ticket.
type ticketRow struct {
	Number          int64         `db:"number"`
	UID             string        `db:"uid"`
	Type            string        `db:"type"`
	TypeKnown       bool          `db:"type_known"`
	Status          string        `db:"status"`
	Subject         string        `db:"subject"`
	Category        string        `db:"category"`
	ImpactTag       string        `db:"impact_tag"`
	BlocksWork      sql.NullBool  `db:"blocks_work"`
	AffectsOthers   sql.NullBool  `db:"affects_others"`
	AffectsCitizens sql.NullBool  `db:"affects_citizens"`
	Impact          string        `db:"impact"`
	Urgency         string        `db:"urgency"`
	Priority        string        `db:"priority"`
	PriorityWhy     string        `db:"priority_why"`
	Requester       string        `db:"requester"`
	RequesterName   string        `db:"requester_name"`
	Entity          string        `db:"entity"`
	Locale          string        `db:"locale"`
	Technician      string        `db:"technician"`
	CreatedAt       time.Time     `db:"created_at"`
	UpdatedAt       time.Time     `db:"updated_at"`
	FirstAnswerDue  sql.NullTime  `db:"first_answer_due"`
	ResolutionDue   sql.NullTime  `db:"resolution_due"`
	FirstAnsweredAt sql.NullTime  `db:"first_answered_at"`
	ResolvedAt      sql.NullTime  `db:"resolved_at"`
	ClosedAt        sql.NullTime  `db:"closed_at"`
	MergedInto      sql.NullInt64 `db:"merged_into"`
	WatchAt         sql.NullTime  `db:"watch_at"`
	Suggestion      bool          `db:"suggestion"`
	Satisfied       sql.NullBool  `db:"satisfied"`
	SatisfiedAt     sql.NullTime  `db:"satisfied_at"`
}

const ticketColumns = `
	number, uid, type, type_known, status, subject, category, impact_tag,
	blocks_work, affects_others, affects_citizens, impact, urgency, priority, priority_why,
	requester, requester_name, entity, locale, technician,
	created_at, updated_at, first_answer_due, resolution_due,
	first_answered_at, resolved_at, closed_at, merged_into, watch_at, suggestion, satisfied, satisfied_at`

func (r *ticketRow) ticket() *tickets.Ticket {
	if r.Suggestion {
		r.Type = string(tickets.Suggestion)
	}
	return &tickets.Ticket{
		Number: tickets.Number(r.Number), UID: r.UID,
		Type: tickets.Type(r.Type), TypeKnown: r.TypeKnown,
		Status: tickets.Status(r.Status), Subject: r.Subject, Category: r.Category,
		ImpactTag: tickets.Level(r.ImpactTag),
		Answers: tickets.Answers{
			BlocksWork: boolean(r.BlocksWork), AffectsOthers: boolean(r.AffectsOthers), AffectsCitizens: boolean(r.AffectsCitizens),
		},
		Impact: tickets.Level(r.Impact), Urgency: tickets.Level(r.Urgency),
		Priority: tickets.Priority(r.Priority), PriorityWhy: r.PriorityWhy,
		Requester: tickets.Person{
			Name: r.RequesterName, Address: r.Requester, Entity: r.Entity, Locale: tickets.Locale(r.Locale),
		},
		Technician: r.Technician,
		CreatedAt:  r.CreatedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC(),
		FirstAnswerDue: pointer(r.FirstAnswerDue), ResolutionDue: pointer(r.ResolutionDue),
		FirstAnsweredAt: pointer(r.FirstAnsweredAt), ResolvedAt: pointer(r.ResolvedAt), ClosedAt: pointer(r.ClosedAt),
		MergedInto: tickets.Number(r.MergedInto.Int64), WatchAt: pointer(r.WatchAt),
		Satisfied: boolean(r.Satisfied), SatisfiedAt: pointer(r.SatisfiedAt),
	}
}

func boolean(b sql.NullBool) *bool {
	if !b.Valid {
		return nil
	}
	return &b.Bool
}

func nullBool(b *bool) sql.NullBool {
	if b == nil {
		return sql.NullBool{}
	}
	return sql.NullBool{Bool: *b, Valid: true}
}

// NextNumber takes the next ticket number. It is given back if the transaction
// is not committed.
func (tx *Tx) NextNumber(ctx context.Context) (n tickets.Number, err error) {
	defer wrap(&err, "next ticket number")
	err = tx.get(ctx, &n, `
		UPDATE counter
		SET value = value + 1
		WHERE name = 'ticket'
		RETURNING value`)
	return n, err
}

// InsertTicket writes a new ticket with its number, its requester as the first
// participant, and the links it has.
func (tx *Tx) InsertTicket(ctx context.Context, t *tickets.Ticket) (err error) {
	defer wrap(&err, "insert ticket %d", t.Number)
	_, err = tx.exec(ctx, `
		INSERT INTO ticket (`+ticketColumns+`)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		int64(t.Number), t.UID, t.Type.Filed(), t.TypeKnown, t.Status, clean(t.Subject), t.Category, t.ImpactTag,
		nullBool(t.Answers.BlocksWork), nullBool(t.Answers.AffectsOthers), nullBool(t.Answers.AffectsCitizens),
		t.Impact, t.Urgency, t.Priority, t.PriorityWhy,
		t.Requester.Address, clean(t.Requester.Name), t.Requester.Entity, t.Requester.Locale, t.Technician,
		moment(t.CreatedAt), moment(t.UpdatedAt), nullable(t.FirstAnswerDue), nullable(t.ResolutionDue),
		nullable(t.FirstAnsweredAt), nullable(t.ResolvedAt), nullable(t.ClosedAt), merged(t), nullable(t.WatchAt), t.Type == tickets.Suggestion,
		nullBool(t.Satisfied), nullable(t.SatisfiedAt))
	if err != nil {
		return err
	}
	for _, p := range t.Participants {
		if err := tx.AddParticipant(ctx, t.Number, p); err != nil {
			return err
		}
	}
	return nil
}

func merged(t *tickets.Ticket) sql.NullInt64 {
	return sql.NullInt64{Int64: int64(t.MergedInto), Valid: t.MergedInto != 0}
}

// SaveTicket writes what may change about a locked ticket and sets UpdatedAt.
func (tx *Tx) SaveTicket(ctx context.Context, t *tickets.Ticket) (err error) {
	defer wrap(&err, "save ticket %d", t.Number)
	t.UpdatedAt = tx.Now
	rows, err := tx.exec(ctx, `
		UPDATE ticket
		SET type = ?, suggestion = ?, type_known = ?, status = ?, category = ?, impact_tag = ?,
			blocks_work = ?, affects_others = ?, affects_citizens = ?,
			impact = ?, urgency = ?, priority = ?, priority_why = ?, technician = ?, updated_at = ?,
			first_answer_due = ?, resolution_due = ?,
			first_answered_at = ?, resolved_at = ?, closed_at = ?, merged_into = ?, watch_at = ?,
			satisfied = ?, satisfied_at = ?,
			requester = ?, requester_name = ?, entity = ?, locale = ?
		WHERE number = ?`,
		t.Type.Filed(), t.Type == tickets.Suggestion, t.TypeKnown, t.Status, t.Category, t.ImpactTag,
		nullBool(t.Answers.BlocksWork), nullBool(t.Answers.AffectsOthers), nullBool(t.Answers.AffectsCitizens),
		t.Impact, t.Urgency, t.Priority, t.PriorityWhy, t.Technician, moment(t.UpdatedAt),
		nullable(t.FirstAnswerDue), nullable(t.ResolutionDue),
		nullable(t.FirstAnsweredAt), nullable(t.ResolvedAt), nullable(t.ClosedAt), merged(t), nullable(t.WatchAt),
		nullBool(t.Satisfied), nullable(t.SatisfiedAt),
		t.Requester.Address, clean(t.Requester.Name), t.Requester.Entity, t.Requester.Locale, int64(t.Number))
	if err == nil && rows == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return err
	}
	return tx.savePauses(ctx, t)
}

// LockTicket reads a ticket with its participants and keeps others from
// changing it until the transaction ends. A ticket that was merged away gives
// the one it went into.
func (tx *Tx) LockTicket(ctx context.Context, n tickets.Number) (*tickets.Ticket, error) {
	return tx.ticket(ctx, n, tx.store.dialect.lock())
}

// LastMerged is LockTicket for who only reads.
func (tx *Tx) LastMerged(ctx context.Context, n tickets.Number) (*tickets.Ticket, error) {
	return tx.ticket(ctx, n, "")
}

// LockMerged is LockTicket for a ticket that may be merged away, and is wanted
// as it is.
func (tx *Tx) LockMerged(ctx context.Context, n tickets.Number) (*tickets.Ticket, error) {
	if _, err := tx.exec(ctx, `UPDATE ticket SET updated_at = updated_at WHERE number = ?`, int64(n)); err != nil {
		return nil, err
	}
	return tx.Ticket(ctx, n)
}

// Ticket reads a ticket with its participants and links, as it is.
func (tx *Tx) Ticket(ctx context.Context, n tickets.Number) (_ *tickets.Ticket, err error) {
	defer wrap(&err, "ticket %d", n)
	var row ticketRow
	if err := tx.get(ctx, &row, `SELECT `+ticketColumns+` FROM ticket WHERE number = ?`, int64(n)); err != nil {
		return nil, err
	}
	t := row.ticket()
	if t.Participants, err = tx.Participants(ctx, n); err != nil {
		return nil, err
	}
	if t.Pauses, err = tx.pauses(ctx, n); err != nil {
		return nil, err
	}
	t.Links, err = tx.links(ctx, n)
	return t, err
}

func (tx *Tx) ticket(ctx context.Context, n tickets.Number, lock string) (_ *tickets.Ticket, err error) {
	defer wrap(&err, "lock ticket %d", n)
	// A chain of merges is short; the bound only keeps a damaged one from
	// going round.
	for range 20 {
		var row ticketRow
		if err := tx.get(ctx, &row, `SELECT `+ticketColumns+` FROM ticket WHERE number = ?`+lock, int64(n)); err != nil {
			return nil, err
		}
		if !row.MergedInto.Valid {
			t := row.ticket()
			if t.Participants, err = tx.Participants(ctx, n); err != nil {
				return nil, err
			}
			t.Pauses, err = tx.pauses(ctx, n)
			return t, err
		}
		n = tickets.Number(row.MergedInto.Int64)
	}
	return nil, ErrNotFound
}

// TicketByUID finds the number of the ticket that a token was made for.
func (tx *Tx) TicketByUID(ctx context.Context, uid string) (n tickets.Number, err error) {
	defer wrap(&err, "ticket of token")
	err = tx.get(ctx, &n, `SELECT number FROM ticket WHERE uid = ?`, uid)
	return n, err
}

// ClosedByUID says when the tickets that tokens were made for were closed, those
// merged away when their targets were. What is pending or unknown is missing.
func (tx *Tx) ClosedByUID(ctx context.Context, uids []string) (closed map[string]time.Time, err error) {
	defer wrap(&err, "end of the tickets of tokens")
	if len(uids) == 0 {
		return nil, nil
	}
	var rows []struct {
		UID      string    `db:"uid"`
		ClosedAt time.Time `db:"closed_at"`
	}
	err = tx.in(ctx, &rows, `
		WITH RECURSIVE way (uid, number, steps) AS (
			SELECT uid, number, 0 FROM ticket WHERE uid IN (?)
			UNION ALL
			SELECT way.uid, ticket.merged_into, way.steps + 1
			FROM way JOIN ticket ON ticket.number = way.number
			WHERE ticket.merged_into IS NOT NULL AND way.steps < 20
		)
		SELECT way.uid, ticket.closed_at
		FROM way JOIN ticket ON ticket.number = way.number
		WHERE ticket.merged_into IS NULL AND ticket.closed_at IS NOT NULL`, uids)
	closed = make(map[string]time.Time, len(rows))
	for _, r := range rows {
		closed[r.UID] = r.ClosedAt
	}
	return closed, err
}

// CategoriesOf gives the categories of a requester's last tickets that have one,
// the newest first; at most 20.
func (tx *Tx) CategoriesOf(ctx context.Context, address string) (ids []string, err error) {
	err = tx.all(ctx, &ids, categoriesQuery, tickets.NormalAddress(address))
	return ids, err
}

const categoriesQuery = `
	SELECT category
	FROM ticket
	WHERE requester = ? AND category <> ''
	ORDER BY number DESC
	LIMIT 20`

// AddParticipant adds somebody to a ticket, once.
func (tx *Tx) AddParticipant(ctx context.Context, n tickets.Number, p tickets.Participant) (err error) {
	defer wrap(&err, "add participant")
	_, err = tx.exec(ctx, `
		INSERT INTO participant (ticket, address, name, role, since, added_at)
		VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (ticket, address) DO NOTHING`,
		int64(n), tickets.NormalAddress(p.Address), clean(p.Name), p.Role, p.Since, tx.Now)
	return err
}

// Participants are who takes part in a ticket.
func (tx *Tx) Participants(ctx context.Context, n tickets.Number) (list []tickets.Participant, err error) {
	// The requester first, then in the order in which they came.
	err = tx.all(ctx, &list, `
		SELECT name, address, role, since
		FROM participant
		WHERE ticket = ?
		ORDER BY role DESC, added_at, address`, int64(n))
	return list, err
}

// AddLink relates two tickets, both ways.
func (tx *Tx) AddLink(ctx context.Context, a, b tickets.Number, kind tickets.LinkKind) (err error) {
	defer wrap(&err, "link %d and %d", a, b)
	for _, pair := range [][2]tickets.Number{{a, b}, {b, a}} {
		if _, err := tx.exec(ctx, `
			INSERT INTO link (ticket, other, kind)
			VALUES (?, ?, ?)
			ON CONFLICT (ticket, other, kind) DO NOTHING`, int64(pair[0]), int64(pair[1]), kind); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) links(ctx context.Context, n tickets.Number) (list []tickets.Link, err error) {
	err = tx.all(ctx, &list, `
		SELECT other AS number, kind
		FROM link
		WHERE ticket = ?
		ORDER BY other, kind`, int64(n))
	return list, err
}
