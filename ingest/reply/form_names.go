package reply

import (
	"slices"
	"strings"
)

// index finds categories by what people call them.
type index struct {
	names Names
	ids   map[string]string // folded name → id; "" if two have it
}

func (names Names) index() *index {
	n := &index{names: names, ids: map[string]string{}}
	for _, c := range names.Categories {
		for _, name := range append([]string{c.ID}, c.Names...) {
			key := foldAll(name)
			if old, ok := n.ids[key]; ok && old != c.ID {
				n.ids[key] = ""
			} else if key != "" {
				n.ids[key] = c.ID
			}
		}
	}
	return n
}

// maxNearest is how many categories are offered instead of an unknown one.
const maxNearest = 3

// nearest gives the categories that are written nearly like a word.
func (n *index) nearest(wrong string) (ids []string) {
	type candidate struct {
		id string
		d  int
	}
	var all []candidate
	wrong = foldAll(wrong)
	for name, id := range n.ids {
		d := distance(wrong, name)
		if len(wrong) >= 4 && (strings.HasPrefix(name, wrong) || strings.HasPrefix(wrong, name) && len(name) >= 4) {
			d = min(d, 1)
		}
		if id != "" && d <= max(1, len(name)/3) {
			all = append(all, candidate{id, d})
		}
	}
	slices.SortFunc(all, func(a, b candidate) int {
		if a.d != b.d {
			return a.d - b.d
		}
		return strings.Compare(a.id, b.id)
	})
	for _, c := range all {
		if !slices.Contains(ids, c.id) && len(ids) < maxNearest {
			ids = append(ids, c.id)
		}
	}
	return ids
}

