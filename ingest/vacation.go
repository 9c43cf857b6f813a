package ingest

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"respon/ingest/reply"
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
	weekday = `(?:lunes|martes|miercoles|jueves|viernes|sabado|domingo|lunedi|martedi|mercoledi|giovedi|venerdi|sabato|domenica|(?:segunda|terca|quarta|quinta|sexta)(?:-feira)?|dilluns|dimarts|dimecres|dijous|divendres|dissabte|diumenge|` +
		`(?:mon|tues|wednes|thurs|fri|satur|sun)day|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag)`
	// filler may stand between a word and its date.
	filler = `(?:\s+|\b(?:el|al?|le|il|dem|den|zum|dia|proximo|proxim|proper|pasado|passat|the|on|o|no|manana|dema|tomorrow|demain|inclusive|including|einschlie(?:ss|ß)lich|inklusive|` + weekday + `)\b|\bl'|,)*$`
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
		{regexp.MustCompile(`\b(\d{1,2})(?:st|nd|rd|th|er|[ºo°.])?\s+(?:of |de |d')?` + monthName + year), 1, 2, 3, false},
		{regexp.MustCompile(`\b` + monthName + `\s+(\d{1,2})(?:st|nd|rd|th)?\b` + year), 2, 1, 3, false},
	}

	beforeLast   = regexp.MustCompile(`\b(?:hasta|fins|until|till|through|thru|jusqu'?(?:au)?|bis(?: zum| einschlie(?:ss|ß)lich)?|fino|ate|ata|up to(?: and including)?):?` + filler)
	beforeReturn = regexp.MustCompile(`\b(?:vuelv\w*|volvere|regres\w*|(?:re)?incorpor\w*(?: sera)?|(?:retom|reprend)\w*(?: \S+){0,3}|de vuelta|de volta|di nuovo|de nuevo|(?:mi|a la|la meua|la meva|el meu|fecha de|data de) (?:vuelta|regreso|retorn|tornada)(?: sera| es)?|(?:contest|respond|respon|atend|atendr|disponible|leer)\w* (?:\S+ ){0,4}a partir|disponible|de nou|torne|torno|tornare|ab|back|(?:not )?return(?:ing)?(?: until)?|de retour|zuruck|wieder|rientr\w*)(?:,? (?:a la oficina|a l'oficina|al trabajo|al treball|a la faena|(?:to|in|at) (?:the |my )?(?:office|desk)|to work|in ufficio|al lavoro|ao trabalho|au bureau|de nuevo|ab|am|del?))?(?: (?:esta |sera )?(?:previst\w*|el dia|planned|prevu\w*)(?: (?:para|per a|for|pour))?)?:?` + filler)
	beforeFirst  = regexp.MustCompile(`\b(?:del?|desde|des|from|du|vom|entre|between|starting|dal|a partir)(?: (?:del?))?:?` + filler)
	// notBefore: "no volveré hasta el 17" is said of the day of return.
	notBefore = regexp.MustCompile(`\b(?:no|not|n't|non|nicht|ne) (?:\S+ ){0,2}(?:vuelv\w*|volver\w*|regres\w*|(?:re)?incorpor\w*|torn\w*|back|return\w*|rientr\w*|zuruck\w*|revien\w*)(?: \S+){0,4} (?:hasta|fins|until|till|before|antes del?|abans del?|avant|vor|bis|fino|ate)` + filler)
	// afterReturn: German says behind the date that it is the day of return.
	afterReturn = regexp.MustCompile(`^\.?\s*(?:(?:bin ich )?(?:wieder|zuruck))\b`)
	// awayWord stands before a range that no word begins: "Vacaciones: 3/8 - 14/8".
	awayWord = regexp.MustCompile(`\b(?:vacac|vacanc|vacation|holiday|ausen|absen|fuera|fora|out of|ooo|away|leave|permiso|permis|urlaub|abwesen|conge|ferie)\w*[^.]{0,30}$`)
	// otherDates are of something else: opening hours, a time limit.
	otherDates = regexp.MustCompile(`\b(?:horari[oa]?|atencion|plazo|termini|conserva\w*|opening|hours|horaires|matricula|solicitud\w*|sol.licitud\w*|inscri\w+|subvenc\w+|cierra|tanca|abiert[oa]s?|obert[oa]?s?|presente|de \d{1,2}(?:[:.]\d\d)? a \d{1,2}(?:[:.]\d\d)? ?h)\b`)
	// deputy: a date behind such a word is somebody else's.
	deputy = regexp.MustCompile(`\b(?:sustitu|substitu|suplent|deputy|stellvertret|vertretung|en mi lugar|en el meu lloc|in my absence)`)
	// wholeMonth is an absence without days: "todo el mes de agosto".
	wholeMonth = regexp.MustCompile(`\b(?:mes de |mes d'|month of |mois de |mois d'|mese di |monat )` + monthName + year)
	isAway     = regexp.MustCompile(`\b(?:vacac|vacanc|vacation|holiday|ausen|absen|fuera|fora|out of|ooo\b|away|leave|permiso|permis|baja|baixa|urlaub|abwesen|conge|ferie|assent|tancat|cerrado|closed)`)
	// ofSelf is in a sentence that speaks of its author.
	ofSelf = regexp.MustCompile(`\b(?:no (?:estare|podre|tendre|tindre|soc|sere)|estoy|estare|estaremos|encuentro|encontrare|permanecere|estic|soc|sere|trobe|i am|i'm|i will|i'll|i shall|we are|bin|je suis|je serai|sono|saro|estou|estarei|access|acceso|acces|disponible|available)\b`)
	// secondDay is a last day that leaves its month to the first: "August 3-17".
	secondDay = regexp.MustCompile(`^\s*(?:-|–|to|through|thru|till|until|and)\s*(\d{1,2})(?:st|nd|rd|th)?\b` + year)
	byMonth   = regexp.MustCompile(`^[a-z]`)
	noDay     = regexp.MustCompile(`^(?:[/:.-]\d|\s*(?:h|hrs?|am|pm|of|de|d')\b|\s*` + monthName + `\b)`)
	// legal begins what stands under every mail of an organisation.
	legal    = regexp.MustCompile(`(?m)^\W*(?:aviso? legal|avis legal|proteccio|confidencial|clausula|clausula|legal notice|disclaimer|informacion basica|rgpd|lopd)`)
	adjacent = regexp.MustCompile(`^\s*(?:al?|to|-|–)` + filler)
	// between the first and the last day.
	range1 = regexp.MustCompile(`^[\s,.]*(?:(?:y|i|and|e|und|et) )?(?:al?|hasta|fins|to|until|till|through|au|bis|y|i|and|-|–):?` + filler)
	// a first day that leaves its month to the last: "del 3 al 7 de gener".
	lonely    = regexp.MustCompile(`\b(?:del?|desde el|des del|from|du|dal|vom|entre el|entre|between|zwischen|tra il|de l'|l')(?: dia)?(?: the)?(?: ` + weekday + `,?)?\s*(\d{1,2})\.?\s*,?\s*(?:al?|hasta|fins|to|au|bis|y|i|and|und|e|-|–)` + filler)
	bareRange = regexp.MustCompile(`(?:\s|:|^)(\d{1,2})\s*(?:-|–|al?)\s*$`)
	american  = regexp.MustCompile(`\b(?:until|till|through|thru|back|return|returning|from|starting|between)\b[^.]{0,20}$`)
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
	slashed    bool // 3/8, whose order is not the same everywhere
	unsure     bool // in a sentence in English
}

