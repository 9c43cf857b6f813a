package mailbox

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"time"
)

// Mails are fetched ahead of the handler, several to a command, and moved behind it, several to a command. What is held
// in memory is bounded; a mail larger than maxBytes is held alone.
const (
	batchMails = 50
	batchBytes = 4 << 20
	maxMails   = 2 * batchMails
	maxBytes   = 16 << 20

	askSizes  = 500                    // mails in one command
	gather    = 200 * time.Millisecond // the longest a settled mail waits for others to be moved with
	lastMoves = 5 * time.Second        // for what is still on its way when the Mailbox is to stop
	maxRetry  = 20                     // mails in a row that may be refused for the first time
)

var errRefusing = fmt.Errorf("%d mails in a row could not be stored; the others wait", maxRetry)

// taking is the work of one round: this goroutine talks to the server, another prepares, a third calls the handler.
type taking struct {
	m     *Mailbox
	s     *session
	stop  context.Context // ends when the Mailbox is to stop
	ctx   context.Context // of the commands: lasts a little longer
	queue []uint32        // size unknown
	sized []mail          // to be fetched, before those of queue
	moves [Quarantine + 1][]uint32
	since time.Time // when the first of moves was settled

	fetched  chan offer
	outcomes chan outcome
	held     int   // mails in memory
	bytes    int64 // and their size
	offered  int
	refusing bool
}

// offer is a mail on its way to the handler.
type offer struct {
	item  *Item
	fresh bool // it was never refused
}

type outcome struct {
	uid     uint32
	bytes   int64
	verdict Verdict
	skipped bool // not offered: the round is to end
}

// take does the work of a round.
func (m *Mailbox) take(ctx context.Context, s *session, w work) (offered int, err error) {
	if len(w.offer) == 0 && len(w.move) == 0 {
		return 0, nil
	}
	cmd, cancel := outlive(ctx, lastMoves)
	defer cancel()
	t := &taking{
		m: m, s: s, stop: ctx, ctx: cmd, queue: w.offer,
		fetched:  make(chan offer, maxMails),
		outcomes: make(chan outcome, maxMails), // has room for all that is in memory: the handler never waits for us
	}
	for _, uid := range w.move {
		t.settle(uid, m.folder.uids[uid].verdict)
	}
	go t.hand(ctx, t.prepared())
	err = t.feed()
	close(t.fetched)
	for o := range t.outcomes {
		t.note(o)
	}
	if err == nil {
		err = t.flushLast()
	}
	if err == nil && t.refusing {
		err = errRefusing
	}
	return t.offered, err
}

// outlive gives a context that ends some time after its parent.
func outlive(parent context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(parent))
	stop := context.AfterFunc(parent, func() {
		select {
		case <-time.After(d):
		case <-ctx.Done():
		}
		cancel()
	})
	return ctx, func() { stop(); cancel() }
}

