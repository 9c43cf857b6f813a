package mailer

import (
	"fmt"
	"strings"

	"respon/templates"
	"respon/tickets"
	"respon/tickets/token"
)

// view is what a letter says, in its reader's language.
func (c *Composer) view(cat *tickets.Catalogue, l *tickets.Letter, filesLeft bool) templates.Letter {
	w := wording{set: c.words, locale: l.Locale, cat: cat, l: l}
	v := templates.Letter{Lang: string(l.Locale), Before: []string{w.greeting()}}
	if l.Kind.Notice() {
		w.notice(&v, filesLeft)
	} else {
		w.letter(&v, c.signer)
		v.Footer = []string{cat.Gateway.Name}
		if cat.Gateway.Phone != "" {
			v.Footer = append(v.Footer, w.t("mail.phone", cat.Gateway.Phone))
		}
		v.Footer = append(v.Footer, w.t("mail.privacy"), w.t("mail.registry"))
	}
	if l.Ticket != nil && cat.Gateway.BaseURL != "" {
		v.Link, v.LinkText = cat.Gateway.BaseURL+"/tickets/"+w.number(), w.t("mail.page")
	}
	return v
}

// wording finds the words of one letter.
type wording struct {
	set    *templates.Set
	locale tickets.Locale
	cat    *tickets.Catalogue
	l      *tickets.Letter
}

func (w *wording) t(key string, args ...any) string {
	return w.set.Text(string(w.locale), key, args...)
}

func (w *wording) number() string { return w.l.Ticket.Number.Format(w.cat.Gateway.Prefix) }

// greeting uses a name only where we know that it is the person's own.
func (w *wording) greeting() string {
	name := oneLine(w.l.To.Name)
	if w.l.Ticket == nil || name == "" || strings.ContainsAny(name, "@/:") || len(name) > 60 {
		return w.t("mail.greeting")
	}
	return w.t("mail.greeting_name", name)
}

func (w *wording) letter(v *templates.Letter, signer *token.Signer) {
	l := w.l
	switch l.Kind {
	case tickets.LetterAck:
		v.Before = append(v.Before, w.t("ack.intro", w.number()))
		v.Facts = w.understood()
		if l.Asks.Any() {
			v.FormHead, v.Form = w.t("form.head"), w.form()
		}
		v.After = []string{w.t("ack.follow")}
	case tickets.LetterAnswer:
		// A person's letter begins with her own words.
		v.Before, v.Words, v.After = nil, l.Text, []string{w.t("answer.follow")}
	case tickets.LetterResolved:
		if l.Text != "" {
			v.Before, v.Words = nil, l.Text
			v.After = []string{w.t("resolved.intro", w.number()) + " " + w.t("resolved.follow")}
			return
		}
		v.Before = append(v.Before, w.t("resolved.intro", w.number()))
		v.After = []string{w.t("resolved.follow")}
	case tickets.LetterTooBig:
		v.Before = append(v.Before, w.t("too_big.intro", megabytes(l.MaxSize)), w.t("too_big.follow"))
	case tickets.LetterLogin:
		v.Before = append(v.Before, w.t("login.intro"), w.t("login.follow"))
		v.Link, v.LinkText = w.cat.Gateway.BaseURL+"/login/"+l.Token, w.t("login.link")
	case tickets.LetterConfirm:
		v.Before = append(v.Before, w.t("confirm.intro"), w.t("confirm.follow"))
		if link, err := signer.Sign(token.Confirm, l.Token, l.To.Address); err == nil {
			v.Link, v.LinkText = w.cat.Gateway.BaseURL+"/confirm/"+link, w.t("confirm.link")
		}
	case tickets.LetterRefusal:
		v.Before = append(v.Before, w.t("refusal.intro"), w.t("refusal.follow"))
	}
}

func megabytes(n int64) string { return fmt.Sprintf("%d MB", n/1_000_000) }

