package gateway

import (
	"context"
	"time"

	"respon/ingest/mailbox"
	"respon/tickets/store"
)

// A mailbox is read by one process at a time. Several would do no harm, since the
// ledger and the content key see to that, but each would fetch every mail.
// A lease says whose turn it is; it is renewed three times before it runs out.
const (
	leadFor   = 15 * time.Second
	leadAgain = leadFor / 3
)

// lead runs a mailbox while this process has the lease of it.
func (g *Gateway) lead(ctx context.Context, box *mailbox.Mailbox, name string) error {
	waiting := false
	for ctx.Err() == nil {
		if has, err := g.hold(ctx, name, leadFor); err != nil || !has {
			if !waiting && err == nil {
				g.o.Log.Info("another process reads the mailbox; waiting", "mailbox", name)
			}
			waiting = err == nil
			g.following(name, waiting)
			pause(ctx, leadAgain)
			continue
		}
		waiting = false
		g.following(name, false)
		if err := g.whileLeading(ctx, box, name); err != nil {
			return err
		}
	}
	return nil
}

// whileLeading runs the mailbox until ctx ends, or another process has the lease:
// this one must have been stopped for a while, or cut off from the database.
func (g *Gateway) whileLeading(ctx context.Context, box *mailbox.Mailbox, name string) error {
	own, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- box.Run(own) }()
	tick := time.NewTicker(leadAgain)
	defer tick.Stop()
	for {
		select {
		case err := <-ended:
			// What is in hand is finished; the next one need not wait.
			if _, err := g.hold(context.WithoutCancel(ctx), name, 0); err != nil {
				g.o.Log.Warn("lease of the mailbox not given up", "mailbox", name, "err", err)
			}
			return err
		case <-tick.C:
			// While the database is away nobody else can lead either.
			if has, err := g.hold(ctx, name, leadFor); err == nil && !has {
				g.o.Log.Warn("another process took over the mailbox", "mailbox", name)
				stop()
				return <-ended
			}
		}
	}
}

// hold takes or renews the lease of a mailbox for a time; 0 gives it up.
func (g *Gateway) hold(ctx context.Context, name string, d time.Duration) (has bool, err error) {
	err = g.store.Tx(ctx, func(tx *store.Tx) (err error) {
		has, err = tx.Lease(ctx, "mailbox "+name, g.owner, d)
		return err
	})
	return has, err
}

// following notes whether another process reads a mailbox, which is then no matter
// of this one's readiness.
func (g *Gateway) following(name string, is bool) { g.followed.Store(name, is) }

func (g *Gateway) follows(name string) bool {
	is, _ := g.followed.Load(name)
	return is == true
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
