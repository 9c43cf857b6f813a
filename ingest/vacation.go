package ingest

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"respon/tickets"
)

// Away is how long an automatic answer says that somebody is away: the first
// and the last day, as 2027-01-07; nil where it does not say.
type Away struct {
	From *string `json:"from"`
	To   *string `json:"to"`
}

// maxAway is as much of an answer as is read for dates.
const maxAway = 4 << 10

// months by the first letters of their names, without accents: Spanish,
// Valencian, English, French, German, Italian, Portuguese.
var months = []struct {
	month time.Month
	names string
}{
	{time.January, `ene|gen|jan`}, {time.February, `feb|fev`}, {time.March, `mar|mae`}, {time.April, `abr|apr|avr`},
	{time.May, `may|mai|mag`}, {time.June, `jun|juny|giu|juin`}, {time.July, `jul|lug|juil`}, {time.August, `ago|aug|aou`},
	{time.September, `sep|set`}, {time.October, `oct|okt|ott|out`}, {time.November, `nov`}, {time.December, `dic|des|dec|dez`},
}

const (
	weekday = `(?:lunes|martes|miercoles|jueves|viernes|sabado|domingo|dilluns|dimarts|dimecres|dijous|divendres|dissabte|diumenge|` +
		`(?:mon|tues|wednes|thurs|fri|satur|sun)day|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag)`
	// filler may stand between a word and its date.
	filler = `(?:\s+|\b(?:el|al?|le|il|dem|den|dia|proximo|proxim|proper|pasado|passat|the|on|inclusive|` + weekday + `)\b|,)*$`
	year   = `(?:,?\s+(?:del? |d')?((?:19|20)\d\d)\b)?`
)

var (
	monthName = `((?:` + strings.Join(monthNames(), "|") + `)[a-z]*)\.?`
	// dates as people write them; the groups are day, month, year, in the order
	// that each form says.
	dates = []struct {
		form             *regexp.Regexp
		day, month, year int
		numeric          bool
	}{
		{regexp.MustCompile(`\b(20\d\d)-(\d\d)-(\d\d)\b`), 3, 2, 1, false},
		{regexp.MustCompile(`\b(\d{1,2})[/.-](\d{1,2})(?:[/.-](\d{4}|\d\d))?\b`), 1, 2, 3, true},
		{regexp.MustCompile(`\b(\d{1,2})(?:st|nd|rd|th|er|\.)?\s+(?:of |de |d')?` + monthName + year), 1, 2, 3, false},
		{regexp.MustCompile(`\b` + monthName + `\s+(\d{1,2})(?:st|nd|rd|th)?\b` + year), 2, 1, 3, false},
	}

	beforeLast   = regexp.MustCompile(`\b(?:hasta|fins|until|till|through|thru|jusqu'?(?:au)?|bis(?: zum| einschliesslich)?|fino|ate)` + filler)
	beforeReturn = regexp.MustCompile(`\b(?:vuelv\w*|volvere|regres\w*|(?:re)?incorpor\w*|torne|torno|tornare|back|(?:not )?return(?:ing)?(?: until)?|de retour|zuruck|wieder|rientr\w*)(?: (?:a la oficina|al trabajo|al treball|to (?:the )?office|to work|ab|am))?` + filler)
	beforeFirst  = regexp.MustCompile(`\b(?:del?|desde|des|from|du|vom|entre|between|starting|dal|a partir)(?: (?:del?))?` + filler)
	// between the first and the last day.
	range1 = regexp.MustCompile(`^\s*(?:al?|hasta|fins|to|until|till|through|au|bis|y|i|and|-|–)` + filler)
	// a first day that leaves its month to the last: "del 3 al 7 de gener".
	lonely   = regexp.MustCompile(`\b(?:del?|desde el|des del|from|du|vom|entre el)(?: dia)?\s+(\d{1,2})\.?\s*(?:al?|hasta|fins|to|au|bis|y|i|-|–)` + filler)
	american = regexp.MustCompile(`\b(?:until|till|through|thru|back|return|returning|from|starting|between)\b[^.]{0,20}$`)
)

func monthNames() (all []string) {
	for _, m := range months {
		all = append(all, m.names)
	}
	return all
}

// A found date: where it stands, and what it says; year 0 if it leaves it out.
type foundDate struct {
	start, end int
	day, year  int
	month      time.Month
}