func (w *wording) notice(v *templates.Letter, filesLeft bool) {
	l := w.l
	switch l.Kind {
	case tickets.NoticeAssigned:
		v.Before = append(v.Before, w.t("assigned.intro", w.number()))
		v.Facts = append(w.whose(), w.understood()...)
		v.Quote = l.Text
		v.After = []string{w.t("assigned.commands")}
	case tickets.NoticeFollowUp:
		v.Before = append(v.Before, w.t("follow_up.intro", w.number(), l.About.Author.Address))
		if l.Internal {
			v.Before = append(v.Before, w.t("follow_up.internal"))
		}
		v.Quote = l.Text
		v.After = []string{w.t("assigned.commands")}
	case tickets.NoticeBounce:
		v.Before = append(v.Before, w.t("bounce.intro", w.number(), l.Recipient), w.t("bounce.reason", oneLine(l.Failure)), w.t("bounce.follow"))
	case tickets.NoticeCommand:
		v.Before = append(v.Before, w.t("command.intro", w.number()))
		for _, p := range l.Problems {
			v.Before = append(v.Before, w.problem(p))
		}
		v.Before = append(v.Before, w.t("command.follow"))
		v.Words = l.Text
	case tickets.NoticeHelp:
		v.Before = append(v.Before, w.t("help.intro", w.number()))
		for _, verb := range [...]string{"note", "resolve", "close", "reopen", "wait", "assign", "take", "category", "type", "priority"} {
			v.Before = append(v.Before, w.t("help."+verb))
		}
	case tickets.NoticeUnverified:
		v.Before = append(v.Before, w.t("unverified.intro", w.number()), w.t("unverified.follow"))
	}
	if filesLeft {
		v.After = append(v.After, w.t("assigned.files"))
	}
}

func (w *wording) problem(p tickets.CommandProblem) string {
	if p.Why == tickets.ProblemUnknown && p.Nearest != "" {
		return w.t("command.nearest", oneLine(p.Line), p.Nearest)
	}
	return w.t("command."+string(p.Why), oneLine(p.Line))
}

// understood is what is known of the ticket.
func (w *wording) understood() []templates.Fact {
	t := w.l.Ticket
	typ, category := w.t("fact.unknown"), w.t("fact.unknown")
	if t.TypeKnown {
		typ = w.t("type." + string(t.Type))
	}
	if cat := w.cat.CategoryByID(t.Category); cat != nil {
		category = cat.Name(w.locale)
	}
	facts := []templates.Fact{
		{Name: w.t("fact.type"), Value: typ}, {Name: w.t("fact.category"), Value: category}, {Name: w.t("fact.priority"), Value: string(t.Priority)},
	}
	if t.FirstAnswerDue != nil && w.l.Kind.Notice() {
		due := t.FirstAnswerDue.In(w.cat.Gateway.Location).Format("2006-01-02 15:04")
		facts = append(facts, templates.Fact{Name: w.t("fact.due"), Value: due})
	}
	return facts
}

// whose tells a technician who asks.
func (w *wording) whose() []templates.Fact {
	r := w.l.Ticket.Requester
	name := r.Address
	if r.Name != "" {
		name = oneLine(r.Name) + " <" + r.Address + ">"
	}
	facts := []templates.Fact{{Name: w.t("fact.requester"), Value: name}}
	if r.Entity != "" {
		facts = append(facts, templates.Fact{Name: w.t("fact.entity"), Value: r.Entity})
	}
	return facts
}

// maxCategories is how many categories the form names.
const maxCategories = 8

// form is the reply form, with the lines whose answers are missing.
func (w *wording) form() (lines []string) {
	asks := w.l.Asks
	if asks.Type {
		lines = append(lines, w.t("form.type"))
	}
	if asks.Category {
		var names []string
		for i := range w.cat.Categories {
			if i == maxCategories {
				names = append(names, "…")
				break
			}
			names = append(names, strings.ToLower(w.cat.Categories[i].Name(w.locale)))
		}
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
