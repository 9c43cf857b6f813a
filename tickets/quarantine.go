package tickets

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Quarantined is a mail that could not be processed, kept whole.
type Quarantined struct {
	ID         int64     `db:"id" json:"id"`
	Mailbox    string    `db:"mailbox" json:"mailbox"`
	ReceivedAt time.Time `db:"received_at" json:"received_at"`
	From       string    `db:"sender" json:"from"`
	Subject    string    `db:"subject" json:"subject"`
	Size       int64     `db:"size" json:"size"`
	Cause      string    `db:"cause" json:"cause"`
	RawSHA     []byte    `db:"raw_sha" json:"-"`
}

// The causes that are known beforehand, for which the operator's list has words in
// her language. Any other is an error's own.
const (
	CauseNothing   = "this is no mail: it has no header field and no text"
	CauseNoSender  = "no sender: the mail has no From address to answer to"
	CauseNoAddress = "sender has no plain address, so that nobody can be asked to confirm it"
	CauseList      = "a list passed it on, and somebody of a listed entity may have written it to us"
	CauseDeadly    = "the process died while this mail was taken each time it was tried"
)

// Decision is what an operator wants done with a quarantined mail, and what
// became of it.
type Decision struct {
	ID   int64
	Drop bool // give it up; else it is taken once more
	Fate Fate // "" if it was given up, or nothing was done
	Gone bool // there is no such mail in quarantine, so that nothing was done at all
}

// maxDecisions bounds what one mail decides.
const maxDecisions = 100

// decisionLine is one that an operator writes, folded: "aceptar 3,5 y 7".
var (
	decisionLine = regexp.MustCompile(`^#?\s*(aceptar|acepta|acceptar|accepta|accept|retry|descartar|descarta|discard|drop)\s*:?\s*((?:\d{1,15}(?:\s*[,;]\s*|\s+(?:y|i|and|e)\s+|\s+)?)+)[.!]?$`)
	decisionID   = regexp.MustCompile(`\d+`)
)

// ParseDecisions reads the lines at the top of an operator's mail that decide
// about quarantined mails. A mail that is named twice keeps its last decision.
func ParseDecisions(text string) (list []Decision) {
	at := make(map[int64]int)
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) == "" {
			continue
		}
		found := decisionLine.FindStringSubmatch(Fold(strings.TrimSpace(line)))
		if found == nil {
			break
		}
		for _, digits := range decisionID.FindAllString(found[2], -1) {
			id, err := strconv.ParseInt(digits, 10, 64)
			if err != nil || len(list) == maxDecisions {
				return nil
			}
			d := Decision{ID: id, Drop: strings.HasPrefix(found[1], "d")}
			if i, ok := at[id]; ok {
				list[i] = d
				continue
			}
			at[id] = len(list)
			list = append(list, d)
		}
	}
	return list
}
