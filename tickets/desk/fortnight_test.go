package desk_test

import (
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"respon/tickets"
	"respon/tickets/desk"
	"respon/tickets/hours"
	"respon/tickets/hours/hourstest"
	"respon/tickets/store"
	"respon/tickets/store/storetest"
)

var fortnightSeed = flag.Uint64("fortnight.seed", 2026, "seed of the simulated fortnight")

// TestFortnight lets the desk itself, on a database, work through the two weeks
// in which the clock is put back, with a holiday, a day of five times the
// mails and a technician away. The schedule looks every five minutes. Each
// warning and breach of each ticket has to be told at the moment that counting
// minute by minute gives, once, and nothing else. With -short it is two working days.
func TestFortnight(t *testing.T) {
	began := time.Now()
	f := newFortnight(t, *fortnightSeed)
	for ; f.minute < len(f.office); f.minute++ {
		f.now = f.at(f.minute)
		f.pass()
	}
	alerts := 0
	for _, c := range f.cases {
		tk := f.ticket(c.number)
		if tk.Technician == "" {
			t.Errorf("ticket %d has no owner", c.number)
		}
		var got []string
		for _, e := range tk.Events {
			if e.Kind == tickets.EventWarning || e.Kind == tickets.EventBreach {
				aim, _, _ := strings.Cut(e.Detail, " of ")
				got = append(got, fmt.Sprintf("%s %s %s", e.At.In(f.first.Location()).Format("01-02 15:04"), e.Kind, aim))
			}
		}
		want := f.expect(c, f.Catalogue().SLA[tk.Priority])
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("ticket %d, %s, created %s: %s", c.number, tk.Priority, tk.CreatedAt, diff)
		}
		alerts += len(got)
	}
	t.Logf("seed %d: %d tickets, %d alerts, each as counted minute by minute; %s in all", *fortnightSeed, len(f.cases), alerts, time.Since(began).Round(10*time.Millisecond))
	if enough := map[bool]int{false: 700, true: 70}[testing.Short()]; len(f.cases) < enough || alerts < enough/7 {
		t.Error("that is too little to show anything")
	}
}

type fortnight struct {
	*scene
	random *rand.Rand
	first  time.Time
	office []bool
	agenda [][]func()
	minute int
	cases  []*matter
	busy   map[string]*matter // what each technician works on
	left   map[string]int     // minutes of work on it
}

// matter is a ticket as the simulation knows it, apart from the desk's books.
type matter struct {
	number   tickets.Number
	came     int
	due      time.Time
	owner    string
	status   tickets.Status
	turns    []int // minutes at which the clock was stopped and started, in turn
	answered int   // 0: not yet
	resolved int
}

