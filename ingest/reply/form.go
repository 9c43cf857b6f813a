package reply

import "strings"

// Names are what the form's answers are read against.
type Names struct {
	Categories []Named
	// Addresses and Gateway are how the gateway's own letters introduce
	// themselves where they are quoted.
	Addresses []string
	Gateway   string
}

// Named is a category with all the names that people know it by.
type Named struct {
	ID    string
	Names []string // in every language, and aliases
}

// Form is what a person filled into the reply form, wherever in the mail she
// did. What she left open is empty or nil.
type Form struct {
	Type            string // "incident", "request", "suggestion"
	Category        string // id
	BlocksWork      *bool
	AffectsOthers   *bool
	AffectsCitizens *bool

	// Unknown is a category that nobody knows; Nearest are ids of those that are
	// written nearly like it, the nearest first.
	Unknown string
	Nearest []string
	// Contradictions are the questions that were answered in two ways at once,
	// and clearly nowhere.
	Contradictions []Question
	// Rest is what the person newly wrote, without the lines of the form.
	Rest string
}

// Answered reports whether any answer was understood.
func (f *Form) Answered() bool {
	return f.Type != "" || f.Category != "" || f.BlocksWork != nil || f.AffectsOthers != nil || f.AffectsCitizens != nil
}

// Empty reports whether the mail holds no answer, not even one that has to be
// asked about.
func (f *Form) Empty() bool {
	return !f.Answered() && f.Unknown == "" && len(f.Contradictions) == 0
}

// ReadForm reads the form out of a mail: its plain text and, if there is one,
// its HTML text.
//
// Whoever answers usually does so in what her program quotes of our letter: the
// form of which we know that it was sent empty. A filled form that stands in a
// mail of anybody else, or in a quotation within one, was filled in for an
// earlier answer and says nothing now. A person's own lines count more than the
// lines she quotes; among equals the last clear answer does.
func ReadForm(text, html string, names Names) Form {
	n := names.index()
	lines := strings.Split(noStyles(text), "\n")
	for i, l := range lines {
		lines[i] = setPlain(l)
	}
	found := n.read(lines)
	if html != "" {
		found = found.over(n.read(strings.Split(styled(html), "\n")))
	}
	f := found.form(n)
	f.Rest = n.rest(text, html, found)
	return f
}

// noStyles takes away what could be taken for our own marks of style, and the
// spaces that are none.
func noStyles(s string) string {
	return unstyled(plain(strings.ReplaceAll(s, "\r\n", "\n")))
}

// answers are what one text of a mail says, by question.
type answers struct {
	by  [AffectsCitizens + 1]item
	own bool // somebody wrote more than the form, outside quotations
	any bool
	// reasons are lines inside of what is quoted in which somebody wrote more than
	// an answer.
	reasons []string
}

// over lets the answers of the HTML text count, where it has any: it shows what
// was struck out, and plain texts are made from it.
func (a answers) over(rich answers) answers {
	for q := range rich.by {
		if rich.by[q].state != open && (rich.by[q].state == clear || a.by[q].state != clear) {
			a.by[q] = rich.by[q]
		}
	}
	a.any = a.any || rich.any
	if len(a.reasons) == 0 {
		a.reasons = rich.reasons
	}
	a.own = a.own && (rich.own || !rich.any)
	return a
}

func (a answers) form(n *index) (f Form) {
	for q, it := range a.by {
		switch {
		case it.state == clash:
			f.Contradictions = append(f.Contradictions, Question(q))
			continue
		case it.state != clear:
			continue
		}
		answer := it.yes
		switch Question(q) {
		case Type:
			f.Type = it.value
		case Category:
			if f.Category = it.value; f.Category == "" {
				f.Unknown, f.Nearest = it.unknown, n.nearest(it.unknown)
			}
		case BlocksWork:
			f.BlocksWork = &answer
		case AffectsOthers:
			f.AffectsOthers = &answer
		case AffectsCitizens:
			f.AffectsCitizens = &answer
		}
	}
	return f
}

// read finds the answers in the lines of a text.
func (n *index) read(lines []string) (a answers) {
	b := blocks{names: n.names}
	b.read(lines, 0, unknown)
	items, used, said := n.scan(b.lines)
	deepest := 0
	for _, it := range items {
		deepest = max(deepest, it.level)
	}
	for _, it := range items {
		if !it.counts(deepest) {
			continue
		}
		a.any = true
		if it.quoted != "" && it.state == clear {
			a.reasons = append(a.reasons, it.quoted)
		}
		if old := &a.by[it.q]; it.state != open && it.stronger(*old) {
			*old = it
		}
	}
	var own []string
	for i, l := range b.lines {
		if l.level > 0 || l.marker || used[i] && !said[i] {
			continue
		}
		text := unstyled(l.text)
		if strings.TrimSpace(text) == "--" {
			break // only a signature follows
		}
		own = append(own, text)
	}
	a.own = !empty(unsign(own))
	n.short(own, items, deepest, &a)
	return a
}

// counts reports whether a line of the form was filled in by whoever sent this
// mail. deepest is the level of the deepest line of a form. A quotation of
// nobody knows whom is ours if no form is quoted in it again.
func (it item) counts(deepest int) bool {
	switch {
	case it.level == 0:
		return true
	case it.level > 1 || it.whose == fromOthers:
		return false
	}
	return it.whose == fromUs || deepest == 1
}

// stronger reports whether it counts although an earlier line said old.
func (it item) stronger(old item) bool {
	switch {
	case old.state == open:
		return true
	case it.state == clash || it.unknown != "": // not clear: anything clear counts more
		return old.state == clash || old.unknown != "" && it.unknown != ""
	case old.state == clash || old.unknown != "":
		return true
	}
	return it.level <= old.level
}

// rest gives what was newly written but the form, with the lines of it that give a
// reason.
func (n *index) rest(text, html string, a answers) string {
	reasons := strings.Join(a.reasons, "\n")
	if a.any && !a.own {
		return reasons
	}
	return strings.Trim(n.unfilled(text, html)+"\n\n"+reasons, "\n")
}

// unfilled gives what was newly written outside of what is quoted.
func (n *index) unfilled(text, html string) string {
	words, _ := New(text, html)
	lines := strings.Split(words, "\n")
	b := make([]line, len(lines))
	for i, l := range lines {
		b[i] = line{text: l}
		for isQuoted(b[i].text) {
			b[i].text, b[i].level = unmarked(b[i].text), 1
		}
	}
	items, used, said := n.scan(b)
	if len(items) == 0 {
		return words
	}
	var kept []string
	for i, l := range lines {
		if !used[i] || said[i] {
			kept = append(kept, l)
		}
	}
	return strings.Trim(strings.Join(withoutQuotes(kept), "\n"), "\n")
}
