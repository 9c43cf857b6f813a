package desk

import (
	"context"
	"slices"
	"strings"

	"respon/tickets"
	"respon/tickets/store"
)

// maxQuoted is how many quoted lines of an answer are looked for. Nobody answers
// between more.
const maxQuoted = 500

// passable is what of a technician's words may go to those who take part. He
// answers between the lines of a notice, and notices tell more than a requester
// may know: of a note, of a mail that was kept internal, of who else wrote. A
// quoted line stays only if all who take part have read it before.
func (d *Desk) passable(ctx context.Context, tx *store.Tx, t *tickets.Ticket, words string) (string, error) {
	lines := strings.Split(words, "\n")
	kept := lines[:0:0]
	known, looks := "", 0
	for _, line := range lines {
		quoted, is := unquoted(line)
		if !is {
			kept = append(kept, line)
			continue
		}
		if known == "" {
			list, err := tx.Messages(ctx, t.Number)
			if err != nil {
				return "", err
			}
			known = readByAll(t, list)
		}
		if looks++; quoted == "" || looks <= maxQuoted && strings.Contains(known, quoted) {
			kept = append(kept, line)
		}
	}
	return strings.Trim(strings.Join(kept, "\n"), "\n"), nil
}

// unquoted gives what a quoted line quotes, with single spaces.
func unquoted(line string) (text string, quoted bool) {
	line = strings.TrimLeft(line, " \t")
	for strings.HasPrefix(line, ">") {
		quoted = true
		line = strings.TrimLeft(line[1:], " \t")
	}
	return strings.Join(strings.Fields(line), " "), quoted
}

// readByAll is what everybody in a ticket could read, with single spaces, since
// mail programs break what they quote into other lines.
func readByAll(t *tickets.Ticket, list []tickets.Message) string {
	var b strings.Builder
	for i := range list {
		m := &list[i]
		if !seenByAll(t, m) {
			continue
		}
		text := m.Reply
		if m.Direction == tickets.Out {
			text = m.Text
		}
		b.WriteString(" " + strings.Join(strings.Fields(text), " "))
	}
	return b.String() + " "
}

// seenByAll reports whether everybody who takes part may read a message.
func seenByAll(t *tickets.Ticket, m *tickets.Message) bool {
	return t.Sees(t.Requester.Address, m) &&
		!slices.ContainsFunc(t.Participants, func(p tickets.Participant) bool { return !t.Sees(p.Address, m) })
}