// ahead is what stands before a date.
func ahead(text string, d foundDate) string { return text[max(0, d.start-60):d.start] }

// sentence is that in which a date begins.
func (d foundDate) sentence(text string) string {
	begin := strings.LastIndexByte(text[:d.start], '\n') + 1
	sentence, _, _ := strings.Cut(text[begin:], "\n")
	return sentence
}

func ownSentence(s string) bool { return isAway.MatchString(s) || ofSelf.MatchString(s) }

// maxBare is how long a sentence may be that gives days and does not say what for.
const maxBare = 45

// endOfSentence is a full stop that is not a German date's.
var endOfSentence = regexp.MustCompile(`(\pL|\)|\d{4}|[/.-]\d{1,2})([.!])\s+([\p{Lu}¡¿])`)

// folded is a text without upper case and accents, a sentence on each line. What
// stands on lines of its own stays there; a line that was broken is put together.
func folded(text string) string {
	const full = 55
	var joined, out strings.Builder
	for l := range strings.SplitSeq(short(text, maxAway), "\n") {
		joined.WriteString(l)
		if len(l) < full {
			joined.WriteByte('\n')
		} else {
			joined.WriteByte(' ')
		}
	}
	for l := range strings.SplitSeq(endOfSentence.ReplaceAllString(joined.String(), "$1$2\n$3"), "\n") {
		out.WriteString(tickets.Fold(l) + "\n")
	}
	return strings.ReplaceAll(out.String(), "’", "'")
}

