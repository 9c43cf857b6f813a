package tickets

import "time"

// SetStatus moves the ticket to a state and keeps the moments that matter.
// While the ticket waits for its requester, is resolved or closed, the clock of
// its targets stands: SetDue afterwards gives the new ones. Whoever resolves has
// answered, since the requester is told. It reports whether anything changed.
func (t *Ticket) SetStatus(s Status, at time.Time) bool {
	if t.Status == s {
		return false
	}
	t.Status = s
	switch s {
	case Resolved:
		t.ResolvedAt, t.ClosedAt = &at, nil
		if t.FirstAnsweredAt == nil {
			t.FirstAnsweredAt = &at
		}
	case Closed:
		if t.ResolvedAt == nil {
			t.ResolvedAt = &at
		}
		t.ClosedAt = &at
	default:
		t.ResolvedAt, t.ClosedAt = nil, nil
	}
	t.pause(at)
	return true
}

// How long after its end a ticket's tokens still show who somebody is: letters are
// passed on and mailboxes change hands.
const (
	requesterTokens  = 180 * 24 * time.Hour
	technicianTokens = 90 * 24 * time.Hour
)

// TokenCounts reports whether a token of a ticket that was closed then still
// counts for a requester's or a technician's mail.
func TokenCounts(closed, at time.Time, technician bool) bool {
	if technician {
		return at.Sub(closed) <= technicianTokens
	}
	return at.Sub(closed) <= requesterTokens
}

// Reopens says what a reply of the requester does to the state: the state
// afterwards, and whether the ticket takes the reply at all. A ticket that was
// closed longer than the window ago does not: the reply opens a follow-up.
func (t *Ticket) Reopens(at time.Time, window time.Duration) (after Status, takes bool) {
	switch t.Status {
	case Waiting, Resolved:
		return Open, true
	case Closed:
		if t.ClosedAt != nil && window > 0 && at.Sub(*t.ClosedAt) > window {
			return Closed, false
		}
		return Open, true
	default:
		return t.Status, true
	}
}
