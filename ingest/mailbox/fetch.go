package mailbox

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

const (
	maxHeader = 1 << 20   // of a mail that is too big
	slowest   = 128 << 10 // bytes a second: slower servers run into the deadline of their command
)

// mail is one to be fetched.
type mail struct {
	uid      uint32
	size     int64 // RFC822.SIZE; some servers only guess it
	received time.Time
	alone    bool // in a command of its own, because something was wrong with it
}

func uidSet(uids []uint32) imap.UIDSet {
	var set imap.UIDSet
	for _, u := range uids {
		set.AddNum(imap.UID(u))
	}
	return set
}

// sizes asks how large mails are and when they came. A mail the server doesn't answer for is missing in the result;
// with an error the result holds those that came before it.
func (s *session) sizes(ctx context.Context, uids []uint32, date bool) (map[uint32]mail, error) {
	got := make(map[uint32]mail, len(uids))
	err := s.do(ctx, commandLimit+time.Duration(len(uids))*100*time.Millisecond, func() (err error) {
		cmd := s.c.Fetch(uidSet(uids), &imap.FetchOptions{UID: true, RFC822Size: true, InternalDate: date})
		defer func() {
			if cerr := cmd.Close(); err == nil {
				err = cerr
			}
		}()
		for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
			if ml, ok := measure(msg); ok {
				got[ml.uid] = ml
			}
		}
		return nil
	})
	return got, err
}

func measure(msg *imapclient.FetchMessageData) (ml mail, ok bool) {
	for item := msg.Next(); item != nil; item = msg.Next() {
		switch item := item.(type) {
		case imapclient.FetchItemDataUID:
			ml.uid = uint32(item.UID)
		case imapclient.FetchItemDataRFC822Size:
			ml.size, ok = item.Size, true
		case imapclient.FetchItemDataInternalDate:
			ml.received = item.Time
		}
	}
	return ml, ok && ml.uid != 0
}

// bodies gathers what a FETCH brings.
type bodies struct {
	over <-chan struct{} // closed when the connection is no longer read
	max  int64           // the largest literal that is read
	room int64           // what may be read in all: sizes told beforehand are not to be relied on

	mu  sync.Mutex
	got map[uint32][]byte // whole bodies; valid only once the command is over and went well
	big map[uint32]int64  // literals that were not read, for their size
}

func newBodies(max, room int64) *bodies {
	return &bodies{max: max, room: room, got: make(map[uint32][]byte), big: make(map[uint32]int64)}
}

// bodies fetches mails, or their headers, into b. Only without an error does b.got count.
func (s *session) bodies(ctx context.Context, mails []mail, header bool, b *bodies) error {
	section := &imap.FetchItemBodySection{Peek: true}
	if header {
		section.Specifier = imap.PartSpecifierHeader
		section.Partial = &imap.SectionPartial{Size: maxHeader}
	}
	var bytes int64
	uids := make([]uint32, len(mails))
	for i, ml := range mails {
		uids[i] = ml.uid
		bytes += min(ml.size, b.max)
	}
	b.over = s.c.Closed()
	s.strays.expect(b)
	defer s.strays.expect(nil)
	limit := 2*commandLimit + time.Duration(bytes/slowest)*time.Second
	return s.do(ctx, limit, func() (err error) {
		cmd := s.c.Fetch(uidSet(uids), &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{section}})
		defer func() {
			// A literal that was cut off looks like a short one without an error. Only this tells.
			if cerr := cmd.Close(); err == nil {
				err = cerr
			}
			s.strays.reading.Wait()
		}()
		var none sync.WaitGroup
		for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
			b.collect(msg, &none)
		}
		return nil
	})
}

// collect reads one FETCH response. All of it is consumed, come what may: the connection stands still until then.
// reading counts those whose body is being read.
func (b *bodies) collect(msg *imapclient.FetchMessageData, reading *sync.WaitGroup) {
	var (
		uid  uint32
		size int64
		raw  []byte
		seen bool
	)
	for item := msg.Next(); item != nil; item = msg.Next() {
		switch item := item.(type) {
		case imapclient.FetchItemDataUID:
			uid = uint32(item.UID)
		case imapclient.FetchItemDataBodySection:
			if item.Literal == nil || seen {
				continue // NIL is no mail
			}
			seen = true
			reading.Add(1)
			defer reading.Done()
			size = item.Literal.Size()
			raw = b.read(item.Literal)
		}
	}
	if uid != 0 && seen {
		b.keep(uid, raw, size)
	}
}

// read gives nil for a literal that is too large or not whole. Next drops what is left unread.
func (b *bodies) read(lit imap.LiteralReader) []byte {
	b.mu.Lock()
	fits := lit.Size() <= b.max && lit.Size() <= b.room
	if fits {
		b.room -= lit.Size()
	}
	b.mu.Unlock()
	if !fits {
		return nil
	}
	raw := make([]byte, lit.Size())
	if _, err := io.ReadFull(lit, raw); err != nil {
		// The command will say why. Next reads on in what is left, and so does the library's own goroutine: both at once
		// unless that has ended, which it does now, at the latest by the deadline of the command.
		<-b.over
		return nil
	}
	return raw
}

func (b *bodies) keep(uid uint32, raw []byte, size int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.got == nil: // nobody asked
	case raw != nil:
		b.got[uid] = raw
	case size > b.max:
		b.big[uid] = size
	}
}

// item makes what the handler gets out of what was fetched.
func (m *Mailbox) item(ml mail, raw []byte, tooBig bool) *Item {
	return &Item{
		Raw: raw, TooBig: tooBig, Size: ml.size, Received: ml.received,
		Mailbox: m.key, UIDValidity: m.folder.validity, UID: ml.uid,
		Where: fmt.Sprintf("%s uid %d", m.where, ml.uid),
	}
}
