package tickets

import (
	"cmp"
	"slices"
	"time"
)

// Pause is a time in which the clock of a ticket's targets stood: it waited for
// its requester, or was resolved or closed.
type Pause struct {
	From time.Time
	To   *time.Time // nil while it stands
}

// Aim is one of the two promises for a ticket.
type Aim string

// The promises.
const (
	FirstAnswer Aim = "first_answer"
	Resolution  Aim = "resolution"
)

// Stage is how far the time of a promise is used up.
type Stage string

// The stages at which somebody is told.
const (
	Warning Stage = "warning" // three quarters
	Breach  Stage = "breach"  // all of it
)

// Alert is a moment at which somebody is to be told of a promise.
type Alert struct {
	Aim   Aim
	Stage Stage
	At    time.Time
	Due   time.Time // the moment promised
}

// SetDue computes both targets from the ticket's priority, its beginning and its
// pauses, in business time. A target that was already met keeps its moment.
// While the clock stands, the targets are what they would be if it had not, and
// nobody is told of them.
func (t *Ticket) SetDue(c *Catalogue) {
	target := c.SLA[t.Priority]
	if t.FirstAnsweredAt == nil {
		t.FirstAnswerDue = t.due(c, target.FirstAnswer)
	}
	if t.ResolvedAt == nil {
		t.ResolutionDue = t.due(c, target.Resolution)
	}
	t.WatchAt = nil
	if alerts := t.Alerts(c); len(alerts) > 0 && !t.Paused() {
		t.WatchAt = &alerts[0].At
	}
}

// due is when so much business time has passed since the ticket began, without
// its pauses; nil if nothing is promised.
func (t *Ticket) due(c *Catalogue, target time.Duration) *time.Time {
	if target <= 0 {
		return nil
	}
	at, left := t.CreatedAt, target
	for _, p := range t.Pauses {
		if p.To == nil || p.From.Before(at) {
			continue
		}
		worked := c.Hours.Between(at, p.From)
		if worked >= left {
			break
		}
		at, left = *p.To, left-worked
	}
	due := c.Hours.Add(at, left)
	return &due
}

// Alerts are the moments at which somebody is to be told of the targets that
// are not met yet, in their order.
func (t *Ticket) Alerts(c *Catalogue) (list []Alert) {
	target := c.SLA[t.Priority]
	add := func(aim Aim, d time.Duration) {
		if due := t.due(c, d); due != nil {
			list = append(list, Alert{aim, Warning, *t.due(c, max(d*3/4, 1)), *due}, Alert{aim, Breach, *due, *due})
		}
	}
	if t.FirstAnsweredAt == nil {
		add(FirstAnswer, target.FirstAnswer)
	}
	if t.ResolvedAt == nil {
		add(Resolution, target.Resolution)
	}
	slices.SortStableFunc(list, func(a, b Alert) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Aim, b.Aim)) })
	return list
}

// ByDue puts tickets in the order in which something is due for them, those
// without a target last, by priority.
func ByDue(list []*Ticket) {
	next := func(t *Ticket) time.Time {
		far := time.Unix(1<<40, 0)
		switch {
		case t.Paused():
			return far
		case t.FirstAnsweredAt == nil && t.FirstAnswerDue != nil:
			return *t.FirstAnswerDue
		case t.ResolutionDue != nil:
			return *t.ResolutionDue
		}
		return far
	}
	slices.SortStableFunc(list, func(a, b *Ticket) int {
		return cmp.Or(next(a).Compare(next(b)), cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.Number, b.Number))
	})
}

// Paused reports whether the clock of the targets stands.
func (t *Ticket) Paused() bool {
	return t.Status == Waiting || t.Status == Resolved || t.Status == Closed
}

// pause lets the clock stand or go on, when the state has changed. Each stretch
// in one state is a pause of its own.
func (t *Ticket) pause(at time.Time) {
	n := len(t.Pauses)
	if n > 0 && t.Pauses[n-1].To == nil {
		t.Pauses[n-1].To = &at
	}
	switch {
	case !t.Paused():
		// Looked at soon: whoever changed the state need not know the targets.
		t.WatchAt = &at
	case n > 0 && t.Pauses[n-1].From.Equal(at):
		t.Pauses[n-1].To, t.WatchAt = nil, nil
	default:
		t.Pauses, t.WatchAt = append(t.Pauses, Pause{From: at}), nil
	}
}
