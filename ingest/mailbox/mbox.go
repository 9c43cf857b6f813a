package mailbox

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"time"
)

const mboxFrom = "From "

// fromLine tells a separator from a sentence that begins with "From": many programs that write mboxes don't quote it.
// All write a time of day and a year there (RFC 4155, appendix A, and what Thunderbird, mutt and Google's export do).
var fromLine = regexp.MustCompile(`^From .*\b[0-2]?[0-9]:[0-5][0-9]\b.*\b[0-9]{4}\b`)

// mboxDate finds the date in a separator: "Mon Nov 23 09:15:04 2026", with a zone before or after the year at times.
var mboxDate = regexp.MustCompile(`[A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-3]?[0-9] [0-9]{2}:[0-9]{2}(:[0-9]{2})?( [-+][0-9]{4})? [0-9]{4}( [-+][0-9]{4})?`)

var mboxLayouts = []string{
	"Mon Jan _2 15:04:05 2006", "Mon Jan _2 15:04 2006",
	"Mon Jan _2 15:04:05 -0700 2006", "Mon Jan _2 15:04:05 2006 -0700",
}

// received reads the date of a separator; without a zone it is UTC (RFC 4155). Zero if there is none.
func received(separator []byte) time.Time {
	date := mboxDate.Find(separator)
	for _, layout := range mboxLayouts {
		if t, err := time.Parse(layout, string(date)); err == nil {
			return t
		}
	}
	return time.Time{}
}

// mbox gives the mails of an mbox. Lines that were quoted, ">From " and ">>From ", lose one ">" (mboxrd; right for mboxo
// too but where somebody really wrote ">From "). A mail larger than limit comes as its header.
func mbox(r *bufio.Reader, path string, limit int, yield yielder) bool {
	m := mboxReader{r: r, path: path, limit: limit}
	for {
		it, err := m.next()
		if errors.Is(err, io.EOF) {
			return true
		}
		if !yield(it, err) {
			return false
		}
		if err != nil {
			return true // of this file no more can be read; the others follow
		}
	}
}

type mboxReader struct {
	r     *bufio.Reader
	path  string
	limit int
	from  []byte // the separator that was read last
	cut   bool   // the last line was too long to be read at once; its end follows
	n     int    // mails so far
}

// next reads one mail. At the beginning, and after each, the separator is in from.
func (m *mboxReader) next() (Item, error) {
	if m.n == 0 {
		line, err := m.line()
		if err != nil {
			return Item{Mailbox: importName, Where: m.path}, err
		}
		m.from = bytes.Clone(line)
	} else if m.from == nil {
		return Item{}, io.EOF
	}
	m.n++
	it := Item{Mailbox: importName, Where: fmt.Sprintf("%s mail %d", m.path, m.n), Received: received(m.from)}
	m.from = nil
	var raw bytes.Buffer
	blank := false // the last line was empty
	for {
		begun := m.cut
		line, err := m.line()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return it, err
		}
		if blank && !begun && fromLine.Match(line) {
			m.from = bytes.Clone(line)
			break
		}
		if !begun {
			line = unquote(line)
		}
		it.Size += int64(len(line))
		if raw.Len() <= m.limit {
			raw.Write(line)
		}
		blank = !begun && len(bytes.TrimRight(line, "\r\n")) == 0
	}
	it.Raw = raw.Bytes()
	if it.Size > int64(m.limit) {
		it.TooBig, it.Raw = true, header(it.Raw)
		return it, nil
	}
	if blank && it.Size > 0 { // it belongs to the separator
		it.Raw = bytes.TrimSuffix(bytes.TrimSuffix(it.Raw, []byte("\n")), []byte("\r"))
	}
	it.Size = int64(len(it.Raw))
	return it, nil
}

// line reads a line with its end, or a piece of a very long one.
func (m *mboxReader) line() ([]byte, error) {
	line, err := m.r.ReadSlice('\n')
	m.cut = errors.Is(err, bufio.ErrBufferFull)
	if errors.Is(err, bufio.ErrBufferFull) || errors.Is(err, io.EOF) && len(line) > 0 {
		err = nil
	}
	return line, err
}

// unquote takes one ">" from a line that a program writing the mbox quoted.
func unquote(line []byte) []byte {
	if rest := bytes.TrimLeft(line, ">"); len(rest) < len(line) && bytes.HasPrefix(rest, []byte(mboxFrom)) {
		return line[1:]
	}
	return line
}
