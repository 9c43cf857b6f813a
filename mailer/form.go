package mailer

import (
	"net/url"
	"slices"
	"strings"

	"respon/templates"
	"respon/tickets/token"
)

// namedCategories is how many categories the line of the form names; all of
// them stand below it, where there are more.
const namedCategories = 3

// form adds the reply form, with the lines whose answers are missing, and a
// link that begins a mail with the same lines.
func (w *writing) form() {
	w.say("form.head")
	lines, names := w.formLines(), w.categories()
	w.add(templates.Block{Kind: templates.Form, Lines: lines})
	if w.l.Asks.Category && len(names) > namedCategories {
		w.say("form.categories", strings.Join(names, ", "))
	}
	w.add(templates.Block{Kind: templates.Compose, Text: w.t("form.compose"), URL: w.mailto(lines)})
	if w.l.Asks.Category {
		for _, name := range w.likely() {
			w.add(templates.Block{Kind: templates.Compose, Text: w.t("form.compose_for", name), URL: w.mailto(w.about(lines, name))})
		}
	}
	w.formPage()
}

// likely names the categories that get a link of their own.
func (w *writing) likely() (names []string) {
	for _, id := range w.l.Likely[:min(namedCategories, len(w.l.Likely))] {
		if cat := w.cat.CategoryByID(id); cat != nil {
			names = append(names, strings.ToLower(oneLine(cat.Name(w.locale))))
		}
	}
	return names
}

// about fills a category into the form's lines.
func (w *writing) about(lines []string, name string) []string {
	filled := slices.Clone(lines)
	for i, line := range filled {
		if line == w.categoryLine() {
			filled[i] += name
		}
	}
	return filled
}

// formPage links the same form on the page, which opens without signing in. The
// link says whose it is; in a letter to several it would be anybody's.
func (w *writing) formPage() {
	if w.cat.Gateway.BaseURL == "" || len(w.l.Cc) > 0 {
		return
	}
	// The key fails for a ticket without a UID alone, which none is.
	if key, err := w.signer.Sign(token.Form, w.l.Ticket.UID, w.l.To.Address); err == nil {
		w.add(w.link("form.page", "/form/"+key))
	}
}

// formLines are the lines of the form, word for word what the intake reads.
func (w *writing) formLines() (lines []string) {
	asks := w.l.Asks
	if asks.Type {
		lines = append(lines, w.t("form.type"))
	}
	if asks.Category && len(w.cat.Categories) > 0 {
		lines = append(lines, w.categoryLine())
	}
	for _, q := range []struct {
		asked bool
		key   string
	}{{asks.BlocksWork, "form.blocks_work"}, {asks.AffectsOthers, "form.affects_others"}, {asks.AffectsCitizens, "form.affects_citizens"}} {
		if q.asked {
			lines = append(lines, w.t(q.key))
		}
	}
	return lines
}

func (w *writing) categoryLine() string {
	names := w.categories()
	return w.t("form.category", strings.Join(append(names[:min(namedCategories, len(names))], "…"), " / "))
}

func (w *writing) categories() []string {
	names := make([]string, 0, len(w.cat.Categories)+1)
	for i := range w.cat.Categories {
		names = append(names, strings.ToLower(oneLine(w.cat.Categories[i].Name(w.locale))))
	}
	return names
}

// mailto begins a mail in the person's own client (RFC 6068): the form, to the
// ticket's address.
func (w *writing) mailto(lines []string) string {
	return w.mailtoAbout(w.Title, strings.Join(lines, "\r\n")+"\r\n")
}

func (w *writing) mailtoAbout(subject, body string) string {
	escape := func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
	// Some programs take a bare plus for a space, and the token behind it is lost.
	to := strings.ReplaceAll(escape(w.answerTo), "%40", "@")
	link := "mailto:" + to + "?subject=" + escape(subject)
	if body != "" {
		link += "&body=" + escape(body)
	}
	return link
}

// formRead confirms what a filled-in form changed.
func (w *writing) formRead() {
	w.greet()
	w.say("form_read.intro", w.number())
	w.add(templates.Block{Kind: templates.Facts, Facts: w.understood()})
	w.say("form_read.priority", w.l.Ticket.Priority.Rank(), w.because())
	if w.l.Known {
		w.say("ack.known")
	}
	w.notClear()
	if w.l.Asks.Any() {
		w.form()
	}
	w.say("form_read.correct")
}

// notClear says which answers did not count. What stood there is not repeated: the
// letter may go to somebody in whose name another wrote.
func (w *writing) notClear() {
	f := w.l.Form
	if f.Unknown {
		near := make([]string, 0, len(f.Near))
		for _, id := range f.Near {
			if cat := w.cat.CategoryByID(id); cat != nil {
				near = append(near, w.t("form_read.named", cat.Name(w.locale)))
			}
		}
		if len(near) > 0 {
			w.say("form_read.unknown_near", strings.Join(near, w.t("form_read.or")))
		} else {
			w.say("form_read.unknown")
		}
	}
	if f.Unclear {
		w.say("form_read.unclear")
	}
}

// because says in words why the priority is what it is.
func (w *writing) because() string {
	t := w.l.Ticket
	if t.PriorityWhy != "" {
		return w.t("form_read.by_hand")
	}
	var reasons []string
	for _, r := range []struct {
		holds bool
		key   string
	}{
		{isYes(t.Answers.BlocksWork), "form_read.blocks_work"},
		{isYes(t.Answers.AffectsOthers), "form_read.affects_others"},
		{isYes(t.Answers.AffectsCitizens), "form_read.affects_citizens"},
	} {
		if r.holds {
			reasons = append(reasons, w.t(r.key))
		}
	}
	if len(reasons) == 0 {
		reasons = append(reasons, w.t("impact."+string(t.Impact)), w.t("urgency."+string(t.Urgency)))
	}
	last := len(reasons) - 1
	if last == 0 {
		return reasons[0]
	}
	return strings.Join(reasons[:last], ", ") + w.t("form_read.and") + reasons[last]
}

func isYes(b *bool) bool { return b != nil && *b }
