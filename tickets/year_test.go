package tickets_test

import (
	"flag"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
	_ "time/tzdata"

	"respon/tickets"
	"respon/tickets/hours"
	"respon/tickets/hours/hourstest"
)

var yearSeed = flag.Uint64("year.seed", 2026, "seed of the simulated year")

// TestYear lets a desk of eight technicians work through a year, minute by
// minute under a clock of its own: 40 to 100 tickets on a working day and ten
// times that on some, holidays and sick leave, requesters who answer after hours
// or days. It shows how the work is spread and that each ticket always has an
// owner, and holds every target against one counted minute by minute. A desk
// that works at night does so while the clock is changed. With -short the year has
// two months.
func TestYear(t *testing.T) {
	week := []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday, time.Sunday}
	for name, desk := range map[string]struct {
		spec hours.Spec
		slow func(time.Time) bool
	}{
		"office": {hours.Spec{Days: week[:5], From: 8 * 60, To: 15 * 60, Holidays: []string{"es", "es-vc", "2026-12-07"}}, hourstest.Office("2026-12-07")},
		"night": {hours.Spec{Days: week, From: 30, To: 8 * 60}, func(clock time.Time) bool {
			return clock.Hour()*60+clock.Minute() >= 30 && clock.Hour() < 8
		}},
	} {
		t.Run(name, func(t *testing.T) { newYear(t, *yearSeed, desk.spec, desk.slow).play(t) })
	}
}

func (y *year) play(t *testing.T) {
	began := time.Now()
	months := 12
	if testing.Short() {
		months = 2
	}
	for end := y.first.AddDate(0, months, 0); y.at(y.minute).Before(end); y.minute++ {
		y.pass()
	}
	if len(y.all) < 15_000*months/12 {
		t.Errorf("only %d tickets came in %d months", len(y.all), months)
	}
	checked, missed := 0, 0
	for _, l := range y.all {
		n, m := y.check(l)
		checked, missed = checked+n, missed+m
	}
	spread, most := y.spread()
	t.Logf("seed %d: %d tickets, at most %d on a day; handed over %d; %d targets and alerts counted again, %d targets missed; %s in all",
		*yearSeed, len(y.all), y.busiest, y.handed, checked, missed, time.Since(began).Round(10*time.Millisecond))
	t.Logf("work by capacity and days present: Gini %.3f, busiest technician %.2f of the mean", spread, most)
	if spread > 0.12 || most > 1.3 {
		t.Errorf("the work is spread unevenly: Gini %.3f, busiest %.2f of the mean", spread, most)
	}
}

// year is the simulated desk. Minutes count from its first.
type year struct {
	testing.TB
	random  *rand.Rand
	c       *tickets.Catalogue
	first   time.Time
	open    []bool // is the minute business time, by the slow look at the clock
	agenda  [][]func()
	minute  int
	all     []*life
	staff   []*worker
	away    map[tickets.Day]map[string]tickets.Absence
	last    map[string]time.Time // when each was chosen
	busiest int
	handed  int
}

// life is a ticket with what happened to it, written down apart from its own
// books.
type life struct {
	*tickets.Ticket
	minute   int
	clock    []turn           // when the clock was stopped and started
	answered tickets.Priority // the priority when the first answer was given
	resolved tickets.Priority // and when it was resolved
	alerts   []tickets.Alert  // as they were when it came
	came     tickets.Priority // its priority then
	effort   int              // minutes of work at a time
}

type turn struct {
	minute int
	runs   bool
}

type worker struct {
	*tickets.Technician
	hers   []*life
	doing  *life
	left   int     // minutes of work on it
	weight float64 // of all that was assigned to her
	days   int     // at work
}

var skills = map[string][]string{
	"contabilidad": {"ana", "pere", "nuria"}, "padron": {"pere", "quim"}, "portales": {"quim", "rosa", "toni"},
	"sede": {"rosa", "vicent"}, "redes": {"toni", "vicent", "xelo"},
}

