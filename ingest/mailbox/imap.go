package mailbox

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"

	"github.com/emersion/go-imap/v2"
)

const (
	maxUIDs   = 5_000_000 // in one folder; a range costs the server a few bytes and us four for each number in it
	askLedger = 2_000     // UIDs at once
)

var errLedger = errors.New("ledger")

// round takes what is in the folder now. offered is the number of mails given to the handler.
func (m *Mailbox) round(ctx context.Context, s *session) (offered int, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic in a round: %v", v)
			m.log.Error("panic in a round; connecting anew", "err", v, "stack", string(debug.Stack()))
		}
	}()
	// What is told from here on may be too late for the search.
	select {
	case <-s.wake:
	default:
	}
	present, next, err := m.look(ctx, s)
	if err != nil {
		return 0, err
	}
	if err := m.account(ctx, present, next); err != nil {
		return 0, err
	}
	if err := m.recall(ctx, s, present); err != nil {
		return 0, err
	}
	offered, err = m.take(ctx, s, m.due(s, present))
	if m.cfg.Processed == "" {
		m.folder.raise(present)
	}
	return offered, err
}

// look selects the folder and searches it.
func (m *Mailbox) look(ctx context.Context, s *session) (present []uint32, next uint32, err error) {
	var sel *imap.SelectData
	err = s.do(ctx, commandLimit, func() (err error) {
		sel, err = s.c.Select(m.cfg.Folder, nil).Wait()
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("select %s: %w", m.cfg.Folder, err)
	}
	if sel.UIDValidity == 0 {
		return nil, 0, fmt.Errorf("select %s: the server gives no UIDVALIDITY, so no UID of it can be relied on", m.cfg.Folder)
	}
	if err := m.epoch(ctx, sel.UIDValidity); err != nil {
		return nil, 0, err
	}
	var criteria imap.SearchCriteria
	if m.folder.low > 1 && m.cfg.Processed == "" {
		var from imap.UIDSet
		from.AddRange(imap.UID(m.folder.low), 0) // low:*
		criteria.UID = []imap.UIDSet{from}
	} else {
		m.folder.low = 0
	}
	present, err = s.search(ctx, &criteria)
	if err != nil {
		return nil, 0, err
	}
	// "n:*" names the last mail even if its UID is below n (RFC 9051, 6.4.8).
	i, _ := slices.BinarySearch(present, m.folder.low)
	present = present[i:]
	next = uint32(sel.UIDNext)
	if n := len(present); n > 0 {
		next = max(next, present[n-1]+1) // it may have come after the SELECT
	}
	return present, next, nil
}

// search gives UIDs, ascending. It doesn't use the library's AllUIDs, which panics on a 0 and never ends on 2³²-1.
func (s *session) search(ctx context.Context, criteria *imap.SearchCriteria) ([]uint32, error) {
	var data *imap.SearchData
	err := s.do(ctx, commandLimit, func() (err error) {
		data, err = s.c.UIDSearch(criteria, nil).Wait()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	var uids []uint32
	set, _ := data.All.(imap.UIDSet)
	for _, r := range set {
		first, last := uint64(r.Start), uint64(r.Stop)
		if first == 0 || last == 0 {
			return nil, errors.New("search: the server names UID 0")
		}
		if last < first || last-first >= maxUIDs || len(uids)+int(last-first) >= maxUIDs {
			return nil, fmt.Errorf("search: the server names more than %d mails", maxUIDs)
		}
		for uid := first; uid <= last; uid++ {
			uids = append(uids, uint32(uid))
		}
	}
	slices.Sort(uids)
	return slices.Compact(uids), nil
}

// epoch notes UIDVALIDITY. Another one means that no UID known so far is any mail's any more.
func (m *Mailbox) epoch(ctx context.Context, validity uint32) error {
	f := &m.folder
	if f.validity == validity {
		return nil
	}
	if f.validity != 0 {
		m.log.Error("the folder has a new UIDVALIDITY; all mails in it are offered again",
			"folder", m.cfg.Folder, "was", f.validity, "is", validity)
		if gone := f.unsettled(); len(gone) > 0 {
			if err := m.ledger.Gone(ctx, m.key, f.validity, gone); err != nil {
				return fmt.Errorf("%w: %w", errLedger, err)
			}
		}
	}
	*f = newFolder()
	f.validity = validity
	return nil
}

// account tells the ledger what was found and what is gone.
func (m *Mailbox) account(ctx context.Context, present []uint32, next uint32) error {
	f := &m.folder
	if !f.told || next != f.next {
		err := m.ledger.Sighted(ctx, Sighting{Mailbox: m.key, UIDValidity: f.validity, UIDNext: next, UIDs: present})
		if err != nil {
			return fmt.Errorf("%w: %w", errLedger, err)
		}
		f.told, f.next = true, next
	}
	gone := f.absent(present)
	if len(gone) == 0 {
		return nil
	}
	m.log.Warn("mails vanished from the folder before they were settled", "folder", m.cfg.Folder, "mails", len(gone), "uid", gone[0])
	if err := m.ledger.Gone(ctx, m.key, f.validity, gone); err != nil {
		return fmt.Errorf("%w: %w", errLedger, err)
	}
	for _, uid := range gone {
		delete(f.uids, uid)
	}
	return nil
}

// recall asks the ledger about the UIDs that this life doesn't know yet.
func (m *Mailbox) recall(ctx context.Context, s *session, present []uint32) error {
	f := &m.folder
	var unknown, settled []uint32
	for _, uid := range present {
		if f.uids[uid] == nil {
			unknown = append(unknown, uid)
		}
	}
	for ask := range slices.Chunk(unknown, askLedger) {
		verdicts, err := m.ledger.Settled(ctx, m.key, f.validity, ask)
		if err != nil {
			return fmt.Errorf("%w: %w", errLedger, err)
		}
		for _, uid := range ask {
			k := f.know(uid)
			k.verdict = verdicts[uid]
			k.moved = k.verdict != Retry && m.target(k.verdict) == ""
			if k.verdict != Retry {
				settled = append(settled, uid)
			}
		}
	}
	if len(settled) == 0 || s.caps.Has(imap.CapMove) || s.caps.Has(imap.CapUIDPlus) {
		return nil
	}
	// Such a server leaves a mail in the folder after it was copied, with a flag on it. Copy it once, not in each life.
	flagged, err := s.search(ctx, &imap.SearchCriteria{Flag: []imap.Flag{imap.FlagDeleted}})
	if err != nil {
		return err
	}
	for _, uid := range settled {
		if _, ok := slices.BinarySearch(flagged, uid); ok {
			f.uids[uid].moved = true
		}
	}
	return nil
}

// work is what a round has to do.
type work struct {
	offer []uint32 // ascending
	move  []uint32 // settled before
}

// due sorts out what is to be done now.
func (m *Mailbox) due(s *session, present []uint32) (w work) {
	now := m.now()
	for _, uid := range present {
		k := m.folder.uids[uid]
		if wait := k.after.Sub(now); wait > 0 && wait <= brokePause { // longer only if the clock was put back
			continue
		}
		switch {
		case k.verdict == Retry:
			w.offer = append(w.offer, uid)
		case m.target(k.verdict) == "":
		case !k.moved:
			w.move = append(w.move, uid)
		case s.caps.Has(imap.CapMove) || s.caps.Has(imap.CapUIDPlus):
			w.move = append(w.move, uid) // the server said it is moved, and it is still here
		}
	}
	return w
}

// target is the folder for a verdict; "" if mails stay where they are.
func (m *Mailbox) target(v Verdict) string {
	switch v {
	case Done:
		return m.cfg.Processed
	case Quarantine:
		return m.cfg.Quarantine
	}
	return ""
}
