package ingest

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"sync"

	"respon/ingest/mailbox"
)

// Flight notes in a file which mail is in hand, so that one which brings the
// whole process down is known when it comes up again. The note is written
// without fsync: it has to survive the process, not the machine. A nil Flight
// notes nothing.
type Flight struct {
	mu   sync.Mutex
	file *os.File
	log  *slog.Logger
}

type note struct {
	Mailbox     string `json:"mailbox"`
	UIDValidity uint32 `json:"uidvalidity"`
	UID         uint32 `json:"uid"`
}

// OpenFlight opens the note, which may be left from the process before.
func OpenFlight(path string, log *slog.Logger) (*Flight, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("note of the mail in hand: %w", err)
	}
	return &Flight{file: file, log: log}, nil
}

// Close closes the note.
func (f *Flight) Close() error { return f.file.Close() }

// width of a note: a shorter one is filled with spaces, so that one write at
// offset 0 replaces the whole.
const width = 512

func (f *Flight) begin(it mailbox.Item) {
	if f == nil || it.UIDValidity == 0 {
		return
	}
	text, err := json.Marshal(note{it.Mailbox, it.UIDValidity, it.UID})
	if err != nil || len(text) > width {
		return
	}
	f.write(text)
}

func (f *Flight) end(it mailbox.Item) {
	if f != nil && it.UIDValidity != 0 {
		f.write(nil)
	}
}

func (f *Flight) write(text []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	line := make([]byte, width)
	for i := range line {
		line[i] = ' '
	}
	copy(line, text)
	if _, err := f.file.WriteAt(line, 0); err != nil {
		f.log.Warn("mail in hand could not be noted", "err", err)
	}
}

// suspect gives the mail that was in hand when the process before this one
// ended.
func (f *Flight) suspect() (it mailbox.Item, ok bool) {
	if f == nil {
		return it, false
	}
	line := make([]byte, width)
	n, _ := f.file.ReadAt(line, 0) // an empty or short file is no note
	var left note
	if json.Unmarshal(line[:n], &left) != nil || left.UIDValidity == 0 {
		return it, false
	}
	return mailbox.Item{Mailbox: left.Mailbox, UIDValidity: left.UIDValidity, UID: left.UID}, true
}