// isReturn reports whether it is the day of return.
func (d foundDate) isReturn(text string) bool {
	return beforeReturn.MatchString(ahead(text, d)) || notBefore.MatchString(ahead(text, d)) || afterReturn.MatchString(text[d.end:])
}

// firstDay finds the first day of an absence of which the i-th date is the last, or
// the day of return; zero if none is given. said is false if nothing before the date says that
// it is one of these.
func firstDay(text string, list []foundDate, i int, sent time.Time) (from time.Time, said bool) {
	d, before := list[i], ahead(text, list[i])
	if begin := strings.LastIndexByte(text[:d.start], '\n') + 1; otherDates.MatchString(d.sentence(text)) || deputy.MatchString(text[begin:d.start]) {
		return from, false
	}
	if i > 0 {
		between, first := text[list[i-1].end:d.start], ahead(text, list[i-1])
		if (range1.MatchString(between) || beforeReturn.MatchString(between)) && (beforeFirst.MatchString(first) || adjacent.MatchString(between) && awayWord.MatchString(first)) {
			return list[i-1].before(d.near(sent)), true
		}
	}
	found := lonely.FindStringSubmatch(before)
	if found == nil && bareRange.MatchString(before) && awayWord.MatchString(bareRange.ReplaceAllString(before, "")) {
		found = bareRange.FindStringSubmatch(before)
	}
	if found != nil {
		day, err := strconv.Atoi(found[1])
		return foundDate{day: day, month: d.month, year: d.year}.before(d.near(sent)), err == nil
	}
	return from, d.isReturn(text) || beforeLast.MatchString(before)
}

// agreed gives the last day of an absence by what is said of its last day and of the
// day before the return: "from the 3rd to the 14th, back on the 17th" has a week-end between.
func agreed(last, home time.Time) (time.Time, bool) {
	switch {
	case last.IsZero():
		return home, !home.IsZero()
	case home.IsZero():
		return last, true
	case home.Before(last.AddDate(0, 0, -1)) || home.After(last.AddDate(0, 0, 5)):
		return last, false
	case home.After(last):
		return home, true
	}
	return last, true
}