// awayOf reads from an automatic answer when its author is away. sent, the
// mail's Date, gives the year where none is said. What contradicts itself or
// cannot be meant is not given: nil.
func awayOf(text string, sent time.Time) *Away {
	text = strings.ReplaceAll(tickets.Fold(short(text, maxAway)), "’", "'")
	var first, last time.Time
	for i, list := 0, datesIn(text); i < len(list); i++ {
		d, before := list[i], text[max(0, list[i].start-60):list[i].start]
		back := beforeReturn.MatchString(before)
		var from time.Time
		switch ranged := i > 0 && range1.MatchString(text[list[i-1].end:d.start]) && beforeFirst.MatchString(text[max(0, list[i-1].start-60):list[i-1].start]); {
		case ranged:
			from = list[i-1].before(d.near(sent))
		case lonely.MatchString(before):
			day, err := strconv.Atoi(lonely.FindStringSubmatch(before)[1])
			if err != nil {
				continue
			}
			from = foundDate{day: day, month: d.month, year: d.year}.before(d.near(sent))
		case !back && !beforeLast.MatchString(before):
			continue
		}
		to := d.near(sent)
		if to.IsZero() || to.Before(sent.AddDate(0, 0, -31)) || to.After(sent.AddDate(1, 1, 0)) {
			continue
		}
		if back {
			to = to.AddDate(0, 0, -1)
		}
		if !last.IsZero() && !last.Equal(to) {
			return nil // two different days: who knows
		}
		last = to
		if !from.IsZero() {
			first = from
		}
	}
	if last.IsZero() {
		return nil
	}
	to := last.Format(time.DateOnly)
	away := &Away{To: &to}
	if !first.IsZero() {
		from := first.Format(time.DateOnly)
		away.From = &from
	}
	return away
}

// away reads the dates of an automatic answer; without a Date of the mail it
// would be a guess.
func (m *Message) away() *Away {
	if m.Date == nil {
		return nil
	}
	sent, err := time.Parse(time.RFC3339, *m.Date)
	if err != nil {
		return nil
	}
	return awayOf(m.Text, sent)
}

// datesIn finds the dates in a folded text, in their order.
func datesIn(text string) (list []foundDate) {
	for at := 0; at < len(text) && len(list) < 50; {
		best, next := foundDate{}, len(text)
		for _, d := range dates {
			m := d.form.FindStringSubmatchIndex(text[at:])
			if m == nil || at+m[0] >= next {
				continue
			}
			next = at + m[0]
			group := func(i int) string {
				if m[2*i] < 0 {
					return ""
				}
				return text[at+m[2*i] : at+m[2*i+1]]
			}
			best = foundDate{start: at + m[0], end: at + m[1], day: number(group(d.day)), month: monthOf(group(d.month)), year: number(group(d.year))}
			if best.year > 0 && best.year < 100 {
				best.year += 2000
			}
			if d.numeric && best.day <= 12 && best.month <= 12 && american.MatchString(text[max(0, best.start-40):best.start]) && strings.Contains(text[best.start:best.end], "/") {
				best.month = 0 // 1/7 is one day in London and another in New York
			}
		}
		if best.end == 0 {
			break
		}
		at = best.end
		if best.month >= 1 && best.month <= 12 && best.day >= 1 && best.day <= 31 {
			list = append(list, best)
		}
	}
	return list
}

// number is what the digits say, 0 if they are none.
func number(digits string) int {
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 0
	}
	return n
}

func monthOf(s string) time.Month {
	if n := number(s); n > 0 {
		return time.Month(n)
	}
	for _, m := range months {
		for _, name := range strings.Split(m.names, "|") {
			if strings.HasPrefix(s, name) {
				return m.month
			}
		}
	}
	return 0
}

// near is the day meant in a mail of that date: without a year, the next one
// that comes, or one just past.
func (d foundDate) near(sent time.Time) time.Time {
	if d.year > 0 {
		return d.in(d.year)
	}
	for year := sent.Year() - 1; year <= sent.Year()+1; year++ {
		if t := d.in(year); !t.IsZero() && t.After(sent.AddDate(0, 0, -31)) {
			return t
		}
	}
	return time.Time{}
}

// before is the day meant as the first, when the last is known.
func (d foundDate) before(last time.Time) time.Time {
	if last.IsZero() {
		return last
	}
	year := d.year
	if year == 0 {
		if year = last.Year(); d.in(year).After(last) {
			year--
		}
	}
	if t := d.in(year); !t.IsZero() && !t.After(last) && t.After(last.AddDate(-1, 0, 0)) {
		return t
	}
	return time.Time{}
}

// in is the day in a year, zero if there is none, such as the 30th of February.
func (d foundDate) in(year int) time.Time {
	t := time.Date(year, d.month, d.day, 0, 0, 0, 0, time.UTC)
	if t.Day() != d.day || t.Month() != d.month {
		return time.Time{}
	}
	return t
}
