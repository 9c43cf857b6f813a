package tickets

import "time"

// SetStatus moves the ticket to a state and keeps the moments that matter.
// It reports whether anything changed.
func (t *Ticket) SetStatus(s Status, at time.Time) bool {
	if t.Status == s {
		return false
	}
	t.Status = s
	switch s {
	case Resolved:
		t.ResolvedAt, t.ClosedAt = &at, nil
	case Closed:
		if t.ResolvedAt == nil {
			t.ResolvedAt = &at
		}
		t.ClosedAt = &at
	default:
		t.ResolvedAt, t.ClosedAt = nil, nil
	}
	return true
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
