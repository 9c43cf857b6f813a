package store

import (
	"context"
	"encoding/hex"
	"errors"
	"time"

	"respon/tickets"
)

// Note writes what became of a mail: the ledger row of its UID and, unless it
// was seen before, its content key. It returns ErrSeen, with the ledger row
// saying duplicate, if the key is there already; the caller then commits and
// does nothing else.
func (tx *Tx) Note(ctx context.Context, a *tickets.Arrival, fate tickets.Fate, n tickets.Number, trust tickets.Trust, rawSHA []byte) (err error) {
	defer wrap(&err, "ledger")
	rows, err := tx.exec(ctx, `
		INSERT INTO seen (key, fate, ticket, trust, raw_sha, at)
		VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (key) DO NOTHING`,
		a.Key, fate, nullNumber(n), trust, rawSHA, tx.Now)
	if err != nil {
		return err
	}
	if rows == 0 {
		fate = tickets.FateDuplicate
	}
	if err := tx.ledger(ctx, a, fate); err != nil {
		return err
	}
	if rows == 0 {
		return ErrSeen
	}
	return nil
}

// ledger writes the row of a UID. Offered again after a crash, it is there
// already and stays as it is.
func (tx *Tx) ledger(ctx context.Context, a *tickets.Arrival, fate tickets.Fate) error {
	if a.UIDValidity == 0 {
		return nil
	}
	if _, err := tx.exec(ctx, `
		INSERT INTO intake (mailbox, uidvalidity, uid, size, received_at, key, fate, at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (mailbox, uidvalidity, uid) DO NOTHING`,
		a.Mailbox, int64(a.UIDValidity), int64(a.UID), a.Size, moment(a.Received), a.Key, fate, tx.Now); err != nil {
		return err
	}
	return nil
}

// Seen reports whether a mail with this content key was processed, with what
// became of it.
func (tx *Tx) Seen(ctx context.Context, key string) (fate tickets.Fate, seen bool, err error) {
	err = tx.get(ctx, &fate, `SELECT fate FROM seen WHERE key = ?`, key)
	if errors.Is(err, ErrNotFound) {
		return "", false, nil
	}
	return fate, err == nil, err
}

// release takes back that a held mail was seen, so that it can be opened now.
func (tx *Tx) release(ctx context.Context, key string) error {
	_, err := tx.exec(ctx, `DELETE FROM seen WHERE key = ? AND fate = ?`, key, tickets.FateHeld)
	return err
}

// Fates gives the ledger's rows of these UIDs; a UID that was never settled is
// not in the answer.
func (tx *Tx) Fates(ctx context.Context, mailbox string, validity uint32, uids []uint32) (fates map[uint32]tickets.Fate, err error) {
	defer wrap(&err, "ledger of %s", mailbox)
	fates = make(map[uint32]tickets.Fate)
	const chunk = 500 // SQLite and PostgreSQL bound the number of arguments
	for len(uids) > 0 {
		part := uids[:min(chunk, len(uids))]
		uids = uids[len(part):]
		var rows []struct {
			UID  uint32       `db:"uid"`
			Fate tickets.Fate `db:"fate"`
		}
		if err := tx.in(ctx, &rows, `
			SELECT uid, fate
			FROM intake
			WHERE mailbox = ? AND uidvalidity = ? AND uid IN (?)`, mailbox, int64(validity), part); err != nil {
			return nil, err
		}
		for _, r := range rows {
			fates[r.UID] = r.Fate
		}
	}
	return fates, nil
}

// Vanished notes UIDs that somebody else took away before they were read.
func (tx *Tx) Vanished(ctx context.Context, mailbox string, validity uint32, uids []uint32) (err error) {
	defer wrap(&err, "vanished from %s", mailbox)
	for _, uid := range uids {
		a := tickets.Arrival{Mailbox: mailbox, UIDValidity: validity, UID: uid, Received: tx.Now}
		if err := tx.ledger(ctx, &a, tickets.FateVanished); err != nil {
			return err
		}
	}
	return nil
}

