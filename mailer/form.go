package mailer

import (
	"net/url"
	"strings"

	"respon/templates"
)

// namedCategories is how many categories the line of the form names; all of
// them stand below it, where there are more.
const namedCategories = 3

// form adds the reply form, with the lines whose answers are missing, and a
// link that begins a mail with the same lines.
func (w *writing) form() {
	w.say("form.head")
	lines := w.formLines()
	w.add(templates.Block{Kind: templates.Form, Lines: lines})
	if names := w.categories(); w.l.Asks.Category && len(names) > namedCategories {
		w.say("form.categories", strings.Join(names, ", "))
	}
	w.add(templates.Block{Kind: templates.Compose, Text: w.t("form.compose"), URL: w.mailto(lines)})
}

// formLines are the lines of the form, word for word what the intake reads.
func (w *writing) formLines() (lines []string) {
	asks := w.l.Asks
	if asks.Type {
		lines = append(lines, w.t("form.type"))
	}
	if asks.Category {
		names := w.categories()
		names = append(names[:min(namedCategories, len(names))], "…")
		lines = append(lines, w.t("form.category", strings.Join(names, " / ")))
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
	escape := func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
	return "mailto:" + w.answerTo + "?subject=" + escape(w.Title) + "&body=" + escape(strings.Join(lines, "\r\n")+"\r\n")
}
