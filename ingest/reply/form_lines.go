package reply

import (
	"slices"
	"strings"
	"unicode"
)

// An item is one line of the form with what it says.
type item struct {
	q       Question
	state   state
	yes     bool
	value   string // type or category
	unknown string // category
	full    bool   // nobody writes such a line but us
	at      int
	over    int // its last line
	level   int
	whose   origin
	weak    bool   // it may be a sentence, even where it is all that was written
	reason  bool   // it says more than the answer, which has to be kept
	quoted  string // the line, if it gives a reason inside of what is quoted
	told    bool   // the answer stands below, in a sentence
}

// reasonWords is how many words beside an answer are a reason for it.
const reasonWords = 5

// surplus reports whether words stand beside an answer that are a reason for it.
func surplus(text string) bool {
	n := 0
	for _, w := range wordsOf(unstyled(text)) {
		if _, ok := yesNo[w.folded]; !ok {
			n++
		}
	}
	return n >= reasonWords
}

// maxItems bounds how many lines of forms are read in a mail.
const maxItems = 200

// scan finds the lines of the form, which lines they take up, and which of these say
// more than the answer.
func (n *index) scan(whole []line) (items []item, taken, said []bool) {
	lines, from := split(whole)
	used := make([]bool, len(lines))
	for i := 0; i < len(lines) && len(items) < maxItems; i++ {
		if used[i] || lines[i].marker || len(lines[i].text) > 2000 {
			continue
		}
		it, over, ok := n.line(lines, i)
		if !ok {
			continue
		}
		if n := len(items) - 1; it.told && n >= 0 && items[n].state == open && items[n].full && gap(lines, items[n].at, i) == 1 {
			it.state, over = open, i // below two questions nobody can tell which one it answers
		}
		it.at, it.over, it.level, it.whose = i, over, lines[i].level, lines[i].whose
		items = append(items, it)
		for j := i; j <= over; j++ {
			used[j] = true
		}
		i = over
	}
	items = n.believable(lines, items, used)
	said = make([]bool, len(whole))
	for _, it := range items {
		if it.reason {
			for i := it.at; i < len(used) && i <= it.over; i++ {
				said[from[i]] = true
			}
		}
	}
	return items, gather(used, from, len(whole)), said
}

// line reads the line of the form that begins at i and gives the last line that
// belongs to it.
func (n *index) line(lines []line, i int) (it item, over int, ok bool) {
	if it, over, ok = n.question(lines, i); ok {
		return it, over, true
	}
	return n.head(lines, i)
}

// question reads a yes-or-no question.
func (n *index) question(lines []line, i int) (it item, over int, ok bool) {
	text, over := lines[i].text, i
	words := wordsOf(text)
	if numbered(text, words) {
		words = words[1:]
	}
	if len(words) < 2 || !begins(text, words[0]) {
		return it, i, false
	}
	for _, ask := range asked {
		matched := common(words, ask.words)
		if matched < 2 {
			continue
		}
		text, words, over := text, words, i
		for matched == len(words) && matched < len(ask.words) && over < i+3 && over+1 < len(lines) && !lines[over+1].marker {
			over++ // the mail program broke the line
			skip := len(wordsOf(text)) - len(words)
			text += " " + lines[over].text
			words = wordsOf(text)[skip:]
			matched = common(words, ask.words)
		}
		if matched < len(ask.words) {
			continue
		}
		end := words[matched-1].end
		if goesOn(text[end:]) {
			continue
		}
		it = item{q: ask.q, full: true}
		base := styleAt(text, end-1)
		behind := text[end:]
		if lines[i].level > 0 && surplus(behind) {
			it.quoted = strings.TrimSpace(unstyled(text))
		}
		last := it.decide(lines, behind, base, over)
		for _, l := range lines[over+1 : last+1] {
			behind += " " + l.text
		}
		it.reason = surplus(behind)
		return it, last, true
	}
	return n.shortened(text, words, i)
}

// shortened reads a question that a person has put in words of her own: "Impide
// trabajar: sí". It counts as little as "Tipo: incidencia" does.
func (n *index) shortened(text string, words []word, i int) (it item, over int, ok bool) {
	if !strings.ContainsAny(text, ":?=") {
		return it, i, false
	}
	for _, ask := range inShort {
		if common(words, ask.words) < len(ask.words) {
			continue
		}
		behind := strings.TrimLeft(unstyled(text[words[len(ask.words)-1].end:]), " ")
		if behind == "" || !strings.ContainsAny(behind[:1], ":?=") {
			continue
		}
		v := choose(lex(ask.q, behind[1:]), noStyle)
		return item{q: ask.q, state: v.state, yes: v.answer, weak: true, reason: surplus(behind)}, i, v.state == clear
	}
	return it, i, false
}

// numbered reports whether a line begins with a number, or with the letter that
// Outlook makes of a bullet: "3. ¿Afecta …?".
func numbered(text string, words []word) bool {
	if len(words) < 2 {
		return false
	}
	w := words[0]
	if w.folded == "o" {
		behind := unstyled(text[w.end:])
		return strings.HasPrefix(behind, "  ") || strings.HasPrefix(behind, "\t") || strings.HasPrefix(behind, "\u00a0")
	}
	return len(w.folded) <= 2 && unicode.IsDigit(rune(w.folded[0]))
}

