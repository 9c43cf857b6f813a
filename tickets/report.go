package tickets

import (
	"cmp"
	"slices"
	"time"

	"respon/tickets/hours"
)

// Report tells how the desk did from From (included) to To (excluded).
type Report struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	Figures
	ByCategory []Group `json:"by_category"`
	ByEntity   []Group `json:"by_entity"`
	ByPriority []Group `json:"by_priority"`
}

// Group is the share of one category, entity or priority in a report. Name is
// the category's id, the entity's name or the priority; nil is what has none.
type Group struct {
	Name *string `json:"name"`
	Figures
}

// Figures are counted over some tickets. A ticket that was merged into another
// is not counted: the other one is.
type Figures struct {
	Opened      int      `json:"opened"` // in the period
	Closed      int      `json:"closed"` // resolved or closed in the period, and not opened again
	Open        int      `json:"open"`   // at its end
	FirstAnswer Duration `json:"first_answer"`
	Resolution  Duration `json:"resolution"`
	// Satisfaction counts what requesters last said, of those who did in the period.
	Satisfaction Satisfaction `json:"satisfaction"`
}

// Satisfaction counts who is content with how a ticket ended.
type Satisfaction struct {
	Yes int `json:"yes"`
	No  int `json:"no"`
}

// Duration sums up how long something took, of the tickets in which it happened
// in the period. The quantiles are seconds of business time, by the nearest
// rank; nil if it happened in none. WithinTarget is the share, from 0 to 1, of
// the targets of the period that were met: those that were met in it or, unmet,
// fell due in it; nil if there were none.
type Duration struct {
	P50          *int64   `json:"p50"`
	P90          *int64   `json:"p90"`
	WithinTarget *float64 `json:"within_target"`
}

// NewReport counts over tickets. A ticket that was over before the period
// began, or was opened after it ended, does not matter to it.
func NewReport(calendar *hours.Calendar, list []*Ticket, from, to time.Time) *Report {
	p := period{from: from, to: to, calendar: calendar}
	all := tally{}
	categories, entities, priorities := map[string]*tally{}, map[string]*tally{}, map[string]*tally{}
	for _, t := range list {
		if t.MergedInto != 0 {
			continue
		}
		all.add(p, t)
		group(categories, t.Category).add(p, t)
		group(entities, t.Requester.Entity).add(p, t)
		group(priorities, string(t.Priority)).add(p, t)
	}
	return &Report{
		From: from, To: to, Figures: all.figures(),
		ByCategory: groups(categories), ByEntity: groups(entities), ByPriority: groups(priorities),
	}
}

// WeeklyReports counts over tickets for each of the n weeks before a moment,
// the last week last. The weeks are those of the moment's own clock, so that
// each begins when it does on the wall.
func WeeklyReports(calendar *hours.Calendar, list []*Ticket, n int, end time.Time) []*Report {
	reports := make([]*Report, n)
	for i := range reports {
		reports[i] = NewReport(calendar, list, end.AddDate(0, 0, 7*(i-n)), end.AddDate(0, 0, 7*(i-n+1)))
	}
	return reports
}

// period is the time that a report is about.
type period struct {
	from, to time.Time
	calendar *hours.Calendar
}

func (p period) holds(at time.Time) bool { return !at.Before(p.from) && at.Before(p.to) }

// before reports whether something happened before the end of the period.
func (p period) before(at *time.Time) bool { return at != nil && at.Before(p.to) }

// tally gathers what the figures of a group are made of.
type tally struct {
	opened, closed, open    int
	firstAnswer, resolution took
	satisfaction            Satisfaction
}

// took gathers how long something took, and how often that was in time.
type took struct {
	seconds   []int64
	met, late int
}

func (y *tally) add(p period, t *Ticket) {
	if !t.CreatedAt.Before(p.to) {
		return
	}
	if p.holds(t.CreatedAt) {
		y.opened++
	}
	if !p.before(t.ResolvedAt) {
		y.open++
	} else if p.holds(*t.ResolvedAt) {
		y.closed++
	}
	if t.Satisfied != nil && t.SatisfiedAt != nil && p.holds(*t.SatisfiedAt) {
		if *t.Satisfied {
			y.satisfaction.Yes++
		} else {
			y.satisfaction.No++
		}
	}
	first, resolution := t.FirstAnswerDue, t.ResolutionDue
	if t.Paused() && t.FirstAnsweredAt == nil {
		first = nil // its clock stands
	}
	if t.Paused() && t.ResolvedAt == nil {
		resolution = nil
	}
	y.firstAnswer.add(p, t.CreatedAt, t.FirstAnsweredAt, first)
	y.resolution.add(p, t.CreatedAt, t.ResolvedAt, resolution)
}

func (k *took) add(p period, began time.Time, done, due *time.Time) {
	if p.before(done) {
		if !p.holds(*done) {
			return
		}
		k.seconds = append(k.seconds, int64(p.calendar.Between(began, *done)/time.Second))
		switch {
		case due == nil:
		case done.After(*due):
			k.late++
		default:
			k.met++
		}
	} else if due != nil && p.holds(*due) {
		k.late++
	}
}

func (y *tally) figures() Figures {
	return Figures{Opened: y.opened, Closed: y.closed, Open: y.open, FirstAnswer: y.firstAnswer.duration(), Resolution: y.resolution.duration(), Satisfaction: y.satisfaction}
}

func (k *took) duration() (d Duration) {
	if n := len(k.seconds); n > 0 {
		slices.Sort(k.seconds)
		d.P50, d.P90 = &k.seconds[nearest(n, 50)], &k.seconds[nearest(n, 90)]
	}
	if n := k.met + k.late; n > 0 {
		share := float64(k.met) / float64(n)
		d.WithinTarget = &share
	}
	return d
}

// nearest is the index of the smallest of n values that is not below percent of
// them.
func nearest(n, percent int) int { return (n*percent+99)/100 - 1 }

func group(m map[string]*tally, name string) *tally {
	if m[name] == nil {
		m[name] = &tally{}
	}
	return m[name]
}

// groups are in the order of their names; what has none comes last.
func groups(m map[string]*tally) []Group {
	list := make([]Group, 0, len(m))
	for name, y := range m {
		g := Group{Figures: y.figures()}
		if name != "" {
			g.Name = &name
		}
		if g.Opened+g.Closed+g.Open > 0 {
			list = append(list, g)
		}
	}
	slices.SortFunc(list, func(a, b Group) int {
		switch {
		case a.Name == nil:
			return 1
		case b.Name == nil:
			return -1
		}
		return cmp.Compare(*a.Name, *b.Name)
	})
	return list
}