// awayOf reads from an automatic answer when its author is away. sent, the
// mail's Date, gives the year where none is said. What contradicts itself or
// cannot be meant is not given: nil.
func awayOf(text string, sent time.Time) *Away {
	text = folded(text)
	if at := legal.FindStringIndex(text); at != nil {
		text = text[:at[0]]
	}
	var first, last, home time.Time
	if from, to := monthIn(text, sent); !to.Before(sent) {
		first, last = from, to
	}
	list := datesIn(text)
	own := slices.ContainsFunc(list, func(d foundDate) bool { return ownSentence(d.sentence(text)) })
	for i := range list {
		from, said := firstDay(text, list, i, sent)
		to := list[i].near(sent)
		if !list[i].isReturn(text) && !ownSentence(list[i].sentence(text)) && (own || len(list[i].sentence(text)) > maxBare) {
			continue // an exhibition, a time limit
		}
		if !said || to.IsZero() || to.Before(sent.AddDate(0, 0, -31)) || to.After(sent.AddDate(1, 1, 0)) {
			continue
		}
		day := &last
		if list[i].isReturn(text) {
			day, to = &home, to.AddDate(0, 0, -1)
		}
		if !day.IsZero() && !day.Equal(to) {
			return nil // two different days: who knows
		}
		*day = to
		if !from.IsZero() {
			first = from
		}
	}
	last, ok := agreed(last, home)
	if !ok {
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

// monthIn is the month of which a text says that somebody is away in it; zero if
// there is none.
func monthIn(text string, sent time.Time) (from, to time.Time) {
	at := wholeMonth.FindStringSubmatchIndex(text)
	if at == nil {
		return from, to
	}
	if sentence := (foundDate{start: at[0], end: at[1]}).sentence(text); !isAway.MatchString(sentence) || otherDates.MatchString(sentence) {
		return from, to
	}
	d := foundDate{day: 1, month: monthOf(text[at[2]:at[3]])}
	if at[4] >= 0 {
		d.year = number(text[at[4]:at[5]])
	}
	if from = d.near(sent); from.IsZero() {
		return from, to
	}
	return from, from.AddDate(0, 1, -1)
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
	own, _ := reply.New(m.Text, m.HTML) // a quoted letter may have dates, too
	return awayOf(own, sent)
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
			if best.slashed = d.numeric && strings.Contains(text[best.start:best.end], "/"); best.slashed {
				best.unsure = american.MatchString(text[max(0, best.start-40):best.start])
			}
		}
		if best.end == 0 {
			break
		}
		if at = best.end; best.month > 12 && !best.slashed {
			at = best.start + 1 // "3-14 agosto"
			for at < best.end && text[at] >= '0' && text[at] <= '9' {
				at++
			}
		}
		list = append(list, best)
		if second, ok := best.second(text); ok {
			list = append(list, second)
			at = second.end
		}
	}
	return inOrder(list)
}

// second is the last day behind a first one that says the month for both.
func (d foundDate) second(text string) (foundDate, bool) {
	at := secondDay.FindStringSubmatchIndex(text[d.end:])
	if at == nil || d.year > 0 || noDay.MatchString(text[d.end+at[1]:]) || !byMonth.MatchString(text[d.start:d.end]) {
		return d, false
	}
	d.start, d.end, d.day = d.end+at[2], d.end+at[1], number(text[d.end+at[2]:d.end+at[3]])
	return d, true
}

// inOrder settles which of two numbers is the month, and leaves out what is no
// date. One date that can be read in one order only tells it for all: 1/7 alone,
// in English, is one day in London and another in New York.
func inOrder(list []foundDate) (out []foundDate) {
	monthFirst, dayFirst := false, false
	for _, d := range list {
		monthFirst = monthFirst || d.slashed && d.month > 12 && d.day <= 12
		dayFirst = dayFirst || d.slashed && d.day > 12 && d.month <= 12
	}
	for _, d := range list {
		if d.slashed && d.day <= 12 && (d.month > 12 || monthFirst && !dayFirst) {
			d.day, d.month = int(d.month), time.Month(d.day)
		} else if d.unsure && d.day <= 12 && !dayFirst {
			continue
		}
		if d.month >= 1 && d.month <= 12 && d.day >= 1 && d.day <= 31 {
			out = append(out, d)
		}
	}
	return out
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
// that comes, or one past: an answer that was forgotten is no absence of a year.
func (d foundDate) near(sent time.Time) time.Time {
	if d.year > 0 {
		return d.in(d.year)
	}
	for year := sent.Year() - 1; year <= sent.Year()+1; year++ {
		if t := d.in(year); !t.IsZero() && t.After(sent.AddDate(0, -4, 0)) {
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
