package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
)

// maxRaw bounds what is decompressed at once, in bytes: well above any mail
// that is taken, so that a damaged row cannot fill the memory.
const maxRaw = 512 << 20

// PutRaw keeps a mail whole, compressed, and gives the key it is found by: the
// SHA-256 of its bytes. The same bytes are kept once.
func (tx *Tx) PutRaw(ctx context.Context, raw []byte) (sha []byte, err error) {
	sum := sha256.Sum256(raw)
	defer wrap(&err, "keep raw mail %x", sum[:4])
	packed := tx.store.packer.EncodeAll(raw, make([]byte, 0, len(raw)/2+64))
	_, err = tx.exec(ctx, `
		INSERT INTO raw (sha, size, data)
		VALUES (?, ?, ?)
		ON CONFLICT (sha) DO NOTHING`, sum[:], len(raw), packed)
	return sum[:], err
}

// Raw gives a mail back as it came. Its hash is checked: a damaged mail is an
// error and not another mail.
func (tx *Tx) Raw(ctx context.Context, sha []byte) (raw []byte, err error) {
	defer wrap(&err, "read raw mail %x", sha[:min(4, len(sha))])
	var packed []byte
	if err := tx.get(ctx, &packed, `SELECT data FROM raw WHERE sha = ?`, sha); err != nil {
		return nil, err
	}
	return tx.store.unpack(sha, packed)
}

// Raws gives those of several mails that are not larger than most bytes, by
// their keys.
func (tx *Tx) Raws(ctx context.Context, shas [][]byte, most int) (raws map[string][]byte, err error) {
	defer wrap(&err, "read %d raw mails", len(shas))
	var rows []struct {
		SHA  []byte `db:"sha"`
		Data []byte `db:"data"`
	}
	if err := tx.in(ctx, &rows, `SELECT sha, data FROM raw WHERE sha IN (?) AND size <= ?`, shas, most); err != nil {
		return nil, err
	}
	raws = make(map[string][]byte, len(rows))
	for _, r := range rows {
		if raws[string(r.SHA)], err = tx.store.unpack(r.SHA, r.Data); err != nil {
			return nil, err
		}
	}
	return raws, nil
}

func (s *Store) unpack(sha, packed []byte) ([]byte, error) {
	raw, err := s.opener.DecodeAll(packed, nil)
	if err != nil {
		return nil, fmt.Errorf("decompress: %w", err)
	}
	if sum := sha256.Sum256(raw); string(sum[:]) != string(sha) {
		return nil, errors.New("stored bytes do not have the hash they are kept under")
	}
	return raw, nil
}
