package store

import (
	"context"
	"strings"
	"time"

	"respon/tickets"
)

type messageRow struct {
	ID         int64     `db:"id"`
	Ticket     int64     `db:"ticket"`
	Direction  string    `db:"direction"`
	Kind       string    `db:"kind"`
	Author     string    `db:"author"`
	AuthorName string    `db:"author_name"`
	Technician string    `db:"technician"`
	MessageID  string    `db:"message_id"`
	InReplyTo  string    `db:"in_reply_to"`
	Refs       string    `db:"refs"`
	ReceivedAt time.Time `db:"received_at"`
	Subject    string    `db:"subject"`
	Text       string    `db:"text"`
	Reply      string    `db:"reply"`
	Trust      string    `db:"trust"`
	Internal   bool      `db:"internal"`
	RawSHA     []byte    `db:"raw_sha"`
}

func (r *messageRow) message() tickets.Message {
	return tickets.Message{
		ID: r.ID, Ticket: tickets.Number(r.Ticket),
		Direction: tickets.Direction(r.Direction), Kind: tickets.MessageKind(r.Kind),
		Author: tickets.Person{Address: r.Author, Name: r.AuthorName}, Technician: r.Technician,
		MessageID: r.MessageID, InReplyTo: r.InReplyTo, References: strings.Fields(r.Refs),
		ReceivedAt: r.ReceivedAt.UTC(), Subject: r.Subject, Text: r.Text, Reply: r.Reply,
		Trust: tickets.Trust(r.Trust), Internal: r.Internal, RawSHA: r.RawSHA,
	}
}

const messageColumns = `
	ticket, direction, kind, author, author_name, technician, message_id, in_reply_to, refs,
	received_at, subject, text, reply, trust, internal, raw_sha`

