package mailbox

import (
	"context"
	"errors"
	"fmt"
)

// batch picks the mails to be fetched next; none if there is no room for them yet, or no more of them.
func (t *taking) batch() ([]mail, error) {
	for len(t.sized) == 0 && len(t.queue) > 0 {
		if err := t.measure(); err != nil {
			return nil, err
		}
	}
	var n int
	var bytes int64
	for n < len(t.sized) && n < batchMails {
		ml := t.sized[n]
		if n > 0 && (ml.alone || t.tooBig(ml) || bytes+ml.size > batchBytes) {
			break
		}
		bytes += min(ml.size, t.m.cfg.MaxSize)
		n++
		if ml.alone || t.tooBig(ml) {
			break
		}
	}
	if t.held > 0 && (t.held+n > maxMails || t.bytes+bytes > maxBytes) {
		return nil, nil
	}
	batch := t.sized[:n]
	t.sized = t.sized[n:]
	return batch, nil
}

func (t *taking) tooBig(ml mail) bool {
	return ml.size > t.m.cfg.MaxSize || t.m.folder.know(ml.uid).tooBig
}

// measure asks for the sizes of the next mails.
func (t *taking) measure() error {
	// A mail that broke a connection before is asked for alone, and without its date, which the library may not be able
	// to read.
	suspect := func(uid uint32) bool { return t.m.folder.know(uid).broke > 0 }
	n := 1
	if !suspect(t.queue[0]) {
		for n < len(t.queue) && n < askSizes && !suspect(t.queue[n]) {
			n++
		}
	}
	uids := t.queue[:n]
	t.queue = t.queue[n:]
	date := !suspect(uids[0])
	got, err := t.s.sizes(t.ctx, uids, date)
	if err != nil && !alive(err) {
		for _, uid := range uids {
			if ml, ok := got[uid]; !ok || date && ml.received.IsZero() { // the library passes on half an answer
				t.broke(uid, err)
				break
			}
		}
		return fmt.Errorf("fetch sizes: %w", err)
	}
	for _, uid := range uids {
		ml, ok := got[uid]
		if !ok {
			t.unsent(uid, err)
			continue
		}
		ml.alone = suspect(uid)
		t.sized = append(t.sized, ml)
	}
	return nil
}

// fetch gets a batch and passes it on, in order. When a mail of several is missing, it is asked for again alone, and
// those after it once more: rare, and the order is kept.
func (t *taking) fetch(batch []mail) error {
	if t.tooBig(batch[0]) {
		return t.fetchHeader(batch[0])
	}
	b := newBodies(t.m.cfg.MaxSize, t.m.cfg.MaxSize+batchBytes)
	err := t.s.bodies(t.ctx, batch, false, b)
	if err != nil && !alive(err) {
		t.blame(batch, b, err)
		return fmt.Errorf("fetch mails: %w", err)
	}
	for i, ml := range batch {
		raw, ok := b.got[ml.uid]
		switch {
		case ok && err == nil:
			t.pass(t.m.item(ml, raw, false))
			continue
		case b.big[ml.uid] > 0:
			t.m.folder.know(ml.uid).tooBig = true
			batch[i].size = b.big[ml.uid]
		case len(batch) == 1:
			t.unsent(ml.uid, err)
			return nil
		}
		batch[i].alone = true
		t.sized = append(batch[i:len(batch):len(batch)], t.sized...)
		return nil
	}
	return nil
}

// fetchHeader gets the header of a mail that is too big to be taken.
func (t *taking) fetchHeader(ml mail) error {
	b := newBodies(maxHeader, maxHeader)
	err := t.s.bodies(t.ctx, []mail{{uid: ml.uid, size: maxHeader}}, true, b)
	if err != nil && !alive(err) {
		t.blame([]mail{ml}, b, err)
		return fmt.Errorf("fetch header: %w", err)
	}
	raw, ok := b.got[ml.uid]
	if !ok || err != nil {
		t.unsent(ml.uid, err)
		return nil
	}
	t.pass(t.m.item(ml, raw, true))
	return nil
}

// pass gives a mail to the handler's goroutine. The channel has room: batch saw to it.
func (t *taking) pass(it *Item) {
	k := t.m.folder.know(it.UID)
	k.unsent, k.broke = 0, 0
	t.held++
	t.bytes += int64(len(it.Raw))
	t.fetched <- offer{item: it, fresh: k.refused == 0}
}

// blame finds the mail at which the connection broke: the first that didn't come whole, or else the last.
func (t *taking) blame(batch []mail, b *bodies, err error) {
	for i, ml := range batch {
		if _, ok := b.got[ml.uid]; !ok || i == len(batch)-1 {
			t.broke(ml.uid, err)
			return
		}
	}
}

// broke notes that the connection broke at a mail. Mostly it is the connection's fault. A mail that does it again and
// again is put off for long, so that the others get through.
func (t *taking) broke(uid uint32, err error) {
	if t.stop.Err() != nil || errors.Is(err, context.Canceled) {
		return // it was us
	}
	k := t.m.folder.know(uid)
	k.broke++
	if k.broke%brokeLimit == 0 {
		k.after = t.m.now().Add(brokePause)
		t.m.log.Warn("the connection breaks whenever this mail is fetched; it is left for later", "uid", uid, "err", err)
	}
}

// unsent notes that the server named a mail and doesn't send it. It may have been deleted in between; if the next
// search names it again, somebody should look.
func (t *taking) unsent(uid uint32, err error) {
	k := t.m.folder.know(uid)
	k.unsent++
	k.after = t.m.now().Add(t.m.pause())
	if k.unsent > 1 {
		t.m.log.Warn("the server names a mail but doesn't send it; it is asked for again", "uid", uid, "times", k.unsent, "err", err)
	}
}