// Sighted keeps how far a mailbox was seen and gives how many of the UIDs given
// out since the last time are neither in uids nor settled. It reports whether
// the mailbox is in a new epoch: it was seen before, with another UIDVALIDITY.
func (tx *Tx) Sighted(ctx context.Context, mailbox string, validity, next uint32, uids []uint32) (gaps int, epoch bool, err error) {
	defer wrap(&err, "state of %s", mailbox)
	var last int64
	err = tx.get(ctx, &last, `
		SELECT uidnext
		FROM mailbox_state
		WHERE mailbox = ? AND uidvalidity = ?`+tx.store.dialect.lock(), mailbox, int64(validity))
	if errors.Is(err, ErrNotFound) {
		var others int
		if err := tx.get(ctx, &others, `SELECT count(*) FROM mailbox_state WHERE mailbox = ?`, mailbox); err != nil {
			return 0, false, err
		}
		// What was there before we came is no gap.
		_, err = tx.exec(ctx, `
			INSERT INTO mailbox_state (mailbox, uidvalidity, uidnext, gaps)
			VALUES (?, ?, ?, 0)
			ON CONFLICT (mailbox, uidvalidity) DO NOTHING`, mailbox, int64(validity), int64(next))
		return 0, others > 0, err
	}
	if err != nil || int64(next) <= last {
		return 0, false, err
	}
	var present []uint32
	for _, uid := range uids {
		if int64(uid) >= last && uid < next {
			present = append(present, uid)
		}
	}
	both, err := tx.Fates(ctx, mailbox, validity, present)
	if err != nil {
		return 0, false, err
	}
	var settled int
	if err := tx.get(ctx, &settled, `
		SELECT count(*)
		FROM intake
		WHERE mailbox = ? AND uidvalidity = ? AND uid >= ? AND uid < ?`, mailbox, int64(validity), last, int64(next)); err != nil {
		return 0, false, err
	}
	gaps = int(int64(next)-last) - len(present) - (settled - len(both))
	_, err = tx.exec(ctx, `
		UPDATE mailbox_state
		SET uidnext = ?, gaps = gaps + ?
		WHERE mailbox = ? AND uidvalidity = ?`, int64(next), gaps, mailbox, int64(validity))
	return gaps, false, err
}

// Tried counts a try to take a mail that did not end well, and gives how many
// there were.
func (tx *Tx) Tried(ctx context.Context, a *tickets.Arrival, cause string) (tries int, err error) {
	defer wrap(&err, "count a try")
	err = tx.get(ctx, &tries, `
		INSERT INTO intake_try (mailbox, uidvalidity, uid, tries, cause, at)
		VALUES (?, ?, ?, 1, ?, ?)
		ON CONFLICT (mailbox, uidvalidity, uid) DO UPDATE
		SET tries = intake_try.tries + 1, cause = excluded.cause, at = excluded.at
		RETURNING tries`, a.Mailbox, int64(a.UIDValidity), int64(a.UID), clean(cause), tx.Now)
	return tries, err
}

// Hold keeps a mail until its sender has confirmed the address.
func (tx *Tx) Hold(ctx context.Context, uid, address string, a *tickets.Arrival, rawSHA []byte) (err error) {
	defer wrap(&err, "hold a mail")
	_, err = tx.exec(ctx, `
		INSERT INTO held (uid, address, received_at, raw_sha, key, at)
		VALUES (?, ?, ?, ?, ?, ?)`, uid, tickets.NormalAddress(address), moment(a.Received), rawSHA, a.Key, tx.Now)
	return err
}

// Held is a mail that waits for its sender's confirmation.
type Held struct {
	UID        string    `db:"uid"`
	Address    string    `db:"address"`
	ReceivedAt time.Time `db:"received_at"`
	RawSHA     []byte    `db:"raw_sha"`
	Key        string    `db:"key"`
}

// HeldMail gives a held mail, or ErrNotFound.
func (tx *Tx) HeldMail(ctx context.Context, uid string) (h Held, err error) {
	defer wrap(&err, "held mail")
	err = tx.get(ctx, &h, `SELECT uid, address, received_at, raw_sha, key FROM held WHERE uid = ?`, uid)
	return h, err
}

