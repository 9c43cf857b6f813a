package mailer_test

import (
	"crypto/rand"
	"fmt"
	"strings"
	"testing"

	"respon/mailer"
	"respon/templates"
	"respon/tickets"
	"respon/tickets/token"
)

func sample(t *testing.T, locale tickets.Locale, name string) tickets.Letter {
	t.Helper()
	for _, s := range mailer.Samples(locale) {
		if s.Name == name {
			return s.Letter
		}
	}
	t.Fatalf("no sample %s", name)
	return tickets.Letter{}
}

// sampleComposer is a composer of the samples' town.
func sampleComposer(t *testing.T) *mailer.Composer {
	t.Helper()
	words, err := templates.Load("")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := token.New(make([]byte, 32), nil)
	if err != nil {
		t.Fatal(err)
	}
	c := mailer.SampleCatalogue()
	return mailer.NewComposer(func() *templates.Set { return words }, signer, func() *tickets.Catalogue { return c }, rand.Reader)
}

// Figures stand as text in both parts of the mail. A hundred per cent is said
// only where no target was missed, and where none was set there is none.
func TestWeeklyReportSaysItsFigures(t *testing.T) {
	l := sample(t, tickets.English, "report")
	last := l.Reports[len(l.Reports)-1]
	almost, exact := 0.9996, 0.29
	last.FirstAnswer.WithinTarget, last.Resolution.WithinTarget = &almost, &exact
	r, err := sampleComposer(t).Render(l)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(strings.Fields(strings.ReplaceAll(r.Text, "█", "")), " ")
	for _, want := range []string{
		"for the week from 16 Nov 2026 to 22 Nov 2026", "Opened: 268 Resolved: 290 Pending at the end of the week: 92 First answer on time: 99% Resolved on time: 29% Satisfied requesters: 41 of 44 answers",
		"Week from 28 Sep 2026 Opened: 212 Resolved: 192", "Week from 28 Sep 2026 First answer on time: no targets Resolved on time: no targets",
		"No category Opened: 50 Resolved: 58 On time: no targets", "Ajuntament d'Alfafar Opened: 140 Resolved: 150 On time: 100%",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, r.Text)
		}
	}
	for _, want := range []string{"<b>212</b>", "<b>no targets</b>", "<b>99%</b>", "<caption"} {
		if !strings.Contains(r.HTML, want) {
			t.Errorf("%q is not in the HTML", want)
		}
	}
}

// The longest bar of a chart is its largest number, whichever column it is in.
func TestWeeklyReportBarsCompare(t *testing.T) {
	r, err := sampleComposer(t).Render(sample(t, tickets.Spanish, "report"))
	if err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string]int{"Resueltas: 317": 30, "Abiertas: 301": 28, "Abiertas: 187": 17, "Resueltas: 131": 30, "Abiertas: 50": 11} {
		before, _, found := strings.Cut(r.Text, " "+line+"\n")
		got := len([]rune(before[strings.LastIndexByte(before, '\n')+1:]))
		if !found || got != want {
			t.Errorf("%s has a bar of %d columns, want %d", line, got, want)
		}
	}
}

// Of many organisations those with most tickets are shown, and how many there are.
func TestWeeklyReportOfManyEntities(t *testing.T) {
	l := sample(t, tickets.English, "report")
	last := l.Reports[len(l.Reports)-1]
	last.ByEntity = nil
	for i := range 40 {
		name := fmt.Sprintf("Town %02d", i)
		last.ByEntity = append(last.ByEntity, tickets.Group{Name: &name, Figures: tickets.Figures{Opened: i}})
	}
	r, err := sampleComposer(t).Render(l)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(r.Text, "\nTown "); got != 12 {
		t.Errorf("%d towns are shown, want 12", got)
	}
	if first, second := strings.Index(r.Text, "Town 39"), strings.Index(r.Text, "Town 38"); first < 0 || second < first || strings.Contains(r.Text, "Town 27\n") {
		t.Errorf("the order is not that of the tickets:\n%s", r.Text)
	}
	if !strings.Contains(r.Text, "Showing the 12 with the most tickets, out of 40.") {
		t.Error("that there are more is not said")
	}
}

// On the day after a disaster the list is cut, and says so.
func TestDigestIsCut(t *testing.T) {
	l := sample(t, tickets.English, "digest")
	for n := range tickets.Number(150) {
		late := *l.Tickets[0]
		late.Number = 1000 + n
		l.Tickets = append([]*tickets.Ticket{&late}, l.Tickets...)
	}
	r, err := sampleComposer(t).Render(l)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(r.Text, "\n- BR-"); got != 100 || r.Subject != "Pending tickets: 154; overdue: 151" {
		t.Errorf("%d tickets are listed under %q", got, r.Subject)
	}
	if !strings.Contains(r.Text, "Overdue (151):") || !strings.Contains(r.Text, "More online: 54.") || strings.Contains(r.Text, "Due today") {
		t.Errorf("what was left out is not said:\n%s", r.Text)
	}
}