func newYear(t testing.TB, seed uint64, spec hours.Spec, slow func(time.Time) bool) *year {
	madrid, err := time.LoadLocation("Europe/Madrid")
	if err != nil {
		t.Fatal(err)
	}
	spec.Location = madrid
	calendar, err := hours.New(spec)
	if err != nil {
		t.Fatal(err)
	}
	y := &year{TB: t, random: rand.New(rand.NewPCG(seed, 1)), first: time.Date(2026, 1, 1, 0, 0, 0, 0, madrid),
		away: map[tickets.Day]map[string]tickets.Absence{}, last: map[string]time.Time{}}
	y.c = &tickets.Catalogue{Hours: calendar, Gateway: tickets.Gateway{Location: madrid}, SLA: map[tickets.Priority]tickets.Target{}}
	for i, hours := range [][2]int{{1, 4}, {2, 8}, {4, 16}, {8, 40}, {16, 80}} {
		y.c.SLA[tickets.Priorities[i]] = tickets.Target{FirstAnswer: time.Duration(hours[0]) * time.Hour, Resolution: time.Duration(hours[1]) * time.Hour}
	}
	for _, id := range []string{"contabilidad", "padron", "portales", "sede", "redes"} {
		y.c.Categories = append(y.c.Categories, tickets.Category{ID: id, Technicians: skills[id]})
	}
	for i, id := range []string{"ana", "pere", "nuria", "quim", "rosa", "toni", "vicent", "xelo"} {
		y.c.Technicians = append(y.c.Technicians, tickets.Technician{ID: id, Capacity: 20 - 5*(i%2), Default: i == 0 || i == 7})
	}
	for i := range y.c.Technicians {
		y.staff = append(y.staff, &worker{Technician: &y.c.Technicians[i]})
	}
	y.open = hourstest.Minutes(y.first, 2*365, slow)
	y.agenda = make([][]func(), len(y.open))
	y.plan()
	return y
}

func (y *year) at(minute int) time.Time { return y.first.Add(time.Duration(minute) * time.Minute) }
func (y *year) now() time.Time          { return y.at(y.minute) }

// between gives a number from a to b.
func (y *year) between(a, b int) int { return a + y.random.IntN(b-a+1) }

func (y *year) later(minutes int, do func()) {
	if m := y.minute + minutes; m < len(y.agenda) {
		y.agenda[m] = append(y.agenda[m], do)
	}
}

// plan fills in the year's mails and absences, day by day.
func (y *year) plan() {
	for i := range y.staff {
		// Two weeks, another week, and four days of fever.
		for _, days := range []int{14, 7, 2, 1, 1} {
			from := y.first.AddDate(0, 0, y.between(6, 350))
			for d := range days {
				day := tickets.DayOf(from.AddDate(0, 0, d), y.first.Location())
				if y.away[day] == nil {
					y.away[day] = map[string]tickets.Absence{}
				}
				if len(y.away[day]) < len(y.staff)/2 { // a leave is refused when half are away
					y.away[day][y.staff[i].ID] = tickets.Absence{Technician: y.staff[i].ID, From: day, To: day}
				}
			}
		}
	}
	for day := y.first; day.Year() == y.first.Year(); day = day.AddDate(0, 0, 1) {
		start := int(day.Sub(y.first) / time.Minute)
		mails := y.between(0, 6)
		if slices.Contains(y.open[start:start+24*60], true) {
			mails = y.between(40, 100)
			if y.random.IntN(40) == 0 {
				mails *= 10
			}
		}
		y.busiest = max(y.busiest, mails)
		for range mails {
			m := start + y.between(7*60, 16*60)
			if y.random.IntN(20) == 0 {
				m = start + y.between(0, 23*60)
			}
			y.agenda[m] = append(y.agenda[m], y.comes)
		}
	}
}

// pass lets a minute go by.
func (y *year) pass() {
	for _, do := range y.agenda[y.minute] {
		do()
	}
	y.agenda[y.minute] = nil
	if !y.open[y.minute] {
		return
	}
	away := y.away[tickets.DayOf(y.now(), y.first.Location())]
	morning := !y.open[y.minute-1]
	if morning {
		y.handOver()
	}
	for _, w := range y.staff {
		if _, absent := away[w.ID]; absent {
			continue
		}
		if morning {
			w.days++
		}
		y.work(w)
	}
}