// Confirm keeps that an address was confirmed by its owner, and when she did last,
// and hands over the mails that were held for it, oldest first. They are no longer
// held and no longer seen: the caller takes each anew.
func (tx *Tx) Confirm(ctx context.Context, address string) (list []Held, err error) {
	defer wrap(&err, "confirm an address")
	address = tickets.NormalAddress(address)
	if err := tx.SetConfirmed(ctx, address); err != nil {
		return nil, err
	}
	if err := tx.all(ctx, &list, `
		SELECT uid, address, received_at, raw_sha, key
		FROM held
		WHERE address = ?
		ORDER BY received_at, at, uid`+tx.store.dialect.lock(), address); err != nil {
		return nil, err
	}
	return list, nil
}

// SetConfirmed keeps that an address is its owner's.
func (tx *Tx) SetConfirmed(ctx context.Context, address string) error {
	_, err := tx.exec(ctx, `
		INSERT INTO confirmed (address, at)
		VALUES (?, ?)
		ON CONFLICT (address) DO UPDATE
		SET at = excluded.at`, tickets.NormalAddress(address), tx.Now)
	return err
}

// Unhold ends the holding of one mail, in the transaction that opens it.
func (tx *Tx) Unhold(ctx context.Context, h Held) (err error) {
	defer wrap(&err, "release a held mail")
	rows, err := tx.exec(ctx, `DELETE FROM held WHERE uid = ?`, h.UID)
	if err != nil {
		return err
	}
	if rows == 0 {
		return ErrNotFound
	}
	return tx.release(ctx, h.Key)
}

// ExpireHeld ends the holding of mails that have waited since before a time, and
// gives them.
func (tx *Tx) ExpireHeld(ctx context.Context, before time.Time) (list []Held, err error) {
	defer wrap(&err, "expire held mails")
	err = tx.all(ctx, &list, `
		DELETE FROM held
		WHERE at < ?
		RETURNING uid, address, received_at, raw_sha, key`, moment(before))
	return list, err
}

// Confirmed reports whether the owner of an address ever confirmed it.
func (tx *Tx) Confirmed(ctx context.Context, address string) (bool, error) {
	var n int
	err := tx.get(ctx, &n, `SELECT count(*) FROM confirmed WHERE address = ?`, tickets.NormalAddress(address))
	return n > 0, err
}

// ConfirmedAt gives when the owner of an address confirmed it last, the zero time
// if she never did.
func (tx *Tx) ConfirmedAt(ctx context.Context, address string) (at time.Time, err error) {
	defer wrap(&err, "confirmation of an address")
	err = tx.get(ctx, &at, `SELECT at FROM confirmed WHERE address = ?`, tickets.NormalAddress(address))
	if errors.Is(err, ErrNotFound) {
		return time.Time{}, nil
	}
	return at.UTC(), err
}

// Believe ends the holding of a mail of which another copy has come that is known
// to be its sender's: it counts as never seen. It gives her address, "" if
// the waiting was over, or ErrNotFound if none was held, or one that was known to be
// hers.
func (tx *Tx) Believe(ctx context.Context, key string) (address string, err error) {
	defer wrap(&err, "believe a held mail")
	rows, err := tx.exec(ctx, `DELETE FROM seen WHERE key = ? AND fate = ? AND trust <> ?`, key, tickets.FateHeld, tickets.Verified)
	if err == nil && rows == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return "", err
	}
	err = tx.get(ctx, &address, `DELETE FROM held WHERE key = ? RETURNING address`, key)
	if errors.Is(err, ErrNotFound) {
		err = nil // it waited too long
	}
	return address, err
}

// Unasked gives one held mail of each address whose owner was asked nothing since
// she last confirmed it, the oldest first; those of suspects are left out.
func (tx *Tx) Unasked(ctx context.Context, since time.Time) (list []Held, err error) {
	defer wrap(&err, "held mails that nobody was asked about")
	err = tx.all(ctx, &list, unaskedQuery, tickets.Suspect, tickets.LetterConfirm, moment(since))
	return list, err
}

const unaskedQuery = `
	SELECT h.uid, h.address, h.received_at, h.raw_sha, h.key
	FROM held h JOIN seen s ON s.key = h.key
	WHERE s.trust <> ?
		AND NOT EXISTS (
			SELECT 1
			FROM outbox o
			WHERE o.recipient = h.address AND o.kind = ? AND o.created_at > ?
				AND NOT EXISTS (SELECT 1 FROM confirmed c WHERE c.address = h.address AND c.at >= o.created_at)
		)
		AND NOT EXISTS (SELECT 1 FROM held b WHERE b.address = h.address AND (b.at < h.at OR b.at = h.at AND b.uid < h.uid))
	ORDER BY h.at, h.uid
	LIMIT 500`

