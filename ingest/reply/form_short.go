package reply

import (
	"regexp"
	"strings"
)

// Some people answer our questions above our letter, without repeating them: "Sí a
// todo", or one word for each.

// toAll answers every question at once, and says nothing else.
var toAll = regexp.MustCompile(`^(si|no|yes)(?: digo)?(?: a todo| a todas| a todos| a todo si| a todo no| a tot| a totes| to all| to all of them| to everything` +
	`|(?: a las| a les| to the| to all)? (?:tres|3|three))(?: preguntas| preguntes| questions)?$|^(?:todo|tot|all|everything)(?: que)? (si|no|yes)$`)

// polite are the lines that say neither yes nor no.
func polite(l string) bool {
	l = strings.TrimSpace(plain(l))
	return l == "" || greeting.MatchString(l) || bye.MatchString(l) || Courtesy(l)
}

// short reads such answers out of a person's own lines, for the questions that our
// letter asks and nobody has answered.
func (n *index) short(own []string, items []item, deepest int, a *answers) {
	var asks []*item
	for i, it := range items {
		if it.level == 0 || !it.full || !it.counts(deepest) {
			continue
		}
		if a.by[it.q].state != open {
			return // she has filled it in
		}
		asks = append(asks, &items[i])
	}
	if len(asks) < 2 {
		return
	}
	own = unsign(own)
	for _, l := range own {
		if len(l) > 60 {
			continue
		}
		if before, after, comma := strings.Cut(l, ","); comma && polite(after) {
			l = before // "no a todo, gracias"
		}
		if m := toAll.FindStringSubmatch(foldAll(l)); m != nil {
			for _, it := range asks {
				if it.q >= BlocksWork {
					it.state, it.yes = clear, m[1]+m[2] != "no"
					a.by[it.q] = *it
				}
			}
			return
		}
	}
	n.inOrder(own, asks, a)
}

// numbering stands before answers.
var numbering = regexp.MustCompile(`^\s*(?:\d{1,2}\s?[.)ºª-]+|[-*•·])\s*`)

// inOrder reads one answer for each question, on lines of their own or parted by
// commas, if there are as many as questions and each can be one.
func (n *index) inOrder(own []string, asks []*item, a *answers) {
	var said []string
	for _, l := range own {
		for s := range strings.FieldsFuncSeq(l, func(r rune) bool { return r == ',' || r == ';' }) {
			if !polite(s) {
				said = append(said, strings.Trim(numbering.ReplaceAllString(s, ""), " ."))
			}
			if len(said) > len(asks)+1 {
				return
			}
		}
	}
	if n := len(said) - 1; n == len(asks) && areNames(strings.Fields(said[n])) {
		said = said[:n] // she has signed
	}
	if len(asks) < 3 || len(said) != len(asks) {
		return
	}
	if same(said) {
		return // "no, no, no" is said of anything
	}
	for i, it := range asks {
		word := foldAll(said[i])
		it.state = clear
		switch it.q {
		case Type:
			it.value = types[word]
		case Category:
			it.value = n.ids[word]
		default:
			tok, ok := yesNo[word]
			if it.yes = tok == tokYes; ok && tok != tokMark {
				it.value = word
			}
		}
		if it.value == "" {
			return
		}
	}
	for _, it := range asks {
		a.by[it.q] = *it
	}
}

// same reports whether somebody says the same over and over again.
func same(said []string) bool {
	for _, s := range said {
		if foldAll(s) != foldAll(said[0]) {
			return false
		}
	}
	return true
}
