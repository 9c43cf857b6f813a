package store

import (
	"context"
	"strings"
	"time"

	"respon/tickets"
)

// Filter chooses tickets; what is empty does not restrict.
type Filter struct {
	Address    string // a participant's
	Entity     string
	Technician string
	Category   string // id
	Statuses   []tickets.Status
	Query      string // words that must all occur in subject or messages
	Limit      int    // 0: all
	Offset     int
}

// List gives tickets by filter, newest first, with participants and links but
// without messages and events.
func (tx *Tx) List(ctx context.Context, f Filter) (list []*tickets.Ticket, err error) {
	defer wrap(&err, "list tickets")
	where, args := f.where()
	query := `SELECT ` + ticketColumns + ` FROM ticket t WHERE ` + where + ` ORDER BY number DESC`
	if f.Limit > 0 {
		query += ` LIMIT ? OFFSET ?`
		args = append(args, f.Limit, f.Offset)
	}
	var rows []ticketRow
	if err := tx.on.SelectContext(ctx, &rows, tx.db.Rebind(query), args...); err != nil {
		return nil, err
	}
	for i := range rows {
		t := rows[i].ticket()
		if t.Participants, err = tx.Participants(ctx, t.Number); err != nil {
			return nil, err
		}
		if t.Links, err = tx.links(ctx, t.Number); err != nil {
			return nil, err
		}
		list = append(list, t)
	}
	return list, nil
}

// Count says how many tickets a filter chooses, limit and offset aside.
func (tx *Tx) Count(ctx context.Context, f Filter) (n int, err error) {
	defer wrap(&err, "count tickets")
	where, args := f.where()
	err = tx.on.GetContext(ctx, &n, tx.db.Rebind(`SELECT count(*) FROM ticket t WHERE `+where), args...)
	return n, err
}

func (f *Filter) where() (string, []any) {
	clauses, args := []string{"TRUE"}, []any{}
	add := func(clause string, values ...any) {
		clauses, args = append(clauses, clause), append(args, values...)
	}
	if f.Address != "" {
		add(`EXISTS (SELECT 1 FROM participant p WHERE p.ticket = t.number AND p.address = ?)`, tickets.NormalAddress(f.Address))
	}
	if f.Entity != "" {
		add(`entity = ?`, f.Entity)
	}
	if f.Technician != "" {
		add(`technician = ?`, f.Technician)
	}
	if f.Category != "" {
		add(`category = ?`, f.Category)
	}
	if len(f.Statuses) > 0 {
		marks := make([]string, len(f.Statuses))
		for i, s := range f.Statuses {
			marks[i] = "?"
			args = append(args, s)
		}
		clauses = append(clauses, `status IN (`+strings.Join(marks, ", ")+`)`)
	}
	for _, word := range strings.Fields(tickets.Fold(clean(f.Query))) {
		match := "%" + escapeLike(word) + "%"
		if f.Address == "" {
			add(`EXISTS (SELECT 1 FROM message m WHERE m.ticket = t.number AND m.folded LIKE ? ESCAPE '\')`, match)
			continue
		}
		// What was written before somebody was added is not hers to find.
		add(`EXISTS (
			SELECT 1
			FROM message m JOIN participant p ON p.ticket = m.ticket
			WHERE m.ticket = t.number AND p.address = ? AND m.id >= p.since AND m.folded LIKE ? ESCAPE '\'
		)`, tickets.NormalAddress(f.Address), match)
	}
	return strings.Join(clauses, " AND "), args
}

// escapeLike takes their meaning from the signs of LIKE.
func escapeLike(s string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s)
}

// Health is what the readiness page and the doctor ask about the outbox.
type Health struct {
	Waiting   int
	Failed    int
	OldestDue time.Time // zero if nothing waits
}

// OutboxHealth counts what waits and what failed.
func (tx *Tx) OutboxHealth(ctx context.Context) (h Health, err error) {
	defer wrap(&err, "outbox health")
	var rows []struct {
		State string `db:"state"`
		Count int    `db:"n"`
	}
	if err := tx.all(ctx, &rows, `
		SELECT state, count(*) AS n
		FROM outbox
		WHERE state IN ('waiting', 'sending', 'failed')
		GROUP BY state`); err != nil {
		return h, err
	}
	for _, r := range rows {
		if r.State == "failed" {
			h.Failed = r.Count
		} else {
			h.Waiting += r.Count
		}
	}
	return h, nil
}

// During gives the tickets that were opened before a period's end and not over
// before its beginning, without participants, links, messages and events.
// Those that were merged away are left out.
func (tx *Tx) During(ctx context.Context, from, to time.Time) (list []*tickets.Ticket, err error) {
	defer wrap(&err, "tickets of a period")
	var rows []ticketRow
	if err := tx.all(ctx, &rows, `
		SELECT `+ticketColumns+`
		FROM ticket
		WHERE created_at < ? AND (resolved_at IS NULL OR resolved_at >= ?) AND merged_into IS NULL
		ORDER BY number`, moment(to), moment(from)); err != nil {
		return nil, err
	}
	list = make([]*tickets.Ticket, len(rows))
	for i := range rows {
		list[i] = rows[i].ticket()
	}
	return list, nil
}