// within finds the categories that a few words name.
func (n *index) within(text string) (ids []string) {
	whole := foldAll(text)
	if id := n.ids[whole]; id != "" {
		return []string{id}
	}
	for name, id := range n.ids {
		if id != "" && len(name) > 1 && strings.Contains(" "+whole+" ", " "+name+" ") && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	if len(ids) > 0 || len(whole) < 4 {
		return ids
	}
	// "Padrón", where there is but one whose name begins so.
	for name, id := range n.ids {
		if strings.HasPrefix(name, whole+" ") && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	if len(ids) != 1 || ids[0] == "" {
		return nil
	}
	return ids
}

// head reads the lines of the type and of the category.
func (n *index) head(lines []line, i int) (it item, over int, ok bool) {
	text := lines[i].text
	words := wordsOf(text)
	if numbered(text, words) {
		words = words[1:]
	}
	if len(words) == 0 || !begins(text, words[0]) {
		return it, i, false
	}
	q, ok := heads[words[0].folded]
	if !ok {
		return it, i, false
	}
	it.q, over = q, i
	base := styleAt(text, words[0].start)
	rest := strings.TrimLeft(text[words[0].end:], " \u00a0\t*"+string(noStyle)+string(noStyle+1))
	if unstyled(rest) != rest {
		rest = strings.TrimLeftFunc(rest, func(r rune) bool { return isStyle(r) || r == ' ' || r == '\u00a0' })
	}
	choices := ""
	if strings.HasPrefix(rest, "(") {
		first := rest
		for shut(rest) < 0 && over < i+3 && over+1 < len(lines) && !lines[over+1].marker {
			over++
			rest += " " + lines[over].text
		}
		end := shut(rest)
		if end < 0 {
			return n.unshut(it, first, i)
		}
		choices, rest, it.full = rest[1:end], rest[end+1:], true
		if !n.offers(q, choices) {
			return it, i, false
		}
	} else if !strings.HasPrefix(rest, ":") {
		return n.bareHead(it, rest, i)
	}
	n.fill(&it, choices, rest, string(base))
	if it.reason && lines[i].level > 0 {
		it.quoted = strings.TrimSpace(unstyled(text))
	}
	if it.state == open && strings.Trim(unstyled(rest), " \u00a0:.-_…") == "" {
		over = n.below(&it, lines, over)
	}
	return it, over, it.full || it.state == clear
}

// unshut reads the one choice that was left, where the bracket behind it went with
// the others: "Categoría (portales".
func (n *index) unshut(it item, rest string, i int) (item, int, bool) {
	choices := strings.Trim(unstyled(rest), "(): \u00a0\t")
	if len(wordsOf(choices)) <= maxNameWords {
		it.set(n.exactly(it.q, choices))
	}
	return it, i, it.state == clear
}

// bareHead reads "Tipo = incidencia" and "Tipo incidencia": nothing else may stand
// there.
func (n *index) bareHead(it item, rest string, i int) (item, int, bool) {
	answer := strings.TrimLeft(unstyled(rest), " =–—->→\u00a0\t")
	it.set(n.exactly(it.q, strings.TrimRight(answer, " .")))
	it.weak = answer == strings.TrimSpace(unstyled(rest)) // a sentence may begin so
	return it, i, it.state == clear
}

// maxNameWords is how many words a name of a category has at most.
const maxNameWords = 6

// exactly gives the type or category that a text is the name of.
func (n *index) exactly(q Question, text string) string {
	if q == Type {
		return types[foldAll(text)]
	}
	return n.ids[foldAll(text)]
}

func (it *item) set(value string) {
	if value != "" {
		it.state, it.value = clear, value
	}
}

// shut gives where the bracket that opens a text is closed.
func shut(s string) int {
	depth := 0
	for i, r := range s {
		switch r {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// offers reports whether the choices are those of our form.
func (n *index) offers(q Question, choices string) bool {
	if q == Type {
		return len(typesIn(choices)) > 0 || foldAll(choices) == ""
	}
	return len(n.within(choices)) > 0 || strings.ContainsAny(choices, "…/") || foldAll(choices) == ""
}

// typesIn gives the types that words name.
func typesIn(text string) (list []string) {
	for _, w := range wordsOf(unstyled(text)) {
		if t := types[w.folded]; t != "" && !slices.Contains(list, t) {
			list = append(list, t)
		}
	}
	if slices.Contains(list, "suggestion") { // which is a request
		list = slices.DeleteFunc(list, func(t string) bool { return t == "request" })
	}
	return list
}

// clause gives the words before the first comma, stop or bracket.
func clause(s string) string {
	if i := strings.IndexAny(s, ",.;("); i >= 0 {
		return s[:i]
	}
	return s
}

// misspelt gives the type that one wrong word is written nearly like.
func misspelt(text string) (list []string) {
	words := wordsOf(unstyled(text))
	if len(words) != 1 {
		return nil
	}
	for name, t := range types {
		if len(name) >= 7 && alike(words[0].folded, name) && !slices.Contains(list, t) {
			list = append(list, t)
		}
	}
	if len(list) > 1 {
		return nil
	}
	return list
}

// vague are answers that say that there is none.
var vague = []string{"no lo se", "no se", "no ho se", "no sabria", "i don t know", "don t know", "not sure", "ns nc", "ns", "ninguna", "cap", "none", "otra", "otros", "other", "altres", "x"}

// fill reads what stands behind the choices or, if nothing does, what was left
// of them.
func (n *index) fill(it *item, choices, behind, base string) {
	answer := strings.Trim(unstyled(behind), " \u00a0\t:.=-–—>*_…?")
	find := n.within
	if it.q == Type {
		find = typesIn
	}
	it.reason = n.exactly(it.q, answer) == "" && surplus(answer)
	found := find(answer)
	first := clause(answer)
	if value := n.exactly(it.q, first); value != "" && first != answer {
		// "incidencia, no imprime desde ayer": what follows is no other choice.
		behind := wordsOf(answer[len(first):])
		if others := find(answer[len(first):]); len(others) == 0 || len(others) == 1 && others[0] == value || len(behind) > 0 && yesNo[behind[0].folded] == tokNo {
			it.set(value)
			return
		}
	}
	if it.q == Type && it.full && len(found) == 0 {
		found = misspelt(answer)
	}
	asking := strings.Contains(behind, "¿")
	doubtful := asking || strings.HasSuffix(strings.TrimRight(unstyled(behind), " \u00a0"), "?")
	switch {
	case asking, doubtful && len(found) != 1 && foldAll(answer) != "":
		return // she asks what to put there
	case slices.Contains(vague, foldAll(answer)):
	case len(found) == 1 && (len(wordsOf(answer)) <= 8 || it.full):
		it.state, it.value = clear, found[0]
		return
	case len(found) > 1 && it.full:
		it.state = clash
		return
	case foldAll(answer) != "" && it.q == Category && it.full:
		it.state, it.unknown = clear, shortened(answer)
		return
	case foldAll(answer) != "":
		return
	}
	if chosen := n.chosen(choices, base, find); chosen != "" {
		it.state, it.value = clear, chosen
	}
}

// chosen gives the one choice that was left, marked, or made to stand out.
func (n *index) chosen(choices, base string, find func(string) []string) string {
	var left, marked, out, loud []string
	style := []rune(base)[0]
	for _, choice := range strings.FieldsFunc(choices, func(r rune) bool { return r == '/' || r == '|' || r == ',' }) {
		found := find(choice)
		inside := style
		for _, r := range choice {
			switch {
			case isStyle(r):
				style = r
			case r != ' ':
				inside = style
			}
		}
		switch {
		case len(found) != 1 && strings.Contains(choice, "…"):
			left = append(left, "…")
			continue
		case len(found) != 1:
			continue
		}
		left = append(left, found[0])
		if inside != []rune(base)[0] {
			out = append(out, found[0])
		}
		if bare := strings.TrimSpace(unstyled(choice)); bare == strings.ToUpper(bare) && types[foldAll(bare)] != "" {
			loud = append(loud, found[0]) // not of categories, which have names in capitals
		}
		if strings.ContainsAny(choice, "*←") || strings.Contains(choice, "<-") || slices.ContainsFunc(strings.Fields(unstyled(choice)), func(w string) bool {
			return keyOf(w) == "x" || strings.ContainsAny(w, markedBoxes)
		}) {
			marked = append(marked, found[0])
		}
	}
	for _, list := range [][]string{marked, left, out, loud} {
		if len(list) == 1 && list[0] != "…" {
			return list[0]
		}
	}
	return ""
}

// below reads the answer on the next line, which must be nothing else.
func (n *index) below(it *item, lines []line, over int) int {
	next, at := nextLine(lines, over)
	if at < 0 {
		return over
	}
	answer := strings.Trim(unstyled(next.text), " \u00a0\t.*-–→>:")
	if it.full && next.level < lines[over].level && len(wordsOf(answer)) <= maxNameWords && !strings.ContainsAny(answer, "?¿") {
		find := n.within // "es una incidencia", between quoted lines
		if it.q == Type {
			find = typesIn
		}
		if found := find(answer); len(found) == 1 {
			it.set(found[0])
			it.reason = surplus(answer)
			return at
		}
	}
	switch {
	case it.q == Type && types[foldAll(answer)] != "":
		it.value = types[foldAll(answer)]
	case it.q == Category && n.ids[foldAll(answer)] != "":
		it.value = n.ids[foldAll(answer)]
	default:
		return over
	}
	it.state = clear
	return at
}

// shortened is an unknown category as it may be shown again.
func shortened(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > 60 {
		return string(r[:60])
	}
	return s
}
