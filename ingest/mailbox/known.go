package mailbox

import (
	"maps"
	"slices"
	"time"
)

const (
	goneAfter  = 3                // searches in a row that don't name a UID
	brokeLimit = 3                // connections a mail may break before it has to wait
	brokePause = 15 * time.Minute // and how long
	retryPause = time.Minute      // the longest pause after Retry and after a move that was refused
)

// known is what this life knows about a UID of the folder.
type known struct {
	verdict Verdict // settled unless Retry
	after   time.Time
	refused int  // times the handler said Retry
	missing int  // searches in a row that didn't name it
	unsent  int  // times the server named it and then didn't send it
	broke   int  // connections that broke while it was to come
	tooBig  bool // its literal was too large, whatever RFC822.SIZE said
	moved   bool // moved, or copied and flagged: gone as soon as the server says so
}

// folder is what this life knows of the folder.
type folder struct {
	validity uint32
	next     uint32 // UIDNEXT as last told to the ledger
	told     bool
	low      uint32 // all UIDs below are settled or gone; counts only without Processed
	uids     map[uint32]*known
}

func newFolder() folder { return folder{uids: make(map[uint32]*known)} }

func (f *folder) know(uid uint32) *known {
	k := f.uids[uid]
	if k == nil {
		k = &known{}
		f.uids[uid] = k
	}
	return k
}

// unsettled lists the UIDs that never came to a verdict.
func (f *folder) unsettled() []uint32 {
	var uids []uint32
	for _, uid := range slices.Sorted(maps.Keys(f.uids)) {
		if f.uids[uid].verdict == Retry {
			uids = append(uids, uid)
		}
	}
	return uids
}

// absent notes that a search named only present (ascending), and returns the unsettled UIDs that are gone for good.
func (f *folder) absent(present []uint32) (gone []uint32) {
	for uid, k := range f.uids {
		if _, ok := slices.BinarySearch(present, uid); ok {
			k.missing = 0
			continue
		}
		k.missing++
		switch {
		case k.verdict != Retry:
			delete(f.uids, uid)
		case k.missing >= goneAfter:
			gone = append(gone, uid)
		}
	}
	slices.Sort(gone)
	return gone
}

// raise moves low up to the lowest UID that still needs something.
func (f *folder) raise(present []uint32) {
	for _, uid := range present {
		if k := f.uids[uid]; k == nil || k.verdict == Retry || !k.moved {
			f.low = uid
			return
		}
		f.low = uid + 1
	}
}

// soonest is when the first of the mails put off is due again; zero if none is.
func (f *folder) soonest(now time.Time) (t time.Time) {
	for _, k := range f.uids {
		if k.after.After(now) && !k.moved && (t.IsZero() || k.after.Before(t)) {
			t = k.after
		}
	}
	return t
}

// worst is the mail the handler refused most often.
func (f *folder) worst() (uid uint32, times, mails int) {
	for u, k := range f.uids {
		if k.verdict != Retry || k.refused == 0 {
			continue
		}
		mails++
		if k.refused > times || k.refused == times && u < uid {
			uid, times = u, k.refused
		}
	}
	return uid, times, mails
}
