package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"respon/tickets"
)

// Posted is a finished mail that is put into the outbox.
type Posted struct {
	Mail      tickets.Mail
	Ticket    tickets.Number // 0 for a letter about no ticket
	Kind      tickets.LetterKind
	Cause     string // key of the mail or request that called for it
	Automatic bool   // counts towards the limit of its recipient
	Notice    bool   // goes to a technician
	Stranger  bool   // goes to somebody of whom nobody knows that she wrote
}

// Enqueue puts a finished mail into the outbox, once for each recipient; it is
// due at once. The bytes are final from now on.
func (tx *Tx) Enqueue(ctx context.Context, p Posted) (rawSHA []byte, err error) {
	defer wrap(&err, "enqueue %s", p.Kind)
	sha, err := tx.PutRaw(ctx, p.Mail.Raw)
	if err != nil {
		return nil, err
	}
	for _, e := range append([]tickets.Envelope{{From: p.Mail.From, To: p.Mail.To}}, p.Mail.Copies...) {
		if _, err := tx.exec(ctx, `
			INSERT INTO outbox (ticket, kind, recipient, mail_from, message_id, subject, raw_sha, cause, automatic, notice, stranger,
				state, attempts, unsure, created_at, next_at, lease_by, code, error)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'waiting', 0, 0, ?, ?, '', 0, '')
			ON CONFLICT (message_id, recipient) DO NOTHING`,
			nullNumber(p.Ticket), p.Kind, tickets.NormalAddress(e.To), e.From, p.Mail.MessageID, clean(p.Mail.Subject), sha,
			p.Cause, p.Automatic, p.Notice, p.Stranger, tx.Now, tx.Now); err != nil {
			return nil, err
		}
	}
	return sha, nil
}

// Posting is a mail of the outbox.
type Posting struct {
	ID         int64
	Ticket     tickets.Number // 0 if it is about none
	Kind       tickets.LetterKind
	Recipient  string
	From       string // envelope sender
	MessageID  string
	Subject    string
	Notice     bool
	State      string
	Attempts   int
	CreatedAt  time.Time
	NextAt     time.Time
	LeaseUntil time.Time
	SentAt     *time.Time
	Code       int // of the SMTP answer; 0 if there was none
	Error      string
	RawSHA     []byte
}

type postingRow struct {
	ID         int64         `db:"id"`
	Ticket     sql.NullInt64 `db:"ticket"`
	Kind       string        `db:"kind"`
	Recipient  string        `db:"recipient"`
	MailFrom   string        `db:"mail_from"`
	MessageID  string        `db:"message_id"`
	Subject    string        `db:"subject"`
	Notice     bool          `db:"notice"`
	State      string        `db:"state"`
	Attempts   int           `db:"attempts"`
	CreatedAt  time.Time     `db:"created_at"`
	NextAt     time.Time     `db:"next_at"`
	LeaseUntil sql.NullTime  `db:"lease_until"`
	SentAt     sql.NullTime  `db:"sent_at"`
	Code       int           `db:"code"`
	Error      string        `db:"error"`
	RawSHA     []byte        `db:"raw_sha"`
}

const postingColumns = `
	id, ticket, kind, recipient, mail_from, message_id, subject, notice, state, attempts,
	created_at, next_at, lease_until, sent_at, code, error, raw_sha`

func (r *postingRow) posting() Posting {
	return Posting{
		ID: r.ID, Ticket: tickets.Number(r.Ticket.Int64), Kind: tickets.LetterKind(r.Kind),
		Recipient: r.Recipient, From: r.MailFrom, MessageID: r.MessageID, Subject: r.Subject, Notice: r.Notice,
		State: r.State, Attempts: r.Attempts, CreatedAt: r.CreatedAt.UTC(), NextAt: r.NextAt.UTC(),
		LeaseUntil: r.LeaseUntil.Time.UTC(), SentAt: pointer(r.SentAt), Code: r.Code, Error: r.Error, RawSHA: r.RawSHA,
	}
}

// blocksFor is how long an older mail to the same person about the same ticket
// holds back the newer ones, so that they arrive in order.
const blocksFor = 4 * time.Hour

// claimQuery says the states twice: SQLite uses a partial index only where its
// condition stands word for word.
const claimQuery = `
	SELECT ` + postingColumns + `
	FROM outbox o
	WHERE state IN ('waiting', 'sending')
		AND (state = 'waiting' AND next_at <= ? OR state = 'sending' AND lease_until < ?)
		AND NOT EXISTS (
			SELECT 1
			FROM outbox p
			WHERE p.ticket = o.ticket AND p.recipient = o.recipient AND p.id < o.id
				AND p.state IN ('waiting', 'sending') AND p.created_at > ?
		)
	ORDER BY next_at, id
	LIMIT ?`