func newFortnight(t *testing.T, seed uint64) *fortnight {
	madrid, err := time.LoadLocation("Europe/Madrid")
	if err != nil {
		t.Fatal(err)
	}
	calendar, err := hours.New(hours.Spec{
		Days: []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday},
		From: 8 * 60, To: 15 * 60, Holidays: []string{"es", "es-vc"}, Location: madrid,
	})
	if err != nil {
		t.Fatal(err)
	}
	c := &tickets.Catalogue{
		Gateway:    tickets.Gateway{Address: "batlia@dival.example", Prefix: "BR", Locale: tickets.Spanish, Location: madrid},
		Categories: []tickets.Category{{ID: "padron", Technicians: []string{"ana", "pere", "quim"}}, {ID: "sede", Technicians: []string{"quim", "rosa"}}},
		Hours:      calendar, SLA: map[tickets.Priority]tickets.Target{},
		Limits: tickets.Limits{AutomaticPerSender: 1000},
		Life:   tickets.Lifecycle{RemindWaiting: 24 * time.Hour, CloseResolved: 48 * time.Hour, ReopenWindow: 720 * time.Hour},
	}
	for i, hours := range [][2]int{{1, 4}, {2, 8}, {4, 16}, {8, 40}, {16, 80}} {
		c.SLA[tickets.Priorities[i]] = tickets.Target{FirstAnswer: time.Duration(hours[0]) * time.Hour, Resolution: time.Duration(hours[1]) * time.Hour}
	}
	for i, id := range []string{"ana", "pere", "quim", "rosa", "toni"} {
		c.Technicians = append(c.Technicians, tickets.Technician{ID: id, Email: id + "@dival.example", Capacity: 20, Default: i == 4})
	}
	f := &fortnight{scene: &scene{T: t}, random: rand.New(rand.NewPCG(seed, 2)), first: time.Date(2026, 10, 9, 0, 0, 0, 0, madrid),
		busy: map[string]*matter{}, left: map[string]int{}}
	f.now = f.first
	uid := 0
	f.Desk = &desk.Desk{
		Store: storetest.Open(t, storetest.SQLite(t), func() time.Time { return f.now }), Composer: &composer{},
		Catalogue: func() *tickets.Catalogue { return c },
		NewUID:    func() (string, error) { uid++; return fmt.Sprintf("%010x", uid), nil },
		Log:       slog.New(slog.DiscardHandler),
	}
	days := 18
	if testing.Short() {
		days = 6
	}
	f.office = hourstest.Minutes(f.first, days, hourstest.Office())
	f.agenda = make([][]func(), len(f.office))
	f.plan()
	return f
}

func (f *fortnight) at(minute int) time.Time { return f.first.Add(time.Duration(minute) * time.Minute) }

func (f *fortnight) between(a, b int) int { return a + f.random.IntN(b-a+1) }

func (f *fortnight) later(minutes int, do func()) {
	if m := f.minute + minutes; m < len(f.agenda) {
		f.agenda[m] = append(f.agenda[m], do)
	}
}

// plan fills in the mails of each day, and pere's absence.
func (f *fortnight) plan() {
	for day := f.first; int(day.Sub(f.first)/time.Minute) < len(f.office); day = day.AddDate(0, 0, 1) {
		start := int(day.Sub(f.first) / time.Minute)
		mails := f.between(0, 5)
		if f.office[start+10*60] {
			mails = f.between(40, 90)
		}
		if day.Day() == 19 {
			mails *= 5
		}
		for range mails {
			m := start + f.between(7*60, 16*60)
			f.agenda[m] = append(f.agenda[m], f.comes)
		}
	}
	f.later(4*24*60+600, func() { f.away("pere", "2026-10-14", "2026-10-20") })
}

func (f *fortnight) pass() {
	for _, do := range f.agenda[f.minute] {
		do()
	}
	if f.office[f.minute] {
		for _, tech := range f.Catalogue().Technicians {
			if day := f.now.Day(); tech.ID != "pere" || day < 14 || day > 20 {
				f.work(tech.ID)
			}
		}
	}
	if f.minute%5 != 0 {
		return
	}
	for _, job := range []error{f.WatchTargets(f.Context()), f.RemindWaiting(f.Context()), f.CloseResolved(f.Context()), f.HandOver(f.Context())} {
		if job != nil {
			f.Fatal(job)
		}
	}
	if f.now.Hour() == 8 && f.now.Minute() == 0 {
		f.look()
	}
}

// look finds out who has which ticket: some were handed over.
func (f *fortnight) look() {
	if err := f.Store.View(f.Context(), func(tx *store.Tx) error {
		for _, c := range f.cases {
			if c.resolved == 0 {
				t, err := tx.Ticket(f.Context(), c.number)
				if err != nil {
					return err
				}
				c.owner = t.Technician
			}
		}
		return nil
	}); err != nil {
		f.Fatal(err)
	}
}

