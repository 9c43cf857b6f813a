package ingest

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"respon/ingest/mailbox"
	"respon/tickets"
)

// Flight notes in a file which mails are in hand, so that one which brings the
// whole process down is known when it comes up again. Several can be in hand: a
// mail is understood while the one before it is stored, and each mailbox does so
// for itself. The notes are written without fsync: they have to survive the
// process, not the machine. A nil Flight notes nothing.
type Flight struct {
	mu    sync.Mutex
	file  *os.File
	log   *slog.Logger
	slots []slot
}

// slot is a place for a note in the file. A mail is begun twice when it is
// understood only while it is being taken.
type slot struct {
	at    note
	taken int // how often it was begun and not ended; 0: the slot is free
}

type note struct {
	Mailbox     string `json:"mailbox"`
	UIDValidity uint32 `json:"uidvalidity"`
	UID         uint32 `json:"uid"`
}

func noteOf(it mailbox.Item) note { return note{it.Mailbox, it.UIDValidity, it.UID} }

// OpenFlight opens the file with the notes, which may be left from the process
// before.
func OpenFlight(path string, log *slog.Logger) (*Flight, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("notes of the mails in hand: %w", err)
	}
	return &Flight{file: file, log: log}, nil
}

// Close closes the file.
func (f *Flight) Close() error { return f.file.Close() }

// width of a note: a shorter one is filled with spaces, so that one write
// replaces the whole.
const width = 512

// begin notes a mail, once however often it is begun.
func (f *Flight) begin(it mailbox.Item) {
	if f == nil || it.UIDValidity == 0 {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	n, free := noteOf(it), -1
	for i := range f.slots {
		if f.slots[i].at == n {
			f.slots[i].taken++
			return
		}
		if f.slots[i].taken == 0 && free < 0 {
			free = i
		}
	}
	if free < 0 {
		free = len(f.slots)
		f.slots = append(f.slots, slot{})
	}
	f.slots[free] = slot{at: n, taken: 1}
	text, err := json.Marshal(n)
	if err != nil || len(text) > width {
		return // a mailbox with a name this long is not worth a panic
	}
	f.write(free, text)
}

// end takes the note away when the mail was ended as often as it was begun.
func (f *Flight) end(it mailbox.Item) {
	if f == nil || it.UIDValidity == 0 {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.slots {
		if f.slots[i].at != noteOf(it) || f.slots[i].taken == 0 {
			continue
		}
		if f.slots[i].taken--; f.slots[i].taken == 0 {
			f.slots[i] = slot{}
			f.write(i, nil)
		}
		return
	}
}

func (f *Flight) write(i int, text []byte) {
	line := make([]byte, width)
	for i := range line {
		line[i] = ' '
	}
	copy(line, text)
	if _, err := f.file.WriteAt(line, int64(i)*width); err != nil {
		f.log.Warn("mail in hand could not be noted", "err", err)
	}
}

// suspects gives the mails that were in hand when the process before this one
// ended.
func (f *Flight) suspects() (list []mailbox.Item, err error) {
	if f == nil {
		return nil, nil
	}
	text, err := os.ReadFile(f.file.Name())
	if err != nil {
		return nil, fmt.Errorf("notes of the mails in hand: %w", err)
	}
	for ; len(text) > 0; text = text[min(width, len(text)):] {
		var left note
		// What cannot be read is a note that was never written whole.
		if json.Unmarshal(text[:min(width, len(text))], &left) == nil && left.UIDValidity != 0 {
			list = append(list, mailbox.Item{Mailbox: left.Mailbox, UIDValidity: left.UIDValidity, UID: left.UID})
		}
	}
	return list, nil
}

// forget takes all notes of the process before this one away.
func (f *Flight) forget() error {
	if f == nil {
		return nil
	}
	if err := f.file.Truncate(0); err != nil {
		return fmt.Errorf("notes of the mails in hand: %w", err)
	}
	return nil
}

// crashed is the cause of a try in which the process died.
const crashed = "the process died while this mail was taken"

// cautious is how many mails are understood one at a time after a crash: more
// than a mailbox holds in memory, so that those which were in hand are among
// them. Of two mails in hand one is innocent; alone, only the one to blame is
// noted at the next crash.
const cautious = 500

// Recover counts a try for each mail that was in hand when the process before
// this one died. Those that were tried too often go to quarantine as they are,
// without a look into them. It is called before the first mail is taken.
func (in *Intake) Recover(ctx context.Context, now time.Time) error {
	suspects, err := in.Flight.suspects()
	if err != nil {
		return err
	}
	for _, it := range suspects {
		a := tickets.Arrival{Mailbox: it.Mailbox, UIDValidity: it.UIDValidity, UID: it.UID, Received: now}
		tries, err := in.Desk.Tried(ctx, a, crashed)
		if err != nil {
			return err
		}
		in.Log.Warn(crashed, "mailbox", it.Mailbox, "uid", it.UID, "attempt", tries)
		in.alone.Store(cautious)
		if tries >= maxTries {
			if in.deadly == nil {
				in.deadly = map[note]bool{}
			}
			in.deadly[noteOf(it)] = true
		}
	}
	return in.Flight.forget()
}