// InsertMessage adds a message to its ticket, with its attachments and the
// Message-IDs by which answers to it are found; it sets m.ID.
func (tx *Tx) InsertMessage(ctx context.Context, m *tickets.Message) (err error) {
	defer wrap(&err, "insert message of ticket %d", m.Ticket)
	err = tx.get(ctx, &m.ID, `
		INSERT INTO message (`+messageColumns+`, folded)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		RETURNING id`,
		int64(m.Ticket), m.Direction, m.Kind, m.Author.Address, clean(m.Author.Name), m.Technician,
		clean(m.MessageID), clean(m.InReplyTo), clean(strings.Join(m.References, " ")),
		moment(m.ReceivedAt), clean(m.Subject), clean(m.Text), clean(m.Reply), m.Trust, m.Internal, m.RawSHA,
		searchable(m))
	if err != nil {
		return err
	}
	for i, a := range m.Attachments {
		if _, err := tx.exec(ctx, `
			INSERT INTO attachment (message, position, filename, content_type, size, sha256, part, inline, content_id)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			m.ID, i, clean(a.Filename), clean(a.ContentType), a.Size, a.SHA256, a.Part, a.Inline, clean(a.ContentID)); err != nil {
			return err
		}
	}
	if m.MessageID == "" {
		return nil
	}
	return tx.addRef(ctx, m.MessageID, m.Ticket, true)
}

// searchable is the text that a search goes over. Notes are left out: a
// requester who searches her own tickets must not find one.
func searchable(m *tickets.Message) string {
	if m.Internal || m.Kind == tickets.KindAck || m.Kind == tickets.KindNotice {
		return ""
	}
	const enough = 64 << 10
	text := clean(m.Subject + " " + m.Reply)
	if len(text) > enough {
		text = strings.ToValidUTF8(text[:enough], "")
	}
	return tickets.Fold(text)
}

// AddReferences keeps the Message-IDs that an opening mail refers to: a mail
// of that thread which arrives later belongs to the ticket too.
func (tx *Tx) AddReferences(ctx context.Context, n tickets.Number, ids []string) error {
	for _, id := range ids {
		if err := tx.addRef(ctx, id, n, false); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) addRef(ctx context.Context, id string, n tickets.Number, own bool) (err error) {
	defer wrap(&err, "keep Message-ID of ticket %d", n)
	_, err = tx.exec(ctx, `
		INSERT INTO ticket_ref (message_id, ticket, own)
		VALUES (?, ?, ?)
		ON CONFLICT (message_id, ticket) DO NOTHING`, clean(id), int64(n), own)
	return err
}

// TicketsByMessageID gives the tickets that Message-IDs belong to: those whose
// own mails have them first, then the newest.
func (tx *Tx) TicketsByMessageID(ctx context.Context, ids []string) (list []tickets.Number, err error) {
	defer wrap(&err, "tickets by Message-ID")
	if len(ids) == 0 {
		return nil, nil
	}
	var rows []struct {
		Ticket tickets.Number `db:"ticket"`
		Own    bool           `db:"own"`
	}
	cleaned := make([]string, len(ids))
	for i, id := range ids {
		cleaned[i] = clean(id)
	}
	err = tx.in(ctx, &rows, `
		SELECT ticket, own
		FROM ticket_ref
		WHERE message_id IN (?)
		ORDER BY own DESC, ticket DESC`, cleaned)
	seen := map[tickets.Number]bool{}
	for _, r := range rows {
		if !seen[r.Ticket] {
			seen[r.Ticket] = true
			list = append(list, r.Ticket)
		}
	}
	return list, err
}

// LastWritten gives when somebody wrote her last messages of a ticket, the newest
// first; at most limit.
func (tx *Tx) LastWritten(ctx context.Context, n tickets.Number, address string, limit int) (at []time.Time, err error) {
	defer wrap(&err, "last messages of ticket %d", n)
	err = tx.all(ctx, &at, `
		SELECT received_at
		FROM message
		WHERE ticket = ? AND author = ? AND direction = 'in'
		ORDER BY id DESC
		LIMIT ?`, int64(n), tickets.NormalAddress(address), limit)
	return at, err
}

// Messages reads a ticket's thread in its order, with attachments.
func (tx *Tx) Messages(ctx context.Context, n tickets.Number) (list []tickets.Message, err error) {
	defer wrap(&err, "messages of ticket %d", n)
	var rows []messageRow
	if err := tx.all(ctx, &rows, `SELECT id, `+messageColumns+` FROM message WHERE ticket = ? ORDER BY id`, int64(n)); err != nil {
		return nil, err
	}
	var files []struct {
		Message     int64  `db:"message"`
		Filename    string `db:"filename"`
		ContentType string `db:"content_type"`
		Size        int64  `db:"size"`
		SHA256      string `db:"sha256"`
		Part        string `db:"part"`
		Inline      bool   `db:"inline"`
		ContentID   string `db:"content_id"`
	}
	if err := tx.all(ctx, &files, `
		SELECT a.message, a.filename, a.content_type, a.size, a.sha256, a.part, a.inline, a.content_id
		FROM attachment a
		JOIN message m ON m.id = a.message
		WHERE m.ticket = ?
		ORDER BY a.message, a.position`, int64(n)); err != nil {
		return nil, err
	}
	at := make(map[int64]int, len(rows))
	for i := range rows {
		list = append(list, rows[i].message())
		at[rows[i].ID] = i
	}
	for _, f := range files {
		m := &list[at[f.Message]]
		m.Attachments = append(m.Attachments, tickets.Attachment{
			Filename: f.Filename, ContentType: f.ContentType, Size: f.Size, SHA256: f.SHA256,
			Part: f.Part, Inline: f.Inline, ContentID: f.ContentID,
		})
	}
	return list, nil
}

// LastFrom gives the newest message of the ticket that came in from somebody
// who is no technician, or ErrNotFound: the one that an answer answers.
func (tx *Tx) LastFrom(ctx context.Context, n tickets.Number) (*tickets.Message, error) {
	return tx.oneMessage(ctx, `
		SELECT id, `+messageColumns+`
		FROM message
		WHERE ticket = ? AND direction = 'in' AND technician = '' AND NOT internal AND kind IN ('request', 'reply', 'form')
		ORDER BY id DESC
		LIMIT 1`, n)
}

// First gives the message with which the ticket began, or ErrNotFound.
func (tx *Tx) First(ctx context.Context, n tickets.Number) (*tickets.Message, error) {
	return tx.oneMessage(ctx, `
		SELECT id, `+messageColumns+`
		FROM message
		WHERE ticket = ? AND direction = 'in'
		ORDER BY id
		LIMIT 1`, n)
}

// LastWords gives the newest message of the ticket in which somebody who is no
// technician says something, or ErrNotFound. A filled-in form alone says nothing.
func (tx *Tx) LastWords(ctx context.Context, n tickets.Number) (*tickets.Message, error) {
	return tx.oneMessage(ctx, `
		SELECT id, `+messageColumns+`
		FROM message
		WHERE ticket = ? AND direction = 'in' AND technician = '' AND NOT internal AND kind IN ('request', 'reply') AND reply <> ''
		ORDER BY id DESC
		LIMIT 1`, n)
}

func (tx *Tx) oneMessage(ctx context.Context, query string, n tickets.Number) (*tickets.Message, error) {
	var row messageRow
	if err := tx.get(ctx, &row, query, int64(n)); err != nil {
		return nil, err
	}
	m := row.message()
	return &m, nil
}

// CountMessages counts a ticket's messages of a kind.
func (tx *Tx) CountMessages(ctx context.Context, t tickets.Number, d tickets.Direction, k tickets.MessageKind) (n int, err error) {
	err = tx.get(ctx, &n, `
		SELECT count(*)
		FROM message
		WHERE ticket = ? AND direction = ? AND kind = ?`, int64(t), string(d), string(k))
	return n, err
}
