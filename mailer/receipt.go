package mailer

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"respon/templates"
	"respon/tickets"
)

// receipt tells a technician what his commands did, and how to take it back.
func (w *writing) receipt() {
	r := w.l.Receipt
	if r == nil {
		return
	}
	if w.l.Ticket != nil {
		w.say("receipt.intro", w.number())
	} else {
		w.say("receipt.intro_none")
	}
	list := templates.Block{Kind: templates.List}
	for _, d := range r.Deeds {
		list.Lines = append(list.Lines, w.deed(d))
	}
	w.add(list)
	if len(r.Below) > 0 {
		w.say("receipt.below", w.numbers(r.Below))
	}
	if r.Sent {
		w.say("receipt.sent")
	}
	if r.Code != "" {
		w.say("receipt.undo_head", in(r.Until, w.cat).Format("15:04"))
		w.add(templates.Block{Kind: templates.Form, Lines: []string{w.t("receipt.undo_line", r.Code)}})
	}
}

func (w *writing) numbers(list []tickets.Number) string {
	names := make([]string, 0, len(list))
	for _, n := range list {
		names = append(names, n.Format(w.cat.Gateway.Prefix))
	}
	return strings.Join(names, ", ")
}

// deed says one thing that was done.
func (w *writing) deed(d tickets.Deed) string {
	key, arg := "receipt."+string(d.Verb), oneLine(d.Arg)
	switch d.Verb {
	case tickets.VerbAssign:
		if tech := w.cat.TechnicianByID(d.Arg); tech != nil {
			arg = oneLine(tech.Name)
		}
	case tickets.VerbCategory:
		if cat := w.cat.CategoryByID(d.Arg); cat != nil {
			arg = cat.Name(w.locale)
		}
	case tickets.VerbType:
		arg = w.t("type." + d.Arg)
	case tickets.VerbAway:
		arg = w.days(arg)
	}
	if d.Verb == tickets.VerbGeneral && arg == "" {
		return w.t("receipt.general_none")
	}
	if arg == "" {
		return w.t(key)
	}
	return w.t(key, arg)
}

// days shows the first and the last day of an absence, of which either may be open, as
// other dates are shown.
func (w *writing) days(absence string) string {
	parts := strings.Split(absence, "..")
	for i, p := range parts {
		if at, err := time.ParseInLocation(time.DateOnly, p, w.cat.Gateway.Location); err == nil {
			parts[i] = w.day(at)
		}
	}
	return strings.TrimSpace(strings.Join(parts, " – "))
}

// problems explains why nothing was done, with what was written.
func (w *writing) problems() {
	if w.l.Ticket != nil {
		w.say("command.intro", w.number())
	} else {
		w.say("command.intro_none")
	}
	list := templates.Block{Kind: templates.List}
	for _, p := range w.l.Problems {
		list.Lines = append(list.Lines, w.problem(p))
	}
	w.add(list)
	w.say("command.follow")
	w.words(templates.Quote, w.l.Text)
}

// help lists the commands.
func (w *writing) help() {
	w.say("help.intro")
	list := templates.Block{Kind: templates.List}
	number := tickets.Number(7).Format(w.cat.Gateway.Prefix)
	for _, v := range tickets.Verbs {
		line := w.t("help." + string(v))
		list.Lines = append(list.Lines, strings.ReplaceAll(line, "BR-7", number))
	}
	w.add(list)
	w.say("help.alone")
}

// teamState tells a technician how a ticket stands or which tickets are his, the
// next target first.
func (w *writing) teamState() {
	if w.l.Ticket != nil {
		t := w.l.Ticket
		w.say("asked.one_team", w.number())
		facts := append(append(w.standing(t), w.whose()...), append(w.understood(), w.due()...)...)
		w.add(templates.Block{Kind: templates.Facts, Facts: facts})
		list := templates.Block{Kind: templates.List}
		for _, e := range slices.Backward(t.Events[max(0, len(t.Events)-shownEvents):]) {
			line := w.moment(e.At) + " · " + w.t("page.event."+string(e.Kind)) + " · " + w.whoDid(e.Actor)
			if what := w.happened(&e); what != "" {
				line += " · " + what
			}
			list.Lines = append(list.Lines, line)
		}
		if len(list.Lines) > 0 {
			w.say("asked.history")
			w.add(list)
		}
		return
	}
	if len(w.l.Tickets) == 0 {
		w.say("asked.none_team")
		return
	}
	w.say("asked.open_team")
	w.tasks(w.l.Tickets)
}

// whoDid names the actor of an event: a technician by name.
func (w *writing) whoDid(actor string) string {
	if tech := w.cat.TechnicianByID(actor); tech != nil {
		return tech.Name
	}
	return oneLine(actor)
}

// happened tells in the reader's words what an event did, as far as there are any;
// the details that the audit trail keeps are in English.
func (w *writing) happened(e *tickets.Event) string {
	what, _, _ := strings.Cut(e.Detail, ":")
	before, after, changed := strings.Cut(what, " → ")
	switch e.Kind {
	case tickets.EventStatus:
		if tickets.Status(before).Valid() && tickets.Status(after).Valid() {
			return w.t("page.status."+before) + " → " + w.t("page.status."+after)
		}
	case tickets.EventType:
		if t := tickets.ParseType(what); t != "" {
			return w.t("page.type." + string(t))
		}
	case tickets.EventCategory:
		if cat := w.cat.CategoryByID(after); cat != nil {
			return cat.Name(w.locale)
		}
	case tickets.EventAssigned:
		if tech := w.cat.TechnicianByID(what); tech != nil {
			return tech.Name
		}
	case tickets.EventPriority:
		if changed {
			return before + " → " + after
		}
	}
	return ""
}

// tasks lists tickets as a technician needs to know them.
func (w *writing) tasks(some []*tickets.Ticket) {
	list := templates.Block{Kind: templates.List}
	for _, t := range some {
		line := w.t("asked.line", t.Number.Format(w.cat.Gateway.Prefix), cutSubject(t.Subject, w.cat.Gateway.Prefix), w.state(t), w.moment(t.CreatedAt)) + " · " + string(t.Priority)
		if who := cmp.Or(oneLine(t.Requester.Entity), oneLine(t.Requester.Name), oneLine(t.Requester.Address)); who != "" {
			line += " · " + who
		}
		if due := nextDue(t); due != nil {
			line += w.t("asked.due", w.moment(*due))
		}
		list.Lines = append(list.Lines, line)
	}
	w.add(list)
}
