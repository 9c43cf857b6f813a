package mailer

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"respon/templates"
	"respon/tickets"
)

// maxGroups is how many categories or entities a report shows.
const maxGroups = 12

// weekly tells how a week was: its figures, then charts of the weeks up to it
// and of its categories and entities.
func (w *writing) weekly() {
	all := w.l.Reports
	if len(all) == 0 {
		return
	}
	week := all[len(all)-1]
	w.say("report.intro", w.day(week.From), w.day(week.To.AddDate(0, 0, -1)))
	facts := []templates.Fact{
		{Name: w.t("report.opened"), Value: strconv.Itoa(week.Opened)},
		{Name: w.t("report.closed"), Value: strconv.Itoa(week.Closed)},
		{Name: w.t("report.open"), Value: strconv.Itoa(week.Open)},
		{Name: w.t("report.first_answer"), Value: w.percent(week.FirstAnswer.WithinTarget)},
		{Name: w.t("report.resolution"), Value: w.percent(week.Resolution.WithinTarget)},
	}
	if s := week.Satisfaction; s.Yes+s.No > 0 {
		facts = append(facts, templates.Fact{Name: w.t("report.content"), Value: w.t("report.of", s.Yes, s.Yes+s.No)})
	}
	w.add(templates.Block{Kind: templates.Facts, Facts: facts})
	counts, targets := w.chart("weeks", "opened", "closed"), w.chart("targets", "first_answer", "resolution")
	most := 0
	for _, r := range all {
		most = max(most, r.Opened, r.Closed)
	}
	for _, r := range all {
		name := w.t("report.week", w.day(r.From))
		counts.Rows = append(counts.Rows, templates.Row{Name: name, Bars: []templates.Bar{count(r.Opened, most), count(r.Closed, most)}})
		targets.Rows = append(targets.Rows, templates.Row{Name: name, Bars: []templates.Bar{w.share(r.FirstAnswer), w.share(r.Resolution)}})
	}
	w.add(counts)
	w.add(targets)
	w.groups("categories", week.ByCategory, func(id string) string {
		if c := w.cat.CategoryByID(id); c != nil {
			return c.Name(w.locale)
		}
		return id
	})
	w.groups("entities", week.ByEntity, oneLine)
	w.say("report.follow")
}

// chart begins a chart with these columns.
func (w *writing) chart(name string, columns ...string) templates.Block {
	b := templates.Block{Kind: templates.Chart, Text: w.t("report." + name), Head: w.t("report.head_" + name)}
	for _, c := range columns {
		b.Columns = append(b.Columns, w.t("report."+c))
	}
	return b
}

// groups adds a chart of the categories or entities of the week, those with most
// tickets first.
func (w *writing) groups(name string, groups []tickets.Group, called func(string) string) {
	groups = slices.Clone(groups)
	slices.SortStableFunc(groups, func(a, b tickets.Group) int {
		return cmp.Or(cmp.Compare(b.Opened, a.Opened), cmp.Compare(b.Closed, a.Closed), cmp.Compare(b.Open, a.Open))
	})
	shown := groups[:min(len(groups), maxGroups)]
	most := 0
	for _, g := range shown {
		most = max(most, g.Opened, g.Closed)
	}
	b := w.chart(name, "opened", "closed", "in_time")
	for _, g := range shown {
		row := templates.Row{Name: w.t("report.none_" + name)}
		if g.Name != nil {
			row.Name = called(*g.Name)
		}
		row.Bars = []templates.Bar{count(g.Opened, most), count(g.Closed, most), w.share(g.Resolution)}
		b.Rows = append(b.Rows, row)
	}
	if len(shown) == 0 {
		return
	}
	w.add(b)
	if len(shown) < len(groups) {
		w.say("report.more", len(shown), len(groups))
	}
}

// count is a number as a bar; most is the longest one's.
func count(n, most int) templates.Bar {
	b := templates.Bar{Value: strconv.Itoa(n)}
	if n > 0 {
		b.Share = max(1, n*100/most)
	}
	return b
}

func (w *writing) share(d tickets.Duration) templates.Bar {
	b := templates.Bar{Value: w.percent(d.WithinTarget)}
	if d.WithinTarget != nil {
		b.Share = whole(*d.WithinTarget)
	}
	return b
}

// percent writes the share of targets that were met.
func (w *writing) percent(share *float64) string {
	switch {
	case share == nil:
		return w.t("report.no_targets")
	case w.locale == tickets.English:
		return fmt.Sprintf("%d%%", whole(*share))
	}
	return fmt.Sprintf("%d\u00a0%%", whole(*share))
}

// whole gives per cent, rounded down: a hundred is said only of all. What was
// lost in a division is given back first.
func whole(share float64) int { return int(math.Floor(share*100 + 1e-9)) }

// day writes a date by the gateway's clock on the wall.
func (w *writing) day(t time.Time) string {
	if w.locale == tickets.English {
		return in(t, w.cat).Format("2 Jan 2006")
	}
	return in(t, w.cat).Format("02/01/2006")
}