// comes opens a ticket.
func (y *year) comes() {
	t := &tickets.Ticket{Number: tickets.Number(len(y.all) + 1), Type: tickets.Incident, Status: tickets.New, CreatedAt: y.now()}
	yes := true
	if y.random.IntN(7) > 0 {
		t.Category = y.c.Categories[y.random.IntN(len(y.c.Categories))].ID
	}
	if y.random.IntN(3) == 0 {
		t.Type = tickets.Request
	}
	for _, p := range []struct {
		answer **bool
		in     int
	}{{&t.Answers.BlocksWork, 6}, {&t.Answers.AffectsOthers, 8}, {&t.Answers.AffectsCitizens, 12}} {
		if y.random.IntN(p.in) == 0 {
			*p.answer = &yes
		}
	}
	t.Prioritise()
	t.SetDue(y.c)
	l := &life{Ticket: t, minute: y.minute, clock: []turn{{y.minute, true}}, alerts: t.Alerts(y.c), came: t.Priority, effort: y.between(5, 35)}
	y.all = append(y.all, l)
	y.assign(l)
}

func (y *year) team() tickets.Team {
	team := tickets.Team{Load: map[string]tickets.Load{}, Absent: y.away[y.c.WorkDay(y.now())]}
	for _, w := range y.staff {
		load := tickets.Load{Last: y.last[w.ID]}
		for _, l := range w.hers {
			load.Open++
			load.Weight += l.Priority.Weight()
		}
		team.Load[w.ID] = load
	}
	return team
}

func (y *year) assign(l *life) {
	id, why := tickets.Assign(y.c, y.team(), l.Ticket)
	if id == "" {
		y.Fatalf("%s: ticket %d has no owner: %s", y.now(), l.Number, why)
	}
	w := y.staff[slices.IndexFunc(y.staff, func(w *worker) bool { return w.ID == id })]
	w.hers = append(w.hers, l)
	w.weight += float64(l.Priority.Weight())
	y.last[id] = y.now()
	l.Technician = id
}

// handOver gives the urgent tickets of those who are away to others.
func (y *year) handOver() {
	away := y.away[y.c.WorkDay(y.now())]
	for _, w := range y.staff {
		if _, absent := away[w.ID]; !absent {
			continue
		}
		for _, l := range slices.Clone(w.hers) {
			if l.Priority <= "P2" {
				w.drop(l)
				y.assign(l)
				y.handed++
			}
		}
	}
}

func (w *worker) drop(l *life) {
	w.hers = slices.DeleteFunc(w.hers, func(m *life) bool { return m == l })
	if w.doing == l {
		w.doing = nil
	}
}

// work lets a technician do a minute's work, the next target first.
func (y *year) work(w *worker) {
	if w.doing == nil {
		for _, l := range w.hers {
			if !l.Paused() && (w.doing == nil || l.ResolutionDue.Before(*w.doing.ResolutionDue)) {
				w.doing = l
			}
		}
		if w.doing == nil {
			return
		}
		w.left = w.doing.effort
	}
	if w.left--; w.left > 0 {
		return
	}
	l := w.doing
	w.doing = nil
	y.ends(w, l)
}

// ends is what comes out of a piece of work: a question, by mail or by phone, a
// new priority, or that it is resolved.
func (y *year) ends(w *worker, l *life) {
	switch n := y.random.IntN(100); {
	case n < 4:
		l.Priority, l.PriorityWhy = tickets.Priorities[y.random.IntN(5)], w.ID
		l.SetDue(y.c)
	case n < 8: // by phone: no answer was sent, and she will call back
		y.stop(l, tickets.Waiting)
		y.later(y.between(30, 2000), func() { y.start(l) })
	case n < 35:
		y.answer(l)
		y.stop(l, tickets.Waiting)
		y.later(y.between(10, 7000), func() { y.start(l) })
	default:
		y.answer(l)
		l.resolved = l.Priority
		y.stop(l, tickets.Resolved)
		w.drop(l)
		if n >= 95 {
			y.later(y.between(60, 9000), func() {
				y.start(l)
				w.hers = append(w.hers, l)
			})
		}
	}
}

func (y *year) answer(l *life) {
	if l.FirstAnsweredAt == nil {
		at := y.now()
		l.FirstAnsweredAt, l.answered = &at, l.Priority
	}
}

func (y *year) stop(l *life, s tickets.Status) {
	l.SetStatus(s, y.now())
	l.clock = append(l.clock, turn{y.minute, false})
}

func (y *year) start(l *life) {
	if !l.SetStatus(tickets.Open, y.now()) {
		y.Fatalf("ticket %d did not wait", l.Number)
	}
	l.SetDue(y.c)
	l.clock = append(l.clock, turn{y.minute, true})
}