// Claim takes up to n mails that are due for an owner and counts the attempt
// before it is made. A mail is due when its time has come, or when the lease of
// whoever had it ran out: that dialogue may have ended well, so it is counted as
// unsure. Mails of one ticket to one person go out in their order. next says
// when to try again after an attempt that ends in nothing, by attempts made.
func (tx *Tx) Claim(ctx context.Context, owner string, n int, lease time.Duration, next func(attempts int) time.Duration) (list []Posting, err error) {
	defer wrap(&err, "claim from the outbox")
	var rows []postingRow
	if err := tx.all(ctx, &rows, claimQuery+tx.store.dialect.skipLocked(), tx.Now, tx.Now, moment(tx.Now.Add(-blocksFor)), n); err != nil {
		return nil, err
	}
	for i := range rows {
		p := rows[i].posting()
		unsure := 0
		if p.State == "sending" {
			unsure = 1
		}
		p.Attempts++
		p.NextAt = moment(tx.Now.Add(next(p.Attempts)))
		p.LeaseUntil = moment(tx.Now.Add(lease))
		p.State = "sending"
		if _, err := tx.exec(ctx, `
			UPDATE outbox
			SET state = 'sending', lease_by = ?, lease_until = ?, attempts = ?, unsure = unsure + ?, next_at = ?
			WHERE id = ?`, owner, p.LeaseUntil, p.Attempts, unsure, p.NextAt, p.ID); err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	return list, nil
}

// Renew prolongs an owner's leases of mails that it has in hand.
func (tx *Tx) Renew(ctx context.Context, owner string, ids []int64, lease time.Duration) (err error) {
	defer wrap(&err, "renew leases in the outbox")
	for _, id := range ids {
		if _, err := tx.exec(ctx, `
			UPDATE outbox
			SET lease_until = ?
			WHERE id = ? AND state = 'sending' AND lease_by = ?`, moment(tx.Now.Add(lease)), id, owner); err != nil {
			return err
		}
	}
	return nil
}

// Expire ends all leases: whoever had them is known to be gone.
func (tx *Tx) Expire(ctx context.Context) (err error) {
	defer wrap(&err, "end leases in the outbox")
	_, err = tx.exec(ctx, `
		UPDATE outbox
		SET lease_until = ?
		WHERE state IN ('waiting', 'sending') AND state = 'sending'`, moment(tx.Now.Add(-time.Microsecond)))
	return err
}

// Outcome is how an attempt ended.
type Outcome struct {
	State  string // sent, failed, or waiting
	Code   int
	Error  string
	Unsure bool      // the mail may have been accepted all the same
	NextAt time.Time // for waiting
}

// Finish writes how an attempt ended. It reports false if somebody else took
// the mail over in between; nothing is written then.
func (tx *Tx) Finish(ctx context.Context, p *Posting, owner string, o Outcome) (mine bool, err error) {
	defer wrap(&err, "finish outbox mail %d", p.ID)
	unsure := 0
	if o.Unsure {
		unsure = 1
	}
	var sent *time.Time
	if o.State == "sent" {
		sent = &tx.Now
	}
	rows, err := tx.exec(ctx, `
		UPDATE outbox
		SET state = ?, lease_until = NULL, next_at = ?, sent_at = ?, code = ?, error = ?, unsure = unsure + ?
		WHERE id = ? AND lease_by = ? AND attempts = ? AND state = 'sending'`,
		o.State, moment(o.NextAt), nullable(sent), o.Code, clean(o.Error), unsure, p.ID, owner, p.Attempts)
	return rows > 0, err
}

// Return gives back a mail that was claimed and never tried: the attempt does
// not count. For a relay that could not be reached at all.
func (tx *Tx) Return(ctx context.Context, p *Posting, owner string, nextAt time.Time, reason string) (err error) {
	defer wrap(&err, "return outbox mail %d", p.ID)
	_, err = tx.exec(ctx, `
		UPDATE outbox
		SET state = 'waiting', lease_until = NULL, attempts = attempts - 1, next_at = ?, error = ?
		WHERE id = ? AND lease_by = ? AND attempts = ? AND state = 'sending'`,
		moment(nextAt), clean(reason), p.ID, owner, p.Attempts)
	return err
}

// Posting reads one mail of the outbox.
func (tx *Tx) Posting(ctx context.Context, id int64) (p Posting, err error) {
	defer wrap(&err, "outbox mail %d", id)
	var row postingRow
	err = tx.get(ctx, &row, `SELECT `+postingColumns+` FROM outbox WHERE id = ?`, id)
	return row.posting(), err
}

// PostingByMessageID finds the mail that a bounce speaks of. With a recipient,
// only the mail to that one.
func (tx *Tx) PostingByMessageID(ctx context.Context, messageID string) (p Posting, err error) {
	defer wrap(&err, "outbox mail by Message-ID")
	var row postingRow
	err = tx.get(ctx, &row, `SELECT `+postingColumns+` FROM outbox WHERE message_id = ? ORDER BY id LIMIT 1`, clean(messageID))
	return row.posting(), err
}

// Outbox lists mails that wait or failed, or all of them, oldest first.
func (tx *Tx) Outbox(ctx context.Context, all bool) (list []Posting, err error) {
	defer wrap(&err, "outbox list")
	query := `SELECT ` + postingColumns + ` FROM outbox WHERE state IN ('waiting', 'sending', 'failed') ORDER BY id`
	if all {
		query = `SELECT ` + postingColumns + ` FROM outbox ORDER BY id`
	}
	var rows []postingRow
	err = tx.all(ctx, &rows, query)
	for i := range rows {
		list = append(list, rows[i].posting())
	}
	return list, err
}

// AutomaticSince counts the automatic mails made for an address since a time.
func (tx *Tx) AutomaticSince(ctx context.Context, address string, since time.Time) (n int, err error) {
	defer wrap(&err, "count automatic mails")
	err = tx.get(ctx, &n, `
		SELECT count(*)
		FROM outbox
		WHERE recipient = ? AND created_at > ? AND automatic AND NOT notice`, tickets.NormalAddress(address), moment(since))
	return n, err
}

// LettersSince counts letters of a kind made for an address since a time.
func (tx *Tx) LettersSince(ctx context.Context, kind tickets.LetterKind, to string, since time.Time) (n int, err error) {
	defer wrap(&err, "count letters")
	err = tx.get(ctx, &n, `
		SELECT count(*)
		FROM outbox
		WHERE recipient = ? AND created_at > ? AND kind = ?`, tickets.NormalAddress(to), moment(since), kind)
	return n, err
}

// StrangersSince counts letters made for strangers since a time: for those of
// one domain, and in all.
func (tx *Tx) StrangersSince(ctx context.Context, domain string, since time.Time) (there, all int, err error) {
	defer wrap(&err, "count letters to strangers")
	if err := tx.get(ctx, &all, `SELECT count(*) FROM outbox WHERE stranger AND created_at > ?`, moment(since)); err != nil {
		return 0, 0, err
	}
	to := "@" + domain
	err = tx.get(ctx, &there, `
		SELECT count(*)
		FROM outbox
		WHERE stranger AND created_at > ? AND substr(recipient, length(recipient) - ? + 1) = ?`,
		moment(since), utf8.RuneCountInString(to), to)
	return there, all, err
}

// NextDue gives when the next waiting mail is due, or ErrNotFound.
func (tx *Tx) NextDue(ctx context.Context) (at time.Time, err error) {
	err = tx.get(ctx, &at, `
		SELECT next_at
		FROM outbox
		WHERE state = 'waiting'
		ORDER BY next_at
		LIMIT 1`)
	if err != nil && !errors.Is(err, ErrNotFound) {
		err = fmt.Errorf("next due mail: %w", err)
	}
	return at.UTC(), err
}

// RetryLetter makes a letter that waits or failed due now, with all its attempts
// before it. It returns ErrNotFound for any other.
func (tx *Tx) RetryLetter(ctx context.Context, id int64) (err error) {
	defer wrap(&err, "retry letter %d", id)
	return tx.one(ctx, `
		UPDATE outbox
		SET state = 'waiting', attempts = 0, next_at = ?
		WHERE id = ? AND state IN ('waiting', 'failed')`, tx.Now, id)
}

// DropLetter gives a letter up that waits or failed. It returns ErrNotFound for
// any other: what is being sent cannot be held back.
func (tx *Tx) DropLetter(ctx context.Context, id int64) (err error) {
	defer wrap(&err, "drop letter %d", id)
	return tx.one(ctx, `
		UPDATE outbox
		SET state = 'dropped'
		WHERE id = ? AND state IN ('waiting', 'failed')`, id)
}

// one runs a statement that has to change one row; none is ErrNotFound.
func (tx *Tx) one(ctx context.Context, query string, args ...any) error {
	n, err := tx.exec(ctx, query, args...)
	if err == nil && n == 0 {
		err = ErrNotFound
	}
	return err
}