func (f *fortnight) comes() {
	in := f.from(fmt.Sprintf("p%d@alfafar.example", f.between(1, 200)), "no va")
	in.Hints.Category = []string{"padron", "sede", ""}[f.random.IntN(3)]
	in.Hints.Impact = []tickets.Level{tickets.High, tickets.Medium, tickets.Low, tickets.Low}[f.random.IntN(4)]
	yes := f.random.IntN(5) == 0
	in.Hints.Answers.BlocksWork = &yes
	tk := f.open(in)
	f.cases = append(f.cases, &matter{number: tk.Number, came: f.minute, due: *tk.ResolutionDue, owner: tk.Technician, status: tickets.New})
}

// work lets a technician do a minute's work, the next target first.
func (f *fortnight) work(id string) {
	if f.busy[id] == nil {
		for _, c := range f.cases {
			if c.owner == id && (c.status == tickets.New || c.status == tickets.Open) && (f.busy[id] == nil || c.due.Before(f.busy[id].due)) {
				f.busy[id] = c
			}
		}
		f.left[id] = f.between(5, 35)
	}
	c := f.busy[id]
	if f.left[id]--; c == nil || f.left[id] > 0 {
		return
	}
	f.busy[id] = nil
	if c.owner != id {
		return // it was handed over meanwhile
	}
	if f.random.IntN(3) == 0 {
		f.says(c, "#espera\n¿Qué programa usa?")
		c.status = tickets.Waiting
		f.later(f.between(10, 4000), func() {
			f.writes(c)
			c.turns = append(c.turns, f.minute)
			c.status = tickets.Open
		})
	} else {
		f.says(c, "#resolver\nYa va.")
		c.status, c.resolved = tickets.Resolved, f.minute
	}
	if c.answered == 0 {
		c.answered = f.minute
	}
	c.turns = append(c.turns, f.minute)
}

func (f *fortnight) says(c *matter, text string) {
	in := f.from(c.owner+"@dival.example", text)
	in.Author.Technician = c.owner
	cmds, rest, problems := tickets.ParseCommands(text)
	in.Reply = rest
	if _, err := f.Answer(f.Context(), c.number, in, cmds, problems); err != nil || len(problems) > 0 {
		f.Fatal(err, problems)
	}
}

func (f *fortnight) writes(c *matter) {
	in := f.from("p1@alfafar.example", "SICAL")
	t, err := f.FollowUp(f.Context(), c.number, in)
	if err != nil {
		f.Fatal(err)
	}
	c.due = *t.ResolutionDue
}

// expect counts minute by minute what has to be told of a ticket, and when.
func (f *fortnight) expect(c *matter, promise tickets.Target) (list []string) {
	worked, runs := time.Duration(0), true
	said := map[string]bool{}
	turns := c.turns
	for m := c.came; m < len(f.office); m++ {
		for len(turns) > 0 && turns[0] == m {
			runs, turns = !runs, turns[1:]
		}
		if m%5 == 0 && runs {
			list = append(list, f.told(c, m, worked, promise, said)...)
		}
		if runs && f.office[m] {
			worked += time.Minute
		}
	}
	return list
}

func (f *fortnight) told(c *matter, m int, worked time.Duration, promise tickets.Target, said map[string]bool) (list []string) {
	for _, p := range []struct {
		aim  string
		met  int
		time time.Duration
	}{{"first answer", c.answered, promise.FirstAnswer}, {"resolution", c.resolved, promise.Resolution}} {
		if p.met > 0 && p.met <= m {
			continue
		}
		for _, stage := range []struct {
			kind tickets.EventKind
			time time.Duration
		}{{tickets.EventBreach, p.time}, {tickets.EventWarning, p.time * 3 / 4}} {
			name := string(stage.kind) + " " + p.aim
			if worked < stage.time || said[name] || said[string(tickets.EventBreach)+" "+p.aim] {
				continue
			}
			said[name] = true
			list = append(list, f.at(m).Format("01-02 15:04")+" "+name)
		}
	}
	slices.Sort(list)
	return list
}
