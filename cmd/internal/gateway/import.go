package gateway

import (
	"context"
	"errors"
	"fmt"

	"respon/ingest"
	"respon/ingest/mailbox"
	"respon/tickets"
	"respon/tickets/store"
)

// Imported tells what became of mails from files.
type Imported struct {
	Fates map[tickets.Fate]int
	// Bad are the files, and the mails in them, that could not be read or taken.
	Bad []error
}

// Import takes mails from mbox files, Maildirs, .eml files and folders of these
// through the same intake as those of a mailbox. A mail that was taken before
// counts as a duplicate, so that it can be repeated. each is told how many mails
// were looked at so far. The gateway need not run; letters wait in the outbox.
func (g *Gateway) Import(ctx context.Context, paths []string, each func(done int)) (Imported, error) {
	r := Imported{Fates: map[tickets.Fate]int{}}
	done := 0
	for it, err := range mailbox.Files(paths...) {
		if ctx.Err() != nil {
			return r, context.Cause(ctx)
		}
		if err != nil {
			r.Bad = append(r.Bad, fmt.Errorf("%s: %w", it.Where, err))
			continue
		}
		fate, err := g.importOne(ctx, it)
		if err != nil {
			r.Bad = append(r.Bad, fmt.Errorf("%s: %w", it.Where, err))
		} else {
			r.Fates[fate]++
		}
		done++
		each(done)
	}
	return r, nil
}

// Retake leads a mail that lies in quarantine through the intake once more, and
// tells what became of it. The gateway need not run; letters wait in the outbox.
func (g *Gateway) Retake(ctx context.Context, id int64) (tickets.Fate, error) {
	return g.intake.Retake(ctx, id)
}

func (g *Gateway) importOne(ctx context.Context, it mailbox.Item) (fate tickets.Fate, err error) {
	key := store.KeyString(ingest.ContentKey(it.Raw, it.Received))
	look := func() (seen bool, err error) {
		err = g.store.View(ctx, func(tx *store.Tx) error {
			fate, seen, err = tx.Seen(ctx, key)
			return err
		})
		return seen, err
	}
	if seen, err := look(); err != nil || seen {
		return tickets.FateDuplicate, err
	}
	if verdict := g.intake.Take(ctx, it); verdict == mailbox.Retry {
		return "", errors.New("could not be stored; see the log, and import it again")
	}
	seen, err := look()
	if err == nil && !seen {
		err = errors.New("was taken and left no trace") // a bug
	}
	return fate, err
}
