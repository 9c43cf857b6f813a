package tickets

import "strings"

// Level is a degree of impact or urgency.
type Level string

// The levels.
const (
	High   Level = "high"
	Medium Level = "medium"
	Low    Level = "low"
)

// Priority is P1 (first) to P5 (last).
type Priority string

// Priorities in their order.
var Priorities = [...]Priority{"P1", "P2", "P3", "P4", "P5"}

// Rank is a priority as requesters are told it, 1 to 5: technicians' P2 says
// nothing to them.
func (p Priority) Rank() string { return strings.TrimPrefix(string(p), "P") }

// Valid reports whether p is one of P1 to P5.
func (p Priority) Valid() bool {
	for _, q := range Priorities {
		if p == q {
			return true
		}
	}
	return false
}

// Matrix is the priority matrix of ITIL: the sum of the two ranks decides.
func Matrix(impact, urgency Level) Priority {
	return Priorities[rank(impact)+rank(urgency)]
}

func rank(l Level) int {
	switch l {
	case High:
		return 0
	case Medium:
		return 1
	default:
		return 2
	}
}

// Rate turns what is known of a ticket into impact and urgency. Questions that
// nobody answered count as No. An impact tag in the subject stands for the
// answers on others and citizens until these are given.
func Rate(typ Type, tag Level, a Answers) (impact, urgency Level) {
	switch {
	case yes(a.AffectsCitizens):
		impact = High
	case yes(a.AffectsOthers):
		impact = Medium
	case tag != "" && (a.AffectsCitizens == nil || a.AffectsOthers == nil):
		impact = tag
	default:
		impact = Low
	}
	switch {
	case yes(a.BlocksWork):
		urgency = High
	case typ.Filed() == Request:
		urgency = Low
	default:
		urgency = Medium
	}
	return impact, urgency
}

func yes(b *bool) bool { return b != nil && *b }
