package ingest

import (
	"regexp"
	"strings"

	"respon/tickets"
)

// satisfiedLine is the answer to the question whether somebody is content, folded.
// It is the subject of the mail that a link of ours begins, or the first line of
// an answer.
var satisfiedLine = regexp.MustCompile(`^(?:satisfaccion|satisfaccio|satisfaction)\s*[:=]\s*(si|yes|no)\W*$`)

// satisfied reads whether a mail says that its writer is content, and what else
// she newly wrote; nil if it says nothing of it.
func satisfied(m *Message) (content *bool, rest string) {
	if m.Kind != KindNew && m.Kind != KindReply {
		return nil, ""
	}
	first, rest, _ := strings.Cut(strings.TrimSpace(m.Reply), "\n")
	for _, line := range []struct{ said, rest string }{{first, rest}, {m.SubjectPlain, m.Reply}} {
		if found := satisfiedLine.FindStringSubmatch(tickets.Fold(line.said)); found != nil {
			yes := found[1] != "no"
			return &yes, strings.TrimSpace(line.rest)
		}
	}
	return nil, ""
}