// feed talks to the server until there is nothing more to fetch and all verdicts are in, or the round is to end. What
// the library throws is thrown on, after the other goroutines are told.
func (t *taking) feed() (err error) {
	defer func() {
		if v := recover(); v != nil {
			t.m.log.Error("panic while fetching; connecting anew", "err", v, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic while fetching: %v", v)
		}
	}()
	for t.stop.Err() == nil && !t.refusing {
		t.collect()
		if t.mustFlush() {
			if err := t.flush(t.ctx); err != nil {
				return err
			}
			continue
		}
		batch, err := t.batch()
		switch {
		case err != nil:
			return err
		case len(batch) > 0:
			if err := t.fetch(batch); err != nil {
				return err
			}
		case t.held > 0:
			t.await()
		default:
			return nil
		}
	}
	return nil
}

// collect notes the verdicts that are in.
func (t *taking) collect() {
	for {
		select {
		case o := <-t.outcomes:
			t.note(o)
		default:
			return
		}
	}
}

// await waits for a verdict, or until it is time to move what is settled.
func (t *taking) await() {
	var due <-chan time.Time
	if !t.since.IsZero() {
		timer := time.NewTimer(min(gather, gather-t.m.now().Sub(t.since))) // the clock may have been put back
		defer timer.Stop()
		due = timer.C
	}
	select {
	case o := <-t.outcomes:
		t.note(o)
	case <-due:
	case <-t.stop.Done():
	}
}

func (t *taking) mustFlush() bool {
	for _, uids := range t.moves {
		if len(uids) >= batchMails {
			return true
		}
	}
	return !t.since.IsZero() && t.m.now().Sub(t.since) >= gather
}

// flush moves what is settled.
func (t *taking) flush(ctx context.Context) error {
	for v := range t.moves {
		uids := t.moves[v]
		t.moves[v] = nil
		for chunk := range slices.Chunk(uids, batchMails) {
			if err := t.m.move(ctx, t.s, Verdict(v), chunk); err != nil {
				return err
			}
		}
	}
	t.since = time.Time{}
	return nil
}

// flushLast moves what is left at the end of a round; quickly, if the Mailbox is to stop.
func (t *taking) flushLast() error {
	if t.stop.Err() == nil {
		return t.flush(t.stop)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.stop), lastMoves)
	defer cancel()
	return t.flush(ctx)
}

// note keeps a verdict.
func (t *taking) note(o outcome) {
	t.held--
	t.bytes -= o.bytes
	k := t.m.folder.know(o.uid)
	switch {
	case o.skipped:
		t.refusing = t.refusing || t.stop.Err() == nil
		return
	case o.verdict == Retry:
		k.refused++
		k.after = t.m.now().Add(t.m.pause())
	default:
		k.refused, k.after = 0, time.Time{}
		t.settle(o.uid, o.verdict)
	}
	t.offered++
}

func (t *taking) settle(uid uint32, v Verdict) {
	k := t.m.folder.know(uid)
	k.verdict = v
	if t.m.target(v) == "" {
		k.moved = true
		return
	}
	t.moves[v] = append(t.moves[v], uid)
	if t.since.IsZero() {
		t.since = t.m.now()
	}
}

// prepared runs Config.Prepare beside the handler.
func (t *taking) prepared() <-chan offer {
	if t.m.cfg.Prepare == nil {
		return t.fetched
	}
	out := make(chan offer, maxMails)
	go func() {
		defer close(out)
		for o := range t.fetched {
			t.m.prepare(o.item)
			out <- o
		}
	}()
	return out
}

func (m *Mailbox) prepare(it *Item) {
	defer func() {
		if v := recover(); v != nil {
			it.Prepared = nil
			m.log.Error("panic while preparing a mail; it is offered as it is", "uid", it.UID, "err", v, "stack", string(debug.Stack()))
		}
	}()
	m.cfg.Prepare(it)
}

// hand calls the handler, until the Mailbox is to stop or nothing can be stored.
func (t *taking) hand(ctx context.Context, mails <-chan offer) {
	defer close(t.outcomes)
	refused := 0
	for o := range mails {
		out := outcome{uid: o.item.UID, bytes: int64(len(o.item.Raw)), skipped: true}
		if ctx.Err() == nil && refused < maxRetry {
			out.verdict, out.skipped = t.m.offer(ctx, o.item), false
			switch {
			case out.verdict != Retry:
				refused = 0
			case o.fresh:
				// Only the first refusal of a mail says something about the others: a hundred mails that are always
				// refused must not keep away those behind them.
				refused++
			}
		}
		t.outcomes <- out
	}
}

func (m *Mailbox) offer(ctx context.Context, it *Item) (v Verdict) {
	defer func() {
		if p := recover(); p != nil {
			v = Retry
			m.log.Error("panic while handling a mail; it stays in the folder", "uid", it.UID, "err", p, "stack", string(debug.Stack()))
		}
	}()
	v = m.handle(ctx, *it)
	if v != Done && v != Quarantine {
		v = Retry
	}
	return v
}
