package tickets

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Number identifies a ticket for people: 482, shown as BR-482. Numbers begin
// at 1 and have no gaps.
type Number int64

// Format writes the number as people see it.
func (n Number) Format(prefix string) string {
	return prefix + "-" + strconv.FormatInt(int64(n), 10)
}

// ParseNumber reads "BR-482", "br-482" or "482".
func ParseNumber(prefix, s string) (Number, error) {
	digits := strings.TrimSpace(s)
	if len(digits) > len(prefix) && strings.EqualFold(digits[:len(prefix)+1], prefix+"-") {
		digits = digits[len(prefix)+1:]
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%q is no ticket number; write it as %s-482", s, prefix)
	}
	return Number(n), nil
}

// Type is the kind of matter (ITIL): an incident is urgent, a request planned.
// A suggestion is a request that nobody waits for.
type Type string

// The types.
const (
	Incident Type = "incident"
	Request  Type = "request"

	Suggestion Type = "suggestion"
)

// Filed is the one of the two types, incident or request, as which reports and
// scripts know it.
func (t Type) Filed() Type {
	if t == Suggestion {
		return Request
	}
	return t
}

// Status is where a ticket stands in its life.
type Status string

// The states; see the package documentation for their order.
const (
	New      Status = "new"
	Open     Status = "open"
	Waiting  Status = "waiting"
	Resolved Status = "resolved"
	Closed   Status = "closed"
)

// Valid reports whether it is one of the states.
func (s Status) Valid() bool { return s.Pending() || s == Resolved || s == Closed }

// Pending reports whether somebody still has to do something about the ticket.
func (s Status) Pending() bool { return s == New || s == Open || s == Waiting }

// Answers are the three questions on impact. A nil answer was not given and
// counts as No until it is.
type Answers struct {
	BlocksWork      *bool `json:"blocks_work"`
	AffectsOthers   *bool `json:"affects_others"`
	AffectsCitizens *bool `json:"affects_citizens"`
}

// Complete reports whether all three questions were answered.
func (a Answers) Complete() bool {
	return a.BlocksWork != nil && a.AffectsOthers != nil && a.AffectsCitizens != nil
}

// Same reports whether the answers are the same.
func (a Answers) Same(b Answers) bool {
	same := func(x, y *bool) bool { return x == nil && y == nil || x != nil && y != nil && *x == *y }
	return same(a.BlocksWork, b.BlocksWork) && same(a.AffectsOthers, b.AffectsOthers) && same(a.AffectsCitizens, b.AffectsCitizens)
}

// Merge takes over the answers that b gives.
func (a Answers) Merge(b Answers) Answers {
	for _, p := range []struct{ to, from **bool }{
		{&a.BlocksWork, &b.BlocksWork}, {&a.AffectsOthers, &b.AffectsOthers}, {&a.AffectsCitizens, &b.AffectsCitizens},
	} {
		if *p.from != nil {
			*p.to = *p.from
		}
	}
	return a
}

// Ticket is one matter, with everything that its rules need.
type Ticket struct {
	Number Number
	// UID is random and never shown: tokens are bound to it and not to the
	// number, which a restored backup may give out again.
	UID string

	Type      Type
	TypeKnown bool // false: nobody said, so it counts as an incident
	Status    Status
	Subject   string
	Category  string // id in the catalogue; "" until known

	ImpactTag   Level // what a subject tag said; "" if none
	Answers     Answers
	Impact      Level
	Urgency     Level
	Priority    Priority
	PriorityWhy string // "" by the matrix, else the technician who set it

	Requester    Person
	Participants []Participant // the requester first
	Technician   string        // id in the catalogue; "" if nobody has it

	CreatedAt       time.Time
	UpdatedAt       time.Time
	FirstAnswerDue  *time.Time
	ResolutionDue   *time.Time
	FirstAnsweredAt *time.Time
	ResolvedAt      *time.Time
	ClosedAt        *time.Time
	Satisfied       *bool      // what the requester said of its end; nil if nothing
	SatisfiedAt     *time.Time // when she last did
	WatchAt         *time.Time // when the targets are to be looked at next
	Pauses          []Pause    // of the clock of the targets, in their order

	MergedInto Number // 0 if it was not merged
	Links      []Link
	Messages   []Message
	Events     []Event
}

// Link relates two tickets.
type Link struct {
	Number Number
	Kind   LinkKind
}

// LinkKind says how another ticket belongs to this one.
type LinkKind string

// The kinds of links.
const (
	Related  LinkKind = "related"
	FollowUp LinkKind = "follow_up"
	Split    LinkKind = "split"
	Parent   LinkKind = "parent" // the general ticket that this one is part of
	Child    LinkKind = "child"  // part of this one, which is general
)

// Prioritise computes impact, urgency and, unless a technician set it by hand,
// the priority.
func (t *Ticket) Prioritise() {
	t.Impact, t.Urgency = Rate(t.Type, t.ImpactTag, t.Answers)
	if t.PriorityWhy == "" {
		t.Priority = Matrix(t.Impact, t.Urgency)
	}
}

// Missing says which questions of the form are still open.
func (t *Ticket) Missing() Questions {
	return Questions{
		Type:     !t.TypeKnown,
		Category: t.Category == "",
		// An impact tag answers the three questions together.
		BlocksWork:      t.ImpactTag == "" && t.Answers.BlocksWork == nil,
		AffectsOthers:   t.ImpactTag == "" && t.Answers.AffectsOthers == nil,
		AffectsCitizens: t.ImpactTag == "" && t.Answers.AffectsCitizens == nil,
	}
}

// Parent is the general ticket that this one is part of, 0 if there is none or
// its links were not read.
func (t *Ticket) Parent() Number {
	for _, l := range t.Links {
		if l.Kind == Parent {
			return l.Number
		}
	}
	return 0
}

// Copied are the participants beside the requester.
func (t *Ticket) Copied() (list []Participant) {
	for _, p := range t.Participants {
		if p.Role == RoleCc {
			list = append(list, p)
		}
	}
	return list
}

// Sees reports whether a participant with this address may see a message of the
// ticket: none that is for technicians alone, and none from before she was added.
// That goes for a requester, too, who took the place of another.
func (t *Ticket) Sees(address string, m *Message) bool {
	if m.Internal {
		return false
	}
	for _, p := range t.Participants {
		if strings.EqualFold(p.Address, address) {
			return m.ID >= p.Since
		}
	}
	return strings.EqualFold(t.Requester.Address, address)
}

// TakesPart reports whether the address is the requester's or a participant's.
func (t *Ticket) TakesPart(address string) bool {
	if strings.EqualFold(t.Requester.Address, address) {
		return true
	}
	for _, p := range t.Participants {
		if strings.EqualFold(p.Address, address) {
			return true
		}
	}
	return false
}