// Lease takes or renews a named lease for an owner until Now+d, by the clock
// of the transaction. It reports whether the owner has it. A d of 0 gives it up.
func (tx *Tx) Lease(ctx context.Context, name, owner string, d time.Duration) (has bool, err error) {
	defer wrap(&err, "lease %s", name)
	rows, err := tx.exec(ctx, `
		INSERT INTO lease (name, owner, until)
		VALUES (?, ?, ?)
		ON CONFLICT (name) DO UPDATE
		SET owner = excluded.owner, until = excluded.until
		WHERE lease.owner = excluded.owner OR lease.until < ?`, name, owner, moment(tx.Now.Add(d)), tx.Now)
	return rows > 0, err
}

// Quarantine keeps a mail that could not be processed, with the cause.
func (tx *Tx) Quarantine(ctx context.Context, a *tickets.Arrival, from, subject, cause string) (err error) {
	defer wrap(&err, "quarantine")
	sha, err := tx.PutRaw(ctx, a.Raw)
	if err != nil {
		return err
	}
	if err := tx.Note(ctx, a, tickets.FateQuarantined, 0, "", sha); err != nil {
		return err
	}
	_, err = tx.exec(ctx, `
		INSERT INTO quarantine (mailbox, received_at, sender, subject, size, cause, raw_sha, at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		a.Mailbox, moment(a.Received), clean(from), clean(subject), a.Size, clean(cause), sha, tx.Now)
	return err
}

// Unquarantine takes a mail out of quarantine, if it lies there, in the
// transaction in which it is taken anew: it counts as never seen. It returns
// ErrNotFound if somebody else took it out.
func (tx *Tx) Unquarantine(ctx context.Context, a *tickets.Arrival) (err error) {
	if a.Quarantined == 0 {
		return nil
	}
	defer wrap(&err, "take mail %d out of quarantine", a.Quarantined)
	if err := tx.DropQuarantined(ctx, a.Quarantined); err != nil {
		return err
	}
	_, err = tx.exec(ctx, `DELETE FROM seen WHERE key = ? AND fate = ?`, a.Key, tickets.FateQuarantined)
	return err
}

// DropQuarantined gives a quarantined mail up, or returns ErrNotFound. It still
// counts as seen, so that a copy of it is a duplicate.
func (tx *Tx) DropQuarantined(ctx context.Context, id int64) (err error) {
	rows, err := tx.exec(ctx, `DELETE FROM quarantine WHERE id = ?`, id)
	if err == nil && rows == 0 {
		err = ErrNotFound
	}
	return err
}

// QuarantineList gives the quarantined mails, oldest first.
func (tx *Tx) QuarantineList(ctx context.Context) (list []tickets.Quarantined, err error) {
	defer wrap(&err, "quarantine list")
	list = []tickets.Quarantined{}
	err = tx.all(ctx, &list, `
		SELECT id, mailbox, received_at, sender, subject, size, cause, raw_sha
		FROM quarantine
		ORDER BY id`)
	for i := range list {
		list[i].ReceivedAt = list[i].ReceivedAt.UTC()
	}
	return list, err
}

// Quarantined gives one mail in quarantine, or ErrNotFound.
func (tx *Tx) Quarantined(ctx context.Context, id int64) (q tickets.Quarantined, err error) {
	defer wrap(&err, "mail %d in quarantine", id)
	err = tx.get(ctx, &q, `
		SELECT id, mailbox, received_at, sender, subject, size, cause, raw_sha
		FROM quarantine
		WHERE id = ?`, id)
	q.ReceivedAt = q.ReceivedAt.UTC()
	return q, err
}

// KeyString is a content key as it is stored.
func KeyString(key [32]byte) string { return hex.EncodeToString(key[:]) }

func nullNumber(n tickets.Number) any {
	if n == 0 {
		return nil
	}
	return int64(n)
}