// goesOn reports whether what begins like a question is a longer sentence.
func goesOn(behind string) bool {
	behind = strings.TrimLeft(unstyled(behind), " \t")
	if behind == "" || strings.ContainsAny(behind[:1], "?:-=.([{") {
		return false
	}
	list := lex(Type, behind)
	return len(list) > 0 && list[0].token == tokOther
}

// begins reports whether a word begins a line, but for bullets and their like.
// What stands in quotation marks is only talked about, and behind a # stands a
// technician's command.
func begins(s string, w word) bool {
	return w.start <= 24 && !strings.ContainsAny(s[:w.start], "«»\"“”„‘’'#＃")
}

// common counts how many words of a question a line begins with.
func common(words []word, question []string) int {
	for i, w := range question {
		if i >= len(words) || !alike(words[i].folded, w) {
			return i
		}
	}
	return len(question)
}

// styleAt gives the style of the letter at a place of a line.
func styleAt(s string, at int) rune {
	style := noStyle
	for i, r := range s {
		if i > at {
			break
		}
		if isStyle(r) {
			style = r
		}
	}
	return style
}

// decide reads the answer behind a question, or on the next lines, and gives
// the last line that belongs to it.
func (it *item) decide(lines []line, behind string, base rune, over int) int {
	if base != noStyle {
		behind = string(base) + behind
	}
	list := lex(it.q, behind)
	for range 3 {
		next, at := nextLine(lines, over)
		if at < 0 || !unfinished(list) {
			break
		}
		more := lex(it.q, next.text)
		if len(more) == 0 || more[0].token == tokOther || count(list, lexeme.isWord) > 0 && count(list, lexeme.isBox) == 1 && !more[0].isBox() {
			break
		}
		list = append(list, more...)
		over = at
	}
	v := choose(list, base)
	if v.state == open && v.whole {
		if next, at := nextLine(lines, over); at >= 0 {
			if below := choose(lex(it.q, next.text), base); below.state != open {
				v, over = below, at
				it.told = len(wordsOf(unstyled(next.text))) > 1
			}
		}
	}
	it.state, it.yes = v.state, v.answer
	return over
}

// unfinished reports whether more of the line may stand on the next one.
func unfinished(list []lexeme) bool {
	if slices.ContainsFunc(list, func(l lexeme) bool { return l.token == tokOther }) {
		return false
	}
	words, boxes := count(list, lexeme.isWord), count(list, lexeme.isBox)
	return words == 0 || list[len(list)-1].isBox() || boxes == 1 && words == 1
}

func count(list []lexeme, is func(lexeme) bool) (n int) {
	for _, l := range list {
		if is(l) {
			n++
		}
	}
	return n
}

// nextLine gives the next line with words, over one empty line at most, or over a
// few if it is an answer between quoted lines.
func nextLine(lines []line, i int) (line, int) {
	for j := i + 1; j < min(len(lines), i+5); j++ {
		if lines[j].marker {
			break
		}
		if !lines[j].empty() {
			if j > i+2 && lines[j].level >= lines[i].level {
				break
			}
			return lines[j], j
		}
	}
	return line{}, -1
}

// believable takes away the lines that look like "Type: request" and stand by
// themselves: the world is full of them. They count beside another line of the
// form, above a letter of ours, or as all that a person wrote; not in the summary that our letters give.
func (n *index) believable(lines []line, items []item, used []bool) (kept []item) {
	alone, answers := 0, false // a letter of ours, which asks for such lines
	for i, l := range lines {
		if l.level == 0 && !l.marker && !used[i] && !l.empty() {
			alone++
		}
		answers = answers || l.whose == fromUs
	}
	for i, it := range items {
		beside := func(full bool) bool {
			return slices.ContainsFunc(items, func(o item) bool {
				return o.q != it.q && o.level == it.level && (o.full || !full) && gap(lines, it.at, o.at) <= near
			})
		}
		switch {
		case it.full, beside(true) && !summed(lines, it.at),
			it.level == 0 && it.unknown == "" && (beside(false) || answers || alone == 0 && !it.weak) && !summed(lines, it.at):
			kept = append(kept, items[i])
		default:
			used[it.at] = false
		}
	}
	return kept
}

// near is how many lines of words are between lines of one form at most.
const near = 2

// gap counts the lines with words from one line to another, as far as it matters.
func gap(lines []line, a, b int) (n int) {
	for i := min(a, b) + 1; i <= max(a, b) && n <= near; i++ {
		if !lines[i].empty() {
			n++
		}
	}
	return n
}

// summed reports whether a line stands among those of a summary.
func summed(lines []line, at int) bool {
	for i := max(0, at-4); i < min(len(lines), at+5); i++ {
		if lines[i].level != lines[at].level || lines[i].marker {
			continue
		}
		before, _, ok := strings.Cut(unstyled(lines[i].text), ":")
		if words := wordsOf(before); ok && len(words) > 0 && len(words) <= 2 && summary[words[0].folded] {
			return true
		}
	}
	return false
}
